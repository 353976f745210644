"""Whole clips: the next frames are begun while one is rendered; order, errors, memory and ends stay as they were."""

from __future__ import annotations

import threading
import time

import numpy as np
import pytest

from reelmend.effects.clip import AHEAD_FRAMES, render_clip
from reelmend.effects.renderer import Renderer
from reelmend.errors import CancelledError, MediaError
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker

COUNT = 14
FRAMES = with_flicker(moving_scene(COUNT, width=48, height=32))
PARAMETERS = {"radius": 2}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(ModelStore.default())


def background_threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name.startswith("reelmend-ahead")]


@pytest.mark.parametrize("order", [range(COUNT), range(COUNT - 1, -1, -1), [3, 9, 0, 9, 13]])
def test_frames_come_in_the_order_asked_for_with_the_bits_of_a_frame_alone(
    renderer: Renderer, order: range | list[int]
) -> None:
    got = list(render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(FRAMES), order))
    assert [frame for frame, _ in got] == list(order)
    other = Renderer(ModelStore.default())
    other.sessions = renderer.sessions
    for frame, planes in got:
        alone = next(render_clip(other, "deflicker", PARAMETERS, ArrayClip(FRAMES), [frame]))
        assert planes.tobytes() == alone[1].tobytes()


@pytest.mark.parametrize("order", [range(COUNT), range(COUNT - 1, -1, -1)])
def test_each_frame_is_read_once_in_either_direction(renderer: Renderer, order: range) -> None:
    clip = ArrayClip(FRAMES)
    list(render_clip(renderer, "deflicker", PARAMETERS, clip, order))
    assert clip.reads == dict.fromkeys(range(COUNT), 1)


def test_no_more_is_read_ahead_than_wanted(renderer: Renderer) -> None:
    clip = ArrayClip(FRAMES)
    playing = render_clip(renderer, "deflicker", PARAMETERS, clip, range(COUNT))
    assert next(playing)[0] == 0
    time.sleep(0.3)
    assert max(clip.reads) == 2 + AHEAD_FRAMES
    playing.close()


def test_an_unreadable_frame_is_reported_at_its_turn(renderer: Renderer) -> None:
    clip = ArrayClip(FRAMES, broken=frozenset({9}))
    playing = render_clip(renderer, "deflicker", PARAMETERS, clip, range(COUNT))
    assert [next(playing)[0] for _ in range(7)] == list(range(7))
    with pytest.raises(MediaError, match="frame 9 can't be read"):
        next(playing)  # frame 7 is the first whose window holds frame 9
    assert background_threads() == []


def test_nothing_goes_on_after_the_caller_has_left(renderer: Renderer) -> None:
    clip = ArrayClip(FRAMES)
    playing = render_clip(renderer, "deflicker", PARAMETERS, clip, range(COUNT))
    next(playing)
    playing.close()
    reads = dict(clip.reads)
    time.sleep(0.1)
    assert clip.reads == reads
    assert background_threads() == []


def test_cancelled_rendering_says_so_and_ends(renderer: Renderer) -> None:
    asked = []

    def check() -> None:
        asked.append(1)
        if len(asked) > 12:
            raise CancelledError("no longer wanted")

    with pytest.raises(CancelledError):
        list(render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(FRAMES), range(COUNT), check=check))
    assert background_threads() == []


def test_frames_held_are_counted_and_given_back() -> None:
    frame_bytes = FRAMES[0].nbytes
    renderer = Renderer(ModelStore.default(), memory_bytes=64 * frame_bytes)
    most = 0
    for _, _ in render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(FRAMES), range(COUNT)):
        most = max(most, renderer.memory.held_bytes)
        assert renderer.memory.used_bytes <= renderer.memory.budget_bytes
    assert 3 * frame_bytes <= most <= 12 * frame_bytes
    assert renderer.memory.held_bytes == renderer.pool.idle_bytes


def test_a_budget_too_small_to_hold_a_window_still_gives_the_same_bits(renderer: Renderer) -> None:
    clip = ArrayClip(FRAMES)
    small = Renderer(ModelStore.default(), memory_bytes=2 * FRAMES[0].nbytes)
    small.sessions = renderer.sessions
    got = [p.tobytes() for _, p in render_clip(small, "deflicker", PARAMETERS, clip, range(COUNT))]
    whole = render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(FRAMES), range(COUNT))
    assert got == [planes.tobytes() for _, planes in whole]
    assert max(clip.reads.values()) > 1, "what could not be held was read again"


def test_result_may_be_kept_while_the_next_is_made(renderer: Renderer) -> None:
    kept = [planes for _, planes in render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(FRAMES), range(COUNT))]
    again = [planes for _, planes in render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(FRAMES), range(COUNT))]
    assert np.array_equal(np.stack(kept), np.stack(again))
