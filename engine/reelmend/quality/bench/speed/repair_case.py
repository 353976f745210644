"""What a repaired frame costs: in the engine, host to host, by graph, and with its graphs run by plain PyTorch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.renderer import Renderer
from reelmend.errors import ReelmendError
from reelmend.inference.models import ModelStore
from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.cases import LEAD_FRAMES, PLAYS, SEQUENTIAL, Setting
from reelmend.quality.bench.speed.in_process import EngineFrame, raw_graph
from reelmend.quality.bench.speed.node import NodeFrames
from reelmend.quality.bench.speed.pan import Pan
from reelmend.quality.bench.speed.plain_graphs import PlainFrame, PlainGraph, plain_renderer
from reelmend.quality.bench.speed.plan import Case, lacks_memory
from reelmend.quality.bench.speed.rounds import Probe, Wanted, interleave
from reelmend.quality.bench.speed.rows import Row, missing_row, rows_of

EFFECT, PLUGIN = "repair", "org.reelmend.Repair"
ENGINE, NODE = "engine-repair", "node-repair"
PLAIN, PLAIN_REMEMBERING = "torch-repair", "torch-repair-remembering"
"""The same effect with its graphs run by PyTorch: a frame by itself; and with what the engine remembers of others."""

RATIOS = {PLAIN: ENGINE, PLAIN_REMEMBERING: ENGINE, NODE: ENGINE}
MEMORY_BYTES = 1 << 30
MOST_ROUNDS = 5
"""A repaired frame takes a third of a second: few rounds take long enough."""


def steps_of_repair(case: Case, warm_up_runs: int) -> int:
    """Return how often `done` is called."""
    return (len(RATIOS) + 1 + len(_stages())) * (_rounds(case) + warm_up_runs)


def measure_repair(setting: Setting) -> list[Row]:
    """Return the rows of the repair at one frame size; of what is not there a note."""
    case = setting.plan.repair_case
    stages = _stages()
    if not stages:
        note = f"not run: {_missing()}"
        return [missing_row(name, case.name, note) for name in (ENGINE, *RATIOS)]
    rounds = _rounds(case) + setting.plan.warm_up_runs
    play = setting.burst(PLAYS[SEQUENTIAL])
    frames = 2 * LEAD_FRAMES + (rounds + 1) * play.burst + 8
    graphs = {stage: f"ort-{EFFECT}-{stage}" for stage in stages}
    if note := lacks_memory(case, frames):
        return [missing_row(name, case.name, note) for name in (*graphs.values(), ENGINE, *RATIOS)]
    pan = Pan(case.width, case.height, frames, dirty=True)
    renderer = Renderer(ModelStore.default(), memory_bytes=MEMORY_BYTES)
    parts = (setting.bundle, PLUGIN, setting.engine.address, pan, range(frames), play)
    wanted = [
        *(Wanted((name,), partial(raw_graph, name, pan, EFFECT, stage)) for stage, name in graphs.items()),
        Wanted((ENGINE,), partial(EngineFrame, ENGINE, renderer, pan, EFFECT)),
        Wanted((NODE,), partial(NodeFrames, NODE, *parts, lead_frames=LEAD_FRAMES)),
        Wanted((PLAIN,), partial(_plain, setting, pan)),
        Wanted((PLAIN_REMEMBERING,), partial(_remembering, setting, pan)),
    ]
    measured = interleave(wanted, _rounds(case), setting.plan.warm_up_runs, setting.done)
    return rows_of(case.name, measured.samples, RATIOS, measured.notes)


def _rounds(case: Case) -> int:
    return min(case.runs, MOST_ROUNDS)


def _stages() -> list[str]:
    try:
        return [stage.name for stage in find_model(ModelStore.default(), find_effect(EFFECT)).manifest.stages]
    except ReelmendError:
        return []


def _missing() -> str:
    try:
        find_model(ModelStore.default(), find_effect(EFFECT))
    except ReelmendError as error:
        return str(error)
    return ""


def _graphs(setting: Setting) -> Mapping[str, PlainGraph]:
    if setting.plain is None:
        raise BenchError(setting.plain_note or "no plain graphs were handed to the bench")
    return setting.plain(EFFECT)


def _plain(setting: Setting, pan: Pan) -> Probe:
    return PlainFrame(PLAIN, _graphs(setting), pan, EFFECT, MEMORY_BYTES)


def _remembering(setting: Setting, pan: Pan) -> Probe:
    renderer = plain_renderer(_graphs(setting), MEMORY_BYTES)
    return EngineFrame(PLAIN_REMEMBERING, renderer, pan, EFFECT, counted=1)
