"""What is mended in a frame: what was found, what is given by a matte, and what the region leaves of both."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reelmend.detections import Detection
from reelmend.effects.effect import Workbench
from reelmend.effects.repair.asks import ADDS, CLASSES, PROTECTS
from reelmend.effects.repair.detections import detections_of
from reelmend.effects.repair.given import HALF, pieces_of_classes, pieces_of_matte
from reelmend.effects.repair.matte import Edge, matte_of, mattes_by_kind
from reelmend.effects.repair.pieces import Pieces, joined
from reelmend.frames import MASK, MATTE, FrameForm, FrameRef, Planes

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Decision:
    """The broken pixels of a frame, in pieces, and their matte.

    pieces: all that is broken, region or not. grown: those of them whose matte is their core, grown and feathered; the
    others' is `given`, (3, H, W) by kind. share: (H, W), what region and protection leave of both; None: all. region:
    (H, W), where mending is allowed; None: everywhere. All in 0…1.
    """

    pieces: Pieces
    grown: Pieces
    edge: Edge
    given: Planes | None = None
    share: Plane | None = None
    region: Plane | None = None

    def matte(self) -> Plane:
        """Return (H, W) how much of each pixel is mended, 0…1; exactly 0 where nothing is."""
        return matte_of(self.grown, self.edge, self.given, self.share)

    def by_kind(self) -> Planes:
        """Return the same by kind, (3, H, W); the largest is the matte."""
        return mattes_by_kind(self.grown, self.edge, self.given, self.share)

    def core(self) -> npt.NDArray[np.bool_]:
        """Return (3, H, W) the broken pixels by kind, inside of the region."""
        return self._inside().core()

    def detections(self) -> tuple[Detection, ...]:
        """Return what there is to tell of the broken pixels inside of the region."""
        return detections_of(self._inside())

    def _inside(self) -> Pieces:
        return self.pieces if self.region is None else self.pieces.where(self.region >= HALF)


def decision_of(bench: Workbench, ref: FrameRef, matte_use: str, found: Callable[[], Pieces]) -> Decision:
    """Return the decision on a frame. matte_use: what the clip "Matte" is for, "" without one; found: its pieces."""
    edge = Edge(int(bench.values["dilate"]), float(bench.values["feather"]))
    region = _plane(bench, ref, MASK)
    matte = _plane(bench, ref, MATTE) if matte_use else None
    if matte is None:
        pieces = found()
        return Decision(pieces, pieces, edge, share=region, region=region)
    if matte_use == CLASSES:
        pieces = pieces_of_classes(matte)
        return Decision(pieces, pieces, edge, share=region, region=region)
    if matte_use == PROTECTS:
        pieces, free = found().where(matte < HALF), np.float32(1) - matte
        return Decision(pieces, pieces, edge, share=free if region is None else free * region, region=region)
    drawn, given = pieces_of_matte(matte)
    grown = found() if matte_use == ADDS else Pieces.none(matte.shape)
    return Decision(_both(grown, drawn), grown, edge, given, share=region, region=region)


def _both(found: Pieces, drawn: Pieces) -> Pieces:
    """Return both, where they meet as it was found."""
    drawn = drawn.where(found.mask() == 0)
    further = 1 + int(found.label.max(initial=0))
    relabelled = Pieces(drawn.shape, drawn.index, drawn.kind, drawn.label + np.int32(further), drawn.confidence)
    return joined([found, relabelled], found.shape)


def _plane(bench: Workbench, ref: FrameRef, clip: str) -> Plane | None:
    planes = bench.mask_planes(ref, FrameForm.FULL, clip)
    return None if planes is None else planes[0]
