"""What damaged pixels should show: from the frames beside, from around, and from what shines through; with its grain.

The graph "fill_light" sees the frame and its neighbours by cells of 16 pixels and tells how their light differs; the
graph "fill" makes one block of 48 pixels a side at a time, so that the cost goes with the damage.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reelmend.buffer.window import Window
from reelmend.effects.effect import Workbench
from reelmend.effects.repair.fill_blocks import (
    BLOCK,
    CORE,
    MARGIN,
    Places,
    Sight,
    cells_of,
    cut,
    damaged_cells,
    halves,
    light_of,
    touched,
)
from reelmend.effects.repair.grain import NO_GRAIN, Grain, measured, noise_at
from reelmend.effects.repair.looks import LUMA, Looks
from reelmend.frames import FrameRef, Planes
from reelmend.inference.session import Array, Session
from reelmend.motion import Flow, disagreement, hidden_on_grid, moved, steadied

Plane = npt.NDArray[np.float32]

LIGHT_STAGE, STAGE = "fill_light", "fill"
OFFSETS = (-1, 1, -2, 2)
SCRATCH = 2
COLOURS = 3
MOST_MISSED_PIXELS = 8.0
BLOCKS_AT_ONCE = 12
"""Blocks that a helper thread is handed: enough that reading them together pays."""
GRAIN_PATCHES = (4, 6)
"""Rows and columns of patches, as large as a block, that grain is measured in."""


def filled(bench: Workbench, looks: Looks, window: Window, classes: npt.NDArray[np.bool_], matte: Plane) -> Planes:
    """Return the centre (C, H, W) in the model's values with its damage filled; right wherever the matte is above 0.

    classes: (3, H, W) the damage itself by kind, the last line scratches. matte: (H, W) in 0…1, what will be mended.
    """
    code = looks.code(window.centre_frame)
    out: Planes = bench.pool.array(code.shape, np.float32)
    np.copyto(out, code)
    damaged = damaged_cells(matte)
    places = touched(damaged)
    if len(places):
        _Filling(bench, looks, window, classes[SCRATCH], matte, damaged).fill(places, out)
    return out


@dataclass(frozen=True, slots=True)
class _Beside:
    """A neighbour: its planes, the flow to it, and by how much there and back miss, in shares of 8 pixels, if near."""

    ref: FrameRef
    code: Planes
    flow: Flow
    missed: Plane | None


class _Filling:
    """One frame that is being filled."""

    def __init__(
        self,
        bench: Workbench,
        looks: Looks,
        window: Window,
        scratch: npt.NDArray[np.bool_],
        matte: Plane,
        damaged: npt.NDArray[np.bool_],
    ) -> None:
        self._bench, self._looks, self._window = bench, looks, window
        self._centre = window.centre_frame
        self._code = looks.code(self._centre)
        self._matte, self._damaged = matte, damaged
        self._scratch = scratch.astype(np.float32) if scratch.any() else None
        self._beside = list(bench.helpers.map(self._neighbour, OFFSETS))
        self._there = np.array([[beside is not None for beside in self._beside]], np.float32)
        self._gain, self._around = self._light()
        self._session: Session = bench.sessions.session(bench.model, STAGE, threads=1)
        self._grain = self._measured_grain()

    def fill(self, places: Places, out: Planes) -> None:
        """Write the cores of the blocks, on as many threads as the engine lends."""
        parts = [places[first : first + BLOCKS_AT_ONCE] for first in range(0, len(places), BLOCKS_AT_ONCE)]
        if len(parts) == 1:
            self._fill_part(parts[0], out)
            return
        for _ in self._bench.helpers.map(lambda part: self._fill_part(part, out), parts):
            pass

    def _fill_part(self, places: Places, out: Planes) -> None:
        self._bench.check()
        height, width = self._matte.shape
        stacks = self._inputs(places)
        made = []
        for number in range(len(places)):
            inputs: dict[str, Array] = {name: stack[number : number + 1] for name, stack in stacks.items()}
            inputs["there"] = self._there
            made.append(self._bench.run(self._session, inputs, ["fill", "left"], is_small=True))
        fills, left_over = (np.concatenate(parts) for parts in zip(*made, strict=True))
        self._put_grain_on(fills, left_over, places)
        for (top, left), fill in zip(places, fills, strict=True):
            down, right = min(CORE, height - top), min(CORE, width - left)
            out[:, top : top + down, left : left + right] = fill[: len(out), :down, :right]

    def _inputs(self, places: Places) -> dict[str, Array]:
        """Return what the graph reads of blocks, stacked."""
        height, width = self._matte.shape
        sight = Sight(places, height, width)
        shape = (len(places), len(OFFSETS))
        others = np.zeros((*shape, COLOURS, BLOCK, BLOCK), np.float32)
        known = np.zeros((len(places), len(OFFSETS) + 2, BLOCK // 2, BLOCK // 2), np.float32)
        for number, beside in enumerate(self._beside):
            if beside is None:
                continue
            ways = sight.along(beside.flow)
            others[:, number] = ways.planes(beside.code)
            if self._scratch is not None:
                known[:, number] = ways.halved(self._scratch)
            if beside.missed is not None:
                known[:, len(OFFSETS) + number] = halves(sight.read(beside.missed))
        matte = cut(self._matte, places, MARGIN, BLOCK)
        scratch = np.zeros_like(matte) if self._scratch is None else cut(self._scratch, places, MARGIN, BLOCK)
        here = cut(self._code, places, MARGIN, BLOCK)
        return {
            "here": np.repeat(here, COLOURS, 1) if here.shape[1] == 1 else here,
            "others": others,
            "gain": light_of(self._gain, places),
            "around": light_of(self._around, places),
            "matte": matte,
            "scratch": scratch,
            "known": known,
        }

    def _neighbour(self, offset: int) -> _Beside | None:
        flow = self._looks.flow_to(offset)
        if flow is None:
            return None
        ref = self._window.frames[self._window.radius_frames + offset]
        planes = [*flow, self._misses(flow, ref)] if abs(offset) == 1 else [*flow]
        steady = steadied(np.stack(planes), hidden_on_grid(self._matte, *flow.shape[1:]))
        return _Beside(ref, self._looks.code(ref), steady[:2], steady[2] if len(steady) > 2 else None)

    def _misses(self, flow: Flow, ref: FrameRef) -> Plane:
        """Return, on the flow's grid, by how much flow to a neighbour and back misses, in shares of 8 pixels."""
        pixels = np.float32(self._matte.shape[0] / flow.shape[1])
        missed = disagreement(flow, self._looks.flow(ref, self._centre))
        return np.asarray(np.minimum(missed * (pixels / np.float32(MOST_MISSED_PIXELS)), np.float32(1)), np.float32)

    def _light(self) -> tuple[Array, Array]:
        """Return gain (4, 3, h, w) and surroundings (3, h, w) by cells."""
        own = self._cells(self._centre)
        cells = np.zeros((1 + len(OFFSETS), COLOURS, *own.shape[1:]), np.float32)
        cells[:] = own
        for number, beside in enumerate(self._beside):
            if beside is not None:
                cells[1 + number] = [moved(plane, beside.flow) for plane in self._cells(beside.ref)]
        session = self._bench.sessions.session(self._bench.model, LIGHT_STAGE, threads=1)
        inputs = {"cells": cells, "clean": (~self._damaged).astype(np.float32)}
        gain, around = self._bench.run(session, inputs, ["gain", "around"], is_small=True)
        return gain, around

    def _cells(self, ref: FrameRef) -> Planes:
        def compute() -> tuple[Planes, int]:
            cells = cells_of(self._looks.code(ref))
            return cells, cells.nbytes

        name: Hashable = ("repair", "fill cells", self._looks.conversion, ref.digest)
        cells: Planes = self._bench.feature(name, compute)
        return cells

    def _measured_grain(self) -> Grain:
        """Return the grain of the frame, measured in patches that lie evenly over it."""
        height, width = self._matte.shape
        if min(height, width) < BLOCK:
            return NO_GRAIN
        rows, columns = (
            np.unique(np.linspace(0, side - BLOCK, count).astype(np.intp))
            for side, count in zip((height, width), GRAIN_PATCHES, strict=True)
        )
        places = np.stack(np.meshgrid(rows, columns, indexing="ij"), -1).reshape(-1, 2)
        here = cut(self._looks.look(self._centre).luma, places, 0, BLOCK)
        intact = cut(self._matte, places, 0, BLOCK) == 0
        sight = Sight(places + MARGIN, height, width)
        present = [beside for beside in self._beside if beside is not None]
        lumas: Sequence[Planes] = [self._looks.look(beside.ref).luma[None] for beside in present]
        others = [sight.along(beside.flow).planes(luma)[:, 0] for beside, luma in zip(present, lumas, strict=True)]
        found = measured(here, others, intact)
        carried = iter(found.carried)
        every = tuple(0.0 if beside is None else next(carried, 0.0) for beside in self._beside)
        return Grain(found.tones, found.energies, found.size_px, every)

    def _put_grain_on(self, fills: Array, shares: Array, places: Places) -> None:
        """Add to the fills (N, 3, 48, 48) the grain that they lack. shares: (N, 5, 48, 48)."""
        if self._grain.is_none:
            return
        luma = LUMA[0] * fills[:, 0] + LUMA[1] * fills[:, 1] + LUMA[2] * fills[:, 2]
        lacking = self._grain.lacking(luma, shares.transpose(1, 0, 2, 3))
        along = np.arange(CORE)
        noise = [noise_at(self._grain, self._centre.digest, top + along, left + along) for top, left in places]
        lacking *= np.stack(noise)
        fills += lacking[:, None]
