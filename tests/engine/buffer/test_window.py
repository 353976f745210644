"""Windows: what is asked for is there, edges repeat, cuts end them."""

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


def test_window_never_crosses_a_cut_on_either_side() -> None:
    window = stop_at_cuts(window_around(refs(0, 10), 5, 3, 0, 10), lambda a, b: (a.frame, b.frame) in {(3, 4), (6, 7)})
    assert numbers(window) == [4, 4, 4, 5, 6, 6, 6]
    assert [ref.frame for ref in window.distinct] == [4, 5, 6]


def test_cut_is_asked_in_the_order_of_time_and_not_beyond_the_first_one() -> None:
    asked: list[tuple[int, int]] = []

    def is_cut(before: FrameRef, after: FrameRef) -> bool:
        asked.append((before.frame, after.frame))
        return before.frame == 3

    stop_at_cuts(window_around(refs(0, 10), 5, 4, 0, 10), is_cut)
    assert sorted(asked) == [(3, 4), (4, 5), (5, 6), (6, 7), (7, 8), (8, 9)]


@given(st.integers(-50, 50), st.integers(0, 30), st.integers(0, 12), st.data())
def test_window_equals_the_naive_definition(first: int, length: int, radius: int, data: st.DataObject) -> None:
    last = first + length
    centre = data.draw(st.integers(first, last))
    cuts = data.draw(st.sets(st.integers(first, last)))  # a cut lies between n and n+1
    window = stop_at_cuts(
        window_around(refs(first, last), centre, radius, first, last), lambda before, _after: before.frame in cuts
    )
    expected = []
    for offset in range(-radius, radius + 1):
        position, step = centre, 1 if offset > 0 else -1
        while position != centre + offset and first <= position + step <= last:
            if min(position, position + step) in cuts:
                break
            position += step
        expected.append(position)
    assert numbers(window) == expected
    assert window.own == tuple(n == centre + o for n, o in zip(expected, window.offsets, strict=True))


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
