"""A clip through the deflicker, frame by frame: what is known of frames and of neighbours is worked out once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from reelmend_models.reference.deflicker.arrays import Array
from reelmend_models.reference.deflicker.compare import NO_STEP, Step, compare
from reelmend_models.reference.deflicker.correct import correct
from reelmend_models.reference.deflicker.describe import Description, describe
from reelmend_models.reference.deflicker.expect import Wishes, expect
from reelmend_models.reference.deflicker.trend_net import Weights, trained_weights


class PlainDeflicker:
    """The deflicker over one shot, whose frames are learnt in order."""

    def __init__(self, weights: Weights, wishes: Wishes | None = None) -> None:
        self._weights = weights
        self._wishes = wishes or Wishes()
        self._descriptions: dict[int, Description] = {}
        self._steps: dict[int, Step] = {}

    def learn(self, frame: int, planes: Array) -> None:
        """Take the next frame of the clip, (3, H, W) float32."""
        here = self._descriptions[frame] = describe(planes, self._wishes.in_bands)
        before = self._descriptions.get(frame - 1)
        if before is not None:
            self._steps[frame] = NO_STEP if np.array_equal(before.luma, here.luma) else compare(before, here)

    def correct(self, frame: int, radius_frames: int, planes: Array) -> Array:
        """Return a frame corrected by those up to the radius around it that were learnt."""
        window = [
            near for near in range(frame - radius_frames, frame + radius_frames + 1) if near in self._descriptions
        ]
        steps = _known_like_neighbours([NO_STEP, *(self._steps[near] for near in window[1:])])
        tones = self._descriptions[frame].tones
        return correct(planes, expect(self._weights, steps, tones, window.index(frame), self._wishes))


def _known_like_neighbours(steps: Sequence[Step]) -> list[Step]:
    """Return the steps; frames without one, the first and repeated ones, are trusted as their neighbours are."""
    filled = list(steps)
    last = len(filled) - 1
    backwards = [(here, here + 1) for here in range(last - 1, -1, -1)]
    for here, there in [*((here, here - 1) for here in range(1, last + 1)), *backwards]:
        if filled[here] is NO_STEP and filled[there] is not NO_STEP:
            filled[here] = replace(NO_STEP, trust=filled[there].trust)
    return filled


def make() -> PlainDeflicker:
    """Return the deflicker with the net that is shipped."""
    return PlainDeflicker(trained_weights())
