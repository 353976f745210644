"""Where a clip's pictures come from: checked, and in the form the native host reads."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .errors import ShapeError

FloatArray = NDArray[np.float32]
FrameCallable = Callable[[int], "FloatArray | None"]
ChannelCount = {"OfxImageComponentRGBA": 4, "OfxImageComponentRGB": 3, "OfxImageComponentAlpha": 1}


@dataclass(frozen=True)
class Source:
    """A clip's pictures: `read(frame)` for frames `first` to `last`, each (height, width, channels) float32."""

    read: FrameCallable
    height: int
    width: int
    channels: int
    first: int
    last: int

    def checked(self, frame: int) -> FloatArray | None:
        """Return one frame, contiguous, or None when there is none; raise ShapeError if it does not fit."""
        picture = self.read(frame)
        if picture is None:
            return None
        check_pixels(picture, f"frame {frame}")
        if picture.ndim == 2:
            picture = picture[:, :, np.newaxis]
        wanted = (self.height, self.width, self.channels)
        if picture.shape != wanted:
            raise ShapeError(f"frame {frame} must be {wanted} (height, width, channels), got {picture.shape}")
        return np.ascontiguousarray(picture)


def check_pixels(picture: object, what: str) -> None:
    """Raise ShapeError unless `picture` is a float32 array."""
    if not isinstance(picture, np.ndarray):
        raise ShapeError(f"{what} must be a numpy array, got {type(picture).__name__}")
    if picture.dtype != np.float32:
        hint = "; divide 8-bit pixels by 255 first" if picture.dtype == np.uint8 else ""
        raise ShapeError(f"{what} must be float32, got {picture.dtype}{hint}")


def array_source(frames: FloatArray, first: int) -> Source:
    """Return a source over an array (frames, height, width, 1|3|4), whose first picture is frame number `first`."""
    check_pixels(frames, "frames")
    if frames.ndim != 4 or frames.shape[3] not in ChannelCount.values() or 0 in frames.shape:
        raise ShapeError(f"frames must be (frames, height, width, 1, 3 or 4) and not empty, got {frames.shape}")
    count, height, width, channels = frames.shape
    return Source(lambda frame: frames[frame - first], height, width, channels, first, first + count - 1)
