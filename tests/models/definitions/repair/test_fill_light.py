"""The light of neighbours is brought to that of the frame; damaged cells are filled from around."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from reelmend_models.definitions.repair.fill_light import NEIGHBOURS, FillLight

ROWS, COLUMNS = 17, 30


def scene() -> Tensor:
    """Return (1, 3, h, w) a smooth picture with some edges."""
    torch.manual_seed(1)
    rough = torch.nn.functional.interpolate(torch.rand(1, 3, 5, 8), (ROWS, COLUMNS), mode="bilinear")
    return 0.1 + 0.7 * rough + 0.1 * (torch.rand(1, 3, ROWS, COLUMNS) > 0.8).float()


def light(own: Tensor, others: Tensor, clean: Tensor | None = None) -> tuple[Tensor, Tensor]:
    clean = torch.ones(ROWS, COLUMNS) if clean is None else clean
    gain, around = FillLight()(torch.cat([own, others]), clean)
    return gain, around


def test_neighbours_of_other_light_are_brought_to_the_frames() -> None:
    own = scene()
    factors = torch.tensor([0.8, 1.25, 1.0, 1.05]).reshape(NEIGHBOURS, 1, 1, 1)
    gain, _ = light(own, own * factors)
    torch.testing.assert_close(gain, (1 / factors).expand_as(gain), atol=0.02, rtol=0)


def test_light_that_differs_from_left_to_right_is_followed() -> None:
    own, ramp = scene(), torch.linspace(0.85, 1.15, COLUMNS)
    gain, _ = light(own, (own * ramp).expand(NEIGHBOURS, -1, -1, -1))
    torch.testing.assert_close(gain, (1 / ramp).expand_as(gain), atol=0.08, rtol=0)


def test_what_is_damaged_or_hidden_does_not_tell_the_light() -> None:
    own = scene()
    others = (0.9 * own).repeat(NEIGHBOURS, 1, 1, 1)
    clean = torch.ones(ROWS, COLUMNS)
    clean[4:7, 10:14] = 0
    broken = own.clone()
    broken[:, :, 4:7, 10:14] = 1.0
    others[:, :, 12:14, 20:24] = 0.02
    gain, _ = light(broken, others, clean)
    elsewhere = torch.ones(ROWS, COLUMNS, dtype=torch.bool)
    elsewhere[9:17, 17:27] = False
    torch.testing.assert_close(gain[..., elsewhere], torch.full_like(gain[..., elsewhere], 1 / 0.9), atol=0.02, rtol=0)
    assert gain[..., 13, 22].max() < 1.5


def test_black_frames_give_finite_factors() -> None:
    black = torch.zeros(1, 3, ROWS, COLUMNS)
    for own, others in ((black, scene()), (scene(), black), (black, black), (-scene(), scene())):
        gain, around = light(own, others.expand(NEIGHBOURS, -1, -1, -1))
        assert torch.isfinite(gain).all()
        assert torch.isfinite(around).all()


def test_intact_cells_stay_and_damaged_ones_take_what_lies_around() -> None:
    own = scene()
    own[:, :, :, 12:18] = 0.4
    clean = torch.ones(ROWS, COLUMNS)
    clean[5:9, 14:16] = 0
    broken = own.clone()
    broken[:, :, 5:9, 14:16] = 5.0
    _, around = light(broken, own.expand(NEIGHBOURS, -1, -1, -1), clean)
    torch.testing.assert_close(around[:, clean > 0], own[0][:, clean > 0], atol=1e-3, rtol=1e-3)
    assert (around[:, 5:9, 14:16] - 0.4).abs().max() < 0.1


@pytest.mark.parametrize("size", [(1, 1), (2, 3), (60, 5)])
def test_pictures_of_any_size_are_lit(size: tuple[int, int]) -> None:
    cells = torch.rand(1 + NEIGHBOURS, 3, *size)
    for clean in (torch.ones(size), torch.zeros(size)):
        gain, around = FillLight()(cells, clean)
        assert gain.shape == (NEIGHBOURS, 3, *size)
        assert around.shape == (3, *size)
        assert torch.isfinite(gain).all()
        assert torch.isfinite(around).all()
