"""From a torch module to the bytes of an ONNX graph, the same bytes each time and free of the exporter's traces."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator

import onnx
import torch

from reelmend_models.export.recipe import GraphRecipe

OPSET = 20
PRODUCER = "reelmend"


def export_graph(recipe: GraphRecipe) -> bytes:
    """Return the module of `recipe` as a checked, serialised ONNX model."""
    varying = {
        name: dict.fromkeys(recipe.varying_axes.get(name, ()), torch.export.Dim.DYNAMIC) for name in recipe.example
    }
    with _quiet():
        program = torch.onnx.export(
            recipe.module.eval(),
            tuple(recipe.example.values()),
            dynamo=True,
            opset_version=OPSET,
            input_names=list(recipe.example),
            output_names=list(recipe.outputs),
            dynamic_shapes=tuple(varying.values()),
            verbose=False,
        )
    if program is None:
        raise RuntimeError(f"torch gave no ONNX program for graph '{recipe.name}'")
    model = _tidied(program.model_proto, recipe.name)
    for name, value in recipe.defaults.items():
        model.graph.initializer.append(onnx.numpy_helper.from_array(value.numpy(), name))
    onnx.checker.check_model(model, full_check=True)
    return bytes(model.SerializeToString(deterministic=True))


def _tidied(model: onnx.ModelProto, name: str) -> onnx.ModelProto:
    """Return the model without source paths, stack traces and long names: they differ by machine and fill the file."""
    graph = model.graph
    model.producer_name, model.producer_version, model.doc_string, graph.doc_string = PRODUCER, "", "", ""
    graph.name = name
    del model.metadata_props[:], graph.metadata_props[:], graph.value_info[:]
    ends = (*graph.input, *graph.output)
    for value in ends:
        value.doc_string = ""
        del value.metadata_props[:]
    inner = [*(tensor.name for tensor in graph.initializer), *(out for node in graph.node for out in node.output)]
    short = {"": ""} | {value.name: value.name for value in ends}
    for long in inner:
        short.setdefault(long, f"v{len(short)}")
    for tensor in graph.initializer:
        tensor.name, tensor.doc_string = short[tensor.name], ""
        del tensor.metadata_props[:]
    for node in graph.node:
        node.name, node.doc_string = "", ""
        del node.metadata_props[:]
        node.input[:] = [short[value] for value in node.input]
        node.output[:] = [short[value] for value in node.output]
    return model


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Hold back the exporter's progress and its notes on packages that are not needed."""
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logger.setLevel(level)
