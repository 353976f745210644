"""The command `repair`, which trains the nets that find and fill defects."""

from __future__ import annotations

import argparse
import contextlib
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from reelmend_models.training.footage import read_footage
from reelmend_models.training.repair.errors import RepairTrainingError
from reelmend_models.training.repair.loop import Training, Watch, read_checkpoint
from reelmend_models.training.repair.part import Part, Settings
from reelmend_models.training.repair.parts import DEFAULTS, SHIPPED, Pools, part_of
from reelmend_models.training.repair.report import write_card, write_results

if TYPE_CHECKING:
    from argparse import _SubParsersAction

DEFAULT_FOLDER = Path("out/training/repair")
DEFAULT_FOOTAGE = Path(".cache/footage/built")
SAY_EVERY_S = 20.0
OPTIONS = {
    "steps": (int, "how many times the weights move"),
    "seed": (int, "of the first weights and of all that is drawn; one of the training split's"),
    "batch": (int, "samples a step; a larger one suits a GPU"),
    "learning_rate": (float, "the highest"),
}


def add_commands(commands: _SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command to a parser."""
    trainer = commands.add_parser("repair", help="train the nets that find and fill dirt, hairs and scratches")
    trainer.add_argument(
        "--part", choices=("all", *DEFAULTS), default="all", help="which net; all (default): those of the shipped model"
    )
    for name, (kind, what) in OPTIONS.items():
        defaults = ", ".join(f"{part} {getattr(settings, name)}" for part, settings in DEFAULTS.items())
        trainer.add_argument(
            f"--{name.replace('_', '-')}",
            type=kind,
            metavar=kind.__name__.upper(),
            help=f"{what} (default: {defaults})",
        )
    trainer.add_argument(
        "--footage", type=Path, default=DEFAULT_FOOTAGE, metavar="DIR",
        help=f"a folder that 'training.footage build' made ({DEFAULT_FOOTAGE})",
    )  # fmt: skip
    trainer.add_argument(
        "--out", type=Path, default=DEFAULT_FOLDER, metavar="DIR", help=f"for weights and figures ({DEFAULT_FOLDER})"
    )
    begin = trainer.add_mutually_exclusive_group()
    begin.add_argument("--resume", action="store_true", help="go on with what was stopped in --out; done parts stay")
    begin.add_argument("--overwrite", action="store_true", help="begin anew although --out holds a training")
    trainer.add_argument("--device", default="cpu", help="where to train, as torch names it: cpu (default), cuda")
    trainer.add_argument("--threads", type=int, metavar="INT", help="on the CPU (default: as torch finds best)")
    trainer.set_defaults(run=_train)


def _train(given: argparse.Namespace) -> int:
    if given.threads is not None:
        if given.threads < 1:
            raise RepairTrainingError(f"--threads must be at least 1, got {given.threads}")
        torch.set_num_threads(given.threads)
    _check_device(given.device)
    names = list(SHIPPED) if given.part == "all" else [given.part]
    chosen = {name: _settings(given, name) for name in names}
    if not given.resume and not given.overwrite:
        for name in names:
            if (file := _checkpoint(given.out, name)).exists():
                raise RepairTrainingError(
                    f"{file} holds a training; go on with --resume, begin anew with --overwrite, or name another --out"
                )
    pools = Pools(read_footage(given.footage))
    for name, settings in chosen.items():
        _train_part(part_of(name, settings, pools), given)
    write_card(given.out)
    return 0


def _train_part(part: Part, given: argparse.Namespace) -> None:
    file = _checkpoint(given.out, part.name)
    training = Training(part, given.device)
    if given.resume and file.exists():
        training.resume(file)
    with _progress(training) as watch:
        training.run(file, watch=watch)
    figures = write_results(training, given.out)
    print(f"{given.out}: {part.name} trained in {training.trained_s / 60:.1f} min, loss {figures['loss']:.4f}")


def _settings(given: argparse.Namespace, name: str) -> Settings:
    """Return the settings of a part: as asked, else those of the checkpoint that is resumed, else its defaults."""
    asked = {option: getattr(given, option) for option in OPTIONS if getattr(given, option) is not None}
    file = _checkpoint(given.out, name)
    if given.resume and file.exists():
        before = Settings(**read_checkpoint(file)["settings"])
        for option, value in asked.items():
            if value != getattr(before, option):
                raise RepairTrainingError(
                    f"--{option.replace('_', '-')} is {getattr(before, option)} in {file}; leave it out to resume, "
                    f"not {value}"
                )
        return before
    if given.resume and given.part != "all":
        raise RepairTrainingError(f"nothing to resume: no {file}; train without --resume")
    return replace(DEFAULTS[name], **asked)


def _checkpoint(folder: Path, name: str) -> Path:
    return folder / f"{name}.pt"


def _check_device(name: str) -> None:
    try:
        torch.zeros(1, device=name)
    except (RuntimeError, AssertionError, NotImplementedError) as error:
        raise RepairTrainingError(f"no device {name!r} here; --device cpu always works") from error


@contextlib.contextmanager
def _progress(training: Training) -> Iterator[Watch]:
    """Give a watch that moves a bar on a terminal, and says a line now and then elsewhere."""
    console = Console(stderr=True)
    name, steps = training.part.name, training.part.settings.steps
    if not console.is_terminal:
        yield _lines(name, steps)
        return
    columns = (
        TextColumn(name),
        TextColumn("loss {task.fields[loss]:.4f}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=console) as progress:
        task = progress.add_task("", total=steps, completed=training.step, loss=float("nan"))
        yield lambda step, loss: progress.update(task, completed=step, loss=loss)


def _lines(name: str, steps: int) -> Watch:
    said_s = float("-inf")
    recent: list[float] = []

    def watch(step: int, loss: float) -> None:
        nonlocal said_s
        recent.append(loss)
        if time.monotonic() - said_s > SAY_EVERY_S or step == steps:
            said_s = time.monotonic()
            line = f"training: {name}: step {step} of {steps}, loss {sum(recent) / len(recent):.4f}"
            print(line, file=sys.stderr, flush=True)
            recent.clear()

    return watch
