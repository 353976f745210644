"""What the node asks of each known host, as pyopenfx plays them. ADR 9 states these figures."""

from __future__ import annotations

import numpy as np
import pytest

import pyopenfx
from pyopenfx.profiles import PROFILES
from reelmend.bundle import find_bundle
from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import instance_in, planar

COUNT, RADIUS, WINDOW = 24, 4, 9
SIZE = {"width": 48, "height": 32}
WITH_NEIGHBOURS = sorted(set(PROFILES) - {"mlt"})


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return with_flicker(moving_scene(COUNT, **SIZE))


def _asked(frames: np.ndarray, address: str, profile: str, as_sequence: bool, **parameters: object) -> int:
    """Return how many source images a host asked for while it rendered every frame once."""
    with (
        pyopenfx.load(find_bundle(), profile=profile) as bundle,
        instance_in(bundle, frames, address, parameters={"radius": RADIUS, **parameters}) as effect,
    ):
        if as_sequence:
            for _ in effect.render_frames():
                pass
        else:
            for frame in range(COUNT):
                effect.render(frame)
        fetched = effect.fetches["Source"]
        assert fetched.given == fetched.released
        return fetched.asked


@pytest.mark.parametrize("profile", WITH_NEIGHBOURS)
def test_playback_costs_two_images_a_frame_in_every_host_with_neighbours(
    frames: np.ndarray, shared_engine: RunningEngine, profile: str
) -> None:
    assert _asked(frames, shared_engine.address, profile, as_sequence=True) == 2 * COUNT - 1


@pytest.mark.parametrize("profile", WITH_NEIGHBOURS)
def test_frames_by_themselves_cost_their_window_in_every_host_with_neighbours(
    frames: np.ndarray, shared_engine: RunningEngine, profile: str
) -> None:
    windows = sum(min(frame, RADIUS) + 1 + min(COUNT - 1 - frame, RADIUS) for frame in range(COUNT))
    assert _asked(frames, shared_engine.address, profile, as_sequence=False) == windows


@pytest.mark.parametrize("choice", ["Pass through", "Use frames already seen"])
def test_a_frame_costs_one_image_where_there_are_no_neighbours(
    frames: np.ndarray, shared_engine: RunningEngine, choice: str
) -> None:
    host = pyopenfx.HostOptions(temporal_access=False)
    with (
        pyopenfx.load(find_bundle(), host) as bundle,
        instance_in(
            bundle, frames, shared_engine.address, parameters={"radius": RADIUS, "withoutNeighbours": choice}
        ) as effect,
    ):
        for frame in range(COUNT):
            effect.render(frame)
        assert effect.fetches["Source"].asked == COUNT
        assert {message.kind for message in effect.messages} == {"warning"}


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("Fail", "needs the frames around this one"),
        ("Pass through", None),
        ("Use frames already seen", "makes a new node for every frame"),
    ],
)
def test_mlt_is_told_what_it_lacks_and_its_artist_may_choose(
    frames: np.ndarray, shared_engine: RunningEngine, choice: str, words: str | None
) -> None:
    """It makes an instance for every frame, so that none has seen another."""
    with (
        pyopenfx.load(find_bundle(), profile="mlt") as bundle,
        instance_in(
            bundle, frames, shared_engine.address, parameters={"radius": RADIUS, "withoutNeighbours": choice}
        ) as effect,
    ):
        said = []
        for frame in range(6):
            try:
                assert np.array_equal(planar(effect.render(frame)), frames[frame])
            except pyopenfx.OfxError as error:
                said.append(str(error))
    assert bool(said) == (words is not None)
    assert words is None or words in said[-1]
