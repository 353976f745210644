"""Each kind of scenery looks and moves as its settings say."""

from dataclasses import fields, replace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from reelmend_models.damage import ClipInfo, DamageError, Plane
from reelmend_models.damage.settings import bounds
from reelmend_models.scenery import (
    TEST_SCENERY,
    TRAINING_SCENERY,
    Eyes,
    Flashes,
    Flyers,
    Glitter,
    Lights,
    Rain,
    Scenery,
    SceneryPlan,
    Snow,
    Sparks,
    Text,
)

CLIP = ClipInfo(400, 360, 640)
GREY = np.full((360, 640, 3), 0.3, np.float32)


def plan_of(scenery: Scenery, seed: int = 3, clip: ClipInfo = CLIP) -> SceneryPlan:
    """Return a plan of scenery."""
    plan = scenery.plan(clip, seed)
    assert isinstance(plan, SceneryPlan)
    return plan


def boxes(cover: Plane, above: float = 0.1) -> NDArray[np.int32]:
    """Return (n, 5) left, top, width, height, area of the things in a frame."""
    return cv2.connectedComponentsWithStats((cover > above).astype(np.uint8))[2][1:]


def shift_of(first: Plane, second: Plane) -> tuple[float, float]:
    """Return how far the whole has moved, (x, y) in pixels, by phase correlation."""
    return cv2.phaseCorrelate(first.astype(np.float64), second.astype(np.float64))[0]


@pytest.mark.parametrize("name", [name for name in TRAINING_SCENERY if name in TEST_SCENERY])
def test_what_is_tested_on_was_never_trained_on(name: str) -> None:
    trained, tested = TRAINING_SCENERY[name], TEST_SCENERY[name]
    assert type(trained) is type(tested)
    apart = 0
    for setting in (field.name for field in fields(trained)):
        one, other = getattr(trained, setting), getattr(tested, setting)
        if isinstance(one, tuple) and isinstance(one[0], str):
            apart += bool(set(other) - set(one))
        elif setting != "fonts":
            (low, high), (other_low, other_high) = bounds(one), bounds(other)
            apart += other_low >= high or other_high <= low
    assert apart >= 1


def test_the_test_has_kinds_that_training_lacks() -> None:
    assert set(TEST_SCENERY) - set(TRAINING_SCENERY) == {"embers", "confetti", "counter"}
    assert set(TRAINING_SCENERY) <= set(TEST_SCENERY)


def test_rain_is_of_thin_upright_streaks_that_fall() -> None:
    plan = plan_of(Rain(density=60.0, slant_rad=0.0, speed=0.08, shutter=0.6, opacity=1.0))
    found = boxes(plan.cover(10), 0.3)
    assert len(found) > 20
    assert np.median(found[:, 3]) > 3.0 * np.median(found[:, 2])
    near = plan_of(Rain(density=0.7, slant_rad=0.0, speed=0.08, shutter=0.6, opacity=1.0))
    tops = [plan_top for index in range(6) if (plan_top := _top(near.cover(20 + index)))]
    assert len(set(tops)) > 1


def _top(cover: Plane) -> int:
    rows = np.flatnonzero((cover > 0.2).any(axis=1))
    return int(rows[0]) if len(rows) else 0


def test_rain_falls_by_its_speed() -> None:
    plan = plan_of(Rain(density=40.0, slant_rad=0.0, speed=0.05, opacity=1.0))
    drops = plan.drops[-1]  # type: ignore[attr-defined]
    assert drops.pace_px.mean() == pytest.approx(0.05 * 360, rel=0.05)


def test_splashes_stand_in_the_lower_half() -> None:
    plan = plan_of(Rain(density=0.0, splashes=80.0))
    cover = np.max([plan.cover(index) for index in range(5)], axis=0)
    assert not (cover[:165] > 0.05).any()
    assert (cover[180:] > 0.3).sum() > 30


def test_snow_sinks_slowly_and_has_sharp_and_soft_flakes() -> None:
    plan = plan_of(Snow(density=150.0, speed=0.03, wind=0.0, sway=0.0))
    flakes = plan.flakes  # type: ignore[attr-defined]
    assert [layer.radius_px.mean() for layer in flakes] == sorted(layer.radius_px.mean() for layer in flakes)
    assert max(layer.blur_px for layer in flakes) > 3.0 * min(layer.blur_px for layer in flakes)
    across, down = shift_of(plan.cover(10), plan.cover(11))
    assert abs(across) < 1.0
    assert 0.3 < down < 0.03 * 360 * 1.3


def test_sparks_live_shortly() -> None:
    plan = plan_of(Sparks(life_frames=3.0, density=4.0, speed=0.06))
    covers = np.stack([plan.cover(index) > 0.2 for index in range(40)])
    assert 0.0002 < covers.mean() < 0.05
    assert (covers[5:] & covers[:-5]).mean() < 0.5 * covers.mean()


def test_sparks_fall_and_embers_rise() -> None:
    settings = {"life_frames": 20.0, "density": 6.0, "speed": 0.0005, "sources": 1.0}
    for gravity, way in ((0.002, 1.0), (-0.002, -1.0)):
        plan = Sparks(gravity=gravity, **settings).plan(CLIP, 3)
        rows = np.flatnonzero((plan.cover(30) > 0.2).any(axis=1)) - plan.places[0, 1]
        assert way * (rows.max() + rows.min()) > 30.0


def test_sparks_are_lit_and_never_dark() -> None:
    picture = plan_of(Sparks()).apply(GREY, 30)[0]
    assert picture[..., 0].min() >= GREY.min() - 1e-6
    assert picture.max() > 0.9


def test_a_glint_lasts_one_frame_and_stands_on_the_water() -> None:
    plan = plan_of(Glitter(water=0.0, top=0.5, life_frames=1.0, density=600.0, radius=0.005))
    lit = np.stack([plan.cover(index) > 0.3 for index in range(30, 33)])
    assert lit.sum(axis=(1, 2)).min() > 30
    assert not lit[:, :175].any()
    for one, other in ((0, 1), (1, 2)):
        assert (lit[one] & lit[other]).sum() < 0.1 * lit[one].sum()


def test_painted_water_moves_in_waves() -> None:
    plan = plan_of(Glitter(density=0.0, water=1.0, top=0.4))
    first, second = (plan.apply(GREY, index)[0] for index in (5, 9))
    assert (first[:130] == GREY[:130]).all()
    assert first[200:, :, 1].std() > 0.02
    assert np.abs(first - second)[200:].mean() > 0.01


def test_a_lamp_is_on_for_its_share_of_the_period() -> None:
    plan = Lights(density=12.0, period_frames=10.0, rhythms=("regular",)).plan(CLIP, 3)
    for number, lamp in enumerate(plan.lamps):
        on = np.mean([plan.brightness(number, index) for index in range(200)])
        assert on == pytest.approx(lamp.on_share, abs=0.11)


def test_a_single_flash_of_a_lamp_lasts_one_frame() -> None:
    plan = Lights(density=12.0, rhythms=("single",)).plan(CLIP, 3)
    lit = np.array([[plan.brightness(number, index) for index in range(300)] for number in range(len(plan.lamps))])
    assert 0.03 < lit.mean() < 0.1
    assert (lit[:, 1:] * lit[:, :-1]).mean() < 0.02


def test_birds_cross_the_picture_within_few_frames_and_are_smooth() -> None:
    plan = Flyers(density=0.5, speed=0.1, size=0.02, shutter=0.5, rest=0.0, kinds=("ball",)).plan(CLIP, 3)
    seen = [plan.cover(index) for index in range(40)]
    assert np.mean([cover.max() > 0.1 for cover in seen]) > 0.5
    for cover in seen:
        found = boxes(cover, 0.05)
        assert len(found) <= len(plan.flyers)
        assert all(width < 60 for width in found[:, 2])


def test_a_flyer_moves_by_its_speed() -> None:
    plan = Flyers(density=0.1, speed=0.05, size=0.02, shutter=0.0, rest=0.0, kinds=("ball",)).plan(CLIP, 5)
    centres = [box[0, 0] + box[0, 2] / 2 for index in range(60) if len(box := boxes(plan.cover(index))) == 1]
    steps = np.abs(np.diff(centres))
    assert np.median(steps) == pytest.approx(0.05 * 360, abs=1.5)


def test_credits_scroll_up_and_a_crawl_to_the_left() -> None:
    scrolled, crawled = (plan_of(Text(kinds=(kind,), speed=0.01, outline=0.0)) for kind in ("credits", "crawl"))
    assert shift_of(scrolled.cover(40), scrolled.cover(41))[1] == pytest.approx(-3.6, abs=0.3)
    assert shift_of(crawled.cover(40), crawled.cover(41))[0] == pytest.approx(-3.6, abs=0.3)


def test_a_subtitle_changes_at_once_and_a_counter_with_every_frame() -> None:
    subtitle = plan_of(Text(kinds=("subtitle",), hold_frames=12.0))
    shown = [subtitle.cover(index).tobytes() for index in range(24)]
    assert 3 <= len(set(shown)) <= 4
    counter = plan_of(Text(kinds=("counter",)))
    assert len({counter.cover(index).tobytes() for index in range(24)}) == 24


def test_typed_text_grows() -> None:
    plan = plan_of(Text(kinds=("typed",), hold_frames=30.0, outline=0.0))
    covered = [plan.cover(index).sum() for index in (2, 10, 18)]
    assert covered[0] < covered[1] < covered[2]


def test_eyes_blink_once_in_each_stretch() -> None:
    plan = Eyes(every_frames=20.0, blink_frames=3.0).plan(CLIP, 3)
    opened = np.array([plan.open_share(0, index) for index in range(200)])
    begins = (opened[1:] < 1.0) & (opened[:-1] == 1.0)
    assert begins.sum() in (9, 10)
    assert (opened < 1.0).sum() <= 40


def test_a_flash_lights_the_whole_picture_for_at_most_three_frames() -> None:
    plan = Flashes(per_frame=0.05, gain=2.0, kinds=("frame",)).plan(CLIP, 3)
    light = np.array([plan.apply(GREY, index)[0].mean() / 0.3 for index in range(200)])
    assert 4 < (light > 1.9).sum() < 30
    assert np.isclose(light, 1.0).mean() > 0.7
    assert light.max() <= 1.0 / 0.3 + 1e-5


def test_light_of_a_flash_in_an_area_falls_off() -> None:
    plan = Flashes(per_frame=0.2, gain=2.0, size=0.1, kinds=("area",)).plan(CLIP, 3)
    brightest = max((plan.apply(GREY, index)[0] for index in range(60)), key=lambda picture: float(picture.max()))
    assert brightest.max() > 0.5
    assert np.isclose(brightest, 0.3, atol=0.01).mean() > 0.3


def test_an_explosion_burns_on_after_its_flash_and_a_muzzle_flash_does_not() -> None:
    burnt, star = (Flashes(per_frame=0.03, kinds=(kind,)).plan(CLIP, 3) for kind in ("explosion", "muzzle"))
    longest = {
        id(plan): _longest_run([plan.cover(index).max() > 0.1 for index in range(150)]) for plan in (burnt, star)
    }
    assert longest[id(burnt)] >= 6
    assert 1 <= longest[id(star)] <= 4


def _longest_run(shown: list[bool]) -> int:
    runs = "".join("x" if each else " " for each in shown).split()
    return max(map(len, runs), default=0)


def test_a_crop_shows_as_many_things_on_its_pixels_as_the_whole() -> None:
    snow = Snow(density=200.0, focus=0.4, defocus=0.004, radius=0.008, opacity=1.0)
    whole, part = ClipInfo(40, 720, 720), ClipInfo(40, 240, 240)
    shares = [(plan_of(replace(snow, crop=3.0), seed, part).cover(10) > 0.1).mean() for seed in range(20)]
    assert np.mean(shares) == pytest.approx((plan_of(snow, clip=whole).cover(10) > 0.1).mean(), rel=0.25)


@pytest.mark.parametrize(
    ("stage", "setting"), [(Flyers(), "kinds"), (Text(), "kinds"), (Lights(), "rhythms"), (Flashes(), "kinds")]
)
def test_an_unknown_kind_is_named_with_those_there_are(stage: Scenery, setting: str) -> None:
    with pytest.raises(DamageError, match=r"must be some of .*, got \('elephant',\)"):
        replace(stage, **{setting: ("elephant",)})
