"""Bench models side by side: ONNX Runtime alone, the engine, the node; in two cached stages and as one graph."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol

from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.quality.bench.speed.cases import MEMCPY, PLAYS, SEQUENTIAL, Setting
from reelmend.quality.bench.speed.in_process import EngineFrame, Memcpy, raw_graph
from reelmend.quality.bench.speed.node import NodeFrames
from reelmend.quality.bench.speed.pan import Pan
from reelmend.quality.bench.speed.plan import Case, lacks_memory
from reelmend.quality.bench.speed.rounds import Wanted, interleave
from reelmend.quality.bench.speed.rows import Row, counted_row, missing_row, rows_of

EFFECT, PLUGIN, MODEL_PARAMETER = "model", "org.reelmend.Model", "modelId"
TWO_STAGES, WHOLE, HEAVY = "bench-two-stages", "bench-whole", "bench-heavy"
EQUAL = "equal-frames"
CHECKED_FRAMES = 4
RADIUS_FRAMES = 2
MEMORY_BYTES = 1 << 30


class BuiltModel(Protocol):
    """A bench model as the package of models builds it."""

    @property
    def id(self) -> str: ...

    @property
    def folder(self) -> Path: ...

    @property
    def gflop_per_megapixel(self) -> float: ...

    @property
    def gflop_per_new_megapixel(self) -> float: ...


RATIOS = {
    f"engine-{HEAVY}": f"ort-{HEAVY}",
    f"node-{HEAVY}": f"ort-{HEAVY}",
    f"engine-{WHOLE}": f"engine-{TWO_STAGES}",
    f"node-{WHOLE}": f"node-{TWO_STAGES}",
    f"engine-{TWO_STAGES}": f"ort-{WHOLE}",
    f"node-{TWO_STAGES}": f"ort-{WHOLE}",
    f"ort-{WHOLE}": MEMCPY,
    f"ort-{HEAVY}": MEMCPY,
}
ORDER = (MEMCPY, *(f"{where}-{model}" for model in (HEAVY, WHOLE, TWO_STAGES) for where in ("ort", "engine", "node")))
_STAGES = {HEAVY: "heavy", WHOLE: "whole"}


def measure_models(setting: Setting, models: Sequence[BuiltModel]) -> list[Row]:
    """Return the rows of the bench models, at one frame size."""
    case = setting.plan.model_case
    play = setting.burst(PLAYS[SEQUENTIAL])
    length = 2 * RADIUS_FRAMES + (case.runs + setting.plan.warm_up_runs + 1) * play.burst
    if note := lacks_memory(case, length * len(models)):
        return [missing_row(name, case.name, note) for name in ORDER]
    pan = Pan(case.width, case.height, length * len(models))
    renderer = Renderer(_store(models), memory_bytes=MEMORY_BYTES)
    wanted = [Wanted((MEMCPY,), partial(Memcpy, pan))]
    for number, model in enumerate(models):
        frames = range(number * length, (number + 1) * length)
        wanted += _probes(setting, renderer, pan, model.id, frames)
    equal: list[Row] = []
    measured = interleave(
        wanted,
        case.runs,
        setting.plan.warm_up_runs,
        setting.done,
        lambda _: equal.append(_equal_frames(renderer, pan, case)),
    )
    samples = {name: measured.samples[name] for name in ORDER if name in measured.samples}
    rows = rows_of(case.name, samples, RATIOS, measured.notes)
    return [*_with_gflop(rows, models), *equal]


def probes_of(models: Sequence[BuiltModel]) -> int:
    """Return how many probes these models make."""
    return 1 + sum(2 + (model.id in _STAGES) for model in models)


def _probes(setting: Setting, renderer: Renderer, pan: Pan, model: str, frames: range) -> list[Wanted]:
    engine, node = f"engine-{model}", f"node-{model}"
    play = setting.burst(PLAYS[SEQUENTIAL])
    parameters = {MODEL_PARAMETER: model}
    place = (setting.bundle, PLUGIN, setting.engine.address, pan, frames, play, parameters, RADIUS_FRAMES)
    in_process: dict[str, Any] = {"model": model, "start": frames.start, "counted": play.counted}
    raw = [f"ort-{model}"] if model in _STAGES else []
    return [
        *(Wanted((n,), partial(raw_graph, n, pan, EFFECT, _STAGES[model], model, renderer.models)) for n in raw),
        Wanted((engine,), partial(EngineFrame, engine, renderer, pan, EFFECT, **in_process)),
        Wanted((node,), partial(NodeFrames, node, *place)),
    ]


def _equal_frames(renderer: Renderer, pan: Pan, case: Case) -> Row:
    """Return how many frames come out with the same bits from the model in stages and from the one graph."""
    staged, whole = (EngineFrame("", renderer, pan, EFFECT, model=model) for model in (TWO_STAGES, WHOLE))
    pairs = [(staged.render()[1], whole.render()[1]) for _ in range(CHECKED_FRAMES)]
    equal = sum(a.tobytes() == b.tobytes() for a, b in pairs)
    share = equal / CHECKED_FRAMES
    return counted_row(f"{EQUAL}-{TWO_STAGES}", case.name, equal, "frames", CHECKED_FRAMES, share, f"engine-{WHOLE}")


def _store(models: Sequence[BuiltModel]) -> ModelStore:
    return ModelStore([ModelFolder(folder, folder) for folder in dict.fromkeys(model.folder for model in models)])


def _with_gflop(rows: list[Row], models: Sequence[BuiltModel]) -> list[Row]:
    """Return the rows with the arithmetic that a frame takes: once for everything, and of a new frame alone."""
    by_id = {model.id: model for model in models}

    def told(row: Row) -> dict[str, Any]:
        model = by_id.get(str(row["name"]).partition("-")[2])
        if model is None:
            return {}
        whole = str(row["name"]).startswith("ort-")
        gflop = model.gflop_per_megapixel if whole else model.gflop_per_new_megapixel
        return {"gflop_per_megapixel": round(gflop, 2)}

    return [row | told(row) for row in rows]
