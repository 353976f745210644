"""What must be said about a model so that it can be exported."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from torch import Tensor, nn


@dataclass(frozen=True)
class GraphRecipe:
    """One graph: its module, example inputs in the order of `forward`, and which axes of each may vary.

    `case` holds the inputs of the parity case, of other sizes than the example's, so that varying axes are proven.
    `defaults` are the values of inputs that a caller may leave out.
    """

    name: str
    module: nn.Module
    example: Mapping[str, Tensor]
    varying_axes: Mapping[str, tuple[int, ...]]
    case: Mapping[str, Tensor]
    outputs: tuple[str, ...]
    defaults: Mapping[str, Tensor] = field(default_factory=dict)


@dataclass(frozen=True)
class ModelRecipe:
    """A model: its graphs, and its manifest as plain values without what only the export knows (files, sha256s)."""

    graphs: tuple[GraphRecipe, ...]
    manifest: Mapping[str, Any]
    parity_seed: int
