"""The engine in this process: what it costs to render a frame whose pixels lie ready."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np

from reelmend.effects.clip import effect_radius_frames
from reelmend.effects.effect import Need
from reelmend.effects.renderer import Job, Renderer
from reelmend.frames import FrameForm, FrameFormat, FrameRef, Planes, content_digest
from reelmend.inference.models import ModelStore
from reelmend.quality.bench.speed.graphs import IdleGraph, Overheard, RawGraph
from reelmend.quality.bench.speed.pan import Pan


class Memcpy:
    """A copy of one RGBA frame, from where a host has it into memory that is mapped already."""

    def __init__(self, pan: Pan) -> None:
        self._pan = pan
        self._targets = [np.zeros((pan.height, pan.width, 4), np.float32) for _ in range(2)]
        self._frame = 0

    def take(self) -> Mapping[str, float]:
        spent_ms = []
        for _ in range(3):
            self._frame = (self._frame + 1) % self._pan.frames
            started = time.perf_counter()
            np.copyto(self._targets[self._frame % 2], self._pan.memory(self._frame))
            spent_ms.append(1000.0 * (time.perf_counter() - started))
        return {"memcpy": float(np.median(spent_ms))}

    def close(self) -> None:
        self._targets.clear()


class EngineFrame:
    """The next frame of a clip in sequence: its request, the pixels that the engine lacks, the result.

    What a client works out (digests, proxies, planes) is not timed: the clock stands while it is done.
    """

    def __init__(
        self,
        name: str,
        renderer: Renderer,
        pan: Pan,
        effect: str,
        *,
        model: str = "",
        parameters: Mapping[str, object] | None = None,
        start: int = 0,
        counted: int = 3,
    ) -> None:
        self._name, self._counted = name, counted
        self._renderer, self._pan = renderer, pan
        self._radius_frames = effect_radius_frames(renderer, effect, parameters or {}, model)
        self._frame = start + self._radius_frames
        self._refs: dict[int, FrameRef] = {}
        self._job = Job(effect, 0, 0, pan.frames - 1, (), parameters or {}, model)

    def take(self) -> Mapping[str, float]:
        """Render a few frames; the first one does not count, as the first frame of a stretch in a node does not."""
        spent_ms = [self.render()[0] for _ in range(1 + self._counted)]
        return {self._name: float(np.mean(spent_ms[1:]))}

    def render(self) -> tuple[float, Planes]:
        """Render the next frame; return its milliseconds and its result."""
        centre = self._frame
        self._frame += 1
        frames = range(centre - self._radius_frames, centre + self._radius_frames + 1)
        self._refs = {frame: self._refs.get(frame) or self._described(frame) for frame in frames}
        job = replace(self._job, frame=centre, window=list(self._refs.values()))
        started = time.perf_counter()
        render = self._renderer.begin(job)
        spent_s = time.perf_counter() - started
        ready = [(need, self._pixels(need)) for need in render.needed]
        started = time.perf_counter()
        for need, planes in ready:
            render.supply(need, planes)
        result = render.finish().planes["result"]
        return 1000.0 * (spent_s + time.perf_counter() - started), result

    def close(self) -> None:
        self._refs.clear()

    def _described(self, frame: int) -> FrameRef:
        planes = self._pan.planes(frame)
        return FrameRef(frame, content_digest(planes), FrameFormat.of(planes))

    def _pixels(self, need: Need) -> Planes:
        frame = need.ref.frame
        return self._pan.planes(frame) if need.form is FrameForm.FULL else self._pan.proxy(frame)


def raw_graph(
    name: str, pan: Pan, effect: str, stage: str, model: str = "", models: ModelStore | None = None
) -> RawGraph | IdleGraph:
    """Return a graph of an effect on its own, with just what the effect gives it for a frame of the pan in sequence.

    It counts as often as the effect runs it for the second frame of a sequence, when the first is remembered.
    """
    renderer = Renderer(models or ModelStore.default())
    renderer.sessions = heard = cast("Any", Overheard(renderer.sessions))
    frame = EngineFrame(name, renderer, pan, effect, model=model)
    frame.render()
    heard.counts.clear()
    frame.render()
    frame.close()
    return RawGraph(name, heard.runs[stage], heard.counts[stage]) if heard.counts[stage] else IdleGraph(name)
