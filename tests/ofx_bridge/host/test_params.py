"""Setting, reading and animating parameters."""

from __future__ import annotations

import pytest

import pyopenfx as ofx

from .conftest import AVERAGE


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("gain", 2.5), ("radius", 3), ("int2d", (1, -2)), ("int3d", (1, 2, 3)), ("centre", (0.5, 9.0)),
        ("double3d", (1.0, 2.0, 3.0)), ("rgb", (0.1, 0.2, 0.3)), ("offset", (0.1, 0.2, 0.3, 0.4)),
        ("report progress", True), ("mode", 1), ("flavour", "sour"), ("text", "Grüße, 世界"), ("custom", "anything"),
    ],
)  # fmt: skip
def test_every_kind_of_parameter_returns_what_was_set(average: ofx.Instance, name: str, value: object) -> None:
    average.set(name, value)
    assert average.get(name) == value


def test_parameters_start_at_their_defaults(average: ofx.Instance) -> None:
    assert (average.get("gain"), average.get("radius"), average.get("text")) == (1.0, 1, "hello")


def test_a_normalised_default_becomes_pixels_of_the_project(average: ofx.Instance) -> None:
    assert average.get("centre") == (2.5, 3.5)


def test_a_choice_takes_an_option_by_its_label(average: ofx.Instance) -> None:
    average.set("mode", "Source")
    assert average.get("mode") == 1
    with pytest.raises(ofx.OfxError, match="only Mean, Source"):
        average.set("mode", "Median")


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("gain", 5.0, "'gain' is 5, allowed is 0 to 4"),
        ("gain", float("nan"), "'gain' is"),
        ("gain", "much", "'gain' takes numbers"),
        ("radius", 16, "'radius' is 16, allowed is 0 to 15"),
        ("radius", 1.5, "'radius' takes whole numbers"),
        ("offset", (1.0, 2.0), "'offset' takes 4 numbers"),
        ("mode", 2, "'mode' is option 2, allowed is 0 to 1"),
        ("flavour", "bitter", "'flavour' is 'bitter', allowed is one of sweet, sour"),
        ("text", 3, "'text' takes a string"),
    ],
)
def test_a_bad_value_is_refused_and_the_old_one_stays(
    average: ofx.Instance, name: str, value: object, told: str
) -> None:
    before = average.get(name)
    with pytest.raises(ofx.OfxError, match=told) as caught:
        average.set(name, value)
    assert caught.value.status_name == "kOfxStatErrValue"
    assert average.get(name) == before


def test_an_unknown_parameter_is_named(average: ofx.Instance) -> None:
    with pytest.raises(ofx.OfxError, match="no parameter 'nothing'") as caught:
        average.set("nothing", 1)
    assert caught.value.status_name == "kOfxStatErrUnknown"


def test_groups_hold_no_value(average: ofx.Instance) -> None:
    with pytest.raises(ofx.OfxError, match="holds no value"):
        average.get("group")


def test_numbers_run_straight_between_keys_and_stay_level_outside(average: ofx.Instance) -> None:
    average.set_keys("gain", {2: 1.0, 6: 3.0})
    assert [average.get("gain", time) for time in (0, 2, 3, 6, 9)] == [1.0, 1.0, 1.5, 3.0, 3.0]
    assert average.keys("gain") == {2.0: 1.0, 6.0: 3.0}
    assert average.param_properties("gain")["OfxParamPropIsAnimating"] == 1


def test_whole_numbers_are_rounded_between_keys_and_choices_wait_for_their_key(average: ofx.Instance) -> None:
    average.set_keys("radius", {0: 0, 4: 2})
    assert [average.get("radius", time) for time in range(5)] == [0, 1, 1, 2, 2]
    average.set_keys("mode", {0: 0, 4: 1})
    assert [average.get("mode", time) for time in (0, 3.9, 4)] == [0, 0, 1]


def test_a_custom_parameter_is_interpolated_by_the_plugin(average: ofx.Instance) -> None:
    average.set_keys("custom", {0: "a", 4: "b"})
    assert average.get("custom", 1) == "a|b|0.250000"


def test_setting_without_a_time_drops_the_keys(average: ofx.Instance) -> None:
    average.set_keys("gain", {0: 1.0, 9: 2.0})
    average.set("gain", 3.0)
    assert (average.keys("gain"), average.get("gain", 4)) == ({}, 3.0)


def test_a_parameter_that_does_not_animate_takes_no_key(average: ofx.Instance) -> None:
    with pytest.raises(ofx.OfxError, match="does not animate"):
        average.set("text", "no", time=3)


def test_the_plugin_hears_of_changes_and_why(average: ofx.Instance) -> None:
    average.set("gain", 2.0)
    assert average.messages[-1].text == "changed gain OfxChangeUserEdited"


@pytest.mark.parametrize(("answer", "radius"), [(True, 5), (False, 1), (None, 1)])
def test_a_push_button_runs_the_plugin_which_may_ask_and_set_values(
    bundle: ofx.Bundle, settings: ofx.InstanceSettings, answer: bool | None, radius: int
) -> None:
    asked: list[str] = []

    def on_message(message: ofx.Message) -> bool | None:
        if message.kind == "question":
            asked.append(message.text)
            return answer
        return None

    with bundle.plugin(AVERAGE).create(settings, on_message=on_message) as instance:
        instance.press("widen")
        assert instance.get("radius") == radius
        edits = [message.text for message in instance.messages if "PluginEdited" in message.text]
    assert asked == ["Widen to 5 frames?"]
    assert edits == (["changed radius OfxChangePluginEdited"] if answer else [])


def test_bytes_hold_any_byte_and_pass_both_ways(average: ofx.Instance) -> None:
    assert average.get("blob") == b"\x01\x00\x02"
    average.set("blob", b"\x00\xff")
    assert average.get("blob") == b"\x00\xff\x00\xff", "the plug-in read it and wrote it twice"
    with pytest.raises(ofx.OfxError, match="parameter 'blob' takes bytes"):
        average.set("blob", "text")
