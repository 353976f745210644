"""Seeded film and tape damage, with the truth about what was done. No torch.

A stage (`flicker.Flicker`, …) is a frozen dataclass of settings. `stage.apply(frames, seed)` damages an array;
`stage.plan(clip, seed).apply(frame, index)` damages one frame at a time, in any order, to the same bytes;
`damage_clip(frames, preset("silent-1910"), seed)` damages a stream.

To add a stage: one file with a `Stage` and its `Plan`, its matte's class (if it makes one) in `merge.DEFECT_CLASSES`,
its place in `presets`, and one line in tests/models/damage/conftest.py, which puts it under the contract of all stages.

The stages of `held_out` are for tests alone: training must not see them, so nothing here exports them.
"""

from reelmend_models.damage import flicker
from reelmend_models.damage.bands import Bands
from reelmend_models.damage.bandwidth import Bandwidth
from reelmend_models.damage.blotch import Blotch
from reelmend_models.damage.blur import Blur
from reelmend_models.damage.chain import Chain
from reelmend_models.damage.chroma import ChromaNoise
from reelmend_models.damage.clip import damage_clip
from reelmend_models.damage.dropout import Dropout
from reelmend_models.damage.dust import Dust
from reelmend_models.damage.edge_wave import EdgeWave
from reelmend_models.damage.fading import Fading
from reelmend_models.damage.flicker import Flicker
from reelmend_models.damage.grain import Grain
from reelmend_models.damage.hair import Hair
from reelmend_models.damage.head_switching import HeadSwitching
from reelmend_models.damage.interlacing import Interlacing
from reelmend_models.damage.merge import DEFECT_CLASSES, class_picture, union_matte
from reelmend_models.damage.presets import PRESETS, preset
from reelmend_models.damage.ringing import Ringing
from reelmend_models.damage.scratch import Scratch
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import ClipInfo, Frame, LookAheadPlan, Plan, Plane, Stage, Truth
from reelmend_models.damage.stain import Stain
from reelmend_models.damage.tape_noise import TapeNoise
from reelmend_models.damage.tracking import Tracking
from reelmend_models.damage.truth_writer import TruthWriter
from reelmend_models.damage.weave import Weave

__all__ = [
    "DEFECT_CLASSES",
    "PRESETS",
    "Bands",
    "Bandwidth",
    "Blotch",
    "Blur",
    "Chain",
    "ChromaNoise",
    "ClipInfo",
    "DamageError",
    "Dropout",
    "Dust",
    "EdgeWave",
    "Fading",
    "Flicker",
    "Frame",
    "Grain",
    "Hair",
    "HeadSwitching",
    "Interlacing",
    "LookAheadPlan",
    "Plan",
    "Plane",
    "Ringing",
    "Scratch",
    "Stage",
    "Stain",
    "TapeNoise",
    "Tracking",
    "Truth",
    "TruthWriter",
    "Weave",
    "class_picture",
    "damage_clip",
    "flicker",
    "preset",
    "union_matte",
]
