"""Windows: what is asked for is there, edges repeat, cuts end them."""

import bisect
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmend.buffer.window import Window, stop_at_cuts, window_around
from reelmend.errors import BadRequestError
from reelmend.frames import FrameFormat, FrameRef

SIZE = FrameFormat(8, 6)


def refs(first: int, last: int) -> list[FrameRef]:
    return [FrameRef(frame, frame.to_bytes(16, "big", signed=True), SIZE) for frame in range(first, last + 1)]


def numbers(window: Window) -> list[int]:
    return [ref.frame for ref in window.frames]


def test_window_repeats_first_frame_at_clip_start() -> None:
    window = window_around(refs(1, 3), 1, 2, 1, 100)
    assert numbers(window) == [1, 1, 1, 2, 3]
    assert window.own == (False, False, True, True, True)


def test_window_repeats_last_frame_at_clip_end() -> None:
    window = window_around(refs(97, 100), 99, 2, 1, 100)
    assert numbers(window) == [97, 98, 99, 100, 100]
    assert window.own == (True, True, True, True, False)


def shots(*starts: int, strays: tuple[int, ...] = ()) -> Callable[[FrameRef, FrameRef], bool]:
    """Cuts between shots that start at these frames; strays look like nothing else."""

    def shot_of(frame: int) -> int:
        return -frame - 1000 if frame in strays else bisect.bisect(starts, frame)

    return lambda a, b: shot_of(a.frame) != shot_of(b.frame)


def test_window_never_crosses_a_cut_on_either_side() -> None:
    window = stop_at_cuts(window_around(refs(0, 10), 5, 3, 0, 10), shots(4, 7))
    assert numbers(window) == [4, 4, 4, 5, 6, 6, 6]
    assert [ref.frame for ref in window.distinct] == [4, 5, 6]


def test_stray_frame_is_left_out_and_does_not_end_the_window() -> None:
    window = stop_at_cuts(window_around(refs(0, 10), 5, 3, 0, 10), shots(strays=(7,)))
    assert numbers(window) == [2, 3, 4, 5, 6, 6, 8]
    assert window.own == (True, True, True, True, True, False, True)


def test_stray_frame_in_the_centre_keeps_its_neighbours() -> None:
    window = stop_at_cuts(window_around(refs(0, 10), 5, 2, 0, 10), shots(strays=(5,)))
    assert numbers(window) == [3, 4, 5, 6, 7]
    assert all(window.own)


def test_frame_before_a_cut_is_no_stray() -> None:
    window = stop_at_cuts(window_around(refs(0, 10), 5, 3, 0, 10), shots(6))
    assert numbers(window) == [2, 3, 4, 5, 5, 5, 5]


def test_nothing_is_asked_beyond_the_cut() -> None:
    asked: set[int] = set()
    cut = shots(3, 7)

    def is_cut(a: FrameRef, b: FrameRef) -> bool:
        asked.update((a.frame, b.frame))
        return cut(a, b)

    stop_at_cuts(window_around(refs(0, 10), 5, 5, 0, 10), is_cut)
    assert asked == {1, 2, 3, 4, 5, 6, 7, 8}


@given(st.integers(-50, 50), st.integers(0, 30), st.integers(0, 12), st.data())
def test_window_equals_the_naive_definition(first: int, length: int, radius: int, data: st.DataObject) -> None:
    last = first + length
    centre = data.draw(st.integers(first, last))
    starts = sorted(data.draw(st.sets(st.integers(first, last))))
    starts = [start for index, start in enumerate(starts) if index == 0 or start - starts[index - 1] > 1]
    window = stop_at_cuts(window_around(refs(first, last), centre, radius, first, last), shots(*starts))
    same_shot = [n for n in range(first, last + 1) if bisect.bisect(starts, n) == bisect.bisect(starts, centre)]
    positions = [centre + offset for offset in window.offsets]
    assert numbers(window) == [min(max(n, same_shot[0]), same_shot[-1]) for n in positions]
    assert window.own == tuple(n in same_shot for n in positions)


def test_missing_frame_is_named() -> None:
    with pytest.raises(BadRequestError, match="lacks frame 6; describe every frame within ±2"):
        window_around([ref for ref in refs(3, 7) if ref.frame != 6], 5, 2, 0, 100)


def test_frame_named_twice_is_refused() -> None:
    with pytest.raises(BadRequestError, match="names a frame twice"):
        window_around(refs(3, 7) + refs(5, 5), 5, 2, 0, 100)


def test_centre_outside_the_clip_is_refused() -> None:
    with pytest.raises(BadRequestError, match="frame 12 lies outside the clip, which has frames 0 to 9"):
        window_around(refs(0, 9), 12, 2, 0, 9)


def test_frames_of_two_sizes_are_refused() -> None:
    odd = FrameRef(6, b"x" * 16, FrameFormat(9, 6))
    with pytest.raises(BadRequestError, match="differ in size"):
        window_around([*refs(4, 5), odd], 5, 1, 0, 100)
