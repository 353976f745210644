"""Repairs laid over the source: where nothing was mended, the source's own bits come back."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.frames import Planes

BAND_SAMPLES = 1 << 16
"""Samples that are worked on at once: they and their copies stay in the processor's second cache."""


def over(source: Planes, fill: Planes, matte: Planes, out: Planes) -> None:
    """Write source·(1−matte) + fill·matte into `out`; where the matte is exactly 0, the bits of `source`.

    source, fill, out: (C, H, W); matte: (1 or C, H, W).
    """
    for rows in _bands(source):
        here, share = source[:, rows], matte[:, rows]
        np.copyto(out[:, rows], here)
        mended = share != 0
        if mended.any():
            mixed = here * (1 - share)
            mixed += fill[:, rows] * share
            np.copyto(out[:, rows], mixed, where=mended)


def mixed(source: Planes, result: Planes, strength: float, out: Planes) -> None:
    """Write source·(1−strength) + result·strength into `out`; where both are the same, the bits of `source`.

    `out` may be `result`. At 1 the result's own bits.
    """
    if strength == 1:
        if out is not result:
            np.copyto(out, result)
        return
    share = np.float32(strength)
    for rows in _bands(source):
        here, there = source[:, rows], result[:, rows]
        same = here == there
        blend = here * (1 - share)
        blend += there * share
        np.copyto(out[:, rows], blend)
        np.copyto(out[:, rows], here, where=same)


def within(source: Planes, result: Planes, mask: Planes, out: Planes) -> None:
    """Write source·(1−mask) + result·mask into `out`: the bits of `source` where the mask is 0, of `result` where 1.

    source, result, out: (C, H, W); mask: (1 or C, H, W) in 0…1. `out` may be `result`, `source` a value broadcast to
    its shape. Where source and result are the same they stay so.
    """
    for rows in _bands(source):
        here, there, share = source[:, rows], result[:, rows], mask[:, rows]
        outside, inside = share == 0, share == 1
        if outside.all():
            np.copyto(out[:, rows], here)
        elif not inside.all():
            blend = here * (1 - share)
            blend += there * share
            _copy_where(inside | (here == there), there, blend)
            _copy_where(outside, here, blend)
            np.copyto(out[:, rows], blend)
        elif out is not result:
            np.copyto(out[:, rows], there)


def _copy_where(chosen: npt.NDArray[np.bool_], source: Planes, out: Planes) -> None:
    """Copy the chosen samples. OpenCV's copy does not branch: five times as fast as numpy's where masks are ragged."""
    for plane, part in enumerate(np.broadcast_to(chosen, source.shape)):
        cv2.copyTo(np.ascontiguousarray(source[plane]), np.ascontiguousarray(part).view(np.uint8), out[plane])


def _bands(planes: Planes) -> Iterator[slice]:
    rows_a_band = max(1, BAND_SAMPLES // (planes.shape[0] * planes.shape[2]))
    for top in range(0, planes.shape[1], rows_a_band):
        yield slice(top, top + rows_a_band)
