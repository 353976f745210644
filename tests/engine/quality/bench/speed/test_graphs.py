"""Raw graphs: run with what the engine gave them, they give what the engine got."""

from __future__ import annotations

import numpy as np

from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from reelmend.quality.bench.speed.graphs import IdleGraph, Overheard, RawGraph
from reelmend.quality.bench.speed.in_process import EngineFrame, Memcpy
from reelmend.quality.bench.speed.pan import Pan


def test_a_graph_with_bound_tensors_gives_the_engines_own_bits() -> None:
    pan = Pan(64, 48, 80)
    renderer = Renderer(ModelStore.default())
    renderer.sessions = heard = Overheard(renderer.sessions)  # type: ignore[assignment]
    spent_ms, result = EngineFrame("", renderer, pan, "deflicker").render()
    assert spent_ms > 0
    assert set(heard.runs) == {"describe", "compare", "expect", "correct"}
    graph = RawGraph("correct", heard.runs["correct"])
    assert graph.take()["correct"] > 0
    assert np.array_equal(graph.outputs["result"], result)


def test_a_graph_counts_as_often_as_a_frame_takes_it_and_one_that_is_remembered_not_at_all() -> None:
    pan = Pan(64, 48, 80)
    heard = Overheard(Renderer(ModelStore.default()).sessions)
    renderer = Renderer(ModelStore.default())
    renderer.sessions = heard  # type: ignore[assignment]
    frame = EngineFrame("", renderer, pan, "deflicker")
    frame.render()
    first = dict(heard.counts)
    heard.counts.clear()
    frame.render()
    assert first["describe"] > heard.counts["describe"] == 1
    assert first["compare"] > heard.counts["compare"] == 1
    for stage in ("expect", "correct"):
        assert first[stage] == heard.counts[stage] == 1
    run = heard.runs["correct"]
    assert RawGraph("x", run, 1000).take()["x"] > 10.0 * RawGraph("x", run).take()["x"]
    assert IdleGraph("y").take() == {"y": 0.0}


def test_the_engine_in_process_renders_each_frame_once_and_goes_on() -> None:
    pan = Pan(64, 48, 80)
    probe = EngineFrame("engine", Renderer(ModelStore.default()), pan, "deflicker", parameters={"radius": 2})
    first, second = probe.render()[1].copy(), probe.render()[1]
    assert first.shape == (3, 48, 64)
    assert not np.array_equal(first, second)


def test_memcpy_copies_a_whole_frame() -> None:
    probe = Memcpy(Pan(64, 48, 20))
    assert probe.take()["memcpy"] > 0
    assert any(target.any() for target in probe._targets)
