"""Pixel formats, origins, scales, fields, contexts, and pictures that are not copied."""

from __future__ import annotations

import time
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx as ofx
from pyopenfx.pixels import DTYPES

from .conftest import ANY_FORMAT, AVERAGE

CHANNELS = {"RGBA": 4, "RGB": 3, "Alpha": 1}


def noise(depth: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """Return samples of every bit pattern, NaN and infinity included."""
    dtype = DTYPES[depth]
    count = int(np.prod(shape)) * dtype.itemsize
    return np.random.default_rng(7).integers(0, 256, count, np.uint8).view(dtype).reshape(shape)


def log_of(instance: ofx.Instance) -> str:
    return [message.text for message in instance.messages if message.kind == "log"][-1]


@pytest.mark.parametrize("size", [(1, 1), (17, 3)])
@pytest.mark.parametrize("rows", ["bottom-up", "top-down"])
@pytest.mark.parametrize("components", ["RGBA", "RGB", "Alpha"])
@pytest.mark.parametrize("depth", ["byte", "short", "half", "float"])
def test_every_format_passes_bit_for_bit(
    bundle: ofx.Bundle, depth: Any, components: Any, rows: Any, size: tuple[int, int]
) -> None:
    frames = noise(depth, (2, size[1], size[0], CHANNELS[components]))
    settings = ofx.InstanceSettings(
        size=size, frames=(0, 1), depth=depth, components=components, rows=rows, row_padding_bytes=8, guard_bytes=64
    )
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(frames)
        instance.set("tell", True)
        picture = instance.render(1)
        assert picture.dtype == frames.dtype
        assert picture.tobytes() == frames[1].tobytes()
        assert log_of(instance).startswith(f"source OfxBitDepth{depth.capitalize()} OfxImageComponent{components} ")
        assert (" rows down " in log_of(instance)) == (rows == "top-down")
        assert instance.violations == []


@pytest.mark.parametrize("depth", ["byte", "short", "half"])
def test_a_depth_that_the_plugin_does_not_take_is_converted(bundle: ofx.Bundle, depth: Any) -> None:
    frames = noise("byte", (1, 7, 5, 4)).astype(DTYPES[depth])
    with bundle.plugin(AVERAGE).create(ofx.InstanceSettings(size=(5, 7), frames=(0, 0), depth=depth)) as instance:
        instance.set_source(frames)
        most = 1 if depth == "half" else np.iinfo(DTYPES[depth]).max
        np.testing.assert_array_equal(instance.render(0), frames[0].astype(np.float32) / np.float32(most))


def test_bytes_can_be_forced_on_a_plugin_that_takes_float_only(bundle: ofx.Bundle) -> None:
    settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 0), depth="byte", force_depth=True)
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(noise("byte", (1, 7, 5, 4)))
        assert instance.clip_preferences()["OfxImageClipPropDepth_Source"] == "OfxBitDepthByte"


@pytest.mark.parametrize("origin", [(0, 0), (-3, 5), (1001, -40)])
def test_any_origin_and_window(bundle: ofx.Bundle, origin: tuple[int, int]) -> None:
    frames = noise("short", (1, 7, 5, 3))
    settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 0), depth="short", components="RGB", origin=origin)
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(frames)
        x, y = origin
        assert instance.region_of_definition(0) == (x, y, x + 5, y + 7)
        np.testing.assert_array_equal(instance.render(0), frames[0])
        np.testing.assert_array_equal(instance.render(0, window=(x + 1, y, x + 4, y + 2)), frames[0][5:7, 1:4])
        assert instance.violations == []


@pytest.mark.parametrize("rows", ["bottom-up", "top-down"])
def test_a_tile_needs_no_more_of_a_picture_than_its_own_pixels(bundle: ofx.Bundle, rows: Any) -> None:
    frames = noise("byte", (1, 9, 8, 4))
    settings = ofx.InstanceSettings(
        size=(8, 9), frames=(0, 0), depth="byte", rows=rows, origin=(10, 20), crop_tiles=True, guard_bytes=32
    )
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(frames)
        instance.set("tell", True)
        np.testing.assert_array_equal(instance.render(0, window=(12, 21, 17, 25)), frames[0][4:8, 2:7])
        source, output, _field = log_of(instance).split("; ")
        assert "[12,21,17,25]" in source
        assert "[12,21,17,25]" in output
        assert instance.violations == []


@pytest.mark.parametrize("depth", ["byte", "float"])
def test_red_and_blue_can_be_swapped_on_the_way_in_and_are_put_right_on_the_way_out(
    bundle: ofx.Bundle, depth: Any
) -> None:
    frames = noise(depth, (1, 7, 5, 4))
    with bundle.plugin(ANY_FORMAT).create(
        ofx.InstanceSettings(size=(5, 7), frames=(0, 0), depth=depth, swap_red_blue=True)
    ) as instance:
        instance.set_source(frames)
        assert instance.render(0).tobytes() == frames[0].tobytes()
        target = np.zeros_like(frames[0])
        with instance.sequence() as sequence:
            sequence.render_into(0, target)
        assert target.tobytes() == frames[0].tobytes()


def test_a_proxy_is_the_mean_of_the_pixels_it_covers(bundle: ofx.Bundle) -> None:
    frames = np.random.default_rng(1).random((1, 8, 12, 4), np.float32)
    settings = ofx.InstanceSettings(size=(12, 8), frames=(0, 0))
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(frames)
        instance.set("tell", True)
        half = instance.render(0, scale=(0.5, 0.5))
        np.testing.assert_allclose(half, frames[0].reshape(4, 2, 6, 2, 4).mean(axis=(1, 3)), rtol=1e-5)
        assert "[0,0,6,4] rows up scale 0.500" in log_of(instance)
        assert instance.render(0, scale=(0.3, 1.0)).shape == (8, 4, 4)
        assert instance.violations == []


@pytest.mark.parametrize("order", ["lower", "upper"])
def test_fields_are_rendered_apart_each_at_its_own_time_and_woven(bundle: ofx.Bundle, order: Any) -> None:
    frames = noise("byte", (2, 7, 5, 4))
    settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 1), depth="byte", field_order=order)
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(frames)
        instance.set("tell", True)
        np.testing.assert_array_equal(instance.render(1), frames[1])
        told = [message.text.split("; field ")[1] for message in instance.messages if message.text.startswith("source")]
        first, second = ("Lower", "Upper") if order == "lower" else ("Upper", "Lower")
        assert told == [f"OfxField{first}", f"OfxField{second}"]
        assert instance.fetches["Source"].by_time == {1.0: 1, 1.5: 1}
        lower = instance.render(1, field="lower")
        np.testing.assert_array_equal(lower[::-1][0::2], frames[1][::-1][0::2])
        np.testing.assert_array_equal(lower[::-1][1::2], lower[::-1][0:-1:2], "each line twice")
        assert "source OfxBitDepthByte OfxImageComponentRGBA OfxFieldLower" in log_of(instance)


def test_every_context_renders(bundle: ofx.Bundle) -> None:
    frames = noise("byte", (4, 7, 5, 4))
    plugin = bundle.plugin(ANY_FORMAT)

    def made(context: str) -> ofx.Instance:
        return plugin.create(ofx.InstanceSettings(size=(5, 7), frames=(0, 3), context=context, depth="byte"))

    with made("generator") as generator:
        np.testing.assert_array_equal(generator.render(0), np.zeros((7, 5, 4), np.uint8))
    with made("transition") as transition:
        transition.set_source(frames, clip="SourceFrom")
        transition.set_source(255 - frames, clip="SourceTo")
        transition.set_keys("Transition", {0: 0.0, 3: 1.0})
        np.testing.assert_array_equal(transition.render(1), frames[1])
        np.testing.assert_array_equal(transition.render(2), 255 - frames[2])
    with made("retimer") as retimer:
        retimer.set_source(frames)
        retimer.set_keys("SourceTime", {0: 3.0, 3: 0.0})
        np.testing.assert_array_equal(retimer.render(0), frames[3])


def test_a_push_button_may_look_at_pictures_of_any_time(bundle: ofx.Bundle) -> None:
    with bundle.plugin(ANY_FORMAT).create(ofx.InstanceSettings(size=(5, 7), frames=(0, 1))) as instance:
        instance.set_source(noise("float", (2, 7, 5, 4)))
        instance.press("examine")
        now, later, reason = log_of(instance).split("; ")
        assert now.startswith("examined OfxBitDepthFloat OfxImageComponentRGBA")
        assert later == now.replace("examined", "next")
        assert reason == "OfxChangeUserEdited"
        assert instance.fetches["Source"].given == instance.fetches["Source"].released == 2
        assert instance.images_held == 0


@pytest.mark.parametrize("upwards", [False, True])
def test_preloaded_pictures_and_targets_are_the_plugins_own_memory(bundle: ofx.Bundle, upwards: bool) -> None:
    frames = noise("half", (3, 7, 5, 4))
    memory = {number: frame[::-1].copy()[::-1] if upwards else frame for number, frame in enumerate(frames)}
    settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 2), depth="half", zero_copy=True, check_output=False)
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(memory)
        instance.set("tell", True)
        target = np.zeros_like(frames[0])
        with instance.sequence() as sequence:
            sequence.render_into(2, target[::-1] if upwards else target)
            np.testing.assert_array_equal(target[::-1] if upwards else target, frames[2])
            assert ("rows up" if upwards else "rows down") in log_of(instance)
            memory[2][:] = 0
            sequence.render_into(2, target)
            assert not target.any(), "the source was not copied"
            with pytest.raises(ofx.OfxError, match="the target must be 7 rows of 5 pixels"):
                sequence.render_into(2, np.zeros((7, 5, 3), np.float16))


def test_fetches_are_counted_by_clip_and_time(bundle: ofx.Bundle) -> None:
    with bundle.plugin(ANY_FORMAT).create(ofx.InstanceSettings(size=(5, 7), frames=(0, 9))) as instance:
        instance.set_source(noise("float", (10, 7, 5, 4)))
        instance.set("radius", 2)
        instance.render(9)
        source = instance.fetches["Source"]
        assert (source.asked, source.given, source.released) == (5, 3, 3)
        assert source.by_time == {7.0: 1, 8.0: 1, 9.0: 1, 10.0: 1, 11.0: 1}
        instance.reset_fetches()
        assert instance.fetches == {}


def test_the_host_costs_less_than_a_millisecond_per_preloaded_hd_frame(bundle: ofx.Bundle) -> None:
    frames = {number: np.zeros((1080, 1920, 4), np.float32) for number in range(3)}
    settings = ofx.InstanceSettings(size=(1920, 1080), frames=(0, 2), zero_copy=True, check_output=False)
    target = np.zeros((1080, 1920, 4), np.float32)
    with bundle.plugin(ANY_FORMAT).create(settings) as instance:
        instance.set_source(frames)
        instance.set("radius", 1)
        instance.set("touch", False)
        with instance.sequence() as sequence:
            spent = []
            for _ in range(50):
                begin = time.perf_counter()
                sequence.render_into(1, target)
                spent.append(time.perf_counter() - begin)
    assert sorted(spent)[25] < 1e-3, f"{sorted(spent)[25] * 1e3:.3f} ms"
