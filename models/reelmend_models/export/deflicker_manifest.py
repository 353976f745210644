"""What the deflicker's manifest says besides what its export finds out: parameters, stages, provenance."""

from __future__ import annotations

from typing import Any

from reelmend_models.definitions.deflicker import REACH_FRAMES

DEFAULT_RADIUS_FRAMES = 30


def _tensor(name: str, layout: str, meaning: str) -> dict[str, str]:
    return {"name": name, "layout": layout, "dtype": "float32", "meaning": meaning}


def _number(
    name: str, label: str, default: float, range_: tuple[float, float], hint: str, **more: Any
) -> dict[str, Any]:
    low, high = range_
    return {
        "name": name,
        "label": label,
        "type": "number",
        "default": default,
        "minimum": low,
        "maximum": high,
        "hint": hint,
        **more,
    }


def _choice(name: str, label: str, choices: dict[str, str], hint: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "label": label,
        "type": "choice",
        "default": next(iter(choices)),
        "choices": [{"value": value, "label": text} for value, text in choices.items()],
        "hint": hint,
        **more,
    }


def _edge(name: str, label: str, default: float) -> dict[str, Any]:
    hint = "Light is measured inside this rectangle alone: edge as a share of the picture, from its top left corner."
    return _number(name, label, default, (0.0, 1.0), hint, group="analysis")


CURVE = _tensor("curve", "K", "log gain at each of 16 tones of luma, equally spaced in luma / (luma + 0.25)")
CURVES = _tensor("curve", "CK", "the same for red, green and blue by their own values")
FIELD = _tensor("field", "HW", "further log gain of each of 9×16 cells")
BANDS = _tensor("bands", "H", "further log gain of each of 60 horizontal bands")
LUMA = _tensor("luma", "HW", "Rec. 709 luma of the proxy, in the input's own values")
TEXTURE = _tensor("texture", "HW", "whole numbers 0…255 for optical flow: log luma less the mean of its surroundings")
TONES = _tensor("tones", "K", "share of the picture at each of 16 tones")
EXPECT_INPUTS = (
    _tensor("curve_steps", "TK", "changes of light by tone, from the frame before to each of the window's"),
    _tensor("field_steps", "THW", "further changes by cell"),
    _tensor("band_steps", "TH", "further changes by band"),
    _tensor("trusts", "THW", "share of each cell that could be compared"),
    TONES,
    _tensor("offsets", "T", "frame numbers relative to the frame, at most 60 away"),
    _tensor("weights", "T", "1 counts, 0 lies beyond a cut or clip end"),
    _tensor("balance", "", "0 corrects the picture as a whole, 1 its cells alone, 0.5 both in full"),
    _tensor("limit", "", "greatest log gain of field and bands"),
    _tensor("protection", "", "0…1, how much cells that could not be compared lean on their neighbours"),
)
EXPECT_OUTPUTS = (
    CURVE,
    FIELD,
    BANDS,
    _tensor("level", "T", "measured log light of the window's frames relative to the frame"),
    _tensor("expected", "N", "where the frame's should be"),
)
RESULTS = (
    _tensor("result", "CHW", "the corrected frame"),
    _tensor("gain", "CHW", "half the applied gain: 0.5 is unchanged; one plane, or one a channel"),
)


def _window_stage(
    name: str, reads: str, inputs: tuple[dict[str, str], ...], outputs: tuple[dict[str, str], ...]
) -> dict[str, Any]:
    return {"name": name, "per": "window", "reads": reads, "inputs": list(inputs), "outputs": list(outputs)}


def _correct_stage(name: str, curve: dict[str, str]) -> dict[str, Any]:
    frame = _tensor("frame", "CHW", "the frame to correct, at full size")
    strength = _tensor("strength", "", "0 leaves the frame alone, 1 corrects in full")
    return _window_stage(name, "full", (frame, curve, FIELD, BANDS, strength), RESULTS)


PARAMETERS = [
    _number(
        "strength",
        "Strength",
        1.0,
        (0.0, 1.0),
        "How much of the flicker is taken out: 0 leaves the picture as it is, 1 takes out all.",
        group="main",
        animates=True,
    ),
    _number(
        "balance",
        "Global / local",
        0.5,
        (0.0, 1.0),
        "0 steadies the light of the whole picture alone, 1 that of its parts alone; in the middle both are steadied.",
        group="main",
    ),
    _choice(
        "local_shape",
        "Local flicker",
        {"patches": "Patches", "bands": "Bands"},
        "What flickers on its own. Patches: uneven exposure, breathing density. Bands: rolling shutters under lamps, "
        "uneven scanning; each horizontal band is steadied.",
        group="main",
    ),
    _choice(
        "channels",
        "Channels",
        {"luma": "Together", "rgb": "Each alone"},
        "Together: one curve by luma, colours keep their ratios. Each alone: red, green and blue are steadied by their "
        "own light, for dyes or lamps that flicker in colour.",
        group="main",
    ),
    {
        "name": "radius",
        "label": "Radius",
        "type": "integer",
        "default": DEFAULT_RADIUS_FRAMES,
        "minimum": 1,
        "maximum": REACH_FRAMES,
        "hint": "How many frames before and after are compared. Longer is steadier, shorter follows the light.",
        "unit": "frames",
        "group": "temporal",
    },
    _choice(
        "reference",
        "Reference",
        {"window": "Trend of the window", "frame": "Held frame"},
        "What the light is brought to. Trend: it follows the scene's own light, fades and lighting changes stay. Held "
        "frame: every frame takes the light of one, for time lapses and for shots of a camera that stands.",
        group="temporal",
    ),
    {
        "name": "reference_frame",
        "label": "Reference frame",
        "type": "integer",
        "default": 0,
        "minimum": -10_000_000,
        "maximum": 10_000_000,
        "display_minimum": 0,
        "display_maximum": 1000,
        "hint": "The number of the source's frame that is held, where a held frame is the reference.",
        "group": "temporal",
    },
    _choice(
        "trend",
        "Trend",
        {"learned": "Learned", "fitted": "Fitted lines"},
        "What tells the light of the scene from flicker: a small trained network, or straight and broken lines.",
        group="temporal",
    ),
    _number(
        "protect_motion",
        "Protect motion",
        0.5,
        (0.0, 1.0),
        "How much parts of the picture that could not be compared, because things move there, follow their "
        "surroundings instead of what was measured in them.",
        group="local",
    ),
    _number(
        "local_limit",
        "Local limit",
        0.5,
        (0.0, 2.0),
        "The most that a part of the picture may be brightened or darkened against the rest.",
        unit="stops",
        group="local",
    ),
    _edge("analysis_left", "Analysis left", 0.0),
    _edge("analysis_top", "Analysis top", 0.0),
    _edge("analysis_right", "Analysis right", 1.0),
    _edge("analysis_bottom", "Analysis bottom", 1.0),
    _choice(
        "mask_use",
        "Mask says",
        {"measure": "Where to measure", "correct": "Where to correct", "both": "Both"},
        "What a connected mask is for. Measure: light is judged by what lies in the mask. Correct: the picture is "
        "changed in the mask alone, elsewhere its own bits come back.",
        group="analysis",
    ),
]

MANIFEST: dict[str, Any] = {
    "schema_version": 1,
    "id": "deflicker",
    "version": "2.0.0",
    "task": "deflicker",
    "effect": "deflicker",
    "licence": "Apache-2.0",
    "training": "The graph 'expect' holds a network of 0.3 million weights, trained on drawn light and flicker and on "
    "measured light of free footage; docs/training.md says how. All other graphs are designed, not trained.",
    "source": "Flicker as a gain that varies in space times a curve: van Roosmalen et al., 'Correction of intensity "
    "flicker in old film sequences', IEEE TCSVT, 1999. Light against its trend over time: J. Delon, 'Movie and video "
    "scale-time equalization', IEEE Transactions on Image Processing, 2006",
    "alpha": "passes through",
    "outputs": ["result", "gain", "curve"],
    "input_clips": ["Source", "Mask", "Reference"],
    "colour": {
        "transfer": "as is",
        "nominal_range": [0.0, 1.0],
        "outside_range": "survives",
        "non_finite": "passes through",
    },
    "temporal": {
        "kind": "window",
        "radius_frames": DEFAULT_RADIUS_FRAMES,
        "maximum_radius_frames": REACH_FRAMES,
        "stops_at_cuts": True,
    },
    "spatial": {
        "multiple": 1,
        "tile_pixels": 0,
        "overlap_pixels": 0,
        "scale": 1,
        "receptive_field_pixels": 1,
    },
    "precision": {"dtype": "float32", "fp16_safe": False, "tolerance": {"cpu": 2e-5, "cuda": 2e-4}},
    "parameters": PARAMETERS,
    "stages": [
        {
            "name": "describe",
            "per": "frame",
            "reads": "proxy",
            "inputs": [_tensor("proxy", "CHW", "area average, at most 320×180, finite")],
            "outputs": [LUMA, TEXTURE, TONES, _tensor("grid", "HW", "mean luma of each of 18×32 cells")],
        },
        {
            "name": "compare",
            "per": "pair",
            "reads": "proxy",
            "inputs": [
                _tensor("luma", "THW", "of both frames"),
                _tensor("texture", "THW", "of both frames"),
                _tensor("flow", "TCHW", "in pixels, x and y, from the first to the second and back"),
                _tensor("say", "THW", "weight of each pixel of both frames, 0…1"),
            ],
            "outputs": [
                _tensor("curve", "K", "log ratio of light, second over first, at each of 16 tones"),
                _tensor("field", "HW", "further log ratio of each of 9×16 cells"),
                _tensor("bands", "H", "further log ratio of each of 60 horizontal bands, instead of the field"),
                _tensor("trust", "HW", "share of each cell that could be compared"),
            ],
        },
        _window_stage("expect", "proxy", EXPECT_INPUTS, EXPECT_OUTPUTS),
        _window_stage("expect_fitted", "proxy", EXPECT_INPUTS, EXPECT_OUTPUTS),
        _correct_stage("correct", CURVE),
        _correct_stage("correct_channels", CURVES),
    ],
}
