"""What crosses between node and engine, and what the node fetches from its host, for each frame of playback."""

from __future__ import annotations

from collections.abc import Callable

from reelmend.frames import FrameFormat
from reelmend.quality.bench.speed.engine_process import Counters
from reelmend.quality.bench.speed.node import NodeFrames
from reelmend.quality.bench.speed.rows import Row, counted_row

FRAMES = 6
UP, UP_FULL, UP_PROXIES, DOWN, FETCHES = (
    "bytes-up",
    "bytes-up-as-frames",
    "bytes-up-as-proxies",
    "bytes-down",
    "clip-get-image",
)
NEW_FRAME = "one new frame"


def count_frames(node: NodeFrames, counters: Callable[[], Counters], case: str, frames: int = FRAMES) -> list[Row]:
    """Render the node's next frames one by one; return the rows of bytes and fetches per output frame, as means.

    The ratio of bytes is to the planes of one frame: three channels of float32. What comes up is told apart by its
    size: whole frames, and proxies for the rest.
    """
    form = FrameFormat(node.pan.width, node.pan.height)
    ups, downs, fetches = [], [], []
    for _ in range(frames):
        node.instance.reset_fetches()
        before = counters()
        node.render_next()
        after = counters()
        ups.append(after.bytes_received - before.bytes_received)
        downs.append(after.bytes_sent - before.bytes_sent)
        fetches.append(node.instance.fetches["Source"].asked)
    whole = [up - up % form.size_bytes for up in ups]
    proxies = [up % form.size_bytes for up in ups]

    def row(name: str, values: list[int], unit: str) -> Row:
        mean = sum(values) / len(values)
        ratio, ratio_to = (mean / form.size_bytes, NEW_FRAME) if unit == "bytes" else (None, "")
        return counted_row(name, case, mean, unit, len(values), ratio, ratio_to)

    return [
        row(UP, ups, "bytes"),
        row(UP_FULL, whole, "bytes"),
        row(UP_PROXIES, proxies, "bytes"),
        row(DOWN, downs, "bytes"),
        row(FETCHES, fetches, "calls"),
    ]
