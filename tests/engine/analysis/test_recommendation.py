import numpy as np
import pytest

from reelmend.analysis import EFFECT, USED_PARAMETERS, Recommendation
from reelmend.analysis.analyse import analyse
from reelmend.parameters import Choice, Parameter, ParameterType
from support.clips import moving_scene, with_flicker
from support.flickering import flickering_scene


def number(name: str, high: float = 1.0, default: float = 0.5) -> Parameter:
    return Parameter(
        name=name, label=name, type=ParameterType.NUMBER, default=default, minimum=0, maximum=high, hint="x"
    )


def choice(name: str, *values: str) -> Parameter:
    choices = tuple(Choice(value=value, label=value) for value in values)
    return Parameter(name=name, label=name, type=ParameterType.CHOICE, default=values[0], choices=choices, hint="x")


FULL = (
    number("strength"),
    Parameter(
        name="radius", label="Radius", type=ParameterType.INTEGER, default=15, minimum=1, maximum=60, hint="frames"
    ),
    number("balance"),
    number("protect_motion"),
    choice("local_shape", "patches", "bands"),
    choice("channels", "luma", "rgb"),
)  # fmt: skip


def advised(frames: np.ndarray, parameters: tuple[Parameter, ...] = FULL) -> Recommendation:
    return analyse(iter(frames), parameters, frame_rate=24).recommendation  # type: ignore[arg-type]


def values(advice: Recommendation) -> dict[str, object]:
    return {setting.parameter: setting.value for setting in advice.settings}


def test_steady_clip_is_left_alone_and_says_why() -> None:
    advice = advised(moving_scene(30))
    assert (advice.effect, advice.settings) == (None, ())
    assert "from frame to frame" in advice.reason


def test_short_clip_is_left_alone_and_says_why() -> None:
    assert "8 frames" in advised(moving_scene(5)).reason


def test_global_flicker_needs_no_local_correction() -> None:
    told = values(advised(flickering_scene("global", 60)))
    assert told == {"strength": 1.0, "radius": pytest.approx(20, abs=10), "balance": 0.0}


def test_local_flicker_asks_for_patches() -> None:
    told = values(advised(flickering_scene("local")))
    assert (told["balance"], told["local_shape"]) == (1.0, "patches")


def test_both_kinds_ask_for_both() -> None:
    told = values(advised(flickering_scene("global+local")))
    assert (told["balance"], told["local_shape"]) == (0.5, "patches")


def test_bands_ask_for_bands() -> None:
    assert values(advised(flickering_scene("bands")))["local_shape"] == "bands"


def test_flickering_colours_ask_for_channels() -> None:
    clip = moving_scene(40)
    clip *= np.exp(np.random.default_rng(4).normal(0, 0.03, (40, 3))).astype(np.float32)[:, :, None, None]
    assert values(advised(clip))["channels"] == "rgb"
    assert "channels" not in values(advised(with_flicker(moving_scene(40))))


def test_what_moves_much_is_protected() -> None:
    clip = flickering_scene("local", 120)[::3]
    assert values(advised(clip))["protect_motion"] == 1.0


def test_what_the_effect_lacks_is_not_recommended_but_told() -> None:
    advice = advised(flickering_scene("bands"), FULL[:2])
    assert set(values(advice)) == {"strength", "radius"}
    assert any("takes no local_shape=bands" in note for note in advice.notes)


def test_values_fit_the_ranges_of_the_effect() -> None:
    narrow = (number("strength", high=0.8), FULL[1].model_copy(update={"maximum": 10, "default": 5}), *FULL[2:])
    told = values(advised(flickering_scene("global"), narrow))
    assert told["strength"] == 0.8
    assert told["radius"] <= 10


def test_short_shots_take_the_default_radius() -> None:
    assert values(advised(flickering_scene("global", 20)))["radius"] == 15


def test_events_are_noted() -> None:
    clip = moving_scene(40)
    clip[10] = clip[9]
    clip[20] = 0.0
    clip[30] *= 1.7
    notes = " ".join(advised(clip).notes)
    assert "repeat the one before: 1;" in notes
    assert "without a picture: 1" in notes
    assert "far off their neighbours': 1;" in notes


def test_installed_deflicker_takes_what_is_recommended(deflicker_parameters: tuple[Parameter, ...]) -> None:
    known = {parameter.name: parameter for parameter in deflicker_parameters}
    assert EFFECT == "deflicker"
    assert {"strength", "radius"} <= known.keys() & USED_PARAMETERS.keys()
    for kind in ("global", "local", "bands"):
        told = values(advised(flickering_scene(kind), deflicker_parameters))
        assert told.keys() <= USED_PARAMETERS.keys() & known.keys()
        for name, value in told.items():
            assert known[name].check(value) == value


def test_choices_that_may_be_recommended_are_those_of_the_installed_deflicker(
    deflicker_parameters: tuple[Parameter, ...],
) -> None:
    for parameter in deflicker_parameters:
        for value in USED_PARAMETERS.get(parameter.name, ()):
            assert parameter.check(value) == value
