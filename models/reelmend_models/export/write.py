"""Writes a model's graphs, parity case and manifest, after proving that the graphs compute what torch computes."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from reelmend.manifest import Manifest, file_sha256
from reelmend_models.export.graph import export_graph
from reelmend_models.export.parity import Arrays, check_parity, onnx_outputs, torch_outputs
from reelmend_models.export.recipe import GraphRecipe, ModelRecipe
from reelmend_models.export.toml_text import to_toml


@dataclass(frozen=True)
class ExportedGraph:
    """A graph as written: its file, its sha256 and its largest difference to torch on the parity case."""

    name: str
    path: Path
    sha256: str
    difference: float


def export_model(recipe: ModelRecipe, weights: Path, manifests: Path) -> list[ExportedGraph]:
    """Write <id>_<graph>.onnx and <id>_parity.npz to `weights` and <id>.toml to `manifests`; return the graphs.

    Nothing is written under its final name before every graph has passed. Raises ModelError when one does not.
    """
    model_id = str(recipe.manifest["id"])
    tolerance = float(recipe.manifest["precision"]["tolerance"]["cpu"])
    weights.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=weights) as folder:
        fresh = Path(folder)
        arrays: Arrays = {}
        graphs = []
        for graph in recipe.graphs:
            path = fresh / f"{model_id}_{graph.name}.onnx"
            path.write_bytes(export_graph(graph))
            difference = _prove(path, graph, tolerance, arrays)
            graphs.append(ExportedGraph(graph.name, weights / path.name, file_sha256(path), difference))
        case = fresh / f"{model_id}_parity.npz"
        np.savez(case, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its own flag
        manifest = _manifest_text(recipe, graphs, case)
        for path in (*(fresh / graph.path.name for graph in graphs), case):
            path.replace(weights / path.name)
    manifests.mkdir(parents=True, exist_ok=True)
    (manifests / f"{model_id}.toml").write_text(manifest, encoding="utf-8")
    return graphs


def _prove(path: Path, graph: GraphRecipe, tolerance: float, arrays: Arrays) -> float:
    """Return the graph's difference to torch and add the case to `arrays` as "<graph>.<tensor>"."""
    expected = torch_outputs(graph, graph.case)
    difference = check_parity(expected, onnx_outputs(path, graph, graph.case), tolerance, graph.name)
    tensors = {name: tensor.numpy() for name, tensor in graph.case.items()} | expected
    arrays.update({f"{graph.name}.{name}": array for name, array in tensors.items()})
    return difference


def _manifest_text(recipe: ModelRecipe, graphs: list[ExportedGraph], case: Path) -> str:
    by_name = {graph.name: graph for graph in graphs}
    stages = [_stage(stage, by_name[stage["name"]]) for stage in recipe.manifest["stages"]]
    parity = {
        "file": case.name,
        "sha256": hashlib.sha256(case.read_bytes()).hexdigest(),
        "seed": recipe.parity_seed,
    }
    document = {**recipe.manifest, "parity": parity, "stages": stages}
    Manifest.model_validate(document)
    return to_toml(document)


def _stage(stage: Mapping[str, Any], graph: ExportedGraph) -> dict[str, Any]:
    name = stage["name"]
    return {"name": name, "file": graph.path.name, "sha256": graph.sha256, **stage}
