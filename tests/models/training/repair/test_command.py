"""The command line, as people use it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reelmend_models.training.__main__ import main
from reelmend_models.training.repair.loop import Training
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.parts import DEFAULTS, SHIPPED


def test_help_tells_every_net_and_option() -> None:
    told = subprocess.run(
        [sys.executable, "-m", "reelmend_models.training", "repair", "--help"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for word in ("--part", "--steps", "--resume", "--overwrite", "--device", "--threads", "--footage", *DEFAULTS):
        assert word in told
    assert set(SHIPPED) <= set(DEFAULTS)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--footage", "nowhere"], ["nowhere", "build"]),
        (["--threads", "0"], ["--threads", "0"]),
        (["--device", "warp"], ["'warp'", "--device cpu"]),
        (["--part", "fill", "--resume"], ["fill.pt", "--resume"]),
        (["--seed", "5000000"], ["seed", "5000000"]),
        (["--steps", "0"], ["steps", "0"]),
        (["--learning-rate", "2"], ["learning_rate", "2"]),
    ],
)
def test_what_cannot_be_is_said_in_one_line(
    options: list[str], words: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["repair", "--out", str(tmp_path / "out"), *options]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    for word in words:
        assert word in said


def test_training_that_lies_there_is_not_overwritten_unasked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "detector.pt"
    file.write_bytes(b"a training of days")
    assert main(["repair", "--part", "detector", "--out", str(tmp_path)]) == 1
    assert "--resume" in capsys.readouterr().err
    assert file.read_bytes() == b"a training of days"


def test_other_settings_than_those_begun_with_are_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], begun: Training
) -> None:
    begun.write(tmp_path / "detector.pt")
    asked = ["repair", "--part", "detector", "--out", str(tmp_path), "--resume", "--steps", "9"]
    assert main(asked) == 1
    assert f"--steps is {begun.part.settings.steps}" in capsys.readouterr().err


@pytest.fixture
def begun() -> Training:
    class Bare:
        """A net of one weight, to have something begun."""

        name = "detector"
        settings = Settings(steps=3)

        def net(self) -> object:
            import torch

            return torch.nn.Linear(1, 1)

    return Training(Bare())  # type: ignore[arg-type]
