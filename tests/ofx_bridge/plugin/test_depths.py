"""Every pixel format that OpenFX knows: mended alike, rounded to nearest, and untouched where nothing was to mend."""

from __future__ import annotations

import functools
import itertools
from typing import Any

import numpy as np
import pytest

from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import node, planar

from .conftest import Stage
from .raw_host import ALPHA, FAILED, OK, Picture, RawHost

COUNT, RADIUS = 8, 2
WIDTH, HEIGHT = 37, 29
DTYPES = {"byte": np.uint8, "short": np.uint16, "half": np.float16, "float": np.float32}
LARGEST = {"byte": 255, "short": 65535}
FORMATS = list(itertools.product(DTYPES, ("RGBA", "RGB")))


@functools.cache
def _renderer() -> Renderer:
    return Renderer(ModelStore.default())


def _stored(values: np.ndarray, depth: str) -> np.ndarray:
    """Return floats as samples of this depth: to nearest, integers within their range."""
    if depth in LARGEST:
        return np.floor(np.clip(values.astype(np.float64), 0, 1) * LARGEST[depth] + 0.5).astype(DTYPES[depth])
    return values.astype(DTYPES[depth])


def _values(samples: np.ndarray, depth: str) -> np.ndarray:
    """Return what samples stand for: the nearest float32."""
    return (samples.astype(np.float64) / LARGEST.get(depth, 1)).astype(np.float32)


def _clip(depth: str, components: str, count: int = COUNT, width: int = WIDTH, height: int = HEIGHT) -> np.ndarray:
    """Return (N, H, W, C) samples, alpha 1."""
    planes = with_flicker(moving_scene(count, width=width, height=height))
    colours = planes.transpose(0, 2, 3, 1)
    if components == "RGBA":
        colours = np.concatenate([colours, np.ones_like(colours[..., :1])], axis=3)
    return np.ascontiguousarray(_stored(colours, depth))


def _mended(clip: np.ndarray, depth: str, frame: int) -> np.ndarray:
    """Return (H, W, 3) float32: the frame mended by the engine alone."""
    planes = np.ascontiguousarray(_values(clip[..., :3], depth).transpose(0, 3, 1, 2))
    result = next(iter(render_clip(_renderer(), "deflicker", {"radius": RADIUS}, ArrayClip(planes), [frame])))[1]
    return result.transpose(1, 2, 0)


def _differ(found: np.ndarray, expected: np.ndarray, depth: str) -> np.ndarray:
    """Return where two pictures are more apart than a tie of the rounding."""
    apart = np.abs(found.astype(np.float64) - expected.astype(np.float64))
    return apart > (1 if depth in LARGEST else 0)


@pytest.mark.parametrize("rows", ["bottom-up", "top-down"])
@pytest.mark.parametrize(("depth", "components"), FORMATS)
def test_frame_of_any_format_is_mended_and_rounded_to_nearest(
    shared_engine: RunningEngine, depth: str, components: str, rows: str
) -> None:
    clip = _clip(depth, components)
    layout: dict[str, Any] = {"rows": rows, "row_padding_bytes": 12, "origin": (-5, 3), "guard_bytes": 64}
    with node(
        np.empty((COUNT, 3, HEIGHT, WIDTH), np.float32),
        shared_engine.address,
        parameters={"radius": RADIUS},
        depth=depth,
        components=components,
        **layout,
    ) as effect:
        effect.set_source(clip)
        rendered = effect.render(3)
        assert (effect.violations, effect.messages) == ([], [])
    assert rendered.dtype == DTYPES[depth]
    expected = _stored(_mended(clip, depth, 3), depth)
    assert not _differ(rendered[..., :3], expected, depth).any()
    assert np.mean(rendered[..., :3] != expected) < 0.001
    assert np.mean(rendered[..., :3] != clip[3, ..., :3]) > 0.1, "it should have been mended"
    assert np.array_equal(rendered[..., 3:], clip[3, ..., 3:])


@pytest.mark.parametrize("premultiplied", [True, False])
@pytest.mark.parametrize(("depth", "components"), FORMATS)
def test_untouched_pixels_keep_their_exact_samples_in_every_format(
    shared_engine: RunningEngine, depth: str, components: str, premultiplied: bool
) -> None:
    """A still: nothing flickers, so nothing is touched, whatever the samples are."""
    rng = np.random.default_rng(17)
    channels = len(components)
    if depth in LARGEST:
        still = rng.integers(0, LARGEST[depth] + 1, (HEIGHT, WIDTH, channels)).astype(DTYPES[depth])
    else:
        still = rng.random((HEIGHT, WIDTH, channels)).astype(DTYPES[depth])
        still[0, :6, :3] = np.array([np.nan, np.inf, -np.inf, -0.0, 1e-7, 6e4], DTYPES[depth])[:, None]
        still[1, :3, 1] = np.nan
    if channels == 4:
        still[2, :8, 3] = 0  # nothing can be divided here
    with node(
        np.empty((COUNT, 3, HEIGHT, WIDTH), np.float32),
        shared_engine.address,
        parameters={"radius": RADIUS},
        depth=depth,
        components=components,
    ) as effect:
        effect.set_source(lambda frame: still, premultiplied=premultiplied)
        rendered = effect.render(3)
        assert effect.messages == []
    assert rendered.tobytes() == still.tobytes()


def test_half_frames_cross_as_halves(shared_engine: RunningEngine) -> None:
    """Half the bytes, and the same content for the engine as the floats of the same values."""
    from reelmend.client import EngineClient

    def received() -> int:
        with EngineClient(shared_engine.address) as client:
            return client.info().bytes_received

    half = _clip("half", "RGB") * np.float16(0.97)
    sizes = {}
    for depth, clip in (("half", half), ("float", (half * np.float16(0.9)).astype(np.float32))):
        with node(
            np.empty((COUNT, 3, HEIGHT, WIDTH), np.float32),
            shared_engine.address,
            parameters={"radius": RADIUS},
            depth=depth,
            components="RGB",
        ) as effect:
            effect.set_source(clip)
            before = received()
            effect.render(3)
            sizes[depth] = received() - before
    frame = 3 * WIDTH * HEIGHT
    assert sizes["float"] - sizes["half"] == 2 * frame


def test_full_precision_sends_floats_for_the_same_bits(shared_engine: RunningEngine) -> None:
    from reelmend.client import EngineClient

    results, sizes = {}, {}
    for factor, precision in ((0.96, "Automatic"), (0.95, "Full float")):  # other frames: none is known to the engine
        clip = _clip("half", "RGB") * np.float16(factor)
        with (
            node(
                np.empty((COUNT, 3, HEIGHT, WIDTH), np.float32),
                shared_engine.address,
                parameters={"radius": RADIUS, "precision": precision},
                depth="half",
                components="RGB",
            ) as effect,
            EngineClient(shared_engine.address) as client,
        ):
            effect.set_source(clip)
            before = client.info().bytes_received
            results[precision] = effect.render(3)
            sizes[precision] = client.info().bytes_received - before
            effect.set("precision", "Automatic" if precision == "Full float" else "Full float")
            assert effect.render(3).tobytes() == results[precision].tobytes()
            assert effect.messages == []
    assert sizes["Full float"] - sizes["Automatic"] == 2 * 3 * WIDTH * HEIGHT


def test_premultiplied_colours_are_mended_as_if_they_were_straight(shared_engine: RunningEngine) -> None:
    straight = _clip("float", "RGBA")
    # A power of two, by which floats are multiplied and divided without loss.
    straight[..., 3] = np.where(np.arange(WIDTH) % 2, 0.5, 0.25)
    premultiplied = straight.copy()
    premultiplied[..., :3] *= straight[..., 3:]
    rendered = {}
    for name, clip in (("straight", straight), ("premultiplied", premultiplied)):
        with node(
            np.empty((COUNT, 3, HEIGHT, WIDTH), np.float32), shared_engine.address, parameters={"radius": RADIUS}
        ) as effect:
            effect.set_source(clip, premultiplied=name == "premultiplied")
            rendered[name] = effect.render(3)
    put_back = rendered["premultiplied"].copy()
    put_back[..., :3] /= put_back[..., 3:]
    assert np.array_equal(put_back, rendered["straight"])
    assert not np.array_equal(rendered["straight"], straight[3])


def test_colours_without_alpha_are_left_as_they_are_and_harm_nobody(shared_engine: RunningEngine) -> None:
    clip = _clip("float", "RGBA")
    clip[:, 4:9, 5:11, 3] = 0.0
    with node(
        np.empty((COUNT, 3, HEIGHT, WIDTH), np.float32), shared_engine.address, parameters={"radius": RADIUS}
    ) as effect:
        effect.set_source(clip, premultiplied=True)
        rendered = effect.render(3)
    assert np.isfinite(rendered).all()
    assert np.array_equal(rendered[..., 3], clip[3, ..., 3])


@pytest.mark.parametrize("depth", DTYPES)
def test_alpha_alone_passes_through(stage: Stage, no_engine: str, depth: str) -> None:
    pixels = _stored(np.random.default_rng(3).random((HEIGHT, WIDTH, 1)), depth)
    plugin = stage.started(RawHost(lambda frame: Picture(pixels, components=ALPHA)))
    plugin.host.values["engineAddress"] = no_engine
    output = Picture(np.zeros_like(pixels), components=ALPHA)
    assert plugin.render(5, output) == OK, plugin.host.shows
    assert np.array_equal(output.pixels, pixels)


def test_alpha_that_has_to_become_colour_is_refused_in_words(stage: Stage, no_engine: str) -> None:
    plugin = stage.started(RawHost(lambda frame: Picture(np.ones((4, 4, 1), np.float32), components=ALPHA)))
    plugin.host.values["engineAddress"] = no_engine
    output = Picture(np.full((4, 4, 4), 9, np.float32))
    assert plugin.render(5, output) == FAILED
    assert "neither RGB nor RGBA" in plugin.host.shows[-1][2]
    assert not output.pixels.any()


@pytest.mark.parametrize("where", ["image", "clip", "depth"])
def test_swapped_colours_are_mended_in_their_places(stage: Stage, shared_engine: RunningEngine, where: str) -> None:
    """As VEGAS hands them out, and says so in one of three ways."""
    clip = _clip("byte", "RGBA")
    swapped = np.ascontiguousarray(clip[..., [2, 1, 0, 3]])
    says = {"OfxImageEffectPropPixelOrder": "OfxImagePixelOrderBGRA"} if where == "image" else {}
    depth = "OfxBitDepthByteBGR" if where == "depth" else None
    host = RawHost(
        lambda frame: Picture(swapped[int(frame)], depth=depth, says=says),
        frame_range=(0.0, COUNT - 1.0),
    )
    plugin = stage.started(host)
    if where == "clip":
        host.set_source_property("OfxImageEffectPropPixelOrder", "OfxImagePixelOrderBGRA")
    host.values |= {"engineAddress": shared_engine.address, "radius": RADIUS}
    output = Picture(np.zeros_like(swapped[3]), depth=depth, says=says)
    assert plugin.render(3, output) == OK, host.shows
    expected = _stored(_mended(clip, "byte", 3), "byte")
    assert not _differ(output.pixels[..., [2, 1, 0]], expected, "byte").any()


@pytest.mark.parametrize(
    ("source", "target"), [("byte", "float"), ("float", "byte"), ("half", "short"), ("short", "half")]
)
def test_host_that_mixes_depths_gets_each_in_its_own(
    stage: Stage, shared_engine: RunningEngine, source: str, target: str
) -> None:
    clip = _clip(source, "RGBA")
    host = RawHost(lambda frame: Picture(clip[int(frame)]), frame_range=(0.0, COUNT - 1.0))
    plugin = stage.started(host)
    host.values |= {"engineAddress": shared_engine.address, "radius": RADIUS}
    output = Picture(np.zeros((HEIGHT, WIDTH, 4), DTYPES[target]))
    assert plugin.render(3, output) == OK, host.shows
    expected = _stored(_mended(clip, source, 3), target)
    assert not _differ(output.pixels[..., :3], expected, target).any()
    assert np.all(output.pixels[..., 3] == LARGEST.get(target, 1))
    # And where nothing is to be mended, which needs no engine.
    host.values["strength"] = 0.0
    assert plugin.render(3, output) == OK, host.shows
    assert not _differ(output.pixels, _stored(_values(clip[3], source), target), target).any()


@pytest.mark.parametrize("size", [(1, 1), (17, 3), (3, 17), (1, 64), (64, 1)])
@pytest.mark.parametrize("depth", DTYPES)
def test_odd_sizes_are_pictures(shared_engine: RunningEngine, depth: str, size: tuple[int, int]) -> None:
    width, height = size
    base = _clip(depth, "RGBA", width=64, height=64)[:, :height, :width].copy()
    with node(
        np.empty((COUNT, 3, height, width), np.float32),
        shared_engine.address,
        parameters={"radius": RADIUS},
        depth=depth,
    ) as effect:
        effect.set_source(base)
        rendered = effect.render(3)
        assert effect.violations == []
    assert not _differ(rendered[..., :3], _stored(_mended(base, depth, 3), depth), depth).any()


@pytest.mark.parametrize("depth", ["byte", "float"])
def test_large_frames_render(shared_engine: RunningEngine, depth: str) -> None:
    small = _clip(depth, "RGBA", count=3, width=256, height=135)
    clip = np.repeat(np.repeat(small, 16, axis=1), 16, axis=2)
    assert clip.shape[1:3] == (2160, 4096)
    with node(
        np.empty((3, 3, 2160, 4096), np.float32),
        shared_engine.address,
        parameters={"radius": 1, "balance": 0.0},
        depth=depth,
    ) as effect:
        effect.set_source(clip)
        rendered = effect.render(1)
        assert (effect.violations, effect.messages) == ([], [])
    assert np.mean(rendered[..., :3] != clip[1, ..., :3]) > 0.1
    # Steadied as a whole, blocks of one colour stay so: every line and column was treated alike.
    assert np.array_equal(rendered, np.repeat(np.repeat(rendered[::16, ::16], 16, axis=0), 16, axis=1))


@pytest.mark.parametrize("scale", [(0.5, 0.5), (0.25, 0.25), (0.5, 1.0)])
def test_proxies_are_mended_as_pictures_of_their_own(shared_engine: RunningEngine, scale: tuple[float, float]) -> None:
    frames = with_flicker(moving_scene(COUNT, width=64, height=48))
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}) as effect:
        rendered = effect.render(3, scale=scale)
        full = effect.render(3)
        assert (effect.violations, effect.messages) == ([], [])
    assert rendered.shape[:2] == (48 * scale[1], 64 * scale[0])
    assert full.shape[:2] == (48, 64)
    assert abs(rendered[..., :3].mean() - full[..., :3].mean()) < 0.01


def test_pixels_that_are_not_square_are_mended_as_they_lie(shared_engine: RunningEngine) -> None:
    frames = with_flicker(moving_scene(COUNT, width=36, height=30))
    rendered = []
    for aspect in (1.0, 1.0940):
        with node(frames, shared_engine.address, parameters={"radius": RADIUS}, pixel_aspect=aspect) as effect:
            rendered.append(planar(effect.render(3)))
            assert effect.violations == []
    assert np.array_equal(*rendered)
