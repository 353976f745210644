"""The lines under Status, and the button Test connection."""

from __future__ import annotations

import json
import time
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from support.clips import moving_scene
from support.engines import RunningEngine, engine
from support.nodes import DEFLICKER, interleaved, node

from ..transport.doubles import identical, raw_peer, serving

FRAMES = moving_scene(3)
LINES = ("statusEngine", "statusModel", "statusDevice", "statusTime", "statusError")


def _lines(effect: pyopenfx.Instance) -> dict[str, str]:
    return {name: effect.get(name) for name in LINES}


def test_lines_are_read_only_and_no_project_keeps_them(bundle: pyopenfx.Bundle) -> None:
    for plugin in bundle.plugins:
        description = plugin.describe("filter")
        for name in LINES:
            line = description.param(name)
            assert (line.type, line.enabled, line.parent) == ("String", False, "status")
            assert line.properties["OfxParamPropPersistant"] == 0
            assert line.properties["OfxParamPropEvaluateOnChange"] == 0


def test_lines_say_how_the_last_frame_went_once_a_control_is_touched(shared_engine: RunningEngine) -> None:
    with node(FRAMES, shared_engine.address) as effect:
        effect.render(1)
        assert effect.get("statusTime") == "no frame yet", "parameters must not be set while frames render"
        effect.set("timeout", 50.0)
        lines = _lines(effect)
        assert lines["statusTime"].startswith("frame 1 in ")
        assert "infer" in lines["statusTime"]
        assert lines["statusModel"].startswith("deflicker ")
        assert shared_engine.address in lines["statusEngine"]
        assert str(shared_engine.process.pid) in lines["statusEngine"]
        assert "ExecutionProvider" in lines["statusDevice"]
        assert lines["statusError"] == ""
        assert effect.violations == []


def test_lines_are_brought_up_to_date_before_a_project_is_stored(shared_engine: RunningEngine) -> None:
    with node(FRAMES, shared_engine.address) as effect:
        effect.render(2)
        effect._native.sync_private_data()
        assert effect.get("statusTime").startswith("frame 2 in ")
        assert effect.violations == []


def test_last_error_is_kept_until_a_frame_succeeds(shared_engine: RunningEngine, no_engine: str) -> None:
    with node(FRAMES, no_engine) as effect:
        with pytest.raises(pyopenfx.OfxError):
            effect.render(1)
        effect.set("engineAddress", shared_engine.address)
        assert "engine" in effect.get("statusError")
        effect.render(1)
        effect.set("timeout", 50.0)
        assert effect.get("statusError") == ""


def test_button_says_who_answers_and_on_what_it_runs(shared_engine: RunningEngine) -> None:
    with node(FRAMES, shared_engine.address) as effect:
        effect.press("testConnection")
        said = effect.messages[-1]
        assert said.kind == "message"
        for part in (
            "connected",
            shared_engine.address,
            "API 1",
            f"process {shared_engine.process.pid}",
            "CPU",
            "deflicker 2.",
        ):
            assert part in said.text
        assert shared_engine.address in effect.get("statusEngine")
        assert effect.persistent_message is None
        assert effect.violations == []


def test_button_says_why_nobody_answers_and_soon(no_engine: str) -> None:
    with node(FRAMES, no_engine) as effect:
        started = time.perf_counter()
        effect.press("testConnection")
        assert time.perf_counter() - started < 10
        assert effect.messages[-1].kind == "error"
        assert "ended without a word" in effect.messages[-1].text
        assert effect.get("statusEngine").startswith("no answer: ")
        assert effect.persistent_message is None, "an error that stands would keep Nuke from rendering"


def test_button_refuses_an_engine_of_another_version_in_words() -> None:
    with serving(identical, api_version=7) as double, node(FRAMES, double.address) as effect:
        effect.press("testConnection")
        said = effect.messages[-1]
        assert said.kind == "error"
        assert "speaks API 7, this plug-in speaks 1: update the plug-in" in said.text


def test_button_waits_a_few_seconds_at_most_for_one_who_never_answers() -> None:
    with raw_peer(lambda _connection: time.sleep(1)) as address, node(FRAMES, address) as effect:
        started = time.perf_counter()
        effect.press("testConnection")
        assert time.perf_counter() - started < 10
        assert effect.messages[-1].kind == "error"
        assert address in effect.messages[-1].text


def test_engine_on_another_device_is_refused_in_words_and_the_remedy_named(shared_engine: RunningEngine) -> None:
    with node(FRAMES, shared_engine.address, parameters={"device": "CUDA"}) as effect:
        with pytest.raises(pyopenfx.OfxError, match="runs on CPUExecutionProvider, but Device asks for CUDA"):
            effect.render(1)
        effect.press("testConnection")
        assert "set Device to Auto" in effect.messages[-1].text
        effect.set("device", "CPU")
        effect.render(1)
        assert effect.violations == []


def test_engine_that_the_node_starts_is_told_its_device(
    bundle_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("REELMEND_ENGINE_COMMAND", raising=False)
    program = tmp_path / "engine"
    program.write_text('#!/bin/sh\necho "told $@" >&2\nexit 3\n')
    program.chmod(0o755)
    (bundle_copy / "Contents/Resources/engine.json").write_text(json.dumps({"command": [str(program), "serve"]}))
    settings = pyopenfx.InstanceSettings(size=(96, 64), frames=(0, 2))
    with pyopenfx.load(bundle_copy) as bundle, bundle.plugin(DEFLICKER).create(settings) as effect:
        effect.set_source(lambda frame: interleaved(FRAMES[frame]))
        effect.set("device", "CUDA")
        effect.press("testConnection")
        assert "told serve" in effect.messages[-1].text
        assert "--provider cuda" in effect.messages[-1].text


def test_device_that_is_right_changes_no_bit() -> None:
    with engine() as running:
        with node(FRAMES, running.address) as effect:
            automatic = effect.render(1)
        with node(FRAMES, running.address, parameters={"device": "CPU"}) as effect:
            assert np.array_equal(effect.render(1), automatic)
