"""What is known of single frames and of pairs: the picture as the model takes it, its luma, its texture, its motion.

All of it is remembered by content, so that a frame is looked at once and a pair measured once, whatever windows they
are in. Nothing here asks for helper threads, so that helper threads may ask for it.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.buffer.window import Window
from reelmend.colour import Conversion, conversion_for
from reelmend.effects.common_parameters import INPUT_TRANSFER
from reelmend.effects.effect import Workbench
from reelmend.frames import FrameForm, FrameRef, Planes
from reelmend.motion import Flow, composed, flow_between, texture_of

Plane = npt.NDArray[np.float32]

LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709."""
SOURCE_LIMIT = np.float32(65504.0)
CODE_LIMIT = np.float32(64.0)
"""Samples beyond these are no light; squares and sums of what is left stay finite."""
LUMA_RANGE = (-1.0, 4.0)
"""What the nets are shown: four times the light of white, as display values have it, is no different from more."""
VERDICT_BYTES = 256
BAND_ROWS = 64
"""Rows that are worked on at once: they stay in the processor's cache."""
REACHES = (5, 17, 65, 257)
"""Sides of the squares, each tried where the one before held no valid pixel, that a non-finite pixel is filled from."""


@dataclass(frozen=True, slots=True)
class Look:
    """A frame's luma (H, W) in display values, finite, and what flow is measured on."""

    luma: Plane
    texture: npt.NDArray[np.uint8]


class Looks:
    """The looks of a window's frames, for one request. `window` has neither cuts nor repeated frames in it.

    The methods that name frames take any frames; `flow_to` takes offsets in the window.
    """

    def __init__(self, bench: Workbench, window: Window) -> None:
        transfer = bench.model.manifest.colour.transfer
        self.window = window
        self.conversion: Conversion | None = conversion_for(str(bench.values[INPUT_TRANSFER]), transfer)
        self.bench = bench
        self._flows: dict[int, Flow] = {}

    def is_looked_at(self, ref: FrameRef) -> bool:
        """Say whether the look is at hand, and keep it there."""
        return self.bench.pin(self._name("look", ref))

    def is_coded(self, ref: FrameRef) -> bool:
        """Say whether the frame is at hand as the model takes it, so that its pixels are not needed; keep it there."""
        return self.bench.pin(self._name("code", ref))

    def is_measured(self, before: FrameRef, after: FrameRef) -> bool:
        """Say whether the flow from one frame to the other is at hand, and keep it there."""
        return before.digest == after.digest or self.bench.pin(self._pair_name(before, after))

    def code(self, ref: FrameRef) -> Planes:
        """Return the frame (C, H, W) as the model takes it: display values, finite. By reference where it is that."""
        if self.conversion is None and not self.is_coded(ref) and self._is_plain(ref):
            return self.bench.pixels(ref, FrameForm.FULL)

        def compute() -> tuple[Planes, int]:
            self.bench.check()
            planes = self._coded(self.bench.pixels(ref, FrameForm.FULL))
            return planes, planes.nbytes

        code: Planes = self.bench.feature(self._name("code", ref), compute)
        return code

    def look(self, ref: FrameRef) -> Look:
        def compute() -> tuple[Look, int]:
            self.bench.check()
            luma = self._luma(self.code(ref))
            look = Look(luma, texture_of(luma))
            return look, look.luma.nbytes + look.texture.nbytes

        look: Look = self.bench.feature(self._name("look", ref), compute)
        return look

    def flow(self, before: FrameRef, after: FrameRef) -> Flow:
        """Return where each pixel of one frame's grid lies in the other frame."""

        def compute() -> tuple[Flow, int]:
            self.bench.check()
            flow = flow_between(self.look(before).texture, self.look(after).texture)
            return flow, flow.nbytes

        if before.digest == after.digest:
            return np.zeros((2, *self.look(before).texture.shape), np.float32)
        flow: Flow = self.bench.feature(self._pair_name(before, after), compute)
        return flow

    def flow_to(self, offset: int) -> Flow | None:
        """Return where the centre's pixels lie in the window's frame at that offset, along the frames between them.

        None where no such frame is: beyond a cut or clip end. Of the centre itself nothing moves.
        """
        radius, step = self.window.radius_frames, 1 if offset > 0 else -1
        if abs(offset) > radius or not self.window.own[radius + offset]:
            return None
        if offset == 0:
            return self.flow(self.window.centre_frame, self.window.centre_frame)
        if offset not in self._flows:
            before, after = self.window.frames[radius + offset - step], self.window.frames[radius + offset]
            nearer = self.flow_to(offset - step) if offset != step else None
            last = self.flow(before, after)
            self._flows[offset] = last if nearer is None else composed(nearer, last)
        return self._flows[offset]

    def _is_plain(self, ref: FrameRef) -> bool:
        planes = self.bench.pixels(ref, FrameForm.FULL)

        def compute() -> tuple[bool, int]:
            return bool(planes.min() >= -CODE_LIMIT and planes.max() <= CODE_LIMIT), VERDICT_BYTES  # false for NaN

        plain: bool = self.bench.feature(("repair", "plain", ref.digest), compute)
        return plain

    def _coded(self, planes: Planes) -> Planes:
        known = planes
        if not (planes.min() >= -SOURCE_LIMIT and planes.max() <= SOURCE_LIMIT):  # true for NaN
            known = _known(planes)
        out: Planes = self.bench.pool.array(planes.shape, np.float32)
        if self.conversion is not None:
            known = self.conversion.forward(known, out)
        return np.clip(known, -CODE_LIMIT, CODE_LIMIT, out=out)

    def _luma(self, code: Planes) -> Plane:
        luma: Plane = self.bench.pool.array(code.shape[1:], np.float32)
        shares = LUMA if code.shape[0] == 3 else np.ones(1, np.float32)
        for top in range(0, len(luma), BAND_ROWS):  # no matrix product, whose rounding goes with its threads
            rows = slice(top, top + BAND_ROWS)
            part = np.multiply(code[0, rows], shares[0], out=luma[rows])
            for plane, share in zip(code[1:], shares[1:], strict=True):
                part += share * plane[rows]
            np.clip(part, *LUMA_RANGE, out=part)
        return luma

    def _name(self, kind: str, ref: FrameRef) -> Hashable:
        return ("repair", kind, self.conversion, ref.digest)

    def _pair_name(self, before: FrameRef, after: FrameRef) -> Hashable:
        return ("repair", "flow", self.conversion, before.digest, after.digest)


def _known(planes: Planes) -> Planes:
    """Return the picture with every pixel that has a non-finite sample filled from the valid ones around it."""
    valid = np.isfinite(planes).all(axis=0)
    known = np.clip(np.where(valid, planes, np.float32(0)), -SOURCE_LIMIT, SOURCE_LIMIT)
    light = np.ascontiguousarray(known.transpose(1, 2, 0), np.float64)
    share, lacking = valid.astype(np.float64), ~valid
    for side in REACHES:
        counted = cv2.blur(share, (side, side), borderType=cv2.BORDER_CONSTANT)
        summed = cv2.blur(light, (side, side), borderType=cv2.BORDER_CONSTANT).reshape(light.shape)
        here = lacking & (counted > 0.5 / side**2)
        known[:, here] = (summed[here] / counted[here, None]).T
        lacking = lacking & ~here
    if valid.any():
        known[:, lacking] = light[valid].mean(axis=0)[:, None]
    return known
