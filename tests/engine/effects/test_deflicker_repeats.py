"""The deflicker where pictures repeat, where frames are strays among them, and where memory forgot what was seen."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_frame
from reelmend.effects.renderer import Renderer
from reelmend.frames import MASK, Planes
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, Frames, moving_scene, with_flicker
from support.flickering import with_patches

RADIUS, WIDTH, HEIGHT = 8, 64, 48


@pytest.fixture
def renderer() -> Renderer:
    return Renderer(ModelStore.default())


def rendered(renderer: Renderer, frames: Frames, frame: int, masks: Frames | None = None, **asked: object) -> Planes:
    output = str(asked.pop("output", "result"))
    mask = None if masks is None else RememberedClip(ArrayClip(masks), name=MASK)
    values, clip = {"radius": RADIUS, **asked}, RememberedClip(ArrayClip(frames))
    return render_frame(renderer, "deflicker", values, clip, frame, RADIUS, output=output, mask=mask)


def forget(renderer: Renderer, *kinds: str) -> None:
    for key in list(renderer.memory._entries):
        if isinstance(key, tuple) and key[0] in kinds:
            renderer.memory.forget(key)


def a_foreign_frame() -> Planes:
    return np.clip(1.5 * moving_scene(1, WIDTH, HEIGHT, seed=77)[0], 0, 1)


def test_each_copy_of_a_repeated_frame_is_measured_in_a_mask_of_its_own(renderer: Renderer) -> None:
    frames = np.repeat(with_flicker(moving_scene(8, WIDTH, HEIGHT)), 2, axis=0)
    masks = np.zeros((len(frames), 1, HEIGHT, WIDTH), np.float32)
    for number, mask in enumerate(masks):
        mask[:, :, number : number + 30] = 1
    changed = rendered(renderer, frames, 8, masks, mask_use="measure")
    assert np.isfinite(changed).all()
    assert not np.array_equal(changed, frames[8])


def test_a_burnt_frame_within_a_still_gets_the_light_of_the_still(renderer: Renderer) -> None:
    frames = np.repeat(moving_scene(1, WIDTH, HEIGHT), 17, axis=0)
    still, burnt = float(frames[0].mean()), a_foreign_frame()
    frames[8] = burnt
    assert abs(np.log(burnt.mean() / still)) > 0.2
    assert rendered(renderer, frames, 8).mean() == pytest.approx(still, rel=0.03)
    assert rendered(renderer, frames, 9).tobytes() == frames[9].tobytes()


def test_the_middle_of_three_copies_is_corrected_as_much_as_the_others(renderer: Renderer) -> None:
    frames = np.repeat(with_patches(moving_scene(8, WIDTH, HEIGHT), 0.06), 3, axis=0)
    gains = [rendered(renderer, frames, number, output="gain", protect_motion=1.0) for number in (12, 13, 14)]
    first, middle, last = (float(gain.std()) for gain in gains)
    assert middle > 0.8 * min(first, last) > 0


def test_steps_over_a_stray_are_measured_when_its_frames_were_seen_and_forgotten(renderer: Renderer) -> None:
    frames = with_flicker(moving_scene(30, WIDTH, HEIGHT))
    frames[10] = a_foreign_frame()
    rendered(renderer, frames, 12, stop_at_cuts=False)
    forget(renderer, "frame", "look")
    warm = rendered(renderer, frames, 13)
    assert warm.tobytes() == rendered(Renderer(ModelStore.default()), frames, 13).tobytes()
