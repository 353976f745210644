"""The overlay: the picture, dimmed, with what was found tinted over it by kind."""

from __future__ import annotations

import numpy as np

from reelmend.effects.repair.detect import KINDS
from reelmend.frames import Planes

COLOURS = {
    "blotch": (1.0, 0.30, 0.05),
    "hair": (0.20, 0.90, 0.25),
    "scratch": (0.20, 0.50, 1.0),
}
"""Red-orange, green and blue, in display values."""
PICTURE_SHARE = np.float32(0.5)
"""How much light is left to the picture, so that the colours stand out."""


def overlay_of(code: Planes, mattes: Planes) -> Planes:
    """Return (3, H, W) display values. code: (1 or 3, H, W) in display values; mattes: (3, H, W), by kind."""
    overlay = PICTURE_SHARE * np.broadcast_to(code, (3, *code.shape[1:]))
    tinted = overlay.reshape(3, -1)
    for kind, matte in zip(KINDS, mattes.reshape(len(KINDS), -1), strict=True):
        index = np.flatnonzero(matte)
        share, colour = matte[index], np.asarray(COLOURS[kind], np.float32)[:, None]
        tinted[:, index] = tinted[:, index] * (1 - share) + colour * share
    return overlay
