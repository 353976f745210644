"""What proxies tell is worked out while the whole frame is still on its way, and changes no result."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.clips import RememberedClip
from reelmend.effects.renderer import Job, Render, Renderer
from reelmend.errors import CancelledError
from reelmend.frames import FrameForm, Planes
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip

FRAME, RADIUS_FRAMES = 9, 5


def begun(renderer: Renderer, clip: RememberedClip) -> Render:
    window = clip.window(FRAME, RADIUS_FRAMES)
    parameters = {"radius": RADIUS_FRAMES}
    job = Job("deflicker", FRAME, clip.first_frame, clip.last_frame, window, parameters)
    return renderer.begin(job)


def rendered(renderer: Renderer, clip: RememberedClip, described_ahead: bool) -> Planes:
    render = begun(renderer, clip)
    for need in render.needed:
        if described_ahead and need.form is FrameForm.FULL:
            render.describe()
        render.supply(need, clip.pixels(need.ref.frame, need.form))
    return render.finish().planes["result"].copy()


def test_all_proxies_are_asked_for_before_the_first_whole_frame(flickering_clip: ArrayClip) -> None:
    forms = [need.form for need in begun(Renderer(ModelStore.default()), RememberedClip(flickering_clip)).needed]
    assert forms == [FrameForm.PROXY] * (2 * RADIUS_FRAMES + 1) + [FrameForm.FULL]


def test_describing_ahead_leaves_nothing_to_describe_and_changes_no_bit(flickering_clip: ArrayClip) -> None:
    clip = RememberedClip(flickering_clip)
    renderer = Renderer(ModelStore.default())
    render = begun(renderer, clip)
    for need in render.needed[:-1]:
        render.supply(need, clip.pixels(need.ref.frame, need.form))
    render.describe()
    assert [need.form for need in begun(renderer, clip).needed] == [FrameForm.FULL]
    ahead, in_turn = (rendered(Renderer(ModelStore.default()), clip, ahead) for ahead in (True, False))
    assert np.array_equal(ahead, in_turn)


def test_a_request_that_is_no_longer_wanted_is_not_described(flickering_clip: ArrayClip) -> None:
    def cancelled() -> None:
        raise CancelledError("nobody waits")

    clip = RememberedClip(flickering_clip)
    render = begun(Renderer(ModelStore.default()), clip)
    for need in render.needed[:-1]:
        render.supply(need, clip.pixels(need.ref.frame, need.form))
    with pytest.raises(CancelledError):
        render.describe(cancelled)
