"""Clips made from photographs: the same bytes at every run, motion as the scene says, the photograph as it is."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend_models.training.footage import FootageError, MadeClip, Recipe, made_clip
from reelmend_models.training.footage.made.clip import _view
from reelmend_models.training.footage.made.motion import Camera, Drift, Shake
from reelmend_models.training.footage.made.pictures import read_photo
from reelmend_models.training.footage.made.scene import CutOut, Scene, draw_scene
from support.footage_shelf import photo_bytes

STILL = Drift()
RECIPE = Recipe("tree", ("house", "river"), seed=3, width=160, height=96, frames=8)
# Photograph pixels per frame height, speed across, shutter and number of cut-outs of the scene of one recipe.
PINNED_SCENE = (1530.4677250801656, 0.005826343323568334, 0.0, 2)
POLE = CutOut(0, "pole", 0.1, 0.001, 1.0, 1.0, 0.0, 0.0, 0.0, (0.0, 0.0), 0.0, 0.0, 7)


@pytest.fixture(scope="session")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("photos")
    files = {name: folder / f"{name}.png" for name in ("tree", "house", "river")}
    for seed, file in enumerate(files.values()):
        file.write_bytes(photo_bytes(seed))
    return files


def still_scene(**changes: object) -> Scene:
    """Return a scene in which nothing moves but the changes, at one photograph pixel per pixel of a 96-line frame."""
    scene = Scene(Camera(STILL, STILL, STILL, STILL), 96.0, 0.0, 0, (), 0.0, STILL)
    return replace(scene, **changes)  # type: ignore[arg-type]


@pytest.fixture
def clip_of(photos: dict[str, Path], monkeypatch: pytest.MonkeyPatch) -> Callable[[Scene], MadeClip]:
    """Return a made clip of a scene that the test has set instead of drawing it."""

    def make(scene: Scene) -> MadeClip:
        monkeypatch.setattr("reelmend_models.training.footage.made.clip.draw_scene", lambda *_: scene)
        return MadeClip(RECIPE, photos)

    return make


def middle_of_tree(photos: dict[str, Path], left: int = 160, top: int = 112) -> np.ndarray:
    return read_photo(photos["tree"])[top : top + 96, left : left + 160].astype(np.float32) / 255


def test_photographs_are_read_as_rgb(tmp_path: Path) -> None:
    cv2.imwrite(str(tmp_path / "red.png"), np.full((16, 16, 3), (10, 20, 250), np.uint8))
    assert read_photo(tmp_path / "red.png")[0, 0].tolist() == [250, 20, 10]


@pytest.mark.parametrize("seed", range(6))
def test_the_same_recipe_gives_the_same_bytes_in_any_order_and_on_any_number_of_threads(
    seed: int, photos: dict[str, Path]
) -> None:
    recipe = replace(RECIPE, seed=seed)
    frames = [frame.tobytes() for frame in made_clip(recipe, photos)]
    threads = cv2.getNumThreads()
    try:
        cv2.setNumThreads(1)
        clip = MadeClip(recipe, photos)
        again = {index: clip.frame(index).tobytes() for index in reversed(range(recipe.frames))}
    finally:
        cv2.setNumThreads(threads)
    assert [again[index] for index in range(recipe.frames)] == frames


def test_another_seed_gives_another_clip(photos: dict[str, Path]) -> None:
    first, second = (next(made_clip(replace(RECIPE, seed=seed), photos)) for seed in (1, 2))
    assert np.abs(first - second).mean() > 0.01


def test_frames_are_float_display_values(photos: dict[str, Path]) -> None:
    for seed in range(4):
        for frame in made_clip(replace(RECIPE, seed=seed), photos):
            assert frame.shape == (96, 160, 3)
            assert frame.dtype == np.float32
            assert frame.min() >= 0
            assert frame.max() <= 1


def test_where_nothing_moves_the_photograph_itself_comes_back(
    photos: dict[str, Path], clip_of: Callable[[Scene], MadeClip]
) -> None:
    for index in (0, 7):
        frame = clip_of(still_scene()).frame(index)
        np.testing.assert_allclose(frame, middle_of_tree(photos), atol=1e-4)


def test_a_pan_moves_the_photograph_by_its_speed(photos: dict[str, Path], clip_of: Callable[[Scene], MadeClip]) -> None:
    pan = Drift(reach=1e6, speed=10 / 96, middle=0.0)
    clip = clip_of(still_scene(camera=Camera(pan, STILL, STILL, STILL)))
    np.testing.assert_allclose(clip.frame(5), middle_of_tree(photos, left=160 + 50), atol=1e-3)


def test_a_turn_of_the_camera_turns_the_picture_about_its_middle(
    photos: dict[str, Path], clip_of: Callable[[Scene], MadeClip]
) -> None:
    turn = Drift(reach=1e6, speed=math.pi / 2, middle=0.0)
    clip = clip_of(still_scene(camera=Camera(STILL, STILL, STILL, turn)))
    upright, turned = clip.frame(0)[:, 32:128], clip.frame(1)[:, 32:128]
    np.testing.assert_allclose(turned, np.rot90(upright), atol=1e-2)


def test_zooming_in_shows_the_middle_larger(photos: dict[str, Path], clip_of: Callable[[Scene], MadeClip]) -> None:
    zoom = Drift(reach=1e6, speed=math.log(2), middle=0.0)
    clip = clip_of(still_scene(camera=Camera(STILL, STILL, zoom, STILL)))
    near = cv2.resize(clip.frame(1), (80, 48), interpolation=cv2.INTER_AREA)
    assert np.abs(near - clip.frame(0)[24:72, 40:120]).mean() < 0.02


def test_the_open_shutter_averages_the_light_along_the_motion(
    photos: dict[str, Path], clip_of: Callable[[Scene], MadeClip]
) -> None:
    pan = Camera(Drift(1e6, 44 / 96, 0.0), STILL, STILL, STILL)
    frame = clip_of(still_scene(camera=pan, shutter=0.5)).frame(1)
    moments = [middle_of_tree(photos, left=160 + 44 + 2 * step) ** 2 for step in range(12)]
    np.testing.assert_allclose(frame, np.sqrt(np.mean(moments, axis=0)), atol=2e-3)


def test_a_motion_of_a_pixel_needs_no_blur(clip_of: Callable[[Scene], MadeClip]) -> None:
    pan = Camera(Drift(1e6, 1 / 96, 0.0), STILL, STILL, STILL)
    open_ = clip_of(still_scene(camera=pan, shutter=0.6)).frame(2)
    assert open_.tobytes() == clip_of(still_scene(camera=pan)).frame(2).tobytes()


def test_light_rises_by_its_stops(clip_of: Callable[[Scene], MadeClip]) -> None:
    dark = clip_of(still_scene(light=Drift(1e6, -0.5, 0.0)))
    np.testing.assert_allclose(dark.frame(4) ** 2, dark.frame(0) ** 2 / 4, atol=1e-5)


def test_relief_lets_near_parts_pass_faster_than_far_ones(clip_of: Callable[[Scene], MadeClip]) -> None:
    pan = Camera(Drift(1e6, 4 / 96, 0.0), STILL, STILL, STILL)
    clip = clip_of(still_scene(camera=pan, relief=0.3))
    flow = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM).calc(
        *[(cv2.cvtColor(clip.frame(index), cv2.COLOR_RGB2GRAY) * 255).astype(np.uint8) for index in (1, 2)], None
    )
    rows = -flow[:, 20:-20, 0].mean(axis=1)
    assert rows[-20:].mean() > rows[:20].mean() + 0.4
    assert rows.mean() == pytest.approx(4, abs=1)


def test_a_cut_out_stands_where_and_when_the_scene_says(clip_of: Callable[[Scene], MadeClip]) -> None:
    pan = Camera(Drift(1e6, 0.02, 3.0), Drift(1e6, -0.01, 1.0), Drift(0.2, 0.05, 2.0), Drift(0.1, 0.02, 2.0))
    pole = replace(POLE, appears=5.0, u=0.3, v=-0.2, velocity=(0.1, 0.05), nearness=1.7, spin=0.1)
    clip = clip_of(still_scene(camera=pan, cut_outs=(pole,)))
    layer = clip._layers[0]
    middle = np.array([(layer.picture.shape[1] - 1) / 2, (layer.picture.shape[0] - 1) / 2, 1])
    place = layer.matrix(clip.scene, RECIPE, 5.0) @ middle
    np.testing.assert_allclose(place, [159 / 2 + 0.3 * 96, 95 / 2 - 0.2 * 96], atol=1e-6)


def test_a_cut_out_hides_what_is_behind_it_and_nothing_else(clip_of: Callable[[Scene], MadeClip]) -> None:
    bare = clip_of(still_scene()).frame(0)
    hidden = clip_of(still_scene(cut_outs=(replace(POLE, gain=0.0),))).frame(0)
    changed = np.abs(hidden - bare).max(axis=2) > 0.01
    columns = np.flatnonzero(changed.any(axis=0))
    assert 8 <= len(columns) <= 16
    assert columns.mean() == pytest.approx(159 / 2, abs=0.6)
    assert hidden[:, 79:81].max() < 0.02
    assert (hidden[~changed] - bare[~changed]).max() < 0.011


def test_a_cut_out_that_has_left_the_frame_costs_nothing(clip_of: Callable[[Scene], MadeClip]) -> None:
    gone = replace(POLE, u=5.0)
    assert clip_of(still_scene(cut_outs=(gone,))).frame(0).tobytes() == clip_of(still_scene()).frame(0).tobytes()


def test_near_layers_pass_faster_than_the_background(clip_of: Callable[[Scene], MadeClip]) -> None:
    pan = Camera(Drift(1e6, 0.05, 0.0), Drift(1e6, -0.02, 0.0), STILL, STILL)
    clip = clip_of(still_scene(camera=pan, cut_outs=(replace(POLE, nearness=2.0),)))
    before, after = (clip._layers[0].matrix(clip.scene, RECIPE, time)[:, 2] for time in (0.0, 1.0))
    np.testing.assert_allclose(after - before, [-2.0 * 0.05 * 96, 2.0 * 0.02 * 96])


PHOTO_SIZES = [(4000, 3000), (2056, 3088), (1280, 1024), (5312, 2988), (1290, 730)]


@pytest.mark.parametrize("size", PHOTO_SIZES)
def test_the_camera_turns_round_slowly_however_little_room_it_has(size: tuple[int, int]) -> None:
    for seed in range(100):
        camera = draw_scene(Recipe("tree", (), seed), *size).camera
        for drift in (camera.x, camera.y, camera.log_zoom, camera.angle):
            way = [replace(drift, shakes=()).at(time) for time in range(49)]
            assert np.abs(np.diff(way, 2)).max() <= 0.02 * math.pi / 24


@pytest.mark.parametrize("size", PHOTO_SIZES)
def test_the_camera_never_looks_beyond_the_photograph(size: tuple[int, int]) -> None:
    for seed in range(50):
        recipe = Recipe("tree", (), seed)
        scene = draw_scene(recipe, *size)
        camera = scene.camera
        shaken = sum(shake.amplitude for drift in (camera.x, camera.y, camera.angle) for shake in drift.shakes)
        for time in range(0, 600, 9):
            corners = np.array([(u, v) for u in (-8 / 9, 8 / 9) for v in (-0.5, 0.5)])
            reach = np.abs(_view(camera.at(time), corners)).max(axis=0)
            assert (reach <= np.array(size) / 2 / scene.scale + shaken + 1e-9).all(), (seed, time)


def test_the_same_scene_at_half_the_size_looks_the_same(photos: dict[str, Path]) -> None:
    for seed in range(4):
        large = MadeClip(replace(RECIPE, seed=seed).resized(320, 192), photos).frame(3)
        small = MadeClip(replace(RECIPE, seed=seed), photos).frame(3)
        difference = cv2.resize(large, (160, 96), interpolation=cv2.INTER_AREA) - small
        assert np.abs(cv2.GaussianBlur(difference, (0, 0), 2)).mean() < 0.015


def test_drawn_scenes_are_of_every_kind() -> None:
    scenes = [draw_scene(Recipe("tree", ("a", "b"), seed), 4000, 3000) for seed in range(200)]
    cut_outs = [cut_out for scene in scenes for cut_out in scene.cut_outs]
    assert {cut_out.shape for cut_out in cut_outs} == {"blob", "polygon", "pole"}
    assert {cut_out.photo for cut_out in cut_outs} == {0, 1}
    for trait in (
        lambda s: s.camera.x.reach, lambda s: s.camera.log_zoom.reach, lambda s: s.camera.angle.reach,
        lambda s: s.camera.x.shakes, lambda s: s.relief, lambda s: s.shutter, lambda s: s.light.reach,
        lambda s: s.cut_outs,
    ):  # fmt: skip
        share = np.mean([bool(trait(scene)) for scene in scenes])
        assert 0.15 < share < 0.95


def test_a_drawn_scene_stays_what_it_was() -> None:
    """A change here means that recipes give other clips than before: raise RENDERER in recipe.py."""
    scene = draw_scene(Recipe("tree", ("a", "b"), 2_000_007), 4000, 3000)
    drawn = (scene.scale, scene.camera.x.speed, scene.shutter, len(scene.cut_outs))
    assert drawn == pytest.approx(PINNED_SCENE)


def test_a_drift_never_leaves_its_reach_and_passes_the_middle_at_its_speed() -> None:
    drift = Drift(reach=0.5, speed=0.02, middle=24.0)
    values = np.array([drift.at(time) for time in np.arange(0, 2000, 0.5)])
    assert np.abs(values).max() <= 0.5
    assert drift.at(25) - drift.at(24) == pytest.approx(0.02, rel=1e-3)


def test_a_shake_adds_its_sine() -> None:
    assert Drift(shakes=(Shake(0.1, 0.25, 0.0),)).at(1.0) == pytest.approx(0.1)


def test_a_photograph_that_is_not_built_is_named(photos: dict[str, Path]) -> None:
    with pytest.raises(FootageError, match="photographs river are not built; build the footage without --quick"):
        MadeClip(RECIPE, {name: photos[name] for name in ("tree", "house")})


def test_a_photograph_that_cannot_be_decoded_is_named(photos: dict[str, Path], tmp_path: Path) -> None:
    (tmp_path / "bad.png").write_bytes(b"\x89PNG but no more")
    with pytest.raises(FootageError, match=r"bad\.png is missing or cannot be decoded; build the footage again"):
        MadeClip(RECIPE, {**photos, "river": tmp_path / "bad.png"})


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"width": 8}, {"height": 0}, {"frames": 0}])
def test_a_recipe_that_cannot_be_cooked_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(FootageError, match=r"seed must be at least 0|needs 16×16 pixels and one frame at least"):
        replace(RECIPE, **wrong)  # type: ignore[arg-type]


@pytest.mark.parametrize("index", [-1, 8])
def test_a_frame_beyond_the_clip_is_an_index_error(photos: dict[str, Path], index: int) -> None:
    with pytest.raises(IndexError, match=f"frame {index} is not in a clip of 8 frames"):
        MadeClip(RECIPE, photos).frame(index)
