"""Hosts played by profile: what each does to a plug-in, and what the strict one sees."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx as ofx

from .conftest import ANY_FORMAT, AVERAGE, LAWLESS, MISBEHAVIOUR

Frames = NDArray[np.float32]


@contextmanager
def playing(
    bundle_path: Path, profile: str, plugin: str, frames: NDArray[Any], *, record: bool = False, **settings: Any
) -> Iterator[ofx.Instance]:
    with ofx.load(bundle_path, profile=profile, record_answers=record) as bundle:
        options = ofx.InstanceSettings(size=(frames.shape[2], frames.shape[1]), frames=(0, len(frames) - 1), **settings)
        with bundle.plugin(plugin).create(options, record_answers=record) as instance:
            instance.set_source(frames)
            yield instance


def log_of(instance: ofx.Instance) -> str:
    return [message.text for message in instance.messages if message.kind == "log"][-1]


def rules(instance: ofx.Instance) -> set[tuple[str, str]]:
    return {(finding.severity, finding.rule) for finding in instance.findings}


@pytest.mark.parametrize("profile", ofx.PROFILES)
def test_a_lawful_plugin_passes_pictures_through_in_every_profile(
    bundle_path: Path, profile: str, ramp: Frames
) -> None:
    with playing(bundle_path, profile, ANY_FORMAT, ramp) as instance:
        np.testing.assert_array_equal(instance.render(4), ramp[4])
        assert instance.violations == []


def test_a_host_gives_only_what_it_says_it_has(bundle_path: Path) -> None:
    frames = np.random.default_rng(3).integers(0, 256, (2, 8, 6, 3), np.uint8)
    with playing(bundle_path, "resolve", ANY_FORMAT, frames, depth="byte", components="RGB") as instance:
        picture = instance.render(1)
        assert picture.dtype == np.float32
        np.testing.assert_array_equal(picture[..., :3], frames[1].astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(picture[..., 3], 1.0)


def test_every_behaviour_says_where_it_is_known_from() -> None:
    for profile in ofx.PROFILES.values():
        assert profile.about.endswith(".")
        assert profile.behaviours
        for behaviour in profile.behaviours:
            assert behaviour.text
            assert behaviour.source


def test_an_unknown_profile_is_named_with_those_that_exist(bundle_path: Path) -> None:
    with pytest.raises(ValueError, match="no profile 'maya'; there are strict, resolve, nuke"):
        ofx.load(bundle_path, profile="maya")


@pytest.mark.parametrize(
    ("crime", "seen"),
    [
        ("none", set()),
        ("undeclared frame", {("error", "undeclared-frame")}),
        ("write source", {("error", "source-written")}),
        ("write around", {("error", "guard")}),
        ("wrong type", {("error", "wrong-type")}),
        ("bad index", {("error", "bad-index")}),
        ("unknown property", {("note", "unknown-property")}),
        ("bad value", {("error", "bad-value")}),
        ("read-only", {("error", "read-only")}),
        ("fetch in identity", {("error", "fetch-in-action")}),
        ("string on stack", {("warning", "string-lifetime")}),
    ],
)
def test_a_strict_host_sees_each_crime_and_nothing_else(
    bundle_path: Path, ramp: Frames, crime: str, seen: set[tuple[str, str]]
) -> None:
    with playing(bundle_path, "strict", LAWLESS, ramp) as instance:
        instance.set("crime", crime)
        instance.render(4)
        assert rules(instance) == seen, [finding.text for finding in instance.findings]


def test_a_strict_host_sees_writes_outside_the_window(bundle_path: Path, ramp: Frames) -> None:
    host = ofx.HostOptions(temper=ofx.Temper(strict=True))  # which hands out whole images for tiles
    with ofx.load(bundle_path, host=host) as bundle:
        with bundle.plugin(LAWLESS).create(ofx.InstanceSettings(size=(5, 7), frames=(0, 9))) as instance:
            instance.set_source(ramp)
            instance.set("crime", "outside window")
            instance.render(4, window=(0, 0, 5, 3))
            assert rules(instance) == {("error", "outside-window")}


@pytest.mark.parametrize(("crime", "status"), [("bad status", 4711), ("odd status", 10)])
def test_a_strict_host_sees_statuses_that_the_standard_does_not_allow(
    bundle_path: Path, ramp: Frames, crime: str, status: int
) -> None:
    with playing(bundle_path, "strict", LAWLESS, ramp) as instance:
        instance.set("crime", crime)
        with pytest.raises(ofx.OfxError) as caught:
            instance.render(4)
        assert caught.value.status == status
        assert rules(instance) == {("error", "status")}


def test_resolve_makes_no_instance_unless_create_answers_ok(bundle_path: Path, ramp: Frames) -> None:
    with pytest.raises(ofx.OfxError, match="unless CreateInstance answers OK"):
        with playing(bundle_path, "resolve", LAWLESS, ramp):
            pass


def test_resolve_gives_up_after_a_wrong_answer_to_frames_needed(bundle_path: Path, ramp: Frames) -> None:
    host = ofx.HostOptions(temper=ofx.Temper(frames_needed_kills=True))
    with ofx.load(bundle_path, host=host) as bundle:
        settings = ofx.InstanceSettings(size=(5, 7), frames=(0, 9))
        with bundle.plugin(LAWLESS).create(settings) as instance:
            instance.set_source(ramp)
            instance.set("crime", "wrong frames")
            with pytest.raises(ofx.OfxError):
                instance.render(4)
            instance.set("crime", "none")
            with pytest.raises(ofx.OfxError, match="gave the effect up: GetFramesNeeded"):
                instance.render(4)


def test_resolve_has_no_real_threads_and_renders_identity_frames(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "resolve", MISBEHAVIOUR, ramp) as instance:
        instance.set("behaviour", "threads")
        np.testing.assert_array_equal(instance.render(4), ramp[4])
        assert "threads status=0 spawned=0 indices=0" in log_of(instance)
    with playing(bundle_path, "resolve", AVERAGE, ramp) as instance:
        instance.set("mode", "Source")
        assert instance.is_identity(4) == ("Source", 4.0)
        np.testing.assert_allclose(instance.render(4), ramp[3:6].mean(axis=0), rtol=1e-6)


def test_nuke_tells_of_strings_that_did_not_live_on(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "nuke", LAWLESS, ramp) as instance:
        instance.set("crime", "string on stack")
        instance.render(4)
        assert rules(instance) == {("error", "string-lifetime")}
        assert "'OfxPropLabel' of parameter 'a label that lives" in instance.violations[0]


def test_nuke_does_not_render_while_an_error_message_stands(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "nuke", LAWLESS, ramp) as instance:
        instance.set("crime", "keep message")
        with pytest.raises(ofx.OfxError, match="nobody clears this"):
            instance.render(4)
        instance.set("crime", "none")
        with pytest.raises(ofx.OfxError, match="does not render again while an error message"):
            instance.render(4)


def test_nuke_takes_positions_as_normalised(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "nuke", AVERAGE, ramp) as instance:
        assert instance.param_properties("centre")["OfxParamPropDefaultCoordinateSystem"].endswith("Normalised")


def test_mlt_lives_and_dies_with_each_frame_on_a_worker_thread(bundle_path: Path, ramp: Frames) -> None:
    threads: set[int] = set()

    def read(frame: int) -> Frames:
        threads.add(threading.get_ident())
        return ramp[frame]

    with playing(bundle_path, "mlt", AVERAGE, ramp, record=True) as instance:
        instance.set_source(read)
        instance.set("gain", 2.0)
        assert instance.log.answers is not None
        instance.log.answers.clear()
        np.testing.assert_array_equal(instance.render(4), ramp[4] * 2, "every neighbour is the frame itself")
        actions = [answer.action.removeprefix("OfxAction").removeprefix("OfxImageEffectAction")
                   for answer in instance.log.answers]  # fmt: skip
        assert actions == [
            "CreateInstance", "GetClipPreferences", "GetRegionOfDefinition", "GetRegionsOfInterest",
            "BeginSequenceRender", "GetRegionOfDefinition", "Render", "EndSequenceRender", "DestroyInstance",
        ]  # fmt: skip
        assert "OfxImageEffectPropProjectSize" in instance.properties()
    assert threads
    assert threading.get_ident() not in threads


def test_mlt_loads_and_describes_anew_for_each_frame(bundle_path: Path, ramp: Frames) -> None:
    with ofx.load(bundle_path, profile="mlt", record_answers=True) as bundle:
        with bundle.plugin(AVERAGE).create(ofx.InstanceSettings(size=(5, 7), frames=(0, 9))) as instance:
            instance.set_source(ramp)
            with instance.sequence() as sequence:
                for frame in range(3):
                    sequence.render(frame)
        assert bundle.log.answers is not None
        loads = [answer.action for answer in bundle.log.answers if answer.action == "OfxActionLoad"]
        assert len(loads) == 4


def test_mlt_denies_frame_ranges_and_sizes_to_plugins(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "mlt", MISBEHAVIOUR, ramp) as instance:
        instance.set("behaviour", "ask range")
        instance.render(4)
        assert "range=3 size=3" in [message.text for message in instance.messages]


def test_mlt_never_calls_ofx_set_host_nor_tells_of_changes(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "mlt", AVERAGE, ramp) as instance:
        instance.set("gain", 2.0)
        assert not [message for message in instance.messages if message.text.startswith("changed")]


def test_rows_run_down_in_mlt_and_baselight_and_up_in_strict(bundle_path: Path, ramp: Frames) -> None:
    for profile, way in {"mlt": "down", "baselight": "down", "strict": "up"}.items():
        with playing(bundle_path, profile, ANY_FORMAT, ramp) as instance:
            instance.set("tell", True)
            instance.render(4)
            assert f"rows {way}" in log_of(instance)


def test_mlt_says_both_fields_and_unpremultiplied(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "mlt", ANY_FORMAT, ramp) as instance:
        instance.set("tell", True)
        instance.render(4)
        assert "OfxFieldBoth" in log_of(instance)
        assert "OfxImageAlphaUnPremultiplied" in log_of(instance)


def test_vegas_swaps_red_and_blue_and_lies_about_scale_and_depth(bundle_path: Path) -> None:
    frames = np.random.default_rng(3).integers(0, 256, (2, 8, 6, 4), np.uint8)
    with playing(bundle_path, "vegas", ANY_FORMAT, frames, depth="byte") as instance:
        instance.set("tell", True)
        np.testing.assert_array_equal(instance.render(1), frames[1])
        instance.render(1, scale=(0.5, 0.5))
        assert "[0,0,3,4] rows up scale 1.000" in log_of(instance)
    with playing(bundle_path, "vegas", AVERAGE, frames, depth="byte") as instance:
        assert instance.clip_properties("Source")["OfxImageEffectPropPixelDepth"] == "OfxBitDepthByte"


def test_natron_decodes_integer_media_to_linear_light(bundle_path: Path) -> None:
    frames = np.full((1, 2, 2, 4), 188, np.uint8)
    with playing(bundle_path, "natron", AVERAGE, frames, depth="byte") as instance:
        picture = instance.render(0)
        np.testing.assert_allclose(picture[..., :3], 0.502886, atol=1e-5)
        np.testing.assert_allclose(picture[..., 3], 188 / 255, atol=1e-6)


def test_minimal_offers_what_is_mandatory_only(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "minimal", AVERAGE, ramp) as instance:
        assert "flavour" not in instance.param_names, "StrChoice is refused"
        instance.set("report progress", True)
        np.testing.assert_array_equal(instance.render(0), (ramp[0] + ramp[1]) / 2)
        assert instance.progress == []


def test_catalyst_has_no_mutexes(bundle_path: Path, ramp: Frames) -> None:
    with playing(bundle_path, "catalyst", MISBEHAVIOUR, ramp) as instance:
        instance.set("behaviour", "ask mutexes")
        instance.render(4)
        assert log_of(instance) == "mutexes=0 threads=1"


def test_pyofx_gives_no_render_window_and_names_like_macros(bundle_path: Path) -> None:
    frames = np.zeros((1, 2, 2, 4), np.uint8)
    with playing(bundle_path, "pyofx", ANY_FORMAT, frames, depth="byte") as instance:
        instance.set("tell", True)
        instance.render(0)
        assert "OfxImageFieldNone" in log_of(instance)
        assert "OfxImageUnPreMultiplied" in log_of(instance)
