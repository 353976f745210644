"""What the host survives, tells and refuses."""

from __future__ import annotations

import threading
import time
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import pyopenfx as ofx

from .conftest import AVERAGE, MISBEHAVIOUR

Frames = NDArray[np.float32]


def log_of(instance: ofx.Instance) -> str:
    return [message.text for message in instance.messages if message.kind == "log"][-1]


def test_a_failed_render_raises_with_the_plugins_own_words(misbehaving: ofx.Instance, ramp: Frames) -> None:
    misbehaving.set("behaviour", "fail")
    with pytest.raises(ofx.OfxError, match="Render of frame 3 failed: no luck at 3: as asked") as caught:
        misbehaving.render(3)
    assert (caught.value.status, caught.value.status_name) == (1, "kOfxStatFailed")
    assert misbehaving.persistent_message == ofx.Message("error", "failed", "no luck at 3: as asked", persistent=True)
    misbehaving.set("behaviour", "behave")
    np.testing.assert_array_equal(misbehaving.render(3), ramp[3])
    assert misbehaving.persistent_message is None


def test_a_kept_image_is_taken_back_and_told(misbehaving: ofx.Instance) -> None:
    misbehaving.set("behaviour", "keep image")
    misbehaving.render(3)
    assert misbehaving.violations == ["OfxImageEffectActionRender left 1 image(s) unreleased"]
    assert misbehaving._native.images_held() == 0


def test_pixels_left_unwritten_are_told(misbehaving: ofx.Instance) -> None:
    misbehaving.set("behaviour", "leave pixels")
    misbehaving.render(3)
    (violation,) = misbehaving.violations
    assert "left 20 value(s) of its window unwritten" in violation


def test_setting_a_parameter_while_rendering_is_refused_and_told(misbehaving: ofx.Instance) -> None:
    misbehaving.set("behaviour", "set in render")
    misbehaving.render(3)
    assert log_of(misbehaving) == "set in render=1"
    assert misbehaving.violations == ["parameter 'level' was set inside OfxImageEffectActionRender"]
    assert misbehaving.get("level") == 0.0


def test_images_can_be_read_on_the_plugins_own_threads(misbehaving: ofx.Instance) -> None:
    misbehaving.set("behaviour", "foreign thread")
    misbehaving.render(3)
    assert log_of(misbehaving) == "foreign thread 00"
    assert misbehaving.violations == []


def test_the_multithread_suite_runs_real_threads_and_guards_its_mutexes(
    misbehaving: ofx.Instance, ramp: Frames
) -> None:
    misbehaving.set("behaviour", "threads")
    np.testing.assert_array_equal(misbehaving.render(3), ramp[3])
    assert log_of(misbehaving) == (
        "threads status=0 spawned=5 indices=10 main spawned=0 try=1 foreign unlock=1 destroyed lock=9"
    )


@pytest.mark.parametrize("kind", ["event", "callable"])
def test_abort_stops_a_waiting_render(misbehaving: ofx.Instance, kind: str) -> None:
    misbehaving.set("behaviour", "wait")
    stop = threading.Event()
    timer = threading.Timer(0.1, stop.set)
    timer.start()
    begin = time.monotonic()
    with pytest.raises(ofx.OfxError):
        misbehaving.render(3, abort=stop if kind == "event" else stop.is_set)
    assert time.monotonic() - begin < 5
    assert log_of(misbehaving) == "aborted"
    timer.join()


@pytest.mark.parametrize("profile", ["strict", "mlt"])
def test_abort_from_another_thread_stops_whatever_renders(
    bundle_path: Path, settings: ofx.InstanceSettings, ramp: Frames, profile: str
) -> None:
    with ofx.load(bundle_path, profile=profile) as bundle:
        with bundle.plugin(MISBEHAVIOUR).create(settings) as instance:
            instance.set_source(ramp)
            instance.set("behaviour", "wait")
            with ThreadPoolExecutor(2) as pool:
                renders = [pool.submit(instance.render, frame) for frame in (3, 4)]
                deadline = time.monotonic() + 20
                while not all(render.done() for render in renders) and time.monotonic() < deadline:
                    instance.abort()
                    time.sleep(0.01)
                for render in renders:
                    with pytest.raises(ofx.OfxError):
                        render.result(0)
            assert "aborted" in [message.text for message in instance.messages]


def test_an_interrupt_stops_a_render_on_the_main_thread(misbehaving: ofx.Instance) -> None:
    import os
    import signal

    misbehaving.set("behaviour", "wait")
    timer = threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        misbehaving.render(3)
    timer.join()
    assert log_of(misbehaving) == "aborted"


def test_handles_and_memory_are_checked(misbehaving: ofx.Instance) -> None:
    for behaviour, answer in {
        "release twice": "release twice=9",
        "read outside": "read outside=1 output=1",
        "stale instance": "stale=9 abort=0",
        "memory": "memory 00 foreign=9 image 0 twice=9",
    }.items():
        misbehaving.set("behaviour", behaviour)
        misbehaving.render(3)
        assert log_of(misbehaving) == answer
    assert misbehaving.violations == []


def test_derivatives_integrals_keys_and_timeline_answer(misbehaving: ofx.Instance) -> None:
    misbehaving.set("behaviour", "derivatives")
    misbehaving.set_keys("level", {0: 0.0, 4: 8.0, 8: 8.0})
    misbehaving.render(2)
    numbers = {part.split("=")[0]: part.split("=")[1] for part in log_of(misbehaving).split(" ")}
    assert float(numbers["slope"]) == 2.0
    assert float(numbers["area"]) == 16.0 + 32.0 + 16.0
    assert (numbers["keys"], float(numbers["first"]), numbers["next"]) == ("3", 0.0, "1")
    assert float(numbers["now"]) == 2.0
    assert numbers["bounds"] == "0.000000..9.000000"


def test_an_instance_that_refuses_to_be_made_says_why(bundle: ofx.Bundle) -> None:
    with pytest.raises(ofx.OfxError, match="13 pixels bring bad luck"):
        bundle.plugin(MISBEHAVIOUR).create(ofx.InstanceSettings(size=(13, 4), frames=(0, 1)))


def test_a_depth_that_the_plugin_does_not_support_is_refused(misbehaving: ofx.Instance) -> None:
    with pytest.raises(ofx.OfxError, match="asks for OfxBitDepthByte, which the plug-in does not support"):
        misbehaving.set("behaviour", "bad depth")


def test_what_a_callable_raises_is_the_cause_of_the_failed_render(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings
) -> None:
    def read(frame: int) -> Frames:
        raise OSError(f"disk gone at {frame}")

    with bundle.plugin(MISBEHAVIOUR).create(settings) as instance:
        instance.set_source(read)
        with pytest.raises(ofx.OfxError, match="Render of frame 3 failed") as caught:
            instance.render(3)
    assert isinstance(caught.value.__cause__, OSError)
    assert "disk gone at 3" in str(caught.value.__cause__)


def test_a_callable_that_raises_for_a_neighbour_only_warns(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    def read(frame: int) -> Frames:
        if frame == 5:
            raise OSError("disk gone")
        return ramp[frame]

    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(read)
        with pytest.warns(ofx.SourceWarning, match="disk gone"):
            picture = instance.render(4)
        np.testing.assert_allclose(picture, (ramp[3] + ramp[4]) / 2, rtol=1e-6)
        assert [type(error) for error in instance.source_errors] == [OSError]


def test_a_callable_that_returns_none_has_no_picture_and_no_error(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    with bundle.plugin(AVERAGE).create(settings) as instance:
        instance.set_source(lambda frame: None if frame == 5 else ramp[frame])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            instance.render(4)
        assert instance.source_errors == []


@pytest.mark.parametrize(
    ("picture", "told"),
    [
        (np.zeros((7, 5, 3), np.float32), r"must be \(7, 5, 4\)"),
        (np.zeros((5, 7, 4), np.float32), r"must be \(7, 5, 4\)"),
        (np.zeros((7, 5, 4), np.uint8), "divide 8-bit pixels by 255"),
        (np.zeros((7, 5, 4), np.float64), "must be float32, float16, uint16 or uint8, got float64"),
        ([1, 2, 3], "must be a numpy array, got list"),
    ],
)
def test_a_callable_that_returns_the_wrong_picture_is_told_what_fits(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, picture: object, told: str
) -> None:
    with bundle.plugin(MISBEHAVIOUR).create(settings) as instance:
        instance.set_source(lambda frame: picture)  # type: ignore[arg-type, return-value]
        with pytest.raises(ofx.OfxError) as caught:
            instance.render(3)
    assert isinstance(caught.value.__cause__, ofx.ShapeError)
    with pytest.raises(ofx.ShapeError, match=told):
        raise caught.value.__cause__


@pytest.mark.parametrize("shape", [(10, 7, 5), (10, 7, 5, 2), (0, 7, 5, 4)])
def test_an_array_of_the_wrong_shape_is_refused(average: ofx.Instance, shape: tuple[int, ...]) -> None:
    with pytest.raises(ofx.ShapeError, match="frames must be"):
        average.set_source(np.zeros(shape, np.float32))


@pytest.mark.parametrize(
    "wrong",
    [
        {"size": (0, 7)},
        {"frames": (3, 2)},
        {"components": "YUV"},
        {"rows": "sideways"},
        {"row_padding_bytes": 3},
        {"frame_rate": 0.0},
    ],
)
def test_settings_refuse_nonsense(wrong: dict[str, object]) -> None:
    good: dict[str, object] = {"size": (5, 7), "frames": (0, 9)}
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ofx.InstanceSettings(**{**good, **wrong})  # type: ignore[arg-type]


def test_a_frame_outside_the_clip_fails(average: ofx.Instance) -> None:
    with pytest.raises(ofx.OfxError, match="Render of frame 20 failed"):
        average.render(20)


def test_an_instance_cannot_be_closed_from_inside_its_own_render(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, ramp: Frames
) -> None:
    with bundle.plugin(AVERAGE).create(settings) as instance:

        def read(frame: int) -> Frames:
            instance.close()
            return ramp[frame]

        instance.set_source(read)
        with pytest.raises(ofx.OfxError) as caught:
            instance.render(4)
        assert "from inside" in str(caught.value.__cause__)
        assert not instance.closed


def test_an_unknown_clip_is_named(average: ofx.Instance, ramp: Frames) -> None:
    with pytest.raises(ofx.OfxError, match="no clip 'Matte'"):
        average.set_source(ramp, clip="Matte")


def test_an_error_survives_pickling() -> None:
    import pickle

    error = pickle.loads(pickle.dumps(ofx.OfxError(8, "out of memory")))
    assert (error.status, str(error)) == (8, "out of memory (kOfxStatErrMemory)")
