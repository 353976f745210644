import numpy as np
import pytest

from reelmend.analysis import Analysis
from support.clips import Frames, moving_scene, with_flicker


def scenes(*counts: int, first_seed: int = 1) -> Frames:
    return np.concatenate([moving_scene(count, seed=first_seed + index) for index, count in enumerate(counts)])


def numbers(analysis: Analysis) -> dict[str, tuple[int, ...]]:
    events = analysis.events
    flashes = tuple(flash.index for flash in events.flashes)
    found = {
        "cuts": events.cuts, "duplicates": events.duplicates, "black": events.black, "blank": events.blank,
        "strays": events.strays, "flashes": flashes,
    }  # fmt: skip
    return {name: indices for name, indices in found.items() if indices}


def test_steady_shot_holds_nothing(analysed) -> None:
    assert numbers(analysed(moving_scene(30))) == {}


def test_flickering_shot_holds_nothing(analysed) -> None:
    assert numbers(analysed(with_flicker(moving_scene(40), deviation=0.06))) == {}


@pytest.mark.parametrize("seed", [1, 20, 40])
def test_cuts_are_found_under_flicker(analysed, seed: int) -> None:
    clip = with_flicker(scenes(12, 9, 15, first_seed=seed), deviation=0.05)
    assert numbers(analysed(clip)) == {"cuts": (12, 21)}


def test_shots_of_two_frames_are_found(analysed) -> None:
    shots = [moving_scene(12, seed=seed)[:length] for seed, length in ((1, 10), (2, 2), (3, 10))]
    assert analysed(np.concatenate(shots)).events.cuts == (10, 12)


@pytest.mark.parametrize(("gain", "sign"), [(1.6, 1), (0.6, -1)])
def test_flash_is_a_flash_and_no_cut(analysed, gain: float, sign: int) -> None:
    clip = moving_scene(24)
    clip[11] *= gain
    found = analysed(clip)
    assert numbers(found) == {"flashes": (11,)}
    assert found.events.flashes[0].log_exposure == pytest.approx(np.log(gain), abs=0.05)
    assert np.sign(found.events.flashes[0].log_exposure) == sign


def test_black_and_white_frames_are_no_cuts_and_do_not_disturb_the_light(analysed) -> None:
    clip = moving_scene(30)
    clip[9], clip[20] = 0.004, 0.97
    found = analysed(clip)
    assert numbers(found) == {"black": (9,), "blank": (20,)}
    assert found.verdict.type == "none"


def test_frame_of_another_scene_is_a_stray(analysed) -> None:
    clip = moving_scene(30)
    clip[14] = moving_scene(1, seed=9)[0]
    assert numbers(analysed(clip)) == {"strays": (14,)}


def test_burnt_frame_is_a_stray(analysed) -> None:
    clip = moving_scene(30)
    clip[14, :, 20:60, 10:70] = 1.0
    assert numbers(analysed(clip)) == {"strays": (14,)}


def test_repeated_frames_are_found_though_stored_with_loss(analysed) -> None:
    clip = with_flicker(moving_scene(40), deviation=0.03)
    for frame in (7, 19, 30):
        clip[frame] = clip[frame - 1] + np.random.default_rng(frame).normal(0, 0.003, clip[0].shape)
    found = analysed(clip)
    assert numbers(found) == {"duplicates": (7, 19, 30)}
    assert found.events.cadence_frames is None


def test_regular_repeats_are_a_cadence(analysed) -> None:
    shot = moving_scene(40)
    clip = shot[[index - index // 5 for index in range(49)]]
    found = analysed(clip).events
    assert found.duplicates == tuple(range(5, 49, 5))
    assert found.cadence_frames == pytest.approx(5.0)


def test_every_picture_shown_three_times_is_two_repeats_each(analysed) -> None:
    clip = np.repeat(moving_scene(16), 3, axis=0)
    assert analysed(clip).events.duplicates == tuple(index for index in range(48) if index % 3)


def test_frozen_middle_of_a_shot_repeats(analysed) -> None:
    shot = moving_scene(30)
    clip = shot[[*range(15), *[14] * 12, *range(15, 30)]]
    assert analysed(clip).events.duplicates == tuple(range(15, 27))


def test_still_title_has_no_repeats(analysed) -> None:
    title = moving_scene(1)
    assert numbers(analysed(np.repeat(title, 30, axis=0))) == {}
    grainy = np.repeat(title, 30, axis=0) + np.random.default_rng(1).normal(0, 0.01, (30, 3, 64, 96)).astype(np.float32)
    assert numbers(analysed(grainy)) == {}


def test_still_picture_under_flicker_has_no_repeats(analysed) -> None:
    clip = with_flicker(np.repeat(moving_scene(1), 60, axis=0), deviation=0.02)
    found = analysed(clip)
    assert numbers(found) == {}
    assert found.verdict.type == "global"


def test_fades_are_no_flicker(analysed) -> None:
    down = np.linspace(1, 0.05, 40, dtype=np.float32)
    dip = (0.6 + 0.4 * np.cos(np.linspace(0, 2 * np.pi, 60))).astype(np.float32)
    for fade in (down, down[::-1], dip):
        found = analysed(moving_scene(len(fade), grain=0.002) * fade[:, None, None, None])
        assert found.verdict.type == "none"
        assert (found.events.cuts, found.events.flashes, found.events.strays) == ((), (), ())
