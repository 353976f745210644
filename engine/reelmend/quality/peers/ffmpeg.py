"""ffmpeg's filters as peers, fed and read through pipes without loss.

Frames go in and come out as rgb24. Filters that know planar RGB (atadenoise, removegrain, nlmeans) get gbrp. Those that
only know Y′CbCr (deflicker, hqdn3d) get full-range BT.709 at 12 bits and full chroma, where 8-bit RGB survives the way
there and back bit by bit (a test holds this): what changes is the filter's doing alone. ffmpeg is never linked or
shipped, only started when it is there.
"""

from __future__ import annotations

import importlib
import shutil
import subprocess
from functools import cache, partial

import numpy as np

from reelmend.quality.peers.method import Method, PeerError, Pixels, Restored

TIMEOUT_S = 600
_EXACT = "flags=accurate_rnd+full_chroma_int+full_chroma_inp"
TO_RGB = "format=gbrp"
FROM_RGB = "format=rgb24"
TO_YUV = f"scale=in_range=pc:out_range=pc:out_color_matrix=bt709:{_EXACT},format=yuv444p12le"
FROM_YUV = f"scale=in_color_matrix=bt709:in_range=pc:out_range=pc:{_EXACT},format=rgb24"

_FILTERS = {
    "ffmpeg-deflicker-5": ("deflicker=mode=am:size=5", True, None),
    "ffmpeg-deflicker-11": ("deflicker=mode=am:size=11", True, None),
    "ffmpeg-deflicker-31": ("deflicker=mode=am:size=31", True, None),
    "ffmpeg-hqdn3d": ("hqdn3d", True, None),
    "ffmpeg-atadenoise": ("atadenoise", False, None),
    "ffmpeg-removegrain": ("removegrain=m0=2:m1=2:m2=2", False, None),
    "ffmpeg-nlmeans": ("nlmeans", False, 6),
}
"""Name → filter and settings (the filter's defaults where none are given), whether it needs Y′CbCr, longest clip."""

SHORTEST_FRAMES = {"ffmpeg-atadenoise": 5}
"""What atadenoise (ffmpeg 5.1) needs to come to an end: half its window of 9 frames."""


@cache
def find_ffmpeg() -> str | None:
    """Return the ffmpeg on PATH, else that of imageio-ffmpeg, else None."""
    found = shutil.which("ffmpeg")
    if found is not None:
        return found
    try:
        return str(importlib.import_module("imageio_ffmpeg").get_ffmpeg_exe())
    except (ImportError, RuntimeError):
        return None


def filtered(frames: Pixels, graph: str) -> Pixels:
    """Return the frames after a filter graph that takes and gives rgb24. Raises PeerError."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        raise PeerError(_missing_ffmpeg())
    count, height, width = frames.shape[:3]
    raw = ["-f", "rawvideo", "-pix_fmt", "rgb24"]
    command = [ffmpeg, "-hide_banner", "-v", "error", "-nostdin", *raw, "-video_size", f"{width}x{height}"]
    command += ["-framerate", "24", "-i", "pipe:0", "-vf", graph, *raw, "pipe:1"]
    try:
        # A session of its own: Ctrl-C is for the bench, which lets the cell under way end.
        done = subprocess.run(
            command, input=frames.tobytes(), capture_output=True, timeout=TIMEOUT_S, start_new_session=True
        )
    except subprocess.TimeoutExpired:
        raise PeerError(f"ffmpeg did not end '{graph}' within {TIMEOUT_S} s; give it a shorter clip") from None
    except OSError as error:
        raise PeerError(f"ffmpeg at {ffmpeg} can't be started: {error.strerror or error}") from None
    if done.returncode != 0:
        last = done.stderr.decode(errors="replace").strip().splitlines()[-1:]
        raise PeerError(f"ffmpeg refused '{graph}' on {count} frames of {width}×{height}: {' '.join(last)}")
    if len(done.stdout) != frames.nbytes:
        got = len(done.stdout) / (height * width * 3)
        raise PeerError(f"ffmpeg gave {got:g} frames for {count} through '{graph}'")
    return np.frombuffer(done.stdout, np.uint8).reshape(frames.shape)


@cache
def ffmpeg_version() -> str:
    """Return "ffmpeg 5.1.9-…", or "" when there is none."""
    ffmpeg = find_ffmpeg()
    if ffmpeg is None:
        return ""
    said = subprocess.run([ffmpeg, "-version"], capture_output=True, text=True, timeout=30).stdout
    return " ".join(said.split()[:3:2])


def missing_filter(name: str) -> str:
    """Return why a filter can't be used here, "" when it can."""
    if find_ffmpeg() is None:
        return _missing_ffmpeg()
    return "" if name in _known_filters() else f"{ffmpeg_version()} was built without the filter '{name}'"


@cache
def _known_filters() -> frozenset[str]:
    listed = subprocess.run(
        [str(find_ffmpeg()), "-hide_banner", "-filters"], capture_output=True, text=True, timeout=30
    )
    return frozenset(line.split()[1] for line in listed.stdout.splitlines() if len(line.split()) > 2)


def _missing_ffmpeg() -> str:
    return "no ffmpeg was found; run 'apt-get install ffmpeg' or 'pip install imageio-ffmpeg'"


def _restore(graph: str, shortest_frames: int, frames: Pixels) -> Restored:
    if len(frames) < shortest_frames:
        raise PeerError(f"this filter never ends on fewer than {shortest_frames} frames, got {len(frames)}")
    return Restored(filtered(frames, graph))


def _method(name: str, settings: str, needs_yuv: bool, longest_frames: int | None) -> Method:
    graph = f"{TO_YUV},{settings},{FROM_YUV}" if needs_yuv else f"{TO_RGB},{settings},{FROM_RGB}"
    kind = "12-bit 4:4:4 Y′CbCr" if needs_yuv else "8-bit planar RGB"
    return Method(
        name=name,
        what=f"ffmpeg -vf {settings}, on {kind}",
        restore=partial(_restore, graph, SHORTEST_FRAMES.get(name, 1)),
        version=ffmpeg_version,
        missing=partial(missing_filter, settings.partition("=")[0]),
        longest_frames=longest_frames,
        in_child=True,
    )


METHODS = tuple(_method(name, *settings) for name, settings in _FILTERS.items())
