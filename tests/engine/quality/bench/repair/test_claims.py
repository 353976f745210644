"""The repair's bars against rows made by hand."""

from typing import Any

import pytest

from reelmend.quality.bench.claim_tables import by_clip, claim_table
from reelmend.quality.bench.claims import MET, MISSED, NOT_MEASURED
from reelmend.quality.bench.repair.claims import ALL_CLEAN, ALL_STRUCTURES, EVERY_PRESET, claims, judged
from reelmend.quality.bench.repair.plan import DIRT_PEER, OURS

UNTOUCHED = "bit_identical_outside_own_matte"


def rows(method: str, preset: str, measure: str, *values: float | None) -> list[dict[str, Any]]:
    return [
        {"method": method, "preset": preset, "clip": clip, "measure": measure, "value": value}
        for clip, value in zip("abcdefgh", values, strict=False)
    ]


def the(found: list[dict[str, Any]], start: str, preset: str = "") -> dict[str, Any]:
    (claim,) = [one for one in found if one["claim"].startswith(start) and preset in ("", one["preset"])]
    return claim


def test_the_repair_is_held_against_the_masked_median_of_the_same_clips() -> None:
    given = [
        *rows(OURS, "repair-dirt", "psnr", 44.0, 41.0),
        *rows(DIRT_PEER, "repair-dirt", "psnr", 41.0, 40.0),
    ]
    claim = the(judged(given, ["repair-dirt"]), "PSNR, dB above mc-median-masked")
    assert (claim["figure"], claim["verdict"], claim["worst_clip"]) == (2.0, MET, "b")


@pytest.mark.parametrize(
    ("preset", "measure", "told", "good", "bad"),
    [
        ("repair-dirt", "matte_margin_precision", "matte precision, by pixel", 0.96, 0.959),
        ("repair-dirt", "matte_recall", "matte recall, by pixel", 0.93, 0.929),
        ("repair-dirt", "matte_margin_matched_precision", "matte precision, by defect", 0.96, 0.95),
        ("repair-dirt", "matte_margin_matched_recall", "matte recall, by defect", 0.93, 0.92),
        ("repair-dirt", "harm", "harm", 60.0, 61.0),
        ("repair-dirt-grain", "fill_grain", "grain in the fill", 0.86, 0.84),
        ("repair-dirt-grain", "fill_grain", "grain in the fill", 1.14, 1.16),
        ("repair-scratches", "psnr_inside", "PSNR in the scratches", 24.0, 23.9),
        ("repair-faint", "class_defect_recall.scratch", "recall of faint scratches", 0.9, 0.89),
        ("clean-rain", "changed", "pixels changed", 30.0, 31.0),
        ("clean", "changed", "pixels changed", 30.0, 31.0),
        ("planted-film", "matte_defect_recall", "recall of planted", 0.9, 0.89),
        ("planted-film", "psnr_inside", "PSNR in the planted", 28.0, 27.9),
    ],
)
def test_every_bar_of_the_repair_is_where_it_was_set(
    preset: str, measure: str, told: str, good: float, bad: float
) -> None:
    for value, verdict in ((good, MET), (bad, MISSED)):
        assert the(judged(rows(OURS, preset, measure, value, value), [preset]), told, preset)["verdict"] == verdict


def test_one_pixel_touched_outside_the_matte_in_any_preset_is_a_bar_missed() -> None:
    clean = rows(OURS, "clean", UNTOUCHED, 1.0, 1.0)
    whole = the(judged([*clean, *rows(OURS, "repair-dirt", UNTOUCHED, 1.0)], ["clean"]), "share outside")
    assert (whole["preset"], whole["verdict"], whole["clips"]) == (EVERY_PRESET, MET, 2)
    touched = the(judged([*clean, *rows(OURS, "repair-dirt", UNTOUCHED, 0.999999)], ["clean"]), "share outside")
    assert (touched["verdict"], touched["worst_clip"]) == (MISSED, "a")


def test_false_scratches_are_counted_over_all_clean_presets_too() -> None:
    given = [
        *rows(OURS, "clean", "false_scratches_distinct", 0.0, 0.0),
        *rows(OURS, "clean-rain", "false_scratches_distinct", 0.0, 8.0),
        *rows(OURS, "repair-faint", "false_scratches_distinct", 100.0, 100.0),
    ]
    claim = the(judged(given, ["clean", "clean-rain", "repair-faint"]), "distinct false", ALL_CLEAN)
    assert (claim["figure"], claim["by_clip"]) == (2.0, {"a": 0.0, "b": 4.0})


def test_false_scratches_over_structures_count_panning_and_standing_shots_alike() -> None:
    for distinct, verdict in ((2.0, MET), (2.2, MISSED)):
        given = [
            *rows(OURS, "clean-structures", "false_scratches_distinct", 0.0),
            *rows(OURS, "clean-structures-standing", "false_scratches_distinct", distinct),
        ]
        found = judged(given, ["clean-structures", "clean-structures-standing"])
        assert the(found, "distinct false", ALL_STRUCTURES)["verdict"] == verdict


def test_only_what_was_run_is_claimed_and_other_clean_presets_have_no_bar_of_their_own() -> None:
    assert {claim.preset for claim in claims(["clean-text", "clean-eyes"])} == {ALL_CLEAN, EVERY_PRESET}
    assert {claim.preset for claim in claims(["repair-faint"])} == {"repair-faint", EVERY_PRESET}


def test_a_method_that_did_not_run_meets_nothing() -> None:
    failed = {**rows(OURS, "repair-dirt", "ran", 0.0)[0], "note": "not run: no model"}
    found = judged([failed], ["repair-dirt"])
    assert {claim["verdict"] for claim in found} == {NOT_MEASURED}
    assert all("no model" in claim["note"] for claim in found if claim["preset"] == "repair-dirt")


def test_film_has_a_table_of_its_own() -> None:
    given = [*rows(OURS, "repair-dirt", "harm", 5.0, 6.0)]
    given += [{**row, "clip": "old"} for row in rows(OURS, "planted-film", "psnr_inside", 29.0)]
    found = judged(given, ["repair-dirt", "planted-film"])
    results = {"claims": found, "clips": [{"clip": clip} for clip in ("a", "b", "old")]}
    assert "| preset | claim | a | b |" in by_clip(results)
    assert "| planted-film | PSNR in the planted defects, dB | 29.0 |" in by_clip(results)
    assert "| ✓ | repair-dirt | harm, ppm | 5.500 |" in claim_table(results)
