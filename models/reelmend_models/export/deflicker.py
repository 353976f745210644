"""How the deflicker model is exported."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker import GRID_COLUMNS, GRID_ROWS, QUANTILES, Correct, Describe
from reelmend_models.export.recipe import GraphRecipe, ModelRecipe

SEED = 1906
GRID = (GRID_ROWS, GRID_COLUMNS)
DEFAULT_RADIUS_FRAMES = 15
MAXIMUM_RADIUS_FRAMES = 60

PROXY = {"name": "proxy", "layout": "CHW", "dtype": "float32", "meaning": "area average, at most 320×180, finite"}
DESCRIBE_OUTPUTS = (
    {
        "name": "quantiles",
        "layout": "K",
        "dtype": "float32",
        "meaning": "Rec. 709 luma at the levels (k + 0.5) / 64, in the input's own values",
    },
    {"name": "grid", "layout": "HW", "dtype": "float32", "meaning": "mean luma of each of 18×32 cells"},
)
CORRECT_INPUTS = (
    {"name": "frame", "layout": "CHW", "dtype": "float32", "meaning": "the frame to correct, at full size"},
    {"name": "current", "layout": "K", "dtype": "float32", "meaning": "the frame's quantiles"},
    {"name": "quantiles", "layout": "TK", "dtype": "float32", "meaning": "the quantiles of the window's frames"},
    {"name": "offsets", "layout": "T", "dtype": "float32", "meaning": "frame numbers relative to the frame"},
    {"name": "weights", "layout": "T", "dtype": "float32", "meaning": "1 counts, 0 lies beyond a cut or clip end"},
    {"name": "strength", "layout": "", "dtype": "float32", "meaning": "0 leaves the frame alone, 1 corrects in full"},
    {
        "name": "grids",
        "layout": "THW",
        "dtype": "float32",
        "meaning": "the grids of the window's frames, which tell exposure from motion; may be left out",
    },
)
CORRECT_OUTPUTS = (
    {"name": "result", "layout": "CHW", "dtype": "float32", "meaning": "the corrected frame"},
    {"name": "gain", "layout": "CHW", "dtype": "float32", "meaning": "half the applied gain: 0.5 is unchanged"},
)

MANIFEST = {
    "schema_version": 1,
    "id": "deflicker",
    "version": "1.0.0",
    "task": "deflicker",
    "effect": "deflicker",
    "licence": "Apache-2.0",
    "training": "Designed, not trained: no data and no learned weights went into it.",
    "source": "After J. Delon, 'Movie and video scale-time equalization', IEEE Transactions on Image Processing, 2006",
    "alpha": "passes through",
    "outputs": ["result", "gain"],
    "colour": {
        "transfer": "as is",
        "nominal_range": [0.0, 1.0],
        "outside_range": "survives",
        "non_finite": "passes through",
    },
    "temporal": {
        "kind": "window",
        "radius_frames": DEFAULT_RADIUS_FRAMES,
        "maximum_radius_frames": MAXIMUM_RADIUS_FRAMES,
        "stops_at_cuts": True,
    },
    "spatial": {
        "multiple": 1,
        "tile_pixels": 0,
        "overlap_pixels": 0,
        "scale": 1,
        "receptive_field_pixels": 1,
    },
    "precision": {"dtype": "float32", "fp16_safe": False, "tolerance": {"cpu": 2e-5, "cuda": 2e-4}},
    "parameters": [
        {
            "name": "strength",
            "label": "Strength",
            "type": "number",
            "default": 1.0,
            "minimum": 0.0,
            "maximum": 1.0,
            "hint": "How much of the flicker is taken out: 0 leaves the picture as it is, 1 takes out all.",
            "group": "main",
            "animates": True,
        },
        {
            "name": "radius",
            "label": "Radius",
            "type": "integer",
            "default": DEFAULT_RADIUS_FRAMES,
            "minimum": 1,
            "maximum": MAXIMUM_RADIUS_FRAMES,
            "hint": "How many frames before and after are compared. Longer is steadier, shorter follows the light.",
            "unit": "frames",
            "group": "temporal",
        },
    ],
    "stages": [
        {"name": "describe", "per": "frame", "reads": "proxy", "inputs": [PROXY], "outputs": list(DESCRIBE_OUTPUTS)},
        {
            "name": "correct",
            "per": "window",
            "reads": "full",
            "inputs": list(CORRECT_INPUTS),
            "outputs": list(CORRECT_OUTPUTS),
        },
    ],
}


def deflicker_recipe() -> ModelRecipe:
    """Return the recipe of the deflicker model; its inputs are seeded, so that each export is the same."""
    randomness = torch.Generator().manual_seed(SEED)
    case_frame = _frame(48, 64, randomness)
    case_frame[0, 3, 5], case_frame[1, 7, 11], case_frame[2, 0, 0] = torch.nan, torch.inf, -torch.inf
    return ModelRecipe(
        graphs=(
            GraphRecipe(
                name="describe",
                module=Describe(),
                example={"proxy": _frame(20, 36, randomness)},
                varying_axes={"proxy": (1, 2)},
                case={"proxy": _frame(27, 41, randomness)},
                outputs=("quantiles", "grid"),
            ),
            GraphRecipe(
                name="correct",
                module=Correct(),
                example={
                    "frame": _frame(16, 24, randomness),
                    **_window(31, 15, randomness),
                    "grids": _cells(29, randomness),  # not 31, lest the export take the two lengths for one
                },
                varying_axes={"frame": (1, 2), "quantiles": (0,), "offsets": (0,), "weights": (0,), "grids": (0,)},
                case={"frame": case_frame, **_window(23, 9, randomness)},
                outputs=("result", "gain"),
                defaults={"grids": torch.zeros(1, *GRID)},
            ),
        ),
        manifest=MANIFEST,
        parity_seed=SEED,
    )


def _cells(length: int, randomness: torch.Generator) -> Tensor:
    """Return (length, 18, 32) grids of a scene in which little moves."""
    return torch.rand(GRID, generator=randomness) + 0.02 * torch.rand(length, *GRID, generator=randomness)


def _frame(height: int, width: int, randomness: torch.Generator) -> Tensor:
    """Return (3, H, W) noise with values below 0 and above 1."""
    return torch.rand(3, height, width, generator=randomness) * 1.6 - 0.2


def _window(length: int, centre: int, randomness: torch.Generator) -> dict[str, Tensor]:
    """Return a flickering fade with one flash, its first two positions unused."""
    scene = torch.sort(torch.rand(QUANTILES, generator=randomness) * 1.6 - 0.2).values
    fade = torch.linspace(1.0, 0.4, length)
    gains = fade * torch.exp(0.06 * torch.randn(length, generator=randomness))
    gains[centre + 3] *= 3.0
    quantiles = gains[:, None] * scene
    weights = torch.ones(length)
    weights[:2] = 0.0
    return {
        "current": quantiles[centre].clone(),
        "quantiles": quantiles,
        "offsets": torch.arange(length, dtype=torch.float32) - centre,
        "weights": weights,
        "strength": torch.tensor(0.9),
        "grids": gains[:, None, None] * _cells(length, randomness),
    }
