"""The trained net as it is shipped, and as a training writes it."""

from __future__ import annotations

import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import torch

from reelmend_models.definitions.deflicker.trend_net import TrendNet
from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.footage.files import write_whole

TRAINED_FOLDER = Path(__file__).with_name("trained")
WEIGHTS_NAME = "trend_net.npz"


def load_trend_net(folder: Path = TRAINED_FOLDER) -> TrendNet:
    """Return the net of a folder that a training wrote, the shipped one unless given, ready to be exported.

    Raises TrainingError when the weights are not there or do not fit.
    """
    file = folder / WEIGHTS_NAME
    try:
        with np.load(file) as content:
            state = {name: torch.from_numpy(content[name]) for name in content.files}
        width, layers = len(state["enter.bias"]), sum(name.startswith("layers.") for name in state) // 2
        net = TrendNet(width, layers)
        net.load_state_dict(state)
    except FileNotFoundError as error:
        raise TrainingError(
            f"no weights at {file}; run 'python -m reelmend_models.training deflicker --out {folder}'"
        ) from error
    except (OSError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile) as error:
        raise TrainingError(
            f"{file} does not hold the weights of a TrendNet of this version; train it again"
        ) from error
    return net.eval().requires_grad_(False)


def save_trend_net(net: TrendNet, folder: Path) -> Path:
    """Return the file of the weights, float32, written into the folder; same weights, same bytes."""
    stream = BytesIO()
    np.savez(stream, **{name: value.detach().cpu().numpy() for name, value in net.state_dict().items()})
    file = folder / WEIGHTS_NAME
    write_whole(file, stream.getvalue())
    return file
