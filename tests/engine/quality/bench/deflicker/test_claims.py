"""The deflicker's bars against rows made by hand."""

from typing import Any

import pytest

from reelmend.quality.bench.claim_tables import by_clip, claim_table
from reelmend.quality.bench.claims import MET, MISSED, NOT_MEASURED
from reelmend.quality.bench.deflicker.claims import judged
from reelmend.quality.bench.deflicker.plan import FITTED, GLOBAL_PEER, INPUT, LOCAL_PEER, OURS


def rows(method: str, preset: str, measure: str, *values: float | None, note: str = "") -> list[dict[str, Any]]:
    """Return a row for each of the clips "a", "b", … and the row that says that the method ran."""
    place = {"method": method, "preset": preset}
    told = {"note": note} if note else {}
    made = []
    for clip, value in zip("abcdefgh", values, strict=False):
        made.append({**place, "clip": clip, "measure": "ran", "value": 1.0})
        made.append({**place, "clip": clip, "measure": measure, "value": value, **(told if value is None else {})})
    return made


def the(found: list[dict[str, Any]], start: str) -> dict[str, Any]:
    (claim,) = [claim for claim in found if claim["claim"].startswith(start)]
    return claim


def test_a_residual_is_held_against_the_peers_of_the_same_clips_and_has_an_interval() -> None:
    given = [
        *rows(OURS, "flicker-global", "flicker_residual_global", 0.007, 0.014, 0.021),
        *rows(GLOBAL_PEER, "flicker-global", "flicker_residual_global", 0.01, 0.02, 0.03),
    ]
    claim = the(judged(given, ["flicker-global"]), f"flicker left, × {GLOBAL_PEER}")
    assert (claim["figure"], claim["low"], claim["high"]) == pytest.approx((0.7, 0.7, 0.7))
    assert (claim["verdict"], claim["interval_too"], claim["clips_that_meet_it"], claim["clips"]) == (MET, True, 3, 3)
    assert claim["by_clip"] == pytest.approx({"a": 0.7, "b": 0.7, "c": 0.7})


def test_a_figure_beyond_its_bar_is_missed_and_names_the_clip_that_is_farthest_off() -> None:
    given = [
        *rows(OURS, "flicker-local", "psnr", 41.0, 33.0, 42.0),
        *rows(LOCAL_PEER, "flicker-local", "psnr", 38.0, 38.0, 38.0),
    ]
    claim = the(judged(given, ["flicker-local"]), f"PSNR, dB above {LOCAL_PEER}")
    assert claim["figure"] == pytest.approx(2.0 / 3.0)
    assert (claim["verdict"], claim["worst_clip"], claim["clips_that_meet_it"]) == (MISSED, "b", 2)
    assert claim["by_clip"] == pytest.approx({"a": 3.0, "b": -5.0, "c": 4.0})
    assert not claim["interval_too"]


def test_a_mean_that_meets_its_bar_by_luck_says_that_its_interval_does_not() -> None:
    given = [
        *rows(OURS, "flicker-local", "psnr", 50.0, 37.0, 36.0),
        *rows(LOCAL_PEER, "flicker-local", "psnr", 38.0, 38.0, 38.0),
    ]
    claim = the(judged(given, ["flicker-local"]), f"PSNR, dB above {LOCAL_PEER}")
    assert (claim["verdict"], claim["interval_too"]) == (MET, False)


def test_better_than_either_means_better_and_not_as_good() -> None:
    given = [row for name in (OURS, GLOBAL_PEER, LOCAL_PEER) for row in rows(name, "flicker-mixed", "psnr", 36.0, 37.0)]
    found = [
        claim for claim in judged(given, ["flicker-mixed"]) if claim["measure"] == "psnr" and claim["to"] != FITTED
    ]
    assert [claim["verdict"] for claim in found] == [MISSED, MISSED]


def test_what_is_learned_must_beat_what_is_fitted() -> None:
    for ours, verdict in ((0.009, MET), (0.01, MISSED)):
        given = [
            *rows(OURS, "flicker-local", "flicker_residual_local", ours),
            *rows(FITTED, "flicker-local", "flicker_residual_local", 0.01),
        ]
        assert the(judged(given, ["flicker-local"]), f"flicker left on the grid, × {FITTED}")["verdict"] == verdict


def test_harm_is_judged_over_altered_frames_and_a_clip_without_any_counts_for_nothing() -> None:
    given = rows(OURS, "clean-fade", "psnr_altered", 52.0, None, 56.0, note="no frame was altered")
    claim = the(judged(given, ["clean-fade"]), "PSNR over frames altered")
    assert (claim["figure"], claim["verdict"], claim["clips"]) == (54.0, MET, 2)
    assert claim["clips_left_alone"] == ["b"]
    assert "note" not in claim


def test_no_harm_means_none_to_any_clip_however_good_the_mean() -> None:
    claim = the(judged(rows(OURS, "clean", "psnr_altered", 90.0, 46.0), ["clean"]), "PSNR over frames altered")
    assert (claim["figure"], claim["verdict"], claim["worst_clip"]) == (68.0, MISSED, "b")


def test_clean_clips_that_were_all_left_alone_meet_the_bar_without_a_figure() -> None:
    given = rows(OURS, "clean", "psnr_altered", None, None, note="no frame was altered")
    claim = the(judged(given, ["clean"]), "PSNR over frames altered")
    assert (claim["figure"], claim["verdict"]) == (None, MET)


def test_a_method_that_failed_everywhere_meets_nothing() -> None:
    failed = {
        "method": OURS,
        "preset": "clean",
        "clip": "a",
        "measure": "ran",
        "value": 0.0,
        "note": "failed: no model",
    }
    found = judged([failed], ["clean"])
    assert {claim["verdict"] for claim in found} == {NOT_MEASURED}
    assert all("no model" in claim["note"] for claim in found)


def test_film_is_held_against_itself_before_and_detail_against_one() -> None:
    given = [
        *rows(OURS, "real-film", "flicker_energy_global", 1e-4, 2e-4),
        *rows(INPUT, "real-film", "flicker_energy_global", 1e-3, 2e-3),
        *rows(OURS, "real-film", "high_frequency_kept", 0.97, 1.01),
    ]
    found = judged(given, ["real-film"])
    assert the(found, "flicker energy, × before")["figure"] == pytest.approx(0.1)
    assert the(found, "fine detail")["figure"] == pytest.approx(0.02)
    assert the(found, "fine detail")["clips_that_meet_it"] == 1
    assert the(found, "flicker energy on the grid")["verdict"] == NOT_MEASURED


def test_only_presets_that_were_run_are_judged() -> None:
    assert judged([], []) == []
    assert {claim["preset"] for claim in judged([], ["flicker-local", "clean-ramp"])} == {"flicker-local", "clean-ramp"}


def test_the_tables_count_verdicts_and_show_every_clip() -> None:
    given = [
        *rows(OURS, "flicker-local", "psnr", 41.0, 33.0),
        *rows(LOCAL_PEER, "flicker-local", "psnr", 38.0, 38.0),
        *rows(OURS, "real-film", "high_frequency_kept", 0.99),
    ]
    for row in given:
        row["clip"] = f"film-{row['clip']}" if row["preset"] == "real-film" else row["clip"]
    found = judged(given, ["flicker-local", "real-film"])
    results = {"claims": found, "clips": [{"clip": clip} for clip in ("a", "b", "film-a")]}
    shown = claim_table(results)
    assert shown.startswith("1 met, 1 missed, 5 not measured.")
    assert (
        f"| ✗ | flicker-local | PSNR, dB above {LOCAL_PEER} | -1.000 | -5.000…3.000 | ≥ 2 | 1 of 2 | b -5.000 |"
        in shown
    )
    assert "| flicker-local | PSNR, dB above local-log-gain | 3.000 | -5.000 |" in by_clip(results)
    assert "| real-film | fine detail gained or lost, share | 0.0100 |" in by_clip(results)
