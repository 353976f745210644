"""The command line, as people use it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from reelmend_models.training.__main__ import main
from reelmend_models.training.deflicker import TrainingError, load_trend_net
from reelmend_models.training.deflicker.measured_light import ShotLight, read_measured, write_measured

SMALL = ["--steps", "6", "--width", "16", "--layers", "1", "--clips", "4", "--seed", "5", "--threads", "1"]


@pytest.fixture
def measured(tmp_path: Path, shots: list[ShotLight]) -> Path:
    write_measured(shots, tmp_path / "measured_light.npz")
    return tmp_path / "measured_light.npz"


@pytest.fixture
def command(tmp_path: Path, measured: Path) -> list[str]:
    return ["deflicker", "--out", str(tmp_path / "out"), "--measured", str(measured)]


def test_training_writes_weights_settings_data_losses_scores_and_card(
    tmp_path: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *SMALL]) == 0
    out = tmp_path / "out"
    assert "flicker left ×" in capsys.readouterr().out
    config, data, metrics, losses = (
        json.loads((out / f"{name}.json").read_text()) for name in ("config", "data", "metrics", "losses")
    )
    assert (config["steps"], config["seed"], config["width"], config["steps_done"]) == (6, 5, 16, 6)
    assert [shot["clip"] for shot in data["training_shots"]] == ["training-clip"]
    assert data["training_shots"][0]["licence"] == "MIT"
    assert len(losses["training"]) == 6
    assert losses["validation"][-1][0] == 6
    assert set(metrics["validation"]) == {"level", "cells", "clean"}
    assert metrics["validation"]["level"]["mean15"]["gain_db"] == 0
    assert (out / "curves.png").read_bytes().startswith(b"\x89PNG")
    card = (out / "README.md").read_text()
    assert "© somebody" in card
    assert "±30" in card
    assert sum(part.numel() for part in load_trend_net(out).parameters()) == config["parameters"]


def test_same_seed_gives_the_same_weights_byte_for_byte(tmp_path: Path, command: list[str]) -> None:
    weights = []
    for _ in range(2):
        assert main([*command, *SMALL, "--overwrite"]) == 0
        weights.append((tmp_path / "out" / "trend_net.npz").read_bytes())
    assert weights[0] == weights[1]


def test_a_finished_training_is_not_overwritten_unasked(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, *SMALL]) == 0
    assert main([*command, *SMALL]) == 1
    assert "holds a training; go on with --resume, begin anew with --overwrite" in capsys.readouterr().err


def test_resuming_with_other_settings_is_refused(command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*command, *SMALL]) == 0
    assert main([*command, "--resume", "--steps", "7"]) == 1
    assert "--steps is 6 in" in capsys.readouterr().err
    assert main([*command, "--resume"]) == 0


def test_resuming_on_other_data_is_refused(
    command: list[str], measured: Path, shots: list[ShotLight], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *SMALL]) == 0
    write_measured([*shots, shots[0]], measured)
    assert main([*command, "--resume"]) == 1
    assert "is not the measured light that" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("more", "complaint"),
    [
        (["--resume"], "nothing to resume: no"),
        (["--steps", "0"], "steps must be a whole number of at least 1, got 0"),
        (["--seed", "1000000"], "seed must be one of the training split's"),
        (["--threads", "0"], "--threads must be at least 1, got 0"),
        (["--device", "abacus"], "no device 'abacus' here; --device cpu always works"),
        (["--measured", "nowhere.npz"], "no measured light at nowhere.npz; run"),
    ],
)
def test_bad_arguments_are_answered_in_one_line(
    command: list[str], more: list[str], complaint: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command, *more]) == 1
    err = capsys.readouterr().err
    assert complaint in err
    assert len(err.strip().splitlines()) == 1


def test_interrupted_command_resumes_to_the_weights_of_an_unbroken_one(tmp_path: Path, measured: Path) -> None:
    begun = [sys.executable, "-m", "reelmend_models.training", "deflicker", "--measured", str(measured)]
    settings = ["--steps", "400", "--width", "32", "--layers", "1", "--clips", "8", "--threads", "1"]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    with subprocess.Popen(
        [*begun, *settings, "--out", str(tmp_path / "broken")], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        wait_for_steps(process)
        process.send_signal(signal.SIGINT)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 130, said
    assert said.strip().splitlines()[-1] == ("training: stopped; the same command with --resume goes on from here")
    stopped_at = torch.load(tmp_path / "broken" / "checkpoint.pt", weights_only=True)["step"]
    assert 0 < stopped_at < 400
    for options in (["--out", str(tmp_path / "broken"), "--resume"], ["--out", str(tmp_path / "whole"), *settings]):
        subprocess.run([*begun, "--threads", "1", *options], check=True, capture_output=True, env=environment)
    weights = [(tmp_path / name / "trend_net.npz").read_bytes() for name in ("broken", "whole")]
    assert weights[0] == weights[1]


def wait_for_steps(process: subprocess.Popen[str]) -> None:
    """Return once the training says that it has begun."""
    assert process.stderr is not None
    for line in process.stderr:
        if "training: step" in line:
            return
    time.sleep(0)
    raise AssertionError("the training ended before it was interrupted")


def test_measured_light_reads_back_as_it_was_written(measured: Path, shots: list[ShotLight]) -> None:
    for before, after in zip(shots, read_measured(measured), strict=True):
        assert before.origin == after.origin
        for part in ("level", "tones", "cells"):
            np.testing.assert_allclose(getattr(after, part), getattr(before, part), atol=6e-5)


def test_a_file_without_measured_light_says_so(tmp_path: Path) -> None:
    (tmp_path / "other.npz").write_bytes(b"other")
    with pytest.raises(TrainingError, match="holds no measured light"):
        read_measured(tmp_path / "other.npz")


def test_weights_that_are_missing_or_broken_say_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(TrainingError, match=r"no weights at .*; run 'python -m reelmend_models.training deflicker"):
        load_trend_net(tmp_path)
    (tmp_path / "trend_net.npz").write_bytes(b"PK broken")
    with pytest.raises(TrainingError, match="does not hold the weights of a TrendNet"):
        load_trend_net(tmp_path)
