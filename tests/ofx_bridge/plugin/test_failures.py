"""When a frame can't be rendered: words, a failed status, and the source's pixels in the output."""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from support.engines import RunningEngine

from .conftest import Stage
from .raw_host import ALPHA, FAILED, OK, Picture, RawHost, RawPlugin

HEIGHT, WIDTH = 12, 16


def _pixels(frame: float) -> np.ndarray:
    rng = np.random.default_rng(int(frame) + 100)
    return rng.random((HEIGHT, WIDTH, 4), dtype=np.float32)


def _output(channels: int = 4) -> Picture:
    return Picture(np.full((HEIGHT, WIDTH, channels), -7, np.float32))


def _pictures(frame: float) -> Picture | None:
    return Picture(_pixels(frame)) if 0 <= frame <= 9 else None


def _failed(plugin: RawPlugin, frame: float, output: Picture) -> str:
    """Render, expect a failure, and return what was said."""
    plugin.host.shows.clear()
    assert plugin.render(frame, output) == FAILED
    (shown,) = plugin.host.shows
    assert shown[:2] == ("setPersistentMessage", plugin.effect)
    assert "\n" not in shown[2]
    return shown[2]


@pytest.fixture
def lost(stage: Stage, no_engine: str) -> RawPlugin:
    """A plug-in on a good host, without an engine."""
    plugin = stage.started(RawHost(_pictures))
    plugin.host.values["engineAddress"] = no_engine
    return plugin


def test_without_an_engine_the_frame_fails_in_words_and_shows_the_source(lost: RawPlugin, no_engine: str) -> None:
    output = _output()
    started = time.monotonic()
    said = _failed(lost, 5, output)
    assert time.monotonic() - started < 5
    assert "Deflicker, frame 5: " in said
    assert no_engine in said
    assert np.array_equal(output.pixels, _pixels(5))


def test_engine_that_never_answers_fails_the_frame_at_its_deadline(lost: RawPlugin, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        lost.host.values |= {"engineAddress": f"unix:{tmp_path / 'silent.sock'}", "timeout": 1.0}
        output = _output()
        started = time.monotonic()
        said = _failed(lost, 5, output)
    assert 0.9 < time.monotonic() - started < 3
    assert "silent.sock" in said
    assert np.array_equal(output.pixels, _pixels(5))


def test_a_name_that_is_no_address_fails_in_words(lost: RawPlugin) -> None:
    lost.host.values["engineAddress"] = "nonsense"
    assert "nonsense" in _failed(lost, 5, _output())


def test_abort_ends_the_wait_at_once_and_without_a_message(lost: RawPlugin, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as silent:
        silent.bind(str(tmp_path / "silent.sock"))
        silent.listen()
        lost.host.values["engineAddress"] = f"unix:{tmp_path / 'silent.sock'}"
        stop = threading.Event()
        lost.host.aborting = stop.is_set
        timer = threading.Timer(0.3, stop.set)
        timer.start()
        output = _output()
        started = time.monotonic()
        assert lost.render(5, output) == FAILED
        assert time.monotonic() - started < 0.3 + 0.2
        timer.join()
    assert lost.host.shows == []
    assert np.array_equal(output.pixels, _pixels(5))


def test_abort_before_the_window_is_read_asks_for_no_frame_and_leaves_a_blank_output(lost: RawPlugin) -> None:
    lost.host.aborting = lambda: True
    output = _output()
    assert lost.render(5, output) == FAILED
    assert lost.host.asked_frames == []
    assert not output.pixels.any()


@pytest.mark.parametrize("version", [1, 0])
def test_hosts_without_persistent_messages_get_the_words_another_way(
    stage: Stage, no_engine: str, version: int, capfd: pytest.CaptureFixture[str]
) -> None:
    plugin = stage.started(RawHost(_pictures, message_version=version))
    plugin.host.values["engineAddress"] = no_engine
    assert plugin.render(5, _output()) == FAILED
    if version == 1:
        assert [function for function, _handle, _text in plugin.host.shows] == ["message"]
    else:
        assert "Deflicker, frame 5" in capfd.readouterr().err


def test_window_frame_that_the_host_lacks_is_named(lost: RawPlugin) -> None:
    lost.host.pictures = lambda frame: None if frame == 7 else _pictures(frame)
    output = _output()
    said = _failed(lost, 5, output)
    assert "no image of source frame 7" in said
    assert np.array_equal(output.pixels, _pixels(5))


def test_frame_that_the_host_lacks_leaves_a_blank_output_and_words(lost: RawPlugin) -> None:
    lost.host.pictures = lambda frame: None if frame == 5 else _pictures(frame)
    output = _output()
    assert "no image of source frame 5" in _failed(lost, 5, output)
    assert not output.pixels.any()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda p: Picture(p, empty=True), "frame 5 is empty"),
        (lambda p: Picture(p, data=False), "frame 5 has no pixel data"),
        (lambda p: Picture(p, depth="OfxBitDepthSeven"), "unknown bit depth 'OfxBitDepthSeven'"),
        (lambda p: Picture(p, components="OfxImageComponentXYZ"), "unknown components 'OfxImageComponentXYZ'"),
        (lambda p: Picture(p, row_bytes=16), "rows of 16 bytes"),
        (lambda p: Picture(np.ascontiguousarray(p[:, :, :1]), components=ALPHA), "neither RGB nor RGBA"),
    ],
)
def test_source_image_that_cannot_be_used_is_named_and_leaves_a_blank_output(
    lost: RawPlugin, spoil: Callable[[np.ndarray], Picture], words: str
) -> None:
    lost.host.pictures = lambda frame: spoil(_pixels(frame)) if frame == 5 else _pictures(frame)
    output = _output()
    assert words in _failed(lost, 5, output)
    assert not output.pixels.any()


def test_neighbour_that_cannot_be_used_is_named_and_leaves_the_source(lost: RawPlugin) -> None:
    lost.host.pictures = lambda frame: Picture(_pixels(frame), data=frame != 6)
    output = _output()
    assert "the source image of frame 6 has no pixel data" in _failed(lost, 5, output)
    assert np.array_equal(output.pixels, _pixels(5))


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (Picture(np.zeros((4, 4, 4), np.float32), empty=True), "the output image is empty"),
        (Picture(np.zeros((4, 4, 4), np.float32), data=False), "the output image has no pixel data"),
    ],
)
def test_output_image_that_cannot_be_written_fails_in_words(lost: RawPlugin, output: Picture, words: str) -> None:
    assert words in _failed(lost, 5, output)


def test_missing_output_image_fails_in_words(lost: RawPlugin) -> None:
    lost.host.output = None
    status, _answers = lost.act("OfxImageEffectActionRender", {"OfxPropTime": [5.0]})
    assert status == FAILED
    assert "no output image" in lost.host.shows[-1][2]


def test_host_without_neighbours_is_refused_in_words_instead_of_a_picture_that_was_not_mended(
    stage: Stage, no_engine: str
) -> None:
    plugin = stage.started(RawHost(_pictures, temporal_access=0))
    output = _output()
    assert "needs the frames around this one" in _failed(plugin, 5, output)
    assert np.array_equal(output.pixels, _pixels(5))


def test_host_that_does_not_say_whether_it_has_neighbours_is_asked_for_them(
    stage: Stage, shared_engine: RunningEngine
) -> None:
    plugin = stage.started(RawHost(_pictures, temporal_access=None))
    plugin.host.values["engineAddress"] = shared_engine.address
    assert plugin.render(5, _output()) == OK


def test_message_is_cleared_by_the_next_success_and_only_once(lost: RawPlugin, shared_engine: RunningEngine) -> None:
    assert lost.render(5, _output()) == FAILED
    lost.host.values["engineAddress"] = shared_engine.address
    lost.host.shows.clear()
    for _ in range(3):
        assert lost.render(5, _output()) == OK
    assert lost.host.shows == [("clearPersistentMessage", lost.effect, "")]


def test_message_is_cleared_when_the_user_changes_something(lost: RawPlugin) -> None:
    """Nuke renders nothing while an error stands."""
    assert lost.render(5, _output()) == FAILED
    lost.host.shows.clear()
    lost.act("OfxActionInstanceChanged", {"OfxPropChangeReason": ["OfxChangeTime"]})
    assert lost.host.shows == []
    lost.act("OfxActionInstanceChanged", {"OfxPropChangeReason": ["OfxChangeUserEdited"]})
    assert lost.host.shows == [("clearPersistentMessage", lost.effect, "")]


def test_per_cent_signs_in_a_message_are_no_format(lost: RawPlugin, tmp_path: Path) -> None:
    lost.host.values["engineAddress"] = f"unix:{tmp_path}/%s%n%d/x"
    assert "%s%n%d" in _failed(lost, 5, _output())


def test_frames_that_change_each_time_they_are_asked_for_never_pass_for_others(
    lost: RawPlugin, shared_engine: RunningEngine
) -> None:
    """Noise above the node that is new each time: a frame is what the host gave for it in this render."""
    rng = np.random.default_rng(71)
    lost.host.values |= {"engineAddress": shared_engine.address, "radius": 1, "strength": 0.0, "view": 2}
    lost.host.pictures = lambda frame: Picture(rng.random((HEIGHT, WIDTH, 4), dtype=np.float32))
    assert lost.act("OfxImageEffectActionBeginSequenceRender", {"OfxPropIsInteractive": [0]})[0] == OK
    for frame in (5, 5, 6, 6):
        assert lost.render(frame, _output()) == OK, lost.host.shows


def test_node_without_a_clip_says_so(stage: Stage, no_engine: str) -> None:
    host = RawHost()
    host.set_source_property("OfxImageClipPropConnected", 0)
    assert "nothing is connected" in _failed(stage.started(host), 5, _output())


def test_engine_that_takes_too_long_to_come_up_fails_the_frame_at_its_deadline(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    process_file = tmp_path / "pid"
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", f"sh -c 'echo $$ > {process_file}; exec sleep 30'")
    plugin = stage.started(RawHost(_pictures))
    plugin.host.values["timeout"] = 1.0
    output = _output()
    started = time.monotonic()
    said = _failed(plugin, 5, output)
    assert 0.9 < time.monotonic() - started < 3
    assert "Deflicker, frame 5: " in said
    assert np.array_equal(output.pixels, _pixels(5))
    os.kill(int(process_file.read_text()), signal.SIGKILL)
