"""The graphs of the repair model that fill what is damaged: how they are exported, what the manifest says of them."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.repair.fill import BLOCK, CELLS, CORE, Fill
from reelmend_models.definitions.repair.fill_light import CELL, NEIGHBOURS, FillLight
from reelmend_models.export.recipe import GraphRecipe
from reelmend_models.export.repair_manifest import stage, tensor

FILL_LIGHT_STAGE = stage(
    "fill_light",
    [
        tensor("cells", "TCHW", f"means of {CELL}×{CELL} pixels: the frame's, then its neighbours' at −1, +1, −2, +2"),
        tensor("clean", "HW", "1 where no pixel of the frame's cell is damaged, else 0"),
    ],
    [
        tensor("gain", "TCHW", "factors that bring the neighbours to the frame's light"),
        tensor("around", "CHW", "the frame's cells, damaged ones filled from their surroundings"),
    ],
)
FILL_STAGE = stage(
    "fill",
    [
        tensor("here", "NCHW", f"a block of {BLOCK} pixels a side, display values"),
        tensor("others", "NTCHW", "the neighbours at −1, +1, −2, +2, moved onto it"),
        tensor("there", "NT", "1 for neighbours that exist"),
        tensor(
            "gain", "NTCHW", f"{CELLS}×{CELLS} cells of what the graph 'fill_light' tells, from one before the core"
        ),
        tensor("around", "NCHW", "the same"),
        tensor("matte", "NHW", "above 0 where damaged"),
        tensor("scratch", "NHW", "1 on line scratches"),
        tensor(
            "known",
            "NCHW",
            "of every second pixel: share of neighbours' pixels under the frame's scratches; how far flow to −1 and +1 "
            "and back misses, in shares of 8 pixels",
        ),
    ],
    [
        tensor("fill", "NCHW", f"what the core of {CORE} pixels a side should show"),
        tensor("left", "NCHW", "share of each neighbour and, last, of the block's own pixels in it"),
    ],
)


def fill_graphs(net: Fill, randomness: torch.Generator) -> tuple[GraphRecipe, GraphRecipe]:
    """Return the recipes of "fill_light" and "fill"; the cases are seeded by `randomness`."""
    return (
        GraphRecipe(
            name="fill_light",
            module=FillLight(),
            example=_cells(12, 18, randomness),
            varying_axes={"cells": (2, 3), "clean": (0, 1)},
            case=_cells(23, 41, randomness),
            outputs=("gain", "around"),
        ),
        GraphRecipe(
            name="fill",
            module=net,
            example=_block(randomness),
            varying_axes={},
            case=_block(randomness),
            outputs=("fill", "left"),
        ),
    )


def _cells(rows: int, columns: int, randomness: torch.Generator) -> dict[str, Tensor]:
    """Return a frame's cells and those of neighbours in other light, a few cells damaged."""
    own = torch.rand(1, 3, rows, columns, generator=randomness)
    factors = torch.tensor([0.9, 1.1, 1.0, 1.25]).reshape(NEIGHBOURS, 1, 1, 1)
    noise = 0.02 * torch.randn(NEIGHBOURS, 3, rows, columns, generator=randomness)
    clean = (torch.rand(rows, columns, generator=randomness) > 0.2).float()
    return {"cells": torch.cat([own, own * factors + noise]), "clean": clean}


def _block(randomness: torch.Generator) -> dict[str, Tensor]:
    """Return one block with a hole and a scratch, one of its neighbours missing."""
    here = torch.rand(1, 3, BLOCK, BLOCK, generator=randomness)
    noise = 0.05 * torch.randn(1, NEIGHBOURS, 3, BLOCK, BLOCK, generator=randomness)
    matte, scratch = torch.zeros(1, BLOCK, BLOCK), torch.zeros(1, BLOCK, BLOCK)
    matte[:, 20:40, 14:30] = torch.rand(1, 20, 16, generator=randomness)
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
