"""What an effect found in a frame: a defect by class, box, size and confidence, with the very pixels it covers."""

from __future__ import annotations

from dataclasses import dataclass

from reelmend.errors import ShapeError

Run = tuple[int, int, int]
"""Neighbouring pixels of one row: row, first column, how many; pixels from the picture's top left."""


@dataclass(frozen=True, slots=True)
class Detection:
    """One defect of a frame. The box is in pixels from the picture's top left; `area_px` counts the core's pixels.

    `runs` are these pixels, row after row from left to right, none twice; empty where they are not known: a list that
    was written by hand, or a defect too large to be sent. `confidence` is in 0…1. Raises ShapeError for a box or an
    area that can't be, and for a confidence beyond 0…1.
    """

    kind: str
    left: int
    top: int
    width: int
    height: int
    area_px: int
    confidence: float
    runs: tuple[Run, ...] = ()

    def __post_init__(self) -> None:
        if self.left < 0 or self.top < 0 or self.width < 1 or self.height < 1:
            raise ShapeError(
                f"a {self.kind} can't have the box {self.width}×{self.height} at {self.left}, {self.top}; it lies in "
                "the picture and has at least a pixel"
            )
        if not 1 <= self.area_px <= self.width * self.height:
            raise ShapeError(
                f"a {self.kind} of {self.area_px} pixels can't have a box of {self.width}×{self.height}; "
                "an area counts the pixels inside the box"
            )
        if not 0 <= self.confidence <= 1:
            raise ShapeError(f"a {self.kind} has the confidence {self.confidence}; it lies in 0 to 1")
