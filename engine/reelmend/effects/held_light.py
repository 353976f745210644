"""The light of one held frame, and what is to be done to other frames to give them that light."""

from __future__ import annotations

import math

import numpy as np

from reelmend.buffer.window import Window
from reelmend.effects.effect import Values, Workbench
from reelmend.effects.light_path import Correction
from reelmend.effects.light_steps import Array, LightSteps, Step
from reelmend.errors import BadRequestError
from reelmend.frames import REFERENCE, FrameRef
from reelmend.held_frame import number_held

TRUSTED_LOG_GAIN, REFUSED_LOG_GAIN = math.log(2.5), math.log(6.0)
"""The bounds of a gain that is still taken for flicker, as in the model's graph "expect"."""
PROTECTING_CELLS, WELL_KNOWN, NOTHING = 2.0, 0.3, 1e-6


def is_holding(values: Values) -> bool:
    """Say whether these values bring light to that of one frame rather than to its trend."""
    return number_held(values) is not None


class HeldLight:
    """The change of light from each frame of a window to the held one, remembered or measured.

    What is done to a frame depends on that frame and the held one alone. Steps lead from the frame to the held one, so
    that their curves go by the frame's own tones. Raises BadRequestError without a clip "Reference".
    """

    def __init__(self, window: Window, steps: LightSteps, bench: Workbench) -> None:
        self.window = window
        self._steps = steps
        self._bench = bench
        held = bench.companion(window.centre_frame, REFERENCE)
        if held is None:
            raise BadRequestError(
                f"the light of frame {number_held(bench.values)} is to be held, but no clip '{REFERENCE}' came; send "
                f"that frame of the source as the only one of a clip '{REFERENCE}', or set 'reference' to 'window'"
            )
        self._held = held

    @property
    def refs(self) -> list[FrameRef]:
        """The frames that are to be described."""
        return [*self.window.distinct, self._held]

    @property
    def pairs(self) -> list[tuple[FrameRef, FrameRef]]:
        """The pairs that are to be measured."""
        return [(ref, self._held) for ref in self.window.distinct]

    def correction(self, at: int = 0) -> Correction:
        """Return what is to be done to the frame at an offset of the window, 0 its centre."""
        ref, values = self._at(at), self._bench.values
        step, tones = self._step(ref), self._steps.description(ref).tones
        balance, limit = float(values["balance"]), math.log(2.0) * float(values["local_limit"])
        whole, local = min(2.0 - 2.0 * balance, 1.0), min(2.0 * balance, 1.0)
        beliefs = [_belief(float(rise)) for rise in (tones * step.curves).sum(axis=1)]
        curves = step.curves * (np.float32(whole) * np.asarray(beliefs, np.float32)[:, None])
        is_patchy = values["local_shape"] == "patches"
        field = _protected(step, float(values["protect_motion"])) * np.float32(local * beliefs[0] * is_patchy)
        bands = step.bands * np.float32(local * beliefs[0] * (not is_patchy))
        return Correction(
            curve=curves[0] if len(curves) == 1 else curves[1:],
            field=_within(field, limit),
            bands=_within(bands, limit),
            level=self._levels(at),
            change=float(tones[0] @ curves[0]),
        )

    def _levels(self, at: int) -> Array:
        rises = np.array([self._rise(ref) for ref in self.window.frames], np.float32)
        levels: Array = self._rise(self._at(at)) - rises
        return levels

    def _rise(self, ref: FrameRef) -> np.float32:
        """Return the log light of the held frame relative to this one."""
        rise: np.float32 = self._steps.description(ref).tones[0] @ self._step(ref).curves[0]
        return rise

    def _at(self, offset: int) -> FrameRef:
        return self.window.frames[self.window.radius_frames + offset]

    def _step(self, ref: FrameRef) -> Step:
        return self._steps.step(ref, self._held) or self._no_step()

    def _no_step(self) -> Step:
        """Return the step from the held frame to itself."""
        session = self._bench.sessions.session(self._bench.model, "correct")
        shapes = {each.name: each.shape for each in session.inputs}
        field, bands = (np.zeros([int(length) for length in shapes[name]], np.float32) for name in ("field", "bands"))
        return Step(np.zeros_like(self._steps.description(self._held).tones), field, bands, np.ones_like(field))


def _belief(rise: float) -> float:
    """Return 1 for gains up to 2.5, 0 from 6 on: what is so far from the held frame is another picture."""
    return min(max((REFUSED_LOG_GAIN - abs(rise)) / (REFUSED_LOG_GAIN - TRUSTED_LOG_GAIN), 0.0), 1.0)


def _protected(step: Step, protection: float) -> Array:
    """Return the step's field, cells of little trust drawn towards what their neighbours say."""
    known = np.minimum(step.trust / np.float32(WELL_KNOWN), np.float32(1))
    around = _blended(step.field * known) / (_blended(known) + np.float32(NOTHING))
    protected: Array = step.field + np.float32(protection) * (1 - known) * (around - step.field)
    return protected


def _blended(cells: Array) -> Array:
    return np.asarray(_smoothing(cells.shape[0]) @ cells @ _smoothing(cells.shape[1]).T, np.float32)


def _smoothing(cells: int) -> Array:
    """Return (cells, cells): a Gaussian mean over neighbours; rows sum to 1."""
    place = np.arange(cells)
    distance = (place[:, None] - place) / PROTECTING_CELLS
    weights = np.exp(-0.5 * distance * distance)
    smoothing: Array = (weights / weights.sum(axis=1, keepdims=True)).astype(np.float32)
    return smoothing


def _within(log_gain: Array, limit: float) -> Array:
    """Return the log gain bent smoothly to stay within ±limit."""
    share = log_gain / np.float32(limit + NOTHING)
    bent: Array = log_gain / np.sqrt(np.sqrt(1 + share**4))
    return bent
