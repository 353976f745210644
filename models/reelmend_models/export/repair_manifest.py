"""What the repair model's manifest says besides what its export finds out: parameters, stages, provenance."""

from __future__ import annotations

from typing import Any

DEFAULT_RADIUS_FRAMES = 6
MOST_RADIUS_FRAMES = 30
MULTIPLE = 16


def tensor(name: str, layout: str, meaning: str, **more: Any) -> dict[str, Any]:
    """Return how the manifest describes an input or output of a graph."""
    return {"name": name, "layout": layout, "dtype": "float32", "meaning": meaning, **more}


def stage(
    name: str, inputs: list[dict[str, Any]], outputs: list[dict[str, Any]], per: str = "window", reads: str = "full"
) -> dict[str, Any]:
    """Return how the manifest describes a graph."""
    return {"name": name, "per": per, "reads": reads, "inputs": inputs, "outputs": outputs}


def _number(
    name: str, label: str, default: float, range_: tuple[float, float], hint: str, **more: Any
) -> dict[str, Any]:
    low, high = range_
    described = {"name": name, "label": label, "type": "number", "default": default, "minimum": low, "maximum": high}
    return {**described, "hint": hint, **more}


def _flag(name: str, label: str, hint: str) -> dict[str, Any]:
    return {"name": name, "label": label, "type": "flag", "default": True, "hint": hint, "group": "main"}


def _sensitivity(name: str, label: str, what: str) -> dict[str, Any]:
    hint = f"How little it takes to be taken for {what}: 0 finds what is beyond doubt alone, 1 whatever may be one."
    return _number(name, label, 0.5, (0.0, 1.0), hint, group="detection", animates=True)


def _size(name: str, label: str, hint: str) -> dict[str, Any]:
    return _number(
        name, label, 0.0, (0.0, 10_000.0), hint, unit="px", display_maximum=200.0, group="detection", animates=True
    )


PARAMETERS = [
    _number(
        "strength",
        "Strength",
        1.0,
        (0.0, 1.0),
        "How much of the mending is seen: 0 leaves the picture as it is, 1 mends in full.",
        group="main",
        animates=True,
    ),
    _flag("blotches", "Dirt and blotches", "Whether dust, dirt and blotches are looked for, which lie on one frame."),
    _flag("hairs", "Hairs", "Whether hairs and fibres are looked for."),
    _flag("scratches", "Scratches", "Whether scratches are looked for: thin upright lines, also those that stand."),
    _sensitivity("blotch_sensitivity", "Dirt sensitivity", "dirt or a blotch"),
    _sensitivity("hair_sensitivity", "Hair sensitivity", "a hair"),
    _sensitivity("scratch_sensitivity", "Scratch sensitivity", "a scratch"),
    _size("minimum_size", "Minimum size", "Smaller defects are left alone: the diameter of a disc of the same area."),
    _size(
        "maximum_size",
        "Maximum size",
        "Larger blotches and hairs are left alone: the diameter of a disc of the same area. 0 sets no limit.",
    ),
    _number(
        "protect_motion",
        "Protect motion",
        0.25,
        (0.0, 1.0),
        "How much more certain it must be that something is broken where the picture moves fast, or in a way that "
        "can't be followed.",
        group="detection",
        animates=True,
    ),
    _number(
        "protect_highlights",
        "Protect highlights",
        0.0,
        (0.0, 1.0),
        "The same where something is near white and brighter than what is around it: sparks, glitter, lamps. It also "
        "spares white dirt.",
        group="detection",
        animates=True,
    ),
    _number(
        "protect_crowds",
        "Protect crowds",
        0.75,
        (0.0, 1.0),
        "How much more certain it must be where many alike lie close together: rain, snow, sparks, glitter. Lower it "
        "for film that is dirty all over.",
        group="detection",
        animates=True,
    ),
    {
        "name": "dilate",
        "label": "Dilate",
        "type": "integer",
        "default": 0,
        "minimum": 0,
        "maximum": 64,
        "display_maximum": 16,
        "hint": "By how much the matte goes beyond what was found.",
        "unit": "px",
        "group": "matte",
        "animates": True,
    },
    _number(
        "feather",
        "Feather",
        2.0,
        (0.0, 64.0),
        "How wide the matte's soft edge is, outside of that.",
        unit="px",
        display_maximum=16.0,
        group="matte",
        animates=True,
    ),
    {
        "name": "matte_use",
        "label": "Matte says",
        "type": "choice",
        "default": "replace",
        "choices": [
            {"value": "replace", "label": "All there is to mend"},
            {"value": "add", "label": "What to mend as well"},
            {"value": "protect", "label": "What to leave alone"},
            {"value": "classes", "label": "All, by kind"},
        ],
        "hint": "What a connected matte is for. All there is to mend: nothing is looked for, and the matte is taken as "
        "it is. All, by kind: the same, of a matte that a list of detections was made into; its values say what is "
        "dirt, hair or scratch, and it is dilated and feathered.",
        "group": "matte",
    },
    {
        "name": "radius",
        "label": "Radius",
        "type": "integer",
        "default": DEFAULT_RADIUS_FRAMES,
        "minimum": 2,
        "maximum": MOST_RADIUS_FRAMES,
        "hint": "How many frames before and after are searched for scratches that stand, and for another picture where "
        "frames repeat. Dirt and hairs are told by the two pictures on each side.",
        "unit": "frames",
        "group": "temporal",
    },
]

DETECT_STAGE = stage(
    "detect",
    [
        tensor("luma", "THW", "Rec. 709 luma, display values: the frame and two on each side, moved onto it"),
        tensor("missed", "THW", "by how much flow to both next frames misses, in shares of 8 pixels", cell_pixels=4),
    ],
    [tensor("likelihood", "CHW", "0…1 of each pixel: blotch, hair, scratch")],
)

MANIFEST: dict[str, Any] = {
    "schema_version": 1,
    "id": "repair",
    "version": "1.0.0",
    "task": "repair",
    "effect": "repair",
    "licence": "Apache-2.0",
    "training": "Made damage on free footage and drawn scenes, from a seed; docs/training.md says how.",
    "source": "What is broken is what no neighbour along the motion shows: A. Kokaram, 'Motion Picture Restoration', "
    "Springer, 1998. Flow: T. Kroeger et al., 'Fast Optical Flow using Dense Inverse Search', ECCV 2016",
    "alpha": "passes through",
    "outputs": ["result", "matte", "classes", "overlay"],
    "input_clips": ["Source", "Mask", "Matte"],
    "colour": {
        "transfer": "video",
        "nominal_range": [0.0, 1.0],
        "outside_range": "survives",
        "non_finite": "passes through",
    },
    "temporal": {
        "kind": "window",
        "radius_frames": DEFAULT_RADIUS_FRAMES,
        "maximum_radius_frames": MOST_RADIUS_FRAMES,
        "stops_at_cuts": True,
    },
    "spatial": {
        "multiple": MULTIPLE,
        "tile_pixels": 0,
        "overlap_pixels": 0,
        "scale": 1,
        "receptive_field_pixels": 256,
    },
    "precision": {"dtype": "float32", "fp16_safe": False, "tolerance": {"cpu": 2e-4, "cuda": 2e-3}},
    "parameters": PARAMETERS,
    "stages": [DETECT_STAGE],
}
"""The export joins the stages of the lines and of the fill."""
