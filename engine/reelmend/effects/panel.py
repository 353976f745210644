"""The node's panel as data: effects.json in the bundle's Resources, made from the one list of descriptors.

`python -m reelmend.effects.panel FILE` writes it; a test holds the committed file to what this says.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelmend.colour import AUTO, COLOURSPACES
from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.common_parameters import (
    INPUT_TRANSFER,
    INPUT_TRANSFER_PARAMETER,
    stop_at_cuts_parameter,
    with_common,
)
from reelmend.effects.graph_inputs import plan_of
from reelmend.effects.node_parameters import (
    ALPHA_OUTPUT,
    ANALYSIS,
    DIFFERENCE_GAIN,
    GROUPS,
    MIGRATIONS,
    NODE_PARAMETERS,
    PANEL_VERSION,
    SPLIT_POSITION,
    NodeParameter,
)
from reelmend.effects.presets import CUSTOM, preset_values, presets_of
from reelmend.errors import ReelmendError
from reelmend.frames import MASK, SOURCE
from reelmend.held_frame import HOLDS, NUMBER
from reelmend.inference.models import ModelStore
from reelmend.manifest import Manifest
from reelmend.parameters import Choice, Parameter, ParameterType, Role

PANEL_FORMAT = 2
GROUPING = "Reelmend"
OTHER_MODEL = ""
"""The model menu's last value: the id is one that the menu doesn't have."""


@dataclass(frozen=True, slots=True)
class Face:
    """What the engine can't know of an effect: how the node presents it.

    `views` lists the View menu's values in an order that only ever grows at its end, since projects store positions;
    outputs that it doesn't name follow. `parameters` and `clips` are there whatever models there are.
    """

    label: str
    version: tuple[int, int]
    description: str
    views: tuple[str, ...]
    parameters: tuple[Parameter, ...] = ()
    clips: tuple[str, ...] = (SOURCE,)


ANY_STRENGTH = Parameter(
    name="strength",
    label="Strength",
    type=ParameterType.NUMBER,
    default=1.0,
    minimum=0.0,
    maximum=1.0,
    hint="How much of the model's work is seen, for models that have a strength: 0 leaves the picture as it is.",
    animates=True,
)
ANY_RADIUS = Parameter(
    name="radius",
    label="Radius",
    type=ParameterType.INTEGER,
    default=3,
    minimum=0,
    maximum=60,
    hint="How many frames before and after the model sees, for models that let it be chosen; others see as many as "
    "they were made for.",
    unit="frames",
    group="temporal",
)
ANY_STOP_AT_CUTS = stop_at_cuts_parameter(True)

FACES = {
    "deflicker": Face(
        label="Deflicker",
        version=(1, 1),
        description="Steadies flickering exposure: the brightness of each frame follows its trend over the window, "
        "within the shot, so that fades and lighting changes stay. Alpha passes through.",
        views=("result", "source", "gain", "difference", "split"),
    ),
    "model": Face(
        label="Model",
        version=(1, 0),
        description="Runs any model that the engine has and that mends a frame from the window around it. Alpha passes "
        "through.",
        views=("result", "source", "matte", "difference", "split"),
        parameters=(ANY_STRENGTH, ANY_RADIUS, ANY_STOP_AT_CUTS, INPUT_TRANSFER_PARAMETER),
        clips=(SOURCE, MASK),
    ),
    "repair": Face(
        label="Repair",
        version=(1, 0),
        description="Finds dirt, blotches, hairs and scratches, shows them as a matte, and mends them from the frames "
        "around and from their surroundings. Everything else keeps its own bits. Alpha passes through.",
        views=("result", "source", "matte", "overlay", "difference", "split", "classes"),
    ),
}
VIEW_LABELS = {
    "result": "Result",
    "source": "Source",
    "gain": "Applied gain",
    "curve": "Luma curve",
    "matte": "Matte",
    "overlay": "Overlay",
    "classes": "Classes",
    "difference": "Difference",
    "split": "Split",
}
VIEW_HINTS = {
    "gain": "Applied gain: mid grey is unchanged, white is doubled.",
    "curve": "Luma curve: the curve before and after, drawn over the result.",
    "matte": "Matte: white where the picture was mended, if the model tells.",
    "overlay": "Overlay: what was found, over the dimmed picture: dirt orange, hairs green, scratches blue.",
    "classes": "Classes: the mattes of dirt, hairs and scratches as red, green and blue.",
}
MATTE_OUTPUT = "matte"
"""The output that a node which has it as a view can put into the alpha channel."""
MADE_BY_THE_NODE = ("source", "difference", "split")


def window_models(effect: str, models: ModelStore) -> list[Manifest]:
    """Return the models that the effect's node offers, its default one first, the others by id."""
    default = EFFECTS[effect].default_model
    fitting = [model.manifest for model in models.all() if _fits(effect, model.manifest)]
    return sorted(fitting, key=lambda manifest: (manifest.id != default, manifest.id))


def _fits(effect: str, manifest: Manifest) -> bool:
    if manifest.temporal.kind != "window" or manifest.spatial.scale != 1:
        return False
    if EFFECTS[effect].default_model:
        return manifest.effect == effect
    try:
        plan_of(manifest)
    except ReelmendError:
        return False
    return True


def view_parameter(effect: str, manifests: Sequence[Manifest]) -> Parameter:
    """Return the View menu: what the effect's node can put out."""
    views = FACES[effect].views
    views += tuple(sorted({name for manifest in manifests for name in manifest.outputs} - set(views)))
    hints = [VIEW_HINTS[name] for name in views if name in VIEW_HINTS]
    return Parameter(
        name="view",
        label="View",
        type=ParameterType.CHOICE,
        default="result",
        choices=tuple(Choice(value=name, label=VIEW_LABELS.get(name, name.capitalize())) for name in views),
        hint=" ".join(
            (
                "What the node puts out.",
                *hints,
                "Difference: how far the result is from the source. Split: the source on the left, the result on the "
                "right.",
            )
        ),
        role=Role.VIEW,
    )


def input_clips(effect: str, manifests: Sequence[Manifest]) -> list[str]:
    """Return the input clips of the effect's node: its own, and those that its models read."""
    clips = (*FACES[effect].clips, *(clip for manifest in manifests for clip in manifest.input_clips))
    return list(dict.fromkeys(clips))


def preset_parameter(effect: str) -> NodeParameter:
    """Return the Preset menu: "custom" first, since new presets join at the end."""
    presets = presets_of(effect)
    return NodeParameter(
        name="preset",
        label="Preset",
        type=ParameterType.CHOICE,
        default=presets[0].name,
        choices=(
            Choice(value=CUSTOM, label="Custom"),
            *(Choice(value=preset.name, label=preset.label) for preset in presets),
        ),
        hint="Sets the other parameters; turns to Custom when one of them is changed. "
        + ". ".join(f"{preset.label}: {preset.hint}" for preset in presets)
        + ".",
        role=Role.PRESET,
        evaluates=False,
    )


def model_parameters(manifests: Sequence[Manifest]) -> tuple[NodeParameter, NodeParameter]:
    """Return the menu of models, and the secret text that holds the chosen one's id."""
    menu = NodeParameter(
        name="model",
        label="Model",
        type=ParameterType.CHOICE,
        default=manifests[0].id if manifests else OTHER_MODEL,
        choices=(
            *(Choice(value=manifest.id, label=model_label(manifest)) for manifest in manifests),
            Choice(value=OTHER_MODEL, label="Another"),
        ),
        hint="Which model mends the picture. Another: one that this menu lacks; a project may name it by its id, "
        "and it renders if the engine has it. 'reelmend ofx install' brings the menu up to date.",
        role=Role.MODEL_MENU,
    )
    identity = NodeParameter(
        name="modelId",
        label="Model id",
        type=ParameterType.TEXT,
        default="",
        hint="The id of the chosen model, which is what a project keeps: the menu is only its face. Empty: the menu's.",
        role=Role.MODEL_ID,
        secret=True,
    )
    return menu, identity


def model_label(manifest: Manifest) -> str:
    """Return the model's id in words: "two_stage-hd" is "Two stage hd"."""
    return manifest.id.replace("_", " ").replace("-", " ").capitalize()


def shared_parameters(effect: str, manifests: Sequence[Manifest]) -> list[Parameter]:
    """Return the effect's parameters and those of all its models, one of each name, as wide as the widest range.

    Defaults are the effect's own where it has some: hosts that store only what differs from a default would open old
    projects with other values if these followed whichever model comes first.

    One that a model describes with another type than an earlier one is left out: the model then takes its default.
    """
    shared = {parameter.name: parameter for parameter in FACES[effect].parameters}
    for manifest in manifests:
        for parameter in with_common(manifest):
            known = shared.setdefault(parameter.name, parameter)
            if _alike(known, parameter) and known.minimum is not None and known.maximum is not None:
                shared[known.name] = known.model_copy(
                    update={
                        "minimum": min(known.minimum, parameter.minimum or 0.0),
                        "maximum": max(known.maximum, parameter.maximum or 0.0),
                    }
                )
    return list(shared.values())


def _alike(one: Parameter, other: Parameter) -> bool:
    return (one.type, one.choices) == (other.type, other.choices)


def panel(models: ModelStore) -> dict[str, Any]:
    """Return the panel of every effect, ready for JSON."""
    return {"format": PANEL_FORMAT, "effects": [_effect_panel(name, models) for name in sorted(FACES)]}


def _effect_panel(name: str, models: ModelStore) -> dict[str, Any]:
    face = FACES[name]
    manifests = window_models(name, models)
    shared = shared_parameters(name, manifests)
    menus = model_parameters(manifests) if not EFFECTS[name].default_model or len(manifests) > 1 else ()
    view = view_parameter(name, manifests)
    alpha = (ALPHA_OUTPUT,) if MATTE_OUTPUT in face.views else ()
    own = (view, DIFFERENCE_GAIN, SPLIT_POSITION, *alpha, *NODE_PARAMETERS)
    parameters = (preset_parameter(name), *menus, *shared, *own)
    names = {parameter.name for parameter in shared}
    return {
        "identifier": f"org.reelmend.{face.label}",
        "label": face.label,
        "grouping": GROUPING,
        "version": list(face.version),
        "description": face.description,
        "effect": name,
        "model": manifests[0].id if manifests else "",
        "window": {
            "radius_parameter": "radius" if "radius" in names else None,
            "radius_frames": max((manifest.temporal.radius_frames for manifest in manifests), default=0),
        },
        "identity": {"parameter": "strength", "value": 0.0} if "strength" in names else None,
        "holds": {"parameter": HOLDS[0], "value": HOLDS[1], "frame": NUMBER} if NUMBER in names else None,
        "clips": input_clips(name, manifests),
        "groups": [group.model_dump() for group in GROUPS if group.name in {p.group for p in parameters}],
        "parameters": [_parameter(parameter) for parameter in _by_group(parameters)],
        "transfer": {"parameter": INPUT_TRANSFER, "automatic": AUTO, "colourspaces": COLOURSPACES},
        "models": [_model(manifest, shared) for manifest in manifests],
        "presets": [_preset(name, preset.name, shared) for preset in presets_of(name)],
        "preset_parameters": sorted(names - _of_the_clip(shared)),
        "panel_version": PANEL_VERSION,
        "migrations": [rule.model_dump(mode="json") for rule in MIGRATIONS if rule.parameter in names],
    }


def _by_group(parameters: Iterable[Parameter]) -> list[Parameter]:
    order = [group.name for group in GROUPS]
    return sorted(parameters, key=lambda parameter: order.index(parameter.group))


def _parameter(parameter: Parameter) -> dict[str, Any]:
    """Return a control; which frame is held can be said only while one is."""
    described = parameter.model_dump(mode="json", exclude_none=True)
    parameter_that_holds, value = HOLDS
    if parameter.name == NUMBER:
        described["enabled_by"] = {"parameter": parameter_that_holds, "value": value}
    return described


def _model(manifest: Manifest, shared: Sequence[Parameter]) -> dict[str, Any]:
    """Return what the node must know to feed a model: its window, its outputs, and how it takes each parameter."""
    known = {parameter.name: parameter for parameter in shared}
    own = [parameter for parameter in with_common(manifest) if _alike(known[parameter.name], parameter)]
    return {
        "id": manifest.id,
        "label": model_label(manifest),
        "version": manifest.version,
        "radius_frames": manifest.temporal.radius_frames,
        "outputs": list(manifest.outputs),
        "clips": list(manifest.input_clips),
        "parameters": [
            parameter.model_dump(mode="json", include={"name", "default", "minimum", "maximum"}, exclude_none=True)
            for parameter in own
        ],
    }


def _preset(effect: str, name: str, shared: Sequence[Parameter]) -> dict[str, Any]:
    values = preset_values(effect, name, shared)
    kept = _of_the_clip(shared)
    return {"name": name, "values": {key: value for key, value in values.items() if key not in kept}}


def _of_the_clip(parameters: Iterable[Parameter]) -> set[str]:
    """Return the parameters that are the clip's, not the mending's: presets and the choice of a model leave them."""
    return {p.name for p in parameters if p.name in (INPUT_TRANSFER, NUMBER) or p.group == ANALYSIS}


def panel_json(models: ModelStore) -> str:
    """Return the file's text."""
    return json.dumps(panel(models), indent=2, ensure_ascii=False) + "\n"


if __name__ == "__main__":
    Path(sys.argv[1]).write_text(panel_json(ModelStore.default()), encoding="utf-8")
