"""What the node answers about frames, regions and identity, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from support.nodes import DEFLICKER

from .conftest import Stage
from .raw_host import RawHost

pytestmark = pytest.mark.usefixtures("no_engine")
FRAMES = (1001, 1100)


@pytest.fixture
def effect(bundle: pyopenfx.Bundle) -> Iterator[pyopenfx.Instance]:
    settings = pyopenfx.InstanceSettings(size=(17, 3), frames=FRAMES)
    with bundle.plugin(DEFLICKER).create(settings) as instance:
        instance.set_source(lambda frame: np.full((3, 17, 4), frame, np.float32))
        yield instance


def test_window_reaches_radius_frames_to_both_sides(effect: pyopenfx.Instance) -> None:
    effect.set("radius", 4)
    assert effect.frames_needed(1050) == {"Source": [(1046, 1054)]}


def test_window_ends_at_the_clip_ends(effect: pyopenfx.Instance) -> None:
    effect.set("radius", 15)
    assert effect.frames_needed(1003) == {"Source": [(1001, 1018)]}
    assert effect.frames_needed(1100) == {"Source": [(1085, 1100)]}


def test_window_between_frames_is_that_of_the_nearest_frame(effect: pyopenfx.Instance) -> None:
    effect.set("radius", 2)
    assert effect.frames_needed(1050.5) == {"Source": [(1049, 1053)]}
    assert effect.frames_needed(1050.4) == {"Source": [(1048, 1052)]}


def test_window_is_asked_whole_where_the_host_gives_no_range(stage: Stage) -> None:
    host = RawHost(frame_range=None)
    plugin = stage.started(host)
    status, answers = plugin.act("OfxImageEffectActionGetFramesNeeded", {"OfxPropTime": [5.0]})
    assert status == 0
    assert host.read(answers, "OfxImageClipPropFrameRange_Source") == [-25.0, 35.0], "radius 30"


def test_effect_covers_its_source_and_reads_all_of_it(effect: pyopenfx.Instance) -> None:
    assert effect.region_of_definition(1050) == (0, 0, 17, 3)
    assert effect.regions_of_interest(1050, (2, 1, 3, 2)) == {"Source": (0, 0, 17, 3)}


def test_strength_zero_is_the_source_itself(effect: pyopenfx.Instance) -> None:
    assert effect.is_identity(1050) is None
    effect.set("strength", 0.0)
    assert effect.is_identity(1050) == ("Source", 1050)
    assert effect.frames_needed(1050) == {"Source": [(1050, 1050)]}


def test_strength_is_read_at_the_frame(effect: pyopenfx.Instance) -> None:
    effect.set_keys("strength", {1001: 0.0, 1100: 1.0})
    assert effect.is_identity(1001) == ("Source", 1001)
    assert effect.is_identity(1002) is None


def test_view_source_is_the_source_itself_at_any_strength(effect: pyopenfx.Instance) -> None:
    effect.set("view", "Source")
    assert effect.is_identity(1050) == ("Source", 1050)


def test_gain_at_strength_zero_is_still_rendered(effect: pyopenfx.Instance) -> None:
    effect.set("strength", 0.0)
    effect.set("view", "Applied gain")
    assert effect.is_identity(1050) is None


@pytest.mark.parametrize(("name", "value"), [("strength", 0.0), ("view", "Source")])
def test_hosts_that_render_an_identity_get_the_source_bit_for_bit(
    effect: pyopenfx.Instance, name: str, value: object
) -> None:
    """Resolve does so; no engine answers here."""
    pixels = np.random.default_rng(1).standard_normal((3, 17, 4)).astype(np.float32)
    pixels[0, 0] = (np.nan, np.inf, -np.inf, np.nan)
    effect.set_source(lambda frame: pixels)
    effect.set(name, value)
    rendered = effect.render(1050, honour_identity=False)
    assert rendered.tobytes() == pixels.tobytes()


def test_alpha_of_the_output_is_that_of_the_source(effect: pyopenfx.Instance) -> None:
    effect.set_source(lambda frame: np.zeros((3, 17, 4), np.float32), premultiplied=False)
    assert effect.clip_preferences()["OfxImageEffectPropPreMultiplication"] == "OfxImageAlphaUnPremultiplied"


def test_strings_handed_to_the_host_live_as_long_as_the_plugin(bundle_path: Path) -> None:
    """Nuke keeps the pointers: panel texts are read again after all calls that could have freed them."""
    with pyopenfx.load(bundle_path) as bundle:
        first = bundle.plugin(DEFLICKER).describe("filter")
        for _ in range(50):
            bundle.plugin(DEFLICKER).describe("general")
        assert bundle.plugin(DEFLICKER).describe("filter").params == first.params
