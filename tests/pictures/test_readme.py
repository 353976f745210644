"""The pictures of the README and of the effects' pages are there, small, and drawn as they say."""

from __future__ import annotations

import re
from pathlib import Path

import cv2
import numpy as np
import pytest
from demo.readme import (
    DIRTY,
    DIRTY_COUNT,
    DIRTY_FRAME,
    FOLDER,
    PARTS,
    PICTURES,
    ROLLING,
    SHOWN,
    WHOLE,
    Frames,
    _damaged,
    _light_off,
    _sheet,
    _slit,
)

CHECKOUT = Path(__file__).parents[2]
MOST_BYTES = 200_000


def flat(value: float, height: int = 30, width: int = 40) -> np.ndarray:
    return np.full((3, height, width), value, np.float32)


@pytest.mark.parametrize(("page", "least"), [("README.md", 3), ("docs/deflicker.md", 2), ("docs/repair.md", 1)])
def test_pictures_of_a_page_are_there_and_small_and_attributed(page: str, least: int) -> None:
    text = (CHECKOUT / page).read_text(encoding="utf-8")
    attributed = (FOLDER / "ATTRIBUTION.md").read_text(encoding="utf-8")
    pictures = re.findall(r"!\[[^\]]+\]\(([^)]+)\)", text)
    assert len(pictures) >= least
    for picture in pictures:
        path = (CHECKOUT / page).parent / picture
        assert 0 < path.stat().st_size < MOST_BYTES, picture
        assert f"`{path.name}`" in attributed, picture


def test_every_picture_that_is_drawn_is_shown_somewhere() -> None:
    pages = [CHECKOUT / "README.md", *(CHECKOUT / "docs").glob("*.md")]
    text = "".join(page.read_text(encoding="utf-8") for page in pages)
    for name in PICTURES:
        assert f"pictures/{name}.jpg" in text


def test_sheet_shows_each_picture_in_its_row_and_column() -> None:
    sheet = _sheet([[flat(0.0), flat(0.2)], [flat(0.4), flat(0.6)]], ["one", "two"], ["before", "after"])
    height, width = sheet.shape[:2]
    places = [(height // 4 + 20, width // 4 + 20), (height // 4 + 20, 3 * width // 4)]
    places += [(3 * height // 4, width // 4 + 20), (3 * height // 4, 3 * width // 4)]
    assert [sheet[place].tolist() for place in places] == [[0] * 3, [51] * 3, [102] * 3, [153] * 3]


def test_slice_of_a_clip_shows_its_frames_from_left_to_right() -> None:
    shown = _slit(Frames([flat(value) for value in (0.1, 0.5, 0.9)]))
    assert shown.shape == (3, 30, 40)
    np.testing.assert_allclose(shown[0, 15, [3, 20, 36]], [0.1, 0.5, 0.9], atol=1e-6)


def test_too_much_light_is_orange_too_little_blue_and_the_right_light_white() -> None:
    clean = Frames([flat(0.4)])
    bright, dark, same = (_light_off(Frames([flat(value)]), clean, 1)[:, 15, 20] for value in (0.6, 0.2, 0.4))
    assert bright[0] > bright[1] > bright[2]
    assert dark[2] > dark[1] > dark[0]
    np.testing.assert_allclose(same, 1.0, atol=1e-5)


def test_damage_of_the_pictures_is_the_same_at_every_run() -> None:
    clean, spoilt = _damaged(ROLLING)
    again = _damaged(ROLLING)[1]
    assert cv2.absdiff(spoilt.read(SHOWN[0]), again.read(SHOWN[0])).max() == 0
    assert np.abs(spoilt.read(SHOWN[0]) - clean.read(SHOWN[0])).mean() > 0.01


def test_every_part_that_is_shown_of_the_dirty_frame_has_dirt_and_clean_pixels() -> None:
    clean, spoilt = _damaged(DIRTY, WHOLE, DIRTY_COUNT)
    differs = (clean.read(DIRTY_FRAME) != spoilt.read(DIRTY_FRAME)).any(axis=0)
    for left, top, wide, tall in PARTS:
        part = differs[top : top + tall, left : left + wide]
        assert part.shape == (tall, wide)
        assert 0.002 < part.mean() < 0.1
