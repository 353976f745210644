"""Turns: who goes when, what counts, and what becomes of a probe that fails."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from reelmend.quality.bench.speed.rounds import Wanted, interleave


class Told:
    """A probe that writes down its turns; fails at the turn that is asked for."""

    def __init__(self, name: str, journal: list[str], fails_at: int = -1) -> None:
        self.name, self.journal, self.fails_at, self.turns = name, journal, fails_at, 0

    def take(self) -> Mapping[str, float]:
        self.journal.append(self.name)
        self.turns += 1
        if self.turns == self.fails_at:
            raise OSError(f"{self.name} broke")
        return {self.name: float(self.turns)}

    def close(self) -> None:
        self.journal.append(f"{self.name} closed")


def wanted(name: str, journal: list[str], fails_at: int = -1) -> Wanted:
    return Wanted((name,), lambda: Told(name, journal, fails_at))


def test_every_round_begins_with_another_probe() -> None:
    journal: list[str] = []
    interleave([wanted(name, journal) for name in "abc"], runs=3, warm_up_runs=0)
    assert journal[:9] == ["a", "b", "c", "b", "c", "a", "c", "a", "b"]


def test_rounds_that_warm_up_do_not_count() -> None:
    measured = interleave([wanted("a", [])], runs=2, warm_up_runs=3)
    assert measured.samples == {"a": [4.0, 5.0]}


def test_a_probe_that_fails_leaves_a_note_and_no_figures_and_the_others_go_on() -> None:
    journal: list[str] = []
    measured = interleave([wanted("a", journal), wanted("b", journal, fails_at=2)], runs=4, warm_up_runs=0)
    assert measured.samples == {"a": [1.0, 2.0, 3.0, 4.0], "b": []}
    assert measured.notes == {"b": "failed: b broke"}
    assert journal.count("b") == 2
    assert journal.count("b closed") == 1


def test_a_probe_that_cannot_be_made_leaves_a_note() -> None:
    def refuse() -> Told:
        raise KeyError("no such thing")

    measured = interleave([Wanted(("a", "b"), refuse)], runs=1, warm_up_runs=0)
    assert measured.notes == {"a": "failed: no such thing", "b": "failed: no such thing"}


def test_ctrl_c_passes_and_every_probe_is_closed() -> None:
    journal: list[str] = []

    def stop(_name: str) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interleave([wanted("a", journal), wanted("b", journal)], runs=1, warm_up_runs=0, done=stop)
    assert {"a closed", "b closed"} <= set(journal)


def test_probes_that_are_left_are_seen_before_they_are_closed() -> None:
    seen: list[str] = []
    journal: list[str] = []
    probes = [wanted("a", journal, fails_at=1), wanted("b", journal)]
    interleave(probes, 1, 0, before_closing=lambda left: seen.extend([*left, *(n for n in journal if "b c" in n)]))
    assert seen == ["b"]
