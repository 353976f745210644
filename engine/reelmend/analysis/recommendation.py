"""What to do about a clip's flicker: an effect and its parameters with reasons, or to leave it alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from reelmend.analysis.events import Events
from reelmend.analysis.observation import Observations
from reelmend.analysis.strength import SHORTEST_SHOT_FRAMES, Flicker
from reelmend.analysis.trend import RADII_FRAMES, steady_radius_frames
from reelmend.analysis.verdict import SMALLEST_OVERALL_PERCENT, Kind, Verdict
from reelmend.parameters import Parameter, ParameterType, Value

EFFECT = "deflicker"
USED_PARAMETERS: Mapping[str, tuple[str, ...]] = {
    "strength": (),
    "radius": (),
    "balance": (),
    "local_shape": ("patches", "bands"),
    "channels": ("rgb",),
    "protect_motion": (),
}
"""Parameters of the deflicker that a recommendation may name and, of a choice, the values that it may take."""

WHOLE, BOTH, PARTS = 0.0, 0.5, 1.0
"""Values of *balance*: what is steadied."""
COLOUR_PERCENT = 0.8
COLOUR_SHARE = 0.4
MUCH_MOTION_PX = 2.0
LITTLE_TRUST = 0.65
ROWS_OVER_PATCHES = 1.2
LARGEST_RADIUS_FRAMES = 60


@dataclass(frozen=True)
class Setting:
    """One parameter's recommended value and why."""

    parameter: str
    value: Value
    reason: str


@dataclass(frozen=True)
class Recommendation:
    """effect: None means to leave the clip alone. notes: what else to know or to do first, a sentence each."""

    effect: str | None
    reason: str
    settings: tuple[Setting, ...] = ()
    notes: tuple[str, ...] = ()


def recommend(
    seen: Observations,
    events: Events,
    flicker: Flicker | None,
    verdict: Verdict,
    parameters: Sequence[Parameter],
    *,
    shots_differ: bool = False,
) -> Recommendation:
    """Return what to do, naming only `parameters` that the effect has, with values that it takes.

    shots_differ: whether the shots flicker in different ways.
    """
    notes = tuple(_notes(events))
    if shots_differ:
        notes = (*notes, "shots flicker in different ways: analyse and mend each by itself, with --frames A-B")
    if flicker is None:
        return Recommendation(None, f"no shot has {SHORTEST_SHOT_FRAMES} frames to tell flicker from", notes=notes)
    if not verdict.kinds:
        return Recommendation(None, _steady(flicker), notes=notes)
    known = {parameter.name: parameter for parameter in parameters}
    settings, lacking = [], []
    for wanted in _wanted(seen, events, flicker, verdict, known):
        parameter = known.get(wanted.parameter)
        value = None if parameter is None else _fitted(wanted, parameter)
        if value is None:
            lacking.append(wanted)
        else:
            settings.append(Setting(wanted.parameter, value, wanted.reason))
    missing = (
        f"the installed {EFFECT} takes no {wanted.parameter}={wanted.value}: {wanted.reason}" for wanted in lacking
    )
    return Recommendation(EFFECT, _found(flicker, verdict), tuple(settings), (*notes, *missing))


def _wanted(
    seen: Observations, events: Events, flicker: Flicker, verdict: Verdict, known: Mapping[str, Parameter]
) -> list[Setting]:
    wanted = [Setting("strength", 1.0, "all of it is flicker: slow light stays as it is")]
    shots = [shot for shot in events.shots() if len(shot) >= SHORTEST_SHOT_FRAMES]
    if (radius := _radius(seen, shots, verdict, known.get("radius"))) is not None:
        wanted.append(radius)
    spatial = Kind.LOCAL in verdict.kinds or Kind.BANDS in verdict.kinds
    wanted.append(_balance(flicker, spatial=spatial))
    if spatial:
        wanted.append(_shape(flicker, verdict))
    trust, motion = _picture(seen, shots)
    if spatial and (motion >= MUCH_MOTION_PX or trust < LITTLE_TRUST):
        wanted.append(Setting("protect_motion", 1.0, "much of the picture moves or changes"))
    if flicker.colour_percent >= max(COLOUR_PERCENT, COLOUR_SHARE * flicker.overall.quick_percent):
        wanted.append(Setting("channels", "rgb", f"colours flicker by {flicker.colour_percent:.1f} %"))
    return wanted


def _balance(flicker: Flicker, *, spatial: bool) -> Setting:
    if not spatial:
        return Setting("balance", WHOLE, "nothing flickers in parts of the picture only")
    if flicker.overall.quick_percent < SMALLEST_OVERALL_PERCENT:
        return Setting("balance", PARTS, "the picture as a whole is steady, its parts are not")
    return Setting("balance", BOTH, "the picture flickers as a whole and in its parts")


def _shape(flicker: Flicker, verdict: Verdict) -> Setting:
    over = flicker.rows.percent > ROWS_OVER_PATCHES * flicker.local.percent
    if Kind.LOCAL not in verdict.kinds or (Kind.BANDS in verdict.kinds and over):
        return Setting("local_shape", "bands", "whole rows flicker together")
    return Setting("local_shape", "patches", "patches of the picture flicker on their own")


def _radius(
    seen: Observations, shots: Sequence[NDArray[np.intp]], verdict: Verdict, parameter: Parameter | None
) -> Setting | None:
    """Return how far the window may reach; not short of the default without a sign that it should."""
    largest = int((parameter.maximum if parameter else None) or LARGEST_RADIUS_FRAMES)
    default = int(parameter.default) if parameter else 0
    steady = steady_radius_frames(seen.overall, shots, largest)
    if steady is None:
        return None
    longest = max(len(shot) for shot in shots)
    if steady < default and Kind.GLOBAL not in verdict.kinds:
        return Setting("radius", default, "the whole picture is steady enough")
    if steady < default and not any(steady < radius <= (longest - 1) // 2 for radius in RADII_FRAMES):
        return Setting("radius", default, f"nothing speaks against it, as far as {longest} frames can tell")
    return Setting("radius", steady, f"the light follows a straight line over {2 * steady + 1} frames")


def _picture(seen: Observations, shots: Sequence[NDArray[np.intp]]) -> tuple[float, float]:
    """Return the mean share of the picture that can be followed, and its mean motion in proxy pixels."""
    frames = [int(frame) for shot in shots for frame in shot[1:]]
    return float(seen.trusted_share[frames].mean()), float(seen.motion_px[frames].mean())


def _fitted(wanted: Setting, parameter: Parameter) -> Value | None:
    """Return the value as the parameter takes it, brought into its range; None when it is none of its choices."""
    if parameter.type is ParameterType.CHOICE:
        return wanted.value if wanted.value in {choice.value for choice in parameter.choices} else None
    value = wanted.value
    if parameter.type in (ParameterType.NUMBER, ParameterType.INTEGER):
        low, high = parameter.minimum, parameter.maximum
        value = min(max(float(value), float("-inf") if low is None else low), float("inf") if high is None else high)
        value = round(value) if parameter.type is ParameterType.INTEGER else value
    return parameter.check(value)


def _steady(flicker: Flicker) -> str:
    told = (
        f"brightness jumps by {flicker.overall.quick_percent:.2f} % from frame to frame, by "
        f"{max(flicker.local.quick_percent, flicker.rows.quick_percent):.2f} % in parts of the picture; "
        "nobody sees that, or it is the motion itself"
    )
    if flicker.overall.percent > 1.0:
        return f"{told}. The light changes by {flicker.overall.percent:.1f} % but slowly: it is most likely real"
    return told


def _found(flicker: Flicker, verdict: Verdict) -> str:
    parts = {
        Kind.GLOBAL: f"the whole picture flickers by {flicker.overall.percent:.1f} %",
        Kind.LOCAL: f"parts of it flicker by {flicker.local.percent:.1f} %",
        Kind.BANDS: f"bands of rows flicker by {flicker.rows.percent:.1f} %",
    }
    return ", ".join(parts[kind] for kind in verdict.kinds)


def _notes(events: Events) -> list[str]:
    notes = []
    if events.duplicates:
        rhythm = f", one in {events.cadence_frames:.1f}" if events.cadence_frames else ""
        notes.append(
            f"frames that repeat the one before: {len(events.duplicates)}{rhythm}; remove them before you mend it"
        )
    if events.strays:
        notes.append(f"frames of another scene, or ruined: {len(events.strays)}; look at them, replace them")
    if events.black or events.blank:
        notes.append(f"frames without a picture: {len(events.black) + len(events.blank)}")
    if events.flashes:
        notes.append(f"frames with light far off their neighbours': {len(events.flashes)}; check the result there")
    return notes
