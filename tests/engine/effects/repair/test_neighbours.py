"""A frame's neighbours are the nearest other pictures of its shot."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from reelmend.buffer.window import Window, stop_at_cuts
from reelmend.effects.repair.neighbours import nearest, without_repeats
from reelmend.frames import FrameFormat, FrameRef

FORM = FrameFormat(8, 8)


def window(pictures: str, centre: int, radius: int = 4) -> Window:
    """Return a window of a clip whose frames are named by letters; equal letters are equal pictures."""
    clip = [FrameRef(n, letter.encode(), FORM) for n, letter in enumerate(pictures)]
    numbers = range(centre - radius, centre + radius + 1)
    frames = tuple(clip[min(max(n, 0), len(clip) - 1)] for n in numbers)
    return Window(centre, radius, frames, tuple(0 <= n < len(clip) for n in numbers))


def spelled(window: Window) -> str:
    """Return the window's pictures, a dot for positions that are not its own."""
    return "".join(r.digest.decode() if own else "." for r, own in zip(window.frames, window.own, strict=True))


def test_frames_that_repeat_are_stepped_over() -> None:
    assert spelled(without_repeats(window("aabbccddee", 5))) == "..abcde.."


def test_neighbour_is_never_the_picture_itself() -> None:
    assert spelled(without_repeats(window("aaaaaaaaa", 4))) == "....a...."


def test_a_picture_that_comes_back_is_a_neighbour_again() -> None:
    assert spelled(without_repeats(window("abababa", 3))) == ".abababa."


def test_no_more_neighbours_are_kept_than_asked_for() -> None:
    assert spelled(without_repeats(window("abcdefghi", 4), 2)) == "cdefg"


def test_position_beyond_the_last_picture_repeats_it() -> None:
    found = without_repeats(window("abc", 1, 2))
    assert [ref.digest for ref in found.frames] == [b"a", b"a", b"b", b"c", b"c"]
    assert found.own == (False, True, True, True, False)


def test_nearest_keeps_repeats_of_what_it_keeps() -> None:
    assert spelled(nearest(window("abccddeefg", 5, 5), 2)) == ".bccddeef.."


def test_stray_frame_is_no_neighbour() -> None:
    whole = stop_at_cuts(window("abXcdefgh", 4), lambda before, after: b"X" in (before.digest, after.digest))
    assert spelled(without_repeats(whole)) == ".abcdefgh"
    assert spelled(without_repeats(whole, 2)) == "bcdef"


@settings(deadline=None)
@given(st.text("abcX", min_size=1, max_size=14), st.integers(0, 13), st.integers(0, 6))
def test_cuts_judged_near_the_centre_are_those_of_the_whole_window(pictures: str, centre: int, radius: int) -> None:
    whole = window(pictures, min(centre, len(pictures) - 1), radius)

    def is_cut(before: FrameRef, after: FrameRef) -> bool:
        return (b"X" in before.digest) != (b"X" in after.digest)

    near = [without_repeats(stop_at_cuts(nearest(whole, most), is_cut), 2) for most in (2, 3, 4)]
    for narrow, wide in itertools.pairwise(near):
        assert wide == narrow or not all(narrow.own)
        assert set(narrow.distinct) <= set(wide.distinct)
    assert set(near[-1].distinct) <= set(without_repeats(stop_at_cuts(whole, is_cut)).distinct)
