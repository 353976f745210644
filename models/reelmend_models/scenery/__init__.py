"""Parts of a scene that look like damage and are none: rain, snow, sparks, glitter, lamps, birds, text, eyes, flashes.

Stages like those of damage: frozen settings, `stage.plan(clip, seed).apply(frame, index)` for any frame in any order,
to the same bytes. Their truth has no mattes: what they draw belongs to the scene, and a restorer must leave it alone.

To add one: a file with a `Scenery` and its `SceneryPlan`, its place in both halves of `settings`, and one line in
tests/models/scenery/conftest.py, which puts it under the contract of all scenery.
"""

from reelmend_models.scenery.camera import held, seen_from
from reelmend_models.scenery.eyes import Eyes
from reelmend_models.scenery.flashes import Flashes
from reelmend_models.scenery.flyers import Flyers
from reelmend_models.scenery.glitter import Glitter
from reelmend_models.scenery.layer import Scenery, SceneryPlan
from reelmend_models.scenery.lights import Lights
from reelmend_models.scenery.rain import Rain
from reelmend_models.scenery.settings import (
    TEST_SCENERY,
    TEST_STRUCTURES,
    TRAINING_SCENERY,
    TRAINING_STRUCTURES,
    cropped,
)
from reelmend_models.scenery.snow import Snow
from reelmend_models.scenery.sparks import Sparks
from reelmend_models.scenery.structures import Structures, StructuresPlan
from reelmend_models.scenery.text import Text

__all__ = [
    "TEST_SCENERY",
    "TEST_STRUCTURES",
    "TRAINING_SCENERY",
    "TRAINING_STRUCTURES",
    "Eyes",
    "Flashes",
    "Flyers",
    "Glitter",
    "Lights",
    "Rain",
    "Scenery",
    "SceneryPlan",
    "Snow",
    "Sparks",
    "Structures",
    "StructuresPlan",
    "Text",
    "cropped",
    "held",
    "seen_from",
]
