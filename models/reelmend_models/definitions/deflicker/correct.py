"""The last graph of the deflicker model: a frame and its correction in, the steadied frame out."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.compare import BANDS, FIELD_COLUMNS, FIELD_ROWS, PEDESTAL
from reelmend_models.definitions.deflicker.luma import luma
from reelmend_models.definitions.deflicker.running_max import running_max
from reelmend_models.definitions.deflicker.sampling import cubic_weights, enlarging
from reelmend_models.definitions.deflicker.tones import MIDDLE, TONES, TOP, compressed

STEPS = 256
GREATEST_FLOAT = torch.finfo(torch.float32).max
UNCHANGED_GAIN_VIEW = 0.5
LEAST_CONTRAST = 0.25
WHITE = 1.0
NO_ROOM = 1e-6


class Correct(nn.Module):
    """A frame with a curve and a field of gains applied.

    frame: (3, H, W) float32. curve: (16,) log gain at each tone of its luma, or (3, 16) of its red, green and blue with
    `per_channel`. field: (9, 16) further log gain over the picture. bands: (60,) further log gain of horizontal bands.
    strength: scalar, 0 leaves the frame as it is, 1 corrects in full.

    result: (3, H, W). Pixels with a NaN or infinite channel, and all pixels whose gain is 1, keep their bits (a
    signalling NaN becomes a quiet one). In a frame without values above 1 nothing is raised above 1: what would be
    bends smoothly towards it.
    gain: (1, H, W), or (3, H, W) with `per_channel`: half the applied gain, so that 0.5 means unchanged.

    Each pixel's result depends on that pixel, the greatest value of the frame and the correction alone, by products,
    sums, quotients, roots and one table: nothing whose last bit could depend on how the work is split over threads.
    """

    def __init__(self, per_channel: bool = False) -> None:
        super().__init__()
        self.per_channel = per_channel

    def forward(
        self, frame: Tensor, curve: Tensor, field: Tensor, bands: Tensor, strength: Tensor
    ) -> tuple[Tensor, Tensor]:
        tables = torch.stack([_table(one * strength) for one in (curve.unbind() if self.per_channel else [curve])])
        over_picture = 1.0 + _over_picture(field * strength, bands * strength, frame.shape[1], frame.shape[2])
        light = luma(frame)[None]
        finite = light.abs() <= GREATEST_FLOAT
        brightest, darkest = (frame, frame) if self.per_channel else _extremes(frame)
        tone = _looked_up(tables, torch.where(finite, frame if self.per_channel else light, 0.0))
        tone = torch.where(finite, tone, 0.0)
        gain = torch.where(finite, (1.0 + tone) * over_picture, 1.0)
        lift = (1.0 - (1.0 + tone)) * -PEDESTAL  # −0 where there is none: x + (−0) is x
        share = _share_below_white(gain, lift, torch.where(finite, brightest, 0.0))
        gain = 1.0 + (gain - 1.0) * share
        lift = torch.maximum(lift * share, torch.relu(torch.where(finite, darkest, 0.0)) * -gain)
        return frame * gain + lift, UNCHANGED_GAIN_VIEW * gain


def _extremes(frame: Tensor) -> tuple[Tensor, Tensor]:
    """Return the greatest and the least channel of each pixel, (1, H, W) each."""
    red, green, blue = frame.unbind()
    brightest = torch.maximum(torch.maximum(red, green), blue)
    darkest = torch.minimum(torch.minimum(red, green), blue)
    return brightest[None], darkest[None]


def _table(curve: Tensor) -> Tensor:
    """Return gains less 1 at 257 equal steps of the compressed light, and the last one once more.

    Contrast never falls below a quarter, so brighter stays brighter.
    """
    places = torch.linspace(0.0, TOP, STEPS + 1)
    log_gain = _between_tones() @ curve
    slack = (1.0 - LEAST_CONTRAST) * torch.log(MIDDLE * places / (1.0 - places) + PEDESTAL)
    rising = running_max(log_gain + slack) - slack
    changes = torch.where(rising > log_gain + 1e-6, torch.exp(rising), torch.exp(log_gain)) - 1.0
    return torch.cat([changes, changes[-1:]])


def _between_tones() -> Tensor:
    """Return (257, 16): cubic interpolation between tones, straight on at both ends."""
    places = 1.0 + torch.linspace(0.0, TONES - 1.0, STEPS + 1)  # among two tones more, so that both ends are drawn on
    weights = cubic_weights(places, TONES + 2)
    inner = weights[:, 1:-1].clone()
    inner[:, 0] += 2.0 * weights[:, 0]
    inner[:, 1] -= weights[:, 0]
    inner[:, -1] += 2.0 * weights[:, -1]
    inner[:, -2] -= weights[:, -1]
    return inner


def _looked_up(tables: Tensor, planes: Tensor) -> Tensor:
    """Return the change of gain (C, H, W) at each value of the planes (C, H, W), one table (C, 258) each."""
    position = compressed(planes) * (STEPS / TOP)
    step = torch.clamp(torch.floor(position), max=float(STEPS))
    index = step.to(torch.int32).flatten(1)
    found = []
    for table, row in zip(tables.unbind(), index.unbind(), strict=True):
        found.append(torch.stack([torch.index_select(table, 0, row), torch.index_select(table[1:], 0, row)]))
    left, right = torch.stack(found, dim=1).reshape(2, *planes.shape).unbind()
    return left + (position - step) * (right - left)


def _over_picture(field: Tensor, bands: Tensor, height: int, width: int) -> Tensor:
    """Return gain less 1 over the picture (1, H, W), exactly 0 where field and bands are 0."""
    rows, columns = enlarging(height, FIELD_ROWS), enlarging(width, FIELD_COLUMNS)
    patches = (rows @ (torch.exp(field) - 1.0)) @ columns.transpose(0, 1)
    stripes = enlarging(height, BANDS) @ (torch.exp(bands) - 1.0)[:, None]
    return (patches + stripes + patches * stripes)[None]


def _share_below_white(gain: Tensor, lift: Tensor, brightest: Tensor) -> Tensor:
    """Return the share of the change that keeps display-referred highlights below white; 1 for most pixels."""
    raised = torch.relu(brightest * (gain - 1.0) + lift)
    room = torch.relu(WHITE - brightest) + NO_ROOM
    is_display_referred = (brightest.max() <= WHITE).to(gain.dtype)
    share = raised * is_display_referred / room
    squared = share * share
    return torch.rsqrt(torch.sqrt(1.0 + squared * squared))
