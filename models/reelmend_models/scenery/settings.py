"""The scenery that is trained on, and the scenery that is tested on: other speeds, sizes, numbers and kinds.

A range of the test overlaps the one of training only where physics leaves no choice. What the test adds beside ranges
is never seen in training: splashes, embers, chasing lamps, swallows, confetti, leaves, running counters, typed text,
bold and slanted letters, muzzle flashes.
"""

from __future__ import annotations

from dataclasses import replace

from reelmend_models.damage.stage import Stage
from reelmend_models.scenery.eyes import Eyes
from reelmend_models.scenery.flashes import Flashes
from reelmend_models.scenery.flyers import Flyers
from reelmend_models.scenery.glitter import Glitter
from reelmend_models.scenery.layer import Scenery
from reelmend_models.scenery.lights import Lights
from reelmend_models.scenery.rain import Rain
from reelmend_models.scenery.snow import Snow
from reelmend_models.scenery.sparks import Sparks
from reelmend_models.scenery.structures import Structures
from reelmend_models.scenery.text import HEAVY_FONTS, Text

TRAINING_SCENERY: dict[str, Scenery] = {
    "rain": Rain(),
    "snow": Snow(),
    "sparks": Sparks(),
    "glitter": Glitter(),
    "glints": Glitter(water=0.0),
    "lights": Lights(),
    "flyers": Flyers(),
    "text": Text(),
    "eyes": Eyes(),
    "flashes": Flashes(),
}
"""Stages to draw from while training; Grain of the damage simulator goes with all of them."""

TEST_SCENERY: dict[str, Scenery] = {
    "rain": Rain(
        density=(450.0, 800.0), speed=(0.17, 0.3), width=(0.0008, 0.0014), slant_rad=(-0.5, 0.5), splashes=(60.0, 120.0)
    ),
    "snow": Snow(density=(500.0, 900.0), speed=(0.04, 0.08), wind=(-1.6, 1.6), radius=(0.012, 0.02), sway=(0.02, 0.04)),
    "sparks": Sparks(density=(30.0, 60.0), speed=(0.08, 0.13), life_frames=(2.0, 20.0), width=(0.001, 0.002)),
    "embers": Sparks(
        density=(4.0, 8.0), speed=(0.004, 0.012), life_frames=(10.0, 30.0), gravity=(-0.0008, -0.0003), spread_rad=3.0
    ),
    "glitter": Glitter(density=(1500.0, 3000.0), wave=(0.2, 0.4), radius=(0.004, 0.006), life_frames=1.0),
    "glints": Glitter(water=0.0, density=(1500.0, 3000.0), wave=(0.2, 0.4), radius=(0.004, 0.006), life_frames=1.0),
    "lights": Lights(
        density=(20.0, 40.0), period_frames=(2.0, 4.0), radius=(0.0015, 0.004), rhythms=("single", "chase")
    ),
    "flyers": Flyers(
        density=(3.0, 8.0), speed=(0.12, 0.2), size=(0.004, 0.015), shutter=(0.1, 0.35), kinds=("swallow", "ball")
    ),
    "confetti": Flyers(
        density=(20.0, 40.0), speed=(0.02, 0.05), size=(0.006, 0.012), level=(0.1, 0.5), kinds=("confetto", "leaf")
    ),
    "text": Text(height=(0.02, 0.035), speed=(0.006, 0.012), kinds=("credits", "crawl", "typed"), fonts=HEAVY_FONTS),
    "counter": Text(height=(0.02, 0.04), kinds=("counter",), fonts=HEAVY_FONTS),
    "eyes": Eyes(size=(0.04, 0.08), every_frames=(4.0, 10.0)),
    "flashes": Flashes(per_frame=0.15, gain=(1.15, 8.0), kinds=("frame", "area", "explosion", "muzzle")),
}
"""Stages that only the bench draws from."""


TRAINING_STRUCTURES: dict[str, Structures] = {
    "panning": Structures(pan=(0.002, 0.008), sway=(0.0, 0.004)),
    "standing": Structures(),
    "hand-held": Structures(sway=(0.003, 0.015)),
}
TEST_STRUCTURES: dict[str, Structures] = {
    "panning": Structures(
        pan=(0.008, 0.016), number=(8.0, 12.0), width=(0.0015, 0.012), kinds=("mast", "lamp", "wire", "pipe", "fence")
    ),
    "standing": Structures(
        number=(8.0, 12.0), width=(0.0015, 0.012), kinds=("mast", "lamp", "wire", "pipe", "fence", "frame")
    ),
}
"""Structures go over a still seen by their own camera, so they stand apart from scenery that goes over anything."""


def cropped(stage: Stage, crop: float) -> Stage:
    """Return scenery as frames show it that are crops of a picture `crop` times as high; other stages as they are."""
    return replace(stage, crop=crop) if isinstance(stage, Scenery) else stage
