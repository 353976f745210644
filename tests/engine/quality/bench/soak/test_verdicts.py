"""When memory counts as flat."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from reelmend.quality.bench.soak import report
from reelmend.quality.bench.soak.verdicts import deviation, verdicts


def looks(resident_mib: list[float], segments: list[int] | None = None, phase: str = "frames") -> list[dict[str, Any]]:
    counts = segments or [4] * len(resident_mib)
    held = [
        {"resident_mib": mib, "private_mib": mib, "shared_mib": 0.0, "descriptors": 9, "segments": n, "threads": 3}
        for mib, n in zip(resident_mib, counts, strict=True)
    ]
    return [{"phase": phase, "number": number, "host": one, "engine": one} for number, one in enumerate(held)]


def by_claim(samples: list[dict[str, Any]]) -> dict[str, str]:
    return {claim["claim"]: claim["verdict"] for claim in verdicts(samples)}


def test_memory_that_fills_at_the_start_and_then_stays_is_flat() -> None:
    found = by_claim(looks([50.0, 90.0, *[100.0] * 4, 104.0, 97.0, 100.0, 100.0]))
    assert set(found.values()) == {"met"}


def test_memory_that_creeps_is_not_flat() -> None:
    found = by_claim(looks([100.0 + 3 * number for number in range(10)]))
    assert found["resident memory of the engine over frames, largest deviation from its median"] == "missed"


def test_segments_that_grow_without_end_are_told_and_those_that_come_and_go_are_not() -> None:
    claim = "segments of the host over frames, the fewest in the last third beyond the most before"
    assert by_claim(looks([100.0] * 9, [4, 5, 6, 7, 8, 9, 10, 11, 12]))[claim] == "missed"
    assert by_claim(looks([100.0] * 9, [4, 6, 5, 6, 5, 6, 5, 9, 6]))[claim] == "met"


def test_deviation_is_a_share_of_the_median() -> None:
    assert deviation([90.0, 100.0, 105.0]) == pytest.approx(0.1)


def test_a_soak_is_drawn_and_told(tmp_path: Path) -> None:
    samples = looks([100.0] * 8) + looks([100.0] * 8, phase="connects")
    settings = {"frames": 8, "connects": 8, "width": 64, "height": 48, "engine_memory_bytes": 64 << 20}
    results = {
        "samples": samples,
        "claims": verdicts(samples),
        "settings": settings,
        "command": "reelmend bench soak",
        "made": "2026-11-21T00:00:00+00:00",
        "commit": "0" * 40,
    }
    report.draw(results, tmp_path / "soak.png")
    assert (tmp_path / "soak.png").read_bytes().startswith(b"\x89PNG")
    assert len(report.lines(results)) == 12
    assert "| ✓ | resident memory of the host over frames" in report.block(results)["soak"]
