"""Each tape stage does what its settings say."""

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import (
    Bandwidth,
    ChromaNoise,
    ClipInfo,
    DamageError,
    Dropout,
    EdgeWave,
    HeadSwitching,
    Interlacing,
    Ringing,
    TapeNoise,
    Tracking,
)
from reelmend_models.damage.tape import SAMPLES_PER_S, to_rgb, to_yiq

Frames = NDArray[np.float32]
SD = ClipInfo(200, 480, 720)
GREY = np.full((480, 720, 3), 0.5, np.float32)


def _sines(frequency_hz: float, colour: tuple[float, float, float]) -> NDArray[np.float32]:
    wave = np.sin(2.0 * np.pi * frequency_hz / SAMPLES_PER_S * np.arange(720))
    yiq = np.full((480, 720, 3), (0.5, 0.0, 0.0), np.float32) + wave[None, :, None] * np.array(colour)
    return to_rgb(yiq.astype(np.float32))


def test_yiq_and_back_is_the_same_picture(frames: Frames) -> None:
    assert np.abs(to_rgb(to_yiq(frames[0])) - frames[0]).max() < 1e-5


@pytest.mark.parametrize(
    ("speed", "luma_hz", "chroma_hz"), [("SP", 2.4e6, 320e3), ("LP", 1.9e6, 300e3), ("EP", 1.4e6, 280e3)]
)
def test_bandwidth_halves_the_power_at_each_speeds_cut(speed: str, luma_hz: float, chroma_hz: float) -> None:
    plan = Bandwidth(speed=speed, luma_smear=0.0).plan(SD, 1)  # type: ignore[arg-type]
    for frequency, channel in ((luma_hz, 0), (chroma_hz, 1)):
        colour = (0.2, 0.0, 0.0) if channel == 0 else (0.0, 0.2, 0.0)
        passed = to_yiq(plan.apply(_sines(frequency, colour), 0)[0])[:, 60:-60, channel]
        assert passed.std() / (0.2 / np.sqrt(2.0)) == pytest.approx(np.sqrt(0.5), rel=0.05)


def test_chroma_arrives_late_by_the_speeds_delay_and_luma_in_time() -> None:
    yiq = np.zeros((480, 720, 3), np.float32)
    yiq[:, 360:] = (0.6, 0.3, 0.0)
    yiq[:, :360, 0] = 0.2
    tape = to_yiq(Bandwidth(speed="LP", luma_smear=0.0).plan(SD, 1).apply(to_rgb(yiq), 0)[0])[240]
    middle = [
        float(np.interp(level, tape[300:420, channel], np.arange(300, 420))) for channel, level in ((0, 0.4), (1, 0.15))
    ]
    assert middle[0] == pytest.approx(359.5, abs=0.2)
    assert middle[1] - middle[0] == pytest.approx(5.0, abs=0.2)


def test_luma_smear_trails_to_the_right() -> None:
    line = np.zeros((480, 720, 3), np.float32)
    line[:, 360] = 1.0
    spread = Bandwidth(luma_smear=0.5).plan(SD, 1).apply(line, 0)[0].mean(axis=2)[240]
    assert spread[361:380].sum() > 1.2 * spread[340:360].sum()


def test_flat_areas_keep_their_level_through_bandwidth_and_ringing() -> None:
    for stage in (Bandwidth(), Ringing()):
        assert np.abs(stage.plan(SD, 1).apply(GREY, 0)[0] - 0.5).max() < 1e-4


def test_ringing_overshoots_on_both_sides_of_an_edge() -> None:
    edge = np.full((480, 720, 3), 0.3, np.float32)
    edge[:, 360:] = 0.7
    rung = Ringing(amount=0.4).plan(SD, 1).apply(edge, 0)[0][240, :, 0]
    assert rung.max() > 0.72
    assert rung.min() < 0.28
    assert np.abs(rung[:300] - 0.3).max() < 1e-4


def test_chroma_noise_leaves_luma_alone_and_is_as_strong_as_asked() -> None:
    stage = ChromaNoise(noise=0.4, phase_noise=0.0, shift_right_px=0.0, shift_down_lines=0.0, loss=0.0)
    yiq = to_yiq(stage.plan(SD, 1).apply(GREY, 0)[0])
    assert np.abs(yiq[:, :, 0] - 0.5).max() < 1e-5
    assert yiq[:, :, 1].std() == pytest.approx(0.04, rel=0.06)


def test_chroma_shift_moves_colour_and_not_luma() -> None:
    yiq = np.zeros((480, 720, 3), np.float32)
    yiq[200:220, 300:340] = (0.5, 0.3, 0.1)
    stage = ChromaNoise(noise=0.0, phase_noise=0.0, shift_right_px=6.0, shift_down_lines=2.0, loss=0.0)
    moved = to_yiq(stage.plan(SD, 1).apply(to_rgb(yiq), 0)[0])
    assert np.abs(moved[:, :, 0] - yiq[:, :, 0]).max() < 1e-5
    assert np.abs(moved[202:222, 306:346, 1] - 0.3).max() < 1e-4
    assert abs(float(moved[200, 300, 1])) < 1e-4


def test_lost_chroma_lines_are_grey_and_in_the_matte() -> None:
    picture = to_rgb(np.full((480, 720, 3), (0.5, 0.2, 0.1), np.float32))
    damaged, truth = ChromaNoise(loss=0.05).plan(SD, 1).apply(picture, 0)
    lost = truth.mattes["chroma_loss"][:, 0] > 0
    assert lost.mean() == pytest.approx(0.05, abs=0.04)
    assert lost.any()
    assert np.ptp(damaged[lost], axis=2).max() < 1e-5
    assert np.ptp(damaged[~lost], axis=2).min() > 0.01


def test_tape_noise_is_as_strong_as_it_says_and_runs_along_lines() -> None:
    damaged, truth = TapeNoise(composite=0.09, luma=0.0).plan(SD, 1).apply(GREY, 0)
    noise = damaged[:, :, 0] - 0.5
    assert noise.std() == pytest.approx(truth.values["tape_noise.std"], rel=0.05)
    along = np.corrcoef(noise[:, 1:].ravel(), noise[:, :-1].ravel())[0, 1]
    across = np.corrcoef(noise[1:].ravel(), noise[:-1].ravel())[0, 1]
    assert along > 0.5
    assert abs(across) < 0.02


def test_head_switching_tears_the_lowest_lines_only() -> None:
    picture = np.tile(np.linspace(0.0, 1.0, 720, dtype=np.float32)[None, :, None], (480, 1, 3))
    stage = HeadSwitching(lines=8.0, shift_px=72.0, jitter_px=0.0, noise=0.0)
    damaged, truth = stage.plan(SD, 1).apply(picture, 0)
    assert damaged[:472].tobytes() == picture[:472].tobytes()
    assert truth.mattes["head_switching"][:472].max() == 0.0
    assert truth.mattes["head_switching"][472:].min() == 1.0
    assert truth.displacement is not None
    assert truth.displacement[479, 0, 0] == pytest.approx(-72.0)
    assert (damaged[479, 400] - picture[479, 400 - 72]) == pytest.approx([0.0] * 3, abs=1e-5)


def test_tracking_stays_in_its_band_and_comes_and_goes() -> None:
    stage = Tracking(first_spell_probability=1.0, duration_frames=10.0, spells_per_frame=0.0, lines=20.0)
    plan = stage.plan(SD, 1)
    damaged, truth = plan.apply(GREY, 3)
    rows = np.flatnonzero(truth.mattes["tracking"][:, 0])
    assert len(rows) == 20
    assert np.ptp(rows) == 19
    assert 0.75 * 480 < rows.mean() < 480
    outside = np.setdiff1d(np.arange(480), rows)
    assert damaged[outside].tobytes() == GREY[outside].tobytes()
    assert (damaged[rows] > 0.7).mean() > 0.005
    assert plan.apply(GREY, 10)[0].tobytes() == GREY.tobytes()


@pytest.mark.parametrize(
    "stage", [EdgeWave(intensity_px=3.0), HeadSwitching(noise=0.0)], ids=["edge_wave", "head_switching"]
)
def test_rows_show_the_source_at_their_displacement(stage: EdgeWave | HeadSwitching) -> None:
    picture = cv2.GaussianBlur(np.random.default_rng(0).random((480, 720, 3), dtype=np.float32), (0, 0), 4.0)
    damaged, truth = stage.plan(SD, 1).apply(picture, 5)
    assert truth.displacement is not None
    assert np.abs(truth.displacement[:, :, 1]).max() == 0.0
    columns, rows = np.meshgrid(np.arange(720, dtype=np.float32), np.arange(480, dtype=np.float32))
    expected = cv2.remap(
        picture, columns + truth.displacement[:, :, 0], rows, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    assert np.abs(damaged - expected).max() < 1e-5


def test_edge_wave_is_as_strong_as_asked_smooth_down_the_frame_and_over_time() -> None:
    plan = EdgeWave(intensity_px=2.0, line_jitter=0.0, flagging_px=0.0, period_frames=6.0).plan(SD, 1)
    shifts = np.stack([plan.shift_px(index) for index in range(200)])
    assert shifts.std() == pytest.approx(2.0, rel=0.15)
    assert np.abs(np.diff(shifts, axis=1)).max() < 1.0
    assert np.corrcoef(shifts[:-1].ravel(), shifts[1:].ravel())[0, 1] > 0.8


def test_dropouts_are_short_dashes_on_single_lines() -> None:
    stage = Dropout(per_frame=8.0, count_shape=50.0, lines=1.0, length_px=(20.0, 60.0))
    matte = stage.plan(SD, 1).apply(GREY, 0)[1].mattes["dropout"]
    sizes = cv2.connectedComponentsWithStats((matte > 0.05).astype(np.uint8))[2][1:]
    assert len(sizes) > 2
    assert np.median(sizes[:, 3]) == 1
    assert sizes[:, 2].max() <= 60


def test_interlacing_takes_every_other_row_from_the_next_frame(frames: Frames) -> None:
    damaged, truths = Interlacing(first_field="top").apply(frames, 1)
    assert np.array_equal(damaged[0, 0::2], frames[0, 0::2])
    assert np.array_equal(damaged[0, 1::2], frames[1, 1::2])
    assert truths[0].mattes["interlacing"][0::2].max() == 0.0
    assert truths[0].mattes["interlacing"][1::2].mean() > 0.9
    assert np.array_equal(damaged[-1], frames[-1])
    bottom, _ = Interlacing(first_field="bottom").apply(frames, 1)
    assert np.array_equal(bottom[0, 1::2], frames[0, 1::2])


def test_pulldown_weaves_two_frames_in_five() -> None:
    frames = np.random.default_rng(0).random((21, 8, 8, 3), dtype=np.float32)
    _, truths = Interlacing(cadence="pulldown").apply(frames, 1)
    woven = [bool(truth.values["interlacing.woven"]) for truth in truths[:20]]
    assert sum(woven) == 8
    assert woven[:5] == woven[5:10]


def test_unknown_speed_or_cadence_names_what_there_is() -> None:
    with pytest.raises(DamageError, match=r"Bandwidth\.speed must be one of SP, LP, EP, got 'XP'"):
        Bandwidth(speed="XP")  # type: ignore[arg-type]
    with pytest.raises(DamageError, match="one of every, pulldown, got 'never'"):
        Interlacing(cadence="never")  # type: ignore[arg-type]
    with pytest.raises(DamageError, match="top or bottom"):
        Interlacing(first_field="left")  # type: ignore[arg-type]
