"""What a training leaves beside the weights: settings, data, losses and their picture, figures, and the model card."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reelmend_models.training.deflicker.curves import draw_curves
from reelmend_models.training.deflicker.report import thinned
from reelmend_models.training.footage.files import sha256_of, write_whole
from reelmend_models.training.repair.card import model_card
from reelmend_models.training.repair.loop import Training
from reelmend_models.training.repair.weights import save_weights

CARD = "README.md"


def write_results(training: Training, folder: Path) -> Mapping[str, float]:
    """Return the last figures, written with the averaged weights and all that tells where they come from."""
    part = training.part
    weights = save_weights(training.averaged, part.name, folder)
    figures = training.validation[-1][1]
    losses = {
        "training": thinned(training.losses),
        "validation": [(step, f["loss"]) for step, f in training.validation],
    }
    content = {
        "config": {**asdict(part.settings), **_surroundings(training)},
        "data": [asdict(origin) for origin in part.origins],
        "metrics": {"weights_sha256": sha256_of(weights), **{name: round(value, 6) for name, value in figures.items()}},
        "losses": losses,
    }
    write_whole(folder / f"{part.name}.json", (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    draw_curves(losses["training"], losses["validation"], folder / f"{part.name}.png", "loss")
    return figures


def write_card(folder: Path) -> None:
    """Write the model card of all nets that the folder holds."""
    parts: dict[str, Any] = {
        file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))
    }
    write_whole(folder / CARD, model_card(parts).encode())


def _surroundings(training: Training) -> dict[str, Any]:
    return {
        "steps_done": training.step,
        "trained_s": round(training.trained_s, 1),
        "device": training.device.type,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "parameters": sum(weight.numel() for weight in training.averaged.parameters()),
    }
