"""Contact sheets: what was found in a clip, frame by frame, to be looked at."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.errors import QualityError
from reelmend.quality.mattes import FOUND_FROM, as_matte_plane

Picture = NDArray[np.uint8]
"""(H, W, 3) R, G, B."""

CLASS_COLOURS: Mapping[str, tuple[int, int, int]] = {
    "blotch": (255, 80, 60),
    "hair": (80, 220, 90),
    "scratch": (80, 150, 255),
}
OTHER_COLOUR = (255, 220, 60)
ROW_PX = 132
CROP_PX = 64
"""Side of what is cut out around a defect; a larger defect is made smaller to fit."""
CROPS_A_FRAME = 8
GAP_PX = 4
_MARGIN_PX = 6
_GROUND = 32


@dataclass(frozen=True)
class Found:
    """One defect of a frame: its class and box, in pixels, and how many pixels it has."""

    kind: str
    left: int
    top: int
    width: int
    height: int
    area_px: int


def defects_of(mattes: Mapping[str, NDArray[np.generic]]) -> list[Found]:
    """Return the defects of one frame's mattes (H, W) by class: 8-connected areas of 0.5 or more, largest first."""
    found = []
    for kind, plane in mattes.items():
        mask = (as_matte_plane(plane) >= FOUND_FROM).astype(np.uint8)
        count, _, stats, _ = cv2.connectedComponentsWithStats(mask, connectivity=8)
        found += [Found(kind, *(int(value) for value in stats[label])) for label in range(1, count)]
    return sorted(found, key=lambda one: -one.area_px)


def contact_sheet(
    before: Sequence[Picture], after: Sequence[Picture], mattes: Mapping[str, NDArray[np.generic]], first_frame: int = 0
) -> Picture:
    """Return a sheet with a row for each frame: its number, the frame with a box for each defect, and its defects.

    before, after: (H, W, 3) uint8 frames of one size. mattes: by class, (N, H, W). Of each frame the eight largest
    defects are shown, before above after, with what is around them. Raises QualityError for clips of unequal lengths.
    """
    lengths = {len(before), len(after), *(len(matte) for matte in mattes.values())}
    if len(lengths) != 1 or not len(before):
        raise QualityError(f"a contact sheet needs clips and mattes of one length, got {sorted(lengths)} frames")
    rows = []
    for index, (one, other) in enumerate(zip(before, after, strict=True)):
        found = defects_of({kind: matte[index] for kind, matte in mattes.items()})
        rows.append(np.hstack(list(_row(one, other, found, first_frame + index))))
    return np.asarray(np.vstack(rows), np.uint8)


def _row(before: Picture, after: Picture, found: Sequence[Found], number: int) -> Iterator[Picture]:
    yield _captioned(_boxed(before, found), f"{number}: {len(found)}")
    for place in range(CROPS_A_FRAME):
        crop = _ground(ROW_PX, CROP_PX + GAP_PX)
        if place < len(found):
            for top, picture in ((0, before), (CROP_PX + GAP_PX, after)):
                crop[top : top + CROP_PX, :CROP_PX] = _cut_out(picture, found[place])
            crop[CROP_PX : CROP_PX + GAP_PX, :CROP_PX] = CLASS_COLOURS.get(found[place].kind, OTHER_COLOUR)
        yield crop


def _boxed(frame: Picture, found: Sequence[Found]) -> Picture:
    height, width = frame.shape[:2]
    scale = (ROW_PX - GAP_PX) / height
    small = cv2.resize(frame, (round(width * scale), ROW_PX - GAP_PX), interpolation=cv2.INTER_AREA)
    for one in found:
        corner = (int(one.left * scale) - 2, int(one.top * scale) - 2)
        far = (int((one.left + one.width) * scale) + 2, int((one.top + one.height) * scale) + 2)
        cv2.rectangle(small, corner, far, CLASS_COLOURS.get(one.kind, OTHER_COLOUR), 1)
    row = _ground(ROW_PX, small.shape[1] + GAP_PX)
    row[: small.shape[0], : small.shape[1]] = small
    return row


def _captioned(row: Picture, caption: str) -> Picture:
    for colour, thickness in (((0, 0, 0), 3), ((255, 255, 255), 1)):
        cv2.putText(row, caption, (4, 14), cv2.FONT_HERSHEY_SIMPLEX, 0.45, colour, thickness, cv2.LINE_AA)
    return row


def _cut_out(frame: Picture, one: Found) -> Picture:
    """Return the square around a defect, enlarged without smoothing or made smaller to CROP_PX a side."""
    side = max(one.width, one.height, CROP_PX // 4) + 2 * _MARGIN_PX
    left, top = one.left + one.width // 2 - side // 2, one.top + one.height // 2 - side // 2
    wide = cv2.copyMakeBorder(frame, side, side, side, side, cv2.BORDER_REPLICATE)
    square = wide[top + side : top + 2 * side, left + side : left + 2 * side]
    smaller = side > CROP_PX
    shown = cv2.resize(square, (CROP_PX, CROP_PX), interpolation=cv2.INTER_AREA if smaller else cv2.INTER_NEAREST)
    return np.asarray(shown, np.uint8)


def _ground(height: int, width: int) -> Picture:
    return np.full((height, width, 3), _GROUND, np.uint8)
