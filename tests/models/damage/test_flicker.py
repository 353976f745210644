import numpy as np
import pytest

from reelmend_models.damage import ClipInfo, DamageError
from reelmend_models.damage.flicker import Flicker

GAIN_ONLY = Flicker(gamma_std=0.0, offset_std=0.0)


def _frames(count: int = 4, height: int = 17, width: int = 33) -> np.ndarray:
    return np.random.default_rng(1).random((count, height, width, 3), dtype=np.float32)


def test_same_seed_gives_the_same_bytes() -> None:
    first, _ = Flicker().apply(_frames(), seed=5)
    second, _ = Flicker().apply(_frames(), seed=5)
    assert first.tobytes() == second.tobytes()


def test_another_seed_gives_another_result() -> None:
    assert Flicker().apply(_frames(), seed=5)[0].tobytes() != Flicker().apply(_frames(), seed=6)[0].tobytes()


def test_frames_asked_backwards_are_the_same_bytes() -> None:
    frames = _frames()
    together, _ = Flicker().apply(frames, seed=5)
    plan = Flicker().plan(ClipInfo(4, 17, 33), seed=5)
    for index in (3, 0, 2, 1):
        assert plan.apply(frames[index], index)[0].tobytes() == together[index].tobytes()


def test_longer_clip_begins_with_the_same_flicker() -> None:
    short = Flicker().plan(ClipInfo(10, 17, 33), seed=5)
    long = Flicker().plan(ClipInfo(100, 17, 33), seed=5)
    assert np.array_equal(short.grids, long.grids[:10])
    assert np.array_equal(short.gammas, long.gammas[:10])


def test_gain_field_reproduces_the_damage_where_only_gain_is_on() -> None:
    frames = _frames()
    damaged, truths = GAIN_ONLY.apply(frames, seed=5)
    for source, result, truth in zip(frames, damaged, truths, strict=True):
        assert truth.gain is not None
        assert np.abs(source * truth.gain[:, :, None] - result).max() < 1e-6


@pytest.mark.parametrize("gain_std", [0.01, 0.05])
def test_gain_varies_over_time_as_much_as_asked(gain_std: float) -> None:
    plan = Flicker(gain_std=gain_std, outlier_probability=0.0).plan(ClipInfo(8000, 8, 8), seed=2)
    assert np.log(plan.gains).std() == pytest.approx(gain_std, rel=0.08)


@pytest.mark.parametrize("memory", [0.0, 0.5])
def test_gain_remembers_the_last_frame_as_much_as_asked(memory: float) -> None:
    plan = Flicker(gain_memory=memory, outlier_probability=0.0).plan(ClipInfo(8000, 8, 8), seed=2)
    log_gain = np.log(plan.gains)
    assert np.corrcoef(log_gain[1:], log_gain[:-1])[0, 1] == pytest.approx(memory, abs=0.04)


def test_spatial_gain_varies_over_the_picture_as_much_as_asked_and_not_its_mean() -> None:
    plan = Flicker(gain_std=0.0, spatial_std=0.03, outlier_probability=0.0).plan(ClipInfo(2000, 8, 8), seed=2)
    logs = np.log(plan.grids)
    assert logs.std() == pytest.approx(0.03, rel=0.06)
    assert np.abs(logs.mean(axis=(1, 2))).max() < 1e-9


def test_outliers_come_as_often_and_as_strong_as_asked() -> None:
    plan = Flicker(gain_std=0.0, outlier_probability=0.05, outlier_log_gain=(0.2, 0.3)).plan(ClipInfo(8000, 8, 8), 2)
    jumps = np.abs(np.log(plan.gains))
    hit = jumps > 1e-9
    assert hit.mean() == pytest.approx(0.05, abs=0.01)
    assert jumps[hit].min() >= 0.2 - 1e-9
    assert jumps[hit].max() <= 0.3 + 1e-9


def test_nan_infinity_and_values_out_of_range_pass_through() -> None:
    frames = _frames(1)
    frames[0, 3, 4] = [np.nan, -0.5, 3.0]
    frames[0, 3, 5] = [np.inf, 0.0, -np.inf]
    damaged, _ = Flicker(gain_std=0.02, gamma_std=0.02, outlier_probability=0.0).apply(frames, seed=1)
    assert np.isnan(damaged[0, 3, 4, 0])
    assert damaged[0, 3, 4, 1] < -0.3
    assert damaged[0, 3, 4, 2] > 2.0
    assert damaged[0, 3, 5, 0] == np.inf
    assert damaged[0, 3, 5, 2] == -np.inf
    assert np.isnan(damaged).sum() == 1


def test_source_is_left_as_it_was() -> None:
    frames = _frames()
    before = frames.tobytes()
    Flicker().apply(frames, seed=1)
    assert frames.tobytes() == before


def test_bad_setting_names_itself_and_its_range() -> None:
    with pytest.raises(DamageError, match=r"Flicker\.gain_std must lie in 0…0\.5"):
        Flicker(gain_std=-0.1)
    with pytest.raises(DamageError, match=r"Flicker\.gain_memory"):
        Flicker(gain_memory=(0.5, 0.2))


def test_frames_of_another_shape_or_seed_below_zero_are_refused() -> None:
    with pytest.raises(DamageError, match=r"\(N, H, W, 3\) float32"):
        Flicker().apply(np.zeros((4, 8, 8), np.float32), seed=1)
    with pytest.raises(DamageError, match="seed"):
        Flicker().apply(_frames(), seed=-1)
    with pytest.raises(DamageError, match="outside the planned clip"):
        Flicker().plan(ClipInfo(2, 17, 33), 1).apply(_frames()[0], 2)
