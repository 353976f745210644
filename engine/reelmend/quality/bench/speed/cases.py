"""What is timed side by side: for each frame size the deflicker's way through the whole product, and bench models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import cast

import pyopenfx
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import Model
from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.bench_effects import BenchModels
from reelmend.quality.bench.speed.counted import count_frames
from reelmend.quality.bench.speed.engine_process import EngineProcess
from reelmend.quality.bench.speed.in_process import EngineFrame, Memcpy, raw_graph
from reelmend.quality.bench.speed.node import NodeFrames, Playback
from reelmend.quality.bench.speed.pan import Pan
from reelmend.quality.bench.speed.plain_graphs import MakeGraphs
from reelmend.quality.bench.speed.plan import TRANSPORT_MEMORY_BYTES, Case, Plan, lacks_memory
from reelmend.quality.bench.speed.reference import MakeReference, ReferenceFrame
from reelmend.quality.bench.speed.rounds import Done, Measured, Probe, Wanted, interleave, noting
from reelmend.quality.bench.speed.rows import Row, missing_row, rows_of, sum_of
from reelmend.quality.bench.speed.transport import NAMES as TRANSPORT
from reelmend.quality.bench.speed.transport import find_program, transport_samples

DEFLICKER = "org.reelmend.Deflicker"
RADIUS_FRAMES = 15
LEAD_FRAMES = 60
"""Before the first frame that is rendered: the widest window that there is, so that every window is whole."""
EXTRA_PROBES = 3
IN_PROCESS_BYTES = 1 << 30
MOST_SLOTS = 32
TRANSPORT_ROUNDS = 2
"""Rounds of the transport for each round of the others: it is quick."""

MEMCPY = "memcpy"
RAW, LEAST = "ort-deflicker", "ort-deflicker+2-memcpy"
"""What a deflickered frame can't do without: its graphs; and its graphs, the frame in and the result out."""

ENGINE = "engine-deflicker"
SEQUENTIAL = "node-sequential-1"
WINDOW_3, WINDOW_31 = "node-window-3", "node-window-31"
DEFAULTS = "node-defaults"
"""The node as a user gets it, whatever radius that is."""
NUMPY = "numpy-deflicker"
"""The deflicker's reference in plain numpy, for the next frame of a clip of which it remembers what it may."""
PLAYS = {
    SEQUENTIAL: Playback("sequential", 1),
    "node-sequential-4": Playback("sequential", 4),
    "node-random-1": Playback("random", 1),
    "node-random-4": Playback("random", 4),
}
RATIOS = {
    RAW: MEMCPY,
    ENGINE: RAW,
    **dict.fromkeys(PLAYS, LEAST),
    WINDOW_3: LEAST,
    WINDOW_31: WINDOW_3,
    DEFAULTS: LEAST,
    NUMPY: ENGINE,
    **dict.fromkeys(TRANSPORT[1:], TRANSPORT[0]),
}
WINDOWED_CASE = "1080p"
"""The size at which a long window is held against a short one."""


@dataclass(frozen=True)
class Setting:
    """What all cases share."""

    plan: Plan
    engine: EngineProcess
    mover: EngineProcess
    """An engine for the transport alone: what a client was lent there is not lent to another."""

    bundle: pyopenfx.Bundle
    bundle_path: Path
    done: Done = field(default=lambda _: None)
    reference: MakeReference | None = None
    reference_note: str = ""
    """Why there is none, in words."""

    plain: MakeGraphs | None = None
    plain_note: str = ""

    def burst(self, play: Playback) -> Playback:
        """Return the playback with as many frames a stretch as the plan says, at least one for each thread."""
        return Playback(play.order, play.threads, max(self.plan.counted_frames, 2 * play.threads))


def steps_of(plan: Plan, case: Case) -> int:
    """Return how often a case calls `done`: for each probe in every round, and for the transport."""
    probes = 2 + len(deflicker_stages()) + len(PLAYS) + EXTRA_PROBES * (case.name == WINDOWED_CASE)
    return probes * (case.runs + plan.warm_up_runs) + 1


def measure_case(setting: Setting, case: Case) -> list[Row]:
    """Return the rows of one frame size; where the machine's memory does not suffice, a note in place of figures."""
    rounds = case.runs + setting.plan.warm_up_runs
    plays: dict[str, tuple[dict[str, object], Playback]] = {
        name: ({"radius": RADIUS_FRAMES}, setting.burst(play)) for name, play in PLAYS.items()
    }
    if case.name == WINDOWED_CASE:
        plays[WINDOW_3] = ({"radius": 1}, setting.burst(PLAYS[SEQUENTIAL]))
        plays[DEFAULTS] = ({}, setting.burst(PLAYS[SEQUENTIAL]))
    graphs = {stage: f"ort-{stage}" for stage in deflicker_stages()}
    parts, frames = _parts({name: play for name, (_, play) in plays.items()}, rounds)  # enough for the engine's, too
    if note := lacks_memory(case, frames):
        return [missing_row(name, case.name, note) for name in (MEMCPY, *graphs.values(), ENGINE, *plays)]
    pan = Pan(case.width, case.height, frames)
    renderer = Renderer(BenchModels(), memory_bytes=IN_PROCESS_BYTES)
    wanted = [
        Wanted((MEMCPY,), partial(Memcpy, pan)),
        *(Wanted((name,), partial(raw_graph, name, pan, "deflicker", stage)) for stage, name in graphs.items()),
        Wanted((ENGINE,), partial(EngineFrame, ENGINE, renderer, pan, "deflicker")),
        *(Wanted((name,), partial(_node, setting, pan, name, parts[name], *plays[name])) for name in plays),
    ]
    if case.name == WINDOWED_CASE:
        wanted.append(Wanted((NUMPY,), partial(_reference, setting, pan)))
    counted: list[Row] = []
    count = partial(_count, setting, case, counted)
    measured = interleave(wanted, case.runs, setting.plan.warm_up_runs, setting.done, count)
    _with_transport(setting, case, measured)
    return [*_timed_rows(case, measured, list(graphs.values())), *counted]


def deflicker_stages() -> list[str]:
    """Return the names of the graphs of the deflicker's model, in its manifest's order."""
    return [stage.name for stage in _deflicker().manifest.stages]


def _deflicker() -> Model:
    return find_model(BenchModels(), find_effect("deflicker"))


def _reference(setting: Setting, pan: Pan) -> Probe:
    if setting.reference is None:
        raise BenchError(setting.reference_note or "no reference was handed to the bench")
    return ReferenceFrame(NUMPY, setting.reference, pan, _deflicker().manifest.temporal.radius_frames)


def _parts(plays: Mapping[str, Playback], rounds: int) -> tuple[dict[str, range], int]:
    """Return each play's own frames of the pan, and how many frames the pan must have."""
    parts, start = {}, 0
    for name, play in plays.items():
        length = 2 * LEAD_FRAMES + (rounds + 1) * play.burst + 8
        parts[name] = range(start, start + length)
        start += length
    return parts, start


def _timed_rows(case: Case, measured: Measured, graphs: Sequence[str]) -> list[Row]:
    samples = measured.samples
    summed = {RAW: sum_of(samples, *graphs), LEAST: sum_of(samples, *graphs, MEMCPY, MEMCPY)}
    ordered = {MEMCPY: samples[MEMCPY], **{name: samples[name] for name in graphs}, **summed}
    ordered |= {name: taken for name, taken in samples.items() if name not in ordered}
    if WINDOW_3 in samples:
        ordered[WINDOW_31] = samples[SEQUENTIAL]
    return rows_of(case.name, ordered, {**dict.fromkeys(graphs, MEMCPY), **RATIOS}, measured.notes)


def _with_transport(setting: Setting, case: Case, measured: Measured) -> None:
    """Add what the transport costs by itself."""
    slots = min(MOST_SLOTS, TRANSPORT_MEMORY_BYTES // (case.pixels * 3 * 4))
    with noting(TRANSPORT, measured):
        program = find_program(setting.bundle_path)
        runs, warm_up_runs = TRANSPORT_ROUNDS * case.runs, slots + setting.plan.warm_up_runs
        address = setting.mover.address
        measured.samples |= transport_samples(program, address, case.width, case.height, runs, warm_up_runs)
    setting.done(TRANSPORT[0])


def _node(
    setting: Setting, pan: Pan, name: str, frames: range, parameters: Mapping[str, object], play: Playback
) -> NodeFrames:
    return NodeFrames(
        name,
        setting.bundle,
        DEFLICKER,
        setting.engine.address,
        pan,
        frames,
        play,
        parameters,
        lead_frames=LEAD_FRAMES,
    )


def _count(setting: Setting, case: Case, rows: list[Row], probes: Mapping[str, Probe]) -> None:
    """Count what crosses and what is fetched in sequential playback, after the timing, at the plan's own pace."""
    windows = {SEQUENTIAL: 2 * RADIUS_FRAMES + 1, WINDOW_3: 3}
    for name, window in windows.items():
        if name in probes:
            node = cast("NodeFrames", probes[name])
            rows += count_frames(node, setting.engine.counters, f"{case.name} window {window}")
