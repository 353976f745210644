"""Half floats: what bears them is told by measuring."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.export.half import HALF_TOLERANCE, half_difference, is_half_safe
from reelmend_models.export.recipe import GraphRecipe


class _Squares(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return torch.sqrt(values * values)


class _Mild(nn.Module):
    def forward(self, values: Tensor) -> Tensor:
        return 0.5 * values


def _recipe(module: nn.Module, largest: float) -> GraphRecipe:
    values = {"values": torch.linspace(0, largest, 50)}
    return GraphRecipe("graph", module, values, {}, values, ("out",))


def test_graph_that_overflows_in_halves_is_not_safe() -> None:
    assert half_difference(_recipe(_Squares(), 1000.0)) == float("inf")
    assert not is_half_safe([_recipe(_Mild(), 1.0), _recipe(_Squares(), 1000.0)])


def test_mild_graph_is_safe() -> None:
    assert 0 < half_difference(_recipe(_Mild(), 1.0)) < HALF_TOLERANCE
    assert is_half_safe([_recipe(_Mild(), 1.0)])
