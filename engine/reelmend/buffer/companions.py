"""Frames of auxiliary clips (a mask, a reference) beside those of a window."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reelmend.buffer.window import Window
from reelmend.errors import BadRequestError, ShapeError
from reelmend.frames import REFERENCE, FrameFormat, FrameRef


@dataclass(frozen=True, slots=True)
class AuxiliaryClip:
    """What a request says of an auxiliary clip: its first and last frame, and those beside the window's.

    A clip of one frame is a still: it holds for every frame of the source.
    """

    first_frame: int
    last_frame: int
    frames: Sequence[FrameRef]


@dataclass(frozen=True, slots=True)
class Companions:
    """The frames of one auxiliary clip by the number of the source frame that they belong to."""

    by_source_frame: Mapping[int, FrameRef]

    def of(self, ref: FrameRef) -> FrameRef:
        """Return the frame beside a frame of the window."""
        return self.by_source_frame[ref.frame]


def companions_of(window: Window, clip: AuxiliaryClip, name: str) -> Companions:
    """Return the frames of an auxiliary clip that belong to the window's: those of the same number.

    Before its first and after its last frame the clip is held. Raises BadRequestError that names what is missing or
    doubled, ShapeError when a frame is not one plane of the source's size (of "Reference": as many as the source).
    """
    given = {ref.frame: dataclasses.replace(ref, clip=name) for ref in clip.frames}
    if clip.first_frame > clip.last_frame:
        raise BadRequestError(f"clip '{name}' ends at frame {clip.last_frame}, before it begins at {clip.first_frame}")
    if len(given) != len(clip.frames):
        raise BadRequestError(f"clip '{name}' names a frame twice; name each once")
    beside = {ref.frame: min(max(ref.frame, clip.first_frame), clip.last_frame) for ref in window.distinct}
    if missing := sorted(set(beside.values()) - set(given)):
        raise BadRequestError(
            f"clip '{name}' lacks frame {missing[0]}; describe it for every frame of the window around {window.centre}"
        )
    form = window.centre_frame.format
    planes = form.channels if name == REFERENCE else 1
    for number in sorted(set(beside.values())):
        _refuse_other_format(given[number].format, form, planes, f"frame {number} of clip '{name}'")
    return Companions({source: given[number] for source, number in beside.items()})


def _refuse_other_format(got: FrameFormat, source: FrameFormat, planes: int, which: str) -> None:
    if got.channels != planes:
        wanted = "send one of them" if planes == 1 else f"send {planes}, as of the source"
        raise ShapeError(f"{which} has {got.channels} planes; {wanted}")
    if (got.width, got.height) != (source.width, source.height):
        raise ShapeError(
            f"{which} is {got.width}×{got.height} pixels, the source {source.width}×{source.height}; "
            "give it the source's size"
        )
