"""Scene cuts between neighbouring frames, blind to flicker and fades."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reelmend.frames import Planes

Grid = npt.NDArray[np.float32]

GRID_ROWS, GRID_COLUMNS = 18, 32
REC709_WEIGHTS = (0.2126, 0.7152, 0.0722)
SAME_SCENE_CORRELATION = 0.5
VISIBLE_CONTRAST = 0.03
CONTRAST_JUMP = 4.0


def luma_grid(proxy: Planes) -> Grid:
    """Return the mean luma of at most 18×32 cells of a (1 or 3, H, W) proxy; cells begin at whole rows and columns."""
    weights = REC709_WEIGHTS if proxy.shape[0] == 3 else (1.0,)
    luma = sum(weight * plane.astype(np.float64) for weight, plane in zip(weights, proxy, strict=True))
    rows, columns = (_starts(n, cells) for n, cells in zip(proxy.shape[1:], (GRID_ROWS, GRID_COLUMNS), strict=True))
    sums = np.add.reduceat(np.add.reduceat(luma, rows[:-1], axis=0), columns[:-1], axis=1)
    return np.asarray(sums / np.outer(np.diff(rows), np.diff(columns)), dtype=np.float32)


def _starts(length: int, cells: int) -> npt.NDArray[np.int64]:
    cells = min(length, cells)
    return np.arange(cells + 1) * length // cells


def is_cut(grid_before: Grid, grid_after: Grid) -> bool:
    """Say whether a cut lies between two frames, given their (rows, columns) grids of mean luma.

    A pure function of the two frames. What flicker and fades change, gain and offset, is taken out: the grids' square
    roots are compared by correlation, which stays near 1 inside a shot and falls below 0.5 across most cuts. A frame
    with no visible contrast (black, flat) has no pattern to compare: then a jump of contrast by more than 4 is a cut,
    which a fade never makes from one frame to the next.
    """
    before, after = (np.sqrt(np.maximum(grid, 0)).astype(np.float64) for grid in (grid_before, grid_after))
    contrasts = (float(before.std()), float(after.std()))
    if min(contrasts) * CONTRAST_JUMP < VISIBLE_CONTRAST:
        return max(contrasts) > max(VISIBLE_CONTRAST, CONTRAST_JUMP * min(contrasts))
    covariance = float(((before - before.mean()) * (after - after.mean())).mean())
    return covariance < SAME_SCENE_CORRELATION * contrasts[0] * contrasts[1]
