"""The whole speed bench: one engine, one bundle, all cases, and what is written."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.inference.session import usable_cores
from reelmend.quality.bench.provenance import load_average, provenance
from reelmend.quality.bench.speed import cases, model_cases
from reelmend.quality.bench.speed.busy import WORTH_A_WARNING, Elsewhere
from reelmend.quality.bench.speed.claims import judged
from reelmend.quality.bench.speed.engine_process import Counters, engine_process
from reelmend.quality.bench.speed.model_cases import BuiltModel
from reelmend.quality.bench.speed.plain_graphs import MakeGraphs
from reelmend.quality.bench.speed.plan import ENGINE_MEMORY_BYTES, TRANSPORT_MEMORY_BYTES, Plan
from reelmend.quality.bench.speed.reference import MakeReference
from reelmend.quality.bench.speed.repair_case import measure_repair, steps_of_repair
from reelmend.quality.bench.speed.rounds import Done
from reelmend.quality.bench.speed.rows import Row, missing_row

SCHEMA_VERSION = 2
OpenCounters = Callable[[str], AbstractContextManager[Callable[[], Counters]]]


@dataclass(frozen=True)
class Surroundings:
    """What the bench is given, since it may not know of it: the engine's module, its counters, and the models."""

    engine_module: str
    open_counters: OpenCounters
    models: Sequence[BuiltModel]
    models_note: str = ""
    """Why there are no models, in words."""

    reference: MakeReference | None = None
    reference_note: str = ""
    plain: MakeGraphs | None = None
    """The graphs of a model as PyTorch runs them."""

    plain_note: str = ""


def steps(plan: Plan, models: Sequence[BuiltModel]) -> int:
    """Return how often `done` will be called."""
    sizes = sum(cases.steps_of(plan, case) for case in plan.cases)
    rounds = plan.model_case.runs + plan.warm_up_runs
    repair = steps_of_repair(plan.repair_case, plan.warm_up_runs)
    return sizes + repair + (rounds * model_cases.probes_of(models) if models else 0)


def measure(plan: Plan, given: Surroundings, command: str, done: Done = lambda _: None) -> dict[str, Any]:
    """Return the content of speed.json. Raises ReelmendError when engine or bundle can't be had at all."""
    load_before, elsewhere = load_average(), Elsewhere()
    bundle = find_bundle()
    folders = list(dict.fromkeys(model.folder for model in given.models))
    engine = engine_process(given.open_counters, given.engine_module, ENGINE_MEMORY_BYTES, folders)
    mover = engine_process(given.open_counters, given.engine_module, TRANSPORT_MEMORY_BYTES)
    rows: list[Row] = []
    with engine as running, mover as moving, pyopenfx.load(bundle) as loaded:
        elsewhere.except_for(running.process_id, moving.process_id)
        reference = (given.reference, given.reference_note, given.plain, given.plain_note)
        setting = cases.Setting(plan, running, moving, loaded, bundle, done, *reference)
        for case in plan.cases:
            rows += cases.measure_case(setting, case)
        rows += measure_repair(setting)
        rows += _model_rows(setting, given)
        busy = elsewhere.share()
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "speed",
        "command": command,
        **provenance(load_before),
        "busy_elsewhere": None if busy is None else round(busy, 4),
        "settings": _settings(plan),
        "rows": rows,
        "claims": judged(rows, plan.model_case.name),
    }


def warnings(results: dict[str, Any]) -> tuple[str, ...]:
    """Return what a reader of the results must know first."""
    busy = results["busy_elsewhere"]
    if busy is None or busy < WORTH_A_WARNING:
        return ()
    return (
        f"the machine was not the bench's own: {100 * busy:.0f} % of its processors were taken by others; "
        "run it again on an idle machine before you believe a figure",
    )


def as_text(results: dict[str, Any]) -> str:
    """Return the results as JSON with one row a line, so that two runs can be compared line by line."""
    shown = {key: value for key, value in results.items() if key not in ("rows", "claims")}
    text = json.dumps(shown, indent=1, ensure_ascii=False, allow_nan=False).removesuffix("\n}")
    for key in ("rows", "claims"):
        lines = ",\n".join("  " + json.dumps(row, ensure_ascii=False, allow_nan=False) for row in results[key])
        text += f',\n "{key}": [\n{lines}\n ]'
    return text + "\n}\n"


def _model_rows(setting: cases.Setting, given: Surroundings) -> list[Row]:
    if not given.models:
        return [missing_row(name, setting.plan.model_case.name, given.models_note) for name in model_cases.ORDER]
    return model_cases.measure_models(setting, given.models)


def _settings(plan: Plan) -> dict[str, Any]:
    """Return what was chosen, so that a figure can be read without the code."""
    return {
        "mode": plan.mode,
        "threads": usable_cores(),
        "warm_up_runs": plan.warm_up_runs,
        "counted_frames": plan.counted_frames,
        "engine_memory_bytes": ENGINE_MEMORY_BYTES,
        "transport_memory_bytes": TRANSPORT_MEMORY_BYTES,
        "pixels": "float32 RGBA, bottom row first, alpha 1, unpremultiplied; nothing is copied or drawn by the host",
        "cases": {case.name: {"size": [case.width, case.height], "runs": case.runs} for case in plan.cases},
        "model_case": plan.model_case.name,
    }
