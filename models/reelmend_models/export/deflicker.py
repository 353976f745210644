"""How the deflicker model is exported."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker import (
    BANDS,
    FIELD_COLUMNS,
    FIELD_ROWS,
    TONES,
    Compare,
    Correct,
    Describe,
    Expect,
    FittedTrend,
)
from reelmend_models.export.deflicker_manifest import MANIFEST
from reelmend_models.export.recipe import GraphRecipe, ModelRecipe
from reelmend_models.training.deflicker.load import load_trend_net

SEED = 1906
EXPECT_OUTPUTS = ("curve", "field", "bands", "level", "expected")


def deflicker_recipe() -> ModelRecipe:
    """Return the recipe of the deflicker model; its inputs are seeded, so that each export is the same."""
    randomness = torch.Generator().manual_seed(SEED)
    return ModelRecipe(
        graphs=(
            GraphRecipe(
                name="describe",
                module=Describe(),
                example={"proxy": _frame(20, 36, randomness)},
                varying_axes={"proxy": (1, 2)},
                case={"proxy": _frame(27, 41, randomness)},
                outputs=("luma", "texture", "tones", "grid"),
            ),
            GraphRecipe(
                name="compare",
                module=Compare(),
                example=_pair(20, 36, randomness),
                varying_axes={"luma": (1, 2), "texture": (1, 2), "flow": (2, 3), "say": (1, 2)},
                case=_pair(27, 41, randomness),
                outputs=("curve", "field", "bands", "trust"),
            ),
            _expect("expect", Expect(load_trend_net()), randomness),
            _expect("expect_fitted", Expect(FittedTrend()), randomness),
            _correct("correct", 1, randomness),
            _correct("correct_channels", 3, randomness),
        ),
        manifest=MANIFEST,
        parity_seed=SEED,
    )


def _expect(name: str, module: Expect, randomness: torch.Generator) -> GraphRecipe:
    by_frame = ("curve_steps", "field_steps", "band_steps", "trusts", "offsets", "weights")
    return GraphRecipe(
        name=name,
        module=module.eval(),
        example=_window(31, 15, randomness),
        varying_axes=dict.fromkeys(by_frame, (0,)),
        case=_window(23, 9, randomness),
        outputs=EXPECT_OUTPUTS,
    )


def _correct(name: str, curves: int, randomness: torch.Generator) -> GraphRecipe:
    case_frame = _frame(48, 64, randomness)
    case_frame[0, 3, 5], case_frame[1, 7, 11], case_frame[2, 0, 0] = torch.nan, torch.inf, -torch.inf
    return GraphRecipe(
        name=name,
        module=Correct(per_channel=curves > 1),
        example={"frame": _frame(16, 24, randomness), **_correction(curves, randomness)},
        varying_axes={"frame": (1, 2)},
        case={"frame": case_frame, **_correction(curves, randomness)},
        outputs=("result", "gain"),
    )


def _frame(height: int, width: int, randomness: torch.Generator) -> Tensor:
    """Return (3, H, W) noise with values below 0 and above 1."""
    return torch.rand(3, height, width, generator=randomness) * 1.6 - 0.2


def _pair(height: int, width: int, randomness: torch.Generator) -> dict[str, Tensor]:
    """Return two frames of which the second is brighter and a little to the right."""
    light = torch.rand(height, width, generator=randomness)
    texture = torch.round(255 * torch.rand(height, width, generator=randomness))
    shift = torch.tensor([1.0, 0.0])[:, None, None].expand(2, height, width)
    return {
        "luma": torch.stack([light, 1.1 * light.roll(1, 1)]),
        "texture": torch.stack([texture, texture.roll(1, 1)]),
        "flow": torch.stack([shift, -shift]).contiguous(),
        "say": torch.ones(2, height, width),
    }


def _window(length: int, centre: int, randomness: torch.Generator) -> dict[str, Tensor]:
    """Return a flickering window, its first two positions unused."""

    def noise(*shape: int) -> Tensor:
        return torch.randn(*shape, generator=randomness)

    weights = torch.ones(length)
    weights[:2] = 0.0
    shares = torch.rand(TONES, generator=randomness)
    return {
        "curve_steps": 0.05 * noise(length, 1) + 0.01 * noise(length, TONES),
        "field_steps": 0.02 * noise(length, FIELD_ROWS, FIELD_COLUMNS),
        "band_steps": 0.01 * noise(length, BANDS),
        "trusts": torch.rand(length, FIELD_ROWS, FIELD_COLUMNS, generator=randomness),
        "tones": shares / shares.sum(),
        "offsets": torch.arange(length, dtype=torch.float32) - centre,
        "weights": weights,
        "balance": torch.tensor(0.4),
        "limit": torch.tensor(0.35),
        "protection": torch.tensor(0.6),
    }


def _correction(curves: int, randomness: torch.Generator) -> dict[str, Tensor]:
    shape = (TONES,) if curves == 1 else (curves, TONES)
    return {
        "curve": 0.1 * torch.randn(*shape, generator=randomness),
        "field": 0.05 * torch.randn(FIELD_ROWS, FIELD_COLUMNS, generator=randomness),
        "bands": 0.02 * torch.randn(BANDS, generator=randomness),
        "strength": torch.tensor(0.9),
    }
