"""The catalogue: the split that nothing crosses, and rows that cannot be wrong in silence."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from reelmend_models.training.footage import FootageError, split_of_seed, split_seeds
from reelmend_models.training.footage.catalogue import SPLITS, read_catalogue, shipped_catalogue
from reelmend_models.training.footage.made.recipe import CLIPS_PER_PHOTO, quick_recipes, recipes
from support.footage_shelf import Shelf


def test_no_file_photo_or_seed_is_in_two_splits() -> None:
    catalogue = shipped_catalogue()
    splits_of: dict[object, set[str]] = defaultdict(set)
    for source in catalogue.sources:
        for key in (source.id, source.sha256, (source.package.name, source.path)):
            splits_of[key].add(source.split)
    for id_, recipe in recipes(catalogue):
        split = split_of_seed(recipe.seed)
        assert split is not None
        for key in (id_, *recipe.photos, recipe.seed):
            splits_of[key].add(split)
    assert {key: splits for key, splits in splits_of.items() if len(splits) != 1} == {}


def test_the_seeds_of_the_splits_are_apart_and_known_by_number() -> None:
    ranges = [split_seeds(split) for split in SPLITS]
    for numbers, split in zip(ranges, SPLITS, strict=True):
        assert split_of_seed(numbers[0]) == split_of_seed(numbers[-1]) == split
        assert not any(other is not numbers and (numbers[0] in other or numbers[-1] in other) for other in ranges)
    assert split_of_seed(max(numbers.stop for numbers in ranges)) is None


def test_every_split_has_camera_clips_and_photographs() -> None:
    for sources in (shipped_catalogue().clips, shipped_catalogue().photos):
        assert {source.split for source in sources} == set(SPLITS)


def test_the_same_dog_is_not_in_training_and_test() -> None:
    splits = {
        source.split for source in shipped_catalogue().sources if source.package.name == "forensics-samples-files"
    }
    assert splits == {"test"}


def test_every_photograph_gives_its_made_clips_with_inserts_of_its_own_split() -> None:
    catalogue = shipped_catalogue()
    split_of = {photo.id: photo.split for photo in catalogue.photos}
    made = list(recipes(catalogue))
    assert len(made) == len({id_ for id_, _ in made}) == CLIPS_PER_PHOTO * len(catalogue.photos)
    for _, recipe in made:
        assert len({split_of[photo] for photo in recipe.photos}) == 1
        assert len(set(recipe.photos)) == 3


def test_the_quick_subset_is_a_part_of_the_whole() -> None:
    catalogue = shipped_catalogue()
    assert dict(quick_recipes(catalogue)).items() <= dict(recipes(catalogue)).items()
    assert {clip.split for clip in catalogue.clips if clip.id in catalogue.quick} == set(SPLITS)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('id = "walk"', 'id = "ball"', "id stands twice in the catalogue: ball"),
        ('id = "walk"', 'id = "A walk"', "id must be lower-case words joined by '-', got 'A walk'"),
        ("validation = { first_seed = 100,", "validation = { first_seed = 99,", "two splits share seeds"),
        ('split = "validation"', 'split = "valid"', "split of river must be one of training, validation, test"),
        ('manager = "npm"', 'manager = "yarn"', "manager must be one of apt, npm, pip, got 'yarn'"),
        ('path = "package/river.png"', 'path = "../river.png"', "path of river must stay inside the package"),
        ('clips = ["ball"]', 'clips = ["bell"]', "the quick subset names unknown ids: bell"),
        ('licence = "CC0-1.0"', 'license = "CC0-1.0"', "cannot be read: TypeError"),
        ('fps = "25"', 'fps = "fast"', "cannot be read: ValueError"),
        ("[packages]", "[packages", "cannot be read: TOMLDecodeError"),
        ('package = "tape"', 'package = "tap"', "cannot be read: KeyError"),
    ],
)
def test_a_wrong_catalogue_is_refused_in_one_line(
    shelf: Shelf, tmp_path: Path, old: str, new: str, message: str
) -> None:
    text = shelf.catalogue_file.read_text(encoding="utf-8")
    assert old in text
    file = tmp_path / "catalogue.toml"
    file.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(FootageError) as caught:
        read_catalogue(file)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_one_file_under_two_names_is_refused(shelf: Shelf, tmp_path: Path) -> None:
    catalogue = read_catalogue(shelf.catalogue_file)
    first, second = catalogue.photos[0].sha256, catalogue.photos[-1].sha256
    file = tmp_path / "catalogue.toml"
    file.write_text(shelf.catalogue_file.read_text(encoding="utf-8").replace(second, first), encoding="utf-8")
    with pytest.raises(FootageError, match="sha256 stands twice"):
        read_catalogue(file)


def test_an_unknown_split_has_no_seeds() -> None:
    with pytest.raises(FootageError, match="split must be one of training, validation, test, got 'train'"):
        split_seeds("train")  # type: ignore[arg-type]
