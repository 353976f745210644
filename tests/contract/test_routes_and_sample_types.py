"""Both routes, both sample types, small frames and large ones that stay in their slot: one result, and no byte more."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import FrameFormat, SampleType
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine

RADIUS = 2
PARAMETERS = {"radius": RADIUS, "strength": 0.8}
SIZES = {"small": (96, 64), "kept in its slot": (640, 300), "odd": (701, 333)}


def made_of_halves(size: tuple[int, int], seed: int) -> np.ndarray:
    frames = with_flicker(moving_scene(5, *size, seed), seed)
    frames[2, :, 5:9, 5:9] = np.nan
    frames[3, 0, 4, 4] = np.inf
    return frames.astype(np.float16).astype(np.float32)


@pytest.mark.parametrize("sample_type", SampleType)
@pytest.mark.parametrize("route", Route)
@pytest.mark.parametrize("size", SIZES)
def test_every_route_and_sample_type_gives_the_same_bits(
    shared_engine: RunningEngine, route: Route, sample_type: SampleType, size: str
) -> None:
    frames = made_of_halves(SIZES[size], seed=10 * route + sample_type)
    renderer = Renderer(ModelStore.default())
    wanted = dict(render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(frames), range(5)))
    with EngineClient(shared_engine.address, route, sample_type=sample_type) as client:
        before = client.info()
        for number in (0, 1, 2, 3, 4, 2, 0):
            clip = RememberedClip(ArrayClip(frames))
            found = client.render(clip, number, "deflicker", RADIUS, PARAMETERS)
            assert found.tobytes() == wanted[number].tobytes(), f"frame {number} differs"
        after = client.info()
    form = FrameFormat(*SIZES[size])
    whole_bytes = form.size_bytes // 4 * sample_type.size_bytes
    assert after.bytes_received - before.bytes_received == 5 * (whole_bytes + form.proxy.size_bytes)
    assert after.bytes_sent - before.bytes_sent == 7 * form.size_bytes


@pytest.mark.parametrize("route", Route)
def test_frame_known_as_floats_is_known_as_halves(shared_engine: RunningEngine, route: Route) -> None:
    frames = made_of_halves((640, 300), seed=77 + route)
    with EngineClient(shared_engine.address, route) as client:
        client.render(RememberedClip(ArrayClip(frames)), 0, "deflicker", RADIUS, PARAMETERS)
        before = client.info().bytes_received
        with EngineClient(shared_engine.address, route, sample_type=SampleType.FLOAT16) as other:
            other.render(RememberedClip(ArrayClip(frames)), 0, "deflicker", RADIUS, PARAMETERS)
        assert client.info().bytes_received == before
