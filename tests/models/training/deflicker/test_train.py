"""The loop: stopped and resumed it repeats an unbroken run bit for bit, and it learns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from reelmend_models.training.deflicker.checkpoint import read_checkpoint
from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.deflicker.measured_light import ShotLight
from reelmend_models.training.deflicker.settings import Settings
from reelmend_models.training.deflicker.train import Training, learning_rate_share


def assert_same(one: Training, other: Training) -> None:
    assert one.losses == other.losses
    assert one.validation == other.validation
    for of in ("net", "averaged"):
        states = getattr(one, of).state_dict(), getattr(other, of).state_dict()
        for name, value in states[0].items():
            assert torch.equal(value, states[1][name]), f"{of}.{name}"


# Stops fall inside a pool, at the step that draws a new pool, and beyond the steps in bfloat16.
@pytest.mark.parametrize("stop_at", [3, 5, 11])
def test_resumed_training_equals_unbroken_one_bit_for_bit(
    tmp_path: Path, tiny: Settings, shots: list[ShotLight], stop_at: int
) -> None:
    whole = Training(tiny, shots, "sha")
    whole.run(tmp_path / "whole.pt")

    Training(tiny, shots, "sha").run(tmp_path / "parts.pt", stop_at=stop_at)
    checkpoint = read_checkpoint(tmp_path / "parts.pt")
    assert checkpoint.step == stop_at
    resumed = Training.resumed(checkpoint, shots)
    resumed.run(tmp_path / "parts.pt")

    assert resumed.step == tiny.steps
    assert_same(whole, resumed)


def test_another_seed_gives_other_weights(tmp_path: Path, tiny: Settings, shots: list[ShotLight]) -> None:
    runs = [Training(replace(tiny, seed=seed), shots, "sha") for seed in (1, 2)]
    for run in runs:
        run.run(tmp_path / "checkpoint.pt")
    assert not torch.equal(runs[0].averaged.weigh.weight, runs[1].averaged.weigh.weight)


def test_interrupt_leaves_a_checkpoint_of_the_last_whole_step(
    tmp_path: Path, tiny: Settings, shots: list[ShotLight]
) -> None:
    def interrupted_at_four(step: int, loss: float) -> None:
        if step == 4:
            raise KeyboardInterrupt

    broken = Training(tiny, shots, "sha")
    with pytest.raises(KeyboardInterrupt):
        broken.run(tmp_path / "checkpoint.pt", watch=interrupted_at_four)
    resumed = Training.resumed(read_checkpoint(tmp_path / "checkpoint.pt"), shots)
    assert resumed.step == 4
    resumed.run(tmp_path / "checkpoint.pt")
    whole = Training(tiny, shots, "sha")
    whole.run(tmp_path / "whole.pt")
    assert_same(whole, resumed)


def test_loss_falls_far_below_that_of_the_first_weights(tmp_path: Path, shots: list[ShotLight]) -> None:
    settings = Settings(steps=240, seed=3, width=48, layers=1, clips=64, pool=1024, learning_rate=5e-3)
    training = Training(settings, shots, "sha")
    training.run(tmp_path / "checkpoint.pt")
    assert np.mean(training.losses[-60:]) < 0.4 * np.mean(training.losses[:20])
    assert training.validation[-1][1] < 0.5 * training.validation[0][1]


def test_learning_rate_rises_then_falls_to_almost_nothing() -> None:
    shares = [learning_rate_share(step, 1000) for step in range(1000)]
    top = int(np.argmax(shares))
    assert shares[top] == pytest.approx(1.0)
    assert top == 100
    assert shares[-1] < 0.001


def test_a_file_that_is_no_checkpoint_says_so(tmp_path: Path) -> None:
    (tmp_path / "checkpoint.pt").write_bytes(b"not a checkpoint")
    with pytest.raises(TrainingError, match=r"is no checkpoint; train anew, without --resume"):
        read_checkpoint(tmp_path / "checkpoint.pt")
    with pytest.raises(TrainingError, match=r"nothing to resume: no .*; train without --resume"):
        read_checkpoint(tmp_path / "nowhere.pt")


@pytest.mark.parametrize(
    ("changed", "complaint"),
    [
        ({"steps": 0}, "steps must be a whole number of at least 1, got 0"),
        ({"steps": 1.5}, "steps must be a whole number of at least 1, got 1.5"),
        ({"seed": -1}, "seed must be a whole number of at least 0, got -1"),
        ({"seed": 1_000_000}, "seed must be one of the training split's, 0 to 999999, got 1000000"),
        ({"learning_rate": 0.0}, "learning_rate must lie between 0 and 1, got 0.0"),
        ({"length_frames": 119}, "length_frames must be a whole number of at least 120, got 119"),
        ({"averaging": 1.0}, "averaging must be below 1"),
        ({"steadiness": float("nan")}, "steadiness must be a number of at least 0, got nan"),
    ],
)
def test_settings_that_cannot_be_are_refused(changed: dict[str, float], complaint: str) -> None:
    with pytest.raises(TrainingError, match=complaint.replace("(", r"\(")):
        Settings(**changed)  # type: ignore[arg-type]


def test_losses_come_one_a_step(tmp_path: Path, tiny: Settings, shots: Sequence[ShotLight]) -> None:
    training = Training(tiny, shots, "sha")
    seen: list[int] = []
    training.run(tmp_path / "checkpoint.pt", watch=lambda step, loss: seen.append(step))
    assert seen == list(range(1, tiny.steps + 1))
    assert len(training.losses) == tiny.steps
