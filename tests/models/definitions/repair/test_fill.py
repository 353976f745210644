"""One block is filled from its neighbours, its surroundings and what shines through."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from reelmend_models.definitions.repair.fill import BLOCK, CELLS, CORE, MARGIN, SOURCES, Fill
from reelmend_models.definitions.repair.fill_light import NEIGHBOURS
from reelmend_models.training.repair.weights import load_weights

Inputs = dict[str, Tensor]
SHIPPED = load_weights(Fill(), "fill")
HOLE = (slice(30, 38), slice(28, 36))


def scene() -> Tensor:
    """Return (3, 64, 64) a picture with edges and texture."""
    torch.manual_seed(2)
    coarse = torch.nn.functional.interpolate(torch.rand(1, 3, 9, 9), (BLOCK, BLOCK), mode="bilinear")[0]
    return 0.2 + 0.5 * coarse + 0.05 * torch.rand(3, BLOCK, BLOCK)


def block(clean: Tensor, hole: tuple[slice, slice] = HOLE, level: float = 0.95) -> Inputs:
    """Return a block with an opaque hole, and four neighbours that show the clean picture."""
    here, matte = clean.clone(), torch.zeros(BLOCK, BLOCK)
    here[:, hole[0], hole[1]] = level
    matte[hole] = 1
    return {
        "here": here[None],
        "others": clean.expand(1, NEIGHBOURS, -1, -1, -1).clone(),
        "there": torch.ones(1, NEIGHBOURS),
        "gain": torch.ones(1, NEIGHBOURS, 3, CELLS, CELLS),
        "around": clean.mean((1, 2))[None, :, None, None].expand(1, 3, CELLS, CELLS),
        "matte": matte[None],
        "scratch": torch.zeros(1, BLOCK, BLOCK),
        "known": torch.zeros(1, NEIGHBOURS + 2, BLOCK // 2, BLOCK // 2),
    }


def off(inputs: Inputs, clean: Tensor, net: Fill = SHIPPED) -> Tensor:
    """Return (3, …) by how much the fill misses the clean picture in the hole of the matte."""
    fill, _ = net(*inputs.values())
    core = slice(MARGIN, MARGIN + CORE)
    return (fill[0] - clean[:, core, core])[:, inputs["matte"][0, core, core] > 0].abs()


def test_a_hole_is_filled_with_what_the_neighbours_show() -> None:
    clean = scene()
    assert off(block(clean), clean).mean() < 0.015


def test_neighbours_of_other_light_are_lit_by_their_gain() -> None:
    clean = scene()
    inputs = block(clean)
    inputs["others"] *= 0.8
    inputs["gain"] /= 0.8
    assert off(inputs, clean).mean() < 0.015


def test_a_neighbour_that_does_not_exist_changes_nothing() -> None:
    clean = scene()
    inputs = block(clean)
    inputs["there"][:, 0] = 0
    fill, left = SHIPPED(*inputs.values())
    inputs["others"][:, 0], inputs["gain"][:, 0] = 7.0, 3.0
    again, left_again = SHIPPED(*inputs.values())
    assert torch.equal(fill, again)
    assert torch.equal(left, left_again)
    assert (left[:, 0] == 0).all()


def test_without_neighbours_the_surroundings_fill_a_hole() -> None:
    ramp = torch.linspace(0.2, 0.7, BLOCK).expand(3, BLOCK, BLOCK).clone()
    inputs = block(ramp)
    inputs["there"][:] = 0
    assert off(inputs, ramp).mean() < 0.03
    assert off(inputs, ramp).max() < 0.1


@pytest.mark.parametrize("level", [0.95, 0.05])
def test_a_standing_scratch_in_an_even_sky_leaves_no_line(level: float) -> None:
    sky = torch.linspace(0.3, 0.5, BLOCK)[None, :, None] * torch.tensor([0.9, 1.0, 1.3])[:, None, None]
    sky = sky.expand(3, BLOCK, BLOCK).clone()
    inputs = block(sky, (slice(0, BLOCK), slice(30, 35)))
    here = sky.clone()
    here[:, :, 30:35] += torch.tensor([0.1, 0.3, 0.5, 0.3, 0.1]) * (level - sky[:, :, 30:35])
    inputs["here"], inputs["scratch"] = here[None], inputs["matte"].clone()
    inputs["others"] = here.expand(1, NEIGHBOURS, -1, -1, -1).clone()
    inputs["known"][:, :NEIGHBOURS] = torch.nn.functional.avg_pool2d(inputs["scratch"], 2)
    assert off(inputs, sky).max() < 0.03


def test_shares_of_sources_are_at_most_one() -> None:
    _, left = SHIPPED(*block(scene()).values())
    assert left.shape == (1, NEIGHBOURS + 1, CORE, CORE)
    assert (left >= 0).all()
    assert (left.sum(dim=1) <= 1 + 1e-5).all()


def test_an_untrained_net_trusts_the_nearest_neighbours_most() -> None:
    net = Fill().eval()
    _, left = net(*block(scene()).values())
    inside = left[0, :, 24:28, 22:26]
    assert (inside[0] > inside[2]).all()
    assert (inside[:NEIGHBOURS].sum(0) > 0.5).all()
    assert SOURCES == NEIGHBOURS + 3


def test_blocks_of_a_batch_do_not_see_each_other() -> None:
    first, second = block(scene()), block(1 - scene(), (slice(10, 50), slice(20, 26)), 0.0)
    alone = SHIPPED(*first.values())[0]
    together = SHIPPED(*(torch.cat([first[name], second[name]]) for name in first))[0]
    torch.testing.assert_close(together[:1], alone, atol=1e-6, rtol=1e-5)
