"""What the fill learns from: blocks of damaged windows, as the engine cuts them, with the picture as it should be."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from reelmend.motion import Flow, hidden_on_grid, moved, steadied
from reelmend_models.definitions.repair.fill import BLOCK, CELLS, CORE, MARGIN
from reelmend_models.definitions.repair.fill_light import CELL, FillLight
from reelmend_models.training.repair.fill_windows import FillWindow

Plane = npt.NDArray[np.float32]
Planes = npt.NDArray[np.float32]

MIDDLE, SCRATCH = 2, 2
NEIGHBOURS_OF_WINDOW = (1, 3, 0, 4)
"""Places in a window's five frames of the neighbours at −1, +1, −2, +2."""
MOST_MISSED_PIXELS = 8.0
SEEN_FROM = 0.1


@dataclass(frozen=True)
class FillCase:
    """A frame to be filled whole: what the net reads of it, before it is cut into blocks.

    here (3, H, W), others (4, 3, H, W) moved onto it, there (4,), gain (4, 3, h, w) and around (3, h, w) by cells,
    matte and scratch (H, W), known (6, H/2, W/2), clean (3, H, W) as it should be. H and W are multiples of 16.
    """

    here: Planes
    others: Planes
    there: Plane
    gain: Planes
    around: Planes
    matte: Plane
    scratch: Plane
    known: Planes
    clean: Planes


@dataclass(frozen=True)
class Blocks:
    """A batch of blocks, each field with a leading axis, as `Fill` takes them; clean: (B, 3, 48, 48)."""

    here: Tensor
    others: Tensor
    there: Tensor
    gain: Tensor
    around: Tensor
    matte: Tensor
    scratch: Tensor
    known: Tensor
    clean: Tensor

    def inputs(self) -> tuple[Tensor, ...]:
        """Return what the net takes, in the order of its `forward`."""
        return tuple(getattr(self, part.name) for part in fields(self) if part.name != "clean")

    @classmethod
    def of(cls, parts: Sequence[Blocks]) -> Blocks:
        """Return batches as one."""
        return cls(*(torch.cat([getattr(part, name.name) for part in parts]) for name in fields(cls)))

    def halves(self) -> Blocks:
        """Return the blocks as float16."""
        return Blocks(*(getattr(self, name.name).half() for name in fields(self)))

    def chosen(self, places: Tensor) -> Blocks:
        """Return the blocks at these places, as float32."""
        return Blocks(*(getattr(self, name.name)[places].float() for name in fields(self)))


def case_of(window: FillWindow, matte: Plane, scratch: Plane, there: Sequence[float], light: FillLight) -> FillCase:
    """Return the case of a window's middle frame. matte, scratch: (H, W), as a detector gives them."""
    frames = [np.ascontiguousarray(frame.transpose(2, 0, 1)) for frame in window.damaged]
    here = frames[MIDDLE]
    hidden = hidden_on_grid(matte, *window.flows[0].shape[1:])
    flows = [steadied(flow, hidden) for flow in window.flows]
    near = [frames[place] for place in NEIGHBOURS_OF_WINDOW]
    others = np.stack([_moved_planes(frame, flow) for frame, flow in zip(near, flows, strict=True)])
    cells = np.stack([_cells(here), *(_moved_planes(_cells(f), flow) for f, flow in zip(near, flows, strict=True))])
    clean = (_cells(matte[None])[0] == 0).astype(np.float32)
    with torch.no_grad():
        gain, around = light(torch.from_numpy(cells), torch.from_numpy(clean))
    marks = [moved(scratch, flow) for flow in flows]
    raw = np.asarray(np.minimum(window.missed / MOST_MISSED_PIXELS, 1.0), np.float32)
    missed = steadied(raw, hidden_on_grid(matte, *raw.shape[1:]))
    known = np.stack([_halved(plane) for plane in (*marks, *missed)])
    known *= np.asarray([*there, *there[:2]], np.float32)[:, None, None]
    return FillCase(
        here,
        others,
        np.asarray(there, np.float32),
        gain.numpy(),
        around.numpy(),
        matte,
        scratch,
        known,
        np.ascontiguousarray(window.clean[MIDDLE].transpose(2, 0, 1)),
    )


def blocks_of(case: FillCase, places: Sequence[tuple[int, int]]) -> Blocks:
    """Return the blocks whose cores begin at these (row, column), multiples of 48; beyond the picture edges repeat."""
    padded = {name: _padded(getattr(case, name), MARGIN) for name in ("here", "others", "matte", "scratch")}
    known, clean = _padded(case.known, MARGIN // 2), _padded(case.clean, 0)
    gain, around = _padded(case.gain, 1), _padded(case.around, 1)
    parts: list[list[npt.NDArray[np.float32]]] = []
    for top, left in places:
        full = {name: plane[..., top : top + BLOCK, left : left + BLOCK] for name, plane in padded.items()}
        row, column = top // CELL, left // CELL
        coarse = [plane[..., row : row + CELLS, column : column + CELLS] for plane in (gain, around)]
        half = known[..., top // 2 : (top + BLOCK) // 2, left // 2 : (left + BLOCK) // 2]
        true = clean[..., top : top + CORE, left : left + CORE]
        order = (full["here"], full["others"], case.there, *coarse, full["matte"], full["scratch"], half, true)
        parts.append([np.asarray(part, np.float32) for part in order])
    return Blocks(*(torch.from_numpy(np.stack(part)) for part in zip(*parts, strict=True)))


def touched_places(matte: Plane) -> list[tuple[int, int]]:
    """Return where the cores begin that the matte touches."""
    rows, columns = (-(-side // CORE) for side in matte.shape)
    corners = ((CORE * row, CORE * column) for row in range(rows) for column in range(columns))
    return [(top, left) for top, left in corners if matte[top : top + CORE, left : left + CORE].any()]


def matte_as_found(rng: np.random.Generator | None, true: Planes) -> tuple[Plane, Plane]:
    """Return a matte and its scratches as a detector may give them for true opacities (3, H, W).

    Grown by 0 to 4 pixels, feathered or not, now and then shifted or too small; without `rng` grown by one.
    """
    if rng is None:
        core = true > SEEN_FROM
        return _grown(np.any(core, axis=0), 1), core[SCRATCH].astype(np.float32)
    core = true > np.float32(rng.choice([0.05, 0.1, 0.1, 0.2]))
    if rng.random() < 0.25:
        core = np.roll(core, rng.integers(-1, 2, 2), (1, 2))
    matte = _grown(np.any(core, axis=0), int(rng.choice([-1, 0, 1, 2, 3, 4], p=[0.05, 0.15, 0.25, 0.25, 0.2, 0.1])))
    if rng.random() < 0.6:
        matte = np.maximum(matte, _feathered(matte, int(rng.integers(1, 4))))
    return matte, core[SCRATCH].astype(np.float32)


def _grown(whole: npt.NDArray[np.bool_], pixels: int) -> Plane:
    """Return a mask grown by discs, or shrunk; what would vanish stays."""
    disc = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * abs(pixels) + 1, 2 * abs(pixels) + 1))
    mask = whole.astype(np.uint8)
    if pixels < 0:
        thin = cv2.erode(mask, disc)
        return (thin if thin.any() else mask).astype(np.float32)
    return np.asarray(cv2.dilate(mask, disc), np.float32)


def _feathered(matte: Plane, pixels: int) -> Plane:
    wide = cv2.dilate(matte, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * pixels + 1, 2 * pixels + 1)))
    side = 2 * pixels + 1
    return np.asarray(cv2.blur(wide, (side, side)), np.float32)


def _moved_planes(planes: Planes, flow: Flow) -> Planes:
    return np.stack([moved(plane, flow) for plane in planes])


def _cells(planes: Planes) -> Planes:
    """Return means of 16×16 pixels."""
    count, height, width = planes.shape
    split = planes.reshape(count, height // CELL, CELL, width // CELL, CELL)
    return np.asarray(split.mean((2, 4)), np.float32)


def _halved(plane: Plane) -> Plane:
    return np.asarray(cv2.resize(plane, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA), np.float32)


def _padded(planes: Planes, before: int) -> Planes:
    """Return planes with their edges repeated: `before` and, at the ends, as much as the last block needs."""
    sides = [(0, 0)] * (planes.ndim - 2) + [(before, before + BLOCK)] * 2
    return np.pad(planes, sides, mode="edge")
