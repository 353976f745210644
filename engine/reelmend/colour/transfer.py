"""The transfer functions by name, and their use on whole pictures."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import StrEnum

import numpy as np

from reelmend.colour.curves import Curve, Samples, Straight, acescct, cineon_log, video
from reelmend.errors import BadRequestError, ShapeError

BLOCK_SAMPLES = 1 << 14
"""Samples that are worked on at once: they and their copies stay in the processor's second cache."""

Step = Callable[[Samples, Samples], None]


class Transfer(StrEnum):
    """How coded values stand for light. The values are those of the node's menu."""

    LINEAR = "linear"
    VIDEO = "video"
    CINEON_LOG = "cineon_log"
    ACESCCT = "acescct"

    @classmethod
    def named(cls, name: str) -> Transfer:
        """Return the transfer function of that name, with "_" or a space. Raises BadRequestError."""
        try:
            return cls(name.replace(" ", "_"))
        except ValueError:
            known = ", ".join(cls)
            raise BadRequestError(f"there is no transfer function '{name}'; there are {known}") from None

    @property
    def curve(self) -> Curve:
        return _CURVES[self]


_CURVES: dict[Transfer, Curve] = {
    Transfer.LINEAR: Straight(),
    Transfer.VIDEO: video(),
    Transfer.CINEON_LOG: cineon_log(),
    Transfer.ACESCCT: acescct(),
}


def to_linear(transfer: Transfer, samples: Samples, out: Samples | None = None) -> Samples:
    """Return linear light for coded samples of any shape, written into `out` when given. Raises ShapeError."""
    return apply_steps((transfer.curve.decode,), samples, out)


def from_linear(transfer: Transfer, samples: Samples, out: Samples | None = None) -> Samples:
    """Return coded samples for linear light of any shape, written into `out` when given. Raises ShapeError."""
    return apply_steps((transfer.curve.encode,), samples, out)


def apply_steps(steps: Sequence[Step], samples: Samples, out: Samples | None) -> Samples:
    """Return the samples taken through all steps, block by block.

    `out`: C-contiguous float32 of the same shape; may be `samples` itself. Raises ShapeError.
    """
    if samples.dtype != np.float32:
        raise ShapeError(f"samples must be float32, got {samples.dtype}")
    if out is None:
        out = np.empty(samples.shape, np.float32)
    elif out.shape != samples.shape or out.dtype != np.float32 or not out.flags.c_contiguous:
        raise ShapeError(
            f"out must be a contiguous float32 array of shape {samples.shape}, got {out.shape} {out.dtype}"
        )
    source, target = np.ascontiguousarray(samples).reshape(-1), out.reshape(-1)
    with np.errstate(all="ignore"):  # NaN and infinities are pictures too
        for start in range(0, source.size, BLOCK_SAMPLES):
            block = source[start : start + BLOCK_SAMPLES]
            for step in steps:
                step(block, target[start : start + BLOCK_SAMPLES])
                block = target[start : start + BLOCK_SAMPLES]
    return out
