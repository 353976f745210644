"""One frame of a clip as the clip "Reference" beside all its frames, for effects that hold one."""

from __future__ import annotations

from collections.abc import Mapping

from reelmend.clips import Budget, RememberedClip
from reelmend.errors import BadRequestError
from reelmend.frames import REFERENCE, Planes

HOLDS, NUMBER = ("reference", "frame"), "reference_frame"
"""The parameter and its value by which a model holds a frame of the source, and the parameter that says which."""


def number_held(values: Mapping[str, object]) -> int | None:
    """Return the number of the source's frame that is held with these values; None when none is."""
    parameter, value = HOLDS
    number = values.get(NUMBER)
    return int(number) if values.get(parameter) == value and isinstance(number, int | float) else None


def held_clip(clip: RememberedClip, number: int, budget: Budget | None = None) -> RememberedClip:
    """Return a still, named "Reference", of one frame of a clip; `budget` counts its pixels.

    Raises BadRequestError when the clip has no such frame.
    """
    if not clip.first_frame <= number <= clip.last_frame:
        raise BadRequestError(
            f"frame {number} can't be held: the clip has frames {clip.first_frame} to {clip.last_frame}; set "
            f"'{NUMBER}' to one of them"
        )
    return RememberedClip(_Still(clip, number), 0, budget, name=REFERENCE)


class _Still:
    """A frame of a clip, read through that clip, which reads one frame at a time."""

    def __init__(self, clip: RememberedClip, number: int) -> None:
        self.first_frame = self.last_frame = number
        self._clip = clip

    def read(self, frame: int) -> Planes:
        return self._clip.planes(frame)
