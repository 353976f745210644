"""The node's Mask input: where it is offered, what is fetched of it, and that it means the same in every host."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.effects.clip import render_clip
from reelmend.effects.panel import panel_json
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelFolder, ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine, engine
from support.nodes import MODEL, interleaved, planar
from support.window_models import masked_stores

COUNT, RADIUS, WIDTH, HEIGHT = 8, 1, 48, 32
FRAMES = with_flicker(moving_scene(COUNT, width=WIDTH, height=HEIGHT))
MASKS = np.zeros((COUNT, 1, HEIGHT, WIDTH), np.float32)
for _index in range(COUNT):
    MASKS[_index, :, 4:20, 6 + _index : 30 + _index] = 1
    MASKS[_index, :, 20:24] = 0.25 + 0.125 * _index
Pictures = Callable[[int], np.ndarray | None]


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder: Path = tmp_path_factory.mktemp("models")
    masked_stores(folder)
    return folder


@pytest.fixture(scope="module")
def masked_engine(models: Path) -> Iterator[RunningEngine]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELMEND_MODELS", f"{models}{os.pathsep}{os.environ.get('REELMEND_MODELS', '')}")
        with engine() as running:
            yield running


Node = Callable[..., contextlib.AbstractContextManager[pyopenfx.Instance]]


@pytest.fixture
def node(masked_engine: RunningEngine) -> Node:
    @contextlib.contextmanager
    def opened(
        model: str = "measured", profile: str | None = None, context: str = "general", **settings: Any
    ) -> Iterator[pyopenfx.Instance]:
        with pyopenfx.load(find_bundle(), profile=profile) as bundle:
            options = pyopenfx.InstanceSettings(
                **{"size": (WIDTH, HEIGHT), "frames": (0, COUNT - 1), "context": context, **settings}
            )
            with bundle.plugin(MODEL).create(options) as instance:
                instance.set_source(lambda frame: stored(interleaved(FRAMES[frame]), options.depth))
                for name, value in (
                    ("engineAddress", masked_engine.address),
                    ("modelId", model),
                    ("radius", RADIUS),
                ):
                    instance.set(name, value)
                yield instance

    return opened


def stored(pixels: np.ndarray, depth: str) -> np.ndarray:
    return np.round(np.clip(pixels, 0, 1) * 255).astype(np.uint8) if depth == "byte" else pixels


def alpha_of(frame: int) -> np.ndarray:
    return MASKS[frame].transpose(1, 2, 0)


def expected(models: Path, frame: int, masks: np.ndarray | None = MASKS, model: str = "measured") -> np.ndarray:
    renderer = Renderer(ModelStore([ModelFolder(models, models)]))
    mask = None if masks is None else ArrayClip(masks)
    return next(render_clip(renderer, "model", {}, ArrayClip(FRAMES), [frame], model=model, mask=mask))[1]


@pytest.mark.parametrize("model", ["measured", "kept"])
def test_a_mask_gives_the_bits_that_it_gives_without_a_host(node: Node, models: Path, model: str) -> None:
    with node(model) as effect:
        effect.set_source(alpha_of, clip="Mask", channels=1)
        for frame, picture in effect.render_frames():
            assert planar(picture).tobytes() == expected(models, frame, model=model).tobytes(), frame
        assert effect.messages == []


def test_without_a_mask_nothing_changes_and_nothing_is_fetched(node: Node, models: Path) -> None:
    with node() as effect:
        picture = planar(effect.render(3))
        assert picture.tobytes() == expected(models, 3, None).tobytes()
        assert "Mask" not in effect.fetches
        effect.set_source(alpha_of, clip="Mask", channels=1)
        assert planar(effect.render(3)).tobytes() == expected(models, 3).tobytes()
        effect.remove_source("Mask")
        assert planar(effect.render(3)).tobytes() == picture.tobytes()


@pytest.mark.parametrize(
    "profile", [name for name in pyopenfx.PROFILES if "general" in pyopenfx.PROFILES[name].host.contexts]
)
def test_a_mask_works_in_every_host_that_has_room_for_it(node: Node, models: Path, profile: str) -> None:
    host = pyopenfx.PROFILES[profile].host
    depth = host.depths[0] if "float" not in host.depths else "float"
    with node("kept", profile, depth=depth) as effect:
        before = planar(effect.render(3)).copy()
        binary = (MASKS > 0.5).astype(np.float32)
        effect.set_source(lambda frame: stored(rgba_mask(binary[frame]), depth), clip="Mask")
        kept = planar(effect.render(3))
        effect.remove_source("Mask")
        assert planar(effect.render(3)).tobytes() == before.tobytes()
        effect.set("view", "Source")
        source = planar(effect.render(3))
        share = np.broadcast_to(binary[3] == 1, kept.shape)
        assert kept[~share].tobytes() == source[~share].tobytes()
        assert kept[share].tobytes() == before[share].tobytes()
        assert (before != source).any()
        assert effect.violations == []


def rgba_mask(mask: np.ndarray) -> np.ndarray:
    """Return a picture whose colours would be another mask than its alpha."""
    picture = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    picture[..., 3] = mask[0]
    picture[..., 0] = (1 - mask[0]) * mask[0]
    return picture


def test_a_filter_has_no_mask(masked_engine: RunningEngine) -> None:
    with pyopenfx.load(find_bundle()) as bundle:
        filter_clips = bundle.plugin(MODEL).describe("filter").clips
        general_clips = bundle.plugin(MODEL).describe("general").clips
    assert [clip.name for clip in filter_clips] == ["Source", "Output"]
    assert [clip.name for clip in general_clips] == ["Source", "Output", "Mask"]
    mask = general_clips[2]
    assert (mask.is_mask, mask.optional) == (True, True)
    assert list(mask.components) == ["Alpha", "RGBA", "RGB"]


def test_colours_without_alpha_are_a_mask_by_their_red(node: Node, models: Path) -> None:
    with node() as effect:
        picture = np.zeros((COUNT, HEIGHT, WIDTH, 3), np.float32)
        picture[..., 0] = MASKS[:, 0]
        effect.set_source(lambda frame: picture[frame], clip="Mask", channels=3)
        assert planar(effect.render(3)).tobytes() == expected(models, 3).tobytes()


def test_outside_of_its_picture_a_mask_is_zero(node: Node, models: Path) -> None:
    part = MASKS[:, :, 6:22, 10:40]
    whole = np.zeros_like(MASKS)
    whole[:, :, 6:22, 10:40] = part
    with node() as effect:
        effect.set_source(
            lambda frame: part[frame].transpose(1, 2, 0),
            clip="Mask", channels=1, size=(30, 16), origin=(10, HEIGHT - 22),
        )  # fmt: skip
        assert planar(effect.render(3)).tobytes() == expected(models, 3, whole).tobytes()


def test_a_mask_larger_than_the_source_is_cut_to_it(node: Node, models: Path) -> None:
    large = np.pad(MASKS, ((0, 0), (0, 0), (3, 5), (7, 2)), constant_values=1)
    with node() as effect:
        effect.set_source(
            lambda frame: large[frame].transpose(1, 2, 0),
            clip="Mask", channels=1, size=(WIDTH + 9, HEIGHT + 8), origin=(-7, -5),
        )  # fmt: skip
        assert planar(effect.render(3)).tobytes() == expected(models, 3).tobytes()


def test_a_mask_is_held_before_its_first_and_after_its_last_frame(node: Node, models: Path) -> None:
    held = MASKS[[2, 2, 2, 3, 4, 4, 4, 4]]
    with node() as effect:
        effect.set_source(alpha_of, clip="Mask", channels=1, frames=(2, 4))
        for frame in range(COUNT):
            assert planar(effect.render(frame)).tobytes() == expected(models, frame, held).tobytes(), frame


def test_a_still_mask_crosses_once(node: Node, masked_engine: RunningEngine) -> None:
    still = np.random.default_rng(91).random((HEIGHT, WIDTH, 1), np.float32)
    with node("kept") as effect:
        sent = received(masked_engine)
        for _ in effect.render_frames():
            pass
        without = received(masked_engine) - sent
        assert without <= COUNT * FRAMES[0].nbytes
        effect.set_source(lambda _frame: still, clip="Mask", channels=1)
        sent = received(masked_engine)
        for _ in effect.render_frames():
            pass
        assert received(masked_engine) - sent == still.nbytes


def test_each_mask_is_fetched_once_or_twice_in_playback(node: Node) -> None:
    with node() as effect:
        effect.set_source(alpha_of, clip="Mask", channels=1)
        effect.reset_fetches()
        for _ in effect.render_frames():
            pass
        assert effect.fetches["Mask"].asked <= 2 * COUNT + 2
        assert effect.images_held == 0


def test_edited_masks_show(node: Node, models: Path) -> None:
    with node() as effect:
        effect.set_source(alpha_of, clip="Mask", channels=1)
        effect.render(3)
        effect.set_source(lambda frame: 1 - alpha_of(frame), clip="Mask", channels=1)
        assert planar(effect.render(3)).tobytes() == expected(models, 3, 1 - MASKS).tobytes()


def test_a_connected_mask_without_a_picture_is_none(node: Node, models: Path) -> None:
    """Resolve says that masks are connected where none is."""
    with node(profile="resolve") as effect:
        assert effect.clip_properties("Mask")["OfxImageClipPropConnected"] == 1
        assert planar(effect.render(3)).tobytes() == expected(models, 3, None).tobytes()


def test_the_frames_and_the_region_that_are_read_are_named(node: Node) -> None:
    with node() as effect:
        effect.set_source(alpha_of, clip="Mask", channels=1, size=(10, 10), frames=(3, 4))
        needed = effect.frames_needed(5)
        assert needed["Source"] == [(4, 6)]
        assert needed["Mask"] == [(4, 6), (4, 4)]
        regions = effect.regions_of_interest(5)
        assert regions["Mask"] == regions["Source"] == (0, 0, WIDTH, HEIGHT)
        assert effect.region_of_definition(5) == (0, 0, WIDTH, HEIGHT)
        effect.set("view", "Source")
        assert effect.frames_needed(5)["Mask"] == [(5, 5)]


@pytest.mark.parametrize("depth", ["byte", "short", "half", "float"])
def test_masks_of_every_depth_cross_unharmed(node: Node, models: Path, depth: str) -> None:
    scale = {"byte": 255, "short": 65535}.get(depth)
    steps = np.round(MASKS * (scale or 2048)).astype({"byte": np.uint8, "short": np.uint16}.get(depth, np.float32))
    told = steps if scale else (steps / 2048).astype(np.float16 if depth == "half" else np.float32)
    meant = (steps / np.float32(scale)).astype(np.float32) if scale else told.astype(np.float32)
    with node() as effect:
        effect.set_source(lambda frame: told[frame].transpose(1, 2, 0), clip="Mask", channels=1, depth=depth)
        assert planar(effect.render(3)).tobytes() == expected(models, 3, meant).tobytes()


def test_a_mask_goes_with_the_source_in_every_scale(node: Node) -> None:
    with node("kept") as effect:
        binary = (MASKS > 0.5).astype(np.float32)
        effect.set_source(lambda frame: binary[frame].transpose(1, 2, 0), clip="Mask", channels=1)
        kept = planar(effect.render(3, scale=(0.5, 0.5)))
        effect.remove_source("Mask")
        whole = planar(effect.render(3, scale=(0.5, 0.5)))
        share = np.broadcast_to(binary[3, 0, ::2, ::2], kept.shape)
        at_edge = np.broadcast_to(binary[3, 0, 1::2, 1::2], kept.shape) != share
        assert kept.shape == (3, HEIGHT // 2, WIDTH // 2)
        assert np.array_equal(kept[(share == 1) & ~at_edge], whole[(share == 1) & ~at_edge])
        assert np.array_equal(kept[(share == 0) & ~at_edge], whole[(share == 0) & ~at_edge] / 2)


def test_fields_have_their_own_lines_of_the_mask(node: Node) -> None:
    binary = (MASKS > 0.5).astype(np.float32)
    with node("kept", field_order="lower") as effect:
        effect.set_source(lambda frame: binary[frame].transpose(1, 2, 0), clip="Mask", channels=1)
        kept = planar(effect.render(3))
        share = np.broadcast_to(binary[3] == 1, kept.shape)
        assert kept[~share].tobytes() == FRAMES[3][~share].tobytes()
        assert kept[share].tobytes() == (2 * FRAMES[3])[share].tobytes()


def test_a_third_output_is_a_view_like_any_other(bundle_copy: Path, models: Path, masked_engine: RunningEngine) -> None:
    store = ModelStore([ModelFolder(models, models)])
    (bundle_copy / "Contents/Resources/effects.json").write_text(panel_json(store), encoding="utf-8")
    settings = pyopenfx.InstanceSettings(size=(WIDTH, HEIGHT), frames=(0, COUNT - 1), context="general")
    with pyopenfx.load(bundle_copy) as bundle, bundle.plugin(MODEL).create(settings) as effect:
        effect.set_source(lambda frame: interleaved(FRAMES[frame]))
        effect.set_source(alpha_of, clip="Mask", channels=1)
        effect.set("engineAddress", masked_engine.address)
        effect.set("model", "Measured")
        for view, output in (("Luma curve", "curve"), ("Applied gain", "gain")):
            effect.set("view", view)
            shown = planar(effect.render(3))
            wanted = next(
                render_clip(
                    Renderer(store), "model", {}, ArrayClip(FRAMES), [3],
                    model="measured", output=output, mask=ArrayClip(MASKS),
                )
            )[1]  # fmt: skip
            assert shown.tobytes() == np.broadcast_to(wanted, shown.shape).tobytes()


def received(running: RunningEngine) -> int:
    from reelmend.client import EngineClient

    with EngineClient(running.address) as client:
        return client.info().bytes_received
