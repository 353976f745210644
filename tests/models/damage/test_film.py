"""Each film stage does what its settings say."""

from itertools import pairwise

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import (
    Blotch,
    Blur,
    ClipInfo,
    DamageError,
    Dust,
    Fading,
    Grain,
    Hair,
    Scratch,
    Stage,
    Stain,
    Weave,
)
from reelmend_models.damage.scatter import density, positions, timeline

Frames = NDArray[np.float32]
HD = ClipInfo(400, 720, 960)
GREY = np.full((720, 960, 3), 0.5, np.float32)


def _matte(stage: Stage, index: int, seed: int = 3) -> NDArray[np.float32]:
    return stage.plan(HD, seed).apply(GREY, index)[1].mattes[stage.name]


def _components(matte: NDArray[np.float32]) -> NDArray[np.int32]:
    return cv2.connectedComponentsWithStats((matte > 0.1).astype(np.uint8))[2][1:]


def test_dust_comes_as_often_as_asked_and_unevenly_over_frames() -> None:
    plan = Dust(per_frame=20.0, count_shape=2.0).plan(ClipInfo(400, 8, 8), seed=3)
    frame = np.zeros((8, 8, 3), np.float32)
    counts = [int(plan.apply(frame, index)[1].values["dust.count"]) for index in range(400)]
    assert np.mean(counts) == pytest.approx(20.0, rel=0.12)
    assert np.var(counts) > 3.0 * np.mean(counts)


def test_dust_differs_on_every_frame() -> None:
    plan = Dust().plan(HD, 3)
    mattes = [plan.apply(GREY, index)[1].mattes["dust"] > 0 for index in range(3)]
    assert (mattes[0] & mattes[1]).sum() < 0.05 * mattes[0].sum()


def test_dust_is_small_and_blotches_are_larger() -> None:
    dust = np.concatenate([_components(_matte(Dust(per_frame=30.0), index))[:, 4] for index in range(6)])
    blotches = np.concatenate([_components(_matte(Blotch(per_frame=6.0), index))[:, 4] for index in range(6)])
    assert 2 <= np.median(dust) < 30
    assert np.mean(blotches) > 5 * np.mean(dust)


def test_default_dirt_covers_a_share_of_the_picture_as_real_dirt_does() -> None:
    covered = [np.mean(np.maximum(_matte(Dust(), 0, seed), _matte(Blotch(), 0, seed)) > 0.1) for seed in range(40)]
    assert 0.0005 < np.mean(covered) < 0.006


def test_no_two_blotches_are_alike() -> None:
    areas = np.concatenate([_components(_matte(Blotch(per_frame=8.0), index))[:, 2:5] for index in range(6)])
    large = areas[areas[:, 2] > 60]
    assert len(large) > 5
    assert len({tuple(area) for area in large}) == len(large)


def test_light_share_decides_between_light_and_dark() -> None:
    light, _ = Dust(light_share=1.0).apply(GREY[None], 3)
    dark, _ = Dust(light_share=0.0).apply(GREY[None], 3)
    assert light.min() == 0.5
    assert light.max() > 0.7
    assert dark.max() == 0.5
    assert dark.min() < 0.2


def test_size_follows_the_frame_height() -> None:
    small = Blotch(per_frame=30.0, count_shape=50.0).plan(ClipInfo(1, 360, 480), 3)
    matte_small = small.apply(GREY[:360, :480], 0)[1].mattes["blotch"]
    matte_large = _matte(Blotch(per_frame=30.0, count_shape=50.0), 0)
    assert (matte_small > 0.1).mean() == pytest.approx((matte_large > 0.1).mean(), rel=0.35)


def test_positions_follow_their_density() -> None:
    generator = np.random.default_rng(0)
    shares = density(generator, contrast=2.0)
    found = positions(generator, shares, 20000, 120, 160)
    cells = np.histogram2d(found[:, 0], found[:, 1], bins=(12, 16), range=((0, 120), (0, 160)))[0].ravel() / 20000
    assert np.abs(cells - np.diff(shares, prepend=0.0)).max() < 0.01


def test_hairs_are_long_and_thin() -> None:
    stage = Hair(short_per_frame=0.0, long_per_frame=1.0, gate_per_frame=0.0, curl_rad=0.5, opacity=1.0)
    seen = [matte for index in range(12) if (matte := _matte(stage, index) > 0.3).sum() > 60]
    assert len(seen) > 3
    for matte in seen:
        width = 2.0 * cv2.distanceTransform(matte.astype(np.uint8), cv2.DIST_L2, 3).max()
        assert width < 6.0
        assert matte.sum() / width > 5.0 * width


def test_hair_in_the_gate_stays_and_trembles() -> None:
    stage = Hair(short_per_frame=0.0, long_per_frame=0.0, gate_per_frame=0.2, gate_duration_frames=200.0)
    plan = stage.plan(HD, 3)
    first, later = (plan.apply(GREY, index)[1].mattes["hair"] for index in (30, 31))
    grown = cv2.dilate((first > 0.1).astype(np.uint8), np.ones((9, 9), np.uint8))
    assert (later > 0.1).sum() > 50
    assert grown[later > 0.1].mean() > 0.9
    assert first.tobytes() != later.tobytes()


def test_standing_scratch_is_in_every_frame_near_its_place() -> None:
    stage = Scratch(standing=1.0, per_frame=0.0, wander_px=3.0, slope_px=0.0, companions=0.0, fade=0.0)
    plan = stage.plan(HD, 3)
    columns = [float(plan.centres(plan.standing[0], index).mean()) for index in range(400)]
    assert plan.lines_at(0) == plan.lines_at(399) == plan.standing
    assert np.ptp(columns) < 4.0 * 3.0 * 2.0
    assert np.ptp(columns) > 1.0
    assert max(abs(a - b) for a, b in pairwise(columns)) < 1.0


def test_scratch_runs_from_top_to_bottom_at_its_slope() -> None:
    for slope in (-6.0, 0.0, 6.0):
        stage = Scratch(standing=1.0, per_frame=0.0, wander_px=0.0, slope_px=slope, companions=0.0, fade=0.0)
        matte = _matte(stage, 0)
        rows = np.arange(720)
        centres = (matte * np.arange(960)).sum(axis=1) / matte.sum(axis=1)
        fitted = np.polyfit(rows, centres, 1)[0] * 720
        assert fitted == pytest.approx(slope, abs=0.3)


def test_scratch_is_as_wide_and_opaque_as_asked() -> None:
    stage = Scratch(
        standing=1.0, per_frame=0.0, wander_px=0.0, slope_px=0.0, width_px=6.0, opacity=0.8, companions=0.0, fade=0.0
    )
    profile = _matte(stage, 0)[300]
    assert profile.max() == pytest.approx(0.8, abs=0.03)
    assert (profile > 0.4).sum() == pytest.approx(6, abs=1)


def test_scratch_fades_along_its_length_and_goes_on_in_the_next_frame() -> None:
    plan = Scratch(standing=1.0, per_frame=0.0, fade=1.0).plan(HD, 3)
    here, there = (plan.strength(plan.standing[0], index) for index in (5, 6))
    coarse = [np.convolve(strength, np.full(25, 1 / 25), "valid") for strength in (here, there)]
    assert np.ptp(coarse[0]) > 0.3
    assert abs(coarse[0][-1] - coarse[1][0]) < 0.15


def test_passing_scratches_last_as_long_as_asked_and_move_when_asked() -> None:
    stage = Scratch(standing=0.0, per_frame=0.2, duration_frames=(3.0, 6.0), moving_probability=1.0, wander_px=0.0)
    plan = stage.plan(HD, 3)
    assert len(plan.passing.events) == pytest.approx(0.2 * 400, rel=0.35)
    for event in plan.passing.events:
        assert 3 <= event.end - event.first <= 6
        line = next(line for line in plan.lines_at(event.first) if line.event == event)
        step = plan.centres(line, event.first + 1) - plan.centres(line, event.first)
        assert np.abs(step).min() >= 5.0 - 1e-6
        assert np.abs(step).max() <= 15.0 + 1e-6


def test_events_of_a_longer_clip_begin_alike() -> None:
    short = timeline(np.random.default_rng(1), 50, 0.3, (2.0, 9.0)).events
    long = timeline(np.random.default_rng(1), 500, 0.3, (2.0, 9.0)).events
    assert len(short) > 5
    assert long[: len(short)] == short


def test_timeline_finds_exactly_the_events_that_are_on() -> None:
    found = timeline(np.random.default_rng(1), 300, 0.3, (1.0, 20.0))
    for index in (0, 1, 17, 150, 299, 320, 1000):
        assert found.at(index) == [event for event in found.events if event.is_on(index)]
    assert timeline(np.random.default_rng(1), 300, 0.0, 5.0).at(7) == []


def test_stain_is_large_soft_and_semi_transparent() -> None:
    stage = Stain(per_frame=1.0, opacity=0.3)
    matte = max((_matte(stage, index) for index in range(5)), key=lambda plane: float(plane.sum()))
    assert (matte > 0.05).mean() > 0.004
    assert 0.1 < np.quantile(matte[matte > 0.05], 0.5) < 0.6
    assert matte.max() < 0.95


def test_weave_moves_the_picture_by_its_displacement(frames: Frames) -> None:
    smooth = cv2.GaussianBlur(frames[0], (0, 0), 2.0)
    plan = Weave(drift_px=20.0).plan(ClipInfo(4, 96, 160), 3)
    moved, truth = plan.apply(smooth, 2)
    assert truth.displacement is not None
    dx, dy = truth.displacement[0, 0]
    columns, rows = np.meshgrid(np.arange(160, dtype=np.float32) + dx, np.arange(96, dtype=np.float32) + dy)
    expected = cv2.remap(smooth, columns, rows, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    assert abs(dx) + abs(dy) > 0.5
    assert np.abs(moved - expected)[8:-8, 8:-8].max() < 2e-3


def test_weave_varies_as_much_as_asked() -> None:
    plan = Weave(drift_px=2.0, drift_memory=0.5, jitter_px=0.0, horizontal=0.5).plan(ClipInfo(6000, 720, 960), 3)
    assert plan.offsets_px[:, 1].std() == pytest.approx(2.0, rel=0.08)
    assert plan.offsets_px[:, 0].std() == pytest.approx(1.0, rel=0.08)


@pytest.mark.parametrize("level", [0.02, 0.5, 0.98])
def test_grain_is_strongest_in_the_mid_tones(level: float) -> None:
    flat = np.full((1, 720, 960, 3), level, np.float32)
    noise = Grain(std=0.03, floor=0.3).apply(flat, 3)[0] - flat
    expected = 0.03 * (0.3 + 0.7 * np.sqrt(4.0 * level * (1.0 - level)))
    assert noise.std() == pytest.approx(expected, rel=0.05)
    assert abs(noise.mean()) < 0.001


def test_grain_has_the_size_that_was_asked() -> None:
    noise = Grain(size_px=1.0).apply(GREY[None], 3)[0][0, :, :, 0] - 0.5
    neighbours = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
    assert neighbours == pytest.approx(np.exp(-0.25), abs=0.03)


def test_grain_is_new_on_every_frame_and_grey_unless_asked() -> None:
    plan = Grain().plan(HD, 3)
    first, second = (plan.apply(GREY, index)[0] - GREY for index in (0, 1))
    assert abs(np.corrcoef(first.ravel(), second.ravel())[0, 1]) < 0.01
    assert np.array_equal(first[:, :, 0], first[:, :, 2])
    own = Grain(colour=1.0).apply(GREY[None], 3)[0][0] - GREY
    assert abs(np.corrcoef(own[:, :, 0].ravel(), own[:, :, 2].ravel())[0, 1]) < 0.01


@pytest.mark.parametrize("probability", [0.0, 1.0])
def test_blur_spreads_a_point_by_its_standard_deviations(probability: float) -> None:
    point = np.zeros((1, 720, 960, 3), np.float32)
    point[0, 360, 480] = 1.0
    blurred, truths = Blur(sigma_px=(1.5, 2.8), anisotropic_probability=probability, breathing=0.0).apply(point, 3)
    plane = np.maximum(blurred[0, :, :, 0].astype(np.float64), 0.0)
    y, x = np.mgrid[0:720, 0:960] - np.array([360, 480])[:, None, None]
    assert plane.sum() == pytest.approx(1.0, abs=1e-4)
    spread = np.linalg.eigvalsh(np.cov(np.stack([x.ravel(), y.ravel()]), aweights=plane.ravel(), ddof=0))
    values = truths[0].values
    assert np.sqrt(spread[1]) == pytest.approx(values["blur.sigma_px"], rel=0.05)
    assert np.sqrt(spread[0]) == pytest.approx(values["blur.sigma_across_px"], rel=0.05)


def test_fading_turns_to_red_lifts_black_and_keeps_white() -> None:
    ramp = np.repeat(np.linspace(0.0, 1.0, 11, dtype=np.float32)[None, None, :, None], 3, axis=3)
    faded, truths = Fading(edge_log_gain=0.0, saturation=1.0).apply(ramp, 3)
    red, green, blue = faded[0, 0, :, 0], faded[0, 0, :, 1], faded[0, 0, :, 2]
    assert red[0] > blue[0] > green[0] - 1e-6
    assert (red[1:-1] > green[1:-1]).all()
    assert faded[0, 0, -1] == pytest.approx([1.0, 1.0, 1.0], abs=1e-5)
    keep, lift = truths[0].values["fading.keep"], truths[0].values["fading.lift"]
    assert red == pytest.approx(lift[0] + (1 - lift[0]) * ramp[0, 0, :, 0] ** keep[0], abs=1e-5)


def test_fading_to_no_saturation_is_black_and_white(frames: Frames) -> None:
    faded, _ = Fading(saturation=0.0).apply(frames, 3)
    assert np.ptp(faded, axis=3).max() < 1e-5


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Dust(per_frame=-1.0), r"Dust\.per_frame must lie in 0…5000"),
        (lambda: Blotch(opacity=(0.5, 1.5)), r"Blotch\.opacity must lie in 0…1"),
        (lambda: Hair(curl_rad=(3.0, 1.0)), r"Hair\.curl_rad .* low before high"),
        (lambda: Scratch(bright_colour=(1.0, 1.0)), r"Scratch\.bright_colour must be three"),  # type: ignore[arg-type]
        (lambda: Weave(drift_memory=1.0), r"Weave\.drift_memory"),
        (lambda: Stain(rim=float("nan")), r"Stain\.rim"),
        (lambda: Grain(std=(0.1, 0.2, 0.3)), r"Grain\.std must be a number or \(low, high\)"),  # type: ignore[arg-type]
        (lambda: Blur(sigma_px="soft"), r"Blur\.sigma_px must be a number or \(low, high\), got 'soft'"),  # type: ignore[arg-type]
        (lambda: Fading(keep_red=0.0), r"Fading\.keep_red"),
        (lambda: Dust(count_shape=(1.0, 2.0)), r"Dust\.count_shape must be one number, got \(1\.0, 2\.0\)"),  # type: ignore[arg-type]
        (lambda: ClipInfo(0, 8, 8), "at least one frame"),
    ],
)
def test_bad_setting_names_itself(make: object, message: str) -> None:
    with pytest.raises(DamageError, match=message):
        make()  # type: ignore[operator]
