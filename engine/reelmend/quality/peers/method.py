"""What every restorer in the bench is: a name, what it does with which settings, and a function over a clip."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reelmend.errors import ReelmendError

Pixels: TypeAlias = NDArray[np.uint8]
"""(N, H, W, 3) R, G, B, full range: what goes into every method, and what comes out of it."""


class PeerError(ReelmendError):
    """A method could not restore a clip; the message says which and why."""


@dataclass(frozen=True, eq=False)
class Restored:
    """What a method made of a clip: frames of the same shape, and what it says of them, if it says.

    matte: (N, H, W) what it changed; bool, or uint8 whose 0 is exactly nothing. classes: the same by class of defect.
    touched: (N, H, W) bool where its result, before rounding to 8 bits, is not the source's.
    """

    frames: Pixels
    matte: NDArray[Any] | None = None
    classes: Mapping[str, NDArray[Any]] | None = None
    touched: NDArray[np.bool_] | None = None


def _nothing_missing() -> str:
    return ""


@dataclass(frozen=True)
class Method:
    """One restorer. `restore` may raise ReelmendError; `missing` says why it can't run here, "" when it can.

    what: one sentence with the settings. longest_frames: how much of a clip is given to a method that is too slow for
    all of it. in_child: the work happens in a process of its own, whose memory is what counts. is_variant: another
    setting of a method that is there already, or for some damage alone, run only where it is asked for. restore_told:
    what is run in place of `restore` where the true matte, (N, H, W) uint8, is known: a peer that is told what it would
    have to find.
    """

    name: str
    what: str
    restore: Callable[[Pixels], Restored]
    version: Callable[[], str]
    missing: Callable[[], str] = _nothing_missing
    longest_frames: int | None = None
    in_child: bool = False
    is_variant: bool = False
    restore_told: Callable[[Pixels, NDArray[np.uint8]], Restored] | None = None


def luma_of(frame: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Return Rec. 709 luma (H, W) in levels of 255."""
    red, green, blue = (frame[:, :, channel].astype(np.float32) for channel in range(3))
    return np.asarray(0.2126 * red + 0.7152 * green + 0.0722 * blue, np.float32)


def as_pixels(frames: NDArray[np.floating]) -> Pixels:
    """Return values in levels of 255 rounded to the nearest and clipped."""
    return np.asarray(np.clip(np.rint(frames), 0, 255), np.uint8)
