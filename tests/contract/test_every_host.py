"""The whole bundle in every host that pyopenfx plays: every depth, every component set, odd sizes, the same bits."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx
from pyopenfx.pixels import CHANNELS, DTYPES
from pyopenfx.validation import validate
from pyopenfx.validation.runner import DEFAULT_PROFILES
from reelmend.addresses import default_address
from reelmend.bundle import find_bundle
from support.engines import RunningEngine, engine

DEFLICKER = "org.reelmend.Deflicker"
FRAMES, CENTRE, RADIUS = 5, 2, 2
ODD_SIZES = ((1, 1), (17, 3))

Pixels = NDArray[Any]


def flickering(depth: str, components: str, size: tuple[int, int], count: int = FRAMES) -> Pixels:
    """Return frames of a still picture under light that comes and goes; alpha from 0 to 1."""
    width, height = size
    random = np.random.default_rng(width * height)
    picture = random.uniform(0.2, 0.7, (height, width, CHANNELS[components]))
    light = np.array([1.0, 0.8, 1.15, 0.9, 1.05])[:count].reshape(-1, 1, 1, 1)
    frames = np.repeat(picture[np.newaxis], count, axis=0)
    colour = slice(0, 0) if components == "Alpha" else slice(0, 3)
    frames[..., colour] *= light
    if depth in ("byte", "short"):
        return np.rint(frames * np.iinfo(DTYPES[depth]).max).astype(DTYPES[depth])
    return frames.astype(DTYPES[depth])


def given_by(host: pyopenfx.HostOptions, frames: Pixels, depth: str) -> Pixels:
    """Return the pixels that a host turns `frames` into before a plug-in of every format sees them."""
    if not host.temper.force_depth and depth not in host.depths:
        frames = as_float(frames, linear=host.temper.linear_light)
    names = {count: name for name, count in CHANNELS.items()}
    return frames if names[frames.shape[-1]] in host.components else as_rgba(frames)


def as_float(frames: Pixels, *, linear: bool) -> Pixels:
    if frames.dtype == np.float16:
        return frames.astype(np.float32)
    values = frames.astype(np.float32) / np.float32(np.iinfo(frames.dtype).max)
    if not linear:
        return values
    decoded = np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4).astype(np.float32)
    alpha = {1: 0, 3: 3, 4: 3}[frames.shape[-1]]
    decoded[..., alpha:] = values[..., alpha:]
    return decoded


def as_rgba(frames: Pixels) -> Pixels:
    one = 1 if frames.dtype.kind == "f" else np.iinfo(frames.dtype).max
    rgba = np.full((*frames.shape[:-1], 4), one, frames.dtype)
    target = slice(3, 4) if frames.shape[-1] == 1 else slice(0, 3)
    rgba[..., target] = frames
    return rgba


@contextmanager
def node(
    bundle: pyopenfx.Bundle,
    running: RunningEngine,
    frames: Pixels,
    depth: str,
    premultiplied: bool = True,
    **settings: Any,
) -> Iterator[pyopenfx.Instance]:
    """A deflicker over `frames` that passes frames through where the host denies neighbours."""
    components = {count: name for name, count in CHANNELS.items()}[frames.shape[-1]]
    options = pyopenfx.InstanceSettings(
        size=(frames.shape[2], frames.shape[1]),
        frames=(0, len(frames) - 1),
        depth=depth,  # type: ignore[arg-type]
        components=components,  # type: ignore[arg-type]
        **settings,
    )
    with bundle.plugin(DEFLICKER).create(options) as instance:
        instance.set_source(frames, premultiplied=premultiplied)
        instance.set("engineAddress", running.address)
        instance.set("radius", RADIUS)
        instance.set("withoutNeighbours", "Pass through")
        yield instance


def every_format(size: tuple[int, int]) -> Iterator[tuple[str, Pixels]]:
    for depth in DTYPES:
        for components in CHANNELS:
            yield depth, flickering(depth, components, size)


@pytest.mark.parametrize("size", ODD_SIZES)
@pytest.mark.parametrize("profile", pyopenfx.PROFILES)
def test_every_host_gets_the_bits_of_a_plain_host(
    profile: str, size: tuple[int, int], shared_engine: RunningEngine
) -> None:
    results = {}
    with pyopenfx.load(find_bundle(), profile=profile) as bundle:
        host = bundle.host
        for depth, frames in every_format(size):
            with node(bundle, shared_engine, frames, depth) as instance:
                results[depth, frames.shape[-1]] = instance.render(CENTRE)
                assert instance.violations == [], (depth, frames.shape)
        assert bundle.log.violations == []
    premultiplied = not host.temper.says_unpremultiplied
    with pyopenfx.load(find_bundle()) as plain:
        for depth, frames in every_format(size):
            given = given_by(host, frames, depth)
            depth_given = next(name for name, dtype in DTYPES.items() if dtype == given.dtype)
            expected = given[CENTRE]
            if profile != "mlt":  # which denies neighbours: there the node passes frames through
                with node(plain, shared_engine, given, depth_given, premultiplied) as instance:
                    expected = instance.render(CENTRE)
            result = results[depth, frames.shape[-1]]
            same = result.dtype == expected.dtype and result.tobytes() == expected.tobytes()
            # The host's own conversion to linear light rounds as its pow() does.
            near = host.temper.linear_light and np.allclose(result, expected, atol=2e-6)
            assert same or near, f"{profile} {depth} {frames.shape[-1]} channels {size}"


@pytest.mark.parametrize("profile", pyopenfx.PROFILES)
def test_what_is_left_alone_keeps_its_bits_in_every_host_and_format(profile: str, shared_engine: RunningEngine) -> None:
    with pyopenfx.load(find_bundle(), profile=profile) as bundle:
        for depth, frames in every_format((17, 3)):
            with node(bundle, shared_engine, frames, depth) as instance:
                instance.set("strength", 0.0)
                rendered = instance.render(CENTRE, honour_identity=False)
                given = given_by(bundle.host, frames, depth)[CENTRE]
                if bundle.host.temper.linear_light:
                    np.testing.assert_allclose(rendered, given, atol=2e-6)
                else:
                    assert rendered.tobytes() == given.tobytes(), f"{profile} {depth} {frames.shape[-1]} channels"


@pytest.mark.parametrize("plugin", [DEFLICKER, "org.reelmend.Repair", "org.reelmend.Model"])
def test_validation_finds_nothing_that_breaks_the_standard_or_a_host(
    plugin: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path))
    with engine(address=str(default_address())):
        report = validate(find_bundle(), plugin=plugin)
    (found,) = report.plugins
    assert [finding for finding in found.findings if finding.severity == "error"] == []
    # MLT denies neighbours, and the node says so by default; a node without a model says so everywhere.
    refused = set(DEFAULT_PROFILES) if plugin == "org.reelmend.Model" else {"mlt"}
    outcomes = {profile: "renders nothing" if profile in refused else "passes" for profile in DEFAULT_PROFILES}
    assert {host.profile: host.outcome for host in found.hosts} == outcomes
    assert {host.profile for host in found.hosts if host.failed} == refused
    assert all(host.messages for host in found.hosts if host.profile in refused)


def test_alpha_alone_passes_through_and_colour_is_mended(shared_engine: RunningEngine) -> None:
    with pyopenfx.load(find_bundle()) as bundle:
        for depth in DTYPES:
            alpha = flickering(depth, "Alpha", (17, 3))
            with node(bundle, shared_engine, alpha, depth) as instance:
                np.testing.assert_array_equal(instance.render(CENTRE), alpha[CENTRE])
            colour = flickering(depth, "RGB", (17, 3))
            with node(bundle, shared_engine, colour, depth) as instance:
                assert not np.array_equal(instance.render(CENTRE), colour[CENTRE])


@pytest.mark.parametrize("profile", [name for name in pyopenfx.PROFILES if name != "mlt"])
def test_a_proxy_is_the_same_in_every_host(profile: str, shared_engine: RunningEngine) -> None:
    frames = flickering("float", "RGBA", (34, 18))
    pictures = []
    premultiplied = not pyopenfx.profile(profile).host.temper.says_unpremultiplied
    for name in (None, profile):
        with pyopenfx.load(find_bundle(), profile=name) as bundle:
            with node(bundle, shared_engine, frames, "float", premultiplied) as instance:
                pictures.append(instance.render(CENTRE, scale=(0.5, 0.5)))
    assert pictures[0].shape == (9, 17, 4)
    assert pictures[0].tobytes() == pictures[1].tobytes()


def test_a_4k_frame_is_the_same_whichever_way_its_rows_run(shared_engine: RunningEngine) -> None:
    frames = flickering("byte", "RGBA", (4096, 2160))[:3]
    pictures = []
    rows: tuple[Literal["bottom-up", "top-down"], ...] = ("bottom-up", "top-down")
    for way in rows:
        with pyopenfx.load(find_bundle(), profile="strict") as bundle:
            with node(bundle, shared_engine, frames, "byte", rows=way) as instance:
                instance.set("radius", 1)
                pictures.append(instance.render(1))
                assert instance.violations == []
    assert pictures[0].shape == (2160, 4096, 4)
    assert pictures[0].tobytes() == pictures[1].tobytes()


@pytest.mark.skipif(os.environ.get("REELMEND_SOAK") != "1", reason="takes a quarter of an hour; 'make soak' runs it")
@pytest.mark.parametrize("components", CHANNELS)
@pytest.mark.parametrize("depth", DTYPES)
@pytest.mark.parametrize("profile", pyopenfx.PROFILES)
def test_a_4k_frame_is_the_same_in_every_host_and_format(
    profile: str, depth: str, components: str, shared_engine: RunningEngine
) -> None:
    def rendered(bundle: pyopenfx.Bundle, pixels: Pixels, depth: str, premultiplied: bool = True) -> Pixels:
        with node(bundle, shared_engine, pixels, depth, premultiplied) as instance:
            instance.set("radius", 1)
            result = instance.render(1)
            assert instance.violations == []
            return result

    frames = flickering(depth, components, (4096, 2160), count=3)
    with pyopenfx.load(find_bundle(), profile=profile) as bundle:
        host = bundle.host
        result = rendered(bundle, frames, depth)
    given = given_by(host, frames, depth)
    expected = given[1]
    if profile != "mlt":  # which denies neighbours: there the node passes frames through
        with pyopenfx.load(find_bundle()) as plain:
            depth_given = next(name for name, dtype in DTYPES.items() if dtype == given.dtype)
            expected = rendered(plain, given, depth_given, not host.temper.says_unpremultiplied)
    same = result.dtype == expected.dtype and result.tobytes() == expected.tobytes()
    assert same or (host.temper.linear_light and np.allclose(result, expected, atol=2e-6))
