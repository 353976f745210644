"""What the fill learns from: the same blocks as in the engine, drawn from a number; and that it learns."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from reelmend.effects.repair.fill import _Filling
from reelmend.effects.repair.fill_blocks import damaged_cells
from reelmend_models.definitions.repair.fill import CORE, MARGIN, Fill
from reelmend_models.definitions.repair.fill_light import FillLight
from reelmend_models.export.repair_fill import fill_graphs
from reelmend_models.training.repair import fill as training
from reelmend_models.training.repair.fill import Filler, drawn_from, loss_of
from reelmend_models.training.repair.fill_blocks import blocks_of, case_of, matte_as_found, touched_places
from reelmend_models.training.repair.fill_windows import FRAMES, MIDDLE, SIDE, fill_window_of
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.samples import Pool
from support.fill_workbench import FillBench, fill_model

THERE = (1.0, 1.0, 1.0, 1.0)


def test_a_window_of_a_number_is_the_same_whenever_it_is_drawn(pool: Pool) -> None:
    first = fill_window_of(pool, 3)
    fill_window_of(pool, 4)
    again = fill_window_of(pool, 3)
    for name in ("clean", "damaged", "mattes", "missed"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert not np.array_equal(first.clean, fill_window_of(pool, 5).clean)


def test_every_window_is_damaged_where_its_mattes_say_so(pool: Pool) -> None:
    kinds = set()
    for number in range(12):
        window = fill_window_of(pool, number)
        assert window.damaged.shape == window.clean.shape == (FRAMES, SIDE, SIDE, 3)
        apart = np.abs(window.damaged - window.clean)[MIDDLE].max(-1)
        assert apart[window.mattes.max(0) == 0].max() <= 1e-6
        kinds |= {kind for kind in range(3) if (window.mattes[kind] > 0.3).any()}
    assert kinds == {0, 1, 2}


@pytest.mark.parametrize("seed", range(6))
def test_found_mattes_lie_about_the_damage(pool: Pool, seed: int) -> None:
    true = fill_window_of(pool, 2).mattes
    matte, scratch = matte_as_found(np.random.default_rng(seed), true)
    assert matte.dtype == scratch.dtype == np.float32
    assert 0 <= matte.min() < matte.max() <= 1
    damaged = true.max(0) > 0.2
    assert (matte[damaged] > 0).mean() > 0.3  # the thinnest are lost to one that is too small
    assert set(np.unique(scratch)) <= {0.0, 1.0}


def test_a_block_is_in_training_what_it_is_in_the_engine(pool: Pool, tmp_path_factory: pytest.TempPathFactory) -> None:
    """The case is of a window whose flow was measured at its own size, as the engine does for small frames."""
    numbers = (number for number in range(40) if fill_window_of(pool, number).flows[0].shape[1] == SIDE)
    window = fill_window_of(pool, next(numbers))
    matte, scratch = matte_as_found(None, window.mattes)
    places = touched_places(matte)
    learned = blocks_of(case_of(window, matte, scratch, THERE, FillLight()), places)

    model = fill_model(fill_graphs(Fill().eval(), torch.Generator().manual_seed(1)), tmp_path_factory.mktemp("fill"))
    clip = [np.ascontiguousarray(frame.transpose(2, 0, 1), np.float32) for frame in window.damaged]
    bench, looks = FillBench(model, clip).looks(MIDDLE)
    filling = _Filling(bench, looks, looks.window, scratch > 0, matte, damaged_cells(matte))
    met = filling._inputs(np.asarray(places, np.intp))
    for name in ("here", "matte", "scratch"):
        assert np.array_equal(met[name], getattr(learned, name).numpy()), name
    for name, near in (("others", 0.005), ("gain", 0.003), ("around", 0.001), ("known", 0.01)):
        assert np.abs(met[name] - getattr(learned, name).numpy()).mean() < near, name


@pytest.fixture
def filler(pool: Pool, validation_pool: Pool, monkeypatch: pytest.MonkeyPatch) -> Filler:
    monkeypatch.setattr(training, "POOL_WINDOWS", 6)
    monkeypatch.setattr(training, "VALIDATION_WINDOWS", 4)
    return Filler(Settings(steps=40, batch=8, coarse_share=0.0), pool, validation_pool)


def test_a_batch_follows_from_its_step(filler: Filler) -> None:
    first, second, again = filler.batch(0), filler.batch(1), filler.batch(0)
    assert all(torch.equal(one, other) for one, other in zip(first, again, strict=True))
    assert not torch.equal(first[0], second[0])
    assert first[-1].shape == (8, 2, CORE, CORE)


def test_training_brings_the_loss_down(filler: Filler) -> None:
    torch.manual_seed(1)
    net = filler.net()
    before = filler.validated(net)
    optimiser = torch.optim.Adam(net.parameters(), 2e-3)
    for step in range(30):
        loss = filler.loss(net, filler.batch(step))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
    after = filler.validated(net)
    assert after["loss"] < before["loss"]
    assert set(after) == {
        "loss",
        "particles_psnr_db",
        "particles_median_psnr_db",
        "scratches_psnr_db",
        "scratches_median_psnr_db",
    }


def test_a_perfect_fill_has_no_loss_and_what_is_even_counts_most(pool: Pool) -> None:
    drawn = drawn_from(pool, range(3), FillLight(), is_training=False)
    blocks = drawn.blocks.chosen(torch.arange(len(drawn.true)))
    assert loss_of(blocks.clean, blocks.clean, blocks.matte, drawn.true.float()) == 0
    matte = torch.ones(2, CORE + 2 * MARGIN, CORE + 2 * MARGIN)
    true = torch.ones(2, 2, CORE, CORE)
    clean = torch.full((2, 3, CORE, CORE), 0.5)
    clean[1] += 0.2 * torch.randn(3, CORE, CORE, generator=torch.Generator().manual_seed(1))
    wrong_where_even, wrong_where_busy = clean.clone(), clean.clone()
    wrong_where_even[0] += 0.05
    wrong_where_busy[1] += 0.05
    assert loss_of(wrong_where_even, clean, matte, true) > 2 * loss_of(wrong_where_busy, clean, matte, true)
