"""Where cuts lie, for effects whose model has no say in it: judged by a coarse luma grid of each frame's proxy.

Grids and verdicts are features like any other: named by content, remembered, made once.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable

from reelmend.buffer.cuts import Grid, is_cut, luma_grid
from reelmend.buffer.window import Window
from reelmend.effects.effect import Workbench
from reelmend.frames import FrameForm, FrameRef

GridOf = Callable[[FrameRef], Grid]

VERDICT_BYTES = 512
"""What a remembered cut costs: its name more than its value."""


def without_grid(window: Window, bench: Workbench) -> list[FrameRef]:
    """Return the frames of the window of which no grid is at hand; their pixels are needed to judge cuts."""
    refs = {ref.digest: ref for ref in window.distinct}
    return [ref for ref in refs.values() if not bench.pin(_grid_key(ref))]


def lies_cut_between(before: FrameRef, after: FrameRef, bench: Workbench) -> bool:
    """Say whether a cut lies between two frames, remembering the verdict."""
    return remembered_cut("luma grid", before, after, bench, lambda ref: _grid(ref, bench))


def remembered_cut(judge: str, before: FrameRef, after: FrameRef, bench: Workbench, grid_of: GridOf) -> bool:
    """Return the verdict on two frames by their grids. `judge` names what makes the grids."""

    def compute() -> tuple[bool, int]:
        return is_cut(grid_of(before), grid_of(after)), VERDICT_BYTES

    verdict: bool = bench.feature(("cut", judge, before.digest, after.digest), compute)
    return verdict


def _grid(ref: FrameRef, bench: Workbench) -> Grid:
    def compute() -> tuple[Grid, int]:
        grid = luma_grid(bench.pixels(ref, FrameForm.PROXY))
        return grid, grid.nbytes

    grid: Grid = bench.feature(_grid_key(ref), compute)
    return grid


def _grid_key(ref: FrameRef) -> Hashable:
    return ("luma grid", ref.digest)
