"""Trained weights as files: as a training writes them and as they are shipped."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import nn

from reelmend_models.training.footage.files import write_whole
from reelmend_models.training.repair.errors import RepairTrainingError

TRAINED_FOLDER = Path(__file__).with_name("trained")

Net = TypeVar("Net", bound=nn.Module)


def load_weights(net: Net, name: str, folder: Path = TRAINED_FOLDER) -> Net:
    """Return the net with the weights of that name, the shipped ones unless a folder is given, ready to be exported.

    Raises RepairTrainingError when they are not there or do not fit.
    """
    file = folder / f"{name}.npz"
    try:
        with np.load(file) as content:
            net.load_state_dict({key: torch.from_numpy(content[key]) for key in content.files})
    except FileNotFoundError as error:
        raise RepairTrainingError(
            f"no weights at {file}; run 'python -m reelmend_models.training repair --part {name}'"
        ) from error
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise RepairTrainingError(f"{file} does not hold weights of this version's net; train it again") from error
    return net.eval().requires_grad_(False)


def save_weights(net: nn.Module, name: str, folder: Path = TRAINED_FOLDER) -> Path:
    """Return the file of the weights, float32, written into the folder; same weights, same bytes."""
    stream = BytesIO()
    np.savez(stream, **{key: value.detach().cpu().contiguous().numpy() for key, value in net.state_dict().items()})
    file = folder / f"{name}.npz"
    write_whole(file, stream.getvalue())
    return file
