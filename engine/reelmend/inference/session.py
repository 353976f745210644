"""ONNX Runtime sessions whose provider is the one that was asked for, or an error."""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from reelmend.errors import ModelError, ProviderError
from reelmend.inference.models import Model

Array = npt.NDArray[Any]

CPU = "CPUExecutionProvider"
PROVIDERS = {"cpu": CPU, "cuda": "CUDAExecutionProvider", "tensorrt": "TensorrtExecutionProvider"}


class Session(Protocol):
    """A loaded graph: named arrays in, the asked-for arrays out. Thread-safe."""

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]: ...


class OrtSession:
    """A graph on one provider. Runs on as many threads as the machine has cores, or on one for small graphs."""

    def __init__(self, path: Path, provider: str, threads: int = 0) -> None:
        ort = import_onnxruntime()
        options = ort.SessionOptions()
        options.intra_op_num_threads = threads or usable_cores()
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.add_session_config_entry("session.intra_op.allow_spinning", "0")
        try:
            self._session = ort.InferenceSession(str(path), options, providers=[provider])
        except Exception as error:  # ONNX Runtime raises its own unexported types
            raise ModelError(
                f"{path} can't be loaded by ONNX Runtime {ort.__version__}: {_first_line(error)}"
            ) from None
        check_provider(provider, self._session.get_providers())

    def run(self, inputs: Mapping[str, Array], outputs: Sequence[str]) -> list[Array]:
        result: list[Array] = self._session.run(list(outputs), dict(inputs))
        return result


class SessionPool:
    """One session for each graph, loaded at first use and shared by all requests."""

    def __init__(self, provider: str = "cpu") -> None:
        self.provider = choose_provider(provider)
        self._sessions: dict[tuple[str, int], OrtSession] = {}
        self._lock = threading.Lock()

    def session(self, model: Model, stage_name: str, threads: int = 0) -> Session:
        """Return the session of a model's stage. Raises NotFoundError, ModelError or ProviderError."""
        stage = model.manifest.stage(stage_name)
        with self._lock:
            key = (stage.sha256, threads)
            if key not in self._sessions:
                self._sessions[key] = OrtSession(model.weights_of(stage), self.provider, threads)
            return self._sessions[key]


def import_onnxruntime() -> Any:
    """Return the onnxruntime module. Raises ProviderError that names the extra when it is not installed."""
    try:
        import onnxruntime
    except ImportError:
        raise ProviderError("ONNX Runtime is not installed; run: pip install 'reelmend[cpu]' (or [gpu])") from None
    return onnxruntime


def choose_provider(name: str) -> str:
    """Return the ONNX Runtime name of "cpu", "cuda", "tensorrt" or "auto" (the first of cuda, cpu that is there)."""
    available = import_onnxruntime().get_available_providers()
    if name == "auto":
        return next(p for p in (PROVIDERS["cuda"], CPU) if p in available)
    if name not in PROVIDERS:
        raise ProviderError(f"no provider '{name}'; give one of {', '.join(PROVIDERS)}, auto")
    if PROVIDERS[name] not in available:
        raise ProviderError(
            f"provider '{name}' is not in this ONNX Runtime, which has {', '.join(available)}; "
            "run: pip uninstall onnxruntime && pip install 'reelmend[gpu]'"
        )
    return PROVIDERS[name]


def check_provider(wanted: str, in_use: Sequence[str]) -> None:
    """Raise ProviderError when a session runs on something else than it was asked to (ONNX Runtime falls back)."""
    if not in_use or in_use[0] != wanted:
        raise ProviderError(
            f"{wanted} was asked for, but ONNX Runtime fell back to {', '.join(in_use) or 'nothing'}; "
            "check the driver with 'reelmend doctor', or ask for --provider cpu"
        )


def usable_cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1)


def scalar(value: float) -> npt.NDArray[np.float32]:
    """Return a float32 scalar array, as graphs take parameters."""
    return np.asarray(value, dtype=np.float32)


def _first_line(error: BaseException) -> str:
    return str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
