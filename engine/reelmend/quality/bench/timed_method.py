"""One method, timed in a process of its own: `python -m reelmend.quality.bench.timed_method NAME FRAMES`.

Prints {"ms_per_frame", "peak_mib"} as JSON. The process is fresh, so that its peak memory is the method's own.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import cv2
import numpy as np

from reelmend.quality.peers import METHODS, Method, Pixels

WIDTH, HEIGHT = 1280, 720
WARM_UP_FRAMES = 9
_POLL_S = 0.01


def main(arguments: list[str]) -> int:
    """Time one method and print the result."""
    name, frames = arguments
    print(json.dumps(timed(METHODS[name], int(frames))))
    return 0


def timed(method: Method, frame_count: int) -> dict[str, float | None]:
    """Return the wall time per frame, after a run on a few frames, and the peak memory of who does the work.

    peak_mib: the largest resident size of ffmpeg's process for a method that runs in one, else of this process, clip
    and result included; None where /proc does not tell.
    """
    clip = procedural_clip(frame_count)
    if method.longest_frames is None:  # a slow method's start does not count beside its frames
        method.restore(clip[:WARM_UP_FRAMES])
    with PeakMemory(of_children=method.in_child) as peak:
        started = time.perf_counter()
        method.restore(clip)
        seconds = time.perf_counter() - started
    return {"ms_per_frame": 1000.0 * seconds / frame_count, "peak_mib": peak.mib}


def procedural_clip(frame_count: int, width: int = WIDTH, height: int = HEIGHT, seed: int = 7) -> Pixels:
    """Return a seeded pan over texture with grain and flicker: the same on every machine, for timing only."""
    rng = np.random.default_rng(seed)
    texture = rng.random((height // 8 + 1, width // 8 + frame_count + 1, 3), dtype=np.float32)
    wide = cv2.resize(texture, None, fx=8, fy=8, interpolation=cv2.INTER_CUBIC)
    frames = np.empty((frame_count, height, width, 3), np.uint8)
    for index, gain in enumerate(rng.normal(1.0, 0.05, frame_count)):
        view = wide[:height, 3 * index : 3 * index + width] * 180.0 + 30.0
        grain = rng.normal(0.0, 3.0, (height, width, 1))
        frames[index] = np.clip(view * gain + grain, 0, 255).astype(np.uint8)
    return frames


class PeakMemory:
    """The largest resident memory while it is entered: VmHWM of this process or the largest of its children.

    Not getrusage's ru_maxrss: a started process inherits that of its parent.
    """

    def __init__(self, of_children: bool) -> None:
        self._of_children = of_children
        self._peaks_kib: list[int] = []
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._poll, daemon=True)

    @property
    def mib(self) -> float | None:
        return max(self._peaks_kib) / 1024.0 if self._peaks_kib else None

    def __enter__(self) -> Self:
        if self._of_children:
            self._watch.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._of_children:
            self._watch.join()
        else:
            self._note(os.getpid())

    def _poll(self) -> None:
        while not self._over.wait(_POLL_S):
            for child in _children():
                if _command_line(child) != _command_line(os.getpid()):  # until it starts its program it is our memory
                    self._note(child)

    def _note(self, process: int) -> None:
        try:
            lines = Path(f"/proc/{process}/status").read_text(encoding="ascii", errors="replace").splitlines()
        except OSError:
            return
        self._peaks_kib += [int(line.split()[1]) for line in lines if line.startswith("VmHWM:")]


def _command_line(process: int) -> bytes:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:
        return b""


def _children() -> list[int]:
    found: list[int] = []
    for task in Path("/proc/self/task").glob("*/children"):
        try:
            found += [int(word) for word in task.read_text(encoding="ascii").split()]
        except OSError:
            continue
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
