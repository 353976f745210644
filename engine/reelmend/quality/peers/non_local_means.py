"""OpenCV's non-local means over several frames: very slow, so it gets a few frames of each clip only."""

from __future__ import annotations

import cv2
import numpy as np

from reelmend.quality.peers.method import Method, Pixels, Restored

STRENGTH = 3.0
TEMPORAL_WINDOW_FRAMES = 3
LONGEST_FRAMES = 3


def non_local_means(frames: Pixels) -> Restored:
    """Return cv2.fastNlMeansDenoisingMulti of each frame; at the clip's ends the last frame stands in for the next."""
    half = TEMPORAL_WINDOW_FRAMES // 2
    places = np.clip(np.arange(-half, len(frames) + half), 0, len(frames) - 1)
    padded = [np.ascontiguousarray(frames[place]) for place in places]
    denoised = [
        cv2.fastNlMeansDenoisingMulti(padded, t + half, TEMPORAL_WINDOW_FRAMES, None, STRENGTH)
        for t in range(len(frames))
    ]
    return Restored(np.asarray(np.stack(denoised), np.uint8))


METHODS = (
    Method(
        "opencv-nlmeans-multi",
        f"cv2.fastNlMeansDenoisingMulti, h={STRENGTH:g}, {TEMPORAL_WINDOW_FRAMES} frames",
        non_local_means,
        lambda: f"OpenCV {cv2.__version__}",
        longest_frames=LONGEST_FRAMES,
    ),
)
