"""Looks: the picture as the model takes it, made once, with motion composed along the frames."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.colour import Transfer, from_linear
from reelmend.effects.repair.looks import CODE_LIMIT, Looks
from reelmend.inference.models import ModelStore
from reelmend.motion import composed, flow_between, texture_of
from support.clips import moving_scene
from support.repair_models import looks_at

FRAMES = moving_scene(5, width=90, height=70)


def test_frame_that_the_model_takes_as_it_is_is_not_copied(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES)
    assert np.shares_memory(looks.code(looks.window.centre_frame), FRAMES)


def test_linear_light_is_given_as_display_values(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES, transfer="linear")
    expected = from_linear(Transfer.VIDEO, FRAMES[2])
    np.testing.assert_allclose(looks.code(looks.window.centre_frame), expected, atol=1e-6)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_pixel_that_is_no_number_is_taken_for_what_is_around_it(store: ModelStore, value: float) -> None:
    frames = FRAMES.copy()
    frames[2, 1, 10:13, 70:72] = value
    looks = looks_at(store, frames)
    code = looks.code(looks.window.centre_frame)
    spoilt = np.zeros((70, 90), bool)
    spoilt[10:13, 70:72] = True
    assert code[:, ~spoilt].tobytes() == FRAMES[2][:, ~spoilt].tobytes()
    assert np.abs(code[:, spoilt] - FRAMES[2][:, spoilt]).max() < 0.1


def test_picture_without_any_number_is_black(store: ModelStore) -> None:
    frames = FRAMES.copy()
    frames[2] = np.nan
    looks = looks_at(store, frames)
    assert not looks.code(looks.window.centre_frame).any()
    assert not looks.look(looks.window.centre_frame).luma.any()


def test_half_a_picture_without_numbers_is_filled_from_the_other(store: ModelStore) -> None:
    frames = np.full((5, 3, 400, 500), 0.25, np.float32)
    frames[2, :, :, 100:] = np.inf
    looks = looks_at(store, frames)
    np.testing.assert_allclose(looks.code(looks.window.centre_frame), 0.25, atol=1e-6)


def test_light_beyond_all_bounds_is_bounded(store: ModelStore) -> None:
    frames = FRAMES.copy()
    frames[2, 0, 5, 5], frames[2, 0, 6, 6] = 3e38, -3e38
    looks = looks_at(store, frames)
    code = looks.code(looks.window.centre_frame)
    assert (code[0, 5, 5], code[0, 6, 6]) == (CODE_LIMIT, -CODE_LIMIT)
    assert looks.look(looks.window.centre_frame).luma.max() <= 4


def test_luma_is_that_of_rec_709_and_one_plane_its_own(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES)
    expected = np.tensordot([0.2126, 0.7152, 0.0722], FRAMES[2], 1)
    np.testing.assert_allclose(looks.look(looks.window.centre_frame).luma, expected, atol=1e-6)
    grey = looks_at(store, np.ascontiguousarray(FRAMES[:, :1]))
    assert grey.look(grey.window.centre_frame).luma.tobytes() == FRAMES[2, 0].tobytes()


def test_flow_to_a_far_frame_is_composed_along_the_frames_between(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES)
    textures = [texture_of(looks.look(ref).luma) for ref in looks.window.frames]
    first, second = (flow_between(textures[a], textures[b]) for a, b in ((2, 3), (3, 4)))
    assert looks.flow_to(2) is not None
    assert looks.flow_to(1).tobytes() == first.tobytes()  # type: ignore[union-attr]
    assert looks.flow_to(2).tobytes() == composed(first, second).tobytes()  # type: ignore[union-attr]
    assert not looks.flow_to(0).any()  # type: ignore[union-attr]


def test_there_is_no_flow_beyond_a_cut_or_the_window(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES, own=(False, True, True, True, False))
    assert [looks.flow_to(offset) is None for offset in range(-3, 4)] == [True, True, False, False, False, True, True]


def test_look_and_flow_are_made_once_for_all_windows(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES)
    before, after = looks.window.frames[2:4]
    assert not looks.is_looked_at(before)
    assert not looks.is_measured(before, after)
    flow = looks.flow(before, after)
    again = Looks(looks.bench, looks.window)
    assert again.is_looked_at(before)
    assert again.is_measured(before, after)
    assert again.flow(before, after) is flow


def test_repeated_frame_does_not_move(store: ModelStore) -> None:
    frames = FRAMES.copy()
    frames[3] = frames[2]
    looks = looks_at(store, frames)
    assert not looks.flow(*looks.window.frames[2:4]).any()
