"""Several stages one after the other, as one stage, with their truths merged."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from reelmend_models.damage.merge import merged
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import (
    ClipInfo,
    Frame,
    Json,
    LookAheadPlan,
    Plan,
    Stage,
    Truth,
    apply_plan,
    checked_frame,
)


@dataclass(frozen=True)
class Chain(Stage):
    """Stages in the order in which they happen to the film: the picture's own first, the scanner's last.

    Each stage draws from the seed and its own name, so that adding or leaving out a stage does not change the others.
    A chain within a chain is spelt out into its stages. A stage that looks ahead (`Interlacing`) must stand first: what
    comes before it would have to be done twice.
    """

    name: ClassVar[str] = "chain"

    stages: tuple[Stage, ...]

    def __post_init__(self) -> None:
        flat: list[Stage] = []
        for place, stage in enumerate(self.stages):
            if not isinstance(stage, Stage):
                raise DamageError(f"stage {place} of the chain must be a damage stage, got {stage!r}")
            flat += stage.stages if isinstance(stage, Chain) else (stage,)
        object.__setattr__(self, "stages", tuple(flat))

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> ChainPlan:
        """Return the plans of all stages; a second stage of a name is its second occurrence."""
        seen: Counter[str] = Counter()
        plans: list[tuple[str, Plan]] = []
        for stage in self.stages:
            number = seen[stage.name] + occurrence
            seen[stage.name] += 1
            plan = stage.plan(clip, seed, number)
            if plans and isinstance(plan, LookAheadPlan):
                raise DamageError(f"{stage.name} looks at the next frame, so it must be the chain's first stage")
            plans.append((stage.name if number == 0 else f"{stage.name}#{number + 1}", plan))
        return ChainPlan(clip, tuple(plans))


@dataclass(frozen=True)
class ChainPlan(LookAheadPlan):
    """The plans of the stages, each with the name that its truth goes by ("dust", "dust#2")."""

    clip: ClipInfo
    plans: tuple[tuple[str, Plan], ...]

    def apply_between(self, frame: Frame, following: Frame | None, index: int) -> tuple[Frame, Truth]:
        """Return the frame after all stages; the truth is in the coordinates of the result."""
        damaged, truth = checked_frame(frame, index, self.clip).copy(), Truth()
        for name, plan in self.plans:
            damaged, step = apply_plan(plan, damaged, following, index)
            truth = merged(truth, Truth(step.mattes, step.gain, step.displacement, _renamed(step.values, name)))
        return damaged, truth


def _renamed(values: Mapping[str, Json], name: str) -> dict[str, Json]:
    """Return values with the stage's name in the chain before the dot."""
    return {f"{name}.{key.partition('.')[2]}": value for key, value in values.items()}
