"""Repair: dirt, hairs and scratches are found in a frame, shown as a matte, and mended there alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from typing import Protocol

import numpy as np
import numpy.typing as npt

from reelmend.buffer.window import Window
from reelmend.effects.effect import Need, Rendered, Values, Workbench
from reelmend.effects.repair.asks import PROTECTS, Asks, enabled_kinds
from reelmend.effects.repair.decide import Choice, decide
from reelmend.effects.repair.decision import Decision, decision_of
from reelmend.effects.repair.detect import KINDS, REACH_FRAMES, Detector, Found
from reelmend.effects.repair.looks import Looks
from reelmend.effects.repair.mend import mend
from reelmend.effects.repair.neighbours import LOOKS_AT_FRAMES, Shot, nearest
from reelmend.effects.repair.overlay import overlay_of
from reelmend.effects.repair.pieces import Pieces
from reelmend.frames import MASK, FrameForm, FrameFormat, FrameRef, Planes
from reelmend.frames import MATTE as MATTE_CLIP

Plane = npt.NDArray[np.float32]

RESULT, MATTE, CLASSES, OVERLAY = "result", "matte", "classes", "overlay"

Filled = Callable[[Workbench, Looks, Window, npt.NDArray[np.bool_], Plane], Planes]
"""Puts pictures in the place of defects: the core by kind (3, H, W) and the matte (H, W) in; (C, H, W) as the model has
it out, right wherever the matte is not 0."""


class Lines(Protocol):
    """Finds scratches that stand at one place while the scene moves."""

    def lacks(self) -> Sequence[FrameRef]:
        """Return the window's frames whose pixels are needed; what spares the others stays at hand."""
        ...

    def prepare(self) -> None:
        """Make what is to be known of the window's frames. May ask for helper threads."""
        ...

    def likelihood(self) -> Plane:
        """Return (H, W) in 0…1 for the centre."""
        ...


LinesOf = Callable[[Workbench, Looks, Window], Lines]


class Repair:
    """The effect "repair".

    Outputs: "result"; "matte" (one plane, 0…1), what is mended; "classes" (three planes: blotches, hairs, scratches,
    each with its matte); "overlay", the dimmed picture with the classes tinted over it. What was found is listed beside
    each of them.
    """

    name = "repair"
    default_model = "repair"

    def __init__(self, filled: Filled, lines: LinesOf) -> None:
        self._filled = filled
        self._lines = lines

    def is_identity(self, values: Values) -> bool:
        return values["strength"] == 0 or (not any(enabled_kinds(values)) and values["matte_use"] == PROTECTS)

    def needs(self, window: Window, bench: Workbench) -> Sequence[Need]:
        return list(_Run(window, bench, self._lines).needs())

    def prepare(self, window: Window, bench: Workbench) -> None:
        _Run(window, bench, self._lines).prepare()

    def render(self, window: Window, _values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        run = _Run(window, bench, self._lines)
        decision = run.decision()
        bench.check()
        planes = run.pictures(decision, outputs, self._filled)
        used = run.used()
        return Rendered(planes, used[0].frame, used[-1].frame, decision.detections())


class _Run:
    """One frame on its way: looked at, decided on, mended."""

    def __init__(self, window: Window, bench: Workbench, lines: LinesOf) -> None:
        self._bench = bench
        self._lines_of = lines
        self._asks = Asks.of(bench)
        self._centre = window.centre_frame
        self._shot = Shot(bench, window if self._asks.for_lines else nearest(window, LOOKS_AT_FRAMES), REACH_FRAMES)

    def needs(self) -> Iterator[Need]:
        """Yield the pixels that are lacking, and keep at hand what spares the others."""
        yield Need.of(self._centre, FrameForm.FULL)
        for clip in (MASK, *([MATTE_CLIP] if self._asks.matte_use else [])):
            companion = self._bench.mask(self._centre, clip)
            if companion is not None:
                yield Need.of(companion, FrameForm.FULL)
        if self._asks.is_nothing:
            return
        whole, ungridded = self._lacking()
        yield from (Need.of(ref, FrameForm.FULL) for ref in whole.values())
        yield from (Need.of(ref, FrameForm.PROXY) for ref in ungridded if ref.digest not in whole)

    def prepare(self) -> None:
        """Look at the frames, measure motion and find defects; all of it is remembered."""
        if not self._asks.is_nothing:
            self._shot.judge()
        if self._asks.looks:
            self._found()
        if self._asks.for_lines:
            self._lines.prepare()

    def used(self) -> list[FrameRef]:
        """Return the frames that the outputs depend on."""
        if self._asks.is_nothing:
            return [self._centre]
        return self._shot.far().distinct if self._asks.for_lines else self._looks.window.distinct

    def decision(self) -> Decision:
        return decision_of(self._bench, self._centre, self._asks.matte_use, self._pieces)

    def pictures(self, decision: Decision, outputs: Sequence[str], filled: Filled) -> dict[str, Planes]:
        """Return the outputs of those names."""
        planes = {name: self._bench.output(name, self._form(name)) for name in outputs}
        matte = decision.matte() if RESULT in planes or MATTE in planes else None
        if MATTE in planes and matte is not None:
            np.copyto(planes[MATTE][0], matte)
        if RESULT in planes and matte is not None:
            self._mend(decision, matte, filled, planes[RESULT])
        if CLASSES in planes or OVERLAY in planes:
            self._show(decision.by_kind(), planes)
        return planes

    def _lacking(self) -> tuple[dict[bytes, FrameRef], list[FrameRef]]:
        """Return the frames that are lacking as a whole, and those of which it takes a grid to know where cuts are."""
        near, ungridded = self._shot.maybe_near()
        if not ungridded:
            near = list(self._lacking_near())
        lacking = {ref.digest: ref for ref in near}
        if self._asks.for_lines:
            far, ungridded = self._shot.maybe_far()
            lacking |= {ref.digest: ref for ref in self._lines_in(far).lacks()}
        else:
            ungridded = self._shot.ungridded()
        return lacking, ungridded

    def _lacking_near(self) -> Iterator[FrameRef]:
        if self._asks.looks:
            yield from Detector(self._bench, self._looks).lacks()
        if self._asks.mends:
            yield from (ref for ref in self._looks.window.distinct if not self._looks.is_coded(ref))

    @cached_property
    def _looks(self) -> Looks:
        """The looks near the centre; to be asked for once it is known where cuts are."""
        return Looks(self._bench, self._shot.near())

    @cached_property
    def _lines(self) -> Lines:
        return self._lines_in(self._shot.far())

    def _found(self) -> Found:
        return Detector(self._bench, self._looks).found()

    def _lines_in(self, window: Window) -> Lines:
        return self._lines_of(self._bench, Looks(self._bench, window), window)

    def _pieces(self) -> Pieces:
        """Return what is broken by the detector's and the lines' likelihoods."""
        form = self._centre.format
        if not self._asks.looks:
            return Pieces.none((form.height, form.width))
        found = self._found()
        if self._asks.for_lines:
            found = found.with_scratches(self._lines.likelihood())
        return decide(found, self._looks.look(self._centre).luma, Choice.of(self._bench.values))

    def _mend(self, decision: Decision, matte: Plane, filled: Filled, out: Planes) -> None:
        source = self._bench.pixels(self._centre, FrameForm.FULL)
        if not self._asks.mends or not matte.any():
            np.copyto(out, source)
            return
        self._bench.check()
        looks = self._looks
        fill = filled(self._bench, looks, looks.window, decision.core(), matte)
        mend(source, fill, matte * np.float32(self._bench.values["strength"]), looks.conversion, out)

    def _show(self, mattes: Planes, planes: dict[str, Planes]) -> None:
        if CLASSES in planes:
            np.copyto(planes[CLASSES], mattes)
        if OVERLAY in planes:
            looks = self._looks
            shown = overlay_of(looks.code(self._centre), mattes)
            np.copyto(planes[OVERLAY], looks.conversion.backward(shown) if looks.conversion else shown)

    def _form(self, output: str) -> FrameFormat:
        form = self._centre.format
        channels = {RESULT: form.channels, MATTE: 1}.get(output, len(KINDS))
        return FrameFormat(form.width, form.height, channels)
