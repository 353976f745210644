"""The small network that tells where a noisy path of light should be at its middle."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

import reelmend_models
from reelmend_models.reference.deflicker.arrays import Array, single

REACH_FRAMES = 60
LEAST_STEP = 2e-3
MOST_STEPS = 4.0
WEIGHTS = Path("training", "deflicker", "trained", "trend_net.npz")

Weights = Mapping[str, Array]


def trained_weights() -> Weights:
    """Return the weights of the net that is shipped, by name."""
    with np.load(Path(next(iter(reelmend_models.__path__))) / WEIGHTS) as content:
        return {name: content[name] for name in content.files}


def should_be(weights: Weights, paths: Array, present: Array) -> Array:
    """Return where B paths (B, 121) of log light should be at their middle. present: (121,) which frames are known.

    Four looks: as it is, back to front, upside down, both.
    """
    looks = ((1, 1), (1, -1), (-1, 1), (-1, -1))
    return single(sum(up * _one_look(weights, up * paths[:, ::on], present[::on]) for up, on in looks)) / 4


def _one_look(weights: Weights, paths: Array, present: Array) -> Array:
    known = present > 0
    count = known.sum()
    middle = np.sort(paths[:, known], axis=1)[:, (count - 1) // 2, None]
    deviations = (paths - middle) * present
    both = known[1:] & known[:-1]
    steps = np.abs(np.diff(deviations, axis=1))[:, both]
    usual_step = steps.sum(axis=1, keepdims=True) / max(both.sum(), 1) + LEAST_STEP
    spread = np.sqrt((deviations**2).sum(axis=1, keepdims=True) / count) + LEAST_STEP
    parts = (
        np.clip(deviations / (MOST_STEPS * usual_step), -MOST_STEPS, MOST_STEPS),
        deviations / spread,
        np.broadcast_to(present, paths.shape),
        np.log(usual_step) + 3.5,
        np.log(spread) + 3.0,
    )
    state = _silu(_through(weights, "enter", single(np.concatenate(parts, axis=1))))
    for layer in range(sum(name.startswith("layers.") for name in weights) // 2):
        state = state + _silu(_through(weights, f"layers.{layer}", state))
    say = _softmax((_through(weights, "weigh", state) + weights["nearness"])[:, known])
    mean = (say * deviations[:, known]).sum(axis=1)
    return single(middle[:, 0] + mean + (_through(weights, "offset", state) * usual_step)[:, 0])


def _through(weights: Weights, layer: str, values: Array) -> Array:
    return values @ weights[f"{layer}.weight"].T + weights[f"{layer}.bias"]


def _silu(values: Array) -> Array:
    return single(values / (1.0 + np.exp(-values)))


def _softmax(values: Array) -> Array:
    shares = np.exp(values - values.max(axis=1, keepdims=True))
    return single(shares / shares.sum(axis=1, keepdims=True))
