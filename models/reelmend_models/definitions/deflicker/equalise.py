"""The luma quantiles that a frame should have, judged by its neighbours in time.

After J. Delon, "Movie and video scale-time equalization", IEEE TIP 15(1), 2006, in two steps: how the frames were
exposed is equalised first, and what is left of their quantiles (contrast, uneven flicker, content) after that. Content
that moves then cannot be mistaken for exposure, and exposure that jumps cannot hide content that moves.
"""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker.exposure import LEVEL_FLOOR, PEDESTAL_SHARE, log_exposures
from reelmend_models.definitions.deflicker.temporal_fit import fit_at_centre

EXPOSURE_PENALTY = 3.0
CONTENT_PENALTY = 2.0


def expected_quantiles(quantiles: Tensor, grids: Tensor, offsets: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return the quantiles (K,) that the frame at offset 0 should have, and how much the window flickers (a scalar).

    The second is a standard deviation relative to the light: 0.05 is five per cent.

    quantiles: (T, K) of the window's frames. grids: (T, rows, columns), or (1, rows, columns) of zeros when nothing but
    quantiles is known: then exposure and content are equalised as one. offsets: (T,) frame numbers relative to the
    centre. weights: (T,) 1 for frames that count, 0 for others; at least one must count.
    """
    bright = torch.clamp(quantiles, min=0.0)
    level = bright.mean(dim=1)
    pedestal = PEDESTAL_SHARE * (weights * level).sum() / weights.sum() + LEVEL_FLOOR
    known = grids.abs().max() > 0
    exposures = log_exposures(_one_each(grids, offsets), offsets)
    content = (bright + pedestal) * torch.exp(-exposures)[:, None]
    exposed = torch.exp(exposures)[:, None] * torch.ones_like(bright)
    clear = torch.where(known, (level / (level + pedestal)) ** 2 + LEVEL_FLOOR, 1.0)
    penalty = torch.stack([torch.full((), EXPOSURE_PENALTY), torch.where(known, CONTENT_PENALTY, EXPOSURE_PENALTY)])
    fitted, usual = fit_at_centre(
        torch.stack([exposed, content]), offsets, torch.stack([weights, weights * clear]), penalty
    )
    return fitted[1] * fitted[0] - pedestal, torch.sqrt((usual * usual).sum())


def _one_each(grids: Tensor, offsets: Tensor) -> Tensor:
    """Return a grid for each offset, repeating the last one."""
    index = torch.clamp(torch.arange(offsets.shape[0]), max=grids.shape[0] - 1)
    return torch.index_select(grids, 0, index)
