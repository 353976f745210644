"""Thousands of frames through one node, then a thousand hosts that come, render one frame and go."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.quality.bench.provenance import load_average, provenance
from reelmend.quality.bench.soak.memory import held_by
from reelmend.quality.bench.soak.verdicts import verdicts
from reelmend.quality.bench.speed.cases import DEFLICKER, RADIUS_FRAMES
from reelmend.quality.bench.speed.engine_process import EngineProcess, engine_process
from reelmend.quality.bench.speed.node import NodeFrames
from reelmend.quality.bench.speed.pan import Pan
from reelmend.quality.bench.speed.run import Surroundings

SCHEMA_VERSION = 1
SAMPLES = 200
CONNECT_SIZE = (64, 48)
FRAMES, CONNECTS = "frames", "connects"

Sample = dict[str, Any]


@dataclass(frozen=True)
class SoakPlan:
    """How long, at which size, and with how much memory for the engine, which must be full soon."""

    frames: int = 5000
    connects: int = 1000
    width: int = 1280
    height: int = 720
    engine_memory_bytes: int = 512 << 20


def soak(plan: SoakPlan, given: Surroundings, command: str, done: Callable[[str], None]) -> dict[str, Any]:
    """Return the content of soak.json: samples of both processes, and whether they stayed flat.

    `done` is called `plan.frames` + `plan.connects` times. Raises ReelmendError.
    """
    load_before = load_average()
    bundle = find_bundle()
    with engine_process(given.open_counters, given.engine_module, plan.engine_memory_bytes) as engine:
        played = _play(plan, engine, bundle, done)
        connected = _connect(plan, engine, bundle, done)
    samples = [*played, *connected]
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "soak",
        "command": command,
        **provenance(load_before),
        "settings": asdict(plan),
        "samples": samples,
        "claims": verdicts(samples),
    }


def _play(plan: SoakPlan, engine: EngineProcess, bundle: Path, done: Callable[[str], None]) -> list[Sample]:
    """Render the frames in sequence through one node, and look every now and then."""
    pan = Pan(plan.width, plan.height, plan.frames + 2 * RADIUS_FRAMES)
    every = max(1, plan.frames // SAMPLES)
    samples = []
    with pyopenfx.load(bundle) as loaded:
        parts = range(plan.frames + 2 * RADIUS_FRAMES)
        node = NodeFrames(
            "soak", loaded, DEFLICKER, engine.address, pan, parts, parameters={}, lead_frames=RADIUS_FRAMES
        )
        try:
            for number in range(1, plan.frames + 1):
                node.render_next()
                if number % every == 0:
                    samples.append(_sample(FRAMES, number, engine))
                done("frames")
        finally:
            node.close()
    return samples


def _connect(plan: SoakPlan, engine: EngineProcess, bundle: Path, done: Callable[[str], None]) -> list[Sample]:
    """Load the plug-in, render one frame and unload it, again and again, and look every now and then."""
    width, height = CONNECT_SIZE
    frames = np.random.default_rng(1).random((3, height, width, 4), dtype=np.float32)
    settings = pyopenfx.InstanceSettings(size=CONNECT_SIZE, frames=(0, 2))
    every = max(1, plan.connects // SAMPLES)
    samples = [_sample(CONNECTS, 0, engine)]
    for number in range(1, plan.connects + 1):
        with pyopenfx.load(bundle) as loaded, loaded.plugin(DEFLICKER).create(settings) as instance:
            instance.set_source(frames)
            instance.set("engineAddress", engine.address)
            instance.set("radius", 1)
            instance.render(1)
        if number % every == 0:
            samples.append(_sample(CONNECTS, number, engine))
        done("connects")
    return samples


def _sample(phase: str, number: int, engine: EngineProcess) -> Sample:
    gc.collect()  # what Python could let go of is no leak
    held = {"host": held_by(os.getpid()), "engine": held_by(engine.process_id)}
    rounded = {who: {name: round(value, 2) for name, value in asdict(what).items()} for who, what in held.items()}
    return {"phase": phase, "number": number, **rounded}
