"""Line scratches that were found where there are none: counted by place, not by pixel."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import cv2
import numpy as np

from reelmend.quality.errors import QualityError
from reelmend.quality.matching import Mask
from reelmend.quality.mattes import FOUND_FROM, Matte, outside, planes_of

PER_FRAMES = 1000
NEAR_PX = 4
"""Pieces of one scratch, one below the other or from frame to frame, stand within so many columns of each other."""

Span = tuple[int, int]
"""First and last column that a scratch takes."""


@dataclass(frozen=True)
class FalseScratches:
    """Per 1,000 frames: scratches seen, each anew in every frame that shows it; and distinct ones, followed in time."""

    seen: float
    distinct: float


def false_scratches(found: Matte | None, matte: Matte | None = None) -> FalseScratches:
    """Return how many scratches were found that touch no true defect, per 1,000 frames.

    found: the restorer's own matte of line scratches. Its areas (8-connected, 0.5 or more) of one frame that share
    columns, give or take 4, are one scratch; with those of the frame before it is the same one when they share
    columns in the same way. Range 0 to ∞, lower is better. Definition: this project's.
    """
    seen, distinct, frames = 0, 0, 0
    before: list[Span] = []
    for spans in _spans(found, matte):
        frames += 1
        seen += len(spans)
        distinct += sum(not any(_near(span, other) for other in before) for span in spans)
        before = spans
    return FalseScratches(PER_FRAMES * seen / frames, PER_FRAMES * distinct / frames)


def _spans(found: Matte | None, matte: Matte | None) -> Iterator[list[Span]]:
    true_planes = None if matte is None else planes_of(matte)
    for plane in planes_of(found, "matte of scratches"):
        true = None if true_planes is None else next(true_planes, None)
        if true is not None and true.shape != plane.shape:
            raise QualityError(f"the matte of scratches is {plane.shape} and the true matte {true.shape}")
        yield _merged(_false_areas(plane >= FOUND_FROM, None if true is None else ~outside(true)))


def _false_areas(found: Mask, true: Mask | None) -> Iterable[Span]:
    count, labels, stats, _ = cv2.connectedComponentsWithStats(found.astype(np.uint8), connectivity=8)
    right = set() if true is None else set(np.unique(labels[true]).tolist())
    for label in range(1, count):
        if label not in right:
            left, width = int(stats[label, cv2.CC_STAT_LEFT]), int(stats[label, cv2.CC_STAT_WIDTH])
            yield left, left + width - 1


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if merged and _near(merged[-1], span):
            merged[-1] = (merged[-1][0], max(merged[-1][1], span[1]))
        else:
            merged.append(span)
    return merged


def _near(one: Span, other: Span) -> bool:
    return one[0] <= other[1] + NEAR_PX and other[0] <= one[1] + NEAR_PX
