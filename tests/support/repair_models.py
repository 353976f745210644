"""A small model of the effect "repair", designed instead of trained, and what stands in for its further graphs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import onnx.parser

from reelmend.buffer.memory import ContentMemory
from reelmend.buffer.pool import PlanesPool
from reelmend.buffer.window import Window
from reelmend.clips import ClipSource
from reelmend.effects.clip import render_clip
from reelmend.effects.effect import Rendered, Workbench
from reelmend.effects.renderer import Renderer
from reelmend.effects.repair.looks import Looks
from reelmend.effects.repair.repair import Repair
from reelmend.frames import FrameForm, FrameFormat, FrameRef, Planes, content_digest
from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.manifest import Manifest, file_sha256
from reelmend.motion import moved
from reelmend_models.export.repair_manifest import DETECT_STAGE, MANIFEST, stage, tensor
from reelmend_models.export.toml_text import to_toml
from support.clips import ArrayClip, Frames


@dataclass(frozen=True)
class Dirty:
    """Frames (N, 3, H, W) of a scene that stands still, clean and with defects; true: (N, H, W), where."""

    clean: Frames
    frames: Frames
    true: np.ndarray


DETECT = """<ir_version: 10, opset_import: ["": 20]>
detect (float[5, H, W] luma, float[2, h, w] missed) => (float[3, H, W] likelihood)
{
  two = Constant <value: tensor = int64[1] {2}> ()
  beside = Constant <value: tensor = int64[4] {0, 1, 3, 4}> ()
  first = Constant <value: tensor = int64[1] {0}> ()
  gain = Constant <value: tensor = float {8.0}> ()
  none = Constant <value: tensor = float {0.0}> ()
  one = Constant <value: tensor = float {1.0}> ()
  own = Gather <axis = 0> (luma, two)
  others = Gather <axis = 0> (luma, beside)
  most = ReduceMax (others, first)
  least = ReduceMin (others, first)
  darker = Sub (least, own)
  brighter = Sub (own, most)
  dark = Mul (darker, gain)
  bright = Mul (brighter, gain)
  nothing = Mul (own, none)
  all = Concat <axis = 0> (dark, bright, nothing)
  likelihood = Clip (all, none, one)
}"""
"""Dark spots that no neighbour has are blotches, bright ones hairs."""
LINES = """<ir_version: 10, opset_import: ["": 20]>
lines (float[H, W] luma) => (float[W] columns)
{
  rows = Constant <value: tensor = int64[1] {0}> ()
  columns = ReduceMean <keepdims = 0> (luma, rows)
}"""
LINES_STAGE = stage("lines", [tensor("luma", "HW", "luma")], [tensor("columns", "W", "mean light")], per="frame")


def write_repair(folder: Path, detect: str = DETECT) -> ModelStore:
    """Write the model "repair" with designed graphs; return a store of that folder."""
    stages = [_written(folder, detect, DETECT_STAGE), _written(folder, LINES, LINES_STAGE)]
    document = {**MANIFEST, "parity": {"file": "none", "sha256": "0" * 64, "seed": 0}, "stages": stages}
    Manifest.model_validate(document)
    (folder / "repair.toml").write_text(to_toml(document), encoding="utf-8")
    return ModelStore([ModelFolder(folder, folder)])


def _written(folder: Path, text: str, described: dict[str, Any]) -> dict[str, Any]:
    graph = onnx.parser.parse_model(text)
    onnx.checker.check_model(graph)
    path = folder / f"repair_{described['name']}.onnx"
    path.write_bytes(graph.SerializeToString(deterministic=True))
    return {"file": path.name, "sha256": file_sha256(path), **described}


class NoLines:
    """Finds no standing line."""

    def __init__(self, _bench: Workbench, _looks: Looks, window: Window) -> None:
        form = window.centre_frame.format
        self._shape = (form.height, form.width)

    def lacks(self) -> Sequence[FrameRef]:
        return ()

    def prepare(self) -> None:
        pass

    def likelihood(self) -> np.ndarray:
        return np.zeros(self._shape, np.float32)


class BrightColumn(NoLines):
    """Takes the column that is the brightest in all frames of the window together for a scratch."""

    def __init__(self, bench: Workbench, looks: Looks, window: Window) -> None:
        super().__init__(bench, looks, window)
        self._bench, self._looks, self._window = bench, looks, window

    def lacks(self) -> Sequence[FrameRef]:
        return [ref for ref in self._window.distinct if not self._bench.pin(("columns", ref.digest))]

    def prepare(self) -> None:
        self._bench.each(self._columns, self._window.distinct)

    def likelihood(self) -> np.ndarray:
        light = np.mean([self._columns(ref) for ref in self._window.distinct], axis=0, dtype=np.float32)
        likelihood = np.zeros(self._shape, np.float32)
        likelihood[:, light.argmax()] = 0.99
        return likelihood

    def _columns(self, ref: FrameRef) -> np.ndarray:
        def compute() -> tuple[np.ndarray, int]:
            session = self._bench.sessions.session(self._bench.model, "lines", threads=1)
            columns = session.run({"luma": self._looks.look(ref).luma}, ["columns"])[0]
            return columns, columns.nbytes

        columns: np.ndarray = self._bench.feature(("columns", ref.digest), compute)
        return columns


def mean_of_neighbours(
    bench: Workbench, looks: Looks, window: Window, _classes: np.ndarray, _matte: np.ndarray
) -> Planes:
    """Return the mean of the neighbours that there are, moved onto the centre; without any, the blurred centre."""
    flows = {offset: looks.flow_to(offset) for offset in (-1, 1)}
    refs = {offset: window.frames[window.radius_frames + offset] for offset, flow in flows.items() if flow is not None}
    if not refs:
        return np.stack([cv2.blur(plane, (9, 9)) for plane in looks.code(window.centre_frame)])
    found = [np.stack([moved(plane, flows[o]) for plane in looks.code(ref)]) for o, ref in refs.items()]  # type: ignore[arg-type]
    return np.asarray(np.mean(found, axis=0), np.float32)


def looks_at(store: ModelStore, frames: Frames, own: Sequence[bool] = (), transfer: str = "auto") -> Looks:
    """Return the looks of a window around the middle one of the frames."""
    refs = tuple(FrameRef(n, content_digest(frame), FrameFormat.of(frame)) for n, frame in enumerate(frames))
    by_digest = dict(zip((ref.digest for ref in refs), frames, strict=True))
    renderer = Renderer(store)
    memory = ContentMemory(1 << 28)

    def pixels(ref: FrameRef, form: FrameForm) -> Planes:
        assert form is FrameForm.FULL
        return by_digest[ref.digest]

    pool = PlanesPool(memory, 0)
    model, values = store.get("repair"), {"input_transfer": transfer}
    bench = Workbench(
        model, values, renderer.sessions, memory, pool, renderer.turns, renderer.helpers, pixels, pool.output
    )
    radius = len(frames) // 2
    return Looks(bench, Window(radius, radius, refs, tuple(own) or (True,) * len(frames)))


def repair_renderer(
    store: ModelStore, *, budget_bytes: int = 1 << 30, threads: int = 1, lines: type[NoLines] = NoLines
) -> Renderer:
    """Return an engine with the effect, its fill the mean of the neighbours."""
    effects = {"repair": Repair(mean_of_neighbours, lines)}
    return Renderer(store, effects=effects, memory=ContentMemory(budget_bytes), threads=threads)


def repaired(
    renderer: Renderer,
    frames: Frames,
    which: Iterable[int] | None = None,
    *,
    outputs: Sequence[str] = ("result",),
    mask: ClipSource | None = None,
    matte: ClipSource | None = None,
    **parameters: object,
) -> dict[int, Rendered]:
    """Return all that the effect gave of those of the frames (N, 3, H, W), or all, by number."""
    told: dict[int, Rendered] = {}
    clip = render_clip(
        renderer,
        "repair",
        parameters,
        ArrayClip(frames),
        range(len(frames)) if which is None else which,
        output=outputs[0],
        outputs=outputs[1:],
        told=told.__setitem__,
        mask=mask,
        matte=matte,
    )
    for _ in clip:
        pass
    return told


def still_scene(count: int, width: int, height: int, seed: int = 4, grain: float = 0.004) -> Frames:
    """Return frames of texture that stands still, in mid greys, with fresh grain."""
    rng = np.random.default_rng(seed)
    view = cv2.GaussianBlur(rng.random((height, width), dtype=np.float32), (0, 0), 4)
    view = 0.3 + 0.4 * (view - view.min()) / max(float(np.ptp(view)), 1e-6)
    return np.asarray(view + rng.normal(0, grain, (count, 3, height, width)), np.float32)
