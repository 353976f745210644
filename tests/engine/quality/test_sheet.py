"""Contact sheets of defects that were drawn."""

import numpy as np
import pytest

from reelmend.quality import QualityError
from reelmend.quality.sheet import CLASS_COLOURS, CROP_PX, CROPS_A_FRAME, GAP_PX, ROW_PX, contact_sheet, defects_of

HEIGHT, WIDTH = 120, 160


def mattes() -> dict[str, np.ndarray]:
    """Two frames: a blotch and a hair in the first, nothing in the second."""
    found = {kind: np.zeros((2, HEIGHT, WIDTH), np.uint8) for kind in ("blotch", "hair")}
    found["blotch"][0, 40:50, 60:80] = 255
    found["hair"][0, 90:92, 10:30] = 200
    found["hair"][0, 5:8, 5:8] = 100
    return found


def test_defects_are_listed_by_size_and_faint_ones_are_none() -> None:
    found = defects_of({kind: matte[0] for kind, matte in mattes().items()})
    assert [(one.kind, one.left, one.top, one.width, one.height, one.area_px) for one in found] == [
        ("blotch", 60, 40, 20, 10, 200),
        ("hair", 10, 90, 20, 2, 40),
    ]


def test_each_frame_has_a_row_with_its_defects_before_and_after() -> None:
    before, after = np.full((2, HEIGHT, WIDTH, 3), 120, np.uint8), np.full((2, HEIGHT, WIDTH, 3), 180, np.uint8)
    before[0, 40:50, 60:80] = 10
    sheet = contact_sheet(list(before), list(after), mattes())
    first = round(WIDTH * (ROW_PX - GAP_PX) / HEIGHT) + GAP_PX
    assert sheet.shape == (2 * ROW_PX, first + CROPS_A_FRAME * (CROP_PX + GAP_PX), 3)
    blotch = sheet[:ROW_PX, first : first + CROP_PX]
    assert (blotch[CROP_PX // 2, CROP_PX // 2] == 10).all()
    assert tuple(blotch[CROP_PX + 1, 3]) == CLASS_COLOURS["blotch"]
    assert (blotch[CROP_PX + GAP_PX + CROP_PX // 2, CROP_PX // 2] == 180).all()
    assert len(np.unique(sheet[ROW_PX:, first:])) == 1


def test_clips_of_unequal_lengths_make_no_sheet() -> None:
    frames = list(np.zeros((2, HEIGHT, WIDTH, 3), np.uint8))
    with pytest.raises(QualityError, match="one length"):
        contact_sheet(frames, frames[:1], mattes())
    with pytest.raises(QualityError, match="one length"):
        contact_sheet([], [], {})
