"""The first promise: the same frames in, the same frame out, on every path and in every order, bit for bit."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import node, planar

COUNT = 14
FIRST_FRAME = 1001
RADIUS = 4
PARAMETERS = {"radius": RADIUS, "strength": 0.9}

RenderFrames = Callable[[Sequence[int], int], dict[int, np.ndarray]]
"""Renders the frames with these numbers in this order, on so many threads."""


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    made = with_flicker(moving_scene(COUNT, width=101, height=67))
    made[5:7, :, 20:22, 30:33] = np.nan
    made[8, 1, 3, 4] = np.inf
    made[9, :, 10, 10] = (-0.25, 7.5, 0.0)
    return made


@pytest.fixture(scope="module")
def reference(frames: np.ndarray) -> dict[int, np.ndarray]:
    """Every frame rendered cold: by an engine that has never seen another one."""
    return {
        number: next(_embedded(frames, Renderer(ModelStore.default()), [number]))[1]
        for number in range(FIRST_FRAME, FIRST_FRAME + COUNT)
    }


def _embedded(frames: np.ndarray, renderer: Renderer, numbers: Sequence[int]) -> Iterator[tuple[int, np.ndarray]]:
    return render_clip(renderer, "deflicker", PARAMETERS, ArrayClip(frames, FIRST_FRAME), numbers)


def _on_threads(render: Callable[[int], np.ndarray], numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(numbers, pool.map(render, numbers), strict=True))


@pytest.fixture(params=["embedded", "client-shared-memory", "client-in-stream", "node-shared-memory", "node-in-stream"])
def path(request: pytest.FixtureRequest, frames: np.ndarray, shared_engine: RunningEngine) -> Iterator[RenderFrames]:
    """One way to have frames rendered."""
    kind, _, route = request.param.partition("-")
    clip = ArrayClip(frames, FIRST_FRAME)
    if kind == "embedded":
        renderer, remembered = Renderer(ModelStore.default()), RememberedClip(clip)

        def embedded(number: int) -> np.ndarray:
            return next(render_clip(renderer, "deflicker", PARAMETERS, remembered, [number]))[1]

        yield lambda numbers, threads: _on_threads(embedded, numbers, threads)
    elif kind == "client":
        remembered = RememberedClip(clip)
        with EngineClient(shared_engine.address, Route[route.replace("-", "_").upper()]) as client:

            def over_the_wire(number: int) -> np.ndarray:
                return client.render(remembered, number, "deflicker", RADIUS, PARAMETERS)

            yield lambda numbers, threads: _on_threads(over_the_wire, numbers, threads)
    else:
        parameters = {"pixelRoute": route.replace("-", " ").capitalize(), **PARAMETERS}
        with node(frames, shared_engine.address, first_frame=FIRST_FRAME, parameters=parameters) as instance:
            with instance.sequence() as sequence:
                yield lambda numbers, threads: _on_threads(lambda n: planar(sequence.render(n)), numbers, threads)
            assert instance.messages == []


ORDERS = {
    "in order": lambda numbers: numbers,
    "in reverse": lambda numbers: numbers[::-1],
    "at random": lambda numbers: list(np.random.default_rng(11).permutation(numbers).tolist()),
    "again and again": lambda numbers: numbers[3:6] * 3,
}


@pytest.mark.parametrize("threads", [1, 4])
@pytest.mark.parametrize("order", ORDERS)
def test_every_path_order_and_thread_count_gives_the_same_bits(
    path: RenderFrames, reference: dict[int, np.ndarray], order: str, threads: int
) -> None:
    for number, planes in path(ORDERS[order](list(reference)), threads).items():
        assert planes.tobytes() == reference[number].tobytes(), f"frame {number} differs"


def test_the_command_line_gives_the_same_bits_as_a_cold_frame(
    frames: np.ndarray, reference: dict[int, np.ndarray], tmp_path: Path
) -> None:
    with open_writer(
        tmp_path / "in.%04d.exr", frames=range(FIRST_FRAME, FIRST_FRAME + COUNT), pixel_type=PixelType(32, True)
    ) as writer:
        for index, planes in enumerate(frames):
            writer.write(FIRST_FRAME + index, planes)
    clips = [tmp_path / "in.%04d.exr", tmp_path / "out.%04d.exr"]
    settings = [f"--set={name}={value}" for name, value in PARAMETERS.items()]
    done = subprocess.run(
        [sys.executable, "-m", "reelmend", "render", *clips, "--effect", "deflicker", *settings],
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stderr
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        for number, expected in reference.items():
            assert reader.read(number).tobytes() == expected.tobytes(), f"frame {number} differs"


def test_pixels_that_are_no_numbers_pass_through_and_spoil_nobody(
    frames: np.ndarray, reference: dict[int, np.ndarray]
) -> None:
    for index, source in enumerate(frames):
        result = reference[FIRST_FRAME + index]
        broken = ~np.isfinite(source).all(axis=0)
        assert result[:, broken].tobytes() == source[:, broken].tobytes()
        assert np.isfinite(result[:, ~broken]).all()


def test_values_above_one_and_below_zero_survive(reference: dict[int, np.ndarray]) -> None:
    pixel = reference[FIRST_FRAME + 9][:, 10, 10]
    assert pixel[0] < 0
    assert pixel[1] > 1
