"""The effect Model: any window model of the store, kept by its id."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_frame
from reelmend.effects.panel import panel_json
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene
from support.engines import RunningEngine, engine
from support.nodes import MODEL, interleaved, planar
from support.window_models import Graph, number, write_model

from .conftest import Stage
from .raw_host import OK, Picture, RawHost

EFFECTS = Path("Contents/Resources/effects.json")
FRAMES = moving_scene(5, width=40, height=30)
STRENGTH = number("strength", 1.0, 1.0)
BRIGHTEN = Graph(
    "brighten",
    "window",
    "(float[3, H, W] frame, float gain, float strength) => (float[3, H, W] result)",
    """
    brighter = Mul (frame, gain)
    change = Sub (brighter, frame)
    part = Mul (change, strength)
    result = Add (frame, part)
    """,
)
AVERAGE = Graph(
    "average",
    "window",
    "(float[3, H, W] frame_m1, float[3, H, W] frame, float[3, H, W] frame_p1) => (float[3, H, W] result)",
    """
    pair = Add (frame_m1, frame)
    sum = Add (pair, frame_p1)
    third = Constant <value: tensor = float {0.25}> ()
    result = Mul (sum, third)
    """,
)

FAR = Graph(
    "far",
    "window",
    "(float[3, H, W] frame, float[3, H, W] frame_p4) => (float[3, H, W] result)",
    "result = Max (frame, frame_p4)",
)


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    """A store: "average" and "far" have no parameters, "brighten" and "in_linear" have a gain and a strength."""
    folder = tmp_path_factory.mktemp("models")
    write_model(folder, "average", [AVERAGE])
    write_model(folder, "far", [FAR], temporal={"radius_frames": 4, "maximum_radius_frames": 4})
    colour = {"transfer": "linear"}
    write_model(folder, "in_linear", [BRIGHTEN], parameters=[STRENGTH, number("gain", 2.0)], colour=colour)
    return write_model(
        folder,
        "brighten",
        [BRIGHTEN],
        parameters=[STRENGTH, number("gain", 2.0)],
        temporal={"radius_frames": 0, "maximum_radius_frames": 0},
    )


@pytest.fixture(scope="module")
def model_engine(models: ModelStore) -> Iterator[RunningEngine]:
    folder = models.all()[0].weights
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELMEND_MODELS", str(folder))
        with engine() as running:
            yield running


@pytest.fixture
def node_of_store(bundle_copy: Path, models: ModelStore) -> Iterator[pyopenfx.Bundle]:
    """The bundle as an install leaves it that found these models."""
    (bundle_copy / EFFECTS).write_text(panel_json(models), encoding="utf-8")
    with pyopenfx.load(bundle_copy) as loaded:
        yield loaded


def _instance(bundle: pyopenfx.Bundle, address: str = "") -> pyopenfx.Instance:
    effect = bundle.plugin(MODEL).create(pyopenfx.InstanceSettings(size=(40, 30), frames=(0, len(FRAMES) - 1)))
    effect.set_source(lambda frame: interleaved(FRAMES[frame]))
    effect.set("engineAddress", address)
    return effect


def _rendered(models: ModelStore, model: str, radius_frames: int, **parameters: object) -> np.ndarray:
    clip = RememberedClip(ArrayClip(FRAMES))
    return render_frame(Renderer(models), "model", parameters, clip, 2, radius_frames, model)


def test_menu_offers_the_stores_window_models_and_the_first_ones_id_is_kept(node_of_store: pyopenfx.Bundle) -> None:
    menu = node_of_store.plugin(MODEL).describe("filter").param("model")
    assert menu.options == ("Average", "Brighten", "Far", "In linear", "Another")
    with _instance(node_of_store) as effect:
        assert (effect.get("modelId"), effect.get("model")) == ("average", 0)
        assert effect.description.param("modelId").secret
        assert effect.violations == []


def test_choice_in_the_menu_sets_the_id_and_the_models_own_defaults(node_of_store: pyopenfx.Bundle) -> None:
    with _instance(node_of_store) as effect:
        effect.set("strength", 0.25)
        effect.set("model", "Brighten")
        assert effect.get("modelId") == "brighten"
        assert (effect.get("gain"), effect.get("strength")) == (2.0, 1.0)
        effect.set("gain", 3.0)
        effect.set("model", "Average")
        effect.set("model", "Brighten")
        assert effect.get("gain") == 2.0
        assert effect.violations == []


def test_only_what_the_model_has_can_be_used(node_of_store: pyopenfx.Bundle) -> None:
    with _instance(node_of_store) as effect:

        def usable(name: str) -> bool:
            return bool(effect.param_properties(name)["OfxParamPropEnabled"])

        assert not any(usable(name) for name in ("strength", "gain", "radius"))
        assert usable("stop_at_cuts")
        assert usable("input_transfer")
        effect.set("model", "Brighten")
        assert usable("strength")
        assert usable("gain")
        assert not usable("radius")


def test_node_renders_the_chosen_model(
    node_of_store: pyopenfx.Bundle, models: ModelStore, model_engine: RunningEngine
) -> None:
    with _instance(node_of_store, model_engine.address) as effect:
        assert effect.frames_needed(2) == {"Source": [(1.0, 3.0)]}
        assert np.array_equal(planar(effect.render(2)), _rendered(models, "average", 1))
        effect.set("model", "Brighten")
        effect.set("gain", 1.5)
        assert effect.frames_needed(2) == {"Source": [(2.0, 2.0)]}
        assert np.array_equal(planar(effect.render(2)), _rendered(models, "brighten", 0, gain=1.5))
        effect.set("strength", 0.0)
        assert effect.is_identity(2) == ("Source", 2.0)
        assert effect.violations == []


def test_values_of_another_model_are_not_sent(node_of_store: pyopenfx.Bundle, model_engine: RunningEngine) -> None:
    with _instance(node_of_store, model_engine.address) as effect:
        effect.set("model", "Brighten")
        effect.set("strength", 0.0)
        effect.set("model", "Average")
        assert effect.is_identity(2) is None
        effect.render(2)


def test_id_given_by_a_script_turns_the_menu(node_of_store: pyopenfx.Bundle) -> None:
    with _instance(node_of_store) as effect:
        effect.set("modelId", "brighten")
        assert effect.get("model") == 1
        effect.set("modelId", "unheard_of")
        assert effect.get("model") == 4
        effect.set("model", "Another")
        assert (effect.get("modelId"), effect.get("model")) == ("unheard_of", 4)


def test_choosing_another_without_naming_it_goes_back_to_the_model_that_renders(
    node_of_store: pyopenfx.Bundle,
) -> None:
    with _instance(node_of_store) as effect:
        effect.set("model", "Another")
        assert (effect.get("modelId"), effect.get("model")) == ("average", 0)


def test_id_that_the_menu_lacks_renders_if_the_engine_knows_it(
    bundle: pyopenfx.Bundle, models: ModelStore, model_engine: RunningEngine
) -> None:
    with _instance(bundle, model_engine.address) as effect:
        effect.set("modelId", "average")
        assert np.array_equal(planar(effect.render(2)), _rendered(models, "average", 1))
        effect.set("modelId", "brighten")
        effect.set("strength", 0.5)
        assert np.array_equal(planar(effect.render(2)), _rendered(models, "brighten", 0, strength=0.5))
        assert effect.frames_needed(2) == {"Source": [(2.0, 2.0)]}, "the engine said that it sees one frame"


def test_model_that_the_menu_lacks_is_given_the_window_that_the_engine_says(
    bundle: pyopenfx.Bundle, model_engine: RunningEngine
) -> None:
    with _instance(bundle, model_engine.address) as effect:
        effect.set("modelId", "far")
        assert np.array_equal(planar(effect.render(0)), np.maximum(FRAMES[0], FRAMES[4]))


def test_id_that_nobody_knows_fails_the_frame_in_words(bundle: pyopenfx.Bundle, model_engine: RunningEngine) -> None:
    with _instance(bundle, model_engine.address) as effect:
        effect.set("modelId", "unheard_of")
        with pytest.raises(pyopenfx.OfxError, match="no model 'unheard_of'; there is average, brighten"):
            effect.render(2)


def test_node_without_a_model_says_what_to_do(bundle: pyopenfx.Bundle, model_engine: RunningEngine) -> None:
    with _instance(bundle, model_engine.address) as effect:
        with pytest.raises(pyopenfx.OfxError, match="has no model of its own; name one"):
            effect.render(2)


def test_automatic_transfer_follows_the_colourspace_that_the_host_states(
    bundle_copy: Path, models: ModelStore, model_engine: RunningEngine, stage: Stage
) -> None:
    def rendered(colourspace: str | None, transfer: int) -> np.ndarray:
        host = RawHost(
            pictures=lambda frame: Picture(interleaved(FRAMES[int(frame)])),
            frame_range=(0.0, len(FRAMES) - 1.0),
            values={"engineAddress": model_engine.address, "modelId": "in_linear", "input_transfer": transfer},
        )
        if colourspace is not None:
            host.set_source_property("OfxImageClipPropColourspace", colourspace)
        output = Picture(np.zeros((30, 40, 4), np.float32))
        assert stage.started(host).render(2, output) == OK, host.shows
        return planar(output.pixels)

    _leave_only_model(bundle_copy, models)
    automatic, video = 0, 3
    assert np.array_equal(rendered("sRGB_display", automatic), rendered(None, video))
    assert np.array_equal(rendered("lin_rec709_sRGB", automatic), rendered(None, automatic))
    assert not np.array_equal(rendered(None, video), rendered(None, automatic))


def test_old_project_keeps_its_model_when_an_install_reorders_the_menu(
    bundle_copy: Path, models: ModelStore, stage: Stage
) -> None:
    """A host that stores positions gives menu 0, which is another model now; the id wins."""
    _leave_only_model(bundle_copy, models)
    host = RawHost(values={"model": 0, "modelId": "brighten", "panelVersion": 2, "gain": 3.5})
    stage.started(host)
    assert (host.values["model"], host.values["modelId"], host.values["gain"]) == (1, "brighten", 3.5)


def _leave_only_model(bundle: Path, models: ModelStore) -> None:
    panel = json.loads(panel_json(models))
    panel["effects"] = [effect for effect in panel["effects"] if effect["effect"] == "model"]
    (bundle / EFFECTS).write_text(json.dumps(panel), encoding="utf-8")
