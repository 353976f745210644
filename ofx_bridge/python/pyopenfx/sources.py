"""Where a clip's pictures come from: checked, and in the form the native host reads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import ShapeError
from .pixels import CHANNELS, Depth, Pixels, depth_of, with_contiguous_rows

FloatArray = NDArray[np.float32]
FrameCallable = Callable[[int], "Pixels | None"]


@dataclass(frozen=True)
class Source:
    """A clip's pictures: `read(frame)` for frames `first` to `last`, each (height, width, channels) of one depth."""

    read: FrameCallable
    height: int
    width: int
    channels: int
    first: int
    last: int
    depth: Depth = "float"

    def checked(self, frame: int) -> Pixels | None:
        """Return one frame with contiguous rows, or None when there is none; raise ShapeError if it does not fit."""
        picture = self.read(frame)
        if picture is None:
            return None
        depth = depth_of(picture, f"frame {frame}")
        if depth != self.depth:
            hint = "; divide 8-bit pixels by 255 first, or set depth" if depth == "byte" else ""
            raise ShapeError(f"frame {frame} must be {self.depth} pixels, got {picture.dtype}{hint}")
        if picture.ndim == 2:
            picture = picture[:, :, np.newaxis]
        wanted = (self.height, self.width, self.channels)
        if picture.shape != wanted:
            raise ShapeError(f"frame {frame} must be {wanted} (height, width, channels), got {picture.shape}")
        return with_contiguous_rows(picture)


def array_source(frames: Pixels, first: int) -> Source:
    """Return a source over an array (frames, height, width, 1|3|4), whose first picture is frame number `first`."""
    depth = depth_of(frames, "frames")
    if frames.ndim != 4 or frames.shape[3] not in CHANNELS.values() or 0 in frames.shape:
        raise ShapeError(f"frames must be (frames, height, width, 1, 3 or 4) and not empty, got {frames.shape}")
    count, height, width, channels = frames.shape
    return Source(lambda frame: frames[frame - first], height, width, channels, first, first + count - 1, depth)


def preloaded_source(frames: Mapping[int, Pixels]) -> tuple[Source, dict[int, Pixels]]:
    """Return a source over pictures by frame number, and those pictures ready to be read without Python.

    All must have one shape and type. Rows must be contiguous; they may run either way.
    """
    if not frames:
        raise ShapeError("frames must not be empty")
    shape = next(iter(frames.values())).shape
    if len(shape) != 3 or shape[2] not in CHANNELS.values() or 0 in shape:
        raise ShapeError(f"each frame must be (height, width, 1, 3 or 4) and not empty, got {shape}")
    height, width, channels = shape
    depth = depth_of(next(iter(frames.values())), "frames")
    source = Source(frames.get, height, width, channels, min(frames), max(frames), depth)
    checked = {frame: source.checked(frame) for frame in frames}
    return source, {frame: picture for frame, picture in checked.items() if picture is not None}
