from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from reelmend.errors import ModelError
from reelmend_models.export.deflicker import deflicker_recipe
from reelmend_models.export.graph import export_graph
from reelmend_models.export.parity import check_parity, largest_difference, onnx_outputs, torch_outputs

WEIGHTS = Path(__file__).parents[3] / "models" / "weights"
RECIPE = deflicker_recipe()
MOST_BYTES = {"expect": 2_000_000, "expect_fitted": 500_000}  # a network, and all breaks that a line may have


def test_two_exports_give_the_same_bytes_and_no_trace_of_the_machine() -> None:
    describe = RECIPE.graphs[0]
    once, again = export_graph(describe), export_graph(describe)
    assert once == again
    for trace in (b"/root", b"/home", b"site-packages", b"pkg.torch", str(Path.cwd()).encode()):
        assert trace not in once
        assert trace not in (WEIGHTS / "deflicker_correct.onnx").read_bytes()


@pytest.mark.parametrize("graph", RECIPE.graphs, ids=lambda graph: graph.name)
def test_shipped_graph_computes_what_the_torch_module_computes(graph) -> None:
    path = WEIGHTS / f"deflicker_{graph.name}.onnx"
    tolerance = RECIPE.manifest["precision"]["tolerance"]["cpu"]
    for inputs in (graph.case, graph.example):
        found = onnx_outputs(path, graph, inputs)
        assert check_parity(torch_outputs(graph, inputs), found, tolerance, graph.name) <= tolerance


@pytest.mark.parametrize("graph", RECIPE.graphs, ids=lambda graph: graph.name)
def test_shipped_graph_is_small_and_names_no_source(graph) -> None:
    path = WEIGHTS / f"deflicker_{graph.name}.onnx"
    assert path.stat().st_size < MOST_BYTES.get(graph.name, 100_000)
    model = onnx.load(path)
    assert not model.metadata_props
    assert not any(node.doc_string or node.metadata_props or node.name for node in model.graph.node)


def test_a_graph_that_computes_something_else_is_refused() -> None:
    graph = RECIPE.graphs[0]
    expected = torch_outputs(graph, graph.case)
    off = {name: array + np.float32(0.01) for name, array in expected.items()}
    with pytest.raises(ModelError, match=r"output '\w+' differs from torch by 0\.01"):
        check_parity(expected, off, 1e-5, "describe")


def test_non_finite_values_must_be_the_same() -> None:
    expected = torch.tensor([1.0, torch.nan, torch.inf]).numpy()
    assert largest_difference(expected, expected.copy()) == 0
    assert largest_difference(expected, np.array([1.0, 2.0, np.inf], np.float32)) == np.inf
    assert largest_difference(expected, expected[:2]) == np.inf
