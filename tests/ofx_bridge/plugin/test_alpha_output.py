"""The node's Alpha: the engine's matte in the channel that hosts carry along, the colours as they were without it."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyopenfx
from pyopenfx.errors import OfxError
from reelmend.bundle import find_bundle
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.rendered import Rendered
from support.clips import ArrayClip, moving_scene
from support.engines import RunningEngine, engine
from support.nodes import DEFLICKER, MODEL, interleaved, planar
from support.window_models import Graph, write_model

COUNT, WIDTH, HEIGHT = 5, 41, 31
FRAMES = moving_scene(COUNT, width=WIDTH, height=HEIGHT)
SOURCE_ALPHA = 0.5
LARGEST = {"byte": 255, "short": 65535}
DTYPES = {"byte": np.uint8, "short": np.uint16, "half": np.float16, "float": np.float32}

FIND = Graph(
    "find",
    "window",
    "(float[3, H, W] frame_m1, float[3, H, W] frame, float[3, H, W] frame_p1)"
    " => (float[3, H, W] result, float[1, H, W] matte)",
    """
    axis = Constant <value: tensor = int64[1] {0}> ()
    much = Constant <value: tensor = float {12}> ()
    zero = Constant <value: tensor = float {0}> ()
    one = Constant <value: tensor = float {1}> ()
    around = Mean (frame_m1, frame_p1)
    apart = Sub (frame, around)
    away = Abs (apart)
    most = ReduceMax (away, axis)
    scaled = Mul (most, much)
    matte = Clip (scaled, zero, one)
    part = Mul (apart, matte)
    result = Sub (frame, part)
    """,
)
BRIGHTEN = Graph(
    "brighten", "window", "(float[3, H, W] frame) => (float[3, H, W] result)", "result = Add(frame, frame)"
)

Node = Callable[..., contextlib.AbstractContextManager[pyopenfx.Instance]]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("models")
    write_model(folder, "finds", [FIND], outputs=["result", "matte"])
    write_model(
        folder, "brightens", [BRIGHTEN], temporal={"radius_frames": 0, "maximum_radius_frames": 0}, outputs=["result"]
    )
    return folder


@pytest.fixture(scope="module")
def finding_engine(models: Path) -> Iterator[RunningEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELMEND_MODELS", f"{models}{os.pathsep}{os.environ.get('REELMEND_MODELS', '')}")
        with engine() as running:
            yield running


@pytest.fixture(scope="module")
def made(models: Path) -> dict[int, Rendered]:
    """What the engine gives for each frame, without any host."""
    told: dict[int, Rendered] = {}
    renderer = Renderer(ModelStore([ModelFolder(models, models)]))
    for _ in render_clip(
        renderer, "model", {}, ArrayClip(FRAMES), range(COUNT), model="finds", outputs=["matte"],
        told=lambda frame, rendered: told.setdefault(frame, copied(rendered)),
    ):  # fmt: skip
        pass
    return told


def copied(rendered: Rendered) -> Rendered:
    return Rendered({name: planes.copy() for name, planes in rendered.planes.items()}, 0, 0)


@pytest.fixture
def node(finding_engine: RunningEngine) -> Node:
    @contextlib.contextmanager
    def opened(
        model: str = "finds", alpha: str = "Matte", profile: str | None = None, **settings: Any
    ) -> Iterator[pyopenfx.Instance]:
        with pyopenfx.load(find_bundle(), profile=profile) as bundle:
            options = pyopenfx.InstanceSettings(**{"size": (WIDTH, HEIGHT), "frames": (0, COUNT - 1), **settings})
            with bundle.plugin(MODEL).create(options) as instance:
                instance.set_source(
                    lambda frame: stored(picture(frame, options.components), options.depth), premultiplied=False
                )
                for name, value in (
                    ("engineAddress", finding_engine.address),
                    ("modelId", model),
                    ("alphaOutput", alpha),
                ):
                    instance.set(name, value)
                yield instance

    return opened


def picture(frame: int, components: str = "RGBA") -> np.ndarray:
    pixels = interleaved(FRAMES[frame], SOURCE_ALPHA)
    return pixels if components == "RGBA" else np.ascontiguousarray(pixels[..., :3])


def stored(values: np.ndarray, depth: str) -> np.ndarray:
    if depth in LARGEST:
        return np.floor(np.clip(values.astype(np.float64), 0, 1) * LARGEST[depth] + 0.5).astype(DTYPES[depth])
    return values.astype(DTYPES[depth])


@pytest.mark.parametrize("route", ["Shared memory", "In stream"])
def test_the_matte_comes_in_alpha_bit_for_bit_beside_the_result(
    node: Node, made: dict[int, Rendered], route: str
) -> None:
    with node() as effect:
        effect.set("pixelRoute", route)
        for frame, pixels in effect.render_frames():
            assert planar(pixels).tobytes() == made[frame].planes["result"].tobytes(), frame
            assert pixels[..., 3].tobytes() == made[frame].planes["matte"].tobytes(), frame
        assert (effect.messages, effect.violations) == ([], [])
    matte = made[2].planes["matte"]
    assert 0.02 < (matte > 0.1).mean() < 0.98, "the model should find something, and not everything"


def test_the_source_has_its_own_alpha_unless_told_otherwise(node: Node, made: dict[int, Rendered]) -> None:
    with node(alpha="Of the source") as effect:
        pixels = effect.render(2)
        assert planar(pixels).tobytes() == made[2].planes["result"].tobytes()
        assert (pixels[..., 3] == SOURCE_ALPHA).all()


@pytest.mark.parametrize("depth", DTYPES)
def test_in_every_depth_alpha_has_the_samples_that_the_matte_has_as_a_picture(node: Node, depth: str) -> None:
    with node(depth=depth, rows="top-down", row_padding_bytes=12, guard_bytes=64, origin=(-5, 3)) as effect:
        carried = effect.render(2)
        effect.set("view", "Matte")
        shown = effect.render(2)
        assert carried.dtype == DTYPES[depth]
        assert carried[..., 3].tobytes() == shown[..., 0].tobytes()
        assert shown[..., 3].tobytes() == shown[..., 0].tobytes(), "the matte is seen and carried"
        effect.set("alphaOutput", "Of the source")
        effect.set("view", "Result")
        assert carried[..., :3].tobytes() == effect.render(2)[..., :3].tobytes()
        assert effect.violations == []
        assert len(np.unique(carried[..., 3])) > 20


@pytest.mark.parametrize("view", ["Difference", "Split"])
def test_views_that_the_node_makes_carry_the_matte_too(node: Node, made: dict[int, Rendered], view: str) -> None:
    with node() as effect:
        effect.set("view", view)
        carried = effect.render(2)
        effect.set("alphaOutput", "Of the source")
        assert carried[..., :3].tobytes() == effect.render(2)[..., :3].tobytes()
    assert carried[..., 3].tobytes() == made[2].planes["matte"].tobytes()


def test_the_view_source_is_the_source_with_its_own_alpha(node: Node) -> None:
    with node() as effect:
        effect.set("view", "Source")
        assert effect.is_identity(2) == ("Source", 2)
        assert effect.render(2).tobytes() == picture(2).tobytes()


def test_with_a_strength_of_0_the_matte_is_still_carried(node: Node, made: dict[int, Rendered]) -> None:
    with node() as effect:
        effect.set("strength", 0)
        assert effect.is_identity(2) is None
        assert effect.render(2)[..., 3].tobytes() == made[2].planes["matte"].tobytes()
        effect.set("alphaOutput", "Of the source")
        # This model has no strength, so that nothing says it did nothing.
        assert effect.is_identity(2) is None


def test_hosts_hear_that_colours_were_not_multiplied_with_the_matte(node: Node) -> None:
    with node() as effect:
        effect.set_source(lambda frame: picture(frame), premultiplied=True)
        assert effect.clip_preferences()["OfxImageEffectPropPreMultiplication"] == "OfxImageAlphaUnPremultiplied"
        carried = effect.render(2)
        effect.set("alphaOutput", "Of the source")
        assert effect.clip_preferences()["OfxImageEffectPropPreMultiplication"] == "OfxImageAlphaPremultiplied"
        multiplied = effect.render(2)
    assert (multiplied[..., 3] == SOURCE_ALPHA).all()
    assert np.allclose(carried[..., :3] * SOURCE_ALPHA, multiplied[..., :3], atol=1e-6)


def test_a_source_without_alpha_gets_one_for_the_matte(node: Node, made: dict[int, Rendered]) -> None:
    with node(components="RGB") as effect:
        pixels = effect.render(2)
        assert pixels.shape == (HEIGHT, WIDTH, 4)
        assert planar(pixels).tobytes() == made[2].planes["result"].tobytes()
        assert pixels[..., 3].tobytes() == made[2].planes["matte"].tobytes()
        effect.set("alphaOutput", "Of the source")
        assert effect.render(2).shape == (HEIGHT, WIDTH, 3)


def test_a_window_is_written_and_nothing_else(node: Node, made: dict[int, Rendered]) -> None:
    with node() as effect:
        part = effect.render(2, window=(10, 4, 30, 20))
        assert effect.violations == []
        rows, columns = slice(HEIGHT - 20, HEIGHT - 4), slice(10, 30)
        assert part.shape[:2] == (16, 20)
        assert part[..., 3].tobytes() == made[2].planes["matte"][0, rows, columns].tobytes()


def test_fields_carry_their_own_lines_of_the_matte(node: Node) -> None:
    with node(field_order="lower") as effect:
        carried = effect.render(2)
        effect.set("view", "Matte")
        assert carried[..., 3].tobytes() == np.ascontiguousarray(effect.render(2)[..., 0]).tobytes()
        assert len(np.unique(carried[..., 3])) > 20


def test_proxies_carry_the_matte_of_the_small_picture(node: Node) -> None:
    with node() as effect:
        carried = effect.render(2, scale=(0.5, 0.5))
        effect.set("view", "Matte")
        assert carried[..., 3].tobytes() == np.ascontiguousarray(effect.render(2, scale=(0.5, 0.5))[..., 0]).tobytes()


@pytest.mark.parametrize("profile", pyopenfx.PROFILES)
def test_the_matte_is_carried_in_every_host(node: Node, profile: str) -> None:
    host = pyopenfx.PROFILES[profile].host
    depth = "float" if "float" in host.depths else host.depths[0]
    with node(profile=profile, depth=depth) as effect:
        effect.set("withoutNeighbours", "Pass through")
        carried = effect.render(2)
        if effect.messages:
            assert "the current frame only" in effect.messages[-1].text
            return
        effect.set("view", "Matte")
        shown = effect.render(2)
        assert carried[..., 3].tobytes() == np.ascontiguousarray(shown[..., 0]).tobytes()
        assert effect.violations == []
        assert len(np.unique(carried[..., 3])) > 20


def test_a_model_without_a_matte_says_so_and_leaves_the_source(node: Node) -> None:
    with node("brightens") as effect:
        with pytest.raises(OfxError):
            effect.render(2)
        assert "has no output 'matte'" in effect.messages[-1].text
        effect.set("alphaOutput", "Of the source")
        assert planar(effect.render(2)).tobytes() == (2 * FRAMES[2]).tobytes()


def test_effects_that_find_nothing_have_no_such_control() -> None:
    with pyopenfx.load(find_bundle()) as bundle:
        names = {parameter.name for parameter in bundle.plugin(DEFLICKER).describe("filter").params}
        assert "alphaOutput" not in names
        assert "alphaOutput" in {parameter.name for parameter in bundle.plugin(MODEL).describe("filter").params}
