"""The running maximum, in operations that ONNX has."""

from __future__ import annotations

import torch
from torch import Tensor


def running_max(values: Tensor) -> Tensor:
    """Return the greatest of values[0…i] for each i of a (N,) tensor whose N is fixed at export."""
    step = 1
    while step < values.shape[0]:
        values = torch.maximum(values, torch.cat([values[:step], values[:-step]]))
        step *= 2
    return values
