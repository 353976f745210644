"""ONNX Runtime sessions on the provider that was asked for, or an error; arrays enter and leave by reference."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reelmend.errors import ModelError, ReelmendError, ShapeError
from reelmend.inference.models import Model
from reelmend.inference.provider import (
    CPU,
    ProviderChoice,
    check_provider,
    choose_provider,
    import_onnxruntime,
    providers_for,
)
from reelmend.inference.threads import usable_cores

__all__ = [
    "CPU",
    "Array",
    "OrtSession",
    "Session",
    "SessionPool",
    "check_provider",
    "choose_provider",
    "import_onnxruntime",
    "scalar",
    "usable_cores",
]

Array = npt.NDArray[Any]


_DTYPES = {"tensor(float)": "float32", "tensor(float16)": "float16", "tensor(int64)": "int64"}


@dataclass(frozen=True, slots=True)
class GraphInput:
    """What a graph says of an input: its name, its axes (a number, or a name where any length will do), its type."""

    name: str
    shape: tuple[int | str, ...]
    dtype: str


class Session(Protocol):
    """A loaded graph: named arrays in, the asked-for arrays out. Thread-safe."""

    @property
    def inputs(self) -> list[GraphInput]: ...

    def run(
        self, inputs: Mapping[str, Array], outputs: Sequence[str], into: Mapping[str, Array] | None = None
    ) -> list[Array]:
        """Return the outputs in order: those that `into` names are written there, without a copy on the CPU."""
        ...


class OrtSession:
    """A graph on one provider. Runs on as many threads as the machine has cores, or on one for small graphs."""

    def __init__(self, path: Path, provider: str, threads: int = 0) -> None:
        ort = import_onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        options.use_deterministic_compute = True
        self._name = path.name
        try:
            self._session = ort.InferenceSession(str(path), options, providers=providers_for(provider))
        except Exception as error:  # ONNX Runtime raises its own unexported types
            raise ModelError(
                f"{path} can't be loaded by ONNX Runtime {ort.__version__}: {_first_line(error)}"
            ) from None
        check_provider(provider, self._session.get_providers())

    @property
    def inputs(self) -> list[GraphInput]:
        return [GraphInput(i.name, tuple(i.shape), _DTYPES.get(i.type, "")) for i in self._session.get_inputs()]

    def run(
        self, inputs: Mapping[str, Array], outputs: Sequence[str], into: Mapping[str, Array] | None = None
    ) -> list[Array]:
        try:
            return self._run(inputs, outputs, into or {})
        except ReelmendError:
            raise
        except Exception as error:  # ONNX Runtime raises its own unexported types
            shapes = ", ".join(f"{name} {array.shape}" for name, array in inputs.items())
            raise ModelError(f"{self._name} can't run on {shapes}: {_first_line(error)}") from None

    def _run(self, inputs: Mapping[str, Array], outputs: Sequence[str], into: Mapping[str, Array]) -> list[Array]:
        if not into:
            result: list[Array] = self._session.run(list(outputs), dict(inputs))
            return result
        binding = self._session.io_binding()
        for name, array in inputs.items():
            binding.bind_cpu_input(name, array if array.flags.c_contiguous else np.ascontiguousarray(array))
        for name in outputs:
            _bind_output(binding, name, into.get(name))
        self._session.run_with_iobinding(binding)
        found = binding.get_outputs()
        return [into[name] if name in into else found[index].numpy() for index, name in enumerate(outputs)]


def _bind_output(binding: Any, name: str, target: Array | None) -> None:
    """Bind an output to CPU memory: ours, or what ONNX Runtime finds; it copies from the device when there is one."""
    if target is None:
        binding.bind_output(name, "cpu")
        return
    if not (target.flags.c_contiguous and target.flags.writeable):
        raise ShapeError(f"output '{name}' can't be written into an array that is read-only or has gaps")
    binding.bind_output(name, "cpu", 0, target.dtype, target.shape, target.ctypes.data)


class Replicas:
    """A graph loaded as often as it runs at the same time: the runs of one session share one set of threads.

    Copies are made when they are first needed. All give the same bits.
    """

    def __init__(self, first: OrtSession, most: int, load: Callable[[], OrtSession]) -> None:
        self.inputs = first.inputs
        self._load = load
        self._idle: queue.LifoQueue[OrtSession] = queue.LifoQueue()
        self._idle.put(first)
        self._to_come = threading.Semaphore(most - 1)

    def run(
        self, inputs: Mapping[str, Array], outputs: Sequence[str], into: Mapping[str, Array] | None = None
    ) -> list[Array]:
        session = self._taken()
        try:
            return session.run(inputs, outputs, into)
        finally:
            self._idle.put(session)

    def _taken(self) -> OrtSession:
        try:
            return self._idle.get_nowait()
        except queue.Empty:
            return self._load() if self._to_come.acquire(blocking=False) else self._idle.get()


class SessionPool:
    """One session for each graph, loaded at first use and shared by all requests."""

    def __init__(self, provider: str = "cpu", threads: int = 0) -> None:
        self.choice: ProviderChoice = choose_provider(provider, threads)
        self.output_shapes: dict[tuple[Hashable, str], tuple[tuple[int, ...], np.dtype[Any]]] = {}
        """What was learned of outputs whose axes a graph leaves open, by graph, input shapes and name."""
        self._sessions: dict[tuple[str, int], Session] = {}
        self._loading: dict[tuple[str, int], threading.Lock] = {}
        self._lock = threading.Lock()

    @property
    def provider(self) -> str:
        """ONNX Runtime's name of the provider."""
        return self.choice.provider

    @property
    def loaded(self) -> list[Session]:
        return list(self._sessions.values())

    def session(self, model: Model, stage_name: str, threads: int = 0) -> Session:
        """Return the session of a model's stage; who asks for one that is loaded waits for no other's loading.

        Raises NotFoundError, ModelError or ProviderError.
        """
        stage = model.manifest.stage(stage_name)
        key = (stage.sha256, threads)
        if (session := self._sessions.get(key)) is not None:
            return session
        with self._lock:
            loading = self._loading.setdefault(key, threading.Lock())
        with loading:
            if key not in self._sessions:
                self._sessions[key] = self._load(model.weights_of(stage), threads)
            return self._sessions[key]

    def _load(self, path: Path, threads: int) -> Session:
        def load() -> OrtSession:
            return OrtSession(path, self.provider, threads or self.choice.threads)

        return (
            load() if threads or self.choice.graphs_at_once == 1 else Replicas(load(), self.choice.graphs_at_once, load)
        )


def scalar(value: float) -> npt.NDArray[np.float32]:
    """Return a float32 scalar array, as graphs take parameters."""
    return np.asarray(value, dtype=np.float32)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
