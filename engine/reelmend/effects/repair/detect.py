"""How likely each pixel is a blotch, part of a hair, or of a scratch: the graph "detect" over five frames."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.effect import Workbench
from reelmend.effects.repair.looks import Looks
from reelmend.effects.stage_run import run_stage
from reelmend.frames import FrameRef, Planes
from reelmend.inference.tiling import pad_into, padded_length
from reelmend.motion import disagreement, moved

Plane = npt.NDArray[np.float32]

STAGE, LIKELIHOOD = "detect", "likelihood"
KINDS = ("blotch", "hair", "scratch")
REACH_FRAMES = 2
OFFSETS = range(-REACH_FRAMES, REACH_FRAMES + 1)
BLOCK = 4
"""How far flow misses is told for squares of so many pixels a side."""
MOST_MISSED_PIXELS = 8.0
FAST = (0.01, 0.04)
"""Motion from one frame to the next, as a share of the picture's longer side: where it begins to be fast, and is."""


@dataclass(frozen=True, slots=True)
class Found:
    """What the detector says of a frame.

    likelihood: (H, W) in 0…1, for each of KINDS. unrest: (⌈H/4⌉, ⌈W/4⌉) in 0…1, how fast the picture moves there, or
    how little its motion is known.
    """

    likelihood: tuple[Plane, ...]
    unrest: Plane

    def with_scratches(self, likelihood: Plane) -> Found:
        """Return the same with another likelihood of scratches (H, W) instead of the detector's own.

        Five frames do not tell a scratch from a fence that a pan moves: what follows lines over the window has its say.
        """
        *others, _ = self.likelihood
        return Found((*others, likelihood), self.unrest)


class Detector:
    """Finds defects in the centre of a window, for one request."""

    def __init__(self, bench: Workbench, looks: Looks) -> None:
        self._bench = bench
        self._looks = looks
        self._window = looks.window
        self._stage = bench.model.manifest.stage(STAGE)
        centre = self._window.centre_frame.format
        self._height, self._width = centre.height, centre.width
        self._stands_in = {offset: self._standing_in(offset) for offset in OFFSETS}

    def is_at_hand(self) -> bool:
        """Say whether the centre's likelihoods are at hand, and keep them there."""
        return self._bench.pin(self._name())

    def lacks(self) -> list[FrameRef]:
        """Return the frames whose pixels it takes to find them; none when they are at hand."""
        if self.is_at_hand():
            return []
        return [ref for ref in self._frames() if not self._looks.is_looked_at(ref)]

    def prepare(self) -> None:
        """Look at the window's frames and measure their motion, on as many threads as the engine lends."""
        if self.is_at_hand():
            return
        self._bench.each(self._looks.look, (ref for ref in self._frames() if not self._looks.is_looked_at(ref)))
        pairs = self._pairs()
        self._bench.each(lambda ref: [self._looks.flow(*pair) for pair in pairs[ref.digest]], self._frames())

    def found(self) -> Found:
        """Return what there is in the centre; nothing where it has no neighbour. May ask for helper threads."""
        found: Found = self._bench.feature(self._name(), self._computed)
        return found

    def _computed(self) -> tuple[Found, int]:
        self._bench.check()
        if all(offset == 0 for offset in self._stands_in.values()):
            blank = np.zeros((self._height, self._width), np.float32)
            found = Found((blank,) * len(KINDS), np.zeros(_quarter(self._height, self._width), np.float32))
        else:
            self.prepare()
            found = self._run()
        return found, sum(plane.nbytes for plane in (*found.likelihood, found.unrest))

    def _run(self) -> Found:
        multiple = max(self._bench.model.manifest.spatial.multiple, BLOCK)
        size = padded_length(self._height, multiple), padded_length(self._width, multiple)
        missed = {side: self._missed(side) for side in (-1, 1)}
        padded = np.empty((2, size[0] // BLOCK, size[1] // BLOCK), np.float32)
        pad_into(padded, np.stack([missed[-1], missed[1]]))
        inputs = {"luma": self._moved_luma(size), "missed": padded}
        self._bench.check()
        likelihood = run_stage(self._bench, self._stage, inputs, [LIKELIHOOD], size)[LIKELIHOOD]
        unrest = np.maximum(np.minimum(missed[-1], missed[1]), self._speed())
        return Found(tuple(likelihood[:, : self._height, : self._width]), unrest)

    def _moved_luma(self, size: tuple[int, int]) -> Planes:
        """Return (5, H, W) luma, each neighbour moved onto the centre, padded by repeating the edge."""
        stack: Planes = self._bench.pool.array((len(OFFSETS), *size), np.float32)
        places: dict[bytes, list[int]] = {}
        for offset, stand_in in self._stands_in.items():
            places.setdefault(self._ref(stand_in).digest, []).append(offset)

        def place(ref: FrameRef) -> None:
            for offset in places[ref.digest]:
                pad_into(stack[offset + REACH_FRAMES][None], self._luma_at(self._stands_in[offset])[None])

        self._bench.each(place, self._frames())
        return stack

    def _luma_at(self, offset: int) -> Plane:
        luma = self._looks.look(self._ref(offset)).luma
        flow = self._looks.flow_to(offset) if offset else None
        return luma if flow is None else moved(luma, flow)

    def _missed(self, side: int) -> Plane:
        """Return how far flow to the next frame on a side and back misses, in shares of 8 pixels, by squares."""
        there, back = self._flows(side)
        far = disagreement(there, back) * np.float32(self._height / there.shape[1])
        share = _quartered(far, self._height, self._width) / np.float32(MOST_MISSED_PIXELS)
        return np.asarray(np.minimum(share, np.float32(1)), np.float32)

    def _speed(self) -> Plane:
        flows = [self._flows(side)[0] for side in (-1, 1)]
        longer = max(flows[0].shape[1:])
        share = np.sqrt(np.max([flow[0] ** 2 + flow[1] ** 2 for flow in flows], axis=0)) / np.float32(longer)
        begins, is_fast = FAST
        fast = np.clip((share - np.float32(begins)) / np.float32(is_fast - begins), 0, 1)
        return _quartered(fast, self._height, self._width)

    def _flows(self, side: int) -> tuple[npt.NDArray[np.float32], npt.NDArray[np.float32]]:
        centre, beside = self._ref(0), self._ref(self._stands_in[side])
        return self._looks.flow(centre, beside), self._looks.flow(beside, centre)

    def _standing_in(self, offset: int) -> int:
        """Return the offset itself where that frame is, else its mirror image, else the nearest there is."""
        side = (offset > 0) - (offset < 0)
        return next((other for other in (offset, -offset, side, -side) if self._is_own(other)), 0)

    def _is_own(self, offset: int) -> bool:
        return abs(offset) <= self._window.radius_frames and self._window.own[self._window.radius_frames + offset]

    def _ref(self, offset: int) -> FrameRef:
        return self._window.frames[self._window.radius_frames + offset]

    def _frames(self) -> list[FrameRef]:
        return [self._ref(offset) for offset in sorted(set(self._stands_in.values()))]

    def _pairs(self) -> dict[bytes, list[tuple[FrameRef, FrameRef]]]:
        """Return the pairs that motion is measured between, shared out over the frames."""
        pairs: dict[bytes, list[tuple[FrameRef, FrameRef]]] = {ref.digest: [] for ref in self._frames()}
        for offset in set(self._stands_in.values()) - {0}:
            step = 1 if offset > 0 else -1
            nearer, here = self._ref(offset - step), self._ref(offset)
            pairs[here.digest].append((nearer, here))
            if offset == step:
                pairs[here.digest].append((here, nearer))
        return pairs

    def _name(self) -> Hashable:
        spatial = self._bench.model.manifest.spatial
        digests = tuple(self._ref(self._stands_in[offset]).digest for offset in OFFSETS)
        cut = (spatial.multiple, spatial.tile_pixels, spatial.overlap_pixels)
        return ("repair", LIKELIHOOD, self._stage.sha256, digests, self._looks.conversion, cut)


def _quarter(height: int, width: int) -> tuple[int, int]:
    return -(-height // BLOCK), -(-width // BLOCK)


def _quartered(plane: Plane, height: int, width: int) -> Plane:
    """Return a plane of the grid with a value for each square of the frame."""
    rows, columns = _quarter(height, width)
    return np.asarray(cv2.resize(plane, (columns, rows), interpolation=cv2.INTER_LINEAR), np.float32)
