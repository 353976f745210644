"""Inputs of the fill's two graphs, seeded: what they are exported with and compared on."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.repair.fill import BLOCK, CELLS
from reelmend_models.definitions.repair.fill_light import NEIGHBOURS

LIGHT_OUTPUTS, OUTPUTS = ("gain", "around"), ("fill", "left")
LIGHT_VARYING = {"cells": (2, 3), "clean": (0, 1)}
"""Axes of any length; the inputs of the graph "fill" have none."""


def light_inputs(rows: int, columns: int, randomness: torch.Generator) -> dict[str, Tensor]:
    """Return a frame's cells and those of neighbours of other light, a few cells damaged."""
    own = torch.rand(1, 3, rows, columns, generator=randomness)
    factors = torch.tensor([0.9, 1.1, 1.0, 1.25]).reshape(NEIGHBOURS, 1, 1, 1)
    noise = 0.02 * torch.randn(NEIGHBOURS, 3, rows, columns, generator=randomness)
    clean = (torch.rand(rows, columns, generator=randomness) > 0.2).float()
    return {"cells": torch.cat([own, own * factors + noise]), "clean": clean}


def fill_inputs(randomness: torch.Generator) -> dict[str, Tensor]:
    """Return one block with a hole, one of its neighbours missing."""
    here = torch.rand(1, 3, BLOCK, BLOCK, generator=randomness)
    noise = 0.05 * torch.randn(1, NEIGHBOURS, 3, BLOCK, BLOCK, generator=randomness)
    matte = torch.zeros(1, BLOCK, BLOCK)
    matte[:, 20:40, 14:30] = torch.rand(1, 20, 16, generator=randomness)
    scratch = torch.zeros(1, BLOCK, BLOCK)
    scratch[:, :, 44:47] = 1.0
    return {
        "here": here,
        "others": here[:, None] + noise,
        "there": torch.tensor([[1.0, 1.0, 0.0, 1.0]]),
        "gain": 1.0 + 0.1 * torch.randn(1, NEIGHBOURS, 3, CELLS, CELLS, generator=randomness),
        "around": torch.rand(1, 3, CELLS, CELLS, generator=randomness),
        "matte": torch.maximum(matte, scratch),
        "scratch": scratch,
        "known": torch.rand(1, NEIGHBOURS + 2, BLOCK // 2, BLOCK // 2, generator=randomness),
    }
