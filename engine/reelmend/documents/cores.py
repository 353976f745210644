"""Listed defects as the clip that an effect takes: each pixel's value says of which classes it is core (ADR 20)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
import numpy.typing as npt

from reelmend.errors import BadRequestError
from reelmend.frames import FrameRef, Planes

CLASSES = ("blotch", "hair", "scratch")
"""In the order of their bits: blotch 1, hair 2, scratch 4; a pixel's value is their sum / 8."""
STEPS = 8

PackedRuns = npt.NDArray[np.int32]
"""(n, 4): row, first column, how many, the class's bit."""


class Named(Protocol):
    """A clip that tells the name of a frame's content."""

    def describe(self, frame: int) -> FrameRef: ...


def coded(runs: PackedRuns, width: int, height: int) -> Planes:
    """Return the cores of a frame as (1, H, W) float32 in eighths."""
    bits = np.zeros((height, width), np.uint8)
    for row, column, count, bit in runs.tolist():
        bits[row, column : column + count] |= bit
    return (bits[None] / np.float32(STEPS)).astype(np.float32)


class CoresClip:
    """The cores of a list as a clip of one plane, beside the source's frames; frames that are not listed have none.

    `digests`: what the listed frames must be called in `source`. Reading a frame of other content raises
    BadRequestError.
    """

    def __init__(
        self,
        path: str,
        runs: Mapping[int, PackedRuns],
        digests: Mapping[int, bytes],
        source: Named,
        size: tuple[int, int],
        frames: tuple[int, int],
    ) -> None:
        self.first_frame, self.last_frame = frames
        self._path = path
        self._runs = runs
        self._digests = digests
        self._source = source
        self._width, self._height = size
        self._nothing = np.zeros((1, self._height, self._width), np.float32)

    def read(self, frame: int) -> Planes:
        """Return the frame's cores as (1, H, W). Raises BadRequestError for a frame that the list wasn't made for."""
        self.check(frame)
        runs = self._runs.get(frame)
        return self._nothing if runs is None or not len(runs) else coded(runs, self._width, self._height)

    def check(self, frame: int) -> None:
        """Raise BadRequestError unless the source's frame has the content that the list was made for."""
        wanted = self._digests.get(frame)
        if wanted is None:
            return
        got = self._source.describe(frame).digest
        if got != wanted:
            raise BadRequestError(
                f"{self._path} was made for other pictures: its frame {frame} is {wanted.hex()}, this clip's is "
                f"{got.hex()}; give it the clip (and the effects before) that it was made with"
            )
