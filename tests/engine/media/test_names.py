from pathlib import Path

import pytest

from reelmend.errors import MediaError
from reelmend.media.names import SequenceName, find_sequence, parse_pattern, sequence_in_folder, sequence_of_file


def touch(folder: Path, *names: str) -> None:
    for name in names:
        (folder / name).write_bytes(b"")


@pytest.mark.parametrize(
    ("text", "digits", "file_of_7"),
    [
        ("shot.%04d.exr", 4, "shot.0007.exr"),
        ("shot.%d.exr", 1, "shot.7.exr"),
        ("shot.####.exr", 4, "shot.0007.exr"),
        ("shot.#.exr", 1, "shot.7.exr"),
        ("%06d.png", 6, "000007.png"),
    ],
)
def test_patterns_spell_their_files(text: str, digits: int, file_of_7: str) -> None:
    name = parse_pattern(Path("/shots") / text)
    assert name.digits == digits
    assert name.path(7) == Path("/shots") / file_of_7


def test_pattern_with_two_places_is_refused() -> None:
    with pytest.raises(MediaError, match="one place for the frame number"):
        parse_pattern(Path("shot.####.%04d.exr"))


def test_frames_beyond_the_padding_belong_to_the_sequence(tmp_path: Path) -> None:
    touch(tmp_path, "a.998.png", "a.999.png", "a.1000.png", "a.0999.png", "a.x.png", "b.999.png")
    assert SequenceName(tmp_path, "a.", 3, ".png").existing_frames() == [998, 999, 1000]


def test_one_file_stands_for_its_whole_sequence(tmp_path: Path) -> None:
    touch(tmp_path, "shot_v02.0009.exr", "shot_v02.0010.exr", "shot_v03.0011.exr", "shot_v02.0010.png")
    name = sequence_of_file(tmp_path / "shot_v02.0010.exr")
    assert name.pattern.name == "shot_v02.%04d.exr"
    assert name.existing_frames() == [9, 10]


def test_unpadded_neighbours_of_any_length_are_one_sequence(tmp_path: Path) -> None:
    touch(tmp_path, *(f"f{number}.png" for number in range(8, 12)))
    assert sequence_of_file(tmp_path / "f10.png").existing_frames() == [8, 9, 10, 11]


def test_file_without_a_number_is_a_still(tmp_path: Path) -> None:
    touch(tmp_path, "still.png", "other.png")
    name = sequence_of_file(tmp_path / "still.png")
    assert name.is_still
    assert name.existing_frames() == [1]
    assert name.path(1) == tmp_path / "still.png"


def test_folder_with_one_sequence_stands_for_it(tmp_path: Path) -> None:
    touch(tmp_path, "a.0001.dpx", "a.0002.dpx", ".a.0003.dpx", "notes.txt")
    assert sequence_in_folder(tmp_path).existing_frames() == [1, 2]


def test_folder_with_two_sequences_names_both(tmp_path: Path) -> None:
    touch(tmp_path, "a.0001.dpx", "b.0001.dpx")
    with pytest.raises(MediaError, match=r"2 sequences \(a\.%04d\.dpx, b\.%04d\.dpx\); name one"):
        sequence_in_folder(tmp_path)


def test_folder_without_images_says_what_is_read(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"holds no images; reelmend reads \.dpx, \.exr"):
        sequence_in_folder(tmp_path)


def test_literal_file_wins_over_a_pattern(tmp_path: Path) -> None:
    touch(tmp_path, "take#1.png")
    assert find_sequence(tmp_path / "take#1.png").existing_frames() == [1]


def test_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=f"folder {tmp_path}/no does not exist"):
        SequenceName(tmp_path / "no", "a.", 4, ".png").existing_frames()
