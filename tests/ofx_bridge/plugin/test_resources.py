"""The files in the bundle's Resources, and what happens when they are spoilt."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pyopenfx
from support.clips import moving_scene
from support.nodes import DEFLICKER, MODEL, interleaved
from support.repair_nodes import REPAIR

EFFECTS = Path("Contents/Resources/effects.json")
ENGINE = Path("Contents/Resources/engine.json")


def _refusal(bundle_path: Path) -> tuple[str, str]:
    """Return what Describe raised and what the plug-in said."""
    with pyopenfx.load(bundle_path) as bundle:
        with pytest.raises(pyopenfx.OfxError) as refused:
            bundle.plugin(DEFLICKER).describe("filter")
        assert refused.value.status == 1
        return str(refused.value), " ".join(message.text for message in bundle.log.messages)


def test_bundle_without_a_panel_refuses_to_describe_and_says_why(bundle_copy: Path) -> None:
    (bundle_copy / EFFECTS).unlink()
    _error, said = _refusal(bundle_copy)
    assert f"{bundle_copy / EFFECTS} is missing" in said
    assert "reelmend ofx install" in said


@pytest.mark.parametrize("text", ["", "{", "null", '{"format": 2, "effects": [{"label": 3}]}', "\xff\x00\x01"])
def test_bundle_with_a_broken_panel_refuses_to_describe_and_says_why(bundle_copy: Path, text: str) -> None:
    (bundle_copy / EFFECTS).write_text(text, encoding="latin-1")
    _error, said = _refusal(bundle_copy)
    assert f"{bundle_copy / EFFECTS} can't be used" in said


def test_panel_of_a_later_format_is_refused(bundle_copy: Path) -> None:
    (bundle_copy / EFFECTS).write_text('{"format": 99, "effects": []}')
    assert "its format is 99, not 2" in _refusal(bundle_copy)[1]


def test_every_effect_of_the_panel_is_a_plugin_of_its_own(bundle_copy: Path) -> None:
    panel = json.loads((bundle_copy / EFFECTS).read_text())
    second = json.loads(json.dumps(panel["effects"][0]))
    second |= {"identifier": "org.reelmend.Second", "label": "Second", "version": [3, 7]}
    second["parameters"] = [p for p in second["parameters"] if p["name"] in ("radius", "strength")]
    second["models"] = second["presets"] = second["preset_parameters"] = []
    panel["effects"].append(second)
    (bundle_copy / EFFECTS).write_text(json.dumps(panel))
    with pyopenfx.load(bundle_copy) as bundle:
        assert {plugin.identifier for plugin in bundle.plugins} == {DEFLICKER, MODEL, REPAIR, "org.reelmend.Second"}
        description = bundle.plugin("org.reelmend.Second").describe("filter")
        assert (description.label, description.version) == ("Second", (3, 7))
        assert {param.name for param in description.params if param.type != "Group"} == {"radius", "strength"}
        assert bundle.plugin(DEFLICKER).describe("filter").label == "Deflicker"


def test_more_effects_than_the_binary_can_hold_are_refused_in_words(bundle_copy: Path) -> None:
    panel = json.loads((bundle_copy / EFFECTS).read_text())
    panel["effects"] = [panel["effects"][0] | {"identifier": f"org.reelmend.E{index}"} for index in range(17)]
    (bundle_copy / EFFECTS).write_text(json.dumps(panel))
    assert "more than 16 effects" in _refusal(bundle_copy)[1]


def _render_error(bundle_path: Path) -> str:
    frames = moving_scene(3)
    settings = pyopenfx.InstanceSettings(size=(96, 64), frames=(0, 2))
    with pyopenfx.load(bundle_path) as bundle, bundle.plugin(DEFLICKER).create(settings) as effect:
        effect.set_source(lambda frame: interleaved(frames[frame]))
        with pytest.raises(pyopenfx.OfxError) as failed:
            effect.render(1)
    return str(failed.value)


def test_engine_json_says_how_the_engine_is_started(
    bundle_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("REELMEND_ENGINE_COMMAND", raising=False)
    program = tmp_path / "my engine"
    program.write_text('#!/bin/sh\necho "started with $1" >&2\nexit 3\n')
    program.chmod(0o755)
    (bundle_copy / ENGINE).write_text(json.dumps({"command": [str(program), "hello"]}))
    assert "started with hello" in _render_error(bundle_copy)


def test_environment_overrides_engine_json(bundle_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "my engine"
    program.write_text('#!/bin/sh\necho "environment said $1 $2" >&2\nexit 3\n')
    program.chmod(0o755)
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", f"'{program}' \"two words\" three")
    (bundle_copy / ENGINE).write_text(json.dumps({"command": ["/bin/false"]}))
    assert "environment said two words three" in _render_error(bundle_copy)


def test_broken_engine_json_fails_the_frame_in_words(
    bundle_copy: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.delenv("REELMEND_ENGINE_COMMAND", raising=False)
    (bundle_copy / ENGINE).write_text('{"command": "reelmend serve"}')
    assert f"{bundle_copy / ENGINE} can't be used" in _render_error(bundle_copy)
