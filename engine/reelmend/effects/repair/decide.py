"""From likelihoods to a decision: which pixels are broken, piece by piece, by thresholds that parameters move.

What is calibrated is in this file alone, as constants.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.effect import Values
from reelmend.effects.repair.asks import enabled_kinds
from reelmend.effects.repair.detect import BLOCK, KINDS, Found
from reelmend.effects.repair.pieces import Mask, Pieces, joined, labelled

Plane = npt.NDArray[np.float32]
Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Threshold:
    """Logits at the middle of the slider: of a piece's best pixel, and of the pixels that it reaches over."""

    strong: float
    weak: float


THRESHOLDS = {
    "blotch": Threshold(0.5, -1.0),
    "hair": Threshold(0.5, -1.0),
    "scratch": Threshold(0.5, -1.0),
}
SENSITIVITY_LOGITS = 6.0
"""What a sensitivity moves the thresholds by, from one end of its slider to the other."""
MOTION_LOGITS = 6.0
"""What full protection raises them by where the picture moves fast, or its motion is not known."""
HIGHLIGHT_LOGITS = 6.0
"""What full protection raises them by in highlights: brighter than their surroundings, and near white."""
BRIGHTER = (0.05, 0.25)
NEAR_WHITE = (0.6, 0.9)
SURROUNDINGS_SHARE = 1.0 / 24.0
"""Width of the surroundings of a highlight, as a share of the picture's longer side."""
LEAST_LIKELIHOOD = 1e-6


@dataclass(frozen=True, slots=True)
class Choice:
    """What the parameters say of the decision. By KINDS: enabled, and sensitivity in 0…1.

    minimum_size, maximum_size: diameter in pixels of a disc of a piece's area; 0 is no limit. A maximum is none for
    scratches, which are as long as the picture is high.
    """

    enabled: tuple[bool, ...] = (True, True, True)
    sensitivity: tuple[float, ...] = (0.5, 0.5, 0.5)
    minimum_size: float = 0.0
    maximum_size: float = 0.0
    protect_motion: float = 0.0
    protect_highlights: float = 0.0

    @classmethod
    def of(cls, values: Values) -> Choice:
        return cls(
            enabled_kinds(values),
            tuple(float(values[f"{kind}_sensitivity"]) for kind in KINDS),
            *(float(values[name]) for name in ("minimum_size", "maximum_size", "protect_motion", "protect_highlights")),
        )


def decide(found: Found, luma: Plane, choice: Choice) -> Pieces:
    """Return the broken pixels, in pieces of one kind each, with the likelihood of every pixel.

    A pixel is of the kind that is the likeliest there; it counts where that reaches the weak threshold, in a piece
    (8-connected) in which some pixel reaches the strong one. luma: (H, W) of the frame.
    """
    height, width = luma.shape
    index = _candidates(found.likelihood, choice)
    if not len(index):
        return Pieces.none((height, width))
    values = np.take(found.likelihood.reshape(len(KINDS), -1), index, axis=1)
    kind = values.argmax(axis=0)
    likelihood = values[kind, np.arange(len(index))]
    evidence = _logit(likelihood) - _protection(found, luma, index, choice)
    weak, strong = _thresholds(choice)
    counts = np.asarray(choice.enabled)[kind] & (evidence >= weak[kind])
    index, kind, likelihood, evidence = (array[counts] for array in (index, kind, likelihood, evidence))
    found_pieces = [
        _strong_pieces(index[mine], number, likelihood[mine], evidence[mine] >= strong[number], choice, (height, width))
        for number in range(len(KINDS))
        if (mine := kind == number).any()
    ]
    return joined(found_pieces, (height, width))


def _candidates(likelihood: npt.NDArray[np.float32], choice: Choice) -> npt.NDArray[np.intp]:
    """Return the pixels, in the order of reading, where an enabled kind reaches its weak threshold unprotected."""
    over = np.zeros(likelihood.shape[1:], bool)
    weak, _ = _thresholds(choice)
    for plane, threshold, enabled in zip(likelihood, _likelihood_at(weak), choice.enabled, strict=True):
        if enabled:
            over |= plane >= threshold
    return np.flatnonzero(over)


def _thresholds(choice: Choice) -> tuple[Array, Array]:
    """Return the weak and the strong thresholds by kind, in logits."""
    moved = SENSITIVITY_LOGITS * (0.5 - np.asarray(choice.sensitivity))
    weak = np.asarray([THRESHOLDS[kind].weak for kind in KINDS]) + moved
    strong = np.asarray([THRESHOLDS[kind].strong for kind in KINDS]) + moved
    return weak.astype(np.float32), strong.astype(np.float32)


def _likelihood_at(logits: Array) -> Array:
    """Return what is no more than the likelihoods of these logits, rounding included."""
    return np.asarray(0.9999 / (1.0 + np.exp(-logits.astype(np.float64))), np.float32)


def _logit(likelihood: Array) -> Array:
    clipped = np.clip(likelihood, np.float32(LEAST_LIKELIHOOD), np.float32(1 - LEAST_LIKELIHOOD))
    return np.asarray(np.log(clipped / (1 - clipped)), np.float32)


def _protection(found: Found, luma: Plane, index: npt.NDArray[np.intp], choice: Choice) -> Array:
    """Return by how much the thresholds are raised at each of the pixels."""
    raised = np.zeros(len(index), np.float32)
    rows, columns = np.divmod(index, luma.shape[1])
    squares = rows // BLOCK, columns // BLOCK
    if choice.protect_motion:
        raised += np.float32(choice.protect_motion * MOTION_LOGITS) * found.unrest[squares]
    if choice.protect_highlights:
        bright = luma[rows, columns]
        highlight = _ramp(bright - _surroundings(luma)[squares], BRIGHTER) * _ramp(bright, NEAR_WHITE)
        raised += np.float32(choice.protect_highlights * HIGHLIGHT_LOGITS) * highlight
    return raised


def _surroundings(luma: Plane) -> Plane:
    """Return the mean light around each square of 4×4 pixels."""
    height, width = luma.shape
    squares = (-(-width // BLOCK), -(-height // BLOCK))
    reach = 2 * max(2, round(SURROUNDINGS_SHARE * max(squares) / 2)) + 1
    small = cv2.resize(luma, squares, interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.blur(small, (reach, reach), borderType=cv2.BORDER_REPLICATE), np.float32)


def _ramp(value: Array, ends: tuple[float, float]) -> Array:
    low, high = ends
    return np.asarray(np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)


def _strong_pieces(
    index: npt.NDArray[np.intp],
    kind: int,
    likelihood: Array,
    is_strong: npt.NDArray[np.bool_],
    choice: Choice,
    shape: tuple[int, int],
) -> Pieces:
    """Return the pieces of one kind that have a strong pixel and a size within the limits."""
    mask: Mask = np.zeros(shape, np.uint8)
    mask.reshape(-1)[index] = 1
    count, labels = labelled(mask)
    label = labels.reshape(-1)[index]
    kept = np.bincount(label[is_strong], minlength=count) > 0
    diameter = np.sqrt(np.bincount(label, minlength=count) * (4 / np.pi))
    kept &= diameter >= choice.minimum_size
    if choice.maximum_size and KINDS[kind] != "scratch":
        kept &= diameter <= choice.maximum_size
    here = kept[label]
    return Pieces(shape, index[here], np.full(np.count_nonzero(here), kind), label[here], likelihood[here])
