"""The second graph of the deflicker model: a frame and its window's descriptors in, the steadied frame out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.equalise import expected_quantiles
from reelmend_models.definitions.deflicker.luma import luma
from reelmend_models.definitions.deflicker.tone_curve import CELLS, ToneCurve, tone_curve

GREATEST_FLOAT = torch.finfo(torch.float32).max
UNCHANGED_GAIN_VIEW = 0.5


class Correct(nn.Module):
    """A frame with its luma quantiles brought to their local trend over the window.

    frame: (3, H, W) float32. current: (K,) its luma quantiles. quantiles: (T, K) those of the window's frames.
    offsets: (T,) their frame numbers relative to `frame`. weights: (T,) 1 for frames of this shot, 0 for positions
    beyond a clip end or a cut. strength: scalar, 0 leaves the frame as it is, 1 corrects in full. grids: (T, 18, 32)
    mean luma of the window's frames by cell, or (1, 18, 32) of zeros when only quantiles are known.

    result: (3, H, W); pixels with a NaN or infinite channel, and all pixels when the gain is 1, keep their bits
    (a signalling NaN becomes a quiet one).
    gain: (3, H, W), half the applied gain, so that 0.5 means unchanged.

    Each pixel's result depends on that pixel and on the descriptors alone, by products, sums, one quotient and one
    table: nothing whose last bit could depend on how the work is split over threads.
    """

    def forward(
        self,
        frame: Tensor,
        current: Tensor,
        quantiles: Tensor,
        offsets: Tensor,
        weights: Tensor,
        strength: Tensor,
        grids: Tensor,
    ) -> tuple[Tensor, Tensor]:
        expected, flicker = expected_quantiles(quantiles, grids, offsets, weights)
        curve = tone_curve(current, expected, flicker, strength)
        plane = luma(frame)
        finite = plane.abs() <= GREATEST_FLOAT
        gain = torch.where(finite, _gain_at(curve, torch.where(finite, plane, curve.low)), 1.0)
        overall = torch.where(finite, curve.overall, 1.0)
        result = frame * gain + (overall - gain) * -curve.pedestal  # where both are 1: x · 1 + (−0), the bits of x
        return result, (UNCHANGED_GAIN_VIEW * gain)[None].expand(3, -1, -1)


def _gain_at(curve: ToneCurve, plane: Tensor) -> Tensor:
    bounded = torch.minimum(torch.maximum(plane, curve.low), curve.high)
    low, high = (luma / (luma + curve.middle) for luma in (curve.low, curve.high))
    cells_per_step = CELLS / torch.clamp(high - low, min=1e-6)
    position = torch.clamp((bounded / (bounded + curve.middle) - low) * cells_per_step, min=0.0, max=float(CELLS))
    cell = torch.floor(position)
    index = cell.to(torch.int32)
    left = _looked_up(curve.gains, index)
    return left + (position - cell) * (_looked_up(curve.gains[1:], index) - left)


def _looked_up(table: Tensor, index: Tensor) -> Tensor:
    return torch.index_select(table, 0, index.reshape(-1)).reshape(index.shape)
