"""The sliding buffer against a naive model that recomputes everything.

Random orders, evictions, cancellations, threads, interleaved clips, two effects on one clip and another
render scale never change a bit.
"""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.buffer.memory import ContentMemory
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_frame
from reelmend.effects.renderer import Job, Renderer
from reelmend.errors import CancelledError
from reelmend.frames import SampleType
from reelmend.inference.models import ModelFolder, ModelStore, default_folders
from reelmend.inference.session import SessionPool
from support.clips import ArrayClip, moving_scene, with_flicker
from support.window_models import two_stage_store

COUNT = 7
SCENE = with_flicker(moving_scene(COUNT, width=48, height=30))
CUT = np.concatenate([SCENE[:4], moving_scene(3, width=48, height=30, seed=4) * np.float32(0.3)])
FLASH = SCENE.copy()
FLASH[3] = 0.95
CLIPS = {
    "scene": SCENE,
    "with a flash": FLASH,
    "with frames twice": SCENE[[0, 1, 1, 2, 3, 3, 4]],
    "half scale": np.ascontiguousarray(SCENE[:, :, ::2, ::2]),
    "with a cut": CUT,
    "same frames again": SCENE[::-1].copy(),
    "halves": SCENE.astype(np.float16).astype(np.float32),
}
NODES: dict[str, tuple[str, str, int, dict[str, object]]] = {
    "deflicker": ("deflicker", "deflicker", 2, {"radius": 2}),
    "deflicker, wider": ("deflicker", "deflicker", 3, {"radius": 3, "strength": 0.5}),
    "deflicker, colours and bands": (
        "deflicker",
        "deflicker",
        2,
        {"radius": 2, "channels": "rgb", "local_shape": "bands"},
    ),
    "deflicker, a corner, by lines": (
        "deflicker",
        "deflicker",
        2,
        {"radius": 2, "trend": "fitted", "analysis_right": 0.6, "analysis_bottom": 0.5},
    ),
    "two stages": ("model", "two-stages", 1, {}),
    "two stages, brighter": ("model", "two-stages", 1, {"gain": 1.5, "stop_at_cuts": True}),
    "two stages, from linear": ("model", "two-stages", 1, {"input_transfer": "linear", "stop_at_cuts": True}),
}


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    folder = tmp_path_factory.mktemp("models")
    two_stage_store(folder, colour={"transfer": "video"})
    return ModelStore([ModelFolder(folder, folder), *default_folders()])


@functools.cache
def sessions() -> SessionPool:
    """Loaded graphs hold nothing of frames, so all engines here may share them."""
    return SessionPool()


def engine(models: ModelStore, budget_bytes: int = 1 << 30) -> Renderer:
    renderer = Renderer(models, memory=ContentMemory(budget_bytes))
    renderer.sessions = sessions()
    return renderer


@functools.cache
def clip(name: str) -> RememberedClip:
    return RememberedClip(ArrayClip(CLIPS[name]))


def rendered(renderer: Renderer, clip_name: str, node: str, frame: int, check: object = lambda: None) -> bytes:
    effect, model, radius_frames, parameters = NODES[node]
    if clip_name == "halves":
        return rendered_from_halves(renderer, node, frame)
    planes = render_frame(
        renderer,
        effect,
        parameters,
        clip(clip_name),
        frame,
        radius_frames,
        model,
        check=check,  # type: ignore[arg-type]
    )
    return planes.tobytes()


def rendered_from_halves(renderer: Renderer, node: str, frame: int) -> bytes:
    """Render with pixels that cross as halves, as from a host of half floats."""
    effect, model, radius_frames, parameters = NODES[node]
    source = clip("halves")
    window = [
        type(ref)(ref.frame, ref.digest, ref.format, SampleType.FLOAT16) for ref in source.window(frame, radius_frames)
    ]
    render = renderer.begin(Job(effect, frame, 0, COUNT - 1, window, parameters, model))
    for need in render.needed:
        planes = source.pixels(need.ref.frame, need.form)
        render.supply(need, planes.astype(np.float16) if need.sample_type is SampleType.FLOAT16 else planes)
    return render.finish().planes["result"].tobytes()


class Naive:
    """Renders every frame with a new engine that remembers nothing, once for all examples."""

    def __init__(self, models: ModelStore) -> None:
        self._models = models
        self._known: dict[tuple[str, str, int], bytes] = {}

    def rendered(self, clip_name: str, node: str, frame: int) -> bytes:
        key = (clip_name, node, frame)
        if key not in self._known:
            self._known[key] = rendered(engine(self._models), *key)
        return self._known[key]


@pytest.fixture(scope="module")
def naive(models: ModelStore) -> Naive:
    return Naive(models)


class CancelAt:
    """A caller who loses interest at the n-th question."""

    def __init__(self, question: int) -> None:
        self.left = question

    def __call__(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise CancelledError("no longer wanted")


REQUESTS = st.lists(
    st.tuples(
        st.sampled_from(sorted(CLIPS)),
        st.sampled_from(sorted(NODES)),
        st.integers(0, COUNT - 1),
        st.none() | st.integers(0, 8),
    ),
    min_size=1,
    max_size=24,
)


@settings(max_examples=40, deadline=None)
@given(requests=REQUESTS, budget_bytes=st.sampled_from([1 << 17, 1 << 18, 1 << 20, 1 << 30]), threads=st.integers(1, 8))
def test_no_order_eviction_cancellation_or_thread_changes_a_bit(
    models: ModelStore,
    naive: Naive,
    requests: list[tuple[str, str, int, int | None]],
    budget_bytes: int,
    threads: int,
) -> None:
    renderer = engine(models, budget_bytes)
    memory = renderer.memory

    def serve(request: tuple[str, str, int, int | None]) -> None:
        clip_name, node, frame, cancelled_at = request
        check = (lambda: None) if cancelled_at is None else CancelAt(cancelled_at)
        with contextlib.suppress(CancelledError):
            assert rendered(renderer, clip_name, node, frame, check) == naive.rendered(clip_name, node, frame)
        assert memory.used_bytes <= memory.budget_bytes

    with ThreadPoolExecutor(threads) as pool:
        list(pool.map(serve, requests))
    assert renderer.turns.waiting == 0
    assert renderer.turns.admitted == 0


def test_scrubbing_back_and_forth_is_as_right_as_playing(models: ModelStore, naive: Naive) -> None:
    renderer = engine(models, 1 << 18)
    for frame in scrub():
        for node in NODES:
            assert rendered(renderer, "with a cut", node, frame) == naive.rendered("with a cut", node, frame)


def scrub() -> Iterator[int]:
    yield from range(COUNT)
    yield from reversed(range(COUNT))
    yield from (3, 0, 6, 3, 3, 1, 5)


def test_models_on_disk_are_the_same_for_the_naive_engine(models: ModelStore, naive: Naive) -> None:
    assert {models.get("two-stages").manifest.id, models.get("deflicker").manifest.id} == {"two-stages", "deflicker"}
    assert naive.rendered("scene", "two stages", 3) != naive.rendered("scene", "two stages, brighter", 3)
    assert naive.rendered("scene", "two stages", 3) != naive.rendered("scene", "two stages, from linear", 3)
