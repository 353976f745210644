"""Which frames a movie holds, and from where each can be decoded: found by reading its packets, not its index."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import pairwise
from typing import Any

_KNOWS_ITS_FRAME_COUNT = ("mov", "avi")


@dataclass(slots=True)
class FrameTable:
    """The movie's frames in the order of display.

    `pts`: a presentation time for each frame, ascending, in `time_base`. `keys`: numbers of the frames at which
    decoding may start, ascending. `key_dts`: the decoding time of each key, None when unknown. `damaged`: frames whose
    packets are incomplete. `declared_frames`: as many as the container says there should be, at least what was found.
    """

    time_base: Fraction
    pts: list[int]
    keys: list[int]
    key_dts: dict[int, int | None] = field(default_factory=dict)
    damaged: frozenset[int] = frozenset()
    declared_frames: int = 0
    frame_of_pts: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.frame_of_pts = {pts: frame for frame, pts in enumerate(self.pts)}
        self.declared_frames = max(self.declared_frames, len(self.pts))

    def key_before(self, frame: int) -> int | None:
        """Return the last key at or before the frame, None when it must be decoded from the start."""
        place = bisect_right(self.keys, frame)
        return self.keys[place - 1] if place else None

    def forget_key(self, frame: int) -> None:
        """Never start decoding at this frame again: it turned out to need the frames before it."""
        self.keys.remove(frame)

    def has_steady_rate(self, rate: Fraction) -> bool:
        """Say whether every frame is where the rate puts it, to within one tick of the clock or 2 ms."""
        tolerance_s = max(Fraction(self.time_base), Fraction(1, 500))
        start = self.pts[0]
        return all(
            abs((pts - start) * self.time_base - frame / rate) <= tolerance_s for frame, pts in enumerate(self.pts)
        )


def scan(container: Any, stream: Any) -> FrameTable | None:
    """Return the table, or None when the packets don't say where their frames belong (no times, or times that repeat).

    Reads the whole file once without decoding. Packets before the first key, which nothing can decode, don't count;
    nor do packets that hold no picture of their own.
    """
    if container.format.name == "avi" and stream.codec_context.has_b_frames:
        return None  # AVI states no times of display, and those that are guessed are not the decoder's
    pts: list[int] = []
    keys: dict[int, int | None] = {}
    damaged: set[int] = set()
    packets = 0
    for packet in container.demux(stream):
        if packet.size == 0:
            continue
        packets += 1
        if packet.is_keyframe and packet.pts is not None:
            keys[packet.pts] = packet.dts
        if packet.is_discard or not keys or _is_hidden(stream, packet):
            continue
        if packet.pts is None:
            return None
        pts.append(packet.pts)
        if packet.is_corrupt:
            damaged.add(packet.pts)
    return _table(container, stream, pts, keys, damaged, packets)


def _table(
    container: Any, stream: Any, pts: list[int], keys: dict[int, int | None], damaged: set[int], packets: int
) -> FrameTable | None:
    if not keys:
        return None
    first_key = next(iter(keys))
    shown = sorted(time for time in pts if time >= first_key) if first_key in pts else sorted(pts)
    if len(set(shown)) != len(shown):
        return None
    missing = _missing_frames(container, stream, shown, packets)
    while missing and len(shown) > 1 and shown[-1] in damaged:  # the packet in which the file ends
        shown.pop()
        missing += 1
    table = FrameTable(Fraction(stream.time_base), shown, [])
    numbers = table.frame_of_pts
    table.keys = sorted(numbers[time] for time in keys if time in numbers)
    table.key_dts = {numbers[time]: dts for time, dts in keys.items() if time in numbers}
    table.damaged = frozenset(numbers[time] for time in damaged if time in numbers)
    table.declared_frames = len(shown) + missing
    return table


def _is_hidden(stream: Any, packet: Any) -> bool:
    """Say whether a VP8 packet only prepares later frames: the bit `show_frame` of its first byte is 0 (RFC 6386)."""
    return stream.codec_context.name in ("vp8", "libvpx") and not (bytes(packet)[0] >> 4) & 1


def _missing_frames(container: Any, stream: Any, shown: list[int], packets: int) -> int:
    """Return how many frames the container says should follow the last one; 0 when it doesn't say."""
    if container.format.name.startswith(_KNOWS_ITS_FRAME_COUNT):
        return max(0, int(stream.frames) - packets)
    stated = stream.metadata.get("DURATION", "")  # Matroska: "00:00:05.005000000"
    try:
        hours, minutes, seconds = stated.split(":")
        end_s = Fraction(hours) * 3600 + Fraction(minutes) * 60 + Fraction(seconds)
    except ValueError:
        return 0
    span = max(1, shown[-1] - shown[0])
    longest_s = max((later - sooner for sooner, later in pairwise(shown)), default=0) * stream.time_base
    gap_s = end_s - shown[-1] * Fraction(stream.time_base)
    if gap_s <= max(Fraction(1, 2), 3 * longest_s):
        return 0
    return round(gap_s * (len(shown) - 1) / (span * Fraction(stream.time_base)))
