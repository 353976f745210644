"""The deflicker in plain numpy and the engine's graphs say the same."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_frame
from reelmend.effects.renderer import Renderer
from reelmend.frames import Planes
from reelmend.inference.models import ModelStore
from reelmend_models.reference.deflicker import PlainDeflicker
from reelmend_models.reference.deflicker.expect import Wishes
from reelmend_models.reference.deflicker.trend_net import trained_weights

TOLERANCE = 2e-4
FRAMES = 24
HEIGHT, WIDTH = 90, 151
PROJECT = Path(__file__).parents[3]


class Shot:
    """A pan over a landscape of soft noise, whose light flickers as a whole, in patches or in bands."""

    first_frame, last_frame = 0, FRAMES - 1

    def __init__(self, in_bands: bool, bright: float = 1.0) -> None:
        rng = np.random.default_rng(4)
        coarse = rng.random((3, 16, 30))
        scene = np.kron(coarse, np.ones((1, 8, 8))) * 0.6 + 0.2 * rng.random((3, 128, 240)) + 0.02
        rows, columns = np.linspace(0, 1, HEIGHT)[:, None], np.linspace(0, 1, WIDTH)[None, :]
        self._frames = []
        for frame in range(FRAMES):
            seen = scene[:, frame // 2 : frame // 2 + HEIGHT, frame : frame + WIDTH]
            place = rng.random() + (6 * rows if in_bands else 0.7 * rows + 0.9 * columns)
            local = 1.0 + 0.05 * np.sin(2 * np.pi * place) + 0.0 * columns
            gain = rng.normal(1.0, 0.04) * local
            self._frames.append(np.ascontiguousarray(bright * gain * seen, np.float32))
        self._frames[13] = self._frames[12]

    def read(self, frame: int) -> Planes:
        return self._frames[frame]


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(ModelStore.default())


def in_the_engine(
    renderer: Renderer, shot: Shot, frame: int, radius_frames: int, values: Mapping[str, object]
) -> Planes:
    found = render_frame(renderer, "deflicker", values, RememberedClip(shot, 1 << 28), frame, radius_frames)
    return np.asarray(found)


@pytest.mark.parametrize(
    ("in_bands", "bright", "values", "wishes"),
    [
        (False, 1.0, {}, Wishes()),
        (False, 3.0, {}, Wishes()),
        (True, 1.0, {"local_shape": "bands"}, Wishes(in_bands=True)),
        (
            False,
            1.0,
            {"balance": 0.8, "local_limit": 0.05, "protect_motion": 1.0},
            Wishes(balance=0.8, local_limit_stops=0.05, protect_motion=1.0),
        ),
    ],
)
def test_plain_numpy_says_what_the_engine_says(
    renderer: Renderer, in_bands: bool, bright: float, values: Mapping[str, object], wishes: Wishes
) -> None:
    shot, plain = Shot(in_bands, bright), PlainDeflicker(trained_weights(), wishes)
    for frame in range(FRAMES):
        plain.learn(frame, shot.read(frame))
    for frame, radius_frames in ((0, 5), (11, 5), (12, 30), (13, 30)):
        source = shot.read(frame)
        ours = plain.correct(frame, radius_frames, source)
        theirs = in_the_engine(renderer, shot, frame, radius_frames, {"radius": radius_frames, **values})
        assert np.abs(theirs - source).max() > 100 * TOLERANCE
        np.testing.assert_allclose(ours, theirs, atol=TOLERANCE * bright)


def test_it_steadies_the_light() -> None:
    shot, plain = Shot(in_bands=False), PlainDeflicker(trained_weights())
    for frame in range(FRAMES):
        plain.learn(frame, shot.read(frame))
    some = range(6, 16)
    before = [shot.read(frame).mean() for frame in some]
    after = [plain.correct(frame, 30, shot.read(frame)).mean() for frame in some]
    assert np.std(np.diff(after, 2)) < 0.2 * np.std(np.diff(before, 2))


def test_it_needs_neither_torch_nor_onnx_runtime() -> None:
    code = "import sys\nfrom reelmend_models.reference import deflicker\ndeflicker.make()\n"
    code += "print({'torch', 'onnxruntime'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_the_package_offers_it_to_the_speed_bench() -> None:
    project = tomllib.loads((PROJECT / "pyproject.toml").read_text())
    (value,) = project["project"]["entry-points"]["reelmend.bench_references"].values()
    module, _, function = value.partition(":")
    assert isinstance(getattr(import_module(module), function)(), PlainDeflicker)
