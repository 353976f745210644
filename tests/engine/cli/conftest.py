"""The command line as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def environment(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The tests' own environment without what this user has set or installed."""
    home = tmp_path_factory.mktemp("home")
    unwanted = ("OFX_PLUGIN_PATH", "REELMEND_", "XDG_", "PYTHONUNBUFFERED")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(unwanted)}
    return {**kept, "HOME": str(home), "REELMEND_RUNTIME_DIR": str(home / "run"), "COLUMNS": "200"}


@pytest.fixture
def reelmend(environment: dict[str, str], tmp_path: Path) -> Run:
    """Run `reelmend …` in the test's folder and return what it printed and its exit code."""

    def run(
        *arguments: str, extra: dict[str, str] | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "reelmend", *arguments],
            cwd=tmp_path,
            env={**environment, **(extra or {})},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
            **options,
        )

    return run
