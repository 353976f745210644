"""The graphs of the repair model that find standing line scratches: how they are exported, what the manifest says."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.repair.lines import RIBS, SLOPES, STRIPS, Lines
from reelmend_models.definitions.repair.lines_features import TRAVEL_COLUMNS, TRAVEL_ROWS
from reelmend_models.definitions.repair.lines_follow import CANDIDATES
from reelmend_models.definitions.repair.lines_judge import Judge
from reelmend_models.export.recipe import GraphRecipe
from reelmend_models.export.repair_manifest import stage, tensor

EVIDENCE = [
    tensor("evidence", "TCHW", f"fine and broad lines in each of {STRIPS} strips, bright positive, of deviation 1"),
    tensor("strips", "THW", f"mean luma of each of {STRIPS} strips"),
    tensor("sums", "THW", f"evidence along straight lines of {len(SLOPES)} slopes through the middle row"),
]
LINES_STAGE = stage(
    "lines",
    [tensor("ribs", "HW", f"luma averaged to {RIBS} rows and at most as many columns as it has at 720 lines, finite")],
    [{**one, "layout": one["layout"].removeprefix("T")} for one in EVIDENCE],
    per="frame",
)
JUDGE_STAGE = stage(
    "judge",
    [
        *EVIDENCE,
        tensor("offsets", "T", "frame numbers relative to the middle one, which is among them"),
        tensor(
            "travel",
            "TCHW",
            f"columns right and rows down, both in columns of the evidence, by which each of {TRAVEL_ROWS}×"
            f"{TRAVEL_COLUMNS} parts of the middle frame's scene lies elsewhere",
        ),
    ],
    [
        tensor("confidence", "K", f"0…1 that each of {CANDIDATES} lines is a scratch"),
        tensor("columns", "KH", "column of each line's middle in the middle frame, strip by strip"),
        tensor("seen", "KH", "0…1 whether it is to be seen there"),
        tensor("width", "K", "full width at half depth, in columns"),
        tensor("opacity", "K", "how much it hides of what lies below, at its strongest, 0…1"),
    ],
)


def lines_graphs(judge: Judge, randomness: torch.Generator) -> tuple[GraphRecipe, GraphRecipe]:
    """Return the recipes of "lines" and "judge"; the cases are seeded by `randomness`."""
    by_frame = ("evidence", "strips", "sums", "offsets", "travel")
    columns = {"evidence": 3, "strips": 2, "sums": 2}
    return (
        GraphRecipe(
            name="lines",
            module=Lines(),
            example={"ribs": _ribs(96, randomness)},
            varying_axes={"ribs": (1,)},
            case={"ribs": _ribs(131, randomness)},
            outputs=("evidence", "strips", "sums"),
        ),
        GraphRecipe(
            name="judge",
            module=judge,
            example=_window(5, 96, randomness),
            varying_axes={name: (0, columns[name]) if name in columns else (0,) for name in by_frame},
            case=_window(7, 131, randomness),
            outputs=("confidence", "columns", "seen", "width", "opacity"),
        ),
    )


def _ribs(columns: int, randomness: torch.Generator) -> Tensor:
    """Return a noisy picture with a slope of light and a faint bright line."""
    light = 0.3 + 0.4 * torch.rand(1, columns, generator=randomness).cumsum(1) / columns
    ribs = light + 0.01 * torch.randn(RIBS, columns, generator=randomness)
    ribs[:, columns // 3] += 0.02
    return ribs


def _window(frames: int, columns: int, randomness: torch.Generator) -> dict[str, Tensor]:
    with torch.inference_mode():
        found = [Lines()(_ribs(columns, randomness)) for _ in range(frames)]
    evidence, strips, sums = (torch.stack(parts) for parts in zip(*found, strict=True))
    offsets = torch.arange(frames, dtype=torch.float32) - frames // 2
    travel = 3.0 * offsets[:, None, None, None] + torch.rand(
        frames, 2, TRAVEL_ROWS, TRAVEL_COLUMNS, generator=randomness
    )
    return {"evidence": evidence, "strips": strips, "sums": sums, "offsets": offsets, "travel": travel}
