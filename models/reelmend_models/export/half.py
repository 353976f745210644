"""Whether a model's graphs bear half floats: measured, never assumed."""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import Tensor

from reelmend_models.export.recipe import GraphRecipe

HALF_TOLERANCE = 0.01
"""By how much outputs in halves may differ from those in floats: 2.5 of 255 levels, or a hundredth of a likelihood."""


def half_difference(recipe: GraphRecipe) -> float:
    """Return the largest difference of the graph's outputs on its parity case, in half floats and in floats.

    Weights, inputs and all between are halves. Infinite when an output overflows or is no number, and when the graph
    holds constants that only work in floats.
    """
    module = recipe.module.eval()
    halved = copy.deepcopy(module).half()
    with torch.no_grad():
        whole = _tuple(module(*recipe.case.values()))
        try:
            halves = _tuple(halved(*(value.half() for value in recipe.case.values())))
        except RuntimeError:
            return float("inf")
    apart = [float((a - b.float()).abs().max()) for a, b in zip(whole, halves, strict=True)]
    return max(one if one == one else float("inf") for one in apart)


def is_half_safe(recipes: Sequence[GraphRecipe]) -> bool:
    """Return whether every graph stays within HALF_TOLERANCE."""
    return all(half_difference(recipe) <= HALF_TOLERANCE for recipe in recipes)


def _tuple(found: Tensor | tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    return (found,) if isinstance(found, Tensor) else tuple(found)
