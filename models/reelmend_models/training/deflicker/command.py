"""The commands `deflicker`, which trains the net that expects light, and `measure-light`, for its real paths."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from reelmend_models.training.deflicker.checkpoint import read_checkpoint
from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.deflicker.measured_light import (
    MEASURED_FILE,
    ShotLight,
    measured_sha256,
    read_measured,
    write_measured,
)
from reelmend_models.training.deflicker.report import write_results
from reelmend_models.training.deflicker.settings import Settings
from reelmend_models.training.deflicker.train import Training, Watch
from reelmend_models.training.footage import read_footage

if TYPE_CHECKING:
    from argparse import _SubParsersAction

DEFAULT_FOLDER = Path("out/training/deflicker")
CHECKPOINT_NAME = "checkpoint.pt"
SAY_EVERY_S = 20.0
OPTIONS = {
    "steps": "how many times the weights move",
    "seed": "of the first weights and of all that is drawn; one of the training split's",
    "width": "of the net's layers",
    "layers": "how many of them",
    "learning_rate": "the highest",
    "steadiness": "weight of flicker left, relative to the error",
    "clips": "paths per step",
}


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add both commands to a parser."""
    trainer = commands.add_parser("deflicker", help="train the deflicker's net that expects light")
    defaults = {field.name: field.default for field in fields(Settings)}
    for name, what in OPTIONS.items():
        kind = type(defaults[name])
        text = f"{what} (default: {defaults[name]})"
        trainer.add_argument(f"--{name.replace('_', '-')}", type=kind, metavar=kind.__name__.upper(), help=text)
    trainer.add_argument(
        "--out", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help=f"for weights and figures ({DEFAULT_FOLDER})"
    )
    begin = trainer.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on with the training that was stopped in --out")
    begin.add_argument("--overwrite", action="store_true", help="begin anew although --out holds a training")
    trainer.add_argument("--measured", type=Path, default=MEASURED_FILE, metavar="FILE", help="paths of real light")
    trainer.add_argument("--device", default="cpu", help="where to train, as torch names it: cpu (default), cuda")
    trainer.add_argument("--threads", type=int, metavar="INT", help="on the CPU (default: as torch finds best)")
    trainer.set_defaults(run=_train)
    measurer = commands.add_parser(
        "measure-light", help="measure the light of built footage, for the deflicker's training"
    )
    measurer.add_argument("footage", type=Path, metavar="DIR", help="a folder that 'training.footage build' made")
    measurer.add_argument("--out", type=Path, default=MEASURED_FILE, metavar="FILE", help="where the paths come to lie")
    measurer.set_defaults(run=_measure)


def _train(given: argparse.Namespace) -> int:
    if given.threads is not None:
        if given.threads < 1:
            raise TrainingError(f"--threads must be at least 1, got {given.threads}")
        torch.set_num_threads(given.threads)
    _check_device(given.device)
    shots = read_measured(given.measured)
    file = given.out / CHECKPOINT_NAME
    training = _resumed(given, file, shots) if given.resume else _begun(given, file, shots)
    with _progress(training) as watch:
        training.run(file, watch=watch)
    metrics = write_results(training, shots, given.out)
    print(_summary(metrics["validation"], given.out, training.trained_s))
    return 0


def _measure(given: argparse.Namespace) -> int:
    from reelmend_models.training.deflicker.measure import measured_footage

    shots = measured_footage(read_footage(given.footage), _say)
    write_measured(shots, given.out)
    frames = sum(shot.origin.frames for shot in shots)
    print(f"{given.out}: {len(shots)} shots, {frames} frames")
    return 0


def _begun(given: argparse.Namespace, file: Path, shots: list[ShotLight]) -> Training:
    if file.exists() and not given.overwrite:
        raise TrainingError(
            f"{file} holds a training; go on with --resume, begin anew with --overwrite, or name another --out"
        )
    return Training(replace(Settings(), **_asked(given)), shots, measured_sha256(given.measured), given.device)


def _resumed(given: argparse.Namespace, file: Path, shots: list[ShotLight]) -> Training:
    checkpoint = read_checkpoint(file)
    for name, value in _asked(given).items():
        before = getattr(checkpoint.settings, name)
        if value != before:
            raise TrainingError(
                f"--{name.replace('_', '-')} is {before} in {file}; leave it out to resume, not {value}"
            )
    if checkpoint.measured_sha256 != measured_sha256(given.measured):
        raise TrainingError(f"{given.measured} is not the measured light that {file} was trained on; train anew")
    return Training.resumed(checkpoint, shots, given.device)


def _asked(given: argparse.Namespace) -> dict[str, Any]:
    return {name: getattr(given, name) for name in OPTIONS if getattr(given, name) is not None}


def _check_device(name: str) -> None:
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise TrainingError(f"no device {name!r} here; --device cpu always works") from error


@contextlib.contextmanager
def _progress(training: Training) -> Iterator[Watch]:
    """Give a watch that moves a bar on a terminal, and says a line now and then elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield _lines(training.settings.steps)
        return
    columns = (TextColumn("loss {task.fields[loss]:.4f}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=training.settings.steps, completed=training.step, loss=float("nan"))
        yield lambda step, loss: progress.update(task, completed=step, loss=loss)


def _lines(steps: int) -> Watch:
    said_s = float("-inf")
    recent: list[float] = []

    def watch(step: int, loss: float) -> None:
        nonlocal said_s
        recent.append(loss)
        if time.monotonic() - said_s > SAY_EVERY_S or step == steps:
            said_s = time.monotonic()
            _say(f"step {step} of {steps}, loss {sum(recent) / len(recent):.4f}")
            recent.clear()

    return watch


def _summary(scores: dict[str, Any], folder: Path, trained_s: float) -> str:
    level = scores["level"]["net30"]
    ratios = f"flicker left ×{level['flicker_ratio']:.2f}, drift ×{level['drift_ratio']:.2f}"
    return (
        f"{folder}: trained in {trained_s / 60:.1f} min; beside the mean of 31 frames, on other clips: "
        f"error {-level['gain_db']:+.2f} dB, {ratios}"
    )


def _say(line: str) -> None:
    print(f"training: {line}", file=sys.stderr, flush=True)
