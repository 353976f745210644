"""What a plug-in fetched of its clips."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class FetchCount:
    """Pictures of one clip: how many were asked for, how many given, how many released, and asked for by time."""

    asked: int
    given: int
    released: int
    by_time: dict[float, int]
