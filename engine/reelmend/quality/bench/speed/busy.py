"""How much of the machine others took while something was measured."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

WORTH_A_WARNING = 0.05


class Elsewhere:
    """Processor time that went neither to idling, nor to this process, its ended children and some others named."""

    def __init__(self) -> None:
        self._others: set[int] = set()
        self._start = self._now()

    def except_for(self, *processes: int) -> None:
        """Count other processes, freshly started, as our own."""
        self._others.update(processes)

    def share(self) -> float | None:
        """Return the share of all processors' time, 0…1, that others took so far; None where that isn't told."""
        now = self._now()
        if self._start is None or now is None:
            return None
        total, busy, own = (after - before for before, after in zip(self._start, now, strict=True))
        return max(0.0, (busy - own) / total) if total > 0 else 0.0

    def _now(self) -> tuple[float, float, float] | None:
        """Return all, busy and own processor time since the machine's start, in clock ticks."""
        try:
            first = Path("/proc/stat").read_text(encoding="ascii", errors="replace").splitlines()[0]
            own = _ticks_of([os.getpid()], with_children=True) + _ticks_of(self._others)
        except OSError:
            return None
        user, nice, system, idle, waiting, *rest = (float(word) for word in first.split()[1:9])
        busy = user + nice + system + sum(rest)
        return busy + idle + waiting, busy, own


def _ticks_of(processes: Iterable[int], with_children: bool = False) -> float:
    found = 0.0
    for process in processes:
        try:
            words = (
                Path(f"/proc/{process}/stat").read_text(encoding="ascii", errors="replace").rpartition(")")[2].split()
            )
        except OSError:
            continue  # it has ended; its time is with its parent's children
        found += sum(float(word) for word in words[11 : 15 if with_children else 13])
    return found
