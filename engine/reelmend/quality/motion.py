"""Steadiness along time: temporal differences against the truth, and warp error along optical flow."""

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, frames_of, luma, paired
from reelmend.quality.errors import QualityError
from reelmend.quality.timeline import Timeline, TimelineFinder, true_transitions

LEVELS = 255.0
SMALLEST_SIDE_PX = 16
CONSISTENCY_RELATIVE = 0.01
CONSISTENCY_ABSOLUTE_PX2 = 0.5


def temporal_difference_error(restored: Clip, truth: Clip, timeline: Timeline | None = None) -> float:
    """Return the root mean square error of frame-to-frame change, in levels of 255.

    255·sqrt(mean(((r_t − r_{t−1}) − (g_t − g_{t−1}))²)) over pixels, channels and true transitions: cuts and
    duplicated frames (found in the truth unless `timeline` says) are left out. Range 0 to ∞, lower is better; a
    constant error gives 0, so this sees what flickers and boils. Source: dtSSD of Erofeev et al., "Perceptually
    motivated benchmark for video matting", BMVC 2015, taken as a mean. QualityError on a single frame.
    """
    finder = TimelineFinder()
    errors = [0.0]
    before: NDArray[np.float32] | None = None
    for r, t in paired(restored, truth):
        finder.add(luma(t))
        error = r - t
        if before is not None:
            errors.append(float(np.mean(np.square(error - before), dtype=np.float64)))
        before = error
    transitions = true_transitions(timeline or finder.timeline(), finder.length_frames, "temporal difference")
    return LEVELS * float(np.sqrt(np.mean(np.array(errors)[transitions])))


@dataclass(frozen=True)
class FlowStep:
    """Motion from a frame back to the one before it, and where it can be trusted.

    backward_px: (H, W, 2) float16, (x, y) to add to a pixel's place to find it in the frame before. valid: (H, W) bool.
    """

    backward_px: NDArray[np.float16]
    valid: NDArray[np.bool_]


class FlowFinder:
    """Finds motion by OpenCV's DIS optical flow (medium preset) on 8-bit luma; keeps one frame.

    Valid is where flow there and back agree and the place lies inside the frame: |w + w_back|² < 0.01·(|w|² +
    |w_back|²) + 0.5 px². Sources: Kroeger et al., "Fast optical flow using dense inverse search", ECCV 2016; the
    check of Sundaram, Brox, Keutzer, ECCV 2010.
    """

    def __init__(self) -> None:
        self._dis = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)
        self._before: NDArray[np.uint8] | None = None

    def add(self, luma_plane: Frame) -> FlowStep | None:
        """Return the motion of this frame against the one added before; None for the first."""
        if min(luma_plane.shape) < SMALLEST_SIDE_PX:
            raise QualityError(f"optical flow needs frames of at least {SMALLEST_SIDE_PX} pixels a side")
        before, now = self._before, np.clip(np.rint(luma_plane * LEVELS), 0, 255).astype(np.uint8)
        self._before = now
        if before is None:
            return None
        backward = self._dis.calc(now, before, None)
        forward = self._dis.calc(before, now, None)
        return FlowStep(backward.astype(np.float16), consistent(backward, forward))


def flow_steps_dis(clip: Clip) -> list[FlowStep]:
    """Return the motion of each frame after the first, by `FlowFinder`: N − 1 steps of 5 bytes a pixel."""
    finder = FlowFinder()
    found = (finder.add(luma(frame)) for frame in frames_of(clip))
    return [step for step in found if step is not None]


def warp_error_dis(clip: Clip, flow: Sequence[FlowStep] | None = None, timeline: Timeline | None = None) -> float:
    """Return how far a clip is from its own previous frame moved along DIS flow, root mean square in levels of 255.

    255·sqrt(mean((c_t(p) − c_{t−1}(p + w_t(p)))²)) over channels, trusted pixels and true transitions. The flow w is
    found by OpenCV DIS (hence the name): hand over `flow_steps_dis` of the truth or the source, so that every
    restorer is judged along the same motion; None finds it in the clip itself. Cuts and duplicated frames of the clip
    are left out unless `timeline` says otherwise. Range 0 to ∞, lower is steadier; blur and a frozen picture lower it
    too, so read it beside `grain_kept`. Source: E_warp of Lai et al., "Learning blind video temporal consistency",
    ECCV 2018, as a root.
    """
    timeline_finder, flow_finder = TimelineFinder(), FlowFinder()
    errors, pixels = [0.0], [0]
    before: Frame | None = None
    for index, frame in enumerate(frames_of(clip)):
        plane = luma(frame)
        timeline_finder.add(plane)
        step = flow_finder.add(plane) if flow is None else _step_of(flow, index)
        if before is not None and step is not None:
            errors.append(_warped_error(frame, before, step))
            pixels.append(int(np.count_nonzero(step.valid)))
        before = frame
    if flow is not None and len(flow) != len(errors) - 1:
        raise QualityError(f"the flow is of {len(flow) + 1} frames and the clip has {len(errors)}: find it anew")
    kept = true_transitions(timeline or timeline_finder.timeline(), len(errors), "warp error")
    if not np.array(pixels)[kept].any():
        raise QualityError("optical flow is nowhere consistent: warp error has no pixel to look at")
    return LEVELS * float(np.sqrt(np.array(errors)[kept].sum() / (3 * np.array(pixels)[kept].sum())))


def _step_of(flow: Sequence[FlowStep], index: int) -> FlowStep | None:
    if index > len(flow):
        raise QualityError(f"the flow is of {len(flow) + 1} frames and the clip has more: find it anew")
    return None if index == 0 else flow[index - 1]


def _warped_error(now: Frame, before: Frame, step: FlowStep) -> float:
    if now.shape[:2] != step.valid.shape:
        raise QualityError(f"the flow is {step.valid.shape} and the picture {now.shape[:2]} (rows, columns)")
    moved = cv2.remap(before, _places(step.backward_px.astype(np.float32)), None, cv2.INTER_LINEAR)
    return float(np.sum(np.square(now - moved), where=step.valid[:, :, None], dtype=np.float64))


def consistent(backward: NDArray[np.float32], forward: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return where flow there and back agree and the place lies inside the frame; see `FlowFinder`."""
    places = _places(backward)
    returned = cv2.remap(forward, places, None, cv2.INTER_LINEAR)
    height, width = backward.shape[:2]
    within = (
        (places[..., 0] >= 0) & (places[..., 0] <= width - 1) & (places[..., 1] >= 0) & (places[..., 1] <= height - 1)
    )
    gap = np.square(backward + returned).sum(axis=2)
    size = np.square(backward).sum(axis=2) + np.square(returned).sum(axis=2)
    return np.asarray(within & (gap < CONSISTENCY_RELATIVE * size + CONSISTENCY_ABSOLUTE_PX2))


def _places(flow: NDArray[np.float32]) -> NDArray[np.float32]:
    height, width = flow.shape[:2]
    columns, rows = np.meshgrid(np.arange(width, dtype=np.float32), np.arange(height, dtype=np.float32))
    return np.dstack([columns + flow[..., 0], rows + flow[..., 1]])
