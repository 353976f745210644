"""How the repair model is exported."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.repair.detect import Detect
from reelmend_models.definitions.repair.fill import Fill
from reelmend_models.definitions.repair.lines_judge import Judge
from reelmend_models.export.half import is_half_safe
from reelmend_models.export.recipe import GraphRecipe, ModelRecipe
from reelmend_models.export.repair_fill import FILL_LIGHT_STAGE, FILL_STAGE, fill_graphs
from reelmend_models.export.repair_lines import JUDGE_STAGE, LINES_STAGE, lines_graphs
from reelmend_models.export.repair_manifest import DETECT_STAGE, MANIFEST
from reelmend_models.training.repair.weights import load_weights

SEED = 1906


def repair_recipe() -> ModelRecipe:
    """Return the recipe of the repair model; its inputs are seeded, so that each export is the same."""
    randomness = torch.Generator().manual_seed(SEED)
    detect = GraphRecipe(
        name="detect",
        module=load_weights(Detect(), "detector"),
        example=_five_frames(32, 48, randomness),
        varying_axes={"luma": (1, 2), "missed": (1, 2)},
        case=_five_frames(64, 80, randomness),
        outputs=("likelihood",),
    )
    fill = fill_graphs(load_weights(Fill(), "fill"), randomness)
    lines = lines_graphs(load_weights(Judge(), "lines"), randomness)
    graphs = (detect, *fill, *lines)
    precision = {**MANIFEST["precision"], "fp16_safe": is_half_safe(graphs)}
    stages = [DETECT_STAGE, FILL_LIGHT_STAGE, FILL_STAGE, LINES_STAGE, JUDGE_STAGE]
    return ModelRecipe(graphs, {**MANIFEST, "precision": precision, "stages": stages}, parity_seed=SEED)


def _five_frames(height: int, width: int, randomness: torch.Generator) -> dict[str, Tensor]:
    """Return five noisy frames of one scene, with specks on the middle one."""
    scene = torch.rand(1, height, width, generator=randomness)
    luma = scene + 0.02 * torch.randn(5, height, width, generator=randomness)
    luma[2] += (torch.rand(height, width, generator=randomness) > 0.99).float()
    return {"luma": luma, "missed": torch.rand(2, height // 4, width // 4, generator=randomness)}
