"""The provider: chosen with a reason, never another than was named."""

from __future__ import annotations

import pytest

from reelmend.errors import ProviderError
from reelmend.inference.provider import CPU, CUDA, PROVIDERS, TENSORRT, choose_provider, providers_for

GPU_BUILD = [TENSORRT, CUDA, CPU]


def test_auto_takes_cuda_where_it_has_a_device() -> None:
    choice = choose_provider("auto", available=GPU_BUILD, lacks_device=lambda: "")
    assert (choice.name, choice.provider) == ("cuda", CUDA)
    assert choice.reason == "auto: CUDA is there and has a device"


@pytest.mark.parametrize(
    ("available", "lacks", "reason"),
    [
        ([CPU], "", "auto: this ONNX Runtime has no CUDA"),
        (GPU_BUILD, "the NVIDIA driver is not installed", "has CUDA, but the NVIDIA driver is not installed"),
        (GPU_BUILD, "the NVIDIA driver finds no device", "has CUDA, but the NVIDIA driver finds no device"),
    ],
)
def test_auto_says_why_it_takes_the_processor(available: list[str], lacks: str, reason: str) -> None:
    choice = choose_provider("auto", available=available, lacks_device=lambda: lacks)
    assert (choice.name, choice.provider) == ("cpu", CPU)
    assert reason in choice.reason
    assert f"{choice.threads} threads" in choice.reason


@pytest.mark.parametrize("name", ["cuda", "tensorrt"])
def test_named_provider_is_had_or_refused_with_the_reason(name: str) -> None:
    assert choose_provider(name, available=GPU_BUILD, lacks_device=lambda: "").provider == PROVIDERS[name]
    with pytest.raises(ProviderError, match=f"provider '{name}' was asked for, but no device; ask for --provider cpu"):
        choose_provider(name, available=GPU_BUILD, lacks_device=lambda: "no device")
    with pytest.raises(ProviderError, match=f"provider '{name}' is not in this ONNX Runtime, which has {CPU}"):
        choose_provider(name, available=[CPU])


def test_unknown_provider_is_refused() -> None:
    with pytest.raises(ProviderError, match="no provider 'magic'; give one of cpu, cuda, tensorrt, auto"):
        choose_provider("magic")


def test_tensorrt_leaves_to_cuda_what_it_can_not_do() -> None:
    names = [entry if isinstance(entry, str) else entry[0] for entry in providers_for(TENSORRT)]
    assert names == [TENSORRT, CUDA]
    assert providers_for(CPU) == [CPU]
