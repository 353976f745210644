"""Which frames of a window stand beside its centre: the nearest that are other pictures."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from reelmend.buffer.window import Window, stop_at_cuts
from reelmend.effects.common_parameters import STOP_AT_CUTS
from reelmend.effects.cut_scores import lies_cut_between, without_grid
from reelmend.effects.effect import Workbench
from reelmend.frames import FrameRef

LOOKS_AT_FRAMES = 4
"""How many pictures on each side may be neighbours: a stray frame or two that are stepped over leave two of them."""


def without_repeats(window: Window, most: int | None = None) -> Window:
    """Return the window with repeated frames stepped over: its neighbour on each side is the nearest other picture.

    A frame that was doubled to fit another frame rate shows each defect twice; as its own neighbour it would confirm
    what is broken. `most`: how many frames are kept on each side; None: as many as there are. Positions beyond the last
    one repeat it and are not `own`.
    """
    radius_frames = window.radius_frames if most is None else min(most, window.radius_frames)
    before, after = (_others(window, step, radius_frames) for step in (-1, 1))
    centre = window.centre_frame
    frames = (*reversed(_filled(before, centre, radius_frames)), centre, *_filled(after, centre, radius_frames))
    own = (*reversed(_counted(before, radius_frames)), True, *_counted(after, radius_frames))
    return Window(window.centre, radius_frames, frames, own)


def nearest(window: Window, most: int) -> Window:
    """Return the window that ends, on each side, with the first `most` pictures; repeats of these are kept."""
    radius = window.radius_frames
    frames, own = list(window.frames), list(window.own)
    for step in (-1, 1):
        seen, last = 0, window.centre_frame
        for position in range(radius + step, radius + step * (radius + 1), step):
            if own[position] and frames[position].digest != last.digest and seen < most:
                seen, last = seen + 1, frames[position]
            elif not own[position] or frames[position].digest != last.digest:
                frames[position], own[position] = last, False
    return Window(window.centre, radius, tuple(frames), tuple(own))


def _others(window: Window, step: int, most: int) -> list[FrameRef]:
    """Return up to `most` frames on one side, the nearest first, each another picture than the one before it."""
    found: list[FrameRef] = []
    last, position = window.centre_frame, window.radius_frames + step
    while 0 <= position < len(window.frames) and len(found) < most:
        here = window.frames[position]
        if window.own[position] and here.digest != last.digest:
            found.append(here)
            last = here
        position += step
    return found


def _filled(found: list[FrameRef], centre: FrameRef, length: int) -> list[FrameRef]:
    last = found[-1] if found else centre
    return [*found, *[last] * (length - len(found))]


def _counted(found: list[FrameRef], length: int) -> list[bool]:
    return [position < len(found) for position in range(length)]


class Shot:
    """What of a window belongs to its centre's shot, for one request.

    near: the pictures beside the centre, that it is compared with and mended from, `reach_frames` on each side. far:
    all pictures of the shot. Neither holds a repeated frame.
    """

    def __init__(self, bench: Workbench, window: Window, reach_frames: int) -> None:
        self._bench = bench
        self._reach_frames = reach_frames
        self._stops = bool(bench.values[STOP_AT_CUTS])
        self._window = window

    def near(self) -> Window:
        for window in self._ever_wider():
            found = self._beside(window)
            if all(found.own):
                break
        return found

    def far(self) -> Window:
        return without_repeats(self._within_cuts(self._window))

    def maybe_near(self) -> tuple[list[FrameRef], list[FrameRef]]:
        """Return the frames that `near` may hold, and those of which it takes a grid, that tells where cuts are."""
        for window in self._ever_wider():
            if self._without_grid(window):
                widest = nearest(self._window, LOOKS_AT_FRAMES)
                return widest.distinct, self._without_grid(widest)
            found = self._beside(window)
            if all(found.own):
                break
        return found.distinct, []

    def maybe_far(self) -> tuple[Window, list[FrameRef]]:
        """Return a window that holds all of `far`, and the frames of which no grid is at hand."""
        without = self._without_grid(self._window)
        return self._window if without else self.far(), without

    def ungridded(self) -> list[FrameRef]:
        """Return the frames that it takes a grid of to judge all of the window's cuts."""
        return self._without_grid(self._window)

    def judge(self) -> None:
        """Judge all of the window's cuts, also beyond the first: the next windows then know them."""
        if self._stops:
            for before, after in itertools.pairwise(self._window.distinct):
                lies_cut_between(before, after, self._bench)

    def _ever_wider(self) -> Iterator[Window]:
        """Yield the windows that neighbours are looked for in; a wider one finds further ones, but none in between."""
        return (nearest(self._window, most) for most in range(self._reach_frames, LOOKS_AT_FRAMES + 1))

    def _beside(self, window: Window) -> Window:
        return without_repeats(self._within_cuts(window), self._reach_frames)

    def _without_grid(self, window: Window) -> list[FrameRef]:
        return without_grid(window, self._bench) if self._stops else []

    def _within_cuts(self, window: Window) -> Window:
        if not self._stops:
            return window
        return stop_at_cuts(window, lambda before, after: lies_cut_between(before, after, self._bench))
