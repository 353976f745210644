"""A mask means the same on every path, in every order, on every thread, and crosses once."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.errors import BadRequestError
from reelmend.frames import MASK, FrameFormat, SampleType
from reelmend.inference.models import ModelFolder, ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine, engine
from support.nodes import MODEL, interleaved, planar
from support.window_models import masked_stores

COUNT, FIRST_FRAME, RADIUS = 9, 1001, 1
WIDTH, HEIGHT = 601, 333
NUMBERS = list(range(FIRST_FRAME, FIRST_FRAME + COUNT))
MODELS = ("measured", "kept")

RenderFrames = Callable[[str, Sequence[int], int], dict[int, np.ndarray]]


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    made = with_flicker(moving_scene(COUNT, WIDTH, HEIGHT)).astype(np.float16).astype(np.float32)
    made[3, :, 5:9, 5:9] = np.nan
    return made


@pytest.fixture(scope="module")
def masks() -> np.ndarray:
    """(N, 1, H, W) halves: 0 on the left, 1 on the right, between them anything, and some that is no share at all."""
    made = np.random.default_rng(12).random((COUNT, 1, HEIGHT, WIDTH), np.float32)
    made[..., :200], made[..., 400:] = 0, 1
    made[2, 0, 10, 250:254] = np.nan, -1, 3, np.inf
    return made.astype(np.float16).astype(np.float32)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models")
    masked_stores(folder)
    return folder


@pytest.fixture(scope="module")
def masked_engine(models: Path) -> Iterator[RunningEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELMEND_MODELS", f"{models}{os.pathsep}{os.environ.get('REELMEND_MODELS', '')}")
        with engine() as running:
            yield running


def embedded(
    models: Path, frames: np.ndarray, masks: np.ndarray | None, model: str, numbers: Sequence[int]
) -> dict[int, np.ndarray]:
    renderer = Renderer(ModelStore([ModelFolder(models, models)]))
    clip = ArrayClip(frames, FIRST_FRAME)
    mask = None if masks is None else ArrayClip(masks, FIRST_FRAME)
    return dict(render_clip(renderer, "model", {}, clip, numbers, model=model, mask=mask))


@pytest.fixture(scope="module")
def reference(models: Path, frames: np.ndarray, masks: np.ndarray) -> dict[str, dict[int, np.ndarray]]:
    """Every frame by an engine that has never seen another one."""
    return {
        model: {number: embedded(models, frames, masks, model, [number])[number] for number in NUMBERS}
        for model in MODELS
    }


def on_threads(render: Callable[[int], np.ndarray], numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(numbers, pool.map(render, numbers), strict=True))


@pytest.fixture(params=["embedded", "client-shared-memory", "client-in-stream", "node-shared-memory", "node-in-stream"])
def path(
    request: pytest.FixtureRequest, frames: np.ndarray, masks: np.ndarray, models: Path, masked_engine: RunningEngine
) -> Iterator[RenderFrames]:
    kind, _, route = request.param.partition("-")
    if kind == "embedded":
        yield lambda model, numbers, _threads: embedded(models, frames, masks, model, numbers)
    elif kind == "client":
        clip = RememberedClip(ArrayClip(frames, FIRST_FRAME))
        mask = RememberedClip(ArrayClip(masks, FIRST_FRAME), name=MASK)
        with EngineClient(masked_engine.address, Route[route.replace("-", "_").upper()]) as client:

            def render(model: str, number: int) -> np.ndarray:
                return client.render(clip, number, "model", RADIUS, model=model, mask=mask)

            yield lambda model, numbers, threads: on_threads(lambda n: render(model, n), numbers, threads)
    else:
        settings = pyopenfx.InstanceSettings(size=(WIDTH, HEIGHT), frames=(NUMBERS[0], NUMBERS[-1]), context="general")
        with pyopenfx.load(find_bundle()) as bundle, bundle.plugin(MODEL).create(settings) as instance:
            instance.set_source(lambda frame: interleaved(frames[frame - FIRST_FRAME]))
            instance.set_source(lambda frame: masks[frame - FIRST_FRAME].transpose(1, 2, 0), clip="Mask", channels=1)
            instance.set("engineAddress", masked_engine.address)
            instance.set("pixelRoute", route.replace("-", " ").capitalize())

            def render_all(model: str, numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
                instance.set("modelId", model)
                with instance.sequence() as sequence:
                    return on_threads(lambda n: planar(sequence.render(n)), numbers, threads)

            yield render_all
            assert instance.messages == []
            assert instance.violations == []


@pytest.mark.parametrize("model", MODELS)
def test_every_path_gives_the_same_bits_in_order_at_random_and_on_threads(
    path: RenderFrames, reference: dict[str, dict[int, np.ndarray]], model: str
) -> None:
    at_random = np.random.default_rng(5).permutation(NUMBERS).tolist()
    for numbers, threads in ((NUMBERS, 1), (at_random, 1), (at_random, 4)):
        for number, planes in path(model, numbers, threads).items():
            assert planes.tobytes() == reference[model][number].tobytes(), f"frame {number} differs"


def test_outside_of_the_mask_the_source_comes_back_and_inside_the_result(
    reference: dict[str, dict[int, np.ndarray]], frames: np.ndarray
) -> None:
    for number, planes in reference["kept"].items():
        source = frames[number - FIRST_FRAME]
        assert planes[..., :200].tobytes() == source[..., :200].tobytes()
        assert planes[..., 400:].tobytes() == (2 * source[..., 400:]).tobytes()


@pytest.mark.parametrize("sample_type", SampleType)
@pytest.mark.parametrize("route", Route)
def test_masks_cross_once_however_often_they_are_asked_for(
    masked_engine: RunningEngine, frames: np.ndarray, route: Route, sample_type: SampleType
) -> None:
    own = frames[:5] + np.float32(0.25 * route + 0.5 * sample_type)
    own = own.astype(np.float16).astype(np.float32)
    shares = np.random.default_rng(10 * route + sample_type).integers(0, 1025, (5, 1, HEIGHT, WIDTH)) / 1024
    masks = shares.astype(np.float32)
    form = FrameFormat(WIDTH, HEIGHT, 1)
    with EngineClient(masked_engine.address, route, sample_type=sample_type) as client:
        before = client.info().bytes_received
        for number in (0, 1, 2, 3, 4, 2, 0):
            clip = RememberedClip(ArrayClip(own))
            client.render(clip, number, "model", 0, model="kept", mask=RememberedClip(ArrayClip(masks), name=MASK))
        whole_bytes = form.size_bytes // 4 * sample_type.size_bytes
        assert client.info().bytes_received - before == 5 * 4 * whole_bytes
        before = client.info().bytes_received
        for number in (0, 1, 2, 3, 4, 2, 0):
            clip = RememberedClip(ArrayClip(own))
            client.render(
                clip, number, "model", RADIUS, model="measured", mask=RememberedClip(ArrayClip(masks), name=MASK)
            )
        assert client.info().bytes_received == before, "the engine has both whole, and makes the proxies itself"


def test_a_clip_played_through_the_client_reads_each_mask_once(
    masked_engine: RunningEngine, frames: np.ndarray, masks: np.ndarray, reference: dict[str, dict[int, np.ndarray]]
) -> None:
    source = ArrayClip(masks, FIRST_FRAME)
    clip, mask = RememberedClip(ArrayClip(frames, FIRST_FRAME)), RememberedClip(source, name=MASK)
    with EngineClient(masked_engine.address) as client:
        played = client.render_clip(clip, NUMBERS, "model", RADIUS, model="measured", mask=mask)
        for number, planes in played:
            assert planes.tobytes() == reference["measured"][number].tobytes()
    assert source.reads == dict.fromkeys(NUMBERS, 1)


def test_masks_that_do_not_fit_are_refused_in_the_engines_words(
    masked_engine: RunningEngine, frames: np.ndarray, masks: np.ndarray
) -> None:
    clip = RememberedClip(ArrayClip(frames))
    with EngineClient(masked_engine.address) as client:
        for wrong, words in (
            (masks[..., 1:], "600×333 pixels, the source 601×333"),
            (np.repeat(masks, 3, axis=1), "has 3 planes; send one of them"),
        ):
            mask = RememberedClip(ArrayClip(np.ascontiguousarray(wrong)), name=MASK)
            with pytest.raises(BadRequestError, match=words):
                client.render(clip, 2, "model", RADIUS, model="kept", mask=mask)
