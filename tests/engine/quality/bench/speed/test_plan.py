"""What is measured, and what a machine has no memory for."""

from __future__ import annotations

import pytest

from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed import plan as planning
from reelmend.quality.bench.speed.plan import FULL, QUICK, Case, chosen, lacks_memory


def test_cases_and_rounds_can_be_chosen() -> None:
    plan = chosen(QUICK, ["UHD", "720p"], runs=2)
    assert [(case.name, case.runs) for case in plan.cases] == [("UHD", 2), ("720p", 2)]
    assert plan.model_case.runs == 2
    assert chosen(FULL, [], None) == FULL


def test_a_case_that_is_not_there_is_named_with_those_that_are() -> None:
    with pytest.raises(BenchError, match="no case '4K'; there is 720p, 1080p, UHD"):
        chosen(QUICK, ["4K"], None)


def test_a_case_too_large_for_the_machine_says_what_it_takes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_available_bytes", lambda: 2 << 30)
    assert "not run: UHD takes" in lacks_memory(Case("UHD", 3840, 2160, 3), 400)
    assert "2.0 GiB are free" in lacks_memory(Case("UHD", 3840, 2160, 3), 400)
    monkeypatch.setattr(planning, "_available_bytes", lambda: 64 << 30)
    assert lacks_memory(Case("UHD", 3840, 2160, 3), 400) == ""


def test_where_free_memory_is_not_told_every_case_is_tried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(planning, "_available_bytes", lambda: None)
    assert lacks_memory(Case("UHD", 3840, 2160, 3), 400) == ""
