"""Proof that an exported graph computes what its torch module computes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt
import torch

from reelmend.errors import ModelError
from reelmend.inference.session import CPU, OrtSession
from reelmend_models.export.recipe import GraphRecipe

Arrays = dict[str, npt.NDArray[np.float32]]


def torch_outputs(recipe: GraphRecipe, inputs: Mapping[str, torch.Tensor]) -> Arrays:
    """Return what the torch module gives, by output name."""
    with torch.inference_mode():
        outputs = recipe.module(*inputs.values())
    outputs = (outputs,) if isinstance(outputs, torch.Tensor) else outputs
    return {name: np.ascontiguousarray(output.numpy()) for name, output in zip(recipe.outputs, outputs, strict=True)}


def onnx_outputs(path: Path, recipe: GraphRecipe, inputs: Mapping[str, torch.Tensor]) -> Arrays:
    """Return what ONNX Runtime gives on the CPU for the graph at `path`, by output name."""
    arrays = {name: tensor.numpy() for name, tensor in inputs.items()}
    found = OrtSession(path, CPU).run(arrays, recipe.outputs)
    return dict(zip(recipe.outputs, found, strict=True))


def largest_difference(expected: npt.NDArray[np.float32], found: npt.NDArray[np.float32]) -> float:
    """Return the largest absolute difference. Non-finite values must be the same; otherwise the result is infinite."""
    if expected.shape != found.shape:
        return float("inf")
    finite = np.isfinite(expected)
    if not np.array_equal(expected[~finite], found[~finite], equal_nan=True):
        return float("inf")
    return float(np.abs(expected[finite] - found[finite]).max(initial=0.0))


def check_parity(expected: Arrays, found: Arrays, tolerance: float, graph: str) -> float:
    """Return the largest difference over all outputs. Raises ModelError when it is above `tolerance`."""
    differences = {name: largest_difference(expected[name], found[name]) for name in expected}
    worst = max(differences, key=differences.__getitem__)
    if not differences[worst] <= tolerance:
        raise ModelError(
            f"graph '{graph}': output '{worst}' differs from torch by {differences[worst]:.3g}, "
            f"allowed are {tolerance:g}; look for an operation that ONNX Runtime computes otherwise"
        )
    return differences[worst]
