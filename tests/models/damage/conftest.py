"""One contract for every stage and preset, with settings that make each of them act on every frame."""

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import (
    PRESETS,
    Bands,
    Bandwidth,
    Blotch,
    Blur,
    ChromaNoise,
    Dropout,
    Dust,
    EdgeWave,
    Fading,
    Flicker,
    Grain,
    Hair,
    HeadSwitching,
    Interlacing,
    Ringing,
    Scratch,
    Stage,
    Stain,
    TapeNoise,
    Tracking,
    Weave,
)
from reelmend_models.damage.faint_scratch import FaintScratch
from reelmend_models.damage.held_out import HELD_OUT

STAGES: dict[str, Stage] = {
    "bands": Bands(),
    "bandwidth": Bandwidth(luma_smear=(0.2, 0.9)),
    "blotch": Blotch(per_frame=6.0, count_shape=50.0),
    "blur": Blur(sigma_px=6.0),
    "chroma": ChromaNoise(),
    "dropout": Dropout(per_frame=8.0, count_shape=50.0),
    "dust": Dust(),
    "edge_wave": EdgeWave(intensity_px=3.0),
    "fading": Fading(),
    "faint_scratch": FaintScratch(),
    "flicker": Flicker(gain_std=0.05),
    "grain": Grain(),
    "hair": Hair(short_per_frame=5.0, long_per_frame=3.0, gate_per_frame=0.5),
    "head_switching": HeadSwitching(),
    "interlacing": Interlacing(),
    "ringing": Ringing(),
    "scratch": Scratch(standing=2.0, per_frame=0.5, opacity=0.8),
    "stain": Stain(per_frame=2.0),
    "tape_noise": TapeNoise(),
    "tracking": Tracking(first_spell_probability=1.0),
    "weave": Weave(drift_px=8.0),
    **{stage.name: replace(stage, per_frame=8.0, count_shape=50.0) for stage in HELD_OUT},
}
ALL: dict[str, Stage] = {**STAGES, **PRESETS}
STAMPED = ("blotch", "dropout", "dust", "hair", "scratch", "stain", *(stage.name for stage in HELD_OUT))


def make_frames(count: int, height: int, width: int) -> NDArray[np.float32]:
    """Return smooth colour waves with a little noise, moving by two pixels a frame, within 0.2…0.9."""
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    phases = np.array([0.0, 1.0, 2.0], np.float32)
    noise = np.random.default_rng(0).uniform(0.0, 0.1, (height, width, 1))
    waves = [0.5 + 0.3 * np.sin((x + 2 * t)[:, :, None] / 9 + phases) * np.cos(y[:, :, None] / 7) for t in range(count)]
    return np.stack([wave + noise for wave in waves]).astype(np.float32)


@pytest.fixture(params=list(ALL))
def stage(request: pytest.FixtureRequest) -> Stage:
    """Return each stage and each preset in turn."""
    return ALL[request.param]


@pytest.fixture(params=[name for name in ALL if name != "interlacing"])
def random_stage(request: pytest.FixtureRequest) -> Stage:
    """Return each stage and preset in turn, but for interlacing: weaving every frame leaves nothing to chance."""
    return ALL[request.param]


@pytest.fixture(params=STAMPED)
def stamped_stage(request: pytest.FixtureRequest) -> Stage:
    """Return each stage in turn that paints defects and leaves the rest of the picture alone."""
    return STAGES[request.param]


@pytest.fixture
def frames() -> NDArray[np.float32]:
    """Return (4, 96, 160, 3)."""
    return make_frames(4, 96, 160)


@pytest.fixture
def frames_of() -> Callable[[int, int, int], NDArray[np.float32]]:
    """Return the maker of clips: count, height, width."""
    return make_frames
