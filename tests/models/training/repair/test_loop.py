"""The training loop: seeded, stopped and resumed bit for bit, and what it says when it can't go on."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from reelmend_models.definitions.repair.detect import Detect
from reelmend_models.training.repair.detector import Detector
from reelmend_models.training.repair.errors import RepairTrainingError
from reelmend_models.training.repair.loop import Training, learning_rate_share, read_checkpoint
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.report import write_card, write_results
from reelmend_models.training.repair.samples import Pool
from reelmend_models.training.repair.weights import load_weights, save_weights

WIDTHS = (4, 6, 8)
SETTINGS = Settings(steps=6, batch=2)


@pytest.fixture(scope="module")
def part(pool: Pool, validation_pool: Pool) -> Detector:
    return Detector(SETTINGS, pool, validation_pool, WIDTHS, "detector", samples=4, validation_samples=2)


def _weights(training: Training) -> dict[str, torch.Tensor]:
    return training.averaged.state_dict()


def _same(a: dict[str, torch.Tensor], b: dict[str, torch.Tensor]) -> bool:
    return all(torch.equal(a[name], b[name]) for name in a)


def test_training_that_was_stopped_goes_on_bit_for_bit(part: Detector, tmp_path: Path) -> None:
    torch.set_num_threads(1)
    whole, first, second = Training(part), Training(part), Training(part)
    whole.run(tmp_path / "whole.pt")
    first.run(tmp_path / "parts.pt", stop_at=3)
    second.resume(tmp_path / "parts.pt")
    assert second.step == 3
    second.run(tmp_path / "parts.pt")
    assert _same(_weights(whole), _weights(second))
    assert whole.losses == second.losses
    assert [figures["loss"] for _, figures in whole.validation] == [figures["loss"] for _, figures in second.validation]


def test_training_moves_the_weights_and_lowers_the_loss_of_what_it_sees(
    pool: Pool, validation_pool: Pool, tmp_path: Path
) -> None:
    settings = Settings(steps=80, batch=4, learning_rate=1e-2)
    part = Detector(settings, pool, validation_pool, WIDTHS, "detector", samples=4, validation_samples=2)
    training = Training(part)
    training.run(tmp_path / "a.pt")
    assert sum(training.losses[-10:]) < 0.8 * sum(training.losses[:10])


def test_checkpoint_of_other_settings_is_refused_in_words(
    part: Detector, pool: Pool, validation_pool: Pool, tmp_path: Path
) -> None:
    file = tmp_path / "a.pt"
    Training(part).write(file)
    other = Detector(replace(SETTINGS, steps=7), pool, validation_pool, WIDTHS, "detector", samples=4)
    with pytest.raises(RepairTrainingError, match="other settings"):
        Training(other).resume(file)


@pytest.mark.parametrize("content", [b"", b"no checkpoint", None])
def test_file_that_is_no_checkpoint_is_refused_in_words(tmp_path: Path, content: bytes | None) -> None:
    file = tmp_path / "a.pt"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(RepairTrainingError, match=r"a\.pt"):
        read_checkpoint(file)


def test_results_tell_where_the_weights_come_from(part: Detector, tmp_path: Path) -> None:
    training = Training(part)
    training.run(tmp_path / "a.pt", stop_at=6)
    write_results(training, tmp_path)
    write_card(tmp_path)
    told = json.loads((tmp_path / "detector.json").read_text())
    assert told["config"]["steps_done"] == 6
    assert told["data"][0]["licence"] == "Apache-2.0"
    assert {"loss", "weights_sha256", "all_recall_0.5"} <= set(told["metrics"])
    assert (tmp_path / "detector.png").read_bytes().startswith(b"\x89PNG")
    card = (tmp_path / "README.md").read_text()
    assert "heaps of leaves" in card
    assert "Where they fail" in card
    loaded = load_weights(Detect(WIDTHS), "detector", tmp_path)
    assert _same(loaded.state_dict(), _weights(training))


def test_same_weights_are_the_same_bytes(tmp_path: Path) -> None:
    torch.manual_seed(3)
    net = Detect(WIDTHS)
    first = save_weights(net, "detector", tmp_path / "a").read_bytes()
    assert save_weights(net, "detector", tmp_path / "b").read_bytes() == first


def test_weights_that_do_not_fit_are_refused_in_words(tmp_path: Path) -> None:
    with pytest.raises(RepairTrainingError, match="no weights at"):
        load_weights(Detect(WIDTHS), "detector", tmp_path)
    save_weights(Detect((4, 4, 4)), "detector", tmp_path)
    with pytest.raises(RepairTrainingError, match="does not hold weights"):
        load_weights(Detect(WIDTHS), "detector", tmp_path)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"steps": 0}, "steps"),
        ({"batch": 0}, "batch"),
        ({"seed": 10**9}, "seed"),
        ({"learning_rate": 1.5}, "learning_rate"),
        ({"averaging": 1.0}, "averaging"),
    ],
)
def test_settings_out_of_range_are_refused_in_words(change: dict[str, float], word: str) -> None:
    with pytest.raises(RepairTrainingError, match=word):
        replace(SETTINGS, **change)  # type: ignore[arg-type]


def test_learning_rate_rises_and_falls() -> None:
    shares = [learning_rate_share(step, 2000) for step in range(2000)]
    assert shares[0] < 0.01
    assert max(shares) > 0.9
    assert shares[-1] < 0.01
