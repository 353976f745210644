"""What the node says of itself to hosts."""

from __future__ import annotations

import pyopenfx
from support.nodes import DEFLICKER

from .conftest import Stage
from .raw_host import RawHost


def test_node_offers_filter_and_general_with_the_same_panel(bundle: pyopenfx.Bundle) -> None:
    plugin = bundle.plugin(DEFLICKER)
    panels = [plugin.describe(context).params for context in ("filter", "general")]
    assert [param.name for param in panels[0]] == [param.name for param in panels[1]]


def test_node_asks_for_neighbours_on_the_effect_and_on_its_source(bundle: pyopenfx.Bundle) -> None:
    description = bundle.plugin(DEFLICKER).describe("filter")
    assert description.temporal_access
    assert {clip.name: clip.temporal_access for clip in description.clips}["Source"]


def test_node_renders_whole_frames_of_every_depth_on_any_thread(bundle: pyopenfx.Bundle) -> None:
    description = bundle.plugin(DEFLICKER).describe("filter")
    assert description.thread_safety == "FullySafe"
    assert description.properties["OfxImageEffectPropSupportsTiles"] == 0
    depths = {f"OfxBitDepth{depth}" for depth in ("Float", "Half", "Short", "Byte")}
    assert set(description.properties["OfxImageEffectPropSupportedPixelDepths"]) == depths
    for clip in description.clips:
        assert clip.components == ("RGBA", "RGB", "Alpha")


def test_node_prefers_frames_in_order_on_descriptor_and_instance(bundle: pyopenfx.Bundle) -> None:
    name = "OfxImageEffectInstancePropSequentialRender"
    plugin = bundle.plugin(DEFLICKER)
    assert plugin.describe("filter").properties[name] == 2
    with plugin.create(pyopenfx.InstanceSettings(size=(8, 8), frames=(0, 1))) as effect:
        assert effect.properties()[name] == 2


def test_every_number_has_a_range_and_a_display_range_within_it(bundle: pyopenfx.Bundle) -> None:
    for plugin in bundle.plugins:
        numbers = [p for p in plugin.describe("filter").params if p.type in ("Double", "Integer")]
        assert numbers
        for param in numbers:
            assert param.minimum <= param.display_minimum < param.display_maximum <= param.maximum


def test_no_label_holds_a_hyphen_which_nuke_refuses(bundle: pyopenfx.Bundle) -> None:
    for plugin in bundle.plugins:
        for param in plugin.describe("filter").params:
            assert not any("-" in label for label in (param.label, *param.options))


def test_every_control_has_a_hint(bundle: pyopenfx.Bundle) -> None:
    for plugin in bundle.plugins:
        controls = [param for param in plugin.describe("filter").params if param.type != "Group"]
        assert all(len(param.hint) > 20 for param in controls)


def test_only_what_is_declared_to_animate_animates(bundle: pyopenfx.Bundle) -> None:
    params = {param.name: param.animates for param in bundle.plugin(DEFLICKER).describe("filter").params}
    assert params["strength"]
    assert not params["radius"]


def test_older_hosts_that_know_few_properties_are_served(stage: Stage) -> None:
    host = RawHost(
        unknown_properties={
            "OfxImageEffectPropCPURenderSupported",
            "OfxPropPluginDescription",
            "OfxPropVersion",
            "OfxParamPropIncrement",
            "OfxParamPropHint",
            "OfxImageEffectInstancePropSequentialRender",
            "OfxImageClipPropFieldExtraction",
        }
    )
    stage.started(host)
    assert host.shows == []


def test_parameter_type_that_the_host_lacks_is_left_out(stage: Stage) -> None:
    host = RawHost(unknown_parameter_types={"OfxParamTypeGroup", "OfxParamTypeString"})
    stage.started(host)
    assert "strength" in host.defined
    assert "engineAddress" not in host.defined
    assert host.shows == []


def test_host_without_a_suite_that_is_needed_is_refused_at_load(stage: Stage) -> None:
    for suite in ("OfxPropertySuite", "OfxImageEffectSuite", "OfxParameterSuite"):
        assert stage.loaded(RawHost(withheld_suites={suite})).act("OfxActionLoad")[0] == 4


def test_host_with_holes_in_its_suites_gets_words_and_no_crash(stage: Stage) -> None:
    host = RawHost(missing_functions={"paramDefine"})
    plugin = stage.loaded(host)
    assert plugin.act("OfxActionLoad")[0] == 0
    assert plugin.act("OfxActionDescribe")[0] == 0
    assert plugin.act("OfxImageEffectActionDescribeInContext")[0] == 4
    assert "the host lacks the suite function paramDefine" in host.shows[-1][2]
    assert host.shows[-1][1] is None, "a descriptor must not be passed off as an instance"


def test_unknown_actions_are_left_to_the_host(stage: Stage) -> None:
    plugin = stage.started(RawHost())
    for action in ("OfxActionBeginInstanceEdit", "OfxImageEffectActionGetTimeDomain", "com.example.Unheard"):
        assert plugin.act(action)[0] == 14
