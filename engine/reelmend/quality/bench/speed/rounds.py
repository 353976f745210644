"""Rounds in which everything that is to be compared takes its turn, so that the machine's moods hit all alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

Samples = dict[str, list[float]]
"""By name, the milliseconds of each round."""

Done = Callable[[str], None]


class Probe(Protocol):
    """Something that is timed once a round."""

    def take(self) -> Mapping[str, float]:
        """Do it once, and return the milliseconds per frame of each of its names."""
        ...

    def close(self) -> None: ...


@dataclass(frozen=True)
class Wanted:
    """A probe to be: the names that it will measure, and how to make it, which may fail."""

    names: tuple[str, ...]
    make: Callable[[], Probe]


@dataclass
class Measured:
    """The samples by name; of what could not be measured the reason, in words."""

    samples: Samples
    notes: dict[str, str] = field(default_factory=dict)


def interleave(
    wanted: Sequence[Wanted],
    runs: int,
    warm_up_runs: int,
    done: Done = lambda _: None,
    before_closing: Callable[[Mapping[str, Probe]], None] = lambda _: None,
) -> Measured:
    """Return `runs` samples of each name; every round begins with another probe, so that none has a fixed neighbour.

    The first rounds are thrown away. A probe that fails takes no further part, and a note says why. `before_closing`
    gets those that are left, by their first name. Whatever happens, every probe is closed.
    """
    measured = Measured({name: [] for one in wanted for name in one.names})
    probes: dict[str, Probe] = {}
    try:
        for one in wanted:
            with noting(one.names, measured):
                probes[one.names[0]] = one.make()
        for number in range(warm_up_runs + runs):
            for one in _rotated(wanted, number):
                if one.names[0] in probes:
                    _take(one, probes, measured, keep=number >= warm_up_runs)
                done(one.names[0])
        before_closing(probes)
    finally:
        for probe in probes.values():
            probe.close()
    return measured


def _take(one: Wanted, probes: dict[str, Probe], measured: Measured, keep: bool) -> None:
    with noting(one.names, measured) as note:
        taken = probes[one.names[0]].take()
        for name in one.names if keep else ():
            measured.samples[name].append(taken[name])
    if note.failed:
        probes.pop(one.names[0]).close()


class noting:  # noqa: N801
    """Turns a failure into a note for each of some names; Ctrl-C and the like pass."""

    def __init__(self, names: Sequence[str], measured: Measured) -> None:
        self._names, self._measured = names, measured
        self.failed = False

    def __enter__(self) -> noting:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> bool:
        if not isinstance(error, Exception):
            return False
        self.failed = True
        words = error.args[0] if isinstance(error, KeyError) and error.args else error
        said = (str(words).strip().splitlines() or [type(error).__name__])[0]
        for name in self._names:
            self._measured.notes[name] = f"failed: {said}"
            self._measured.samples[name] = []
        return True


def _rotated(wanted: Sequence[Wanted], number: int) -> Iterator[Wanted]:
    start = number % max(1, len(wanted))
    yield from (*wanted[start:], *wanted[:start])
