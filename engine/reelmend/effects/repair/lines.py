"""Line scratches that stand on the screen for many frames: found along their line, told from the scene by its motion.

The graph "lines" sums up what speaks for near-vertical lines in each frame, the graph "judge" follows the strongest of
them over the window and says which are scratches. What is known of a frame, of a pair and of a window is remembered by
content.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.buffer.window import Window
from reelmend.effects.effect import Workbench
from reelmend.effects.repair.lines_plane import Line, drawn, lines_of
from reelmend.effects.repair.looks import Looks
from reelmend.frames import FrameRef
from reelmend.motion import Flow, composed

Plane = npt.NDArray[np.float32]

LINES_STAGE, JUDGE_STAGE = "lines", "judge"
EVIDENCE = ("evidence", "strips", "sums")
JUDGED = ("confidence", "columns", "seen", "width", "opacity")
REACH_FRAMES = 6
"""Frames on each side that lines are followed over: as many as the judge has learned from."""
RIBS = 160
MOST_LINES = 720
"""A frame is averaged to so many rows, and to the columns that it would have at so many lines, if it has more."""
TRAVEL_CELLS = (20, 36)
"""Rows and columns of the cells that the scene's motion is told for."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the graph "lines" says of a frame: (2, 40, C), (40, C) and (9, C)."""

    evidence: Plane
    strips: Plane
    sums: Plane


class StandingLines:
    """Finds the standing line scratches of a window's centre, for one request. `window` holds no cut."""

    def __init__(self, bench: Workbench, looks: Looks, window: Window) -> None:
        self._bench, self._looks = bench, looks
        manifest = bench.model.manifest
        self._lines_sha256, self._judge_sha256 = (manifest.stage(name).sha256 for name in (LINES_STAGE, JUDGE_STAGE))
        radius = window.radius_frames
        reach = range(-min(radius, REACH_FRAMES), min(radius, REACH_FRAMES) + 1)
        self._frames = {offset: window.frames[radius + offset] for offset in reach}
        self._own = [offset for offset in reach if window.own[radius + offset]]
        form = window.centre_frame.format
        self._size = form.height, form.width

    def lacks(self) -> Sequence[FrameRef]:
        """Return the frames whose pixels are needed; what spares the others stays at hand."""
        if self._is_judged():
            return []
        lacking = {ref.digest: ref for ref in self._refs() if not self._bench.pin(self._frame_name(ref))}
        for pair in self._pairs():
            if not self._is_measured(*pair):
                lacking |= {ref.digest: ref for ref in pair}
        return [ref for ref in lacking.values() if not self._looks.is_looked_at(ref)]

    def prepare(self) -> None:
        """Look along the lines of each frame, and measure its motion. May ask for helper threads."""
        if self._is_judged():
            return
        pairs: dict[bytes, list[tuple[FrameRef, FrameRef]]] = {}
        for pair in self._pairs():
            if not self._is_measured(*pair):
                pairs.setdefault(pair[1].digest, []).append(pair)
        unknown = [ref for ref in self._refs() if not self._bench.pin(self._frame_name(ref))]
        self._bench.each(self._evidence, unknown)
        moving = [ref for ref in self._frames.values() if ref.digest in pairs]
        self._bench.each(lambda ref: [self._coarse_flow(*pair) for pair in pairs[ref.digest]], moving)

    def likelihood(self) -> Plane:
        """Return (H, W) in 0…1 how likely each pixel of the centre belongs to a standing scratch."""
        return drawn(self.lines(), self._size)

    def lines(self) -> list[Line]:
        """Return the lines that may be scratches, the strongest evidence first. May ask for helper threads."""
        judged: dict[str, Plane] = self._bench.feature(self._window_name(), self._judged)
        return lines_of(judged, columns_of(*self._size), self._size)

    def _judged(self) -> tuple[dict[str, Plane], int]:
        self.prepare()
        known = [self._evidence(self._frames[offset]) for offset in self._own]
        inputs = {name: np.stack([getattr(one, name) for one in known]) for name in EVIDENCE}
        inputs["offsets"] = np.asarray(self._own, np.float32)
        inputs["travel"] = self._travel()
        self._bench.check()
        session = self._bench.sessions.session(self._bench.model, JUDGE_STAGE, threads=1)
        found = dict(zip(JUDGED, self._bench.run(session, inputs, JUDGED, is_small=True), strict=True))
        return found, sum(array.nbytes for array in found.values())

    def _evidence(self, ref: FrameRef) -> Evidence:
        def compute() -> tuple[Evidence, int]:
            self._bench.check()
            session = self._bench.sessions.session(self._bench.model, LINES_STAGE, threads=1)
            ribs = ribs_of(self._looks.look(ref).luma)
            found = Evidence(*session.run({"ribs": ribs}, EVIDENCE))
            return found, found.evidence.nbytes + found.strips.nbytes + found.sums.nbytes

        evidence: Evidence = self._bench.feature(self._frame_name(ref), compute)
        return evidence

    def _travel(self) -> Plane:
        """Return (T, 2, 20, 36) how far the parts of the centre's scene lie elsewhere in each frame, in columns."""
        ways = {0: np.zeros((2, *TRAVEL_CELLS), np.float32)}
        for step in (1, -1):
            for offset in range(step, step * (max(self._frames) + 1), step):
                way, last = ways[offset - step], self._coarse_flow(self._frames[offset - step], self._frames[offset])
                ways[offset] = last if offset == step else composed(way, last)
        height, width = self._size
        columns = columns_of(height, width)
        scale = np.array([columns / TRAVEL_CELLS[1], columns * height / width / TRAVEL_CELLS[0]], np.float32)
        return np.stack([ways[offset] for offset in self._own]) * scale[:, None, None]

    def _coarse_flow(self, before: FrameRef, after: FrameRef) -> Flow:
        def compute() -> tuple[Flow, int]:
            flow = coarse_flow(self._looks.flow(before, after))
            return flow, flow.nbytes

        if before.digest == after.digest:
            return np.zeros((2, *TRAVEL_CELLS), np.float32)
        flow: Flow = self._bench.feature(self._pair_name(before, after), compute)
        return flow

    def _refs(self) -> Iterator[FrameRef]:
        yield from (self._frames[offset] for offset in self._own)

    def _pairs(self) -> Iterator[tuple[FrameRef, FrameRef]]:
        """Yield the pairs that motion is measured between: from the centre outwards."""
        for offset, ref in self._frames.items():
            if offset:
                nearer = self._frames[offset - (1 if offset > 0 else -1)]
                if nearer.digest != ref.digest:
                    yield nearer, ref

    def _is_judged(self) -> bool:
        return self._bench.pin(self._window_name())

    def _is_measured(self, before: FrameRef, after: FrameRef) -> bool:
        return self._bench.pin(self._pair_name(before, after)) or self._looks.is_measured(before, after)

    def _window_name(self) -> Hashable:
        frames = tuple((offset, self._frames[offset].digest) for offset in self._own)
        return ("repair", "judged", self._lines_sha256, self._judge_sha256, self._looks.conversion, frames)

    def _frame_name(self, ref: FrameRef) -> Hashable:
        return ("repair", "lines", self._lines_sha256, self._looks.conversion, ref.digest)

    def _pair_name(self, before: FrameRef, after: FrameRef) -> Hashable:
        return ("repair", "coarse flow", self._looks.conversion, before.digest, after.digest)


def columns_of(height: int, width: int) -> int:
    """Return to how many columns a frame of this size is averaged."""
    return max(1, round(width * min(1.0, MOST_LINES / height)))


def ribs_of(luma: Plane) -> Plane:
    """Return (160, C) a frame's luma as the graph "lines" takes it."""
    return np.asarray(cv2.resize(luma, (columns_of(*luma.shape), RIBS), interpolation=cv2.INTER_AREA), np.float32)


def coarse_flow(flow: Flow) -> Flow:
    """Return (2, 20, 36) the flow's mean in each cell, in cells."""
    rows, columns = TRAVEL_CELLS
    scale = np.array([columns / flow.shape[2], rows / flow.shape[1]], np.float32)
    cells = [cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_AREA) for plane in flow]
    return np.asarray(np.stack(cells) * scale[:, None, None], np.float32)
