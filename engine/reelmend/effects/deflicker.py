"""Deflicker: light is brought to its trend over the window, in the picture as a whole and in its parts, in one shot."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from reelmend.buffer.window import Window
from reelmend.effects.effect import Need, Rendered, Values, Workbench
from reelmend.effects.held_light import HeldLight, is_holding
from reelmend.effects.light_path import Correction, LightPath, pairs_to_come
from reelmend.effects.light_steps import LightSteps, Region
from reelmend.effects.luma_curve import LightOverTime, draw_light
from reelmend.frames import FrameForm, FrameRef, Planes
from reelmend.inference.session import scalar

RESULT, GAIN, CURVE = "result", "gain", "curve"
DRAWN_POSITIONS = 16


class Deflicker:
    """The effect "deflicker".

    Outputs: "result"; "gain", half the applied gain, so that 0.5 is unchanged; "curve", the result with the light of
    the window's frames, before and after, drawn over it.
    """

    name = "deflicker"
    default_model = "deflicker"

    def is_identity(self, values: Values) -> bool:
        return values["strength"] == 0

    def keeps_to_mask(self, bench: Workbench) -> bool:
        return bench.values["mask_use"] in ("correct", "both")

    def needs(self, window: Window, bench: Workbench) -> Sequence[Need]:
        steps = _steps(bench)
        refs, pairs = _to_know(window, steps, bench)
        undescribed = [ref for ref in refs if not steps.is_described(ref)]
        unmeasured = [pair for pair in pairs if not steps.is_measured(*pair)]
        return [*steps.needs(undescribed, unmeasured), Need.of(window.centre_frame, FrameForm.FULL)]

    def prepare(self, window: Window, bench: Workbench) -> None:
        self.describe(window, bench)

    def describe(self, window: Window, bench: Workbench) -> None:
        _measured(window, bench)

    def render(self, window: Window, values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        started = time.perf_counter()
        light = _measured(window, bench)
        correction = light.correction()
        bench.spend("describe", 1000 * (time.perf_counter() - started))
        bench.check()
        planes = _corrected(light.window, correction, outputs, bench)
        if CURVE in outputs:
            draw_light(planes[CURVE], _over_time(light, float(values["strength"])))
        own = light.window.distinct
        return Rendered(planes, own[0].frame, own[-1].frame)


def _steps(bench: Workbench) -> LightSteps:
    values = bench.values
    left, top, right, bottom = (float(values[f"analysis_{edge}"]) for edge in ("left", "top", "right", "bottom"))
    region = Region((left, top, right, bottom), values["mask_use"] in ("measure", "both"))
    return LightSteps(bench, region, by_channel=values["channels"] == "rgb")


def _to_know(
    window: Window, steps: LightSteps, bench: Workbench
) -> tuple[Sequence[FrameRef], Sequence[tuple[FrameRef, FrameRef]]]:
    """Return the frames that are to be described and the pairs that are to be measured, known ones included."""
    if is_holding(bench.values):
        held = _held(window, steps, bench)
        return held.refs, held.pairs
    unknown = {ref.digest for ref in window.distinct if not steps.is_described(ref)}
    pairs = list(pairs_to_come(window, unknown, steps, bench)) if unknown else LightPath(window, steps, bench).pairs
    return window.distinct, pairs


def _held(window: Window, steps: LightSteps, bench: Workbench) -> HeldLight:
    """Return the held light beside the window's centre, or beside all frames of a window that is to be drawn."""
    alone = Window(window.centre, 0, (window.centre_frame,), (True,))
    return HeldLight(window if CURVE in bench.outputs else alone, steps, bench)


def _measured(window: Window, bench: Workbench) -> LightPath | HeldLight:
    """Return the path of light, or the light that is held, every step of which has been measured."""
    steps = _steps(bench)
    held = _held(window, steps, bench) if is_holding(bench.values) else None
    refs = window.distinct if held is None else held.refs
    bench.each(steps.description, (ref for ref in refs if not steps.is_described(ref)))
    light, own = (LightPath(window, steps, bench), 1) if held is None else (held, 0)
    unmeasured = {pair[own].digest: pair for pair in light.pairs if not steps.is_measured(*pair)}
    bench.each(lambda ref: steps.step(*unmeasured[ref.digest]), (pair[own] for pair in unmeasured.values()))
    return light


def _corrected(window: Window, correction: Correction, outputs: Sequence[str], bench: Workbench) -> dict[str, Planes]:
    """Return the outputs; "curve" is a copy of the result to be drawn upon."""
    stage = "correct_channels" if bench.values["channels"] == "rgb" else "correct"
    session = bench.sessions.session(bench.model, stage)
    ref = window.centre_frame
    planes = {name: bench.output(name, ref.format) for name in outputs}
    pictures = [planes[name] for name in (RESULT, CURVE) if name in planes]
    wanted = [*([RESULT] if pictures else []), *([GAIN] if GAIN in planes else [])]
    inputs = {
        "frame": bench.pixels(ref, FrameForm.FULL),
        "curve": correction.curve,
        "field": correction.field,
        "bands": correction.bands,
        "strength": scalar(float(bench.values["strength"])),
    }
    into = {RESULT: pictures[0]} if pictures else {}
    found = dict(zip(wanted, bench.run(session, inputs, wanted, into), strict=True))
    for picture in pictures[1:]:
        np.copyto(picture, found[RESULT])
    if GAIN in planes:
        np.copyto(planes[GAIN], found[GAIN])
    return planes


def _over_time(light: LightPath | HeldLight, strength: float) -> LightOverTime:
    """Return the light of the window's frames before and after, each corrected as this window judges it."""
    window = light.window
    own = [offset for offset, is_own in zip(window.offsets, window.own, strict=True) if is_own]
    chosen = sorted({0, *own[:: max(1, len(own) // DRAWN_POSITIONS)], own[-1]})
    level = light.correction().level[np.asarray(window.own)]
    after = [level[own.index(offset)] + strength * light.correction(offset).change for offset in chosen]
    return LightOverTime(np.asarray(own), level, np.asarray(chosen), np.asarray(after, np.float32))
