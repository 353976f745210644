"""Runs the cells of a plan: one restoration each, measured by the registry, stored as soon as it is done."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from typing import Any

import numpy as np

from reelmend.errors import ReelmendError
from reelmend.inference.session import usable_cores
from reelmend.quality.bench.clip_files import load_clip, make_scene, shortened
from reelmend.quality.bench.material import ClipEntry, Material
from reelmend.quality.bench.plan import Cell, Plan
from reelmend.quality.bench.store import Piece, Store
from reelmend.quality.fidelity import psnr
from reelmend.quality.peers import Method, Pixels, Restored
from reelmend.quality.registry import MEASURES, Need, Reading, take
from reelmend.quality.scene import Restoration, Scene

RAN = "ran"
"""The row that every cell has: 1 when the method ran, 0 when not, with the reason in its note."""
INPUT_PSNR = "psnr_input_same_frames"
"""A row of methods that got a part of the clip: what the input has on that part, in dB."""

FLOW_MEASURE = "warp_error_dis"
LIGHT_MEASURES = {name for name, measure in MEASURES.items() if Need.TEMPORAL in measure.needs}

Progress = Callable[[Cell], None]


def run_cells(plan: Plan, material: Material, store: Store, done: Progress = lambda _: None) -> list[Piece]:
    """Return the pieces of all cells in the plan's order, running those that are not stored.

    A method that fails or is not there gives a piece that says so; nothing else stops. On KeyboardInterrupt the cells
    under way are finished and stored, then it goes on upwards.
    """
    shelf = _Shelf(material, plan)
    for preset, clip in sorted(plan.scenes, key=lambda scene: plan.clips.index(scene[1])):
        cells = {Cell(method.name, preset, clip.name): method for method in plan.methods_under(preset)}
        todo = {cell: method for cell, method in cells.items() if store.get(*_name(cell)) is None}
        for cell in cells.keys() - todo.keys():
            done(cell)
        if todo:
            _run_scene(todo, clip, preset, plan, shelf, store, done)
    pieces = [store.get(*_name(cell)) for cell in plan.cells]
    return [piece for piece in pieces if piece is not None]


class _Shelf:
    """Makes scenes, and keeps the clip that was read last: clips take longer to read than to damage."""

    def __init__(self, material: Material, plan: Plan) -> None:
        self._material, self._size = material, plan.size
        self._held: tuple[str, Pixels] | None = None

    def scene(self, clip: ClipEntry, preset: str) -> Scene:
        """Return the scene of a clip under a preset."""
        if self._held is None or self._held[0] != clip.name:
            self._held = clip.name, load_clip(self._material, clip, self._size)
        return make_scene(self._material, clip, preset, self._size, self._held[1])


def _run_scene(
    todo: dict[Cell, Method],
    clip: ClipEntry,
    preset: str,
    plan: Plan,
    shelf: _Shelf,
    store: Store,
    done: Progress,
) -> None:
    try:
        scene = shelf.scene(clip, preset)
        _work_out_shared(scene, plan.measures)
    except Exception as error:  # as for a method: the rows say what went wrong
        for cell in todo:
            store.put(_failed(cell, f"the scene can't be made: {error}"), *_name(cell))
            done(cell)
        return
    stopped = threading.Event()
    with ThreadPoolExecutor(usable_cores()) as pool:
        running = [
            pool.submit(_run_unless, stopped, cell, method, scene, store, plan.measures)
            for cell, method in todo.items()
        ]
        try:
            for future in as_completed(running):
                finished = future.result()
                if finished is not None:
                    done(finished)
        except BaseException:
            stopped.set()
            raise


def _run_unless(
    stopped: threading.Event, cell: Cell, method: Method, scene: Scene, store: Store, measures: Sequence[str]
) -> Cell | None:
    if stopped.is_set():
        return None
    store.put(run_cell(cell, method, scene, measures), *_name(cell))
    return cell


def run_cell(cell: Cell, method: Method, scene: Scene, measures: Sequence[str] = tuple(MEASURES)) -> Piece:
    """Return the piece of one cell: its readings of some measures, or why there are none."""
    if reason := method.missing():
        return _failed(cell, f"not run: {reason}")
    part = shortened(scene, method.longest_frames)
    started = time.perf_counter()
    try:
        restored = _restored(method, part)
        seconds = time.perf_counter() - started
        restoration = Restoration(part, restored.frames, restored.matte, restored.classes, restored.touched)
        readings = _readings(restoration, measures, is_whole=part is scene)
    except Exception as error:  # one method's failure is a row of the table, not the end of the run
        return _failed(cell, f"failed: {type(error).__name__}: {error}")
    rows = [Reading(RAN, 1.0), *readings]
    if part is not scene:
        rows[0] = Reading(RAN, 1.0, f"on the middle {len(part.source)} frames: too slow for all")
        if part.truth is not None:
            rows.append(Reading(INPUT_PSNR, psnr(part.source, part.truth)))
    return {**_place(cell), "rows": [_row(cell, r) for r in rows], "seconds": seconds, "frames": len(part.source)}


def _restored(method: Method, scene: Scene) -> Restored:
    source: Any = scene.source
    if method.restore_told is None or scene.matte is None:
        return method.restore(source)
    return method.restore_told(source, np.asarray(scene.matte))


def _readings(restoration: Restoration, measures: Sequence[str], is_whole: bool) -> list[Reading]:
    """Return the readings; a part of a clip says nothing about flicker, which would look smaller than on the whole."""
    wanted = [MEASURES[name] for name in measures]
    if is_whole:
        return take(restoration, wanted)
    spatial = [measure for measure in wanted if Need.TEMPORAL not in measure.needs]
    temporal = [measure.name for measure in wanted if measure not in spatial]
    return [
        *take(restoration, spatial),
        *(Reading(name, None, "not measured: needs the whole clip") for name in temporal),
    ]


def _failed(cell: Cell, reason: str) -> Piece:
    return {**_place(cell), "rows": [_row(cell, Reading(RAN, 0.0, " ".join(reason.split())))]}


def _row(cell: Cell, reading: Reading) -> dict[str, Any]:
    row = {**_place(cell), "measure": reading.measure, "value": reading.value}
    return {**row, "note": reading.note} if reading.note else row


def _place(cell: Cell) -> dict[str, str]:
    return {"method": cell.method, "preset": cell.preset, "clip": cell.clip}


def _name(cell: Cell) -> tuple[str, ...]:
    return ("cell", cell.preset, cell.clip, cell.method)


def _work_out_shared(scene: Scene, measures: Sequence[str]) -> None:
    """Find timeline, light and flow of the truth, where they are wanted, before the methods share them."""
    light = ("timeline", "true_mean_luma", "true_luma_grid") if LIGHT_MEASURES & set(measures) else ()
    flow = ("flow",) if FLOW_MEASURE in measures else ()
    for needed in (*light, *flow):
        try:
            getattr(scene, needed)
        except ReelmendError:
            continue  # the measures that need it will say why


def failures(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    """Return each method that did not run, with the preset and the reason, once."""
    failed = [row for row in rows if row["measure"] == RAN and row["value"] == 0.0]
    return tuple(dict.fromkeys(f"{row['method']} on {row['preset']}: {row.get('note', '')}" for row in failed))


def measures_told() -> Iterable[dict[str, str]]:
    """Return name, unit, direction and meaning of every measure."""
    ran = {"measure": RAN, "unit": "", "direction": "higher is better", "meaning": "1: the method ran; 0: it did not."}
    same = "PSNR of the input on the few frames that a slow method got."
    part = {"measure": INPUT_PSNR, "unit": "dB", "direction": "for comparison", "meaning": same}
    told = [
        {"measure": m.name, "unit": m.unit, "direction": m.direction.value, "meaning": m.summary}
        for m in MEASURES.values()
    ]
    return [ran, part, *told]
