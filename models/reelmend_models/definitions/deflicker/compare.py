"""The second graph of the deflicker model: how the light changed between two neighbouring frames, whatever moved.

Motion first, light second: each frame is brought onto the other along the optical flow, and the log ratio of what
matches is split into a tone curve for the whole picture and a coarse field, or bands, over it. Pixels that do not match
(motion the flow missed, dirt, scratches) lose their say by iteratively reweighted least squares with Cauchy weights.
Both directions are fitted and their difference halved, so that neither frame is favoured. The model of flicker, a gain
that varies in space times a curve, follows van Roosmalen et al., "Correction of intensity flicker in old film
sequences", IEEE Transactions on Circuits and Systems for Video Technology 9(7), 1999.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.linear_solve import solve
from reelmend_models.definitions.deflicker.sampling import cell_means, enlarging, smoothing
from reelmend_models.definitions.deflicker.tones import TONES, tone_light, tone_shares

FIELD_ROWS, FIELD_COLUMNS = 9, 16
BANDS = 60
PEDESTAL = 2 / 255
NOISE_IN_THE_DARK = 0.03
CLIPPED_FROM = 0.985
MISMATCH = 12.0
USUAL_DEVIATION = 0.05
ROUNDS = (4.0, 2.0, 1.0, 1.0)
NEIGHBOURS_CELLS = 0.7
LEAST_SAY = 0.02
FLAT_CURVE, STRAIGHT_CURVE = 2e-3, 1e-2
FREE_DARK_TONES, FREEDOM = 2, 0.1
NOTHING = 1e-6  # the exporter drops sums with less than 1e-8


class Ratios(NamedTuple):
    """Per direction: log ratios (2, H, W) of the light of matching pixels, how far each is to be trusted, tones.

    noise: (2, H, W) how much wider log ratios scatter there than in bright parts.
    """

    log_ratio: Tensor
    trust: Tensor
    shares: Tensor
    noise: Tensor


class Compare(nn.Module):
    """The change of light from the first to the second of two frames.

    luma: (2, H, W) of both frames. texture: (2, H, W) of both. flow: (2, 2, H, W) where each pixel of the first frame
    lies in the second and the other way round, as x and y in pixels. say: (2, h, w) weight of each pixel in 0…1, h and
    w being H and W, or 1 for all alike.

    curve: (16,) log ratio of light at each tone. field: (9, 16) further log ratio of each cell, with no mean. bands:
    (60,) further log ratio of each horizontal band, instead of the field. trust: (9, 16) share of each cell that could
    be compared, 0…1. All are 0 where nothing can be compared.
    """

    def forward(self, luma: Tensor, texture: Tensor, flow: Tensor, say: Tensor) -> tuple[Tensor, ...]:
        ratios = _ratios(luma, texture, flow, say)
        curve, tone, field, trust = _curve_and_field(ratios)
        bands = _bands(ratios, tone)
        back = tone_shares(tone_light() * torch.exp(curve[0])) @ curve[1]
        return (curve[0] - back) / 2, (field[0] - field[1]) / 2, (bands[0] - bands[1]) / 2, trust.mean(dim=0)


def _ratios(luma: Tensor, texture: Tensor, flow: Tensor, say: Tensor) -> Ratios:
    """Return the log ratios at half the size of the planes."""
    height, width = luma.shape[1:]
    place_x = torch.arange(width, dtype=torch.float32) + flow[:, 0]
    place_y = torch.arange(height, dtype=torch.float32)[:, None] + flow[:, 1]
    inside = (place_x >= 0) & (place_x <= width - 1) & (place_y >= 0) & (place_y <= height - 1)
    places = torch.stack([(2 * place_x + 1) / width - 1, (2 * place_y + 1) / height - 1], dim=-1)
    own = torch.clamp(luma, min=0.0)
    weights = say + torch.zeros_like(luma)
    there = torch.stack([own, texture, weights], dim=1).flip(0)
    moved = nn.functional.grid_sample(there, places, mode="bilinear", padding_mode="border", align_corners=False)
    other, mismatch = moved[:, 0], (moved[:, 1] - texture) / MISMATCH
    clipped = CLIPPED_FROM * torch.clamp(luma.max(), min=1.0)
    comparable = inside & (own < clipped) & (other < clipped)
    clear = _noise(own, other) * (1.0 + mismatch * mismatch)
    trust = torch.where(comparable, weights * moved[:, 2] / (clear * clear), 0.0)
    halved, trust_own, trust_other = _halved(torch.stack([trust, trust * own, trust * other], dim=1)).unbind(dim=1)
    light, moved_light = trust_own / (halved + NOTHING), trust_other / (halved + NOTHING)
    log_ratio = torch.log((moved_light + PEDESTAL) / (light + PEDESTAL))
    return Ratios(log_ratio, halved, tone_shares(light), _noise(light, moved_light))


def _noise(light: Tensor, other: Tensor) -> Tensor:
    relative = NOISE_IN_THE_DARK / (torch.minimum(light, other) + PEDESTAL)
    return torch.sqrt(1.0 + relative * relative)


def _halved(planes: Tensor) -> Tensor:
    """Return means of 2×2 pixels; an odd last row or column is paired with zeros."""
    padded = nn.functional.pad(planes, (0, 1, 0, 1))
    return nn.functional.avg_pool2d(padded, 2)


def _curve_and_field(ratios: Ratios) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return curves (2, 16), the same at each pixel (2, H, W), fields (2, 9, 16) and what could be compared."""
    log_ratio, trust, shares, noise = ratios
    size = log_ratio.shape
    rows, columns = (
        enlarging(pixels, cells) for pixels, cells in zip(size[1:], (FIELD_ROWS, FIELD_COLUMNS), strict=True)
    )
    row_means, column_means = cell_means(size[1], FIELD_ROWS), cell_means(size[2], FIELD_COLUMNS).transpose(0, 1)
    row_blend, column_blend = smoothing(FIELD_ROWS, NEIGHBOURS_CELLS), smoothing(FIELD_COLUMNS, NEIGHBOURS_CELLS).T
    shares = shares.flatten(1, 2)
    tone = _weighted_mean(log_ratio, trust) + torch.zeros_like(log_ratio)
    field, spread = torch.zeros(2, FIELD_ROWS, FIELD_COLUMNS), torch.zeros_like(log_ratio)
    for reach in ROUNDS:
        weight = _believed(trust, log_ratio - spread - tone, reach * noise)
        known = row_means @ weight @ column_means
        missing = row_means @ (weight * (log_ratio - spread - tone)) @ column_means
        field = field + row_blend @ missing @ column_blend / (row_blend @ known @ column_blend + LEAST_SAY)
        field = field - _weighted_mean(field, known)
        spread = rows @ field @ columns.transpose(0, 1)
        curve = _curve(shares, (log_ratio - spread).flatten(1), weight.flatten(1))
        tone = (shares @ curve[..., None]).reshape(size)
    return curve, tone, field, known


def _curve(shares: Tensor, log_ratio: Tensor, weight: Tensor) -> Tensor:
    """Return the (2, 16) curves that fit best; tones that are rare lean on their neighbours, the darkest less."""
    weighted = (shares * weight[..., None]).transpose(1, 2)
    total = weight.sum(dim=1)[:, None, None]
    steps = torch.diff(torch.eye(TONES), dim=0)
    bends = torch.diff(steps, dim=0)
    flat, straight = (differences.T @ (differences * _leaning(differences)) for differences in (steps, bends))
    leaning = total * (FLAT_CURVE * flat + STRAIGHT_CURVE * straight) + straight + NOTHING * torch.eye(TONES)
    return solve(weighted @ shares + leaning, (weighted @ log_ratio[..., None])[..., 0])


def _leaning(differences: Tensor) -> Tensor:
    """Return a weight for each row: an offset of the light changes the darkest tones unlike all others."""
    weights = torch.ones(differences.shape[0], 1)
    weights[:FREE_DARK_TONES] = FREEDOM
    return weights


def _bands(ratios: Ratios, tone: Tensor) -> Tensor:
    """Return the (2, 60) log ratios of horizontal bands that the curve leaves, with no mean."""
    height = tone.shape[1]
    means, blend, spread = cell_means(height, BANDS), smoothing(BANDS, NEIGHBOURS_CELLS), enlarging(height, BANDS)
    left = ratios.log_ratio - tone
    bands = torch.zeros(2, BANDS, 1)
    for reach in ROUNDS:
        weight = _believed(ratios.trust, left - spread @ bands, reach * ratios.noise)
        known = means @ weight.mean(dim=2, keepdim=True)
        missing = means @ (weight * (left - spread @ bands)).mean(dim=2, keepdim=True)
        bands = bands + blend @ missing / (blend @ known + LEAST_SAY)
        bands = bands - _weighted_mean(bands, known)
    return bands[..., 0]


def _believed(trust: Tensor, deviation: Tensor, reach: Tensor) -> Tensor:
    """Return Cauchy weights: what stands off by more than `reach` usual deviations is hardly believed."""
    distance = deviation / (USUAL_DEVIATION * reach)
    return trust / (1.0 + distance * distance)


def _weighted_mean(values: Tensor, weights: Tensor) -> Tensor:
    return (values * weights).sum(dim=(1, 2), keepdim=True) / (weights.sum(dim=(1, 2), keepdim=True) + NOTHING)
