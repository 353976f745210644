"""The portable bundle, built once for all tests of this folder."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).parents[3]
VARIABLE = "REELMEND_PORTABLE_BUNDLE"  # names one that is built already


@pytest.fixture(scope="session")
def portable_bundle() -> Path:
    if named := os.environ.get(VARIABLE):
        return Path(named)
    if platform.system() != "Linux" or shutil.which("dpkg") is None:
        pytest.skip("the portable bundle is built on Debian and its kin only")
    if importlib.util.find_spec("ziglang") is None:
        pytest.skip("ziglang, which compiles the portable bundle, is not installed; run 'make test'")
    built = subprocess.run(
        [CHECKOUT / "tools" / "portable" / "build.sh"],
        env={**os.environ, "PYTHON": sys.executable}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert built.returncode == 0, built.stdout[-3000:] + built.stderr[-3000:]
    return Path(built.stdout.splitlines()[-1].removeprefix("built "))
