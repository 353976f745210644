"""The same frame in, the same frame out: whatever was asked before, on any number of threads, in little memory."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.buffer.memory import ContentMemory
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, Frames, moving_scene, with_flicker
from support.mended import fresh_renderer, rendered

COUNT = 16
SETTINGS: dict[str, dict[str, object]] = {
    "as it comes": {"radius": 5},
    "colours": {"radius": 5, "channels": "rgb"},
    "bands by lines": {"radius": 5, "local_shape": "bands", "trend": "fitted"},
}


@pytest.fixture(scope="module")
def frames() -> Frames:
    """A flickering scene with a flash, a cut and a repeated frame."""
    scene = with_flicker(moving_scene(COUNT, width=200, height=112))
    scene[4] = 1.0
    scene[7] = scene[6]
    scene[11:] = with_flicker(moving_scene(5, width=200, height=112, seed=9)) * np.float32(0.3)
    return scene


@pytest.mark.parametrize("name", SETTINGS)
def test_frames_asked_cold_have_the_bits_of_a_whole_run(frames: Frames, name: str) -> None:
    played = rendered(fresh_renderer(), frames, **SETTINGS[name])
    for frame in (0, 4, 5, 10, 15):
        cold = rendered(fresh_renderer(), frames, [frame], **SETTINGS[name])
        assert cold[0].tobytes() == played[frame].tobytes(), frame


@pytest.mark.parametrize("name", SETTINGS)
def test_four_threads_give_the_bits_of_one(frames: Frames, name: str) -> None:
    one, four = (rendered(fresh_renderer(threads=threads), frames, **SETTINGS[name]) for threads in (1, 4))
    assert one.tobytes() == four.tobytes()


@pytest.mark.parametrize("budget_bytes", [2_300_000, 2_600_000, 4_000_000])
def test_memory_that_forgets_looks_between_requests_changes_no_bit(frames: Frames, budget_bytes: int) -> None:
    plenty = rendered(fresh_renderer(), frames, **SETTINGS["as it comes"])
    renderer = Renderer(ModelStore.default(), memory=ContentMemory(budget_bytes), threads=1)
    for frame in (6, 7, 3, 12, 2, 3, 14, 4):
        again = rendered(renderer, frames, [frame], **SETTINGS["as it comes"])
        assert again[0].tobytes() == plenty[frame].tobytes(), frame
        assert renderer.memory.used_bytes <= budget_bytes


def test_each_frame_crosses_once_even_around_a_flash(frames: Frames) -> None:
    clip = ArrayClip(frames)
    for _ in render_clip(fresh_renderer(), "deflicker", {"radius": 5}, clip, range(COUNT)):
        pass
    assert set(clip.reads.values()) == {1}
