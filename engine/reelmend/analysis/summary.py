"""An analysis as plain values, for JSON."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from reelmend.analysis.analyse import Analysis, Shot
from reelmend.analysis.rhythm import mains_of
from reelmend.analysis.strength import Flicker, Strength, exposure

FORMAT = 1


def summarise(analysis: Analysis) -> dict[str, Any]:
    """Return what the analysis found: frames by the clip's own numbers, flicker in per cent, and what to do."""
    events, first = analysis.events, analysis.first_frame
    seen = analysis.seen
    count = len(seen)
    return {
        "format": FORMAT,
        "frames": count,
        "first_frame": first,
        "last_frame": first + count - 1,
        "width": seen.width,
        "height": seen.height,
        "frame_rate": float(analysis.frame_rate),
        "cuts": _numbered(events.cuts, first),
        "shots": [_shot(shot, first) for shot in analysis.shots],
        "duplicates": _numbered(events.duplicates, first),
        "duplicates_every_frames": _rounded(events.cadence_frames, 2),
        "black_frames": _numbered(events.black, first),
        "blank_frames": _numbered(events.blank, first),
        "stray_frames": _numbered(events.strays, first),
        "flashes": [
            {"frame": first + flash.index, "change_percent": _rounded(100 * math.expm1(flash.log_exposure), 1)}
            for flash in events.flashes
        ],
        "flicker": None if analysis.flicker is None else _flicker(analysis, analysis.flicker),
        "motion_px_of_proxy": _rounded(float(np.median(seen.motion_px)), 2),
        "followed_share": _rounded(float(np.median(seen.trusted_share)), 3),
        "recommendation": _recommendation(analysis),
    }


def series(analysis: Analysis) -> dict[str, list[float]]:
    """Return a value a frame: mean luma as coded, and the log exposure that remains when motion is taken out."""
    return {
        "mean_luma": [round(float(value), 6) for value in analysis.seen.mean_luma],
        "log_exposure": [round(float(value), 6) for value in exposure(analysis.seen.overall)],
    }


def _shot(shot: Shot, first: int) -> dict[str, Any]:
    told = {"first_frame": first + shot.start, "last_frame": first + shot.end - 1, "frames": shot.end - shot.start}
    if shot.flicker is None:
        return {**told, "type": None}
    parts = {"overall": shot.flicker.overall, "local": shot.flicker.local, "bands": shot.flicker.rows}
    percents = {f"{name}_percent": _rounded(strength.percent, 3) for name, strength in parts.items()}
    return {**told, "type": shot.verdict.type, **percents}


def _flicker(analysis: Analysis, flicker: Flicker) -> dict[str, Any]:
    return {
        "type": analysis.verdict.type,
        "kinds": [str(kind) for kind in analysis.verdict.kinds],
        "overall": _strength(analysis, flicker.overall),
        "grid": _strength(analysis, flicker.grid),
        "local": _strength(analysis, flicker.local),
        "bands": {**_strength(analysis, flicker.rows), "per_height": flicker.bands},
        "colour_percent": _rounded(flicker.colour_percent, 3),
        "smooth_share": _rounded(flicker.smooth_share, 3),
        "measured_frames": flicker.frames,
        "local_percent_by_cell": [[_rounded(value, 3) for value in row] for row in flicker.local_map],
        "bands_percent_by_row": [_rounded(value, 3) for value in flicker.rows_profile],
    }


def _strength(analysis: Analysis, strength: Strength) -> dict[str, Any]:
    told: dict[str, Any] = {
        "percent": _rounded(strength.percent, 3),
        "frame_to_frame_percent": _rounded(strength.quick_percent, 3),
    }
    if strength.period_frames is not None:
        told["period_frames"] = _rounded(strength.period_frames, 2)
        told["beats_with"] = mains_of(strength.period_frames, analysis.frame_rate)
    return told


def _recommendation(analysis: Analysis) -> dict[str, Any]:
    advice = analysis.recommendation
    return {
        "effect": advice.effect,
        "reason": advice.reason,
        "parameters": {setting.parameter: setting.value for setting in advice.settings},
        "parameter_reasons": {setting.parameter: setting.reason for setting in advice.settings},
        "notes": list(advice.notes),
    }


def _numbered(indices: Iterable[int], first: int) -> list[int]:
    return [first + index for index in indices]


def _rounded(value: float | None, digits: int) -> float | None:
    return None if value is None else round(float(value), digits)
