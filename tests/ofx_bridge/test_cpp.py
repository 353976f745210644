"""The C++ tests, run through ctest."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

BUILD = Path(__file__).parents[2] / "build" / "native"


@pytest.mark.skipif(not (BUILD / "CTestTestfile.cmake").exists(), reason="no native build; run 'make setup'")
def test_every_cpp_test_passes() -> None:
    ctest = shutil.which("ctest", path=str(Path(sys.executable).parent)) or shutil.which("ctest")
    assert ctest is not None
    done = subprocess.run(
        [ctest, "--test-dir", BUILD, "--output-on-failure"], capture_output=True, text=True, timeout=250
    )
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr
    passed = re.search(r"100% tests passed.* out of (\d+)", done.stdout)
    assert passed is not None, done.stdout
    assert int(passed[1]) >= 3
