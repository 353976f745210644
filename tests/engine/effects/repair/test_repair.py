"""Repair as users meet it: what is broken is mended, what is not keeps its bits, the matte is a citizen."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reelmend.colour import Transfer, to_linear
from reelmend.effects.effect import Rendered
from reelmend.effects.repair.detect import KINDS
from reelmend.effects.repair.detections import mask_of
from reelmend.effects.repair.overlay import COLOURS, PICTURE_SHARE
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, Frames
from support.repair_models import BrightColumn, Dirty, repair_renderer, repaired, still_scene

ALL = ("result", "matte", "classes", "overlay")
BLOTCH, HAIR, SCRATCH = range(3)


def one(store: ModelStore, frames: Frames, frame: int = 3, **more: object) -> Rendered:
    """Return all outputs of one frame and its detections."""
    outputs = more.pop("outputs", ALL)
    return repaired(repair_renderer(store), frames, [frame], outputs=outputs, **more)[frame]  # type: ignore[arg-type]


def clip(plane: np.ndarray, count: int = 9) -> ArrayClip:
    """Return a clip of one plane a frame, the same in each."""
    return ArrayClip(np.repeat(plane[None, None].astype(np.float32), count, axis=0))


def same_bits(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(one).view(np.uint32) == np.ascontiguousarray(other).view(np.uint32)


def test_defects_of_one_frame_are_found_with_their_kind_and_mended(store: ModelStore, dirty: Dirty) -> None:
    told = repaired(repair_renderer(store), dirty.frames, outputs=ALL)
    for number, rendered in told.items():
        core = mask_of(rendered.detections, dirty.true.shape[1:]).any(axis=0)
        assert (core == dirty.true[number]).all(), number
        assert np.abs(rendered.planes["result"] - dirty.clean[number]).max() < 0.05, number
    assert [(d.kind, d.left, d.top, d.width, d.height, d.area_px) for d in told[3].detections] == [
        ("blotch", 80, 50, 8, 6, 48)
    ]
    assert [(d.kind, d.left, d.top, d.width, d.height) for d in told[5].detections] == [("hair", 30, 20, 40, 2)]
    assert told[3].detections[0].confidence > 0.9


def test_clean_frames_come_back_bit_by_bit(store: ModelStore, dirty: Dirty) -> None:
    for number in (0, 4, 8):
        rendered = one(store, dirty.frames, number)
        assert rendered.planes["result"].tobytes() == dirty.frames[number].tobytes()
        assert not rendered.planes["matte"].any()
        assert rendered.detections == ()


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    seed=st.integers(0, 10_000),
    dilate=st.integers(0, 5),
    feather=st.floats(0, 5),
    strength=st.floats(0, 1),
    wild=st.booleans(),
)
def test_outside_of_the_matte_the_sources_bits_come_back(
    store: ModelStore, seed: int, dilate: int, feather: float, strength: float, wild: bool
) -> None:
    rng = np.random.default_rng(seed)
    frames = still_scene(3, int(rng.integers(1, 60)), int(rng.integers(1, 60)), seed)
    frames[1][:, rng.random(frames.shape[2:]) < 0.03] = rng.choice([0.0, 1.0])
    if wild:
        where = rng.random(frames.shape) < 0.01
        frames[where] = rng.choice([np.nan, -np.nan, np.inf, -np.inf, -3.5, 1e30, 7.0, -0.0], where.sum())
    values = {"dilate": dilate, "feather": feather, "strength": strength}
    rendered = one(store, frames, 1, outputs=("result", "matte"), **values)
    outside = np.broadcast_to(rendered.planes["matte"] == 0, frames[1].shape)
    assert same_bits(rendered.planes["result"], frames[1])[outside].all()


def test_pixels_that_are_no_numbers_stay_and_spoil_none_beside_them(store: ModelStore, dirty: Dirty) -> None:
    frames = dirty.frames.copy()
    frames[2:5, :, 10:12, 10:12], frames[3, 0, 53, 84] = np.nan, np.inf
    rendered = one(store, frames)
    expected = frames[3].copy()
    expected[:, rendered.planes["matte"][0] > 0] = 0
    kept = rendered.planes["result"].copy()
    kept[:, rendered.planes["matte"][0] > 0] = 0
    assert same_bits(kept, expected).all()
    assert np.isfinite(rendered.planes["result"][:, 45:60, 75:95]).all()
    assert np.abs(rendered.planes["result"] - dirty.clean[3])[:, 45:60, 75:95].max() < 0.05


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (15, 17), (33, 31)])
def test_pictures_of_any_size_can_be_mended(store: ModelStore, size: tuple[int, int]) -> None:
    height, width = size
    frames = still_scene(5, width, height)
    frames[2, :, 0, 0] = 0.0
    rendered = one(store, frames, 2)
    assert rendered.planes["result"].shape == (3, height, width)
    assert {name: planes.shape[0] for name, planes in rendered.planes.items()} == {
        "result": 3,
        "matte": 1,
        "classes": 3,
        "overlay": 3,
    }
    assert (0, 0, 1) in [(d.left, d.top, d.area_px) for d in rendered.detections]
    assert np.abs(rendered.planes["result"] - frames[1])[:, 0, 0].max() < 0.05


def test_single_frame_has_nothing_to_be_compared_with(store: ModelStore, dirty: Dirty) -> None:
    rendered = one(store, dirty.frames[3:4], 0)
    assert rendered.planes["result"].tobytes() == dirty.frames[3].tobytes()
    assert rendered.detections == ()


def test_first_and_last_frame_are_mended_from_the_other_side(store: ModelStore, dirty: Dirty) -> None:
    for frames, number in ((dirty.frames[3:], 0), (dirty.frames[:4], 3)):
        rendered = one(store, frames, number)
        assert [d.area_px for d in rendered.detections] == [48]
        assert np.abs(rendered.planes["result"] - dirty.clean[3]).max() < 0.05


def test_repeated_frame_does_not_confirm_its_defect(store: ModelStore, dirty: Dirty) -> None:
    doubled = np.repeat(dirty.frames, 2, axis=0)
    for number in (6, 7):
        rendered = one(store, doubled, number)
        assert [d.area_px for d in rendered.detections] == [48]
        assert rendered.planes["result"].tobytes() == one(store, dirty.frames, 3).planes["result"].tobytes()


def test_what_lies_beyond_a_cut_is_neither_compared_nor_mended_from(store: ModelStore, dirty: Dirty) -> None:
    other = np.clip(1.6 * still_scene(6, 150, 101, seed=77) - 0.7, 0, 1)
    alone = repaired(repair_renderer(store), dirty.frames[:5], outputs=ALL)
    together = repaired(repair_renderer(store), np.concatenate([dirty.frames[:5], other]), outputs=ALL)
    for number in range(5):
        assert together[number].last_frame_used <= 4
        for name in ALL:
            assert together[number].planes[name].tobytes() == alone[number].planes[name].tobytes()
    across = repaired(repair_renderer(store), np.concatenate([dirty.frames[:5], other]), [4], stop_at_cuts=False)
    assert across[4].last_frame_used == 10


def test_strength_is_how_much_of_the_mending_is_seen(store: ModelStore, dirty: Dirty) -> None:
    full, half = (one(store, dirty.frames, strength=strength) for strength in (1.0, 0.5))
    expected = (full.planes["result"] + dirty.frames[3]) / 2
    np.testing.assert_allclose(half.planes["result"], expected, atol=1e-6)
    assert half.planes["matte"].tobytes() == full.planes["matte"].tobytes()
    none = one(store, dirty.frames, strength=0.0)
    assert none.planes["result"].tobytes() == dirty.frames[3].tobytes()
    assert none.planes["matte"].tobytes() == full.planes["matte"].tobytes()
    assert none.detections == full.detections


def test_classes_are_the_mattes_by_kind(store: ModelStore, dirty: Dirty) -> None:
    frames = dirty.frames.copy()
    frames[3] = np.where(dirty.true[5], frames[5], frames[3])
    rendered = one(store, frames)
    classes, matte = rendered.planes["classes"], rendered.planes["matte"]
    assert classes.max(axis=0).tobytes() == matte[0].tobytes()
    core = mask_of(rendered.detections, matte.shape[1:]).astype(np.uint8)
    assert [d.kind for d in rendered.detections] == ["hair", "blotch"]
    for kind in (BLOTCH, HAIR, SCRATCH):
        assert ((classes[kind] >= 0.5) == core[kind]).all()


def test_overlay_tints_what_was_found_over_the_dimmed_picture(store: ModelStore, dirty: Dirty) -> None:
    rendered = one(store, dirty.frames)
    overlay, matte = rendered.planes["overlay"], rendered.planes["matte"][0]
    np.testing.assert_allclose(overlay[:, matte == 0], PICTURE_SHARE * dirty.frames[3][:, matte == 0], atol=1e-6)
    np.testing.assert_allclose(overlay[:, 52, 84], COLOURS["blotch"], atol=1e-6)


@pytest.mark.parametrize("name", ["blotches", "hairs"])
def test_kind_that_is_off_is_left_alone(store: ModelStore, dirty: Dirty, name: str) -> None:
    told = repaired(repair_renderer(store), dirty.frames, **{name: False})
    found = {d.kind for rendered in told.values() for d in rendered.detections}
    assert found == {"hair" if name == "blotches" else "blotch"}


def test_lines_that_stand_are_taken_for_scratches(store: ModelStore, dirty: Dirty) -> None:
    frames = dirty.frames.copy()
    frames[:, :, :, 100] += 0.2
    renderer = repair_renderer(store, lines=BrightColumn)
    rendered = repaired(renderer, frames, [4], outputs=ALL)[4]
    assert [(d.kind, d.left, d.width, d.height) for d in rendered.detections] == [("scratch", 100, 1, 101)]
    assert (rendered.planes["classes"][SCRATCH, :, 100] == 1).all()
    without = repaired(renderer, frames, [4], outputs=("result",), scratches=False)[4]
    assert without.planes["result"].tobytes() == frames[4].tobytes()


def test_radius_is_how_far_lines_are_followed(store: ModelStore, dirty: Dirty) -> None:
    used = [one(store, dirty.frames, 4, radius=radius, scratches=on) for radius in (2, 4) for on in (True, False)]
    assert [(r.first_frame_used, r.last_frame_used) for r in used] == [(2, 6), (2, 6), (0, 8), (2, 6)]


def test_matte_that_replaces_is_taken_as_it_is(store: ModelStore, dirty: Dirty) -> None:
    drawn = np.random.default_rng(2).random((101, 150), np.float32)
    drawn[:, 75:] = 0
    rendered = one(store, dirty.frames, matte=clip(drawn))
    assert rendered.planes["matte"][0].tobytes() == drawn.tobytes()
    assert rendered.planes["classes"].max(axis=0).tobytes() == drawn.tobytes()
    assert rendered.planes["result"][:, :, 75:].tobytes() == dirty.frames[3][:, :, 75:].tobytes()
    assert (rendered.planes["result"] != dirty.frames[3])[:, drawn > 0.1].mean() > 0.95


def test_found_matte_that_comes_back_replacing_gives_the_same_result(store: ModelStore, dirty: Dirty) -> None:
    found = one(store, dirty.frames)
    again = one(store, dirty.frames, matte=clip(found.planes["matte"][0]))
    assert again.planes["result"].tobytes() == found.planes["result"].tobytes()
    assert again.planes["matte"].tobytes() == found.planes["matte"].tobytes()


def test_empty_matte_that_replaces_leaves_the_source(store: ModelStore, dirty: Dirty) -> None:
    rendered = one(store, dirty.frames, matte=clip(np.zeros((101, 150))))
    assert rendered.planes["result"].tobytes() == dirty.frames[3].tobytes()
    assert rendered.detections == ()


def test_matte_that_adds_is_mended_beside_what_is_found(store: ModelStore, dirty: Dirty) -> None:
    drawn = np.zeros((101, 150), np.float32)
    drawn[80:85, 10:15], drawn[52:54, 84:100] = 0.75, 0.4
    found, both = one(store, dirty.frames), one(store, dirty.frames, matte=clip(drawn), matte_use="add")
    assert both.planes["matte"].tobytes() == np.maximum(found.planes["matte"], drawn).tobytes()
    assert [(d.top, d.area_px) for d in both.detections] == [(50, 48), (80, 25)]


def test_matte_that_protects_is_left_alone(store: ModelStore, dirty: Dirty) -> None:
    drawn = np.zeros((101, 150), np.float32)
    drawn[:, 84:] = 1
    rendered = one(store, dirty.frames, matte=clip(drawn), matte_use="protect")
    assert [(d.left, d.width) for d in rendered.detections] == [(80, 4)]
    assert rendered.planes["result"][:, :, 84:].tobytes() == dirty.frames[3][:, :, 84:].tobytes()
    assert (rendered.planes["matte"][0, 50:56, 80:84] == 1).all()


@pytest.mark.parametrize("settings_of_run", [{}, {"dilate": 3, "feather": 2.5, "strength": 0.7}])
def test_core_by_kind_that_comes_back_gives_the_same_bits(
    store: ModelStore, dirty: Dirty, settings_of_run: dict[str, object]
) -> None:
    found = one(store, dirty.frames, **settings_of_run)
    core = mask_of(found.detections, (101, 150))
    coded = np.tensordot(np.array([1, 2, 4], np.float32) / 8, core.astype(np.float32), 1)
    again = one(store, dirty.frames, matte=clip(coded), matte_use="classes", **settings_of_run)
    for name in ALL:
        assert again.planes[name].tobytes() == found.planes[name].tobytes(), name
    assert [d.runs for d in again.detections] == [d.runs for d in found.detections]


def test_with_a_matte_that_says_all_nothing_is_looked_for(store: ModelStore, dirty: Dirty) -> None:
    renderer = repair_renderer(store)
    repaired(renderer, dirty.frames, [3], matte=clip(np.ones((101, 150))))
    assert renderer.sessions.loaded == []


def test_region_keeps_result_matte_classes_and_list_to_it(store: ModelStore, dirty: Dirty) -> None:
    region = np.zeros((101, 150), np.float32)
    region[:, :83], region[:, 83] = 1, 0.25
    everywhere, inside = one(store, dirty.frames), one(store, dirty.frames, mask=clip(region))
    assert inside.planes["result"][:, :, 84:].tobytes() == dirty.frames[3][:, :, 84:].tobytes()
    assert inside.planes["result"][:, :, :83].tobytes() == everywhere.planes["result"][:, :, :83].tobytes()
    assert inside.planes["matte"].tobytes() == (everywhere.planes["matte"] * region).tobytes()
    assert inside.planes["classes"].tobytes() == (everywhere.planes["classes"] * region).tobytes()
    assert [(d.left, d.width, d.area_px) for d in inside.detections] == [(80, 3, 18)]


def test_linear_light_is_mended_as_its_display_values_are(store: ModelStore, dirty: Dirty) -> None:
    linear = to_linear(Transfer.VIDEO, dirty.frames)
    shown, mended = one(store, dirty.frames), one(store, linear, input_transfer="linear")
    assert mended.planes["matte"].tobytes() == shown.planes["matte"].tobytes()
    outside = np.broadcast_to(shown.planes["matte"] == 0, linear[3].shape)
    assert same_bits(mended.planes["result"], linear[3])[outside].all()
    expected = to_linear(Transfer.VIDEO, shown.planes["result"])
    np.testing.assert_allclose(mended.planes["result"], expected, atol=2e-3)
    np.testing.assert_allclose(mended.planes["overlay"], to_linear(Transfer.VIDEO, shown.planes["overlay"]), atol=1e-4)


def test_identity_is_known_before_any_frame_is_read(store: ModelStore, dirty: Dirty) -> None:
    off = dict.fromkeys(("blotches", "hairs", "scratches"), False)
    for values in ({"strength": 0.0}, {**off, "matte_use": "protect"}, off):
        rendered = one(store, dirty.frames, outputs=("result",), **values)
        assert rendered.planes["result"].tobytes() == dirty.frames[3].tobytes()
        assert (rendered.first_frame_used, rendered.last_frame_used) == (3, 3)


def test_every_kind_has_a_colour_of_its_own() -> None:
    assert set(COLOURS) == set(KINDS)
    assert len(set(COLOURS.values())) == 3
