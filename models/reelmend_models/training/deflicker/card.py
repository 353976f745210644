"""The model card of a trained net: what it does, what it learnt from, how well it does, where it fails."""

from __future__ import annotations

from typing import Any

FIGURES = (
    ("gain over it, dB", "gain_db", "{:+.2f}"),
    ("flicker left, share of its", "flicker_ratio", "{:.2f}"),
    ("drift, share of its", "drift_ratio", "{:.2f}"),
)
TITLES = {
    "level": "flicker of the whole frame, with stray frames",
    "cells": "flicker of single cells of the field",
    "clean": "no flicker",
}


def model_card(config: dict[str, Any], data: dict[str, Any], metrics: dict[str, Any]) -> str:
    """Return the card as Markdown."""
    return "\n\n".join([_what(config), _data(data), _figures(metrics), _limits()]) + "\n"


def _what(config: dict[str, Any]) -> str:
    return f"""# TrendNet: where light should be

The deflicker measures how light changes from frame to frame and adds the changes up to paths: of the whole frame, of
its tones, of the cells of a coarse field. This net reads 121 frames of such a path, fewer at clip ends, cuts and
smaller radii, and tells where its middle would be without flicker. It sees no picture.
{config["parameters"]:,} parameters, fully connected.

Trained by `python -m reelmend_models.training deflicker --steps {config["steps"]} --seed {config["seed"]}`
in {config["trained_s"] / 60:.0f} minutes on {config["device"]} ({config["threads"]} threads); every setting stands in
`config.json`, the losses in `losses.json` and `curves.png`, the scores in `metrics.json`. Licence: Apache-2.0."""


def _data(data: dict[str, Any]) -> str:
    rows = {
        (shot["clip"], shot["licence"], shot["attribution"]): None
        for shot in data["training_shots"] + data["validation_shots"]
    }
    listing = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""## What it learnt from

Light that is drawn (still, ramps, broken lines, fades, slow wandering) and light measured on clips of the footage's
training split; flicker as the damage simulator draws it, with the settings of its presets. Only clips and photographs
whose licence asks for no more than a mention went in; `data.json` lists them with their sha256. Those of the validation
split are for scores alone.

| clip | licence | whose |
| --- | --- | --- |
{listing}"""


def _figures(metrics: dict[str, Any]) -> str:
    lines = ["| on clips of the validation split | window | " + " | ".join(title for title, *_ in FIGURES) + " |"]
    lines.append("| --- " * (2 + len(FIGURES)) + "|")
    for kind, scores in metrics["validation"].items():
        for name, score in scores.items():
            if name.startswith("net"):
                cells = [form.format(score[key]) for _, key, form in FIGURES]
                lines.append(f"| {TITLES[kind]} | ±{name.removeprefix('net')} | {' | '.join(cells)} |")
    clean = metrics["validation"]["clean"]["net30"]
    table = "\n".join(lines)
    return f"""## How well it does

Beside the plain mean of 31 frames, which is what scale-time equalisation takes. Error: root mean square of log light.

{table}

Without flicker the ±30 net moves light by {100 * clean["error"]:.3f} % (root mean square)."""


def _limits() -> str:
    return """## Where it fails

Flicker with a memory looks like a change of light while the window is short. True light that pulses within a few frames
is taken for flicker. Near a clip's ends, where one half of the window is missing, errors are larger."""
