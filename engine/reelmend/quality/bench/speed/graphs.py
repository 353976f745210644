"""ONNX Runtime alone: the graphs that an effect runs for a frame, on tensors that already lie where they are used."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reelmend.inference.models import Model
from reelmend.inference.session import CPU, import_onnxruntime, usable_cores

Array = npt.NDArray[Any]
RUNS_A_ROUND = 3


@dataclass(frozen=True)
class GraphRun:
    """One run of one graph, as an effect did it: what went in, and which outputs came out in which shape."""

    model: Model
    stage: str
    threads: int
    inputs: Mapping[str, Array]
    outputs: Mapping[str, Array]


class Overheard:
    """An engine's session pool that remembers each stage's latest run and counts them; all else is the pool's own."""

    def __init__(self, pool: Any) -> None:
        self._pool = pool
        self.runs: dict[str, GraphRun] = {}
        self.counts: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        return getattr(self._pool, name)

    def session(self, model: Model, stage_name: str, threads: int = 0) -> Any:
        return _OverheardSession(self._pool.session(model, stage_name, threads), self, model, stage_name, threads)


class _OverheardSession:
    def __init__(self, session: Any, heard: Overheard, model: Model, stage: str, threads: int) -> None:
        self._session, self._heard = session, heard
        self._model, self._stage, self._threads = model, stage, threads

    def __getattr__(self, name: str) -> Any:
        return getattr(self._session, name)

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str], *others: Any, **options: Any) -> list[Array]:
        found: list[Array] = self._session.run(inputs, outputs, *others, **options)
        kept = {name: np.array(value) for name, value in inputs.items()}
        shaped = dict(zip(outputs, found, strict=True))
        self._heard.counts[self._stage] += 1
        self._heard.runs[self._stage] = GraphRun(self._model, self._stage, self._threads, kept, shaped)
        return found


class RawGraph:
    """A graph run again and again with IO binding, on the CPU, with the engine's number of threads.

    times_a_frame: how often a frame takes it; the milliseconds are those of a frame. Its threads sleep between runs, as
    the engine's do: threads that spin would take a core from whoever comes next.
    """

    def __init__(self, name: str, run: GraphRun, times_a_frame: int = 1) -> None:
        self._name, self._times_a_frame = name, times_a_frame
        ort = import_onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = run.threads or usable_cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        path = run.model.weights_of(run.model.manifest.stage(run.stage))
        self._session = ort.InferenceSession(str(path), options, providers=[CPU])
        self._binding = self._session.io_binding()
        self._held: list[Array] = []
        for spelled, value in run.inputs.items():
            self._held.append(np.ascontiguousarray(value))
            self._binding.bind_cpu_input(spelled, self._held[-1])
        self.outputs = {spelled: np.zeros_like(value) for spelled, value in run.outputs.items()}
        for spelled, value in self.outputs.items():
            self._binding.bind_output(spelled, "cpu", 0, value.dtype.type, value.shape, value.ctypes.data)

    def take(self) -> Mapping[str, float]:
        """Run it a few times; the first one does not count, as the first frame of a stretch does not."""
        self._session.run_with_iobinding(self._binding)
        started = time.perf_counter()
        for _ in range(RUNS_A_ROUND):
            self._session.run_with_iobinding(self._binding)
        return {self._name: self._times_a_frame * 1000.0 * (time.perf_counter() - started) / RUNS_A_ROUND}

    def close(self) -> None:
        self._held.clear()


class IdleGraph:
    """A graph that a frame doesn't take, since its result is remembered or not asked for: no time at all."""

    def __init__(self, name: str) -> None:
        self._name = name

    def take(self) -> Mapping[str, float]:
        return {self._name: 0.0}

    def close(self) -> None:
        """Nothing is held."""
