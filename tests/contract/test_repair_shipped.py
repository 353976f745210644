"""The repair as it ships: the trained model, its fill and its lines give one frame and one list by every path."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from reelmend.rendered import Rendered
from support.clips import ArrayClip
from support.engines import RunningEngine
from support.nodes import interleaved, planar
from support.repair_nodes import REPAIR, dirty_scene

COUNT, FIRST_FRAME, RADIUS = 7, 1001, 3
WIDTH, HEIGHT = 150, 101
NUMBERS = list(range(FIRST_FRAME, FIRST_FRAME + COUNT))
SIDES = ("left", "top", "width", "height")
PARAMETERS = {"radius": RADIUS, "blotch_sensitivity": 0.8, "hair_sensitivity": 0.8}


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return np.asarray(dirty_scene(COUNT, WIDTH, HEIGHT))


@pytest.fixture(scope="module")
def reference(frames: np.ndarray) -> dict[int, Rendered]:
    """Every frame by an engine that has never seen another one."""
    told: dict[int, Rendered] = {}
    for number in NUMBERS:
        clip = ArrayClip(frames, FIRST_FRAME)
        rendering = render_clip(
            Renderer(ModelStore.default()), "repair", PARAMETERS, clip, [number], outputs=["matte"],
            told=told.__setitem__,
        )  # fmt: skip
        for _ in rendering:
            pass
    return told


def test_it_finds_what_was_planted_and_leaves_the_rest(reference: dict[int, Rendered], frames: np.ndarray) -> None:
    found = sum(len(rendered.detections) for rendered in reference.values())
    assert found >= COUNT // 2, "of the two defects that are in each frame, this model sees a good part"
    for number, rendered in reference.items():
        source, result = frames[number - FIRST_FRAME], rendered.planes["result"]
        outside = np.broadcast_to(rendered.planes["matte"] == 0, source.shape)
        assert (matte_share := 1 - outside.mean()) < 0.5, matte_share
        assert result[outside].tobytes() == source[outside].tobytes()


@pytest.mark.parametrize("route", Route)
def test_a_client_gets_the_same_frames_mattes_and_lists(
    shared_engine: RunningEngine, reference: dict[int, Rendered], frames: np.ndarray, route: Route
) -> None:
    clip = RememberedClip(ArrayClip(frames, FIRST_FRAME))
    with EngineClient(shared_engine.address, route) as client:
        for number in reversed(NUMBERS):
            got = client.rendered(clip, number, "repair", RADIUS, PARAMETERS, outputs=("result", "matte"))
            for name, planes in got.planes.items():
                assert planes.tobytes() == reference[number].planes[name].tobytes(), (number, name)
            assert got.detections == reference[number].detections


def test_the_node_gives_the_same_frames_with_their_mattes_in_alpha(
    shared_engine: RunningEngine, reference: dict[int, Rendered], frames: np.ndarray
) -> None:
    settings = pyopenfx.InstanceSettings(size=(WIDTH, HEIGHT), frames=(NUMBERS[0], NUMBERS[-1]), context="general")
    with pyopenfx.load(find_bundle()) as bundle, bundle.plugin(REPAIR).create(settings) as node:
        node.set_source(lambda frame: interleaved(frames[frame - FIRST_FRAME]))
        for name, value in {"engineAddress": shared_engine.address, "alphaOutput": "Matte", **PARAMETERS}.items():
            node.set(name, value)
        for number, pixels in node.render_frames():
            assert planar(pixels).tobytes() == reference[number].planes["result"].tobytes(), number
            assert pixels[..., 3].tobytes() == reference[number].planes["matte"].tobytes(), number
        assert (node.messages, node.violations) == ([], [])


def test_the_command_line_gives_the_same_frames_mattes_and_list(
    frames: np.ndarray, reference: dict[int, Rendered], tmp_path: Path
) -> None:
    floats = PixelType(32, True)
    with open_writer(tmp_path / "in.%04d.exr", frames=range(NUMBERS[0], NUMBERS[-1] + 1), pixel_type=floats) as writer:
        for number, planes in zip(NUMBERS, frames, strict=True):
            writer.write(number, planes)
    pictures = [str(tmp_path / f"{name}.%04d.exr") for name in ("in", "out", "matte")]
    document = tmp_path / "found.json"
    settings = [f"--set={name}={value}" for name, value in PARAMETERS.items()]
    done = subprocess.run(
        [sys.executable, "-m", "reelmend", "render", *pictures[:2], "--effect", "repair", *settings,
         "--matte", pictures[2], "--detections", str(document), "--matte-bits", "32"],
        capture_output=True, text=True, timeout=200,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with open_reader(pictures[1]) as results:
        for number, expected in reference.items():
            assert results.read(number).tobytes() == expected.planes["result"].tobytes(), f"frame {number} differs"
    listed = json.loads(document.read_text(encoding="utf-8"))["frames"]
    for number, frame in zip(NUMBERS, listed, strict=True):
        told = [
            (found["class"], *(found["box"][side] for side in SIDES), found["area_px"]) for found in frame["detections"]
        ]
        assert told == [
            (found.kind, found.left, found.top, found.width, found.height, found.area_px)
            for found in reference[number].detections
        ]
