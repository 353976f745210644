"""What holds for every stage and every preset."""

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import DEFECT_CLASSES, ClipInfo, DamageError, Interlacing, Stage, damage_clip
from reelmend_models.damage.stage import LookAheadPlan, Truth, apply_plan

Frames = NDArray[np.float32]


def _truth_bytes(truth: Truth) -> bytes:
    fields = [*truth.mattes.values(), truth.gain, truth.displacement]
    return b"".join(b"-" if field is None else field.tobytes() for field in fields) + repr(truth.values).encode()


def test_same_seed_gives_the_same_bytes_and_the_same_truth(stage: Stage, frames: Frames) -> None:
    first, first_truths = stage.apply(frames, seed=7)
    second, second_truths = stage.apply(frames, seed=7)
    assert first.tobytes() == second.tobytes()
    assert [*map(_truth_bytes, first_truths)] == [*map(_truth_bytes, second_truths)]


def test_stage_changes_the_picture(stage: Stage, frames: Frames) -> None:
    assert stage.apply(frames, seed=7)[0].tobytes() != frames.tobytes()


def test_another_seed_gives_another_result(random_stage: Stage, frames: Frames) -> None:
    assert random_stage.apply(frames, seed=7)[0].tobytes() != random_stage.apply(frames, seed=8)[0].tobytes()


def test_frames_asked_in_any_order_are_the_same_bytes(stage: Stage, frames: Frames) -> None:
    together, truths = stage.apply(frames, seed=7)
    plan = stage.plan(ClipInfo(4, 96, 160), 7)
    for index in (2, 0, 3, 1, 2):
        following = frames[index + 1] if index < 3 else None
        damaged, truth = apply_plan(plan, frames[index], following, index)
        assert damaged.tobytes() == together[index].tobytes()
        assert _truth_bytes(truth) == _truth_bytes(truths[index])


def test_longer_clip_begins_with_the_same_damage(stage: Stage, frames: Frames) -> None:
    short, long = stage.plan(ClipInfo(4, 96, 160), 7), stage.plan(ClipInfo(90, 96, 160), 7)
    for index in range(4):
        assert short.apply(frames[index], index)[0].tobytes() == long.apply(frames[index], index)[0].tobytes()


def test_stream_gives_the_same_bytes_as_the_array(stage: Stage, frames: Frames) -> None:
    together, truths = stage.apply(frames, seed=7)
    streamed = list(damage_clip(iter(frames), stage, seed=7))
    assert b"".join(frame.tobytes() for frame, _ in streamed) == together.tobytes()
    assert [_truth_bytes(truth) for _, truth in streamed] == [*map(_truth_bytes, truths)]


def test_views_with_turned_channels_and_read_only_frames_work(stage: Stage, frames: Frames) -> None:
    turned = np.ascontiguousarray(frames[..., ::-1])[..., ::-1]
    turned.setflags(write=False)
    assert turned.strides[3] < 0
    assert stage.apply(turned, seed=7)[0].tobytes() == stage.apply(frames, seed=7)[0].tobytes()


def test_source_is_left_as_it_was(stage: Stage, frames: Frames) -> None:
    before = frames.tobytes()
    stage.apply(frames, seed=7)
    assert frames.tobytes() == before


@pytest.mark.parametrize(("count", "height", "width"), [(2, 17, 33), (1, 33, 17), (1, 96, 160), (2, 1, 1), (2, 2, 3)])
def test_odd_sizes_and_single_frames_work(
    stage: Stage, frames_of: Callable[[int, int, int], Frames], count: int, height: int, width: int
) -> None:
    damaged, truths = stage.apply(frames_of(count, height, width), seed=7)
    assert damaged.shape == (count, height, width, 3)
    assert damaged.dtype == np.float32
    assert np.isfinite(damaged).all()
    for truth in truths:
        assert all(matte.shape == (height, width) for matte in truth.mattes.values())
        assert truth.gain is None or truth.gain.shape == (height, width)
        assert truth.displacement is None or truth.displacement.shape == (height, width, 2)


def test_truth_is_float32_within_its_range_and_of_known_classes(stage: Stage, frames: Frames) -> None:
    for truth in stage.apply(frames, seed=7)[1]:
        assert set(truth.mattes) <= set(DEFECT_CLASSES)
        for matte in truth.mattes.values():
            assert matte.dtype == np.float32
            assert matte.min() >= 0.0
            assert matte.max() <= 1.0
        for field in (truth.gain, truth.displacement):
            assert field is None or (field.dtype == np.float32 and np.isfinite(field).all())


def test_nan_stays_and_does_not_spread(stage: Stage, frames: Frames) -> None:
    frames[:, 40, 50] = np.nan
    damaged, _ = stage.apply(frames, seed=7)
    assert np.isnan(damaged[:, 40, 50]).all()
    assert np.isnan(damaged).sum() == 4 * 3


def test_values_above_white_and_below_black_are_not_clipped(stage: Stage, frames: Frames) -> None:
    damaged, _ = stage.apply(frames * 12.0 - 3.0, seed=7)
    assert damaged.max() > 3.0
    assert damaged.min() < -0.1


def test_frame_of_another_size_is_refused_by_name(stage: Stage, frames: Frames) -> None:
    plan = stage.plan(ClipInfo(4, 96, 161), 7)
    with pytest.raises(DamageError, match=r"frame 1 must be \(96, 161, 3\) float32 as planned, got \(96, 160, 3\)"):
        plan.apply(frames[1], 1)
    with pytest.raises(DamageError, match="frame 9 is outside the planned clip of 4 frames"):
        stage.plan(ClipInfo(4, 96, 160), 7).apply(frames[0], 9)


def test_seed_below_zero_is_refused(stage: Stage, frames: Frames) -> None:
    with pytest.raises(DamageError, match="seed must be a whole number of at least 0, got -1"):
        stage.apply(frames, seed=-1)


def test_only_stages_with_look_ahead_use_the_next_frame(stage: Stage, frames: Frames) -> None:
    plan = stage.plan(ClipInfo(4, 96, 160), 7)
    stages = getattr(stage, "stages", (stage,))
    alone, _ = apply_plan(plan, frames[0], None, 0)
    between, _ = apply_plan(plan, frames[0], frames[1], 0)
    assert (alone.tobytes() != between.tobytes()) == any(isinstance(each, Interlacing) for each in stages)
    assert isinstance(plan, LookAheadPlan) or alone.tobytes() == between.tobytes()


def test_outside_its_matte_a_painted_frame_keeps_its_bits_and_inside_it_changes(
    stamped_stage: Stage, frames: Frames
) -> None:
    damaged, truths = stamped_stage.apply(frames, seed=7)
    for source, result, truth in zip(frames, damaged, truths, strict=True):
        matte = truth.mattes[getattr(stamped_stage, "matte_class", stamped_stage.name)]
        changed = (result != source).any(axis=2)
        assert not changed[matte == 0.0].any()
        assert changed[matte > 0.1].mean() > 0.95


def test_painted_frame_is_a_blend_by_its_matte(stamped_stage: Stage, frames: Frames) -> None:
    damaged, truths = stamped_stage.apply(frames, seed=7)
    for source, result, truth in zip(frames, damaged, truths, strict=True):
        matte = truth.mattes[getattr(stamped_stage, "matte_class", stamped_stage.name)]
        remainder = result - source * (1.0 - matte)[:, :, None]
        assert remainder.min() > -1e-5
        assert (remainder <= matte[:, :, None] * 1.0 + 1e-5).all()
