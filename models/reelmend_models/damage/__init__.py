"""Seeded film and tape damage, with the truth about what was done. No torch.

A stage (`flicker.Flicker`, …) is a frozen dataclass of settings. `stage.apply(frames, seed)` damages an array;
`stage.plan(clip, seed).apply(frame, index)` damages one frame at a time, in any order, to the same bytes.
"""

from reelmend_models.damage import flicker
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth

__all__ = ["ClipInfo", "DamageError", "Frame", "Plan", "Plane", "Stage", "Truth", "flicker"]
