"""The node Repair: its views, its mask and matte inputs, and the source's own bits wherever nothing was broken."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import pyopenfx
from pyopenfx.errors import OfxError
from reelmend.client import EngineClient
from reelmend.inference.models import ModelStore
from reelmend.rendered import Rendered
from support.clips import ArrayClip
from support.engines import RunningEngine
from support.nodes import interleaved, planar
from support.repair_engine import repair_engine
from support.repair_models import repair_renderer, repaired, write_repair
from support.repair_nodes import REPAIR, dirty_scene, repair_bundle, repair_node, view_label

COUNT, RADIUS, WIDTH, HEIGHT = 8, 2, 61, 43
FRAMES = dirty_scene(COUNT, WIDTH, HEIGHT)
MASKS = np.zeros((COUNT, 1, HEIGHT, WIDTH), np.float32)
MATTES = np.zeros((COUNT, 1, HEIGHT, WIDTH), np.float32)
for _index in range(COUNT):
    MASKS[_index, :, :, _index:50] = 1
    MATTES[_index, :, 20:30, 8 + _index : 28 + _index] = 1
    MATTES[_index, :, 30:33] = 0.125 * (_index + 0.5)
LARGEST = {"byte": 255, "short": 65535}
DTYPES = {"byte": np.uint8, "short": np.uint16, "half": np.float16, "float": np.float32}
OUTPUTS = ("result", "matte", "classes", "overlay")
NODE_LABELS = {"add": "What to mend as well", "replace": "All there is to mend", "protect": "What to leave alone"}

Node = Callable[..., contextlib.AbstractContextManager[pyopenfx.Instance]]
Expected = Callable[..., Rendered]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return write_repair(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def repairing(store: ModelStore) -> Iterator[RunningEngine]:
    with repair_engine(store.get("repair").weights) as running:
        yield running


@pytest.fixture(scope="module")
def bundle_file(store: ModelStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return repair_bundle(tmp_path_factory.mktemp("bundle"), store)


@pytest.fixture
def node(bundle_file: Path, repairing: RunningEngine) -> Node:
    def opened(frames: np.ndarray = FRAMES, **settings: Any) -> contextlib.AbstractContextManager[pyopenfx.Instance]:
        parameters = {"radius": RADIUS, **settings.pop("parameters", {})}
        return repair_node(bundle_file, frames, repairing.address, parameters=parameters, **settings)

    return opened


@pytest.fixture(scope="module")
def expected(store: ModelStore) -> Expected:
    """What the engine gives without any host."""
    renderer = repair_renderer(store)

    def rendered(
        frame: int,
        *,
        frames: np.ndarray = FRAMES,
        masks: np.ndarray | None = None,
        mattes: np.ndarray | None = None,
        **parameters: object,
    ) -> Rendered:
        mask = None if masks is None else ArrayClip(masks)
        matte = None if mattes is None else ArrayClip(mattes)
        given = {"radius": RADIUS, **parameters}
        return repaired(renderer, frames, [frame], outputs=OUTPUTS, mask=mask, matte=matte, **given)[frame]

    return rendered


def alpha_of(pictures: np.ndarray) -> Callable[[int], np.ndarray]:
    return lambda frame: np.ascontiguousarray(pictures[frame].transpose(1, 2, 0))


def give_matte(effect: pyopenfx.Instance, mattes: np.ndarray = MATTES, use: str = "add", **options: Any) -> None:
    effect.set("matte_use", NODE_LABELS[use])
    effect.set_source(alpha_of(mattes), clip="Matte", **{"channels": 1, **options})


def test_mask_and_matte_are_offered_where_a_host_has_room_for_them(bundle_file: Path) -> None:
    with pyopenfx.load(bundle_file) as bundle:
        in_a_filter = [clip.name for clip in bundle.plugin(REPAIR).describe("filter").clips]
        clips = bundle.plugin(REPAIR).describe("general").clips
    assert in_a_filter == ["Source", "Output"]
    assert [clip.name for clip in clips] == ["Source", "Output", "Mask", "Matte"]
    for clip in clips[2:]:
        assert (clip.is_mask, clip.optional) == (True, True)
        assert list(clip.components) == ["Alpha", "RGBA", "RGB"]


@pytest.mark.parametrize("output", OUTPUTS)
def test_a_view_shows_what_the_engine_made(node: Node, expected: Expected, output: str) -> None:
    with node() as effect:
        effect.set("view", view_label(output))
        for frame in (0, 3, COUNT - 1):
            shown = effect.render(frame)
            made = expected(frame).planes[output]
            assert planar(shown).tobytes() == np.broadcast_to(made, (3, HEIGHT, WIDTH)).tobytes(), frame
            assert (shown[..., 3] == 1).all()
        assert (effect.messages, effect.violations) == ([], [])


def test_difference_is_black_where_nothing_was_mended_and_split_shows_both(node: Node, expected: Expected) -> None:
    made = expected(3).planes
    inside = np.broadcast_to(made["matte"] > 0, FRAMES[3].shape)
    with node() as effect:
        effect.set("view", "Difference")
        shown = planar(effect.render(3))
        assert (shown[~inside] == 0).all()
        assert (shown[inside] > 0).mean() > 0.8
        effect.set("view", "Split")
        shown = planar(effect.render(3))
        left = int(WIDTH / 2 + 0.5)
        assert shown[..., :left].tobytes() == np.ascontiguousarray(FRAMES[3][..., :left]).tobytes()
        assert shown[..., left:].tobytes() == np.ascontiguousarray(made["result"][..., left:]).tobytes()


@pytest.mark.parametrize("premultiplied", [True, False])
@pytest.mark.parametrize("components", ["RGBA", "RGB"])
@pytest.mark.parametrize("depth", DTYPES)
def test_outside_of_the_matte_every_sample_is_the_sources_own(
    node: Node, depth: str, components: str, premultiplied: bool
) -> None:
    clip = stored(depth, components)
    with node(depth=depth, components=components, rows="top-down", row_padding_bytes=12, guard_bytes=64) as effect:
        effect.set_source(clip, premultiplied=premultiplied)
        result = effect.render(4)
        effect.set("view", "Matte")
        matte = effect.render(4)[..., 0]
        effect.set("view", "Source")
        assert (effect.messages, effect.violations) == ([], [])
        assert effect.render(4).tobytes() == clip[4].tobytes()
    assert result.dtype == DTYPES[depth]
    outside = np.asarray(matte == 0)
    assert result[outside].tobytes() == clip[4][outside].tobytes()
    assert 0.3 < outside.mean() < 0.99
    changed = (result[~outside][:, :3] != clip[4][~outside][:, :3]).any(axis=1)
    assert changed.mean() > 0.7


@functools.cache
def stored(depth: str, components: str) -> np.ndarray:
    """Return (N, H, W, C) samples of that depth: dirt, alphas of all kinds, and some that are no light."""
    clip = np.stack([interleaved(planes) for planes in FRAMES])
    clip[..., 3] = np.random.default_rng(9).uniform(0.5, 1, (HEIGHT, WIDTH))
    clip[:, 0, :5, 3] = 0  # nothing can be divided here
    if depth in LARGEST:
        with np.errstate(invalid="ignore"):
            samples = np.floor(np.clip(np.nan_to_num(clip), 0, 1) * LARGEST[depth] + 0.5)
        clip = samples
    return np.ascontiguousarray(clip[..., : len(components)].astype(DTYPES[depth]))


def test_a_clean_still_comes_back_bit_for_bit(node: Node) -> None:
    still = np.repeat(dirty_scene(1, WIDTH, HEIGHT), COUNT, axis=0)
    with node(still) as effect:
        for frame, pixels in effect.render_frames():
            assert planar(pixels).tobytes() == still[frame].tobytes()


def test_a_strength_of_0_is_the_source_and_asks_for_nothing(node: Node) -> None:
    with node(parameters={"strength": 0}) as effect:
        effect.set_source(alpha_of(MASKS), clip="Mask", channels=1)
        give_matte(effect)
        assert effect.is_identity(3) == ("Source", 3)
        assert effect.frames_needed(3) == {"Source": [(3, 3)], "Mask": [(3, 3)], "Matte": [(3, 3)]}
        assert planar(effect.render(3, honour_identity=False)).tobytes() == FRAMES[3].tobytes()
        effect.set("strength", 0.5)
        assert effect.is_identity(3) is None


def test_what_is_broken_can_be_put_into_alpha_with_and_without_mending_it(node: Node, expected: Expected) -> None:
    made = expected(3)
    with node(parameters={"alphaOutput": "Matte"}) as effect:
        pixels = effect.render(3)
        assert planar(pixels).tobytes() == made.planes["result"].tobytes()
        assert pixels[..., 3].tobytes() == made.planes["matte"].tobytes()
        effect.set("strength", 0)
        assert effect.is_identity(3) is None
        pixels = effect.render(3)
        assert planar(pixels).tobytes() == FRAMES[3].tobytes()
        assert pixels[..., 3].tobytes() == made.planes["matte"].tobytes()
        effect.set("view", view_label("overlay"))
        assert planar(effect.render(3)).tobytes() == made.planes["overlay"].tobytes()
        assert effect.messages == []


@pytest.mark.parametrize("use", NODE_LABELS)
def test_a_matte_gives_the_bits_that_it_gives_without_a_host(node: Node, expected: Expected, use: str) -> None:
    with node() as effect:
        give_matte(effect, use=use)
        effect.set_source(alpha_of(MASKS), clip="Mask", channels=1)
        for frame, pixels in effect.render_frames():
            made = expected(frame, masks=MASKS, mattes=MATTES, matte_use=use)
            assert planar(pixels).tobytes() == made.planes["result"].tobytes(), frame
        assert (effect.messages, effect.violations) == ([], [])


def test_mask_and_matte_come_and_go_each_by_itself(node: Node, expected: Expected) -> None:
    with node() as effect:
        effect.set("matte_use", NODE_LABELS["add"])

        def rendered() -> bytes:
            return planar(effect.render(3)).tobytes()

        def made(**clips: np.ndarray) -> bytes:
            return expected(3, matte_use="add", **clips).planes["result"].tobytes()

        assert rendered() == made()
        assert not {"Mask", "Matte"} & effect.fetches.keys()
        effect.set_source(alpha_of(MATTES), clip="Matte", channels=1)
        assert rendered() == made(mattes=MATTES)
        effect.set_source(alpha_of(MASKS), clip="Mask", channels=1)
        assert rendered() == made(mattes=MATTES, masks=MASKS)
        effect.remove_source("Matte")
        assert rendered() == made(masks=MASKS)
        effect.set_source(alpha_of(1 - MATTES), clip="Matte", channels=1)
        assert rendered() == made(masks=MASKS, mattes=1 - MATTES)
        assert len({made(), made(mattes=MATTES), made(masks=MASKS), made(mattes=MATTES, masks=MASKS)}) == 4


def test_the_same_pixels_in_both_inputs_are_still_two_clips(node: Node, expected: Expected) -> None:
    with node() as effect:
        give_matte(effect, MASKS)
        effect.set_source(alpha_of(MASKS), clip="Mask", channels=1)
        made = expected(3, masks=MASKS, mattes=MASKS, matte_use="add")
        assert planar(effect.render(3)).tobytes() == made.planes["result"].tobytes()


def test_connected_inputs_without_a_picture_are_none(node: Node, expected: Expected) -> None:
    """Resolve says that masks are connected where none is."""
    with node(profile="resolve", parameters={"matte_use": NODE_LABELS["replace"]}) as effect:
        for clip in ("Mask", "Matte"):
            assert effect.clip_properties(clip)["OfxImageClipPropConnected"] == 1
        assert planar(effect.render(3)).tobytes() == expected(3).planes["result"].tobytes()
        give_matte(effect)
        made = expected(3, mattes=MATTES, matte_use="add")
        assert planar(effect.render(3)).tobytes() == made.planes["result"].tobytes()
        assert effect.messages == []


def has_room(host: pyopenfx.HostOptions) -> bool:
    return "general" in host.contexts and host.temporal_access


@pytest.mark.parametrize("profile", [name for name, it in pyopenfx.PROFILES.items() if has_room(it.host)])
def test_a_matte_works_in_every_host_that_has_room_for_it(node: Node, profile: str) -> None:
    host = pyopenfx.PROFILES[profile].host
    depth = "float" if "float" in host.depths else host.depths[0]
    drawn = np.zeros((HEIGHT, WIDTH, 4), np.float32)
    drawn[10:30, 10:40, 3] = 1
    drawn[..., 0] = 1 - drawn[..., 3]  # its colours would be another matte
    clip, matte = (as_stored(np.stack([interleaved(p) for p in FRAMES]), depth), as_stored(drawn, depth))
    with node(profile=profile, depth=depth) as effect:
        effect.set_source(clip)
        found = effect.render(3).copy()
        effect.set("matte_use", NODE_LABELS["replace"])
        effect.set_source(lambda _frame: matte, clip="Matte")
        mended = effect.render(3)
        effect.set("view", "Matte")
        shown = effect.render(3)
        assert np.array_equal(shown[..., 0] > 0, drawn[..., 3] > 0)
        effect.remove_source("Matte")
        effect.set("view", "Result")
        assert effect.render(3).tobytes() == found.tobytes()
        effect.set("view", "Source")
        source = effect.render(3)
        assert effect.violations == []
    inside = drawn[..., 3] == 1
    assert mended[~inside].tobytes() == source[~inside].tobytes()
    assert (mended[inside][:, :3] != source[inside][:, :3]).any(axis=1).mean() > 0.7
    assert (found != source).any()


def as_stored(pixels: np.ndarray, depth: str) -> np.ndarray:
    if depth not in LARGEST:
        return pixels.astype(DTYPES[depth])
    return np.floor(np.clip(np.nan_to_num(pixels), 0, 1) * LARGEST[depth] + 0.5).astype(DTYPES[depth])


def test_frames_and_regions_of_both_are_named(node: Node) -> None:
    with node() as effect:
        effect.set_source(alpha_of(MASKS), clip="Mask", channels=1, frames=(0, 4))
        give_matte(effect, size=(10, 10), frames=(3, 3))
        needed = effect.frames_needed(4)
        assert needed["Source"] == [(2, 6)]
        assert needed["Mask"] == [(2, 6), (4, 4)]
        assert needed["Matte"] == [(2, 6), (3, 3), (3, 3)]
        regions = effect.regions_of_interest(4)
        assert regions["Mask"] == regions["Matte"] == regions["Source"] == (0, 0, WIDTH, HEIGHT)
        effect.remove_source("Mask")
        effect.set("radius", 4)
        needed = effect.frames_needed(4)
        assert needed["Source"] == [(0, 7)]
        assert needed["Matte"] == [(0, 7), (3, 3), (3, 3)]
        assert needed["Mask"] == [(4, 4)], "what a host says of a clip that nobody names"


def test_a_matte_is_held_and_0_outside_of_its_picture(node: Node, expected: Expected) -> None:
    part = MATTES[:, :, 15:35, 5:50]
    whole = np.zeros_like(MATTES)
    whole[:, :, 15:35, 5:50] = part
    held = whole[[2, 2, 2, 3, 4, 4, 4, 4]]
    with node() as effect:
        give_matte(effect, part, frames=(2, 4), size=(45, 20), origin=(5, HEIGHT - 35))
        for frame in range(COUNT):
            made = expected(frame, mattes=held, matte_use="add")
            assert planar(effect.render(frame)).tobytes() == made.planes["result"].tobytes(), frame


@pytest.mark.parametrize("depth", DTYPES)
def test_mattes_of_every_depth_cross_unharmed(node: Node, expected: Expected, depth: str) -> None:
    steps = as_stored(MATTES, depth)
    meant = (steps.astype(np.float64) / LARGEST.get(depth, 1)).astype(np.float32)
    with node() as effect:
        give_matte(effect, steps, depth=depth)
        made = expected(3, mattes=meant, matte_use="add")
        assert planar(effect.render(3)).tobytes() == made.planes["result"].tobytes()


def test_mattes_cross_once_and_stills_once_for_the_clip(node: Node, repairing: RunningEngine) -> None:
    own = FRAMES + np.float32(1 / 64)
    rng = np.random.default_rng(77)
    mattes, still = rng.random((COUNT, 1, HEIGHT, WIDTH), np.float32), rng.random((1, HEIGHT, WIDTH), np.float32)
    with node(own) as effect:
        play(effect)
        sent = received(repairing)
        give_matte(effect, mattes)
        effect.set_source(lambda _frame: still.transpose(1, 2, 0), clip="Mask", channels=1)
        effect.reset_fetches()
        play(effect)
        assert received(repairing) - sent == mattes.nbytes + still.nbytes
        assert effect.fetches["Matte"].asked <= 2 * COUNT + RADIUS
        assert effect.fetches["Mask"].asked <= 2 * COUNT + RADIUS
        assert effect.images_held == 0
        play(effect)
        assert received(repairing) - sent == mattes.nbytes + still.nbytes


def play(effect: pyopenfx.Instance) -> None:
    for _ in effect.render_frames():
        pass


def received(running: RunningEngine) -> int:
    with EngineClient(running.address) as client:
        return client.info().bytes_received


def test_an_edited_matte_shows(node: Node, expected: Expected) -> None:
    with node() as effect:
        give_matte(effect)
        effect.render(3)
        give_matte(effect, np.ascontiguousarray(MATTES[..., ::-1]))
        made = expected(3, mattes=np.ascontiguousarray(MATTES[..., ::-1]), matte_use="add")
        assert planar(effect.render(3)).tobytes() == made.planes["result"].tobytes()


def test_fields_have_their_own_lines_of_the_matte(node: Node) -> None:
    binary = (MATTES > 0.5).astype(np.float32)
    with node(field_order="lower") as effect:
        give_matte(effect, binary, use="replace")
        mended = planar(effect.render(3))
        effect.set("view", "Matte")
        assert effect.render(3)[..., 0].tobytes() == binary[3, 0].tobytes()
    outside = np.broadcast_to(binary[3] == 0, mended.shape)
    assert mended[outside].tobytes() == FRAMES[3][outside].tobytes()
    assert (mended[~outside] != FRAMES[3][~outside]).mean() > 0.8


def test_a_host_without_neighbours_is_told_to_the_artist_and_may_pass_through(node: Node) -> None:
    with node(profile="mlt", context="filter") as effect:
        with pytest.raises(OfxError):
            effect.render(3)
        assert "needs the frames around this one" in effect.messages[-1].text
        effect.set("withoutNeighbours", "Pass through")
        assert planar(effect.render(3)).tobytes() == FRAMES[3].tobytes()


def test_a_repair_engine_that_is_lost_is_asked_again_for_both_outputs(
    bundle_file: Path, store: ModelStore, expected: Expected
) -> None:
    with repair_engine(store.get("repair").weights) as first:
        parameters = {"radius": RADIUS, "alphaOutput": "Matte"}
        with repair_node(bundle_file, FRAMES, first.address, parameters=parameters) as effect:
            effect.render(2)
            first.kill()
            with pytest.raises(OfxError):
                effect.render(3)
            with repair_engine(store.get("repair").weights, address=first.address):
                pixels = effect.render(3)
    assert planar(pixels).tobytes() == expected(3).planes["result"].tobytes()
    assert pixels[..., 3].tobytes() == expected(3).planes["matte"].tobytes()
