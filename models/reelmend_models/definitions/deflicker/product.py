"""Matrix products whose bits do not depend on the number of threads."""

from __future__ import annotations

import functools

import torch
from torch import Tensor

LONGEST_SUM = 120


def product(left: Tensor, right: Tensor) -> Tensor:
    """Return left (…, M, N) @ right (…, N, K) for an N that is fixed at export.

    ONNX Runtime cuts sums of more than 128 terms at places that depend on how it shares the work out; so the terms are
    added here in parts of 120.
    """
    parts = zip(torch.split(left, LONGEST_SUM, dim=-1), torch.split(right, LONGEST_SUM, dim=-2), strict=True)
    return functools.reduce(torch.add, [part @ other for part, other in parts])
