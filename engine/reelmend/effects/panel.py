"""The node's panel as data: effects.json in the bundle's Resources, made from the one list of descriptors.

`python -m reelmend.effects.panel FILE` writes it; a test holds the committed file to what this says.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from reelmend.effects.catalogue import EFFECTS, find_model
from reelmend.inference.models import ModelStore
from reelmend.manifest import Manifest
from reelmend.parameters import Choice, Group, Parameter, ParameterType, Role

PANEL_FORMAT = 1
GROUPING = "Reelmend"

GROUPS = (
    Group(name="main", label="Main"),
    Group(name="temporal", label="Temporal"),
    Group(name="engine", label="Engine"),
)

LABELS = {"deflicker": "Deflicker"}
DESCRIPTIONS = {
    "deflicker": "Steadies flickering exposure: the brightness of each frame follows its trend over the window, "
    "within the shot, so that fades and lighting changes stay. Alpha passes through.",
}
OUTPUT_LABELS = {"result": "Result", "gain": "Applied gain"}

NODE_PARAMETERS = (
    Parameter(
        name="engineAddress",
        label="Engine address",
        type=ParameterType.TEXT,
        default="",
        hint="Where the engine listens: unix:/path or 127.0.0.1:port. Empty: this user's own engine, which the node "
        "starts when none answers.",
        group="engine",
        role=Role.ENGINE_ADDRESS,
    ),
    Parameter(
        name="pixelRoute",
        label="Pixel route",
        type=ParameterType.CHOICE,
        default="automatic",
        choices=(
            Choice(value="automatic", label="Automatic"),
            Choice(value="shared_memory", label="Shared memory"),
            Choice(value="in_stream", label="In stream"),
        ),
        hint="How pixels reach the engine. Automatic takes shared memory, and the stream where that can't be opened.",
        group="engine",
        role=Role.PIXEL_ROUTE,
    ),
    Parameter(
        name="timeout",
        label="Timeout",
        type=ParameterType.NUMBER,
        default=60.0,
        minimum=1.0,
        maximum=3600.0,
        hint="How long a frame may take before the node gives up and says so.",
        unit="s",
        group="engine",
        role=Role.TIMEOUT,
    ),
)


def view_parameter(manifest: Manifest) -> Parameter:
    """Return the View menu: the model's outputs, and the source."""
    outputs = [Choice(value=name, label=OUTPUT_LABELS.get(name, name.capitalize())) for name in manifest.outputs]
    return Parameter(
        name="view",
        label="View",
        type=ParameterType.CHOICE,
        default="result",
        choices=(outputs[0], Choice(value="source", label="Source"), *outputs[1:]),
        hint="What the node puts out. Applied gain: mid grey is unchanged, white is doubled.",
        role=Role.VIEW,
    )


def panel(models: ModelStore) -> dict[str, Any]:
    """Return the panel of every effect, ready for JSON."""
    return {"format": PANEL_FORMAT, "effects": [_effect_panel(name, models) for name in sorted(EFFECTS)]}


def _effect_panel(name: str, models: ModelStore) -> dict[str, Any]:
    manifest = find_model(models, EFFECTS[name]).manifest
    major, minor, *_ = manifest.version.split(".")
    parameters = (*manifest.parameters, view_parameter(manifest), *NODE_PARAMETERS)
    return {
        "identifier": f"org.reelmend.{LABELS[name]}",
        "label": LABELS[name],
        "grouping": GROUPING,
        "version": [int(major), int(minor)],
        "description": DESCRIPTIONS[name],
        "effect": name,
        "model": manifest.id,
        "window": {"radius_parameter": "radius", "radius_frames": manifest.temporal.radius_frames},
        "identity": {"parameter": "strength", "value": 0.0},
        "groups": [group.model_dump() for group in GROUPS],
        "parameters": [parameter.model_dump(mode="json", exclude_none=True) for parameter in parameters],
    }


def panel_json(models: ModelStore) -> str:
    """Return the file's text."""
    return json.dumps(panel(models), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(panel_json(ModelStore.default()), encoding="utf-8")
