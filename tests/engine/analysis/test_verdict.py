import numpy as np
import pytest

from reelmend.analysis import Kind
from support.clips import moving_scene, with_flicker
from support.flickering import FLICKER_TYPES, flickering_scene, with_bands, with_patches


@pytest.mark.parametrize("seed", [1, 2])
@pytest.mark.parametrize("kind", FLICKER_TYPES)
def test_type_of_flicker_is_told(analysed, kind: str, seed: int) -> None:
    assert analysed(flickering_scene(kind, seed=seed)).verdict.type == kind


def test_bands_under_global_flicker_are_both(analysed) -> None:
    clip = with_flicker(with_bands(moving_scene(40)), deviation=0.06)
    assert analysed(clip).verdict.kinds == (Kind.GLOBAL, Kind.BANDS)


def test_slowly_rolling_bands_are_bands(analysed) -> None:
    assert analysed(with_bands(moving_scene(60), period_frames=14.0)).verdict.type == "bands"


def test_slow_light_is_no_flicker(analysed) -> None:
    clip = moving_scene(80)
    light = 1 + 0.2 * np.sin(2 * np.pi * np.arange(80) / 50)
    found = analysed(clip * light.astype(np.float32)[:, None, None, None])
    assert found.verdict.type == "none"


def test_shots_are_judged_each_by_itself(analysed) -> None:
    shots = [flickering_scene("bands", 24), flickering_scene("global", 24, seed=8), moving_scene(24, seed=20)]
    found = analysed(np.concatenate(shots))
    assert [(shot.start, shot.end) for shot in found.shots] == [(0, 24), (24, 48), (48, 72)]
    assert [shot.verdict.type for shot in found.shots] == ["bands", "global", "none"]
    assert set(found.verdict.kinds) >= {Kind.GLOBAL, Kind.BANDS}
    assert any("each by itself" in note for note in found.recommendation.notes)


def test_faster_motion_is_no_flicker(analysed) -> None:
    scene = moving_scene(60)[::3]
    assert analysed(scene).verdict.type == "none"


def test_weak_patches_are_seen_from_two_per_cent_on(analysed) -> None:
    scene = moving_scene(40, 192, 108)
    assert analysed(with_patches(scene, 0.02)).verdict.type == "local"
    assert analysed(with_patches(scene, 0.002)).verdict.type == "none"
