"""The model card of the trained nets: what they do, what they learnt from, how well they do, where they fail."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TITLES = {
    "detector": "finds blotches, hairs and scratches in five frames",
    "detector_quality": "the same with wider layers",
    "fill": "blends what neighbours and surroundings know",
    "lines": "tells scratches from the lines of a scene",
}


def model_card(parts: Mapping[str, Any]) -> str:
    """Return the card as Markdown, from what each part's training left."""
    return "\n\n".join([_what(parts), _data(parts), _figures(parts), _limits()]) + "\n"


def _what(parts: Mapping[str, Any]) -> str:
    rows = [
        f"| {name} | {TITLES.get(name, '')} | {config['parameters']:,} | {config['steps_done']:,} × {config['batch']} "
        f"| {config['trained_s'] / 60:.0f} min, {config['device']}, {config['threads']} threads |"
        for name, config in ((name, part["config"]) for name, part in parts.items())
    ]
    return "\n".join(
        [
            "# The nets of repair",
            "",
            "Trained by `python -m reelmend_models.training repair`; settings, data, losses and figures of each",
            "stand in its `.json`, the losses as a picture in its `.png`. Licence: Apache-2.0.",
            "",
            "| net | what it does | weights | steps × samples | trained in |",
            "| --- | --- | --- | --- | --- |",
            *rows,
        ]
    )


def _data(parts: Mapping[str, Any]) -> str:
    rows = {
        (origin["name"], origin["licence"], origin["attribution"]): None
        for part in parts.values()
        for origin in part["data"]
    }
    listing = "\n".join(f"| {' | '.join(row)} |" for row in rows)
    return f"""## What they learnt from

Damage that the simulator draws (dust, blotches, hairs, passing and standing scratches; the shapes held out for tests
are not among it) on clean windows: stretches of the footage's training split, and pictures that move over each other:
frames, photographs and drawn heaps of leaves. Grain, flicker, softness, weave and losses of storage vary. A quarter of
the windows has no damage; in one of three rain, snow, sparks, glitter, lights, letters or small fast things are part of
the scene. Only clips and photographs whose licence asks for no more than a mention went in.

| what | licence | whose |
| --- | --- | --- |
{listing}"""


def _figures(parts: Mapping[str, Any]) -> str:
    tables = []
    for name, part in parts.items():
        rows = "\n".join(f"| {figure} | {value} |" for figure, value in part["metrics"].items())
        tables.append(f"### {name}\n\n| figure | value |\n| --- | --- |\n{rows}")
    return "\n\n".join(["## How well they do, on the validation split", *tables])


def _limits() -> str:
    return """## Where they fail

What flow cannot follow (fast turns, cloth, water close by) looks like a defect of one frame. A hair that stands in the
gate for many frames is in the neighbours too, and is found by its shape alone, if at all. Dust smaller than a pixel and
a half, or fainter than the grain, is missed. Faint scratches on a standing shot may be taken for part of the scene, and
are then left alone."""
