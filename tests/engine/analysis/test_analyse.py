import gc
import subprocess
import sys
import tracemalloc
import weakref
from collections.abc import Iterator
from fractions import Fraction

import cv2
import numpy as np
import pytest

from reelmend.analysis import analyse, series, summarise
from reelmend.errors import BadRequestError
from support.clips import Frames, moving_scene, with_flicker
from support.flickering import flickering_scene

RATE = Fraction(24)


@pytest.fixture
def opencv_threads() -> Iterator[None]:
    before = cv2.getNumThreads()
    yield
    cv2.setNumThreads(before)


@pytest.mark.usefixtures("opencv_threads")
def test_result_does_not_depend_on_threads() -> None:
    clip = flickering_scene("local", 20, 320, 180)
    told = []
    for threads in (1, 3):
        cv2.setNumThreads(threads)
        analysis = analyse(iter(clip), (), frame_rate=RATE)
        told.append((summarise(analysis), series(analysis)))
        assert cv2.getNumThreads() == threads
    assert told[0] == told[1]


def test_frames_are_let_go_as_they_pass() -> None:
    alive: list[weakref.ref[np.ndarray]] = []
    most = 0

    def passing() -> Iterator[np.ndarray]:
        nonlocal most
        for frame in moving_scene(30):
            own = frame.copy()
            alive.append(weakref.ref(own))
            most = max(most, sum(ref() is not None for ref in alive))
            yield own

    analyse(passing(), (), frame_rate=RATE)
    assert most <= 3


def test_long_clip_costs_little_memory_a_frame(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reelmend.analysis.strength.LONGEST_PART_FRAMES", 64)
    shot = moving_scene(32)

    def peak(count: int) -> int:
        gc.collect()
        tracemalloc.start()
        analyse((shot[index % 32] for index in range(count)), (), frame_rate=RATE)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(64)
    assert (peak(512) - peak(128)) / 384 < 3_000


def test_numbers_that_are_none_do_no_harm(analysed) -> None:
    clip = with_flicker(moving_scene(30))
    clip[4, :, 10:20, 10:20] = np.nan
    clip[9, 1, 3, 3] = np.inf
    found = analysed(clip)
    assert found.verdict.type == "global"
    assert np.isfinite(found.seen.mean_luma).all()


def test_bright_scene_linear_light_is_no_clipped_light() -> None:
    clip = 4.0 * with_flicker(moving_scene(30), deviation=0.05)
    found = analyse(iter(clip), (), frame_rate=RATE, saturates=False)
    whole = analyse(iter(clip / 4), (), frame_rate=RATE)
    assert found.verdict.type == whole.verdict.type == "global"
    assert found.flicker.overall.percent == pytest.approx(whole.flicker.overall.percent, rel=0.05)


def test_one_plane_is_as_good_as_three(analysed) -> None:
    grey = flickering_scene("global").mean(axis=1, keepdims=True)
    assert analysed(grey).verdict == analysed(np.repeat(grey, 3, axis=1)).verdict


@pytest.mark.parametrize("count", [1, 2, 3])
def test_very_short_clips_are_told_about(analysed, count: int) -> None:
    told = summarise(analysed(moving_scene(count), first_frame=100))
    assert (told["frames"], told["last_frame"], told["flicker"]) == (count, 99 + count, None)


def test_empty_clip_small_frames_and_changing_size_are_refused() -> None:
    clip: Frames = moving_scene(3)
    with pytest.raises(BadRequestError, match="no frames"):
        analyse(iter(()), (), frame_rate=RATE)
    with pytest.raises(BadRequestError, match=r"96×10.*18 pixels"):
        analyse(iter(clip[:, :, :10]), (), frame_rate=RATE)
    with pytest.raises(BadRequestError, match="from 96×64 to 90×64"):
        analyse(iter([clip[0], clip[1, :, :, :90]]), (), frame_rate=RATE)


def test_smallest_frames_can_be_analysed(analysed) -> None:
    assert analysed(np.ascontiguousarray(moving_scene(20)[:, :, :18, :18])).flicker is not None


def test_summary_counts_from_the_first_frame(analysed) -> None:
    clip = np.concatenate([moving_scene(12), moving_scene(12, seed=8)])
    clip[5] = clip[4]
    told = summarise(analysed(clip, first_frame=1001))
    assert (told["cuts"], told["duplicates"]) == ([1013], [1006])
    assert [(shot["first_frame"], shot["last_frame"]) for shot in told["shots"]] == [(1001, 1012), (1013, 1024)]
    assert len(told["flicker"]["local_percent_by_cell"]) == 9


def test_analysis_loads_neither_grpc_nor_onnxruntime_nor_matplotlib() -> None:
    script = "import sys, reelmend.analysis; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "reelmend.analysis.analyse" in loaded
    assert not {"grpc", "onnxruntime", "matplotlib", "torch", "reelmend_models"} & set(loaded)
