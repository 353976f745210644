"""The measures must run wherever the engine runs, and without its servers."""

import subprocess
import sys


def test_quality_loads_neither_torch_nor_grpc_nor_the_model_package() -> None:
    script = "import sys, reelmend.quality; print(*sorted(sys.modules))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert "reelmend.quality.registry" in loaded
    assert not {"torch", "grpc", "reelmend_models", "onnxruntime", "skimage", "scipy"} & set(loaded)
