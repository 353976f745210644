"""Where light should be by broken lines fitted to its path: what the deflicker does without anything learned."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.temporal_fit import fit_at_centre
from reelmend_models.definitions.deflicker.trend_net import REACH_FRAMES

PENALTY = 3.0


class FittedTrend(nn.Module):
    """Where each of B paths of log light should be at its middle, (B,), by the straight and broken lines that fit best.

    paths: (B, 121) log light of the frames from 60 before to 60 after the middle. present: (B, 121) 1 for frames that
    are known. The first path, of the whole picture, has a trend of its own; the others share one. After J. Delon,
    "Movie and video scale-time equalization", IEEE Transactions on Image Processing 15(1), 2006, with lines in place of
    a mean, so that fades and ramps survive.
    """

    def forward(self, paths: Tensor, present: Tensor) -> Tensor:
        return torch.cat([_fitted(part, present[0]) for part in (paths[:1], paths[1:])])


def _fitted(paths: Tensor, present: Tensor) -> Tensor:
    offsets = torch.arange(-REACH_FRAMES, REACH_FRAMES + 1, dtype=torch.float32)
    light = torch.exp(paths).transpose(0, 1)[None]
    fitted, _usual = fit_at_centre(light, offsets, present[None], torch.full((1,), PENALTY))
    return torch.log(torch.clamp(fitted[0], min=1e-6))
