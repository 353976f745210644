"""Systems of linear equations, in operations that ONNX has."""

from __future__ import annotations

import torch
from torch import Tensor


def solve(matrices: Tensor, right: Tensor) -> Tensor:
    """Return x (B, N) with matrices (B, N, N) @ x = right (B, N); symmetric, positive definite, N fixed at export.

    Gauss–Jordan elimination without pivots, which such matrices do not need.
    """
    size = matrices.shape[-1]
    rows = torch.cat([matrices, right[..., None]], dim=2)
    for index in range(size):
        pivot = rows[:, index : index + 1] / rows[:, index : index + 1, index : index + 1]
        itself = torch.zeros(size, 1)
        itself[index] = 1.0
        rows = rows - (rows[:, :, index : index + 1] - itself) * pivot
    return rows[..., -1]
