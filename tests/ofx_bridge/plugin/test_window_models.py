"""Models that want their neighbours whole, through the node of any window model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from reelmend.bundle import find_bundle
from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine, engine
from support.nodes import MODEL, interleaved, planar
from support.window_models import two_stage_store

COUNT, RADIUS = 14, 1


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return with_flicker(moving_scene(COUNT, width=48, height=32))


@pytest.fixture(scope="module")
def engine_with_model(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningEngine]:
    folder: Path = tmp_path_factory.mktemp("models")
    two_stage_store(folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELMEND_MODELS", f"{folder}{os.pathsep}{os.environ.get('REELMEND_MODELS', '')}")
        with engine() as running:
            yield running


@pytest.fixture
def effect(frames: np.ndarray, engine_with_model: RunningEngine) -> Iterator[pyopenfx.Instance]:
    with pyopenfx.load(find_bundle()) as bundle:
        settings = pyopenfx.InstanceSettings(size=(48, 32), frames=(0, COUNT - 1))
        with bundle.plugin(MODEL).create(settings) as instance:
            instance.set_source(lambda frame: interleaved(frames[frame]))
            for name, value in (
                ("engineAddress", engine_with_model.address),
                ("modelId", "two-stages"),
                ("radius", RADIUS),
            ):
                instance.set(name, value)
            yield instance


def test_order_changes_no_bit_and_playback_costs_two_images_a_frame(effect: pyopenfx.Instance) -> None:
    alone = [planar(effect.render(frame)) for frame in range(COUNT)]
    effect.purge_caches()
    effect.reset_fetches()
    for frame, picture in effect.render_frames():
        assert np.array_equal(planar(picture), alone[frame])
    # The whole neighbour is sent from the image by which it was announced.
    assert effect.fetches["Source"].asked <= 2 * COUNT
    assert effect.messages == []


def test_playback_that_an_engine_sees_for_the_first_time_costs_hardly_more(
    frames: np.ndarray, effect: pyopenfx.Instance
) -> None:
    """The window of the first frame is sent whole: its images are fetched once to be announced, once to be sent."""
    effect.set_source(lambda frame: interleaved(frames[frame] * np.float32(0.93)))
    effect.reset_fetches()
    for _frame, picture in effect.render_frames():
        assert np.isfinite(picture).all()
    assert effect.fetches["Source"].asked <= 2 * COUNT + 2 * RADIUS + 2
