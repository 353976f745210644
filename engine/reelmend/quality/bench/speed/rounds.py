"""Rounds in which everything that is to be compared takes its turn, so that the machine's moods hit all alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from typing import Protocol

Samples = dict[str, list[float]]
"""By name, the milliseconds of each round."""


class Probe(Protocol):
    """Something that is timed once a round."""

    @property
    def names(self) -> Sequence[str]:
        """The names of what `take` returns."""
        ...

    def take(self) -> Mapping[str, float]:
        """Do it once, and return the milliseconds per frame of each name."""
        ...

    def close(self) -> None: ...


def interleave(probes: Sequence[Probe], runs: int, warm_up_runs: int, done: Callable[[str], None]) -> Samples:
    """Return `runs` samples of each name; every round begins with another probe, so that none has a fixed neighbour.

    The first rounds are thrown away. Whatever happens, every probe is closed.
    """
    samples: Samples = {name: [] for probe in probes for name in probe.names}
    with ExitStack() as stack:
        for probe in probes:
            stack.callback(probe.close)
        for number in range(warm_up_runs + runs):
            start = number % max(1, len(probes))
            for probe in (*probes[start:], *probes[:start]):
                for name, spent_ms in probe.take().items():
                    if number >= warm_up_runs:
                        samples[name].append(spent_ms)
                done(probe.names[0])
    return samples
