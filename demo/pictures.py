"""What the demo leaves to look at: before, after, both side by side, and the curve of mean luma."""

from __future__ import annotations

from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np

from reelmend.frames import Planes

mpl.use("Agg")
from matplotlib import pyplot as plt

from demo.measure import Measures


def side_by_side(before: Planes, after: Planes) -> Planes:
    """Return one picture of the same height and twice the width, halved when it would pass 1920 columns."""
    joined = np.concatenate([_labelled(before, "before"), _labelled(after, "after")], axis=1)
    if joined.shape[1] > 1920:
        size = (joined.shape[1] // 4 * 2, joined.shape[0] // 4 * 2)
        joined = cv2.resize(joined, size, interpolation=cv2.INTER_AREA)
    return np.ascontiguousarray(joined.transpose(2, 0, 1))


def _labelled(planes: Planes, text: str) -> Planes:
    picture = np.ascontiguousarray(planes.transpose(1, 2, 0))
    scale = max(picture.shape[0] / 600, 0.3)
    place = (int(20 * scale), int(40 * scale))
    for value, thickness in ((0.0, 5), (1.0, 2)):
        letters = np.zeros(picture.shape[:2], np.uint8)  # OpenCV draws text into bytes only
        width = max(1, round(thickness * scale))
        cv2.putText(letters, text, place, cv2.FONT_HERSHEY_SIMPLEX, scale, (255,), width, cv2.LINE_AA)
        opacity = letters[:, :, None].astype(np.float32) / 255
        picture = (picture * (1 - opacity) + np.float32(value) * opacity).astype(np.float32)
    return picture


def plot_luma(measures: Measures, path: Path) -> None:
    """Write the curve of mean luma against the frame number: before, after and truth."""
    figure, axes = plt.subplots(figsize=(9, 4), dpi=120)
    frames = range(len(measures.before))
    axes.plot(frames, measures.before, color="#c44", linewidth=1, label="before")
    if measures.truth:
        axes.plot(frames, measures.truth, color="#888", linewidth=2.5, alpha=0.6, label="truth")
    axes.plot(frames, measures.after, color="#27c", linewidth=1.6, label="after")
    axes.set(xlabel="frame", ylabel="mean luma", title="Mean luma of the shot")
    axes.margins(x=0)
    axes.grid(alpha=0.25)
    axes.legend(frameon=False, ncol=3, loc="lower right")
    figure.tight_layout()
    figure.savefig(path)
    plt.close(figure)
