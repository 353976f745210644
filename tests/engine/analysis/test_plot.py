import sys
from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend.analysis import draw_analysis
from reelmend.errors import NotFoundError
from support.clips import moving_scene
from support.flickering import flickering_scene


def test_picture_is_a_png_of_its_size(analysed, tmp_path: Path) -> None:
    draw_analysis(analysed(flickering_scene("local", 20)), "clip", tmp_path / "a.png")
    picture = cv2.imread(str(tmp_path / "a.png"))
    assert picture.shape[:2] == (990, 1320)
    assert len(np.unique(picture.reshape(-1, 3), axis=0)) > 50


def test_svg_says_what_was_found(analysed, tmp_path: Path) -> None:
    clip = np.concatenate([flickering_scene("bands", 30), moving_scene(20, seed=8)])
    clip[4], clip[40] = clip[3], 0.0
    draw_analysis(analysed(clip, first_frame=1), "shot <1> $x$", tmp_path / "a.svg")
    text = (tmp_path / "a.svg").read_text()
    told = (
        "cut (1)", "repeats the frame before (1)", "no picture (1)", "Flicker of rows", "cycles a frame",
        "shot &lt;1&gt; $x$",
    )  # fmt: skip
    for words in told:
        assert words in text


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_same_analysis_gives_the_same_bytes(analysed, tmp_path: Path, ending: str) -> None:
    analysis = analysed(flickering_scene("global", 20))
    for name in ("a", "b"):
        draw_analysis(analysis, "clip", tmp_path / f"{name}.{ending}")
    assert (tmp_path / f"a.{ending}").read_bytes() == (tmp_path / f"b.{ending}").read_bytes()


@pytest.mark.parametrize("count", [1, 2, 9])
def test_short_clips_are_drawn_too(analysed, tmp_path: Path, count: int) -> None:
    draw_analysis(analysed(moving_scene(count)), "clip", tmp_path / "a.svg")
    assert "leave it alone" in (tmp_path / "a.svg").read_text()


def test_black_clip_is_drawn_too(analysed, tmp_path: Path) -> None:
    draw_analysis(analysed(np.zeros((12, 3, 64, 96), np.float32)), "clip", tmp_path / "a.svg")
    assert "no picture (12)" in (tmp_path / "a.svg").read_text()


def test_missing_matplotlib_is_told_with_what_to_do(analysed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(NotFoundError, match="pip install matplotlib"):
        draw_analysis(analysed(moving_scene(9)), "clip", tmp_path / "a.png")
