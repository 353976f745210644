"""The brightness that a frame should have, judged by its neighbours in time.

Scale-time equalisation (J. Delon, "Movie and video scale-time equalization", IEEE TIP 15(1), 2006) takes the mean of
each quantile over the window. A mean bends ramps, fades and clip ends. Here many trends (constant, ramps, fades, winding
lines) are fitted to the window and averaged by how well they explain it, so that flicker, which no trend explains, is
averaged away over the whole window, and light that truly changes is followed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker.trends import Trends, simple_trends, winding_trends

LEVEL_FLOOR = 1e-6
PENALTY = 3.0
TAPER = 0.5
PASSES = 3
DARK_DEVIATION = 0.05
PRECISION_FLOOR = 5e-4
TRUST_REACH = 4.0
TRUST_FLOOR = 1e-3
DEPENDENT = 1e-4


class Fit(NamedTuple):
    """Trends fitted by weighted least squares.

    values: (J, P, T + 1) orthonormal functions over the window, with the centre appended; coefficients: (J, P, K) of
    them; scores: (J,) log beliefs up to a constant.
    """

    values: Tensor
    coefficients: Tensor
    scores: Tensor


def expected_quantiles(quantiles: Tensor, offsets: Tensor, weights: Tensor) -> Tensor:
    """Return the quantiles (K,) that the frame at offset 0 should have.

    quantiles: (T, K) of the window's frames. offsets: (T,) frame numbers relative to the centre. weights: (T,) 1 for
    frames that count, 0 for others; at least one must count. Fitted three times: each time the frames' deviations are
    expected to be proportional to the light of the fit before, and frames that stand far out, flashes and dropped
    exposures, lose their say.
    """
    level = torch.clamp(quantiles, min=0.0).mean(dim=1)
    scale = (weights * level).sum() / weights.sum() + LEVEL_FLOOR
    tracks = quantiles / scale
    places = offsets / torch.clamp((offsets.abs() * weights).max(), min=1.0)
    near = weights * (1.0 - TAPER * places * places)
    with_centre = torch.cat([places, torch.zeros(1)])
    families = [(trends, _columns(trends, with_centre)) for trends in (simple_trends(), winding_trends())]
    trust, variance = torch.ones_like(near), torch.ones_like(near)
    fitted = tracks
    for _ in range(PASSES):
        fitted = _averaged_fit(tracks, families, near * trust, variance)
        light = fitted[:-1].mean(dim=1)
        variance = torch.clamp(light, min=0.0) ** 2 + DARK_DEVIATION**2
        trust = _trust((tracks.mean(dim=1) - light) * torch.rsqrt(variance), weights)
    return fitted[-1] * scale


def _columns(trends: Trends, places: Tensor) -> Tensor:
    return torch.relu(places[None, None, :] - trends.knots[:, :, None])


def _averaged_fit(tracks: Tensor, families: list[tuple[Trends, Tensor]], say: Tensor, variance: Tensor) -> Tensor:
    """Return the fit (T + 1, K) to tracks (T, K), all trends averaged by their belief; the last row is the centre."""
    weights = say / variance
    weights = weights / weights.sum()
    count = say.sum() ** 2 / (say * say).sum()
    mean = (weights[:, None] * tracks).sum(dim=0)
    fits = [_fit(trends, columns, tracks - mean, weights, count) for trends, columns in families]
    belief = torch.softmax(torch.cat([fit.scores for fit in fits]), dim=0)
    averaged = mean[None, :]
    for fit, share in zip(fits, torch.split(belief, [fit.scores.shape[0] for fit in fits]), strict=True):
        functions = (fit.values * share[:, None, None]).flatten(0, 1)
        averaged = averaged + functions.transpose(0, 1) @ fit.coefficients.flatten(0, 1)
    return averaged


def _fit(trends: Trends, columns: Tensor, centred: Tensor, weights: Tensor, count: Tensor) -> Fit:
    measure = torch.cat([weights, torch.zeros(1)])
    values = _orthonormal(columns, measure)
    coefficients = (values[:, :, :-1] * weights) @ centred
    total = (weights[:, None] * centred * centred).sum()
    explained = (coefficients * coefficients).sum(dim=(1, 2))
    unexplained = torch.clamp(total - explained, min=0.0) + PRECISION_FLOOR**2 * centred.shape[1]
    scores = -0.5 * (count * torch.log(unexplained) + PENALTY * trends.slopes * torch.log(count)) + trends.log_prior
    decided = (count > trends.slopes + 2.5) | (trends.slopes == 0)
    return Fit(values, coefficients, torch.where(decided, scores, -1e20))


def _orthonormal(columns: Tensor, measure: Tensor) -> Tensor:
    """Return columns (J, P, N) made orthonormal under `measure` (N,), constants removed; dependent ones become 0."""
    done: list[Tensor] = []
    for index in range(columns.shape[1]):
        column = columns[:, index]
        column = column - (column * measure).sum(dim=1, keepdim=True)
        size = (column * column * measure).sum(dim=1, keepdim=True)
        for _ in range(2 if done else 0):  # a second round mends what rounding left of the first
            before = torch.stack(done, dim=1)
            shares = (before * (column * measure)[:, None, :]).sum(dim=2, keepdim=True)
            column = column - (shares * before).sum(dim=1)
        left = (column * column * measure).sum(dim=1, keepdim=True)
        independent = left > DEPENDENT * size + 1e-8
        done.append(torch.where(independent, column * torch.rsqrt(torch.where(independent, left, 1.0)), 0.0))
    return torch.stack(done, dim=1)


def _trust(deviation: Tensor, weights: Tensor) -> Tensor:
    """Return the say (T,) of each frame, 1 to 0, by how far it stands out of what is usual (median) in the window."""
    size = deviation.abs()
    ordered = torch.sort(torch.where(weights > 0, size, 1e30)).values
    middle = ((weights > 0).sum() - 1) // 2
    usual = 1.4826 * torch.index_select(ordered, 0, middle.reshape(1)) + TRUST_FLOOR
    return 1.0 / (1.0 + (size / (TRUST_REACH * usual)) ** 2) ** 2
