"""Small window models, written as ONNX text: a manifest and its graphs in a folder that a ModelStore reads."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx.parser

from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.manifest import Manifest, file_sha256
from reelmend_models.export.toml_text import to_toml

_DTYPES = {"float": "float32", "float16": "float16", "int64": "int64"}
_TENSOR = re.compile(r"(float16|float|int64)(\[[^\]]*\])?\s+(\w+)")


@dataclass(frozen=True)
class Graph:
    """One stage: its signature and body as ONNX text. Axes are named by their layout letters; numbers stand for C."""

    name: str
    per: str
    signature: str
    body: str
    reads: str = "full"
    layouts: Mapping[str, str] | None = None


def write_model(folder: Path, model_id: str, graphs: Sequence[Graph], **changes: Any) -> ModelStore:
    """Write the model and return a store of that folder. `changes` replace parts of the manifest."""
    stages = [_write_graph(folder, model_id, graph) for graph in graphs]
    document = {**_MANIFEST, "id": model_id, **{key: _merged(key, part) for key, part in changes.items()}}
    document["stages"] = stages
    Manifest.model_validate(document)
    (folder / f"{model_id}.toml").write_text(to_toml(document), encoding="utf-8")
    return ModelStore([ModelFolder(folder, folder)])


def _merged(key: str, part: Any) -> Any:
    return {**_MANIFEST[key], **part} if isinstance(part, Mapping) else part


def _write_graph(folder: Path, model_id: str, graph: Graph) -> dict[str, Any]:
    text = f'<ir_version: 10, opset_import: ["": 20]>\n{graph.name} {graph.signature}\n{{\n{graph.body}\n}}'
    model = onnx.parser.parse_model(text)
    onnx.checker.check_model(model)
    path = folder / f"{model_id.replace('-', '_')}_{graph.name}.onnx"
    path.write_bytes(model.SerializeToString(deterministic=True))
    before, after = graph.signature.split("=>")
    return {
        "name": graph.name,
        "file": path.name,
        "sha256": file_sha256(path),
        "per": graph.per,
        "reads": graph.reads,
        "inputs": _tensors(before, graph.layouts or {}),
        "outputs": _tensors(after, graph.layouts or {}),
    }


def _tensors(signature: str, layouts: Mapping[str, str]) -> list[dict[str, str]]:
    """Return the manifest's rows; "3" reads as C, "1" before three other axes as N."""
    rows = []
    for dtype, axes, name in _TENSOR.findall(signature):
        letters = [axis.strip() for axis in axes.strip("[]").split(",") if axis.strip()]
        spelled = "".join("C" if letter.isdigit() else letter[0] for letter in letters)
        if letters[:1] == ["1"] and len(letters) == 4:
            spelled = "N" + spelled[1:]
        rows.append(
            {"name": name, "layout": layouts.get(name, spelled), "dtype": _DTYPES[dtype], "meaning": "of a test"}
        )
    return rows


_MANIFEST: Mapping[str, Any] = {
    "schema_version": 1,
    "id": "",
    "version": "1.0.0",
    "task": "test",
    "effect": "model",
    "licence": "Apache-2.0",
    "training": "none",
    "source": "a test",
    "alpha": "passes through",
    "outputs": ["result"],
    "colour": {
        "transfer": "as is",
        "nominal_range": [0.0, 1.0],
        "outside_range": "survives",
        "non_finite": "passes through",
    },
    "temporal": {"kind": "window", "radius_frames": 1, "maximum_radius_frames": 1, "stops_at_cuts": False},
    "spatial": {"multiple": 1, "tile_pixels": 0, "overlap_pixels": 0, "scale": 1, "receptive_field_pixels": 1},
    "precision": {"dtype": "float32", "fp16_safe": False, "tolerance": {"cpu": 1e-5}},
    "parity": {"file": "none", "sha256": "0" * 64, "seed": 0},
    "parameters": [],
}


def number(name: str, default: float, maximum: float = 4.0) -> dict[str, Any]:
    """Return a number parameter from 0 to `maximum`."""
    return {
        "name": name,
        "label": name.capitalize(),
        "type": "number",
        "default": default,
        "minimum": 0.0,
        "maximum": maximum,
        "hint": "of a test",
    }


def numbers(count: int) -> str:
    """Return numbers between -0.2 and 0.3 as ONNX text, the same at each call."""
    return "{" + ", ".join(f"{((7 * index * index + 3 * index) % 101) / 202 - 0.2:.4f}" for index in range(count)) + "}"


ENCODE = Graph(
    "encode",
    "frame",
    "(float[3, H, W] frame, float gain) => (float[2, H, W] features)",
    """
    kernel = Constant <value: tensor = float[2, 3, 3, 3] KERNEL> ()
    zero = Constant <value: tensor = int64[1] {0}> ()
    brighter = Mul (frame, gain)
    batch = Unsqueeze (brighter, zero)
    convolved = Conv <pads = [1, 1, 1, 1]> (batch, kernel)
    rectified = LeakyRelu <alpha = 0.1> (convolved)
    features = Squeeze (rectified, zero)
    """.replace("KERNEL", numbers(54)),
)
MERGE = Graph(
    "merge",
    "window",
    "(float[3, H, W] frame, float[2, H, W] features_m1, float[2, H, W] features, float[2, H, W] features_p1,"
    " float[T] weights) => (float[3, H, W] result, float[1, H, W] motion)",
    """
    axis = Constant <value: tensor = int64[1] {0}> ()
    before = Sub (features, features_m1)
    after = Sub (features, features_p1)
    both = Mul (before, after)
    motion = ReduceSum (both, axis)
    share = ReduceMean (weights)
    change = Mul (motion, share)
    result = Add (frame, change)
    """,
)


def two_stage_store(folder: Path, **changes: Any) -> ModelStore:
    """Return a store with "two-stages": encode each frame, merge three; outputs "result" and "motion"."""
    settings = {"outputs": ["result", "motion"], "parameters": [number("gain", 1.0)], **changes}
    return write_model(folder, "two-stages", [ENCODE, MERGE], **settings)


MEASURE = Graph(
    "measure",
    "frame",
    "(float[3, H, W] proxy, float[1, H, W] mask) => (float[K] level)",
    """
    axes = Constant <value: tensor = int64[3] {0, 1, 2}> ()
    tiny = Constant <value: tensor = float {0.000001}> ()
    inside = Mul (proxy, mask)
    sum = ReduceSum <keepdims = 0> (inside, axes)
    area = ReduceSum <keepdims = 0> (mask, axes)
    some = Add (area, tiny)
    one = Div (sum, some)
    zero = Constant <value: tensor = int64[1] {0}> ()
    level = Unsqueeze (one, zero)
    """,
    reads="proxy",
)
LIFT = Graph(
    "lift",
    "window",
    "(float[3, H, W] frame, float[1, H, W] mask, float[1, H, W] mask_m1, float[T, K] level)"
    " => (float[3, H, W] result, float[1, H, W] gain, float[3, H, W] curve)",
    """
    mean = ReduceMean <keepdims = 0> (level)
    both = Add (mask, mask_m1)
    gain = Mul (both, mean)
    result = Add (frame, gain)
    curve = Mul (frame, gain)
    """,
)
BRIGHTEN = Graph(
    "brighten", "window", "(float[3, H, W] frame) => (float[3, H, W] result)", "result = Add(frame, frame)"
)


def masked_stores(folder: Path, **changes: Any) -> ModelStore:
    """Return a store with two models that read masks.

    "measured": light is measured inside of each frame's mask and added where the centre's and the last one's are;
    outputs "result", "gain" and "curve". "kept": a brightened frame, without neighbours, that the engine keeps to the
    mask.
    """
    clips = ["Source", "Mask"]
    outputs = ["result", "gain", "curve"]
    write_model(folder, "measured", [MEASURE, LIFT], input_clips=clips, outputs=outputs, **changes)
    alone = {"radius_frames": 0, "maximum_radius_frames": 0}
    return write_model(folder, "kept", [BRIGHTEN], input_clips=clips, **{"temporal": alone, **changes})
