"""One list of descriptors: the committed panel, the RPC and the command line all say what it says."""

from __future__ import annotations

import json
from pathlib import Path

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.client import EngineClient
from reelmend.effects.node_parameters import GROUPS
from reelmend.effects.panel import panel, panel_json
from reelmend.inference.models import ModelStore
from reelmend.parameters import ParameterType
from support.engines import RunningEngine
from support.window_models import masked_stores, number

COMMITTED = Path(__file__).parents[2] / "ofx_bridge" / "plugin" / "resources" / "effects.json"
OFX_TYPES = {
    ParameterType.NUMBER: "Double",
    ParameterType.INTEGER: "Integer",
    ParameterType.FLAG: "Boolean",
    ParameterType.CHOICE: "Choice",
    ParameterType.TEXT: "String",
    ParameterType.BUTTON: "PushButton",
}


def test_committed_panel_is_what_the_descriptors_say() -> None:
    assert COMMITTED.read_text(encoding="utf-8") == panel_json(ModelStore.default()), "run 'make generate'"


def test_bundle_carries_the_committed_panel() -> None:
    installed = find_bundle() / "Contents" / "Resources" / "effects.json"
    assert json.loads(installed.read_text()) == json.loads(COMMITTED.read_text()), "run 'make setup'"


def test_node_shows_every_parameter_of_the_panel_with_its_type_and_range() -> None:
    with pyopenfx.load(find_bundle()) as bundle:
        for effect in panel(ModelStore.default())["effects"]:
            description = bundle.plugin(effect["identifier"]).describe("filter")
            for parameter in effect["parameters"]:
                shown = description.param(parameter["name"])
                assert shown.type == OFX_TYPES[parameter["type"]]
                assert (shown.label, shown.hint) == (parameter["label"], parameter["hint"])
                assert (shown.minimum, shown.maximum) == (parameter.get("minimum"), parameter.get("maximum"))


def test_rpc_lists_the_manifests_parameters(shared_engine: RunningEngine) -> None:
    with EngineClient(shared_engine.address) as client:
        listed = {model.id: [parameter.name for parameter in model.parameters] for model in client.models()}
    assert listed == {
        model.manifest.id: [parameter.name for parameter in model.manifest.parameters]
        for model in ModelStore.default().all()
    }


def test_groups_are_shown_where_they_hold_something_and_every_group_that_is_named_is_shown() -> None:
    for effect in panel(ModelStore.default())["effects"]:
        shown = [group["name"] for group in effect["groups"]]
        assert set(shown) == {parameter["group"] for parameter in effect["parameters"]}
        assert shown == sorted(shown, key=[group.name for group in GROUPS].index)


def test_rpc_and_node_name_the_same_input_clips(shared_engine: RunningEngine) -> None:
    with EngineClient(shared_engine.address) as client:
        listed = {model.id: list(model.input_clips) for model in client.models()}
    for effect in panel(ModelStore.default())["effects"]:
        for model in effect["models"]:
            assert model["clips"] == listed[model["id"]]
            assert set(model["clips"]) <= set(effect["clips"])


def test_presets_leave_alone_what_says_where_in_the_clip_to_look(tmp_path: Path) -> None:
    looking = {**number("analysis_left", 0.0, 1.0), "group": "analysis"}
    store = masked_stores(tmp_path, parameters=[looking, number("strength", 1.0, 1.0)])
    node = next(effect for effect in panel(store)["effects"] if effect["label"] == "Model")
    assert "analysis" in [group["name"] for group in node["groups"]]
    assert "strength" in node["preset_parameters"]
    assert not {"analysis_left", "input_transfer"} & set(node["preset_parameters"])
