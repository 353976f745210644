"""Damage of a whole clip, one frame at a time."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Stage, Truth, apply_plan

FIRST_PLAN_FRAMES = 1024


def damage_clip(
    frames: Iterable[Frame], stage: Stage, seed: int, frame_count: int | None = None
) -> Iterator[tuple[Frame, Truth]]:
    """Yield each frame damaged, with its truth, reading one frame ahead and keeping no other.

    frames: (H, W, 3) float32, all of one size. frame_count: if known, the plan is drawn once; if not, it is drawn
    again, longer, as the clip goes on; the bytes are the same. Raises DamageError for a frame of another size.
    """
    Draws(stage.name, seed)
    source = iter(frames)
    current = next(source, None)
    if current is None:
        return
    plan, planned = _planned(stage, seed, current, frame_count or FIRST_PLAN_FRAMES)
    index = 0
    while current is not None:
        following = next(source, None)
        if index >= planned:
            plan, planned = _planned(stage, seed, current, 4 * planned)
        yield apply_plan(plan, current, following, index)
        current, index = following, index + 1


def _planned(stage: Stage, seed: int, frame: Frame, frame_count: int) -> tuple[Plan, int]:
    if frame.ndim != 3 or frame.shape[2] != 3:
        raise DamageError(f"frames must be (H, W, 3) float32, got {frame.shape} {frame.dtype}")
    return stage.plan(ClipInfo(frame_count, frame.shape[0], frame.shape[1]), seed), frame_count
