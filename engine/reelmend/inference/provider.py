"""Which execution provider a session runs on, and why; never another than was asked for, in silence."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from reelmend.errors import ProviderError
from reelmend.inference.threads import plan_threads

CPU = "CPUExecutionProvider"
CUDA = "CUDAExecutionProvider"
TENSORRT = "TensorrtExecutionProvider"
PROVIDERS = {"cpu": CPU, "cuda": CUDA, "tensorrt": TENSORRT}


@dataclass(frozen=True, slots=True)
class ProviderChoice:
    """What was chosen: "cpu", "cuda" or "tensorrt", ONNX Runtime's name of it, the reason in words, and its threads."""

    name: str
    provider: str
    reason: str
    threads: int
    graphs_at_once: int = 1

    def __str__(self) -> str:
        return f"{self.provider} ({self.reason})"


def choose_provider(
    name: str = "cpu",
    threads: int = 0,
    *,
    available: Sequence[str] | None = None,
    lacks_device: Callable[[], str] | None = None,
) -> ProviderChoice:
    """Return the choice for "cpu", "cuda", "tensorrt" or "auto" (cuda where it works, else cpu).

    Raises ProviderError when one was named that this machine lacks. `available` and `lacks_device` stand in for what
    ONNX Runtime and the driver say.
    """
    if name not in (*PROVIDERS, "auto"):
        raise ProviderError(f"no provider '{name}'; give one of {', '.join(PROVIDERS)}, auto")
    built = import_onnxruntime().get_available_providers() if available is None else available
    missing = lacks_device or cuda_device_missing
    if name == "cpu":
        return _cpu("as asked", threads)
    if name == "auto":
        if CUDA not in built:
            return _cpu("auto: this ONNX Runtime has no CUDA; 'reelmend[gpu]' has", threads)
        if why := missing():
            return _cpu(f"auto: this ONNX Runtime has CUDA, but {why}", threads)
        return _gpu("cuda", "auto: CUDA is there and has a device")
    if PROVIDERS[name] not in built:
        raise ProviderError(
            f"provider '{name}' is not in this ONNX Runtime, which has {', '.join(built)}; "
            "run: pip uninstall onnxruntime && pip install 'reelmend[gpu]'"
        )
    if why := missing():
        raise ProviderError(f"provider '{name}' was asked for, but {why}; ask for --provider cpu or auto")
    return _gpu(name, "as asked")


def providers_for(provider: str) -> list[str | tuple[str, dict[str, str]]]:
    """Return what ONNX Runtime is to be given for a provider: TensorRT leaves to CUDA what it can't do.

    On a device, too, one frame gives one result: no search for the fastest convolution, whose outcome differs from
    run to run, and no TF32, whose 10 bits of mantissa break the manifests' tolerance.
    """
    cuda = (CUDA, {"cudnn_conv_algo_search": "HEURISTIC", "use_tf32": "0", "arena_extend_strategy": "kSameAsRequested"})
    if provider == TENSORRT:
        return [TENSORRT, cuda]
    return [cuda] if provider == CUDA else [provider]


def cuda_device_missing() -> str:
    """Return why no CUDA device can be used, in words, or "" when one is there. Asks the driver, loads no toolkit."""
    for library in ("libcuda.so.1", "nvcuda.dll"):
        try:
            driver = ctypes.CDLL(library)
            break
        except OSError:
            continue
    else:
        return "the NVIDIA driver is not installed"
    count = ctypes.c_int(0)
    if (status := driver.cuInit(0)) != 0:
        return f"the NVIDIA driver does not start (CUDA error {status})"
    if driver.cuDeviceGetCount(ctypes.byref(count)) != 0 or count.value == 0:
        return "the NVIDIA driver finds no device"
    return ""


def check_provider(wanted: str, in_use: Sequence[str]) -> None:
    """Raise ProviderError when a session runs on something else than it was asked to (ONNX Runtime falls back)."""
    if not in_use or in_use[0] != wanted:
        raise ProviderError(
            f"{wanted} was asked for, but ONNX Runtime fell back to {', '.join(in_use) or 'nothing'}; "
            "check the driver with 'reelmend doctor', or ask for --provider cpu"
        )


def import_onnxruntime() -> Any:
    """Return the onnxruntime module. Raises ProviderError that names the extra when it is not installed.

    Its builds from 1.31 on report their use to their maker, and keep a data base in the home folder for it: film that
    nobody has seen yet is no business of theirs, so this is off unless $ORT_DISABLE_TELEMETRY says otherwise.
    """
    os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")
    try:
        import onnxruntime
    except ImportError:
        raise ProviderError("ONNX Runtime is not installed; run: pip install 'reelmend[cpu]' (or [gpu])") from None
    return onnxruntime


def _cpu(reason: str, threads: int) -> ProviderChoice:
    plan = plan_threads(threads)
    return ProviderChoice(
        "cpu",
        CPU,
        f"{reason}; {plan.threads_a_graph} threads: {plan.reason}",
        plan.threads_a_graph,
        plan.graphs_at_once,
    )


def _gpu(name: str, reason: str) -> ProviderChoice:
    return ProviderChoice(name, PROVIDERS[name], reason, 1)
