"""From likelihoods to a decision: which pixels are broken, piece by piece, by thresholds that parameters move.

What is calibrated is in this file alone, as constants.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.effect import Values
from reelmend.effects.repair.asks import enabled_kinds
from reelmend.effects.repair.detect import BLOCK, KINDS, Found
from reelmend.effects.repair.pieces import Mask, Pieces, joined, labelled

Plane = npt.NDArray[np.float32]
Array = npt.NDArray[np.float32]
Places = npt.NDArray[np.intp]
"""Places in the picture, row after row, or rows or columns."""


@dataclass(frozen=True, slots=True)
class Threshold:
    """Logits at the middle of the slider: of a piece's best pixel, and of the pixels that it reaches over."""

    strong: float
    weak: float


THRESHOLDS = {
    "blotch": Threshold(1.0, -1.0),
    "hair": Threshold(1.0, -1.0),
    "scratch": Threshold(2.0, -1.0),
}
SENSITIVITY_LOGITS = 6.0
"""What a sensitivity moves the thresholds by, from one end of its slider to the other."""
SCRATCH = KINDS.index("scratch")
"""Scratches are not protected: they show best where the scene moves and they do not."""
MOTION_LOGITS = 6.0
"""What full protection raises them by where the picture moves fast, or its motion is not known."""
HIGHLIGHT_LOGITS = 6.0
"""What full protection raises them by in highlights: brighter than their surroundings, and near white."""
CROWD_LOGITS = 14.0
"""What full protection raises the strong threshold by for each doubling of a piece's crowd beyond ALLOWED_CROWD."""
ALLOWED_CROWD = {"blotch": 6.0, "hair": 4.0, "scratch": 12.0}
"""Pieces of one kind, as bright or dark against their surroundings, that dirt puts so close together."""
CROWD_CELLS = 20
CROWD_REACH_CELLS = 3
"""A crowd is what lies within three cells of a piece's own; a cell's side is a twentieth of the picture's height."""
BRIGHTER = (0.05, 0.25)
NEAR_WHITE = (0.6, 0.9)
SURROUNDINGS_SHARE = 1.0 / 24.0
"""Width of the surroundings of a highlight, as a share of the picture's longer side."""
LEAST_LIKELIHOOD = 1e-6


LIMITS = ("minimum_size", "maximum_size", "protect_motion", "protect_highlights", "protect_crowds")


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
    protect_crowds: float = 0.0

    @classmethod
    def of(cls, values: Values) -> Choice:
        return cls(
            enabled_kinds(values),
            tuple(float(values[f"{kind}_sensitivity"]) for kind in KINDS),
            *(float(values[name]) for name in LIMITS),
        )


def decide(found: Found, luma: Plane, choice: Choice) -> Pieces:
    """Return the broken pixels, in pieces of one kind each, with the likelihood of every pixel.

    A pixel is of the kind that is the likeliest there; it counts where the likelihood that it is broken in any way
    reaches the weak threshold, in a piece (8-connected) in which some pixel reaches the strong one. luma: (H, W) of the
    frame.
    """
    height, width = luma.shape
    index = _candidates(found.likelihood, choice)
    if not len(index):
        return Pieces.none((height, width))
    values = np.stack([np.take(plane, index) for plane in found.likelihood])
    kind = values.argmax(axis=0)
    likelihood = np.asarray(1 - np.prod(1 - values, axis=0), np.float32)
    light = _Light(luma)
    evidence = _logit(likelihood) - _protection(found, light, index, choice) * (kind != SCRATCH)
    weak, strong = _thresholds(choice)
    counts = np.asarray(choice.enabled)[kind] & (evidence >= weak[kind])
    index, kind, likelihood, evidence = (array[counts] for array in (index, kind, likelihood, evidence))
    above = evidence - strong[kind]
    found_pieces = [
        _strong_pieces(index[mine], number, likelihood[mine], above[mine], light, choice)
        for number in range(len(KINDS))
        if (mine := kind == number).any()
    ]
    return joined(found_pieces, (height, width))


def _candidates(likelihood: Sequence[Plane], choice: Choice) -> Places:
    """Return the pixels, in the order of reading, that may reach the weak threshold of an enabled kind unprotected."""
    if not any(choice.enabled):
        return np.zeros(0, np.intp)
    over = np.zeros(likelihood[0].shape, bool)
    weak, _ = _thresholds(choice)
    least = _likelihood_at(weak)[list(choice.enabled)].min()
    alone = np.float32(0.9999 * (1 - (1 - float(least)) ** (1 / len(KINDS))))
    for plane in likelihood:
        over |= plane >= alone
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


class _Light:
    """The light of a frame, at pixels and around them."""

    def __init__(self, luma: Plane) -> None:
        self.luma = luma

    def brighter(self, rows: Places, columns: Places) -> Array:
        """Return by how much pixels are brighter than their surroundings."""
        return np.asarray(self.luma[rows, columns] - self._around[rows // BLOCK, columns // BLOCK], np.float32)

    @cached_property
    def _around(self) -> Plane:
        """The mean light around each square of 4×4 pixels."""
        height, width = self.luma.shape
        squares = (-(-width // BLOCK), -(-height // BLOCK))
        reach = 2 * max(2, round(SURROUNDINGS_SHARE * max(squares) / 2)) + 1
        small = cv2.resize(self.luma, squares, interpolation=cv2.INTER_AREA)
        return np.asarray(cv2.blur(small, (reach, reach), borderType=cv2.BORDER_REPLICATE), np.float32)


def _protection(found: Found, light: _Light, index: Places, choice: Choice) -> Array:
    """Return by how much the thresholds are raised at each of the pixels."""
    raised = np.zeros(len(index), np.float32)
    rows, columns = np.divmod(index, light.luma.shape[1])
    if choice.protect_motion:
        unrest = found.unrest[rows // BLOCK, columns // BLOCK]
        raised += np.float32(choice.protect_motion * MOTION_LOGITS) * unrest
    if choice.protect_highlights:
        near_white = _ramp(light.luma[rows, columns], NEAR_WHITE)
        highlight = _ramp(light.brighter(rows, columns), BRIGHTER) * near_white
        raised += np.float32(choice.protect_highlights * HIGHLIGHT_LOGITS) * highlight
    return raised


def _ramp(value: Array, ends: tuple[float, float]) -> Array:
    low, high = ends
    return np.asarray(np.clip((value - np.float32(low)) / np.float32(high - low), 0, 1), np.float32)


def _strong_pieces(
    index: Places,
    kind: int,
    likelihood: Array,
    above: Array,
    light: _Light,
    choice: Choice,
) -> Pieces:
    """Return the pieces of one kind that have a strong pixel and a size within the limits.

    above: by how much the pixels' evidence is above the strong threshold.
    """
    shape = (light.luma.shape[0], light.luma.shape[1])
    mask: Mask = np.zeros(shape, np.uint8)
    mask.reshape(-1)[index] = 1
    count, labels = labelled(mask)
    label = labels.reshape(-1)[index]
    best = np.full(count, -np.inf, np.float32)
    np.maximum.at(best, label, above)
    if choice.protect_crowds:
        over = np.maximum(_crowd(index, label, count, light) / np.float32(ALLOWED_CROWD[KINDS[kind]]), 1)
        best -= np.float32(choice.protect_crowds * CROWD_LOGITS) * np.log2(over)
    kept = best >= 0
    diameter = np.sqrt(np.bincount(label, minlength=count) * (4 / np.pi))
    kept &= diameter >= choice.minimum_size
    if choice.maximum_size and KINDS[kind] != "scratch":
        kept &= diameter <= choice.maximum_size
    here = kept[label]
    return Pieces(shape, index[here], np.full(np.count_nonzero(here), kind), label[here], likelihood[here])


def _crowd(index: Places, label: npt.NDArray[np.int32], count: int, light: _Light) -> Array:
    """Return how many pieces lie around each of them, itself included, that are bright or dark as it is.

    Dirt lies scattered; flakes, drops, sparks and glints come in crowds.
    """
    height, width = light.luma.shape
    rows, columns = np.divmod(index, width)
    size = np.maximum(np.bincount(label, minlength=count), 1)
    seen = (rows, columns, light.brighter(rows, columns))
    row, column, brighter = (np.bincount(label, weights=values, minlength=count) / size for values in seen)
    side = max(1.0, height / CROWD_CELLS)
    cell = (row / side).astype(np.intp), (column / side).astype(np.intp)
    bright = brighter > 0
    is_piece = np.bincount(label, minlength=count) > 0
    crowd = np.zeros(count, np.float32)
    for alike in (is_piece & bright, is_piece & ~bright):
        cells = np.zeros((int(height / side) + 1, int(width / side) + 1), np.float32)
        np.add.at(cells, (cell[0][alike], cell[1][alike]), 1)
        reach = 2 * CROWD_REACH_CELLS + 1
        near = cv2.boxFilter(cells, -1, (reach, reach), normalize=False, borderType=cv2.BORDER_CONSTANT)
        crowd[alike] = np.rint(near[cell[0][alike], cell[1][alike]])
    return crowd
