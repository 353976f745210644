"""A still as a camera sees it that stands or pans: so that all of a scene moves alike."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

import cv2
import numpy as np

from reelmend_models.damage import Frame


def seen_from(still: Frame, across_px: float) -> Frame:
    """Return the still (H, W, 3) after the camera has turned to the right; beyond its edges it goes on mirrored."""
    width = still.shape[1]
    turned = float(across_px) % (2.0 * (width - 1)) if width > 1 else 0.0
    columns = np.arange(width, dtype=np.float32) + np.float32(turned)
    folded = np.abs((columns + width - 1) % (2 * max(1, width - 1)) - (width - 1)).astype(np.float32)
    rows = np.arange(still.shape[0], dtype=np.float32)
    map_x, map_y = np.meshgrid(folded, rows)
    seen: Frame = cv2.remap(still, map_x, map_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return seen


def held(frames: Iterable[Frame], across_px: Callable[[int], float]) -> Iterator[Frame]:
    """Yield, for each frame of a clip, its first frame as the camera sees it; across_px: how far it has turned."""
    still: Frame | None = None
    for index, frame in enumerate(frames):
        still = frame if still is None else still
        yield seen_from(still, across_px(index))
