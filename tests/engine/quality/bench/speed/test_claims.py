"""Claims are judged by what was measured, whichever way it went."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from reelmend.quality.bench.speed.claims import Claim, judged, soaked
from reelmend.quality.bench.speed.rows import counted_row, missing_row, row_of


def verdict(claim: Claim, figure: float) -> str:
    row = row_of("work", "tiny", {"work": [figure], "copy": [1.0]}, "copy")
    return str(claim.judged({("work", "tiny"): row})["verdict"])


@pytest.mark.parametrize(("figure", "at_most", "found"), [(1.5, True, "met"), (1.51, True, "missed")])
def test_a_bar_that_may_not_be_passed(figure: float, at_most: bool, found: str) -> None:
    assert verdict(Claim("a", "work", "tiny", 1.5, at_most), figure) == found


@pytest.mark.parametrize(("figure", "found"), [(1.9, "met"), (1.89, "missed")])
def test_a_bar_that_must_be_reached(figure: float, found: str) -> None:
    assert verdict(Claim("a", "work", "tiny", 1.9, at_most=False), figure) == found


def test_a_claim_without_a_figure_is_neither_met_nor_missed_and_says_why() -> None:
    claim = Claim("a", "work", "tiny", 1.5)
    told = claim.judged({("work", "tiny"): missing_row("work", "tiny", "failed: no engine")})
    assert (told["verdict"], told["note"]) == ("not measured", "failed: no engine")
    assert claim.judged({})["verdict"] == "not measured"


def test_counts_are_judged_by_their_value() -> None:
    row = counted_row("calls", "tiny", 3.0, "calls", 6, None, "")
    told = Claim("a", "calls", "tiny", 2.0, of="value").judged({("calls", "tiny"): row})
    assert (told["figure"], told["verdict"]) == (3.0, "missed")


def test_every_claim_is_told_even_when_nothing_was_measured() -> None:
    told = judged([], "720p models")
    assert len(told) == 22
    assert {claim["verdict"] for claim in told} == {"not measured"}


def test_the_latest_soak_is_told_among_the_claims(tmp_path: Path) -> None:
    (missing,) = soaked(tmp_path / "soak.json")
    assert missing["verdict"] == "not measured"
    assert "reelmend bench soak" in missing["note"]
    flat = {"claim": "memory", "figure": 0.02, "median_mib": 300.0, "bar": 0.05, "verdict": "met"}
    counted = {"claim": "segments", "figure": 0, "bar": 0, "verdict": "met"}
    (tmp_path / "soak.json").write_text(json.dumps({"made": "2026-11-21T05:00:00+00:00", "claims": [flat, counted]}))
    (told,) = soaked(tmp_path / "soak.json")
    assert (told["claim"], told["figure"], told["case"]) == ("memory", 0.02, "soak of 2026-11-21")
    assert set(told) >= set(judged([], "720p models")[0])
