"""The value that tracks over a window should have at its centre, once what no trend explains is averaged away.

Scale-time equalisation takes the mean over the window. A mean bends ramps, fades and clip ends. Here many trends
(constant, ramps, fades, winding lines) are fitted and averaged by how well they explain the window: flicker, which none
explains, is averaged away over the whole window, and light that truly changes is followed.
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker.product import product
from reelmend_models.definitions.deflicker.trends import Trends, simple_trends, winding_trends

LEVEL_FLOOR = 1e-6
TAPER = 0.5
PASSES = 3
DARK_DEVIATION = 0.05
PRECISION_FLOOR = 5e-4
TRUST_REACH = 4.0
TRUST_FLOOR = 1e-3
DEPENDENT = 1e-4
UNDECIDED = -1e20


class Fit(NamedTuple):
    """Trends fitted by weighted least squares.

    values: (B, J, P, T + 1) orthonormal functions over the window, with the centre appended; coefficients: (B, J, P, K)
    of them; scores: (B, J) log beliefs up to a constant.
    """

    values: Tensor
    coefficients: Tensor
    scores: Tensor


def fit_at_centre(tracks: Tensor, offsets: Tensor, weights: Tensor, penalty: Tensor) -> tuple[Tensor, Tensor]:
    """Return what B bundles of K tracks should be at offset 0, (B, K), and how far frames usually stand off, (B,).

    The second is relative to the light: 0.05 is flicker of five per cent.

    tracks: (B, T, K), not below 0. offsets: (T,) frame numbers relative to the centre. weights: (B, T) the say of each
    frame, 0 for none; at least one must have some. penalty: (B,) evidence that a trend owes for each of its slopes.
    Fitted three times: each time deviations are expected to be proportional to the light of the fit before, and frames
    that stand far out, flashes and dropped exposures, lose their say.
    """
    level = tracks.mean(dim=2)
    scale = (weights * level).sum(dim=1) / weights.sum(dim=1) + LEVEL_FLOOR
    scaled = tracks / scale[:, None, None]
    used = (weights > 0).to(tracks.dtype)
    places = offsets / torch.clamp((offsets.abs() * used.max(dim=0).values).max(), min=1.0)
    near = weights * torch.clamp(1.0 - TAPER * places * places, min=1.0 - TAPER)
    with_centre = torch.cat([places, torch.zeros(1)])
    families = [(trends, _columns(trends, with_centre)) for trends in (simple_trends(), winding_trends())]
    trust, variance = torch.ones_like(near), torch.ones_like(near)
    fitted, usual = scaled, scale[:, None]
    for _ in range(PASSES):
        fitted = _averaged_fit(scaled, families, near * trust, variance, penalty)
        light = fitted[:, :-1].mean(dim=2)
        variance = torch.clamp(light, min=0.0) ** 2 + DARK_DEVIATION**2
        deviation = ((scaled.mean(dim=2) - light) * torch.rsqrt(variance)).abs()
        usual = _usual(deviation, used)
        trust = 1.0 / (1.0 + (deviation / (TRUST_REACH * (usual + TRUST_FLOOR))) ** 2) ** 2
    return fitted[:, -1] * scale[:, None], usual[:, 0]


def _columns(trends: Trends, places: Tensor) -> Tensor:
    return torch.relu(places[None, None, :] - trends.knots[:, :, None])


def _averaged_fit(
    tracks: Tensor, families: list[tuple[Trends, Tensor]], say: Tensor, variance: Tensor, penalty: Tensor
) -> Tensor:
    """Return the fit (B, T + 1, K), all trends averaged by their belief; the last row is the centre."""
    weights = say / variance
    weights = weights / weights.sum(dim=1, keepdim=True)
    count = say.sum(dim=1) ** 2 / (say * say).sum(dim=1)
    mean = weights[:, None, :] @ tracks
    fits = [_fit(trends, columns, tracks - mean, weights, count, penalty) for trends, columns in families]
    belief = torch.softmax(torch.cat([fit.scores for fit in fits], dim=1), dim=1)
    averaged = mean
    for fit, share in zip(fits, torch.split(belief, [fit.scores.shape[1] for fit in fits], dim=1), strict=True):
        functions = (fit.values * share[:, :, None, None]).flatten(1, 2)
        averaged = averaged + product(functions.transpose(1, 2), fit.coefficients.flatten(1, 2))
    return averaged


def _fit(trends: Trends, columns: Tensor, centred: Tensor, weights: Tensor, count: Tensor, penalty: Tensor) -> Fit:
    measure = torch.cat([weights, torch.zeros_like(weights[:, :1])], dim=1)
    values = _orthonormal(columns[None], measure[:, None, :])
    coefficients = (values[..., :-1] * weights[:, None, None, :]) @ centred[:, None]
    total = (weights[:, :, None] * centred * centred).sum(dim=(1, 2))
    explained = (coefficients * coefficients).sum(dim=(2, 3))
    unexplained = torch.clamp(total[:, None] - explained, min=0.0) + PRECISION_FLOOR**2 * centred.shape[2]
    owed = (penalty * torch.log(count))[:, None] * trends.slopes
    scores = trends.log_prior - 0.5 * (count[:, None] * torch.log(unexplained) + owed)
    decided = (count[:, None] > trends.slopes + 2.5) | (trends.slopes == 0)
    return Fit(values, coefficients, torch.where(decided, scores, UNDECIDED))


def _orthonormal(columns: Tensor, measure: Tensor) -> Tensor:
    """Return columns (1, J, P, N) made orthonormal under each measure (B, 1, N), constants removed: (B, J, P, N).

    Columns that depend on those before them become 0.
    """
    done: list[Tensor] = []
    for index in range(columns.shape[2]):
        column = columns[:, :, index]
        column = column - (column * measure).sum(dim=2, keepdim=True)
        size = (column * column * measure).sum(dim=2, keepdim=True)
        for _ in range(2 if done else 0):  # a second round mends what rounding left of the first
            before = torch.stack(done, dim=2)
            shares = before @ (column * measure)[..., None]
            column = column - (shares.transpose(2, 3) @ before)[:, :, 0]
        left = (column * column * measure).sum(dim=2, keepdim=True)
        independent = left > DEPENDENT * size + 1e-8
        done.append(torch.where(independent, column * torch.rsqrt(torch.where(independent, left, 1.0)), 0.0))
    return torch.stack(done, dim=2)


def _usual(deviation: Tensor, used: Tensor) -> Tensor:
    """Return (B, 1) the median of the deviations (B, T) of the frames that are used, as a standard deviation."""
    ordered = torch.sort(torch.where(used > 0, deviation, 1e30), dim=1).values
    middle = (used.sum(dim=1, keepdim=True).to(torch.int64) - 1) // 2
    return 1.4826 * torch.gather(ordered, 1, middle)
