"""A model's graphs run by someone else than ONNX Runtime, with the same effect around them: what a plain run costs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, cast

import numpy as np

from reelmend.effects.renderer import Renderer
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.session import SessionPool
from reelmend.quality.bench.speed.graphs import Array
from reelmend.quality.bench.speed.in_process import EngineFrame
from reelmend.quality.bench.speed.pan import Pan

PlainGraph = Callable[[Mapping[str, Array]], Mapping[str, Array]]
"""Takes a graph's inputs by name; returns all of its outputs by name."""

MakeGraphs = Callable[[str], Mapping[str, PlainGraph]]
"""Takes a model's id; returns its graphs by stage."""


class PlainSessions:
    """An engine's session pool whose graphs are run by others; all else is the pool's own."""

    def __init__(self, pool: Any, graphs: Mapping[str, PlainGraph]) -> None:
        self._pool, self._graphs = pool, graphs

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def session(self, model: Model, stage_name: str, threads: int = 0) -> Any:
        return _PlainSession(self._pool.session(model, stage_name, threads), self._graphs[stage_name])


class _PlainSession:
    def __init__(self, session: Any, graph: PlainGraph) -> None:
        self._session, self._graph = session, graph

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(
        self, inputs: Mapping[str, Array], outputs: Sequence[str], into: Mapping[str, Array] | None = None
    ) -> list[Array]:
        found = self._graph(inputs)
        for name, target in (into or {}).items():
            np.copyto(target, found[name])
        return [(into or {}).get(name, found[name]) for name in outputs]


class PlainFrame:
    """The next frame of a clip through an effect whose graphs are run by others.

    Nothing is remembered from one frame to the next: a window comes in, a frame goes out, as in a plain script.
    """

    def __init__(self, name: str, graphs: Mapping[str, PlainGraph], pan: Pan, effect: str, memory_bytes: int) -> None:
        self._name, self._pan, self._effect = name, pan, effect
        self._memory_bytes = memory_bytes
        self._sessions = PlainSessions(SessionPool(), graphs)
        self._frame = 0
        self._next()

    def take(self) -> Mapping[str, float]:
        return {self._name: self._next()}

    def close(self) -> None:
        """Nothing is held."""

    def _next(self) -> float:
        renderer = _renderer(self._sessions, self._memory_bytes)
        frame = EngineFrame(self._name, renderer, self._pan, self._effect, start=self._frame)
        self._frame += 1
        try:
            return frame.render()[0]
        finally:
            frame.close()
            renderer.helpers.shutdown()


def plain_renderer(graphs: Mapping[str, PlainGraph], memory_bytes: int) -> Renderer:
    """Return an engine whose graphs are run by others."""
    return _renderer(PlainSessions(SessionPool(), graphs), memory_bytes)


def _renderer(sessions: PlainSessions, memory_bytes: int) -> Renderer:
    renderer = Renderer(ModelStore.default(), memory_bytes=memory_bytes)
    renderer.sessions = cast("Any", sessions)
    return renderer
