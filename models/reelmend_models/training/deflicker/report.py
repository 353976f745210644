"""What a training leaves beside the weights: settings, data, losses and their picture, scores, and the model card."""

from __future__ import annotations

import json
import platform
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import torch

from reelmend_models.training.deflicker.card import model_card
from reelmend_models.training.deflicker.curves import draw_curves
from reelmend_models.training.deflicker.evaluate import evaluate
from reelmend_models.training.deflicker.flicker_paths import FLICKERS
from reelmend_models.training.deflicker.load import load_trend_net, save_trend_net
from reelmend_models.training.deflicker.measured_light import ShotLight
from reelmend_models.training.deflicker.train import Training
from reelmend_models.training.footage.files import sha256_of, write_whole

CONFIG, DATA, METRICS, LOSSES, CURVES, CARD = (
    "config.json",
    "data.json",
    "metrics.json",
    "losses.json",
    "curves.png",
    "README.md",
)
LOSSES_KEPT = 200


def write_results(training: Training, shots: Sequence[ShotLight], folder: Path) -> dict[str, Any]:
    """Return the metrics of the averaged weights, written into the folder with all that tells where they come from."""
    weights = save_trend_net(training.averaged, folder)
    config = {**asdict(training.settings), **_surroundings(training)}
    data = _data(training, shots)
    losses = {"training": thinned(training.losses), "validation": training.validation}
    validation = [shot for shot in shots if shot.origin.split == "validation"]
    scores = evaluate(load_trend_net(folder), validation)
    metrics = {
        "weights_sha256": sha256_of(weights),
        "final_validation_loss": training.validation[-1][1] if training.validation else None,
        "validation": {kind: {name: rounded(asdict(s)) for name, s in each.items()} for kind, each in scores.items()},
    }
    for name, content in ((CONFIG, config), (DATA, data), (LOSSES, losses), (METRICS, metrics)):
        write_whole(folder / name, (json.dumps(content, indent=1, ensure_ascii=False) + "\n").encode())
    draw_curves(losses["training"], training.validation, folder / CURVES)
    write_whole(folder / CARD, model_card(config, data, metrics).encode())
    return metrics


def thinned(losses: Sequence[float]) -> list[tuple[int, float]]:
    """Return at most about 200 (step, mean loss since the one before)."""
    each = max(1, -(-len(losses) // LOSSES_KEPT))
    parts = [(first, losses[first : first + each]) for first in range(0, len(losses), each)]
    return [(first + len(part), round(float(np.mean(part)), 6)) for first, part in parts]


def rounded(values: dict[str, float]) -> dict[str, float]:
    """Return the values with six digits after the point."""
    return {name: round(value, 6) for name, value in values.items()}


def _surroundings(training: Training) -> dict[str, Any]:
    return {
        "steps_done": training.step,
        "trained_s": round(training.trained_s, 1),
        "device": training.device.type,
        "threads": torch.get_num_threads(),
        "machine": platform.machine(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "parameters": sum(part.numel() for part in training.averaged.parameters()),
    }


def _data(training: Training, shots: Sequence[ShotLight]) -> dict[str, Any]:
    return {
        "measured_light_sha256": training.measured_sha256,
        "training_shots": [asdict(shot.origin) for shot in shots if shot.origin.split == "training"],
        "validation_shots": [asdict(shot.origin) for shot in shots if shot.origin.split == "validation"],
        "flicker": [asdict(stage) for stage in FLICKERS],
    }
