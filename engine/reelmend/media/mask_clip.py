"""A movie, an image sequence or a still as the mask of a clip: one plane a frame, under the clip's frame numbers."""

from __future__ import annotations

from enum import StrEnum

import numpy as np

from reelmend.errors import MediaError
from reelmend.frames import Planes
from reelmend.media.interface import Reader


class MaskChannel(StrEnum):
    """Which channel of its files the mask is; AUTO: alpha where they have it, else red."""

    AUTO = "auto"
    ALPHA = "alpha"
    RED = "red"
    GREEN = "green"
    BLUE = "blue"


_PLANES = {MaskChannel.RED: 0, MaskChannel.GREEN: 1, MaskChannel.BLUE: 2}


class MaskClip:
    """The mask of a clip. Its frames belong to the clip's in order, whatever their own numbers; a still to all of them.

    Raises MediaError when the mask has another size or length than the clip, or no such channel. `noun`: what errors
    call it.
    """

    def __init__(
        self, mask: Reader, clip: Reader, channel: MaskChannel = MaskChannel.AUTO, *, noun: str = "mask"
    ) -> None:
        self.noun = noun
        if (mask.width, mask.height) != (clip.width, clip.height):
            raise MediaError(
                f"the {noun} {mask.path} is {mask.width}×{mask.height} pixels, "
                f"{clip.path} is {clip.width}×{clip.height}; give it the clip's size"
            )
        count, wanted = (reader.last_frame - reader.first_frame + 1 for reader in (mask, clip))
        if count not in (1, wanted):
            raise MediaError(
                f"the {noun} {mask.path} has {count} frames, {clip.path} has {wanted}; give it as many, or a single one"
            )
        if channel is MaskChannel.ALPHA and not mask.has_alpha:
            raise MediaError(f"the {noun} {mask.path} has no alpha; name another channel")
        auto = MaskChannel.ALPHA if mask.has_alpha else MaskChannel.RED
        self.channel = auto if channel is MaskChannel.AUTO else channel
        self.first_frame = clip.first_frame
        self.last_frame = clip.first_frame + count - 1
        self._mask = mask

    def read(self, frame: int) -> Planes:
        """Return the mask of the clip's frame as (1, H, W) float32, as stored. Raises MediaError."""
        own = self._own(frame)
        if self.channel is not MaskChannel.ALPHA:
            plane = _PLANES[self.channel]
            return np.ascontiguousarray(self._mask.read(own)[plane : plane + 1])
        alpha = self._mask.alpha(own)
        if alpha is None:
            raise MediaError(f"frame {own} of the {self.noun} {self._mask.path} has no alpha; name another channel")
        return np.ascontiguousarray(alpha[None])

    def require(self, frames: range) -> None:
        """Raise MediaError unless the masks of these frames are there, as far as can be told without decoding them."""
        held = (min(max(frame, self.first_frame), self.last_frame) for frame in (frames[0], frames[-1]))
        first, last = map(self._own, held)
        self._mask.require(range(first, last + 1))

    def is_full(self, frame: int) -> bool:
        """Say whether the mask is 1 everywhere, like the alpha of a picture that has none of its own."""
        return bool((self.read(min(frame, self.last_frame)) == 1).all())

    def _own(self, frame: int) -> int:
        """Return the number that the mask of the clip's frame has in its own clip."""
        return frame - self.first_frame + self._mask.first_frame
