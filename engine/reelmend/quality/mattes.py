"""Mattes: where the defects are, how a found matte compares with the true one, per pixel and per defect."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.errors import QualityError
from reelmend.quality.matching import Mask, by_iou, by_share

Matte: TypeAlias = NDArray[Any] | Iterable[NDArray[Any]]
Plane: TypeAlias = NDArray[np.float32]

INSIDE_ABOVE = 0.1
FOUND_FROM = 0.5
MARGIN_PX = 2
"""How far a matte may reach beyond a defect: repairs grow and feather theirs, to cover soft edges."""

_FULL_SCALE = {"bool": 1.0, "uint8": 255.0, "uint16": 65535.0}


def as_matte_plane(plane: NDArray[Any], where: str = "matte") -> Plane:
    """Return one frame's matte as float32 (H, W), 0 where nothing is wrong and 1 where a defect covers all.

    Takes bool, uint8 (/255), uint16 (/65535) or float in 0…1, as (H, W) or (H, W, 1); QualityError otherwise.
    """
    values = np.asarray(plane)
    if values.ndim == 3 and values.shape[2] == 1:
        values = values[:, :, 0]
    if values.ndim != 2:
        raise QualityError(f"{where} must be (H, W), got {values.shape}")
    if values.dtype.name in _FULL_SCALE:
        return values.astype(np.float32) / np.float32(_FULL_SCALE[values.dtype.name])
    if values.dtype.kind != "f":
        raise QualityError(f"{where} must be bool, uint8, uint16 or float, got {values.dtype}")
    converted = values.astype(np.float32)
    if not (converted.min() >= 0.0 and converted.max() <= 1.0):
        raise QualityError(f"{where} must lie in 0…1, got {converted.min():g} to {converted.max():g}")
    return converted


def planes_of(matte: Matte | None, name: str = "matte") -> Iterator[Plane]:
    """Yield a matte's planes; QualityError when there is no matte or it has no frames."""
    if matte is None:
        raise QualityError(f"this measure needs the {name}; hand it over, or leave the measure out")
    empty = True
    for index, plane in enumerate(matte):
        empty = False
        yield as_matte_plane(plane, f"{name} frame {index}")
    if empty:
        raise QualityError(f"{name} has no frames")


def union_of(mattes: Iterable[NDArray[Any]]) -> NDArray[Any]:
    """Return the maximum of mattes of one shape (N, H, W), in their own type, or as float32 when their types differ."""
    arrays = [np.asarray(matte) for matte in mattes]
    if len({array.dtype for array in arrays}) > 1:
        arrays = [np.stack(list(planes_of(array))) for array in arrays]
    return np.asarray(np.maximum.reduce(arrays))


def inside(plane: Plane) -> Mask:
    """Return where a true matte counts as defect: above 0.1. Between 0 and 0.1 (soft fringes) counts as neither."""
    return np.asarray(plane > INSIDE_ABOVE)


def outside(plane: Plane) -> Mask:
    """Return where a matte says that nothing is wrong: exactly 0."""
    return np.asarray(plane == 0.0)


@dataclass(frozen=True)
class MatteScores:
    """How well a found matte meets the true one. Every score is in 0…1, higher is better.

    Per pixel: `precision`, `recall`, `iou`. Per defect (8-connected component within a frame): `defect_precision` is
    the share of found components that lie on true defects by half of their area or more; `defect_recall` the share of
    true components that are found by half of their area or more. `matched_precision` and `matched_recall` are the
    shares of found and of true components that are matched one to one with an IoU of 0.3 or more (`matching`). Nothing
    found gives precision 1, nothing to find gives recall 1, both give IoU 1.
    """

    precision: float
    recall: float
    iou: float
    defect_precision: float
    defect_recall: float
    matched_precision: float
    matched_recall: float


@dataclass
class _Counts:
    both: int = 0
    found_only: int = 0
    true_only: int = 0
    right_components: int = 0
    found_components: int = 0
    met_components: int = 0
    true_components: int = 0
    matched: int = 0
    found_areas: int = 0
    true_areas: int = 0

    def add(self, other: "_Counts") -> None:
        for field in fields(self):
            setattr(self, field.name, getattr(self, field.name) + getattr(other, field.name))

    def scores(self) -> MatteScores:
        return MatteScores(
            precision=_share(self.both, self.both + self.found_only),
            recall=_share(self.both, self.both + self.true_only),
            iou=_share(self.both, self.both + self.found_only + self.true_only),
            defect_precision=_share(self.right_components, self.found_components),
            defect_recall=_share(self.met_components, self.true_components),
            matched_precision=_share(self.matched, self.found_areas),
            matched_recall=_share(self.matched, self.true_areas),
        )


def matte_scores(found: Matte | None, truth: Matte | None, ignored: Matte | None = None) -> MatteScores:
    """Return precision, recall and IoU of a found matte, per pixel over the clip and per defect.

    Found is ≥ 0.5; true is > 0.1. Pixels where the true matte is a faint fringe (0 < m ≤ 0.1) or where `ignored` > 0
    count for neither side. precision = TP / (TP + FP), recall = TP / (TP + FN), IoU = TP / (TP + FP + FN) over all
    frames (Jaccard 1912; van Rijsbergen 1979). Range of each: 0 to 1, higher is better; `MatteScores` says what a
    defect is. Sources: as named; matching by defect is this project's. Raises QualityError for a missing matte or
    different lengths or sizes.
    """
    counts = _Counts()
    found_planes, true_planes = planes_of(found, "found matte"), planes_of(truth, "true matte")
    ignored_planes = None if ignored is None else planes_of(ignored, "ignored matte")
    for index, true_plane in enumerate(true_planes):
        found_plane = _same_size(next(found_planes, None), true_plane, "found matte", index)
        unsure = (true_plane > 0.0) & ~inside(true_plane)
        if ignored_planes is not None:
            other = _same_size(next(ignored_planes, None), true_plane, "ignored matte", index)
            unsure |= (other > 0.0) & ~inside(true_plane)
        counts.add(_count(found_plane >= FOUND_FROM, inside(true_plane), unsure))
    if next(found_planes, None) is not None:
        raise QualityError("the found matte has more frames than the true matte: both must be equally long")
    return counts.scores()


def matte_scores_beyond_margin(found: Matte | None, truth: NDArray[Any] | None) -> MatteScores:
    """Return `matte_scores` where what is found within 2 px of a true defect, but not on it, counts for neither side.

    The margin is made of squares around all that the true matte touches. A matte with a margin of one pixel around each
    defect has a precision of 1 by this measure; by `matte_scores` one of 0.6 to 0.8 where defects are specks. Recall by
    pixel is the same. Range of each: 0 to 1, higher is better. Source: as `matte_scores`; the margin is this project's.
    """
    if truth is None:
        return matte_scores(found, truth)
    side = 2 * MARGIN_PX + 1
    square = np.ones((side, side), np.uint8)
    margins = (cv2.dilate((plane > 0.0).astype(np.uint8), square) > 0 for plane in planes_of(truth))
    return matte_scores(found, truth, margins)


def matte_scores_per_class(
    found: Matte | Mapping[str, Matte], truth: Mapping[str, NDArray[Any]]
) -> dict[str, MatteScores]:
    """Return `matte_scores` for each class of true defect, in the order of `truth`.

    found: one matte for all classes, where a class is not blamed for pixels found on another class's defects; or one
    per class, where it is, and a class without a matte found nothing. truth: (N, H, W) array per class. Range of
    each: 0 to 1, higher is better. Definition: this project's.
    """
    if not truth:
        raise QualityError("no class of true defect was given; hand over at least one true matte")
    if isinstance(found, Mapping):
        nothing = np.zeros_like(next(iter(truth.values())), np.bool_)
        return {name: matte_scores(found.get(name, nothing), matte) for name, matte in truth.items()}
    kept = found if isinstance(found, np.ndarray) else list(found)
    return {name: matte_scores(kept, matte, _others(truth, name)) for name, matte in truth.items()}


def _others(truth: Mapping[str, NDArray[Any]], name: str) -> NDArray[np.bool_] | None:
    others = [np.asarray(matte) > 0 for other, matte in truth.items() if other != name]
    return np.logical_or.reduce(others) if others else None


def _same_size(plane: Plane | None, like: Plane, name: str, index: int) -> Plane:
    if plane is None:
        raise QualityError(f"{name} ends after {index} frames and the true matte goes on: both must be equally long")
    if plane.shape != like.shape:
        raise QualityError(f"{name} frame {index} is {plane.shape} and the true matte {like.shape} (rows, columns)")
    return plane


def _count(found: Mask, true: Mask, unsure: Mask) -> _Counts:
    sure = found & ~unsure
    right, all_found = by_share(found, true | unsure, must_touch=sure)
    met, all_true = by_share(true, found, must_touch=true)
    pairs = by_iou(found, true, unsure)
    return _Counts(
        both=int(np.count_nonzero(sure & true)),
        found_only=int(np.count_nonzero(sure & ~true)),
        true_only=int(np.count_nonzero(true & ~found)),
        right_components=right,
        found_components=all_found,
        met_components=met,
        true_components=all_true,
        matched=pairs.matched,
        found_areas=pairs.found,
        true_areas=pairs.true,
    )


def _share(part: int, whole: int) -> float:
    return 1.0 if whole == 0 else part / whole
