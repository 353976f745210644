"""What a net that expects light is blamed for: being wrong, and wavering from frame to frame."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from reelmend_models.training.deflicker.windows import CENTRES_FRAMES, Windows


def loss_of(answers: Tensor, windows: Windows, steadiness: float) -> Tensor:
    """Return the mean error of expected light plus `steadiness` times the mean flicker left, in units of doubt.

    answers: (clips, 6) expected light relative to that seen at the middle. Errors grow with the square while they
    are small and straight on when large. Flicker that is left is the error less its straight line over the centres.
    """
    errors = (windows.seen + answers - windows.light) / windows.doubt
    known = windows.known
    wrong = (_growing(errors) * known).sum() / known.sum()
    whole = (known.sum(dim=1) == known.shape[1]).float()
    wavering = (_growing(without_line(errors)).mean(dim=1) * whole).sum() / torch.clamp(whole.sum(), min=1.0)
    return wrong + steadiness * wavering


def without_line(series: Tensor, frames: Sequence[int] = CENTRES_FRAMES) -> Tensor:
    """Return series (…, N), given at these frames, less their least-squares straight lines."""
    place = torch.tensor(frames, dtype=torch.float32, device=series.device)
    place = place - place.mean()
    centred = series - series.mean(dim=-1, keepdim=True)
    slope = (centred * place).sum(dim=-1, keepdim=True) / (place * place).sum()
    return centred - slope * place


def _growing(errors: Tensor) -> Tensor:
    return 2.0 * (torch.sqrt(1.0 + errors * errors) - 1.0)
