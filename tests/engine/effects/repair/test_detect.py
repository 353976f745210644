"""What the graph "detect" is given: five frames moved onto the middle one, as it was trained on."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from reelmend.effects.repair.detect import Detector, Found
from reelmend.inference.models import ModelStore
from reelmend.motion import composed, disagreement, flow_between, moved, texture_of
from reelmend_models.training.repair.samples import quartered
from support.clips import Frames, moving_scene
from support.repair_models import looks_at, write_repair

FRAMES = moving_scene(5, width=96, height=64)
FIRST, SECOND, MISSED = (
    f"""<ir_version: 10, opset_import: ["": 20]>
    detect (float[5, H, W] luma, float[2, h, w] missed) => (float[3, H, W] likelihood)
    {{
      chosen = Constant <value: tensor = int64[3] {{{chosen}}}> ()
      size = Constant <value: tensor = float[3] {{1.0, 4.0, 4.0}}> ()
      nowhere = Constant <value: tensor = float[0] {{}}> ()
      larger = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">
        (missed, nowhere, size)
      all = Concat <axis = 0> (luma, larger)
      likelihood = Gather <axis = 0> (all, chosen)
    }}"""
    for chosen in ("0, 1, 2", "2, 3, 4", "5, 6, 6")
)
"""Graphs that put out what they are given."""


def seen(folder: Path, graph: str, frames: Frames, own: Sequence[bool] = (True,) * 5) -> Found:
    """Return what a graph says of the middle one of the frames."""
    looks = looks_at(write_repair(folder, graph), frames, tuple(own))
    return Detector(looks.bench, looks).found()


def lumas(frames: Frames) -> list[np.ndarray]:
    return [np.tensordot(np.array([0.2126, 0.7152, 0.0722], np.float32), frame, 1) for frame in frames]


def test_neighbours_lie_on_the_middle_frame_along_the_flow(tmp_path: Path) -> None:
    planes = lumas(FRAMES)
    textures = [texture_of(plane) for plane in planes]
    near = {n: flow_between(textures[2], textures[n]) for n in (1, 3)}
    far = {n: composed(near[m], flow_between(textures[m], textures[n])) for m, n in ((1, 0), (3, 4))}
    flows = {**near, **far}
    expected = [planes[n] if n == 2 else moved(planes[n], flows[n]) for n in range(5)]
    np.testing.assert_allclose(seen(tmp_path, FIRST, FRAMES).likelihood, expected[:3], atol=2e-5)
    np.testing.assert_allclose(seen(tmp_path, SECOND, FRAMES).likelihood, expected[2:], atol=2e-5)


def test_flow_that_misses_is_told_as_in_training(tmp_path: Path) -> None:
    textures = [texture_of(plane) for plane in lumas(FRAMES)]
    both = [(flow_between(textures[2], textures[n]), flow_between(textures[n], textures[2])) for n in (1, 3)]
    found = seen(tmp_path, MISSED, FRAMES).likelihood[:2]
    for plane, (there, back) in zip(found, both, strict=True):
        np.testing.assert_allclose(plane[::4, ::4], quartered(disagreement(there, back)), atol=2e-5)


def test_picture_is_padded_by_its_edge(tmp_path: Path) -> None:
    odd = np.ascontiguousarray(FRAMES[:, :, :61, :83])
    found = seen(tmp_path, FIRST, odd)
    assert np.stack(found.likelihood).shape == (3, 61, 83)
    np.testing.assert_allclose(found.likelihood[2], lumas(odd)[2], atol=1e-6)
    assert found.unrest.shape == (16, 21)


@pytest.mark.parametrize(
    ("own", "expected"),
    [
        ((False, True, True, True, True), (4, 1, 2, 3, 4)),
        ((False, False, True, True, True), (4, 3, 2, 3, 4)),
        ((True, True, True, False, False), (0, 1, 2, 1, 0)),
        ((False, True, True, False, False), (1, 1, 2, 1, 1)),
        ((False, True, True, True, False), (1, 1, 2, 3, 3)),
    ],
)
def test_where_a_neighbour_lacks_its_mirror_image_stands_in(
    tmp_path: Path, own: tuple[bool, ...], expected: tuple[int, ...]
) -> None:
    levels = np.array([0.1, 0.3, 0.5, 0.7, 0.9], np.float32)
    flat = np.broadcast_to(levels[:, None, None, None], (5, 3, 16, 16)).copy()
    given = [*seen(tmp_path, FIRST, flat, own).likelihood[:2], *seen(tmp_path, SECOND, flat, own).likelihood]
    assert [round(float(plane.mean()), 3) for plane in given] == [round(float(levels[n]), 3) for n in expected]


def test_without_any_neighbour_nothing_is_found(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES, (False, False, True, False, False))
    found = Detector(looks.bench, looks).found()
    assert not np.stack(found.likelihood).any()
    assert not found.unrest.any()


def test_unrest_is_where_motion_is_fast_or_not_known(store: ModelStore) -> None:
    still = np.repeat(FRAMES[:1], 5, axis=0) + np.random.default_rng(1).normal(0, 1e-3, FRAMES.shape)
    shifted = np.stack([np.roll(FRAMES[0], 9 * n, axis=2) for n in range(5)])
    calm, fast = (
        Detector(looks.bench, looks).found().unrest
        for looks in (looks_at(store, frames.astype(np.float32)) for frames in (still, shifted))
    )
    assert calm.max() < 0.1
    assert np.median(fast) > 0.9


def test_what_is_found_is_remembered_by_the_five_frames(store: ModelStore) -> None:
    looks = looks_at(store, FRAMES)
    detector = Detector(looks.bench, looks)
    assert {ref.frame for ref in detector.lacks()} == {0, 1, 2, 3, 4}
    found = detector.found()
    again = Detector(looks.bench, looks)
    assert again.is_at_hand()
    assert again.lacks() == []
    assert again.found() is found
