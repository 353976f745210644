"""A training that was stopped, as a file from which it goes on bit for bit."""

from __future__ import annotations

import pickle
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.deflicker.settings import Settings
from reelmend_models.training.footage.files import appearing

FORMAT = 1


@dataclass(frozen=True)
class Checkpoint:
    """Where a training stands after `step` steps.

    Nothing of random generators is needed: what a step draws follows from the seed and the step's number.
    """

    settings: Settings
    measured_sha256: str
    step: int
    net: dict[str, Any]
    averaged: dict[str, Any]
    optimiser: dict[str, Any]
    losses: list[float]
    validation: list[tuple[int, float]]
    trained_s: float


def write_checkpoint(checkpoint: Checkpoint, file: Path) -> None:
    """Write the checkpoint so that the file is whole at any moment, Ctrl-C and power cuts included."""
    content = {"format": FORMAT, **vars(checkpoint), "settings": asdict(checkpoint.settings)}
    with appearing(file) as partial:
        torch.save(content, partial)


def read_checkpoint(file: Path) -> Checkpoint:
    """Return the checkpoint in a file. Raises TrainingError when it is not there, or no checkpoint of this version."""
    try:
        content = torch.load(file, map_location="cpu", weights_only=True)
        if content.pop("format") != FORMAT:
            raise TrainingError(f"{file} was written by another version; train anew, without --resume")
        return Checkpoint(**{**content, "settings": Settings(**content["settings"])})
    except FileNotFoundError as error:
        raise TrainingError(f"nothing to resume: no {file}; train without --resume") from error
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise TrainingError(f"{file} is no checkpoint; train anew, without --resume") from error
