"""The picture of a training's losses."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import matplotlib.figure

from reelmend_models.training.footage.files import appearing


def draw_curves(
    training: Sequence[tuple[int, float]],
    validation: Sequence[tuple[int, float]],
    file: Path,
    what: str = "loss, in squares of the flicker",
) -> None:
    """Draw (step, loss) of training and of validation into a PNG; what: the losses' name."""
    figure = matplotlib.figure.Figure(figsize=(8, 4.5), dpi=100, layout="constrained")
    axes = figure.subplots()
    axes.plot(*zip(*training, strict=True), color="0.6", label="training: the net as it is")
    if validation:
        axes.plot(*zip(*validation, strict=True), "o-", markersize=3, label="validation: averaged weights, other clips")
    axes.set_yscale("log")
    axes.set_xlabel("steps")
    axes.set_ylabel(what)
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend()
    with appearing(file) as partial:
        figure.savefig(partial, metadata={"Software": None})
