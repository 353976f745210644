"""Rendering: pixels, time, layout, sequences."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx as ofx

from .conftest import AVERAGE

Frames = NDArray[np.float32]


def expected(frames: Frames, frame: int, radius: int = 1) -> Frames:
    """Return the plug-in's own arithmetic: the mean in double precision of the frames that exist."""
    window = frames[max(0, frame - radius) : frame + radius + 1].astype(np.float64)
    total = np.zeros_like(window[0])
    for picture in window:
        total = total + picture
    mean: Frames = (total / len(window)).astype(np.float32)
    return mean


def test_a_frame_is_the_mean_of_its_window_with_the_top_row_first(average: ofx.Instance, ramp: Frames) -> None:
    for frame in range(10):
        np.testing.assert_array_equal(average.render(frame), expected(ramp, frame))
    assert average.violations == []


@pytest.mark.parametrize("rows", ["bottom-up", "top-down"])
@pytest.mark.parametrize("padding", [0, 4, 48])
@pytest.mark.parametrize("components", ["RGBA", "RGB"])
def test_no_memory_layout_changes_a_bit(
    bundle: ofx.Bundle, ramp: Frames, rows: str, padding: int, components: str
) -> None:
    settings = ofx.InstanceSettings(
        size=(5, 7), frames=(0, 9), rows=rows, row_padding_bytes=padding, components=components,  # type: ignore[arg-type]
    )  # fmt: skip
    frames = ramp if components == "RGBA" else np.ascontiguousarray(ramp[..., :3])
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(frames)
        np.testing.assert_array_equal(instance.render(4), expected(frames, 4))


def test_values_beyond_one_and_special_values_pass_unchanged(average: ofx.Instance, ramp: Frames) -> None:
    ramp[3, 0, 0] = [-5.0, 1e30, np.inf, np.nan]
    average.drop_cache()
    average.set("radius", 0)
    np.testing.assert_array_equal(average.render(3), ramp[3])
    assert average.violations == []


def test_a_callable_is_asked_for_every_frame_of_the_window_and_only_inside_the_clip(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    asked: list[int] = []

    def read(frame: int) -> Frames:
        asked.append(frame)
        return ramp[frame]

    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(read)
        instance.set("radius", 2)
        np.testing.assert_array_equal(instance.render(1), expected(ramp, 1, radius=2))
        assert asked == [0, 1, 2, 3]
        instance.render(2)
        assert asked == [0, 1, 2, 3, 4], "frames read before are kept"


def test_without_a_cache_every_read_asks_the_callable(bundle: ofx.Bundle, ramp: Frames) -> None:
    asked: list[int] = []
    settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 9), cache_mib=0)
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(lambda frame: (asked.append(frame), ramp[frame])[1])
        instance.render(5)
        instance.render(5)
    assert asked == [4, 5, 6, 4, 5, 6]


def test_a_new_source_replaces_what_was_kept(average: ofx.Instance, ramp: Frames) -> None:
    average.render(4)
    average.set_source(ramp + 1)
    np.testing.assert_array_equal(average.render(4), expected(ramp + 1, 4))


def test_frame_numbers_may_begin_anywhere(bundle: ofx.Bundle, ramp: Frames) -> None:
    settings = ofx.InstanceSettings(size=(5, 7), frames=(-3, 6))
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(ramp)
        np.testing.assert_array_equal(instance.render(-3), expected(ramp, 0))
        np.testing.assert_array_equal(instance.render(6), expected(ramp, 9))
        assert instance.clip_properties("Source")["OfxImageEffectPropFrameRange"] == [-3.0, 6.0]


def test_keyed_parameters_are_read_at_the_rendered_frame(average: ofx.Instance, ramp: Frames) -> None:
    average.set("radius", 0)
    average.set_keys("gain", {0: 0.0, 8: 4.0})
    np.testing.assert_array_equal(average.render(4), ramp[4] * 2)


def test_an_rgb_clip_becomes_rgba_with_alpha_one_where_the_plugin_takes_no_rgb(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(ramp[..., :3])
        assert instance.render(4).shape == (7, 5, 3)
        assert instance.clip_properties("Output")["OfxImageEffectPropComponents"] == "OfxImageComponentRGB"
        assert instance.clip_properties("Source")["OfxImageEffectPropPreMultiplication"] == "OfxImageOpaque"


def test_a_window_renders_that_part_only(average: ofx.Instance, ramp: Frames) -> None:
    part = average.render(4, window=(1, 0, 4, 2))
    np.testing.assert_array_equal(part, expected(ramp, 4)[5:7, 1:4])
    with pytest.raises(ofx.OfxError, match="render window"):
        average.render(4, window=(0, 0, 6, 7))


def test_an_identity_frame_is_the_source_itself_and_is_not_rendered(average: ofx.Instance, ramp: Frames) -> None:
    average.set("mode", "Source")
    assert average.is_identity(4) == ("Source", 4.0)
    np.testing.assert_array_equal(average.render(4), ramp[4])
    np.testing.assert_array_equal(average.render(4, window=(1, 0, 4, 2)), ramp[4][5:7, 1:4])
    np.testing.assert_array_equal(average.render(4, honour_identity=False), expected(ramp, 4))
    average.set("mode", "Mean")
    assert average.is_identity(4) is None


def test_frames_needed_are_the_plugins_window(average: ofx.Instance) -> None:
    average.set("radius", 3)
    assert average.frames_needed(5) == {"Source": [(2.0, 8.0)]}


def test_regions_follow_the_source(average: ofx.Instance) -> None:
    assert average.region_of_definition(0) == (0.0, 0.0, 5.0, 7.0)
    assert average.regions_of_interest(0, (1.0, 1.0, 2.0, 2.0)) == {"Source": (1.0, 1.0, 2.0, 2.0)}


def test_clip_preferences_name_components_and_depth(average: ofx.Instance) -> None:
    preferences = average.clip_preferences()
    assert preferences["OfxImageClipPropComponents_Output"] == "OfxImageComponentRGBA"
    assert preferences["OfxImageClipPropDepth_Source"] == "OfxBitDepthFloat"
    assert preferences["OfxImageEffectPropFrameRate"] == 24.0


def test_a_sequence_is_bracketed_once(average: ofx.Instance, ramp: Frames) -> None:
    with average.sequence(2, 8, step=2, sequential=True) as sequence:
        for frame in (2, 4):
            np.testing.assert_array_equal(sequence.render(frame), expected(ramp, frame))
    texts = [message.text for message in average.messages if "Sequence" in message.text]
    assert texts == [
        "OfxImageEffectActionBeginSequenceRender 2..8 step 2 sequential 1",
        "OfxImageEffectActionEndSequenceRender 2..8 step 2 sequential 1",
    ]


def test_render_frames_yields_the_project_in_order(average: ofx.Instance, ramp: Frames) -> None:
    frames = dict(average.render_frames())
    assert list(frames) == list(range(10))
    np.testing.assert_array_equal(frames[9], expected(ramp, 9))


def test_four_threads_render_one_instance_to_the_same_bits_as_one(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    threads: set[int] = set()

    def read(frame: int) -> Frames:
        threads.add(threading.get_ident())
        return ramp[frame]

    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(read)
        with instance.sequence() as sequence, ThreadPoolExecutor(4) as pool:
            for _ in range(10):
                instance.drop_cache()
                for frame, picture in zip(range(10), pool.map(sequence.render, range(10)), strict=True):
                    np.testing.assert_array_equal(picture, expected(ramp, frame))
    assert threading.get_ident() not in threads


def test_renders_overlap_in_time_when_the_plugin_is_fully_safe(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    together = threading.Barrier(2, timeout=20)

    def read(frame: int) -> Frames:
        together.wait()
        return ramp[frame]

    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(read)
        instance.set("radius", 0)
        with ThreadPoolExecutor(2) as pool:
            results = list(pool.map(instance.render, (2, 7)))
    np.testing.assert_array_equal(results[0], ramp[2])
    np.testing.assert_array_equal(results[1], ramp[7])


def test_closing_waits_for_a_running_render(bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames) -> None:
    inside, go_on = threading.Event(), threading.Event()

    def read(frame: int) -> Frames:
        inside.set()
        go_on.wait(20)
        return ramp[frame]

    instance = bundle.plugin(AVERAGE).create(settings)
    instance.set_source(read)
    with ThreadPoolExecutor(2) as pool:
        render = pool.submit(instance.render, 4)
        assert inside.wait(20)
        close = pool.submit(instance.close)
        assert not close.done()
        go_on.set()
        np.testing.assert_array_equal(render.result(20), expected(ramp, 4))
        close.result(20)
    with pytest.raises(ofx.OfxError, match="closed"):
        instance.render(4)


def test_one_effect_may_be_the_source_of_another(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, average: ofx.Instance, ramp: Frames
) -> None:
    with bundle.plugin(AVERAGE).create(settings) as second:
        second.set_source(average.render)
        second.set("radius", 0)
        np.testing.assert_array_equal(second.render(4), expected(ramp, 4))


def test_the_general_context_renders_too(bundle: ofx.Bundle, ramp: Frames) -> None:
    settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 9), context="general")
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(ramp)
        np.testing.assert_array_equal(instance.render(4), expected(ramp, 4))
        assert instance.properties()["OfxImageEffectPropContext"] == "OfxImageEffectContextGeneral"


def test_progress_is_collected_and_may_be_stopped(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    seen: list[float] = []
    with bundle.plugin(AVERAGE).create(settings, on_progress=lambda label, part: seen.append(part)) as instance:
        instance.set_source(ramp)
        instance.set("report progress", True)
        instance.render(4)
        (bar,) = instance.progress
    assert (bar.label, bar.id, bar.ended) == ("averaging", "average", True)
    assert bar.fractions == seen == pytest.approx([1 / 3, 2 / 3, 1.0])
    with bundle.plugin(AVERAGE).create(settings, on_progress=lambda label, part: part < 0.5) as instance:
        instance.set_source(ramp)
        instance.set("report progress", True)
        with pytest.raises(ofx.OfxError, match="Render of frame 4 failed"):
            instance.render(4)


def test_a_host_without_temporal_access_gives_the_current_frame_only(
    bundle_path: object, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    host = ofx.HostOptions(temporal_access=False)
    with ofx.load(str(bundle_path), host=host) as bundle, bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(ramp)
        np.testing.assert_array_equal(instance.render(4), ramp[4])
