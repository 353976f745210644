import numpy as np
import pytest

from reelmend_models.damage import Bands, ClipInfo, DamageError

CLIP = ClipInfo(40, 360, 8)
TONE = Bands(overtone=0.0, uneven_std=0.0)


def test_gain_field_reproduces_the_damage() -> None:
    frames = np.random.default_rng(1).random((4, 33, 17, 3), dtype=np.float32)
    damaged, truths = Bands().apply(frames, seed=5)
    for source, result, truth in zip(frames, damaged, truths, strict=True):
        assert truth.gain is not None
        assert np.abs(source * truth.gain[:, :, None] - result).max() < 1e-6


def test_every_pixel_of_a_row_has_one_gain_and_rows_differ() -> None:
    gain = Bands().plan(CLIP, seed=2).gain_field(0)
    assert np.array_equal(gain, np.repeat(gain[:, :1], CLIP.width, axis=1))
    assert np.ptp(gain[:, 0]) > 0.02


def test_bands_roll_by_as_much_as_asked() -> None:
    plan = Bands(bands_per_height=2.0, roll_per_frame=0.25, overtone=0.0, uneven_std=0.0).plan(CLIP, seed=2)
    rows_a_frame = round(CLIP.height / 2 * 0.25) * int(np.sign(plan.roll_per_frame))
    for index in range(3):
        rolled = np.roll(plan.log_gain(index), rows_a_frame)
        assert np.abs(rolled - plan.log_gain(index + 1)).max() < 1e-9


def test_clips_roll_both_ways() -> None:
    assert {np.sign(TONE.plan(CLIP, seed).roll_per_frame) for seed in range(12)} == {-1.0, 1.0}


def test_tone_is_as_deep_and_as_often_as_asked() -> None:
    plan = Bands(depth=0.05, bands_per_height=3.0, overtone=0.0, uneven_std=0.0).plan(CLIP, seed=2)
    series = plan.log_gain(7)
    assert np.abs(series).max() == pytest.approx(0.05, rel=0.01)
    assert np.abs(np.fft.rfft(series)).argmax() == 3


def test_uneven_scanning_is_new_in_every_frame_and_as_strong_as_asked() -> None:
    plan = Bands(depth=0.0, uneven_std=0.02).plan(ClipInfo(4000, 90, 4), seed=2)
    logs = np.stack([plan.log_gain(index) for index in range(4000)])
    assert logs.std() == pytest.approx(0.02, rel=0.06)
    assert abs(np.corrcoef(logs[1:, 45], logs[:-1, 45])[0, 1]) < 0.06


def test_mean_over_a_whole_cycle_is_no_change() -> None:
    plan = Bands(roll_per_frame=0.25, overtone=0.0, uneven_std=0.0).plan(CLIP, seed=3)
    logs = np.stack([plan.log_gain(index) for index in range(40)])
    assert np.abs(logs.mean(axis=0)).max() < 1e-9


def test_bad_setting_names_itself_and_its_range() -> None:
    with pytest.raises(DamageError, match=r"Bands\.roll_per_frame must lie in 0…0\.5"):
        Bands(roll_per_frame=0.7)
    with pytest.raises(DamageError, match=r"Bands\.depth"):
        Bands(depth=(0.05, 0.01))
