"""What holds for all scenery."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import ClipInfo, DamageError
from reelmend_models.scenery import Flashes, Scenery, SceneryPlan, cropped

Frames = NDArray[np.float32]
CLIP = ClipInfo(90, 108, 160)
START = 40


def plan_of(scenery: Scenery, clip: ClipInfo = CLIP, seed: int = 7) -> SceneryPlan:
    """Return a plan of scenery."""
    plan = scenery.plan(clip, seed)
    assert isinstance(plan, SceneryPlan)
    return plan


def test_frames_asked_in_any_order_and_of_another_plan_are_the_same_bytes(scenery: Scenery, frames: Frames) -> None:
    plan = plan_of(scenery)
    together = [plan.apply(frame, START + index)[0].tobytes() for index, frame in enumerate(frames)]
    again = plan_of(scenery)
    for index in (3, 0, 4, 1, 2, 3):
        assert again.apply(frames[index], START + index)[0].tobytes() == together[index]


def test_longer_clip_begins_with_the_same_scenery(scenery: Scenery, frames: Frames) -> None:
    long = plan_of(scenery, ClipInfo(700, 108, 160))
    for index in (0, START):
        assert long.apply(frames[0], index)[0].tobytes() == plan_of(scenery).apply(frames[0], index)[0].tobytes()


def test_it_changes_the_picture_and_from_frame_to_frame(scenery: Scenery, frames: Frames) -> None:
    plan = plan_of(scenery)
    shown = [plan.apply(frames[0], index)[0] for index in range(START, START + 12)]
    assert any((picture != frames[0]).any() for picture in shown)
    assert len({picture.tobytes() for picture in shown}) > 1


def test_another_seed_gives_another_picture(scenery: Scenery, frames: Frames) -> None:
    one, other = (
        b"".join(plan_of(scenery, seed=seed).apply(frames[0], index)[0].tobytes() for index in range(START, START + 6))
        for seed in (7, 8)
    )
    assert one != other


def test_every_frame_is_within_the_range_of_a_picture(scenery: Scenery, frames: Frames) -> None:
    plan = plan_of(scenery)
    for index in range(0, 90, 17):
        picture = plan.apply(frames[0], index)[0]
        assert picture.dtype == np.float32
        assert picture.min() >= 0.0
        assert picture.max() <= 1.0 + 1e-6


def test_what_it_draws_is_no_damage_and_the_source_is_left_as_it_was(scenery: Scenery, frames: Frames) -> None:
    before = frames.tobytes()
    truth = plan_of(scenery).apply(frames[0], START)[1]
    assert not truth.mattes
    assert truth.gain is None
    assert frames.tobytes() == before


def test_what_no_layer_covers_keeps_its_bits(scenery: Scenery, frames: Frames) -> None:
    if isinstance(scenery, Flashes):
        scenery = replace(scenery, gain=1.0)
    plan = plan_of(scenery)
    covered = plan.cover(START)
    changed = (plan.apply(frames[0], START)[0] != frames[0]).any(axis=2)
    assert covered.min() >= 0.0
    assert covered.max() <= 1.0
    assert not changed[covered == 0.0].any()
    assert changed[covered > 0.3].all()


def test_nan_stays_and_values_above_white_that_nothing_covers_too(scenery: Scenery, frames: Frames) -> None:
    plan = plan_of(scenery)
    frames[0, 40, 50] = np.nan
    frames[0, ::9, ::9] = 3.0
    picture = plan.apply(frames[0], START)[0]
    assert np.isnan(picture[40, 50]).all()
    assert np.isnan(picture).sum() == 3
    bare = (plan.cover(START) == 0.0) & (frames[0] == 3.0).all(axis=2)
    assert (picture[bare] == 3.0).all()


@pytest.mark.parametrize(("height", "width"), [(17, 33), (33, 17), (1, 1), (2, 3), (240, 16)])
def test_odd_sizes_work(scenery: Scenery, height: int, width: int) -> None:
    frame = np.full((height, width, 3), 0.5, np.float32)
    picture = plan_of(scenery, ClipInfo(50, height, width)).apply(frame, 49)[0]
    assert picture.shape == (height, width, 3)
    assert np.isfinite(picture).all()


def test_a_frame_outside_the_plan_is_refused(scenery: Scenery, frames: Frames) -> None:
    with pytest.raises(DamageError, match="frame 90 is outside the planned clip of 90 frames"):
        plan_of(scenery).apply(frames[0], 90)


def test_a_crop_has_things_of_the_size_of_the_whole_picture(scenery: Scenery) -> None:
    wide = cropped(scenery, 3.0)
    assert isinstance(wide, Scenery)
    assert wide.whole_px(CLIP) == 324.0
    assert replace(wide, crop=1.0) == scenery


def test_a_crop_below_its_frames_and_settings_out_of_range_are_refused(scenery: Scenery) -> None:
    with pytest.raises(DamageError, match=r"crop must lie in 0\.05"):
        replace(scenery, crop=0.0)
    for setting, (low, _) in scenery.limits.items():
        with pytest.raises(DamageError, match=setting):
            replace(scenery, **{setting: low - 1.0})
