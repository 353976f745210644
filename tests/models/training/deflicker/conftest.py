"""A training small enough to be run whole in a test, and measured light to run it on."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
import torch

from reelmend_models.training.deflicker.measured_light import ShotLight, ShotOrigin
from reelmend_models.training.deflicker.settings import Settings
from reelmend_models.training.footage import Split


@pytest.fixture(autouse=True)
def one_thread() -> Iterator[None]:
    """Small sums are quickest on one thread, above all where several tests run at once."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


TINY = Settings(steps=12, seed=7, width=16, layers=1, clips=4, length_frames=130, pool=64, pool_steps=5)


@pytest.fixture
def tiny() -> Settings:
    return TINY


def shot(split: Split, frames: int = 70, seed: int = 0) -> ShotLight:
    """Return the light of a shot that gets brighter, with cells and tones that waver."""
    generator = np.random.default_rng(seed)
    wavering = np.cumsum(generator.normal(0, 1e-3, (frames, 22)), axis=0).astype(np.float32)
    wavering -= wavering[0]
    level = np.linspace(0, 0.2, frames, dtype=np.float32)
    origin = ShotOrigin(f"{split}-clip", split, 0, frames, "MIT", "© somebody", "0" * 64)
    return ShotLight(origin, level, wavering[:, :16], wavering[:, 16:])


@pytest.fixture
def shots() -> list[ShotLight]:
    return [shot("training"), shot("validation", seed=1)]
