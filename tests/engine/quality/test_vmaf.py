"""VMAF where an ffmpeg with libvmaf is installed, and a clear answer where none is."""

from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend.quality import MeasureUnavailableError, QualityError, Restoration, Scene, take, vmaf
from reelmend.quality.registry import MEASURES
from reelmend.quality.vmaf_ffmpeg import find_vmaf_ffmpeg

installed = pytest.mark.skipif(find_vmaf_ffmpeg() is None, reason="no ffmpeg with libvmaf is installed")


@pytest.fixture(scope="module")
def truth() -> np.ndarray:
    noise = np.random.default_rng(0).uniform(0, 1, (6, 96, 128, 3)).astype(np.float32)
    return np.stack([cv2.normalize(cv2.GaussianBlur(f, (0, 0), 2), None, 0, 1, cv2.NORM_MINMAX) for f in noise])


@pytest.fixture
def nothing_installed(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """An environment whose ffmpeg, from every place that is looked at, lists no libvmaf."""
    plain = tmp_path / "ffmpeg"
    plain.write_text("#!/bin/sh\necho ' ... scale V->V Scale.'\n")
    plain.chmod(0o755)
    monkeypatch.setenv("IMAGEIO_FFMPEG_EXE", str(plain))
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    find_vmaf_ffmpeg.cache_clear()
    yield
    find_vmaf_ffmpeg.cache_clear()


@installed
def test_identical_clips_score_high_and_blur_lowers_the_score(truth: np.ndarray) -> None:
    blurred = [cv2.GaussianBlur(frame, (0, 0), 3) for frame in truth]
    assert vmaf(truth, truth) > 95
    assert vmaf(blurred, truth) < 60


@installed
def test_frames_too_small_for_vmaf_are_refused(truth: np.ndarray) -> None:
    with pytest.raises(QualityError, match="at least 32×32 pixels, got 128×20"):
        vmaf(truth[:, :20], truth[:, :20])


def test_without_libvmaf_the_measure_says_so_and_how_to_get_it(nothing_installed: None, truth: np.ndarray) -> None:
    with pytest.raises(MeasureUnavailableError, match=r"VMAF not available.*pip install imageio-ffmpeg"):
        vmaf(truth, truth)


def test_without_libvmaf_the_reading_has_no_value_but_a_note(nothing_installed: None, truth: np.ndarray) -> None:
    (reading,) = take(Restoration(Scene(truth, truth), truth), [MEASURES["vmaf"]])
    assert reading.value is None
    assert "VMAF not available" in reading.note
