"""Tones: places on the scale of luma between which curves are straight."""

from __future__ import annotations

import torch
from torch import Tensor

TONES = 16
MIDDLE = 0.25
TOP = 0.8


def compressed(light: Tensor) -> Tensor:
    """Return light / (light + 0.25), from 0 for black to 0.8 for 1 and all that is brighter."""
    bright = torch.clamp(light, min=0.0)
    return torch.clamp(bright / (bright + MIDDLE), max=TOP)


def tone_light() -> Tensor:
    """Return the light (16,) at the tones, from 0 to 1."""
    places = torch.linspace(0.0, TOP, TONES)
    return MIDDLE * places / (1.0 - places)


def tone_shares(light: Tensor) -> Tensor:
    """Return (…, 16): between which tones light (…) lies, as two shares that add up to 1."""
    places = torch.linspace(0.0, TOP, TONES)
    return torch.relu(1.0 - (compressed(light)[..., None] - places).abs() * ((TONES - 1) / TOP))
