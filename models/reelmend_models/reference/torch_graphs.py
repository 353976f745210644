"""A model's graphs as they were before they were exported: the same modules with the same weights, run by PyTorch."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import torch
from torch import nn

from reelmend_models.export.__main__ import RECIPES

Array = npt.NDArray[np.float32]
Graph = Callable[[Mapping[str, Array]], Mapping[str, Array]]


def make(model: str) -> Mapping[str, Graph]:
    """Return the graphs of a model by name, run eagerly on all cores. Raises KeyError for a model without a recipe."""
    torch.set_num_threads(len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1)
    return {
        graph.name: _Run(graph.module.eval(), list(graph.example), graph.outputs, _arrays(graph.defaults))
        for graph in RECIPES[model]().graphs
    }


class _Run:
    """One module: arrays by name in and out."""

    def __init__(
        self, module: nn.Module, inputs: Sequence[str], outputs: Sequence[str], defaults: Mapping[str, Array]
    ) -> None:
        self._module, self._inputs, self._outputs, self._defaults = module, inputs, outputs, defaults

    def __call__(self, inputs: Mapping[str, Array]) -> Mapping[str, Array]:
        given = {**self._defaults, **inputs}
        with torch.inference_mode():
            found = self._module(*(torch.from_numpy(np.ascontiguousarray(given[name])) for name in self._inputs))
        results = found if isinstance(found, tuple) else (found,)
        return {name: result.numpy() for name, result in zip(self._outputs, results, strict=True)}


def _arrays(tensors: Mapping[str, torch.Tensor]) -> dict[str, Array]:
    return {name: tensor.numpy() for name, tensor in tensors.items()}
