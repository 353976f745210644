"""Damaged windows: pure functions of the pool and their number, true to their mattes, with the engine's flow."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend.motion import moved
from reelmend_models.definitions.repair.detect import FRAMES, KINDS
from reelmend_models.training.repair.samples import LUMA, MARGIN, SIDE, Pool, quartered, sample_of, window_of

NUMBERS = range(12)


@pytest.mark.parametrize("number", [0, 5])
def test_window_of_a_number_is_the_same_whenever_it_is_drawn(pool: Pool, number: int) -> None:
    first = window_of(pool, number)
    window_of(pool, number + 1)
    again = window_of(pool, number)
    for name in ("clean", "damaged", "mattes", "missed"):
        assert np.array_equal(getattr(first, name), getattr(again, name)), name
    assert all(np.array_equal(a, b) for a, b in zip(first.flows, again.flows, strict=True))


def test_windows_and_splits_differ(pool: Pool, validation_pool: Pool) -> None:
    assert not np.array_equal(window_of(pool, 1).clean, window_of(pool, 2).clean)
    assert not np.array_equal(window_of(pool, 1).clean, window_of(validation_pool, 1).clean)


def test_damage_lies_inside_its_mattes_and_is_seen_there(pool: Pool) -> None:
    seen, kinds = 0, set()
    for number in range(40):
        window = window_of(pool, number)
        assert window.damaged.shape == window.clean.shape == (FRAMES, SIDE + 2 * MARGIN, SIDE + 2 * MARGIN, 3)
        outside = window.mattes.max(1) == 0
        apart = np.abs(window.damaged - window.clean).max(-1)
        assert apart[outside].max(initial=0.0) <= 0.35, "what a lossy store smears beyond a defect is little"
        assert np.median(apart[outside]) <= 0.02
        strong = window.mattes.max(1) > 0.5
        if strong.sum() > 50:
            seen += 1
            assert apart[strong].mean() > 3 * apart[outside].mean()
        kinds |= {KINDS[kind] for kind in range(len(KINDS)) if (window.mattes[:, kind] > 0.5).any()}
    assert seen >= 15
    assert kinds == set(KINDS)


def test_a_quarter_of_the_windows_or_so_is_clean(pool: Pool) -> None:
    clean = [not window_of(pool, number).mattes.any() for number in range(60)]
    assert 6 <= sum(clean) <= 32
    assert all(not window_of(pool, number, clean_share=1.0).mattes.any() for number in NUMBERS)


def test_luma_shows_the_neighbours_moved_onto_the_frame(pool: Pool) -> None:
    window = window_of(pool, 3)
    luma = window.luma()
    assert np.array_equal(luma[2], np.ascontiguousarray(window.damaged[2] @ LUMA))
    assert np.array_equal(luma[1], moved(np.ascontiguousarray(window.damaged[1] @ LUMA), window.flows[1]))
    aligned = [np.abs(w.luma()[1] - w.luma()[2]).mean() for w in (window_of(pool, number) for number in NUMBERS)]
    apart = [
        np.abs((w.damaged[1] - w.damaged[2]) @ LUMA).mean() for w in (window_of(pool, number) for number in NUMBERS)
    ]
    assert np.mean(aligned) < 0.8 * np.mean(apart)


def test_sample_is_the_inner_part_of_its_window(pool: Pool) -> None:
    window, sample = window_of(pool, 4), sample_of(pool, 4)
    inner = slice(MARGIN, MARGIN + SIDE)
    assert np.array_equal(sample.luma, window.luma()[:, inner, inner].astype(np.float16))
    assert sample.missed.shape == (2, SIDE // 4, SIDE // 4)
    assert sample.mattes.shape == (len(KINDS), SIDE, SIDE)
    assert 0 <= sample.missed.min() <= sample.missed.max() <= 1


def test_missed_flow_is_a_share_of_eight_pixels() -> None:
    assert np.allclose(quartered(np.full((8, 12), 4.0, np.float32)), 0.5)
    assert quartered(np.full((8, 12), 99.0, np.float32)).max() == 1
