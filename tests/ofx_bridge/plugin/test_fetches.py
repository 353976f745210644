"""How often the host is asked for an image, which it may have to render first, and how many it must hold at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager

import numpy as np
import pytest

import pyopenfx
from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import interleaved, node, planar

from .conftest import Stage
from .raw_host import OK, Picture, RawHost, RawPlugin

COUNT, RADIUS = 60, 15
WIDTH, HEIGHT = 48, 32


def _node(frames: np.ndarray, address: str) -> AbstractContextManager[pyopenfx.Instance]:
    """A node whose window fits between the clip's ends on both sides."""
    return node(frames, address, parameters={"radius": RADIUS})


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return with_flicker(moving_scene(COUNT, width=WIDTH, height=HEIGHT))


@pytest.fixture(scope="module")
def reference(frames: np.ndarray, shared_engine: RunningEngine) -> np.ndarray:
    """Each frame rendered by itself."""
    with _node(frames, shared_engine.address) as effect:
        return np.stack([planar(effect.render(frame)) for frame in range(COUNT)])


def _render(
    effect: pyopenfx.Instance, order: Sequence[int], reference: np.ndarray, threads: int = 1, **sequence: bool
) -> pyopenfx.fetches.FetchCount:
    """Render frames as one sequence, check them, and return what of the source was fetched."""
    effect.reset_fetches()
    with effect.sequence(order[0], order[-1], **sequence) as playing, ThreadPoolExecutor(threads) as pool:
        for frame, picture in zip(order, pool.map(playing.render, order), strict=True):
            assert np.array_equal(planar(picture), reference[frame]), f"frame {frame}"
    assert effect.images_held == 0
    return effect.fetches["Source"]


@pytest.mark.parametrize("order", [range(COUNT), range(COUNT - 1, -1, -1)], ids=["forwards", "backwards"])
def test_sequential_playback_costs_two_images_a_frame(
    frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine, order: range
) -> None:
    with _node(frames, shared_engine.address) as effect:
        fetched = _render(effect, order, reference)
    # Each frame once to be described and once to be mended; the first one needs only one image for both.
    assert fetched.asked == fetched.given == fetched.released == 2 * COUNT - 1
    assert max(fetched.by_time.values()) == 2


def test_four_threads_cost_no_more_images_than_one(
    frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine
) -> None:
    with _node(frames, shared_engine.address) as effect:
        fetched = _render(effect, range(COUNT), reference, threads=4)
    assert 2 * COUNT - 4 <= fetched.asked <= 2 * COUNT


def test_random_order_in_a_sequence_costs_two_images_a_frame(
    frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine
) -> None:
    order = np.random.default_rng(5).permutation(COUNT).tolist()
    with _node(frames, shared_engine.address) as effect:
        fetched = _render(effect, order, reference)
    assert fetched.asked <= 2 * COUNT


def test_a_frame_by_itself_costs_each_frame_of_its_window_once(
    frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    with _node(frames, shared_engine.address) as effect:
        effect.render(30)
        fetched = effect.fetches["Source"]
    assert set(fetched.by_time) == set(range(15, 46))
    assert set(fetched.by_time.values()) == {1}


def test_render_stays_within_the_frames_that_the_host_was_told_of(
    frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    with _node(frames, shared_engine.address) as effect, effect.sequence(20, 30) as playing:
        for frame in range(20, 31):
            ((first, last),) = effect.frames_needed(frame)["Source"]
            effect.reset_fetches()
            playing.render(frame)
            assert all(first <= time <= last for time in effect.fetches["Source"].by_time)
        assert effect.frames_needed(30) == {"Source": [(15, 45)]}, "the sequence ends here"


def test_the_next_frame_is_fetched_while_the_engine_works(frames: np.ndarray, shared_engine: RunningEngine) -> None:
    with _node(frames, shared_engine.address) as effect, effect.sequence(20, 30) as playing:
        assert effect.frames_needed(20) == {"Source": [(5, 36)]}
        playing.render(20)
        effect.reset_fetches()
        playing.render(21)
        assert effect.fetches["Source"].by_time == {21: 1, 37: 1}


def _at_once(stage: Stage, frames: np.ndarray, address: str, **host: object) -> tuple[RawPlugin, RawHost]:
    raw = RawHost(
        lambda frame: Picture(interleaved(frames[int(frame)])) if 0 <= frame < COUNT else None,
        frame_range=(0.0, COUNT - 1.0),
        **host,  # type: ignore[arg-type]
    )
    plugin = stage.started(raw)
    raw.values.update(engineAddress=address, radius=RADIUS)
    return plugin, raw


def _begin(plugin: RawPlugin, first: int, last: int) -> None:
    arguments = {
        "OfxImageEffectPropFrameRange": [float(first), float(last)],
        "OfxImageEffectPropFrameStep": [1.0],
        "OfxPropIsInteractive": [0],
    }
    assert plugin.act("OfxImageEffectActionBeginSequenceRender", arguments)[0] == OK


def test_at_most_one_source_image_is_held_at_a_time(
    stage: Stage, frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine
) -> None:
    plugin, host = _at_once(stage, frames, shared_engine.address)
    _begin(plugin, 0, COUNT - 1)
    for frame in range(20, 30):
        output = Picture(np.full((HEIGHT, WIDTH, 4), -7, np.float32))
        assert plugin.render(frame, output) == OK
        assert np.array_equal(planar(output.pixels), reference[frame])
    assert host.most_images_held == 1
    assert Counter(host.asked_frames)[40] == 1, "fetched ahead"


@pytest.mark.parametrize("spoiled", ["layout", "window"])
def test_output_that_cannot_hold_the_source_costs_no_image_more(
    stage: Stage, frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine, spoiled: str
) -> None:
    plugin, host = _at_once(stage, frames, shared_engine.address)
    _begin(plugin, 0, COUNT - 1)
    for frame in range(20, 26):
        host.asked_frames.clear()
        output = Picture(np.full((HEIGHT, WIDTH, 3 if spoiled == "layout" else 4), -7, np.float32))
        assert plugin.render(frame, output, window=(0, 0, 10, HEIGHT) if spoiled == "window" else None) == OK
        assert np.array_equal(planar(output.pixels)[:, :, :10], reference[frame][:, :, :10])
        if frame > 20:
            assert sorted(host.asked_frames) == [frame, frame + RADIUS]
    assert host.most_images_held == 1


def test_missing_frame_ahead_spoils_no_frame_before_it(
    stage: Stage, frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine
) -> None:
    plugin, host = _at_once(stage, frames, shared_engine.address)
    there = host.pictures
    host.pictures = lambda frame: None if frame == 40 else there(frame)
    _begin(plugin, 0, COUNT - 1)
    for frame in (23, 24):
        output = Picture(np.full((HEIGHT, WIDTH, 4), -7, np.float32))
        assert plugin.render(frame, output) == OK
        assert np.array_equal(planar(output.pixels), reference[frame])
    assert plugin.render(25, Picture(np.full((HEIGHT, WIDTH, 4), -7, np.float32))) != OK
    assert "no image of source frame 40" in host.shows[-1][2]
