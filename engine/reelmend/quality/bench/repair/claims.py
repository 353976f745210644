"""What is claimed of the repair: its bars, by preset."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from statistics import fmean
from typing import Any

from reelmend.quality.bench.claims import Against, Claim
from reelmend.quality.bench.claims import judged as judged_claims
from reelmend.quality.bench.repair.plan import DIRT_PEER, FAINT, GRAIN, OURS, SCRATCHES, STRUCTURES, has_bar
from reelmend.quality.bench.repair.planted import DIRT, PLANTED_FILM

MOST_CHANGED_PPM = 30.0
ALL_STRUCTURES = "clean-structures, all"
"""Upright structures before a panning and a standing camera as one."""

ALL_CLEAN = "clean, all"
"""All clean presets as one: false scratches are rare, and need many frames to be counted."""

EVERY_PRESET = "every preset"
"""All presets as one, by the worst of them."""

UNTOUCHED = "bit_identical_outside_own_matte"
FALSE_SEEN, FALSE_DISTINCT = "false_scratches", "false_scratches_distinct"
Rows = Sequence[Mapping[str, Any]]


def claims(presets: Iterable[str]) -> list[Claim]:
    """Return every claim about these presets, in the order of the table."""
    there = list(presets)
    clean = [name for name in there if name.startswith("clean")]
    hard = [name for name in clean if has_bar(name) and name not in STRUCTURES]
    found = [
        *_DIRT,
        *_SCRATCHES,
        *_false_scratches(ALL_STRUCTURES),
        *_false_scratches(ALL_CLEAN),
        *(_changed(name) for name in hard),
        *_FILM,
        _UNTOUCHED,
    ]
    known = {*there, EVERY_PRESET, *([ALL_CLEAN] if clean else [])}
    known |= {ALL_STRUCTURES} if set(clean) & set(STRUCTURES) else set()
    return [claim for claim in found if claim.preset in known]


def judged(rows: Rows, presets: Sequence[str], ours: str = OURS) -> list[dict[str, Any]]:
    """Return every claim about these presets as `claims.judged` does."""
    false = [
        row for row in rows if row["preset"].startswith("clean") and row["measure"] in (FALSE_SEEN, FALSE_DISTINCT)
    ]
    untouched = [row for row in rows if row["measure"] == UNTOUCHED]
    upright = [row for row in false if row["preset"] in STRUCTURES]
    pooled = [
        *_pooled(upright, ALL_STRUCTURES, fmean),
        *_pooled(false, ALL_CLEAN, fmean),
        *_pooled(untouched, EVERY_PRESET, min),
    ]
    return judged_claims(claims(presets), [*rows, *pooled], ours)


def _pooled(rows: Rows, preset: str, put_together: Callable[[list[float]], float]) -> list[dict[str, Any]]:
    """Return for each method, clip and measure one row over all presets, which have equally many frames."""
    values: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        if row["value"] is not None:
            values.setdefault((row["method"], row["clip"], row["measure"]), []).append(row["value"])
    return [
        {"method": method, "preset": preset, "clip": clip, "measure": measure, "value": put_together(found)}
        for (method, clip, measure), found in values.items()
    ]


def _at_least(preset: str, told: str, measure: str, bar: float) -> Claim:
    return Claim(told, preset, measure, bar, at_most=False, against=Against.NOTHING)


def _changed(preset: str) -> Claim:
    return Claim("pixels changed, ppm", preset, "changed", MOST_CHANGED_PPM, against=Against.NOTHING)


def _false_scratches(preset: str) -> tuple[Claim, Claim]:
    return (
        Claim("distinct false scratches in 1,000 frames", preset, FALSE_DISTINCT, 1.0, against=Against.NOTHING),
        Claim("false scratches seen in 1,000 frames", preset, FALSE_SEEN, 1.0, against=Against.NOTHING),
    )


_DIRT = (
    Claim(f"PSNR, dB above {DIRT_PEER}", DIRT, "psnr", 2.0, False, Against.DIFFERENCE, DIRT_PEER),
    _at_least(DIRT, "matte precision, by pixel", "matte_margin_precision", 0.96),
    _at_least(DIRT, "matte recall, by pixel", "matte_recall", 0.93),
    _at_least(DIRT, "matte precision, by defect (IoU)", "matte_margin_matched_precision", 0.96),
    _at_least(DIRT, "matte recall, by defect (IoU)", "matte_margin_matched_recall", 0.93),
    Claim("harm, ppm", DIRT, "harm", 60.0, against=Against.NOTHING),
    Claim("grain in the fill, distance from its surroundings'", GRAIN, "fill_grain", 0.15, against=Against.ONE),
)
_SCRATCHES = (
    _at_least(SCRATCHES, "PSNR in the scratches, dB", "psnr_inside", 24.0),
    _at_least(FAINT, "recall of faint scratches, by defect", "class_defect_recall.scratch", 0.9),
)
_FILM = (
    _at_least(PLANTED_FILM, "recall of planted defects", "matte_defect_recall", 0.9),
    _at_least(PLANTED_FILM, "PSNR in the planted defects, dB", "psnr_inside", 28.0),
)
_UNTOUCHED = Claim(
    "share outside its own matte with the source's bits",
    EVERY_PRESET,
    UNTOUCHED,
    1.0,
    at_most=False,
    against=Against.NOTHING,
    every_clip=True,
)
