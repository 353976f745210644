"""The path of light through a window, and what is to be done to the window's centre to bring it to its trend."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from reelmend.buffer.window import Window, stop_at_cuts
from reelmend.effects.common_parameters import STOP_AT_CUTS
from reelmend.effects.cut_scores import remembered_cut
from reelmend.effects.effect import Workbench
from reelmend.effects.light_steps import Array, LightSteps, Step
from reelmend.frames import FrameRef
from reelmend.inference.session import scalar

EXPECTED = ["curve", "field", "bands", "level"]


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be done to a frame: log gains by tone ((16,) or (3, 16)), by cell (9, 16) and by band (60,).

    level: (T,) measured log light of the window's frames relative to the frame. change: log gain of the whole picture.
    """

    curve: Array
    field: Array
    bands: Array
    level: Array
    change: float


class LightPath:
    """One shot around a frame: its steps of light, remembered or measured, and its correction."""

    def __init__(self, window: Window, steps: LightSteps, bench: Workbench) -> None:
        self._steps = steps
        self._bench = bench
        self._stops = bool(bench.values[STOP_AT_CUTS])
        self.window = stop_at_cuts(window, self._is_cut) if self._stops else window

    @property
    def pairs(self) -> list[tuple[FrameRef, FrameRef]]:
        """The pairs of frames whose steps link the shot, oldest first; a stray centre hangs on alone."""
        own, here = self.window.distinct, self.window.centre_frame
        if not self._is_stray():
            return list(itertools.pairwise(own))
        sound = [ref for ref in own if ref.frame != here.frame]
        before = [ref for ref in sound if ref.frame < here.frame][-1]
        return [*itertools.pairwise(sound), (before, here)]

    def correction(self, at: int = 0) -> Correction:
        """Return what is to be done to the frame at an offset of the window, 0 its centre, judged by this window."""
        values, window = self._bench.values, self.window
        session = self._bench.sessions.session(
            self._bench.model, "expect" if values["trend"] == "learned" else "expect_fitted", threads=1
        )
        shapes = {each.name: tuple(int(length) for length in each.shape[1:]) for each in session.inputs}
        changes = self._changes()
        is_patchy = values["local_shape"] == "patches"
        offsets = np.asarray(window.offsets, dtype=np.float32) - np.float32(at)
        shared = {
            "field_steps": _stacked(changes, lambda step: step.field, shapes["field_steps"]) * np.float32(is_patchy),
            "band_steps": _stacked(changes, lambda step: step.bands, shapes["band_steps"]) * np.float32(not is_patchy),
            "trusts": self._trusts(changes, np.zeros(shapes["trusts"], np.float32)),
            "offsets": offsets,
            "weights": np.asarray(window.own, dtype=np.float32),
            "balance": scalar(float(values["balance"])),
            "limit": scalar(math.log(2.0) * float(values["local_limit"])),
            "protection": scalar(float(values["protect_motion"])),
        }
        tones = self._steps.description(window.frames[window.radius_frames + at]).tones
        found = []
        for plane, shares in enumerate(tones):
            curves = np.stack([step.curves[plane] if step else np.zeros_like(shares) for step in changes])
            inputs = {"curve_steps": curves, "tones": shares, **shared}
            found.append(dict(zip(EXPECTED, self._bench.run(session, inputs, EXPECTED, is_small=True), strict=True)))
        luma = found[0]
        curve = luma["curve"] if len(found) == 1 else np.stack([one["curve"] for one in found[1:]])
        return Correction(curve, luma["field"], luma["bands"], luma["level"], float(tones[0] @ luma["curve"]))

    def _changes(self) -> list[Step | None]:
        """Return for each position the change of light from the own frame before it; None where there is none."""
        centre, window = self.window.radius_frames, self.window
        is_stray = self._is_stray()
        changes: list[Step | None] = []
        before: FrameRef | None = None
        for position, (ref, own) in enumerate(zip(window.frames, window.own, strict=True)):
            change = self._steps.step(before, ref) if own and before is not None else None
            if is_stray and position == centre + 1:
                change = _less(change, changes[centre])
            changes.append(change)
            if own and not (is_stray and position == centre):
                before = ref
        return changes

    def _trusts(self, changes: Sequence[Step | None], nothing: Array) -> Array:
        """Return (T, 9, 16) how far each change is to be trusted; a frame that repeats another is known like that one.

        Else the copies of a frame would be corrected differently, those without a change on either side the least.
        """
        trusts = [None if change is None else change.trust for change in changes]
        repeats = [False, *(after.digest == before.digest for before, after in itertools.pairwise(self.window.frames))]
        forth = [position for position, repeat in enumerate(repeats) if repeat and self.window.own[position]]
        for positions, towards in ((forth, -1), (reversed(forth), 1)):
            for position in positions:
                if trusts[position] is None and position + towards < len(trusts):
                    trusts[position] = trusts[position + towards]
        return np.stack([nothing if trust is None else trust for trust in trusts])

    def _is_stray(self) -> bool:
        """Say whether the centre looks like neither neighbour while these look alike: a flash, a burnt frame."""
        window, centre = self.window, self.window.radius_frames
        if not self._stops or centre == 0 or not (window.own[centre - 1] and window.own[centre + 1]):
            return False
        before, here, after = window.frames[centre - 1 : centre + 2]
        return self._is_cut(before, here) and self._is_cut(here, after)

    def _is_cut(self, before: FrameRef, after: FrameRef) -> bool:
        return _is_cut(before, after, self._steps, self._bench)


def pairs_to_come(
    window: Window, unknown: set[bytes], steps: LightSteps, bench: Workbench
) -> Iterator[tuple[FrameRef, FrameRef]]:
    """Yield all pairs that may turn out to be needed while some frames of the window, by digest, are unknown.

    A stray frame is stepped over, and whether one is stray shows only when it and its neighbours are known.
    """
    own = window.distinct
    yield from itertools.pairwise(own)
    for before, between, after in zip(own, own[1:], own[2:], strict=False) if bench.values[STOP_AT_CUTS] else ():
        if not unknown.isdisjoint((before.digest, between.digest, after.digest)) or (
            (_is_cut(before, between, steps, bench) or _is_cut(between, after, steps, bench))
            and not _is_cut(before, after, steps, bench)
        ):
            yield before, after


def _is_cut(before: FrameRef, after: FrameRef, steps: LightSteps, bench: Workbench) -> bool:
    judge = bench.model.manifest.stage("describe").sha256
    return remembered_cut(judge, before, after, bench, lambda ref: steps.description(ref).grid)


def _less(change: Step | None, earlier: Step | None) -> Step | None:
    """Return the change less an earlier one; of a frame that repeats the one before the earlier change, its reverse."""
    if earlier is None:
        return change
    if change is None:
        return Step(-earlier.curves, -earlier.field, -earlier.bands, earlier.trust)
    return Step(
        change.curves - earlier.curves, change.field - earlier.field, change.bands - earlier.bands, change.trust
    )


def _stacked(changes: Sequence[Step | None], part: Callable[[Step], Array], shape: tuple[int, ...]) -> Array:
    nothing = np.zeros(shape, np.float32)
    return np.stack([nothing if step is None else part(step) for step in changes])
