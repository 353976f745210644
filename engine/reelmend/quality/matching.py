"""Defects of a frame, as 8-connected areas: which of the found ones are which of the true ones."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]

MATCHED_SHARE = 0.5
MATCHED_IOU = 0.3
"""A margin of one pixel around a true defect of 3×3 pixels gives 0.36, around one of 5×5 0.51: mattes have margins."""


@dataclass(frozen=True)
class Pairs:
    """How many areas were matched one to one by their IoU, and how many there are of either side."""

    matched: int
    found: int
    true: int


def by_share(mask: Mask, target: Mask, must_touch: Mask) -> tuple[int, int]:
    """Return how many areas of `mask` lie on `target` by half, and how many there are that touch `must_touch`."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    if count == 1:
        return 0, 0
    areas = np.bincount(labels.ravel(), minlength=count)
    hits = np.bincount(labels[target], minlength=count)
    counted = np.bincount(labels[must_touch], minlength=count) > 0
    counted[0] = False
    matched = counted & (hits >= MATCHED_SHARE * areas)
    return int(matched.sum()), int(counted.sum())


def by_iou(found: Mask, true: Mask, unsure: Mask) -> Pairs:
    """Return the areas matched one to one, best pairs first, each pair with an IoU of 0.3 or more.

    IoU is that of the two areas alone, without pixels that are `unsure`; an area of nothing else does not count. Two
    true defects under one found area are one match and one miss.
    """
    found_labels, found_areas = _areas(found, ~unsure)
    true_labels, true_areas = _areas(true, ~unsure)
    both = found & true & ~unsure
    codes, shared = np.unique(
        found_labels[both].astype(np.int64) * len(true_areas) + true_labels[both], return_counts=True
    )
    one, other = codes // len(true_areas), codes % len(true_areas)
    ious = shared / (found_areas[one] + true_areas[other] - shared)
    return Pairs(_one_to_one(one, other, ious), int(np.count_nonzero(found_areas)), int(np.count_nonzero(true_areas)))


def _areas(mask: Mask, counted: Mask) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    """Return the mask's labels, and how many counted pixels each has; 0 for the ground."""
    count, labels = cv2.connectedComponents(mask.astype(np.uint8), connectivity=8)
    areas = np.bincount(labels[mask & counted], minlength=count)
    return np.asarray(labels, np.int32), areas.astype(np.int64)


def _one_to_one(found: NDArray[np.int64], true: NDArray[np.int64], ious: NDArray[np.float64]) -> int:
    taken_found: set[int] = set()
    taken_true: set[int] = set()
    for index in np.argsort(-ious, kind="stable"):
        if ious[index] < MATCHED_IOU:
            break
        one, other = int(found[index]), int(true[index])
        if one not in taken_found and other not in taken_true:
            taken_found.add(one)
            taken_true.add(other)
    return len(taken_found)
