"""Models for the speed bench, built when they are wanted: random weights, so that they compute but mend nothing.

The engine finds this through the entry point group `reelmend.bench_models`; it never imports this package by name.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from reelmend.manifest import Manifest, file_sha256
from reelmend_models.export.toml_text import to_toml

OPSET, IR_VERSION = 20, 10
SEED = 1906
PATCH = 4
"""Graphs work on patches of 4 × 4 pixels."""

OFFSETS = (-2, -1, 0, 1, 2)
ENCODER = (3, 64, 64, 64, 32)
MERGER = (32 * len(OFFSETS), 48, 48)
HEAVY = (3, 64, 64, 64, 64)

TWO_STAGES, WHOLE, HEAVY_MODEL = "bench-two-stages", "bench-whole", "bench-heavy"


@dataclass(frozen=True)
class BenchModel:
    """A model as built: the folder of its manifest and weights, and what one frame costs it."""

    id: str
    folder: Path
    gflop_per_megapixel: float
    """With everything computed anew; a model in stages may spend less on a frame whose neighbours it has seen."""

    gflop_per_new_megapixel: float
    """In sequential playback with everything cached that can be."""


def build(folder: Path) -> list[BenchModel]:
    """Write the bench's models to a folder, unless they are there already, and return them.

    "bench-two-stages" encodes each frame by itself and merges five, in stages of about the same size; "bench-whole" is
    the same arithmetic in one graph; "bench-heavy" works on one frame, at over 15 GFLOP a megapixel. The bytes are the
    same at every call.
    """
    folder.mkdir(parents=True, exist_ok=True)
    encode, merge = Graph("encode"), Graph("merge")
    encode.output(encode.convolutions("frame", ENCODER, "e"), "features", 3)
    merge.merged([_named("features", offset) for offset in OFFSETS], "frame")
    whole = Graph("whole")
    encoded = [whole.convolutions(_named("frame", offset), ENCODER, "e") for offset in OFFSETS]
    whole.merged(encoded, "frame", features=False)
    heavy = Graph("heavy")
    heavy.expanded(heavy.convolutions("frame", HEAVY, "h"), HEAVY[-1], "frame", "h")
    once, merging = _gflop(ENCODER, PATCH), _gflop((*MERGER, 3 * PATCH * PATCH))
    per_window = len(OFFSETS) * once + merging
    alone = _gflop(HEAVY, PATCH) + _gflop((HEAVY[-1], 3 * PATCH * PATCH))
    stages = [(encode, "frame"), (merge, "window")]
    return [
        _written(folder, TWO_STAGES, 2, stages, per_window, once + merging),
        _written(folder, WHOLE, 2, [(whole, "window")], per_window, per_window),
        _written(folder, HEAVY_MODEL, 0, [(heavy, "window")], alone, alone),
    ]


class Graph:
    """An ONNX graph under construction. Weights are drawn from their own names, so that equal names are equal."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._nodes: list[onnx.NodeProto] = []
        self._weights: dict[str, onnx.TensorProto] = {}
        self._inputs: dict[str, int] = {}
        self._outputs: dict[str, int] = {}

    def convolutions(self, source: str, channels: Sequence[int], weights: str) -> str:
        """Add an input (C, H, W) → patches → 3 × 3 convolutions with ReLU; return the name of the last value."""
        self._inputs[source] = channels[0]
        value = self._add("Unsqueeze", [source, self._constant("axis", np.array([0], np.int64))])
        for layer, (before, after) in enumerate(pairwise(channels)):
            side = PATCH if layer == 0 else 3
            value = self._convolution(value, before, after, side, f"{weights}{layer}")
            value = self._add("Relu", [value])
        return value

    def merged(self, sources: Sequence[str], frame: str, features: bool = True) -> None:
        """Add the second stage: features of five frames → the middle frame with a small correction as "result"."""
        if features:
            self._inputs.update(dict.fromkeys(sources, ENCODER[-1]))
            axis = self._constant("axis", np.array([0], np.int64))
            sources = [self._add("Unsqueeze", [source, axis]) for source in sources]
        value = self._add("Concat", list(sources), axis=1)
        for layer, (before, after) in enumerate(pairwise(MERGER)):
            value = self._add("Relu", [self._convolution(value, before, after, 3, f"m{layer}")])
        self.expanded(value, MERGER[-1], frame, "m")

    def expanded(self, value: str, channels: int, frame: str, weights: str) -> None:
        """Add the last convolution, back to pixels, and the frame itself; the sum is "result"."""
        self._inputs[frame] = 3
        value = self._convolution(value, channels, 3 * PATCH * PATCH, 3, f"{weights}-last")
        value = self._add("DepthToSpace", [value], blocksize=PATCH, mode="DCR")
        whole = self._add("Unsqueeze", [frame, self._constant("axis", np.array([0], np.int64))])
        self.output(self._add("Add", [whole, value]), "result", 3)

    def output(self, value: str, name: str, channels: int) -> None:
        """Name a value (1, C, H, W) as the output (C, H, W)."""
        axis = self._constant("axis", np.array([0], np.int64))
        self._nodes.append(helper.make_node("Squeeze", [value, axis], [name]))
        self._outputs[name] = channels

    def serialised(self) -> bytes:
        """Return the checked graph as bytes, the same at every call."""
        inputs, outputs = (
            [helper.make_tensor_value_info(name, TensorProto.FLOAT, [None, None, None]) for name in names]
            for names in (self._inputs, self._outputs)
        )
        graph = helper.make_graph(self._nodes, self.name, inputs, outputs, list(self._weights.values()))
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        model.producer_name = "reelmend"
        onnx.checker.check_model(model)
        return bytes(model.SerializeToString(deterministic=True))

    def tensors(self, which: str) -> list[dict[str, str]]:
        """Return the manifest's rows of the "inputs" or "outputs"."""
        names = self._inputs if which == "inputs" else self._outputs
        return [{"name": n, "layout": "CHW", "dtype": "float32", "meaning": "of the speed bench"} for n in names]

    def _convolution(self, value: str, before: int, after: int, side: int, weights: str) -> str:
        rng = np.random.default_rng([SEED, *weights.encode()])
        scale = np.float32(0.5 / np.sqrt(before * side * side))
        weight = self._constant(f"{weights}-w", rng.standard_normal((after, before, side, side), np.float32) * scale)
        bias = self._constant(f"{weights}-b", rng.standard_normal(after, np.float32) * np.float32(0.01))
        if side == PATCH:
            return self._add("Conv", [value, weight, bias], strides=[PATCH, PATCH])
        return self._add("Conv", [value, weight, bias], pads=[1, 1, 1, 1])

    def _constant(self, name: str, value: np.ndarray[Any, Any]) -> str:
        self._weights.setdefault(name, numpy_helper.from_array(value, name))
        return name

    def _add(self, kind: str, inputs: Sequence[str], **attributes: Any) -> str:
        name = f"v{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [name], **attributes))
        return name


def _named(tensor: str, offset: int) -> str:
    """Return the name of another frame's tensor, as the effect "model" reads it: frame_m2, frame, frame_p1."""
    return tensor if offset == 0 else f"{tensor}_{'m' if offset < 0 else 'p'}{abs(offset)}"


def _gflop(channels: Sequence[int], first_side: int = 3) -> float:
    """Return the GFLOP per megapixel of a chain of convolutions on patches."""
    sides = [first_side] + [3] * (len(channels) - 2)
    layers = zip(pairwise(channels), sides, strict=True)
    return sum(2.0 * a * b * side * side for (a, b), side in layers) / PATCH**2 / 1000.0


def _written(
    folder: Path,
    model_id: str,
    radius_frames: int,
    stages: Sequence[tuple[Graph, str]],
    gflop: float,
    gflop_new: float,
) -> BenchModel:
    rows = []
    for graph, per in stages:
        path = folder / f"{model_id}_{graph.name}.onnx".replace("-", "_")
        _write(path, graph.serialised())
        tensors = {which: graph.tensors(which) for which in ("inputs", "outputs")}
        stage = {"name": graph.name, "file": path.name, "sha256": file_sha256(path), "per": per, "reads": "full"}
        rows.append({**stage, **tensors})
    document = {**_MANIFEST, "id": model_id, "stages": rows}
    document["temporal"] = {**_TEMPORAL, "radius_frames": radius_frames, "maximum_radius_frames": radius_frames}
    Manifest.model_validate(document)
    _write(folder / f"{model_id}.toml", to_toml(document).encode())
    return BenchModel(model_id, folder, gflop, gflop_new)


def _write(path: Path, content: bytes) -> None:
    """Write a file whole, unless it holds just that: engines that have it open keep it."""
    if path.is_file() and path.read_bytes() == content:
        return
    draft = path.with_suffix(".part")
    draft.write_bytes(content)
    draft.replace(path)


_TEMPORAL: Mapping[str, Any] = {"kind": "window", "stops_at_cuts": False}
_MANIFEST: Mapping[str, Any] = {
    "schema_version": 1,
    "id": "",
    "version": "1.0.0",
    "task": "bench",
    "effect": "model",
    "licence": "Apache-2.0",
    "training": "None: the weights are random numbers.",
    "source": "This project's speed bench",
    "alpha": "passes through",
    "outputs": ["result"],
    "colour": {
        "transfer": "as is",
        "nominal_range": [0.0, 1.0],
        "outside_range": "survives",
        "non_finite": "passes through",
    },
    "temporal": {},
    "spatial": {
        "multiple": PATCH,
        "tile_pixels": 0,
        "overlap_pixels": 0,
        "scale": 1,
        "receptive_field_pixels": 32,
    },
    "precision": {"dtype": "float32", "fp16_safe": False, "tolerance": {"cpu": 1e-05}},
    "parity": {"file": "none.npz", "sha256": "0" * 64, "seed": SEED},
    "parameters": [],
    "stages": [],
}
