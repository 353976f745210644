"""The renderer: what it asks for, what it refuses, and that memory, order and cancellation never change a result."""

from __future__ import annotations

import contextlib
import gc
import weakref

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_frame
from reelmend.effects.renderer import Job, Renderer
from reelmend.errors import BadRequestError, CancelledError, IntegrityError, ShapeError
from reelmend.frames import FrameForm
from reelmend.inference.models import ModelStore
from reelmend.inference.session import SessionPool
from support.clips import ArrayClip, moving_scene, with_flicker

RADIUS = 2
PARAMETERS = {"radius": RADIUS}
FRAMES = with_flicker(moving_scene(9, width=40, height=30))
CLIP = RememberedClip(ArrayClip(FRAMES))
FRAME_BYTES = FRAMES[0].nbytes
SESSIONS = SessionPool()  # loaded once: graphs hold nothing of frames


@pytest.fixture(scope="module")
def reference() -> list[bytes]:
    return [rendered(_fresh(), frame) for frame in range(len(FRAMES))]


def _fresh() -> Renderer:
    renderer = Renderer(ModelStore.default())
    renderer.sessions = SESSIONS
    return renderer


def rendered(renderer: Renderer, frame: int, check: object = lambda: None) -> bytes:
    planes = render_frame(renderer, "deflicker", PARAMETERS, CLIP, frame, RADIUS, check=check)  # type: ignore[arg-type]
    return planes.tobytes()


def job(frame: int = 4, **changes: object) -> Job:
    described = {"effect": "deflicker", "frame": frame, "first_frame": 0, "last_frame": 8, "parameters": PARAMETERS}
    return Job(**{**described, "window": CLIP.window(frame, RADIUS), **changes})  # type: ignore[arg-type]


class CancelAt:
    """A caller who loses interest at the n-th question."""

    def __init__(self, question: int) -> None:
        self.left = question

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CancelledError("no longer wanted")


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    requests=st.lists(st.tuples(st.integers(0, 8), st.none() | st.integers(0, 6)), max_size=12),
    budget_frames=st.integers(6, 60),
)
def test_no_order_eviction_or_cancellation_changes_a_result(
    reference: list[bytes], requests: list[tuple[int, int | None]], budget_frames: int
) -> None:
    renderer = Renderer(ModelStore.default(), memory_bytes=budget_frames * FRAME_BYTES + (1 << 20))
    renderer.sessions = SESSIONS
    for frame, cancelled_at in requests:
        if cancelled_at is None:
            assert rendered(renderer, frame) == reference[frame]
        else:
            with contextlib.suppress(CancelledError):
                assert rendered(renderer, frame, CancelAt(cancelled_at)) == reference[frame]
        assert renderer.memory.used_bytes <= renderer.memory.budget_bytes


def test_cancellation_stops_at_the_next_step() -> None:
    renderer = Renderer(ModelStore.default())
    caller = CancelAt(3)
    with pytest.raises(CancelledError):
        rendered(renderer, 4, caller)
    assert caller.left == -1, "nothing was asked after the answer was no"


def test_first_request_needs_a_proxy_of_each_frame_and_the_centre_whole() -> None:
    render = Renderer(ModelStore.default()).begin(job())
    needs = [(need.ref.frame, need.form) for need in render.needed]
    assert needs == [(frame, FrameForm.PROXY) for frame in range(2, 7)] + [(4, FrameForm.FULL)]


def test_next_frame_in_sequence_needs_one_proxy_and_itself() -> None:
    renderer = Renderer(ModelStore.default())
    rendered(renderer, 4)
    needs = [(need.ref.frame, need.form) for need in renderer.begin(job(5)).needed]
    assert needs == [(7, FrameForm.PROXY), (5, FrameForm.FULL)]


def test_frame_rendered_again_needs_nothing() -> None:
    renderer = Renderer(ModelStore.default())
    rendered(renderer, 4)
    assert renderer.begin(job(4)).needed == []


def test_pixels_that_are_not_the_announced_ones_are_refused() -> None:
    render = Renderer(ModelStore.default()).begin(job())
    with pytest.raises(IntegrityError, match="the pixels of frame 4 are not those that its digest names"):
        render.supply(render.needed[-1], FRAMES[5])
    with pytest.raises(ShapeError, match=r"frame 4 must come as \(3, 30, 40\)"):
        render.supply(render.needed[-1], FRAMES[4][:, :20])


def test_render_that_lacks_pixels_says_which() -> None:
    with pytest.raises(BadRequestError, match="frame 2 was needed"):
        Renderer(ModelStore.default()).begin(job()).finish()


def test_pixels_are_kept_by_reference_and_results_go_where_they_are_wanted(reference: list[bytes]) -> None:
    renderer = Renderer(ModelStore.default())
    render = renderer.begin(job())
    for need in render.needed:
        render.supply(need, CLIP.pixels(need.ref.frame, need.form))
    whole = renderer.memory.get(("frame", CLIP.describe(4).digest))
    assert np.shares_memory(whole, CLIP.planes(4))
    target = np.zeros_like(FRAMES[4])
    result = render.finish(output=lambda name, form: target).planes["result"]
    assert np.shares_memory(result, target)
    assert target.tobytes() == reference[4]


def test_pixels_end_with_the_render_and_not_with_the_garbage_collector() -> None:
    gc.disable()
    try:
        renderer = _fresh()
        render = renderer.begin(job())
        held = [CLIP.pixels(need.ref.frame, need.form).copy() for need in render.needed]
        for need, planes in zip(render.needed, held, strict=True):
            render.supply(need, planes, keep=False)
        ends = [weakref.ref(planes) for planes in held]
        result = render.finish()
        del held, planes, render
        assert [end() for end in ends] == [None] * len(ends)
        whole = weakref.ref(result.planes["result"].base)
        del result
        assert whole() is None
        assert renderer.pool.idle_bytes >= FRAME_BYTES
    finally:
        gc.enable()
