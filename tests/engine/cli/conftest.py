"""The command line as a real process."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from reelmend.cli.main import main
from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.repair.repair import Repair
from support.repair_models import BrightColumn, mean_of_neighbours, write_repair

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


@pytest.fixture
def small_reelmend(
    reelmend_here: Run, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> Run:
    """Run `reelmend …` in this process and in the test's folder, with the designed model of repair_models."""
    models = tmp_path_factory.mktemp("models")
    write_repair(models)
    monkeypatch.setenv("REELMEND_MODELS", str(models))
    monkeypatch.setitem(EFFECTS, "repair", Repair(mean_of_neighbours, BrightColumn))
    return reelmend_here


@pytest.fixture
def reelmend_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """Run `reelmend …` in this process and in the test's folder: many runs take a while as processes of their own."""
    monkeypatch.setenv("COLUMNS", "200")
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        capfd.readouterr()
        with pytest.raises(SystemExit) as ended:
            main(list(arguments))
        said = capfd.readouterr()
        return subprocess.CompletedProcess(arguments, int(str(ended.value.code or 0)), said.out, said.err)

    return run
