"""Rows: medians, ratios by the same rounds, and what could not be measured."""

from __future__ import annotations

import json

import pytest

from reelmend.quality.bench.speed.rows import counted_row, missing_row, row_of, rows_of, sum_of

REQUIRED = {"name", "case", "median_ms", "runs", "ratio", "ratio_to"}


def test_a_ratio_is_that_of_the_medians_and_lies_in_its_interval() -> None:
    samples = {"copy": [1.0, 2.0, 3.0, 2.0, 2.0], "work": [5.0, 6.0, 7.0, 6.0, 20.0]}
    row = row_of("work", "tiny", samples, "copy")
    assert row["ratio"] == pytest.approx(3.0)
    assert row["ratio_low"] <= row["ratio"] <= row["ratio_high"]
    assert (row["median_ms"], row["fastest_ms"], row["slowest_ms"], row["runs"]) == (6.0, 5.0, 20.0, 5)


def test_rounds_that_were_slow_for_both_leave_the_ratio_alone() -> None:
    moods = [1.0, 1.0, 4.0, 1.0, 3.0]
    row = row_of("work", "tiny", {"copy": moods, "work": [2.0 * mood for mood in moods]}, "copy")
    assert (row["ratio_low"], row["ratio_high"]) == (pytest.approx(2.0), pytest.approx(2.0))


def test_the_same_samples_give_the_same_row() -> None:
    samples = {"copy": [1.0, 2.0, 3.0], "work": [5.0, 9.0, 7.0]}
    assert row_of("work", "tiny", samples, "copy") == row_of("work", "tiny", samples, "copy")


def test_sums_are_taken_round_by_round_and_count_a_name_as_often_as_it_is_given() -> None:
    assert sum_of({"a": [1.0, 2.0], "b": [10.0, 20.0]}, "a", "b", "b") == [21.0, 42.0]
    assert sum_of({"a": [1.0, 2.0], "b": []}, "a", "b") == []
    assert sum_of({"a": [1.0]}, "a", "absent") == []


def test_every_kind_of_row_has_what_readers_ask_for_and_is_json() -> None:
    rows = [
        *rows_of("tiny", {"a": [1.0], "b": []}, {"b": "a", "a": "absent"}, {"b": "failed: it broke"}),
        missing_row("c", "tiny", "why"),
        counted_row("d", "tiny", 3.0, "bytes", 2, 1.5, "frame"),
    ]
    assert all(set(row) >= REQUIRED for row in rows)
    assert rows[1]["median_ms"] is None
    assert rows[1]["note"] == "failed: it broke"
    assert "note" in rows[2]
    assert rows[3]["value"] == 3.0
    json.dumps(rows, allow_nan=False)
