"""The net that finds defects: from five frames, moved onto the middle one, the likelihood of three kinds by pixel."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

KINDS = ("blotch", "hair", "scratch")
FRAMES = 5
BLOCK = 4
"""Side of the squares of pixels that the net works on as one: 4× pixel unshuffle."""
MULTIPLE = 16
WIDTHS = (32, 64, 96)
QUALITY_WIDTHS = (64, 128, 192)
LIGHT_SCALE = 4.0
"""Brings differences of display values to the order of 1."""


class Detect(nn.Module):
    """A U-Net on 4×4 squares of pixels, at a quarter, an eighth and a sixteenth of the size.

    What it reads are the frame, its differences to its four neighbours, and by how much it is brighter or darker than
    all of them and than both nearest (the rank-ordered and spike detectors of A. Kokaram, "Motion Picture Restoration",
    1998). At a sixteenth of the size it looks 170 pixels around: one bright speck is dirt, hundreds are snow.
    widths: channels at the three sizes.
    """

    def __init__(self, widths: tuple[int, int, int] = WIDTHS) -> None:
        super().__init__()
        fine, middle, coarse = widths
        self.enter = nn.Conv2d(FRAMES, fine, BLOCK, stride=BLOCK)
        self.enter_spikes = nn.Conv2d(3, fine, BLOCK, stride=BLOCK, bias=False)
        self.enter_missed = nn.Conv2d(2, fine, 1, bias=False)
        self.fine_in = _Pair(fine)
        self.down = nn.Conv2d(fine, middle, 3, stride=2, padding=1)
        self.middle_in = _Pair(middle)
        self.down_again = nn.Conv2d(middle, coarse, 3, stride=2, padding=1)
        self.coarse = nn.Sequential(_Pair(coarse), _Pair(coarse, reach=4))
        self.up = nn.Conv2d(coarse, middle, 1)
        self.middle_out = _Pair(middle)
        self.up_again = nn.Conv2d(middle, fine, 1)
        self.fine_out = _Pair(fine)
        self.leave = nn.Conv2d(fine, len(KINDS) * BLOCK * BLOCK, 1)
        self.lift = nn.Conv2d(fine, len(KINDS), 1)
        nn.init.constant_(self.leave.bias, -4.0)  # type: ignore[arg-type]

    def logits(self, luma: Tensor, missed: Tensor) -> Tensor:
        """Return (N, 3, H, W) from luma (N, 5, H, W) and missed (N, 2, H/4, W/4); H and W multiples of 16."""
        spikes = _spikes(luma)
        entered = functional.conv2d(luma, self._differing(), self.enter.bias, stride=BLOCK)
        entered = functional.relu(entered + self.enter_spikes(spikes) + self.enter_missed(missed))
        fine = self.fine_in(entered)
        middle = self.middle_in(functional.relu(self.down(fine)))
        coarse = self.coarse(functional.relu(self.down_again(middle)))
        middle = self.middle_out(middle + _doubled(self.up(coarse)))
        fine = self.fine_out(fine + _doubled(self.up_again(middle)))
        base, lift = self.leave(fine), self.lift(fine)
        reach = functional.pixel_unshuffle(spikes[:, 2:], BLOCK)
        lifted = torch.cat([lift[:, kind : kind + 1] * reach for kind in range(len(KINDS))], 1)
        return functional.pixel_shuffle(base + lifted, BLOCK)

    def _differing(self) -> Tensor:
        """Return the weights for luma that do what the net's own do for the frame and its differences to the others."""
        own, apart = self.enter.weight[:, 2:3], LIGHT_SCALE * self.enter.weight
        before, after = apart[:, :2], apart[:, 3:]
        return torch.cat([-before, own + before.sum(1, True) + after.sum(1, True), -after], 1)

    def forward(self, luma: Tensor, missed: Tensor) -> Tensor:
        """Return (3, H, W) the likelihood 0…1 of each kind from (5, H, W) and (2, H/4, W/4)."""
        return torch.sigmoid(self.logits(luma[None], missed[None]))[0]


class _Pair(nn.Module):
    """Two convolutions with a bridge over them; reach: how far apart the pixels are that they read."""

    def __init__(self, width: int, reach: int = 1) -> None:
        super().__init__()
        self.first = nn.Conv2d(width, width, 3, padding=reach, dilation=reach)
        self.second = nn.Conv2d(width, width, 3, padding=reach, dilation=reach)

    def forward(self, features: Tensor) -> Tensor:
        return functional.relu(features + self.second(functional.relu(self.first(features))))


def _spikes(luma: Tensor) -> Tensor:
    """Return (N, 3, H, W) by how much a pixel is out of what both nearest neighbours, and all, show; and its root."""
    own, others = luma[:, 2:3], torch.cat([luma[:, :2], luma[:, 3:]], 1)
    near = _beyond(own, others[:, 1:3])
    far = _beyond(own, others)
    return torch.cat([near, far, torch.sqrt(far.abs())], 1)


def _beyond(own: Tensor, others: Tensor) -> Tensor:
    above = functional.relu(own - others.amax(1, keepdim=True))
    below = functional.relu(others.amin(1, keepdim=True) - own)
    return LIGHT_SCALE * (above - below)


def _doubled(features: Tensor) -> Tensor:
    return functional.interpolate(features, scale_factor=2.0, mode="nearest")
