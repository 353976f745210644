"""The graph `judge`: lines are followed down the picture and through time, and know how they differ from the scene."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from reelmend_models.definitions.repair.lines import RIBS, STRIPS, Lines
from reelmend_models.definitions.repair.lines_features import FEATURES, TRAVEL_COLUMNS, TRAVEL_ROWS
from reelmend_models.definitions.repair.lines_follow import CANDIDATES, candidates, follow
from reelmend_models.definitions.repair.lines_judge import Judge, looked_at

COLUMNS, FRAMES = 240, 9
Inputs = tuple[Tensor, Tensor, Tensor, Tensor, Tensor]
APART, FOLLOWS_SCENE, STAYS = 9, 15, 16
"""Where features tell how far the line stands from what moves with the scene, and evidence along both ways."""


def window(
    drift: float = 0.0, slope: float = 0.0, scene: float = 0.0, sign: float = 1.0, frames: int = FRAMES
) -> tuple[Inputs, Tensor]:
    """Return what the judge takes of a clip with one line over grain, and (N, 40) the line's columns."""
    generator = torch.Generator().manual_seed(3)
    down = (torch.arange(RIBS) + 0.5) / RIBS - 0.5
    offsets = torch.arange(frames, dtype=torch.float32) - frames // 2
    found, ways = [], []
    for offset in offsets:
        way = 120.0 + slope * down + drift * offset
        away = torch.arange(COLUMNS)[None, :] - way[:, None]
        picture = 0.4 + 0.01 * torch.randn(RIBS, COLUMNS, generator=generator)
        found.append(Lines()(picture + sign * 0.02 * torch.exp(-0.5 * (away / 0.8) ** 2)))
        ways.append(way.reshape(STRIPS, -1).mean(dim=1))
    evidence, strips, sums = (torch.stack(parts) for parts in zip(*found, strict=True))
    travel = torch.zeros(frames, 2, TRAVEL_ROWS, TRAVEL_COLUMNS)
    travel[:, 0] = scene * offsets[:, None, None]
    return (evidence, strips, sums, offsets, travel), torch.stack(ways)


@pytest.mark.parametrize("sign", [1.0, -1.0])
@pytest.mark.parametrize(("drift", "slope"), [(0.0, 0.0), (0.5, 7.0), (-1.2, -12.0)])
def test_a_line_is_followed_to_a_third_of_a_column(drift: float, slope: float, sign: float) -> None:
    (evidence, strips, sums, offsets, _), ways = window(drift, slope, sign=sign)
    found = candidates(sums, offsets)
    followed = follow(evidence, strips, offsets, found)
    assert found.sign[0] == sign
    assert (followed.ways[0] - ways).abs().mean() < 0.34
    assert (followed.columns[0] - ways[FRAMES // 2]).abs().mean() < 0.34
    assert followed.seen[0].mean() > 0.9
    assert 1.2 < followed.width[0] < 2.8


def test_candidates_are_sorted_and_stand_apart() -> None:
    (_, _, sums, offsets, _), _ = window()
    found = candidates(sums, offsets)
    assert (found.strength[:-1] >= found.strength[1:]).all()
    there = found.column[found.strength > 0]
    apart = (there[:, None] - there[None, :]).abs() + 100 * torch.eye(len(there))
    assert apart.min() > 4


def test_a_line_that_moves_with_the_scene_is_known_from_one_that_stays() -> None:
    staying, moving = window(drift=0.0, scene=-1.0)[0], window(drift=-1.0, scene=-1.0)[0]
    of_staying, of_moving = (looked_at(*inputs)[1][0] for inputs in (staying, moving))
    assert of_staying[APART] > of_moving[APART] + 0.4
    assert of_staying[STAYS] > 2 * of_staying[FOLLOWS_SCENE]
    assert of_moving[FOLLOWS_SCENE] > 0.7 * of_moving[STAYS]


@pytest.mark.parametrize("frames", [1, 2, 13])
@pytest.mark.parametrize("columns", [1, 2, 30, 100])
def test_windows_of_any_size_give_finite_answers(frames: int, columns: int) -> None:
    generator = torch.Generator().manual_seed(4)
    found = [Lines()(torch.rand(RIBS, columns, generator=generator)) for _ in range(frames)]
    evidence, strips, sums = (torch.stack(parts) for parts in zip(*found, strict=True))
    travel = 50.0 * torch.randn(frames, 2, TRAVEL_ROWS, TRAVEL_COLUMNS, generator=generator)
    judge = Judge().eval()
    confidence, ways, seen, width, opacity = judge(evidence, strips, sums, torch.arange(frames) * 1.0, travel)
    assert confidence.shape == width.shape == opacity.shape == (CANDIDATES,)
    assert ways.shape == seen.shape == (CANDIDATES, STRIPS)
    for plane in (confidence, ways, seen, width, opacity):
        assert torch.isfinite(plane).all()
    assert confidence.min() >= 0
    assert confidence.max() <= 1


def test_places_without_a_line_have_no_confidence() -> None:
    flat = [Lines()(torch.full((RIBS, 50), 0.5)) for _ in range(3)]
    evidence, strips, sums = (torch.stack(parts) for parts in zip(*flat, strict=True))
    inputs = (torch.zeros_like(evidence), strips, torch.zeros_like(sums))
    confidence, *_ = Judge().eval()(*inputs, torch.arange(3) - 1.0, torch.zeros(3, 2, TRAVEL_ROWS, TRAVEL_COLUMNS))
    assert not confidence.any()


def test_what_is_known_of_a_line_is_of_the_order_of_one() -> None:
    features = looked_at(*window(slope=5.0, scene=-2.0)[0])[1]
    assert features.shape == (CANDIDATES, FEATURES)
    assert features.abs().max() < 30
