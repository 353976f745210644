"""How much the speed bench measures: sizes, rounds, and what the machine's memory allows."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.pan import pan_bytes

ENGINE_MEMORY_BYTES = 1 << 30
"""What the bench's engine may hold: little enough to be full of frames soon, so that slots are used again as they are
in any longer playback."""

TRANSPORT_MEMORY_BYTES = 256 << 20
"""The same for the engine that only moves frames."""

SPARE_BYTES = 2 << 30
REPAIR_CASE = "1080p"


@dataclass(frozen=True)
class Case:
    """One frame size, and how many rounds it gets."""

    name: str
    width: int
    height: int
    runs: int

    @property
    def pixels(self) -> int:
        return self.width * self.height


@dataclass(frozen=True)
class Plan:
    """What is measured. A burst is a stretch of frames that a node renders in one go; its first ones don't count."""

    mode: str
    cases: tuple[Case, ...]
    model_case: Case
    warm_up_runs: int
    counted_frames: int

    @property
    def repair_case(self) -> Case:
        """The size at which a repair is timed: that of the bar, or the first there is."""
        return next((case for case in self.cases if case.name == REPAIR_CASE), self.cases[0])


QUICK = Plan(
    mode="quick",
    cases=(Case("720p", 1280, 720, 9), Case("1080p", 1920, 1080, 13), Case("UHD", 3840, 2160, 5)),
    model_case=Case("720p models", 1280, 720, 7),
    warm_up_runs=1,
    counted_frames=6,
)
FULL = Plan(
    mode="full",
    cases=(Case("720p", 1280, 720, 31), Case("1080p", 1920, 1080, 31), Case("UHD", 3840, 2160, 15)),
    model_case=Case("1080p models", 1920, 1080, 15),
    warm_up_runs=3,
    counted_frames=16,
)


def chosen(plan: Plan, cases: list[str], runs: int | None, sizes: dict[str, tuple[int, int]] | None = None) -> Plan:
    """Return the plan with only some cases, other rounds, or other sizes. Raises BenchError for an unknown case."""
    known = {case.name: case for case in plan.cases}
    if unknown := [name for name in cases if name not in known]:
        raise BenchError(f"no case '{unknown[0]}'; there is {', '.join(known)}")

    def changed(case: Case) -> Case:
        width, height = (sizes or {}).get(case.name, (case.width, case.height))
        return Case(case.name, width, height, runs or case.runs)

    taken = tuple(changed(known[name]) for name in cases or known)
    return Plan(plan.mode, taken, changed(plan.model_case), plan.warm_up_runs, plan.counted_frames)


def lacks_memory(case: Case, frames: int) -> str:
    """Return why this case can't run on this machine, in words; empty when it can."""
    free = _available_bytes()
    wanted = (
        pan_bytes(case.width, case.height, frames) * 5 // 4 + ENGINE_MEMORY_BYTES + TRANSPORT_MEMORY_BYTES + SPARE_BYTES
    )
    if free is None or free >= wanted:
        return ""
    return f"not run: {case.name} takes {wanted / 2**30:.1f} GiB of memory, {free / 2**30:.1f} GiB are free"


def _available_bytes() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return None
    found = next((line.split()[1] for line in lines if line.startswith("MemAvailable:")), None)
    return int(found) * 1024 if found else None
