"""From the host's transfer function to the model's, and back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from reelmend.colour.curves import Samples
from reelmend.colour.transfer import Step, Transfer, apply_steps
from reelmend.errors import ShapeError

ROUND_TRIP_RELATIVE = 4e-6
ROUND_TRIP_ABSOLUTE = 2e-6


@dataclass(frozen=True, slots=True)
class Conversion:
    """Samples coded as `source` for a model that takes them for `target`.

    There and back again, a sample differs by at most ROUND_TRIP_RELATIVE of its size plus ROUND_TRIP_ABSOLUTE.
    `restored` gives back the very bits of what the model left alone.
    """

    source: Transfer
    target: Transfer

    @property
    def changes_nothing(self) -> bool:
        return self.source is self.target

    def forward(self, samples: Samples, out: Samples | None = None) -> Samples:
        """Return the samples as the model takes them; the same array when nothing changes and there is no `out`."""
        return self._applied(self.source, self.target, samples, out)

    def backward(self, samples: Samples, out: Samples | None = None) -> Samples:
        """Return the model's samples as the host takes them; the same array as for `forward`."""
        return self._applied(self.target, self.source, samples, out)

    def restored(self, result: Samples, given: Samples, source: Samples, out: Samples | None = None) -> Samples:
        """Return `backward(result)`, with the bits of `source` wherever the model put out what it was given.

        `given` is `forward(source)`; all have the same shape. Raises ShapeError.
        """
        if not result.shape == given.shape == source.shape:
            raise ShapeError(f"result {result.shape}, given {given.shape} and source {source.shape} differ in shape")
        untouched = result.view(np.int32) == given.view(np.int32)
        restored = self._applied(self.target, self.source, result, np.empty_like(result) if out is None else out)
        np.copyto(restored, source, where=untouched)
        return restored

    def _applied(self, start: Transfer, end: Transfer, samples: Samples, out: Samples | None) -> Samples:
        if start is end and out is None:
            return samples
        steps: list[Step] = []
        if start is not Transfer.LINEAR:
            steps.append(start.curve.decode)
        if end is not Transfer.LINEAR or not steps:
            steps.append(end.curve.encode)
        return apply_steps(_copy if start is end else steps, samples, out)


_copy: tuple[Step, ...] = (Transfer.LINEAR.curve.decode,)
