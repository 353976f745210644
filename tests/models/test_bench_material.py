"""The bench's material: the test split and no other, seeds of the test split, damage with its truth."""

from pathlib import Path

import numpy as np
import pytest

from reelmend_models.bench_material import (
    BENCH_PRESETS,
    DEFAULT_FOOTAGE,
    FOOTAGE_VARIABLE,
    SYNTHETIC,
    FootageMaterial,
    material,
)
from reelmend_models.damage import PRESETS
from reelmend_models.synthetic_pan import synthetic_pan
from reelmend_models.training.footage import FootageError, read_footage, split_seeds

REPOSITORY = Path(__file__).parents[2]
BUILT = REPOSITORY / DEFAULT_FOOTAGE
built = pytest.mark.skipif(not (BUILT / "footage.json").exists(), reason="the footage is not built here")


def test_footage_that_is_not_built_is_named_with_the_command_that_builds_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(FootageError, match="footage build"):
        material(tmp_path)
    monkeypatch.setenv(FOOTAGE_VARIABLE, str(tmp_path / "elsewhere"))
    with pytest.raises(FootageError, match="elsewhere"):
        material()


def test_every_damage_preset_is_a_preset_of_the_bench() -> None:
    assert set(PRESETS) | {"blotches-only"} == set(BENCH_PRESETS)


@built
def test_only_clips_of_the_test_split_are_used() -> None:
    found = FootageMaterial(BUILT)
    footage = read_footage(BUILT)
    assert [clip.name for clip in found.clips()] == [*(clip.id for clip in footage.clips("test")), SYNTHETIC]
    assert all(clip.licence and clip.attribution for clip in found.clips())
    assert len([clip for clip in found.clips() if "quick" in clip.modes]) >= 4
    assert [clip.name for clip in found.clips() if "full" not in clip.modes] == [SYNTHETIC]


@built
def test_seeds_are_of_the_test_split_and_differ_by_clip_and_preset() -> None:
    found = FootageMaterial(BUILT)
    seeds = {found.seed(clip.name, preset) for clip in found.clips() for preset in found.presets()}
    assert len(seeds) == len(found.clips()) * len(found.presets())
    assert all(seed in split_seeds("test") for seed in seeds)


@built
def test_damage_comes_with_its_mattes_and_blotches_cover_about_a_five_hundredth() -> None:
    found = FootageMaterial(BUILT)
    frames = [np.full((360, 640, 3), 0.4, np.float32)] * 24
    shares = []
    for damaged, mattes in found.damage(frames, "blotches-only", found.seed("city", "blotches-only"), 24):
        assert set(mattes) == {"blotch"}
        assert np.array_equal(damaged[mattes["blotch"] == 0], frames[0][mattes["blotch"] == 0])
        shares.append((mattes["blotch"] > 0.1).mean())
    assert 0.0005 < np.mean(shares) < 0.006


@built
def test_a_made_clip_is_rendered_at_the_size_that_is_asked_for() -> None:
    found = FootageMaterial(BUILT)
    made = next(clip for clip in found.clips() if clip.file is None)
    assert next(iter(found.render(made.name, 160, 90))).shape == (90, 160, 3)


def test_the_synthetic_pan_is_the_same_every_time_and_its_light_swings_by_15_percent() -> None:
    first, second = (list(synthetic_pan(128, 72, frames=20)) for _ in range(2))
    assert np.array_equal(first, second)
    means = np.array([frame.mean() for frame in first])
    assert means.argmax() in range(7, 14)
    assert 1.08 < means.max() / means[0] < 1.2


@built
def test_the_fingerprint_stays_while_nothing_changes() -> None:
    assert FootageMaterial(BUILT).fingerprint() == FootageMaterial(BUILT).fingerprint()
