"""Scene cuts between neighbouring frames, blind to flicker and fades."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

SAME_SCENE_CORRELATION = 0.5
VISIBLE_CONTRAST = 0.03
CONTRAST_JUMP = 4.0


def is_cut(grid_before: npt.NDArray[np.float32], grid_after: npt.NDArray[np.float32]) -> bool:
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
