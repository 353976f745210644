"""What describing reports, and what the host refuses while a plug-in describes itself."""

from __future__ import annotations

import json

import pytest

import pyopenfx as ofx

from .conftest import AVERAGE, MISBEHAVIOUR

EVERY_TYPE = {
    "Boolean", "Bytes", "Choice", "Custom", "Double", "Double2D", "Double3D", "Group", "Integer", "Integer2D",
    "Integer3D", "Page", "PushButton", "RGB", "RGBA", "StrChoice", "String",
}  # fmt: skip


def test_a_general_description_has_contexts_but_no_clips(bundle: ofx.Bundle) -> None:
    description = bundle.plugin(AVERAGE).describe()
    assert description.label == "Temporal Average"
    assert description.grouping == "Reelmend Tests"
    assert description.contexts == ("filter", "general")
    assert description.thread_safety == "FullySafe"
    assert description.temporal_access
    assert (description.context, description.clips, description.params) == ("", (), ())


def test_a_context_description_has_clips_and_every_kind_of_parameter(bundle: ofx.Bundle) -> None:
    description = bundle.plugin(AVERAGE).describe("filter")
    assert [clip.name for clip in description.clips] == ["Source", "Output"]
    assert description.clips[0].components == ("RGBA", "RGB")
    assert description.clips[0].temporal_access
    assert {param.type for param in description.params} == EVERY_TYPE


def test_a_parameter_description_carries_range_hint_options_and_parent(bundle: ofx.Bundle) -> None:
    description = bundle.plugin(AVERAGE).describe("filter")
    gain = description.param("gain")
    assert (gain.default, gain.minimum, gain.maximum) == (1.0, 0.0, 4.0)
    assert (gain.hint, gain.parent, gain.animates) == ("Multiplies the mean", "group", True)
    assert description.param("double3d").minimum is None
    assert description.param("mode").options == ("Mean", "Source")
    assert description.param("page").properties["OfxParamPropPageChild"] == ["gain", "radius"]
    with pytest.raises(KeyError, match="no parameter 'nothing'"):
        description.param("nothing")


def test_a_description_survives_json(bundle: ofx.Bundle) -> None:
    data = bundle.plugin(AVERAGE).describe("general").to_dict()
    assert json.loads(json.dumps(data))["params"][0]["name"] == "gain"


def test_unknown_properties_and_suites_are_refused_with_the_statuses_plugins_expect(bundle: ofx.Bundle) -> None:
    report = bundle.plugin(AVERAGE).describe().text
    assert report == "unknown property=3;wrong type=11;bad index=10;bad handle=9;unknown suites are null=yes"


def test_unknown_parameter_types_and_repeated_names_are_refused(bundle: ofx.Bundle) -> None:
    assert bundle.plugin(AVERAGE).describe("filter").param("refused").default == "unknown type=5;twice=6;"


def test_a_context_that_the_plugin_lacks_is_refused_with_those_it_has(bundle: ofx.Bundle) -> None:
    with pytest.raises(ofx.OfxError, match="it supports OfxImageEffectContextFilter") as caught:
        bundle.plugin(MISBEHAVIOUR).describe("general")
    assert caught.value.status_name == "kOfxStatErrUnsupported"
