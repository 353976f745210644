"""What tells a scratch from masts, door frames and lamp posts: numbers for each line of a window."""

from __future__ import annotations

import torch
from torch import Tensor

from reelmend_models.definitions.repair.lines import STRIPS
from reelmend_models.definitions.repair.lines_follow import INNER, OUTER, REACH, Candidates, Followed, around, at

TRAVEL_ROWS, TRAVEL_COLUMNS = 20, 36
FEATURES = 37
FAR = 30.0
STILL = 0.1
"""Columns that motion is not told from none by."""
TINY = 1e-6


def features_of(
    evidence: Tensor, strips: Tensor, offsets: Tensor, travel: Tensor, found: Candidates, followed: Followed
) -> Tensor:
    """Return (K, FEATURES), all of the order of 1."""
    along = followed.evidence
    parts = [
        *_strength(along),
        *_motion(evidence, offsets, travel, found, followed),
        *_see_through(followed, found),
        *_shape(found, followed, strips.shape[2]),
    ]
    return torch.stack(parts, dim=1)


def _strength(along: Tensor) -> list[Tensor]:
    fine, broad = along
    both = fine + broad
    by_strip = both.mean(dim=1)
    by_frame = both.mean(dim=2)
    thirds = by_strip[:, :36].reshape(-1, 3, 12).mean(dim=2)
    shown = torch.sigmoid(2.0 * (by_strip - 1.5))
    return [
        fine.mean(dim=(1, 2)),
        broad.mean(dim=(1, 2)),
        shown.mean(dim=1),
        thirds.amin(dim=1),
        torch.sigmoid(2.0 * (by_frame - 1.2)).mean(dim=1),
        by_frame.amin(dim=1),
        by_frame.std(dim=1, correction=0),
        by_strip.std(dim=1, correction=0),
        _unrest(both),
    ]


def _unrest(both: Tensor) -> Tensor:
    """Return (K,) how much a strip's evidence changes over time: a scratch fades and comes again, a mast stays."""
    return (both - both.mean(dim=1, keepdim=True)).square().mean(dim=(1, 2)).sqrt()


def _motion(evidence: Tensor, offsets: Tensor, travel: Tensor, found: Candidates, followed: Followed) -> list[Tensor]:
    """Return how the line moves, how the scene beside it moves, and whether what stays is what moves with the scene."""
    scene, tilt = _travel_beside(travel, followed.columns, evidence.shape[3])
    own = followed.ways - followed.columns[:, None, :]
    apart = (own - scene).abs().clamp(max=FAR)
    with_scene = followed.columns[:, None, :] + scene
    both = evidence.sum(dim=1)
    sign = found.sign[:, None, None]
    moving = (sign[..., None] * around(both, with_scene, 1)).amax(dim=3)
    staying = (sign[..., None] * around(both, followed.ways, 1)).amax(dim=3)
    weight = torch.clamp(apart / 3.0, max=1.0)
    told = weight.sum(dim=(1, 2)) + 1.0
    speed, unsteady = _steadily(own.mean(dim=2) - _middling(scene), offsets)
    return [
        *(torch.log10(way.abs().clamp(max=FAR).mean(dim=(1, 2)) + STILL) for way in (apart, scene, own, tilt)),
        torch.log10(speed.abs() + STILL / 10),
        torch.log10(unsteady + STILL / 10),
        (weight * moving).sum(dim=(1, 2)) / told,
        (weight * staying).sum(dim=(1, 2)) / told,
    ]


def _middling(scene: Tensor) -> Tensor:
    """Return (K, T) the mean over the middle 16 of 40 strips by their travel: who walks by does not count."""
    return torch.sort(scene, dim=2).values[:, :, 12:28].mean(dim=2)


def _steadily(apart: Tensor, offsets: Tensor) -> tuple[Tensor, Tensor]:
    """Return (K,) columns a frame by which a line leaves the scene, and the deviation of the rest."""
    time = offsets - offsets.mean()
    level = apart - apart.mean(dim=1, keepdim=True)
    speed = (level * time).sum(dim=1) / (time.square().sum() + TINY)
    return speed, (level - speed[:, None] * time).square().mean(dim=1).sqrt()


def _travel_beside(travel: Tensor, columns: Tensor, width: int) -> tuple[Tensor, Tensor]:
    """Return (K, T, 40) columns and rows by which the scene on both sides of a line lies elsewhere."""
    by_strip = travel.repeat_interleave(STRIPS // TRAVEL_ROWS, dim=2)
    cell = columns * (TRAVEL_COLUMNS / width) - 0.5
    cells = cell[:, None, :].expand(-1, travel.shape[0], -1)
    sides = [(at(by_strip[:, axis], cells - 1.0) + at(by_strip[:, axis], cells + 1.0)) / 2 for axis in range(2)]
    return sides[0], sides[1]


def _see_through(followed: Followed, found: Candidates) -> list[Tensor]:
    """Return whether the light on the line follows that of its surroundings, down the picture and over time."""
    light, middle = followed.light, REACH
    left = light[..., middle - OUTER : middle - INNER + 1].mean(dim=3)
    right = light[..., middle + INNER : middle + OUTER + 1].mean(dim=3)
    beside = (left + right) / 2
    on_line = light[..., middle]
    lifted = on_line - beside
    whole = light[..., middle - 2 : middle + 3].mean(dim=3) - beside
    steadied = _without_common_gain(whole)
    noise = (left - right).square().mean(dim=(1, 2)) / 2 + TINY
    unrest = _varies(left - right, 1) / 2 + TINY
    size = whole.mean(dim=(1, 2)).abs() + 5e-4
    parts = [
        torch.log10((_varies(whole, 1) + TINY) / unrest),
        torch.log10((_varies(steadied, 1) + TINY) / unrest),
        torch.sqrt(torch.clamp(_varies(steadied, 1) - 1.5 * unrest, min=0.0)) / size,
        torch.sqrt(torch.clamp(_varies(whole.mean(dim=1, keepdim=True), 2), min=0.0)) / size,
        torch.log10(size / torch.sqrt(unrest)),
    ]
    parts = [part.clamp(max=5.0) for part in parts]
    for axis in (1, 2):
        own, around_it, off = (values - values.mean(dim=axis, keepdim=True) for values in (on_line, beside, lifted))
        varies = around_it.square().mean(dim=(1, 2))
        shared = (own * around_it).mean(dim=(1, 2))
        parts += [
            torch.log10((varies + TINY) / noise),
            torch.clamp(shared / (varies + 0.1 * noise), -1.0, 2.0),
            shared / torch.sqrt((own.square().mean(dim=(1, 2)) + TINY) * (varies + TINY)),
            torch.log10((off.square().mean(dim=(1, 2)) + TINY) / noise),
        ]
    contrast = (found.sign[:, None, None] * lifted).mean(dim=(1, 2))
    return [
        *parts,
        torch.log10(torch.clamp(contrast, min=1e-4)),
        torch.log10(torch.sqrt(noise)),
        torch.log10((left - right).mean(dim=(1, 2)).abs() + 1e-4),
    ]


def _without_common_gain(lifted: Tensor) -> Tensor:
    """Return (K, T, 40) with each frame brought to the mean contrast of all: lamps and focus change a mast's alike."""
    by_frame = lifted.mean(dim=2, keepdim=True)
    mean = by_frame.mean(dim=1, keepdim=True)
    sign = torch.where(mean < 0, -1.0, 1.0)
    gain = torch.clamp(sign * by_frame, min=1e-4) / torch.clamp(mean.abs(), min=1e-4)
    return lifted / torch.clamp(gain, 0.5, 2.0)


def _varies(values: Tensor, axis: int) -> Tensor:
    """Return (K,) the mean variance of values (K, T, 40) along an axis."""
    return (values - values.mean(dim=axis, keepdim=True)).square().mean(dim=(1, 2))


def _shape(found: Candidates, followed: Followed, width: int) -> list[Tensor]:
    far = (found.column[:, None] - found.column[None, :]).abs() / width
    rivals = torch.clamp(found.strength[None, :] / (found.strength[:, None] + 1.0), max=1.0)
    return [
        followed.width - 2.0,
        torch.logit(torch.clamp(followed.opacity, 0.01, 0.99)),
        followed.bend.square().mean(dim=1).sqrt(),
        (torch.where(far < 0.12, rivals, 0.0).sum(dim=1)).log(),
    ]


__all__ = ["FEATURES", "TRAVEL_COLUMNS", "TRAVEL_ROWS", "features_of"]
