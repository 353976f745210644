"""From likelihoods to pieces: thresholds, hysteresis, kinds, sizes and protections."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.effects.repair.decide import THRESHOLDS, Choice, decide
from reelmend.effects.repair.detect import KINDS, Found

SHAPE = (40, 60)
GREY = np.full(SHAPE, 0.4, np.float32)
BLOTCH, HAIR, SCRATCH = range(3)


def likelihood(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))


STRONG, WEAK = (likelihood(getattr(THRESHOLDS["blotch"], name)) for name in ("strong", "weak"))


def found(*spots: tuple[int, int, int, int, int, float], unrest: float = 0.0) -> Found:
    """Return likelihoods of 0 but for rectangles: kind, top, left, height, width, likelihood."""
    planes = np.zeros((3, *SHAPE), np.float32)
    for kind, top, left, height, width, value in spots:
        planes[kind, top : top + height, left : left + width] = value
    return Found(tuple(planes), np.full((10, 15), unrest, np.float32))


def core(what: Found, choice: Choice | None = None, luma: np.ndarray = GREY) -> np.ndarray:
    return decide(what, luma, choice or Choice()).core()


def test_piece_counts_from_its_strong_pixel_and_reaches_over_its_weak_ones() -> None:
    what = found(
        (BLOTCH, 5, 5, 4, 6, WEAK + 0.01), (BLOTCH, 6, 7, 1, 1, STRONG + 0.01), (BLOTCH, 20, 5, 4, 6, WEAK + 0.01)
    )
    expected = np.zeros((3, *SHAPE), bool)
    expected[BLOTCH, 5:9, 5:11] = True
    assert (core(what) == expected).all()


def test_pieces_that_touch_at_a_corner_are_one() -> None:
    what = found((BLOTCH, 5, 5, 2, 2, WEAK + 0.01), (BLOTCH, 7, 7, 1, 1, STRONG + 0.01))
    assert core(what).sum() == 5
    assert len(set(decide(what, GREY, Choice()).label)) == 1


def test_below_the_weak_threshold_nothing_is_taken() -> None:
    assert not core(found((BLOTCH, 5, 5, 4, 6, WEAK - 0.01))).any()


def test_pixel_belongs_to_the_likeliest_kind() -> None:
    what = found((BLOTCH, 5, 5, 4, 4, 0.9), (HAIR, 5, 7, 4, 6, 0.95))
    taken = core(what)
    assert taken[BLOTCH].sum() == 4 * 2
    assert taken[HAIR].sum() == 4 * 6


@pytest.mark.parametrize("off", range(3))
def test_kind_that_is_off_is_not_taken_and_is_no_other_kind_either(off: int) -> None:
    what = found(*((kind, 10 * kind, 5, 4, 6, 0.99) for kind in range(3)), ((off + 1) % 3, 10 * off, 5, 4, 6, 0.9))
    taken = core(what, Choice(enabled=tuple(kind != off for kind in range(3))))
    assert [int(plane.sum()) for plane in taken] == [0 if kind == off else 24 for kind in range(3)]


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0, 1), st.floats(0, 1))
def test_more_sensitivity_never_takes_less(seed: int, one: float, other: float) -> None:
    planes = np.random.default_rng(seed).random((3, *SHAPE)).astype(np.float32) ** 4
    what = Found(tuple(planes), np.zeros((10, 15), np.float32))
    less, more = (core(what, Choice(sensitivity=(value,) * 3)) for value in sorted((one, other)))
    assert not (less & ~more).any()


def test_sensitivity_is_of_its_own_kind() -> None:
    what = found((BLOTCH, 5, 5, 4, 4, 0.5), (HAIR, 20, 5, 4, 4, 0.5))
    taken = core(what, Choice(sensitivity=(0.9, 0.1, 0.5)))
    assert taken[BLOTCH].any()
    assert not taken[HAIR].any()


@pytest.mark.parametrize(("minimum", "maximum", "kept"), [(0, 0, {4, 100}), (3, 0, {100}), (0, 3, {4}), (12, 0, set())])
def test_sizes_are_diameters_of_discs_of_the_same_area(minimum: float, maximum: float, kept: set[int]) -> None:
    what = found((BLOTCH, 2, 2, 2, 2, 0.99), (BLOTCH, 10, 10, 10, 10, 0.99))
    pieces = decide(what, GREY, Choice(minimum_size=minimum, maximum_size=maximum))
    assert {int((pieces.label == label).sum()) for label in set(pieces.label)} == kept


def test_scratch_may_be_as_long_as_the_picture_whatever_the_maximum() -> None:
    what = found((SCRATCH, 0, 30, 40, 2, 0.99), (HAIR, 0, 10, 40, 2, 0.99))
    taken = core(what, Choice(maximum_size=5))
    assert taken[SCRATCH].sum() == 80
    assert not taken[HAIR].any()


@pytest.mark.parametrize("unrest", [0.0, 1.0])
def test_protected_motion_needs_more_certainty_where_it_is_fast_or_unknown(unrest: float) -> None:
    what = found((BLOTCH, 5, 5, 4, 4, 0.9), (BLOTCH, 20, 5, 4, 4, 0.99999), unrest=unrest)
    taken = core(what, Choice(protect_motion=1.0))[BLOTCH]
    assert taken[20:24].any()
    assert taken[5:9].any() == (unrest == 0)
    assert core(what)[BLOTCH, 5:9].any()


def test_protected_highlights_are_bright_and_brighter_than_what_is_around() -> None:
    luma = GREY.copy()
    luma[5:8, 5:8] = 0.98
    luma[20:40] = 0.98
    what = found((BLOTCH, 5, 5, 3, 3, 0.9), (BLOTCH, 30, 30, 3, 3, 0.9), (BLOTCH, 5, 40, 3, 3, 0.9))
    taken = core(what, Choice(protect_highlights=1.0), luma)[BLOTCH]
    assert not taken[5:8, 5:8].any()
    assert taken[30:33, 30:33].all()
    assert taken[5:8, 40:43].all()
    assert core(what, None, luma)[BLOTCH, 5:8, 5:8].all()


def test_likelihoods_that_are_no_numbers_take_nothing() -> None:
    what = found((BLOTCH, 5, 5, 4, 4, 0.9))
    for plane in what.likelihood:
        plane[20:25] = np.nan
    assert core(what).sum() == 16


def test_scratches_are_what_the_lines_say_not_what_five_frames_do() -> None:
    lines = np.zeros(SHAPE, np.float32)
    lines[:, 30] = 0.95
    what = found((SCRATCH, 5, 12, 4, 1, 0.99), (BLOTCH, 20, 28, 5, 5, 0.99)).with_scratches(lines)
    taken = core(what)
    assert taken[SCRATCH, :, 30].sum() == 40 - 5
    assert not taken[SCRATCH, :, 12].any()


def test_choice_says_every_parameter_of_the_decision() -> None:
    values: dict[str, object] = {"blotches": True, "hairs": False, "scratches": True}
    values |= {f"{kind}_sensitivity": 0.1 * n for n, kind in enumerate(KINDS)}
    values |= {"minimum_size": 1.0, "maximum_size": 2.0, "protect_motion": 0.3, "protect_highlights": 0.4}
    values["protect_crowds"] = 0.6
    expected = ((True, False, True), (0.0, 0.1, 0.2), 1.0, 2.0, 0.3, 0.4, 0.6)
    assert dataclasses.astuple(Choice.of(values)) == expected  # type: ignore[arg-type]


def _specks(count: int, luma: np.ndarray, light: float) -> tuple[Found, np.ndarray]:
    """Return likely specks side by side, and the frame that shows them."""
    places = [(BLOTCH, 4 + 4 * (n // 12), 3 + 4 * (n % 12), 2, 2, STRONG + 0.05) for n in range(count)]
    shown = luma.copy()
    for _, top, left, height, width, _ in places:
        shown[top : top + height, left : left + width] = light
    return found(*places), shown


def _crowd_of(count: int) -> tuple[Found, np.ndarray]:
    return _specks(count, np.full((400, 400), 0.4, np.float32)[: SHAPE[0], : SHAPE[1]], 0.8)


@pytest.mark.parametrize(("count", "kept"), [(3, True), (48, False)])
def test_crowd_of_specks_is_left_alone_and_a_few_are_not(count: int, kept: bool) -> None:
    what, luma = _crowd_of(count)
    tall = np.full((400, SHAPE[1]), 0.4, np.float32)
    tall[: SHAPE[0]] = luma
    planes = np.zeros((3, *tall.shape), np.float32)
    planes[:, : SHAPE[0]] = what.likelihood
    unrest = np.zeros((100, 15), np.float32)
    assert decide(Found(planes, unrest), tall, Choice(protect_crowds=1.0)).core().any() == kept
    assert decide(Found(planes, unrest), tall, Choice(protect_crowds=0.0)).core().sum() == 4 * count


def test_certain_defect_in_a_crowd_counts() -> None:
    what, luma = _crowd_of(12)
    planes = np.pad(what.likelihood, ((0, 0), (0, 360), (0, 0)))
    planes[BLOTCH, 30:34, 30:34] = 1.0
    tall = np.pad(luma, ((0, 360), (0, 0)), constant_values=np.float32(0.4))
    tall[30:34, 30:34] = 0.8
    taken = decide(Found(planes, np.zeros((100, 15), np.float32)), tall, Choice(protect_crowds=0.75)).core()
    assert taken[BLOTCH, 30:34, 30:34].all()
    assert taken.sum() == 16


def test_bright_and_dark_specks_are_no_crowd_together() -> None:
    tall = np.full((400, SHAPE[1]), 0.4, np.float32)
    planes = np.zeros((3, *tall.shape), np.float32)
    for n in range(10):
        at = (slice(10, 12), slice(4 + 5 * n, 6 + 5 * n))
        planes[BLOTCH][at] = STRONG + 0.05
        tall[at] = 0.8 if n % 2 else 0.1
    assert decide(Found(planes, np.zeros((100, 15), np.float32)), tall, Choice(protect_crowds=1.0)).core().sum() == 40
