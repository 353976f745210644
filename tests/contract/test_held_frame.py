"""A held frame means the same on every path, in every order, on every thread, and only its proxy crosses, once."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
import torch

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects import held_light
from reelmend.effects.clip import render_clip
from reelmend.effects.light_steps import Step
from reelmend.effects.renderer import Renderer
from reelmend.errors import BadRequestError
from reelmend.frames import FrameFormat
from reelmend.held_frame import held_clip
from reelmend.inference.models import ModelStore
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from reelmend_models.definitions.deflicker import expect
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import DEFLICKER, instance_in, interleaved, node, planar

COUNT, FIRST_FRAME, RADIUS, WIDTH, HEIGHT = 9, 1001, 1, 101, 67
NUMBERS = list(range(FIRST_FRAME, FIRST_FRAME + COUNT))
HELD = FIRST_FRAME + 7
HOLDING = {"reference": "frame", "reference_frame": HELD, "radius": RADIUS}
IN_THE_NODE = {"reference": "Held frame", "reference_frame": HELD, "radius": RADIUS}

RenderFrames = Callable[[Sequence[int], int], dict[int, np.ndarray]]


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    made = with_flicker(moving_scene(COUNT, WIDTH, HEIGHT), deviation=0.15)
    made[5, :, 20:22, 30:33] = np.nan
    return made


def cold(frames: np.ndarray, number: int) -> np.ndarray:
    """Return the frame as an engine renders it that has never seen another one."""
    clip = ArrayClip(frames, FIRST_FRAME)
    return next(render_clip(Renderer(ModelStore.default()), "deflicker", HOLDING, clip, [number]))[1]


@pytest.fixture(scope="module")
def reference(frames: np.ndarray) -> dict[int, np.ndarray]:
    return {number: cold(frames, number) for number in NUMBERS}


def on_threads(render: Callable[[int], np.ndarray], numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(numbers, pool.map(render, numbers), strict=True))


@pytest.fixture(params=["embedded", "client-shared-memory", "client-in-stream", "node-shared-memory", "node-in-stream"])
def path(request: pytest.FixtureRequest, frames: np.ndarray, shared_engine: RunningEngine) -> Iterator[RenderFrames]:
    kind, _, route = request.param.partition("-")
    clip = RememberedClip(ArrayClip(frames, FIRST_FRAME))
    if kind == "embedded":
        renderer = Renderer(ModelStore.default())
        yield lambda numbers, _threads: dict(render_clip(renderer, "deflicker", HOLDING, clip, numbers))
    elif kind == "client":
        still = held_clip(clip, HELD)
        with EngineClient(shared_engine.address, Route[route.replace("-", "_").upper()]) as client:

            def over_the_wire(number: int) -> np.ndarray:
                return client.render(clip, number, "deflicker", RADIUS, HOLDING, reference=still)

            yield lambda numbers, threads: on_threads(over_the_wire, numbers, threads)
    else:
        parameters = {"pixelRoute": route.replace("-", " ").capitalize(), **IN_THE_NODE}
        with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=parameters) as instance:
            with instance.sequence() as sequence:
                yield lambda numbers, threads: on_threads(lambda n: planar(sequence.render(n)), numbers, threads)
            assert instance.messages == []
            assert instance.violations == []


def test_every_path_gives_the_same_bits_in_order_at_random_and_on_threads(
    path: RenderFrames, reference: dict[int, np.ndarray]
) -> None:
    at_random = np.random.default_rng(5).permutation(NUMBERS).tolist()
    for numbers, threads in ((NUMBERS, 1), (at_random, 1), (at_random, 4)):
        for number, planes in path(numbers, threads).items():
            assert planes.tobytes() == reference[number].tobytes(), f"frame {number} differs"


def test_holding_is_another_result_than_following_the_trend(
    frames: np.ndarray, reference: dict[int, np.ndarray]
) -> None:
    followed = render_clip(
        Renderer(ModelStore.default()), "deflicker", {"radius": RADIUS}, ArrayClip(frames, FIRST_FRAME), NUMBERS
    )
    for number, planes in followed:
        assert number == HELD or planes.tobytes() != reference[number].tobytes()


@pytest.mark.parametrize("serving", [False, True])
def test_the_command_line_gives_the_same_bits(
    frames: np.ndarray, reference: dict[int, np.ndarray], tmp_path: Path, shared_engine: RunningEngine, serving: bool
) -> None:
    numbers = range(FIRST_FRAME, FIRST_FRAME + COUNT)
    with open_writer(tmp_path / "in.%04d.exr", frames=numbers, pixel_type=PixelType(32, True)) as writer:
        for index, planes in enumerate(frames):
            writer.write(FIRST_FRAME + index, planes)

    def rendered(*more: str) -> subprocess.CompletedProcess[str]:
        clips = [str(tmp_path / "in.%04d.exr"), str(tmp_path / "out.%04d.exr")]
        settings = [f"--set={name}={value}" for name, value in HOLDING.items()]
        server = ["--server", shared_engine.address] if serving else []
        command = ["-m", "reelmend", "render", *clips, "--effect", "deflicker", *settings, *server, *more]
        return subprocess.run([sys.executable, *command], capture_output=True, text=True, timeout=120, check=False)

    done = rendered("--frames", f"{FIRST_FRAME + 2}-{FIRST_FRAME + 4}")
    assert done.returncode == 0, done.stderr
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        for number in range(FIRST_FRAME + 2, FIRST_FRAME + 5):
            assert reader.read(number).tobytes() == reference[number].tobytes()
    refused = rendered("--overwrite", "--set", "reference_frame=7")
    assert refused.returncode == 2
    assert "frame 7 can't be held: the clip has frames 1001 to 1009; set 'reference_frame' to one" in refused.stderr


@pytest.mark.parametrize("route", Route)
def test_only_the_proxy_of_the_held_frame_crosses_and_once(
    shared_engine: RunningEngine, frames: np.ndarray, route: Route
) -> None:
    own = np.nan_to_num(frames) + np.float32(0.5 * route)
    form = FrameFormat(WIDTH, HEIGHT)
    wanted = [FIRST_FRAME, FIRST_FRAME + 1, FIRST_FRAME]
    with EngineClient(shared_engine.address, route) as client:
        before = client.info().bytes_received
        for number in wanted:
            clip = RememberedClip(ArrayClip(own, FIRST_FRAME))
            client.render(clip, number, "deflicker", RADIUS, HOLDING, reference=held_clip(clip, HELD))
        assert client.info().bytes_received - before == 3 * form.proxy.size_bytes + 2 * form.size_bytes


def test_without_the_held_frame_the_engine_says_what_to_send(shared_engine: RunningEngine, frames: np.ndarray) -> None:
    clip = RememberedClip(ArrayClip(frames, FIRST_FRAME))
    with EngineClient(shared_engine.address) as client:
        words = f"frame {HELD} is to be held, but no clip 'Reference' came; send that frame"
        with pytest.raises(BadRequestError, match=words):
            client.render(clip, FIRST_FRAME, "deflicker", RADIUS, HOLDING)


def test_the_node_has_no_input_for_it_and_names_the_frame_of_its_source(
    shared_engine: RunningEngine, frames: np.ndarray
) -> None:
    with pyopenfx.load(find_bundle()) as bundle:
        for context in ("filter", "general"):
            assert "Reference" not in [clip.name for clip in bundle.plugin(DEFLICKER).describe(context).clips]
    with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=IN_THE_NODE) as instance:
        assert instance.frames_needed(FIRST_FRAME + 3)["Source"] == [(FIRST_FRAME + 2, FIRST_FRAME + 4), (HELD, HELD)]
        assert instance.frames_needed(HELD + 1)["Source"] == [(HELD, HELD + 1)]
        instance.set("view", "Source")
        assert instance.frames_needed(FIRST_FRAME + 3)["Source"] == [(FIRST_FRAME + 3, FIRST_FRAME + 3)]
        instance.set("view", "Result")
        instance.set("reference", "Trend of the window")
        assert instance.frames_needed(FIRST_FRAME + 3)["Source"] == [(FIRST_FRAME + 2, FIRST_FRAME + 4)]


def test_the_node_fetches_the_held_frame_once_in_playback(shared_engine: RunningEngine, frames: np.ndarray) -> None:
    asked: list[float] = []
    with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=IN_THE_NODE) as instance:
        instance.reset_fetches()
        for _ in instance.render_frames(range(FIRST_FRAME, FIRST_FRAME + 4)):
            asked.append(instance.fetches["Source"].asked)
        # The window, its centre again, and the held frame: once, with the first.
        assert asked[-1] <= 2 * 4 + 2 + 1
        assert instance.images_held == 0


def test_the_node_refuses_a_frame_that_the_clip_lacks(shared_engine: RunningEngine, frames: np.ndarray) -> None:
    parameters = {**IN_THE_NODE, "reference_frame": 5}
    with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=parameters) as instance:
        assert instance.frames_needed(FIRST_FRAME + 3)["Source"] == [(FIRST_FRAME + 2, FIRST_FRAME + 4)]
        with pytest.raises(pyopenfx.OfxError):
            instance.render(FIRST_FRAME + 3)
        assert any(
            "frame 5 can't be held: the clip has frames 1001 to 1009; set 'Reference frame' to one" in str(message)
            for message in instance.messages
        )


def test_fields_are_held_to_the_held_frames_own_fields(shared_engine: RunningEngine, frames: np.ndarray) -> None:
    parameters = {**IN_THE_NODE, "fieldOrder": "Lower field first"}
    with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=parameters) as instance:
        picture = planar(instance.render(FIRST_FRAME + 2))
    for rows in (slice(0, None, 2), slice(1, None, 2)):
        field = np.ascontiguousarray(frames[:, :, rows])
        assert picture[:, rows].tobytes() == cold(field, FIRST_FRAME + 2).tobytes()


@pytest.mark.parametrize(
    ("choice", "words"), [("Fail", "needs the frames around"), ("Use frames already seen", f"can't hold frame {HELD}")]
)
def test_a_host_of_single_frames_cannot_hold_one_and_is_told_so(
    shared_engine: RunningEngine, frames: np.ndarray, choice: str, words: str
) -> None:
    parameters = {**IN_THE_NODE, "withoutNeighbours": choice}
    with pyopenfx.load(find_bundle(), profile="mlt") as bundle:
        with instance_in(bundle, frames, shared_engine.address, FIRST_FRAME, parameters) as instance:
            with pytest.raises(pyopenfx.OfxError, match=words):
                instance.render(FIRST_FRAME)


def test_a_preset_leaves_the_number_of_the_held_frame(shared_engine: RunningEngine, frames: np.ndarray) -> None:
    with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=IN_THE_NODE) as instance:
        instance.set("preset", "Gentle")
        assert instance.get("reference_frame") == HELD


def test_an_edit_of_the_held_frame_shows(shared_engine: RunningEngine, frames: np.ndarray) -> None:
    edited = frames.copy()
    edited[HELD - FIRST_FRAME] *= 0.7
    with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=IN_THE_NODE) as instance:
        instance.render(FIRST_FRAME)
        instance.set_source(lambda frame: interleaved(edited[frame - FIRST_FRAME]))
        assert planar(instance.render(FIRST_FRAME)).tobytes() == cold(edited, FIRST_FRAME).tobytes()


@pytest.mark.parametrize("protection", [0.0, 0.5, 1.0])
def test_cells_and_bounds_are_treated_as_the_model_treats_them(protection: float) -> None:
    randomness = np.random.default_rng(3)
    field, trust = (randomness.random((9, 16), np.float32) - np.float32(0.2) for _ in range(2))
    trust = np.clip(trust, 0, 1)
    step = Step(np.zeros((1, 16), np.float32), field, np.zeros(60, np.float32), trust)
    wanted = expect._protected(torch.tensor(field), torch.tensor(trust), torch.tensor(protection)).numpy()
    np.testing.assert_allclose(held_light._protected(step, protection), wanted, atol=1e-6)
    for limit in (0.0, 0.1, 0.5):
        bent = expect._within(torch.tensor(field), torch.tensor(limit)).numpy()
        np.testing.assert_allclose(held_light._within(field, limit), bent, atol=1e-6)
    for rise in (0.0, -0.5, 0.95, -1.2, 1.7, 3.0):
        assert held_light._belief(rise) == pytest.approx(float(expect._belief(torch.tensor([rise]))[0]), abs=1e-6)
