"""How fast the engine is in this process, against copying memory and against its graph alone."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from reelmend.clips import RememberedClip
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.clip import render_frame
from reelmend.effects.renderer import Renderer
from reelmend.frames import Planes
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.session import scalar
from reelmend.quality.bench.provenance import load_average, provenance
from reelmend.quality.bench.statistics import spread_of

SCHEMA_VERSION = 1
CASES = {"720p": (1280, 720), "1080p": (1920, 1080)}
RUNS = 25
WARM_UP_RUNS = 3
MEMCPY, GRAPH, ENGINE = "memcpy", "onnxruntime-correct", "engine-deflicker"
RATIOS = {GRAPH: MEMCPY, ENGINE: GRAPH}
"""What each figure is divided by: the graph by the copy of its frame, the engine by its own graph."""

EFFECT = "deflicker"


def measure_engine(runs: int = RUNS, done: Callable[[str], None] = lambda _: None) -> dict[str, Any]:
    """Return the content of speed.json: rows {name, case, median_ms, runs, ratio, ratio_to} and circumstances.

    Frames are R, G, B float32. "memcpy" copies one frame into memory that is already mapped; the graph is the model's
    per-frame stage alone, on ready inputs; the engine renders the next frame of a clip, from reading its digest to
    the result. They take turns, so that the machine's moods hit all alike. Raises ReelmendError without a model.
    """
    load_before = load_average()
    rows = [row for case, (width, height) in CASES.items() for row in _rows(case, width, height, runs, done)]
    return {"schema_version": SCHEMA_VERSION, "kind": "speed", **provenance(load_before), "rows": rows}


def _rows(case: str, width: int, height: int, runs: int, done: Callable[[str], None]) -> Iterator[dict[str, Any]]:
    tasks = _tasks(width, height, runs + WARM_UP_RUNS)
    times: dict[str, list[float]] = {name: [] for name in tasks}
    for run in range(runs + WARM_UP_RUNS):
        for name, task in tasks.items():
            started = time.perf_counter()
            task(run)
            if run >= WARM_UP_RUNS:
                times[name].append(1000.0 * (time.perf_counter() - started))
        done(f"{case}, run {run + 1}")
    medians = {name: spread_of(taken) for name, taken in times.items()}
    for name, spread in medians.items():
        other = RATIOS.get(name)
        yield {
            "name": name,
            "case": case,
            "median_ms": spread.median,
            "fastest_ms": spread.smallest,
            "slowest_ms": spread.largest,
            "runs": spread.runs,
            "ratio": spread.median / medians[other].median if other else None,
            "ratio_to": other,
        }


def _tasks(width: int, height: int, frames: int) -> dict[str, Callable[[int], object]]:
    renderer = Renderer(ModelStore.default())
    model = find_model(renderer.models, find_effect(EFFECT), "")
    radius = model.manifest.temporal.radius_frames
    clip = RememberedClip(_Clip(width, height, frames + 2 * radius))
    for frame in range(2 * radius):
        clip.describe(frame)
    target = np.zeros((3, height, width), np.float32)
    source = clip.planes(0)
    graph = renderer.sessions.session(model, "correct")
    inputs = _graph_inputs(model, source, radius)
    return {
        MEMCPY: lambda _: np.copyto(target, source),
        GRAPH: lambda _: graph.run(inputs, ["result"]),
        ENGINE: lambda run: render_frame(renderer, EFFECT, {}, clip, radius + run, radius),
    }


def _graph_inputs(model: Model, frame: Planes, radius: int) -> dict[str, Any]:
    count = model_levels(model)
    offsets = np.arange(-radius, radius + 1, dtype=np.float32)
    quantiles = np.linspace(0.05, 0.95, count, dtype=np.float32)
    wobble = 1.0 + 0.02 * np.sin(offsets)[:, None]
    return {
        "frame": frame,
        "current": quantiles,
        "quantiles": (quantiles * wobble).astype(np.float32),
        "offsets": offsets,
        "weights": np.ones_like(offsets),
        "strength": scalar(1.0),
    }


def model_levels(model: Model) -> int:
    """Return how many quantiles the model's descriptor has, by running it on a grey frame."""
    session = Renderer(ModelStore.default()).sessions.session(model, "describe", threads=1)
    (quantiles,) = session.run({"proxy": np.full((3, 180, 320), 0.5, np.float32)}, ["quantiles"])
    return int(quantiles.shape[0])


class _Clip:
    """Seeded noise under a changing gain; frames share their texture, as their values do not matter to speed."""

    def __init__(self, width: int, height: int, frames: int) -> None:
        self.first_frame, self.last_frame = 0, frames - 1
        rng = np.random.default_rng(3)
        self._texture = rng.random((3, height, width), dtype=np.float32)
        self._gains = rng.normal(0.8, 0.03, frames).astype(np.float32)

    def read(self, frame: int) -> Planes:
        return np.asarray(self._texture * self._gains[frame], np.float32)
