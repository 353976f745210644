"""ONNX Runtime tells nobody what is rendered."""

from __future__ import annotations

import subprocess
import sys

SESSION_AND_FILES = """
import os
from reelmend.inference.models import ModelStore
from reelmend.inference.session import SessionPool
SessionPool("cpu").session(ModelStore.default().get("deflicker"), "describe")
print(*(os.path.realpath(f"/proc/self/fd/{number}") for number in os.listdir("/proc/self/fd")), sep="\\n")
"""


def test_a_session_keeps_no_data_base_of_its_use() -> None:
    done = subprocess.run([sys.executable, "-c", SESSION_AND_FILES], capture_output=True, text=True, check=True)
    assert done.stdout
    assert "onnxruntime.db" not in done.stdout
