"""One contract for all scenery, of training and of the test, with settings that make each act on every frame."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.scenery import (
    TEST_SCENERY,
    TEST_STRUCTURES,
    TRAINING_SCENERY,
    TRAINING_STRUCTURES,
    Flashes,
    Flyers,
    Lights,
    Scenery,
    Text,
)


def _busy(stage: Scenery) -> Scenery:
    """Return scenery of which a small frame has something to show."""
    if isinstance(stage, Flashes):
        return replace(stage, per_frame=1.0)
    if isinstance(stage, Flyers):
        return replace(stage, density=30.0, rest=0.0)
    if isinstance(stage, Lights):
        return replace(stage, density=80.0, rhythms=("nervous",) if "nervous" in stage.rhythms else stage.rhythms)
    if isinstance(stage, Text):
        return replace(stage, height=0.08)
    return stage


ALL: dict[str, Scenery] = {
    **{f"training {name}": _busy(stage) for name, stage in TRAINING_SCENERY.items()},
    **{f"test {name}": _busy(stage) for name, stage in TEST_SCENERY.items()},
    "training structures": TRAINING_STRUCTURES["hand-held"],
    "test structures": TEST_STRUCTURES["panning"],
}


@pytest.fixture(params=list(ALL))
def scenery(request: pytest.FixtureRequest) -> Scenery:
    """Return each kind of scenery in turn, of training and of the test."""
    return ALL[request.param]


@pytest.fixture
def frames() -> NDArray[np.float32]:
    """Return (5, 108, 160, 3) of grey noise within 0.3…0.6."""
    return np.random.default_rng(0).uniform(0.3, 0.6, (5, 108, 160, 3)).astype(np.float32)
