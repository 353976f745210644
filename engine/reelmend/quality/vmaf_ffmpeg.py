"""VMAF through an ffmpeg that has libvmaf; the engine itself neither ships nor needs one."""

import importlib
import json
import shutil
import subprocess
import tempfile
from collections.abc import Iterable
from functools import cache
from pathlib import Path

import numpy as np

from reelmend.quality.clips import Clip, Frame, paired
from reelmend.quality.errors import MeasureUnavailableError, QualityError

VMAF_TIMEOUT_S = 600
VMAF_SMALLEST_SIDE_PX = 32


def vmaf(restored: Clip, truth: Clip) -> float:
    """Return the mean VMAF score of a clip, with libvmaf's default model (vmaf_v0.6.1) on 8-bit 4:2:0.

    Range 0 to 100 (about 97 to 100 when identical), higher is better. Source: Li et al., "Toward a practical
    perceptual video quality metric", Netflix 2016; it was trained on compression and scaling, not on film damage.
    Values are clipped to 0…1. MeasureUnavailableError when no ffmpeg with libvmaf is installed.
    """
    ffmpeg = find_vmaf_ffmpeg()
    if ffmpeg is None:
        raise MeasureUnavailableError(
            "VMAF not available: no ffmpeg with libvmaf was found; run 'pip install imageio-ffmpeg' to have one"
        )
    with tempfile.TemporaryDirectory(prefix="reelmend-vmaf-") as folder:
        return _run_vmaf(ffmpeg, Path(folder), paired(restored, truth))


@cache
def find_vmaf_ffmpeg() -> str | None:
    """Return the path of an ffmpeg that has libvmaf: that of imageio-ffmpeg, else the one on PATH, else None."""
    for candidate in (_imageio_ffmpeg(), shutil.which("ffmpeg")):
        if candidate is not None and _has_libvmaf(candidate):
            return candidate
    return None


def _imageio_ffmpeg() -> str | None:
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def _has_libvmaf(ffmpeg: str) -> bool:
    try:
        listed = subprocess.run([ffmpeg, "-hide_banner", "-filters"], capture_output=True, text=True, timeout=30)
    except (OSError, subprocess.TimeoutExpired):
        return False
    return " libvmaf " in listed.stdout


def _run_vmaf(ffmpeg: str, folder: Path, pairs: Iterable[tuple[Frame, Frame]]) -> float:
    size = _write_raw(folder, pairs)
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24", "-video_size", size, "-framerate", "24"]
    graph = "[0:v]format=yuv420p[d];[1:v]format=yuv420p[r];[d][r]libvmaf=log_fmt=json:log_path=vmaf.json"
    command = [ffmpeg, "-hide_banner", "-v", "error", "-nostdin", *raw, "-i", "restored.rgb", *raw, "-i", "truth.rgb"]
    try:
        done = subprocess.run(
            [*command, "-lavfi", graph, "-f", "null", "-"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=VMAF_TIMEOUT_S,
        )
    except subprocess.TimeoutExpired:
        raise QualityError(f"VMAF did not end within {VMAF_TIMEOUT_S} s; measure a shorter clip") from None
    if done.returncode != 0:
        raise QualityError(f"ffmpeg could not measure VMAF: {done.stderr.strip().splitlines()[-1:]}")
    return float(json.loads((folder / "vmaf.json").read_text())["pooled_metrics"]["vmaf"]["mean"])


def _write_raw(folder: Path, pairs: Iterable[tuple[Frame, Frame]]) -> str:
    size = ""
    with (folder / "restored.rgb").open("wb") as restored_file, (folder / "truth.rgb").open("wb") as truth_file:
        for restored, truth in pairs:
            height, width = truth.shape[:2]
            if min(height, width) < VMAF_SMALLEST_SIDE_PX:
                raise QualityError(f"VMAF needs frames of at least 32×32 pixels, got {width}×{height}")
            size = f"{width}x{height}"
            restored_file.write(_rgb24(restored))
            truth_file.write(_rgb24(truth))
    return size


def _rgb24(frame: Frame) -> bytes:
    return bytes(np.rint(np.clip(frame, 0.0, 1.0) * 255.0).astype(np.uint8).data)
