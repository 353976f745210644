"""Hosts that give no neighbours or lie about time, clips with holes and ends, and times between frames."""

from __future__ import annotations

import functools
from collections.abc import Callable

import numpy as np
import pytest

from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine, engine
from support.nodes import interleaved, planar

from .conftest import Stage
from .raw_host import FAILED, OK, Picture, RawHost, RawPlugin

COUNT, RADIUS = 16, 4
WIDTH, HEIGHT = 53, 37
PASS_THROUGH, FRAMES_ALREADY_SEEN = 1, 2


@functools.cache
def _renderer() -> Renderer:
    return Renderer(ModelStore.default())


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return with_flicker(moving_scene(COUNT, width=WIDTH, height=HEIGHT))


def _mended(frames: np.ndarray, frame: int, first: int, last: int) -> np.ndarray:
    """Return a frame mended from the frames `first` to `last` alone."""
    clip = ArrayClip(frames[first : last + 1], first)
    return next(iter(render_clip(_renderer(), "deflicker", {"radius": RADIUS}, clip, [frame])))[1]


class Shot:
    """A raw host that shows the frames; `shown(time)` says which one it gives when asked for a time."""

    def __init__(self, stage: Stage, frames: np.ndarray, address: str, **options: object) -> None:
        self.shown: Callable[[float], int | None] = lambda time: int(time) if 0 <= time < COUNT else None
        self.frames = frames
        self.host = RawHost(self._picture, frame_range=(0.0, COUNT - 1.0), **options)  # type: ignore[arg-type]
        self.plugin: RawPlugin = stage.started(self.host)
        self.host.values |= {"engineAddress": address, "radius": RADIUS}

    def _picture(self, time: float) -> Picture | None:
        frame = self.shown(time)
        return None if frame is None else Picture(interleaved(self.frames[frame]))

    def render(self, time: float) -> np.ndarray:
        output = Picture(np.full((HEIGHT, WIDTH, 4), -7, np.float32))
        self.status = self.plugin.render(time, output)
        return planar(output.pixels)

    def said(self) -> list[str]:
        return [text for function, _handle, text in self.host.shows if function != "clearPersistentMessage"]


@pytest.fixture
def denying(stage: Stage, frames: np.ndarray, shared_engine: RunningEngine) -> Shot:
    """As MLT: no temporal access, and the current frame whatever the time."""
    shot = Shot(stage, frames, shared_engine.address, temporal_access=0)
    shot.current = 0  # type: ignore[attr-defined]
    shot.shown = lambda _time: shot.current  # type: ignore[attr-defined]
    return shot


def _play(shot: Shot, frame: int, time: float | None = None) -> np.ndarray:
    shot.current = frame  # type: ignore[attr-defined]
    return shot.render(frame if time is None else time)


def test_host_without_neighbours_is_refused_in_words_unless_told_otherwise(denying: Shot, frames: np.ndarray) -> None:
    rendered = _play(denying, 5)
    assert denying.status == FAILED
    assert np.array_equal(rendered, frames[5]), "the source must be shown"
    (said,) = denying.said()
    assert "needs the frames around this one" in said
    assert "Without neighbours" in said


def test_pass_through_shows_the_source_and_says_so_once(denying: Shot, frames: np.ndarray) -> None:
    denying.host.values["withoutNeighbours"] = PASS_THROUGH
    for frame in range(3):
        assert np.array_equal(_play(denying, frame), frames[frame])
        assert denying.status == OK
    (said,) = denying.said()
    assert "passes the source through" in said


def test_frames_already_seen_give_a_window_that_looks_back(denying: Shot, frames: np.ndarray) -> None:
    denying.host.values["withoutNeighbours"] = FRAMES_ALREADY_SEEN
    for frame in range(3, 10):
        rendered = _play(denying, frame)
        assert denying.status == OK, denying.said()
        first = max(3, frame - RADIUS)
        assert np.array_equal(rendered, _mended(frames, frame, first, frame)), f"frame {frame}"
    (said,) = denying.said()
    assert "frames already seen" in said


def test_frames_already_seen_start_anew_after_a_jump(denying: Shot, frames: np.ndarray) -> None:
    denying.host.values["withoutNeighbours"] = FRAMES_ALREADY_SEEN
    for frame in (3, 4, 5):
        _play(denying, frame)
    assert np.array_equal(_play(denying, 12), _mended(frames, 12, 12, 12))
    assert np.array_equal(_play(denying, 13), _mended(frames, 13, 12, 13))


def test_frames_already_seen_work_where_the_clock_stands(denying: Shot, frames: np.ndarray) -> None:
    """MLT before 7.36 says time 0 for every frame, each in a sequence of its own."""
    denying.host.values["withoutNeighbours"] = FRAMES_ALREADY_SEEN
    for frame in range(4):
        for action in ("Begin", ""):
            if action:
                denying.plugin.act(
                    f"OfxImageEffectAction{action}SequenceRender",
                    {"OfxPropIsInteractive": [0], "OfxImageEffectPropFrameRange": [0.0, 0.0]},
                )
        rendered = _play(denying, frame, time=0)
        assert denying.status == OK, denying.said()
        # The node counts from 0 here as well.
        assert np.array_equal(rendered, _mended(frames, frame, 0, frame))
        denying.plugin.act("OfxImageEffectActionEndSequenceRender", {"OfxPropIsInteractive": [0]})


def test_frames_already_seen_are_left_out_when_a_new_engine_does_not_know_them(
    stage: Stage, frames: np.ndarray
) -> None:
    """What is known of seen frames is enough for this effect, so that nothing is lost with the engine."""
    with engine() as first:
        shot = Shot(stage, frames, first.address, temporal_access=0)
        shot.host.values["withoutNeighbours"] = FRAMES_ALREADY_SEEN
        for frame in range(3):
            shot.render(frame)
    with engine(address=first.address):
        assert np.array_equal(shot.render(3), _mended(frames, 3, 0, 3))
        assert shot.status == OK, shot.said()


def test_host_that_makes_a_node_for_every_frame_is_told_that_none_was_seen(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    said = []
    for frame in range(4):
        shot = Shot(stage, frames, shared_engine.address, temporal_access=0)
        shot.host.values["withoutNeighbours"] = FRAMES_ALREADY_SEEN
        shot.render(frame)
        said.append(shot.said())
        shot.plugin.act("OfxActionDestroyInstance")
    assert "makes a new node for every frame" in said[-1][0]


def test_words_on_the_node_go_when_the_host_gives_neighbours_after_all(denying: Shot) -> None:
    denying.host.values["withoutNeighbours"] = PASS_THROUGH
    _play(denying, 5)
    denying.host.values["strength"] = 0.0
    denying.host.shows.clear()
    _play(denying, 6)
    assert denying.host.shows == [("clearPersistentMessage", denying.plugin.effect, "")]


def test_host_whose_frames_follow_the_render_is_found_out(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    """It claims temporal access, and gives the current frame for every time."""
    shot = Shot(stage, frames, shared_engine.address)
    shot.shown = lambda _time: shot.current  # type: ignore[attr-defined]
    statuses = []
    for frame in range(2, 8):
        _play(shot, frame)
        statuses.append(shot.status)
    assert statuses[2:] == [FAILED] * 4
    assert "needs the frames around this one" in shot.said()[-1]
    shot.plugin.act("OfxActionInstanceChanged", {"OfxPropChangeReason": ["OfxChangeUserEdited"]})
    _play(shot, 9)
    assert shot.status == OK, "another chance"


def test_still_shot_is_no_lie(stage: Stage, frames: np.ndarray, shared_engine: RunningEngine) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    shot.shown = lambda _time: 5
    for frame in range(COUNT):
        assert np.array_equal(shot.render(frame), frames[5])
        assert shot.status == OK, shot.said()


def test_missing_frame_of_the_window_is_named_and_the_others_render(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    shot.shown = lambda time: None if time == 9 else int(time)
    assert np.array_equal(shot.render(5), frames[5])
    assert shot.status == FAILED
    assert "no image of source frame 9" in shot.said()[-1]
    shot.render(4)
    assert shot.status == OK


def test_missing_frame_where_the_host_gives_no_range_ends_the_clip(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    shot.host.unknown_properties.add("OfxImageEffectPropFrameRange")
    shot.shown = lambda time: None if not 3 <= time <= 7 else int(time)
    assert np.array_equal(shot.render(5), _mended(frames, 5, 3, 7))


@pytest.mark.parametrize("frame", [0, 1, COUNT - 1])
def test_window_at_a_clip_end_is_that_of_the_engine(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine, frame: int
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    assert np.array_equal(shot.render(frame), _mended(frames, frame, 0, COUNT - 1))


def test_retimed_clip_shows_the_nearest_frame_however_its_time_is_written(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    """At half speed a host asks for 0, 0.5, 1, …"""
    shot = Shot(stage, frames, shared_engine.address)
    for time, frame in ((4.0, 4), (4.4999, 4), (4.5, 5), (4.999999, 5)):
        assert np.array_equal(shot.render(time), _mended(frames, frame, 0, COUNT - 1)), time
    assert set(shot.host.asked_frames) <= {float(frame) for frame in range(COUNT)}


@pytest.mark.parametrize("time", [float("nan"), float("inf"), float("-inf")])
def test_time_that_is_no_number_is_refused_in_words(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine, time: float
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    shot.plugin.act("OfxImageEffectActionGetFramesNeeded", {"OfxPropTime": [time]})
    assert "no number" in shot.said()[-1]
    shot.render(time)
    assert shot.status == FAILED
    assert "no number" in shot.said()[-1]


def test_clip_played_backwards_or_slowed_above_the_node_is_mended_as_it_plays(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    for order in (frames[::-1], frames[np.arange(COUNT) // 2]):
        shot = Shot(stage, np.ascontiguousarray(order), shared_engine.address)
        assert np.array_equal(shot.render(7), _mended(np.ascontiguousarray(order), 7, 0, COUNT - 1))
