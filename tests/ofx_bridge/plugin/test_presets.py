"""Presets: chosen in the node, they set parameters; changed parameters turn the menu."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import pyopenfx
from support.nodes import DEFLICKER

from .conftest import Stage
from .raw_host import OK, RawHost

EFFECTS = Path("Contents/Resources/effects.json")
SETTINGS = pyopenfx.InstanceSettings(size=(16, 8), frames=(0, 3))
CUSTOM, STANDARD, GENTLE, SLOW_LIGHT = range(4)


def test_choosing_a_preset_sets_its_values_and_the_defaults_of_the_others(bundle: pyopenfx.Bundle) -> None:
    with bundle.plugin(DEFLICKER).create(SETTINGS) as effect:
        effect.set("preset", "Slow light")
        assert (effect.get("radius"), effect.get("strength"), effect.get("stop_at_cuts")) == (60, 1.0, 1)
        effect.set("preset", "Gentle")
        assert (effect.get("radius"), effect.get("strength")) == (30, pytest.approx(0.7))
        assert effect.violations == []


def test_changing_a_parameter_shows_custom_and_changing_it_back_the_preset(bundle: pyopenfx.Bundle) -> None:
    with bundle.plugin(DEFLICKER).create(SETTINGS) as effect:
        assert effect.get("preset") == STANDARD
        effect.set("strength", 0.31)
        assert effect.get("preset") == CUSTOM
        effect.set("strength", 1.0)
        assert effect.get("preset") == STANDARD


def test_choosing_custom_changes_nothing(bundle: pyopenfx.Bundle) -> None:
    with bundle.plugin(DEFLICKER).create(SETTINGS) as effect:
        effect.set("strength", 0.31)
        effect.set("preset", "Custom")
        assert effect.get("strength") == pytest.approx(0.31)


def test_animated_parameter_shows_custom_until_a_preset_takes_its_keys(bundle: pyopenfx.Bundle) -> None:
    with bundle.plugin(DEFLICKER).create(SETTINGS) as effect:
        effect.set_keys("strength", {0: 1.0, 3: 0.0})
        assert effect.get("preset") == CUSTOM
        effect.set("preset", "Gentle")
        assert effect.keys("strength") == {}
        assert effect.get("strength", 2) == pytest.approx(0.7)


def test_presets_leave_what_is_the_clips_own(bundle: pyopenfx.Bundle) -> None:
    with bundle.plugin(DEFLICKER).create(SETTINGS) as effect:
        effect.set("input_transfer", "Cineon log")
        effect.set("view", "Split")
        effect.set("preset", "Gentle")
        assert (effect.get("input_transfer"), effect.get("view")) == (4, 4)
        assert effect.get("preset") == GENTLE


def test_every_preset_of_the_menu_is_one_that_its_values_are_recognised_by(bundle_path: Path) -> None:
    panel = json.loads((bundle_path / EFFECTS).read_text())
    with pyopenfx.load(bundle_path) as bundle:
        for described in panel["effects"]:
            menu = next(p for p in described["parameters"] if p["role"] == "preset")
            values = [choice["value"] for choice in menu["choices"]]
            assert values == ["custom", *(preset["name"] for preset in described["presets"])]
            with bundle.plugin(described["identifier"]).create(SETTINGS) as effect:
                for choice in menu["choices"][1:]:
                    effect.set("preset", choice["label"])
                    assert values[effect.get("preset")] == choice["value"]


def test_project_without_a_stored_version_shows_the_preset_that_its_values_are_of(stage: Stage) -> None:
    host = RawHost(values={"strength": 0.25, "radius": 9})
    stage.started(host)
    assert host.values["preset"] == CUSTOM
    assert (host.values["strength"], host.values["radius"]) == (0.25, 9)
    assert host.values["panelVersion"] == 2


def test_project_of_an_older_panel_is_brought_up_to_date(bundle_copy: Path, stage: Stage) -> None:
    panel = json.loads((bundle_copy / EFFECTS).read_text())
    for effect in panel["effects"]:
        effect["panel_version"] = 4
        if effect["effect"] == "deflicker":
            effect["migrations"] = [
                {"before": 3, "parameter": "view", "value": "gain", "to": "source"},
                {"before": 4, "parameter": "radius", "value": 30, "to": 12},
                {"before": 2, "parameter": "strength", "value": 1.0, "to": 0.5},
            ]
    (bundle_copy / EFFECTS).write_text(json.dumps(panel))
    host = RawHost(values={"panelVersion": 2, "view": 2})
    stage.started(host)
    assert {name: host.values[name] for name in ("view", "radius", "panelVersion")} == {
        "view": 1,
        "radius": 12,
        "panelVersion": 4,
    }
    assert "strength" not in host.values


def test_project_of_a_later_panel_keeps_its_values_and_version(stage: Stage) -> None:
    host = RawHost(values={"panelVersion": 99, "strength": 0.5})
    stage.started(host)
    assert (host.values["panelVersion"], host.values["strength"]) == (99, 0.5)


def test_host_that_sets_no_parameters_still_gets_its_instance(stage: Stage) -> None:
    host = RawHost(missing_functions={"paramSetValue"})
    plugin = stage.started(host)
    arguments = {"OfxPropChangeReason": ["OfxChangeUserEdited"], "OfxPropType": ["OfxTypeParameter"]}
    for name in ("preset", "view", "testConnection", "nobody"):
        if name != "testConnection":
            assert plugin.act("OfxActionInstanceChanged", {**arguments, "OfxPropName": [name]})[0] == OK
    assert plugin.act("OfxActionSyncPrivateData")[0] == OK
