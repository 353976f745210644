"""Clean windows of five frames: pictures that move over each other, and stretches of real footage."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.definitions.repair.detect import FRAMES
from reelmend_models.training.deflicker.measure import is_permissive
from reelmend_models.training.footage.catalogue import Split
from reelmend_models.training.footage.footage import Footage
from reelmend_models.training.repair.stills import Still

Frames = npt.NDArray[np.float32]
"""(5, H, W, 3) RGB display values."""

MIDDLE = FRAMES // 2
CUT_OUTS = (0, 6)
STRETCH_SIDE = 304
STRETCHES_A_CLIP = 60


@dataclass(frozen=True)
class Motion:
    """How a picture lies in a frame: the middle of the frame shows `place`, turned, enlarged, moving each frame."""

    place: tuple[float, float]
    scale: float
    turn: float
    step: tuple[float, float]
    turn_step: float
    scale_step: float

    def matrix(self, time: float, side: int) -> npt.NDArray[np.float64]:
        """Return the (2, 3) map from the frame's pixels to the picture's at a time in frames from the middle."""
        angle, scale = self.turn + self.turn_step * time, self.scale * self.scale_step**time
        cosine, sine = np.cos(angle) / scale, np.sin(angle) / scale
        middle = np.array([side / 2 + self.step[0] * time, side / 2 + self.step[1] * time])
        turned = np.array([[cosine, -sine], [sine, cosine]])
        return np.column_stack([turned, np.asarray(self.place) - turned @ middle])


Layer: TypeAlias = tuple[Still, npt.NDArray[np.float32] | None, Motion]


def moving_scene(rng: np.random.Generator, stills: Sequence[Still], side: int) -> Frames:
    """Return a background that moves as one, with cut-outs that move their own ways before it."""
    background = _still(rng, stills)
    pace = rng.choice([0.0, 1.0, 4.0, 12.0], p=[0.2, 0.3, 0.35, 0.15])
    layers: list[Layer] = [(background, None, _motion(rng, background, side, pace))]
    for _ in range(int(rng.integers(*CUT_OUTS))):
        picture = _still(rng, stills)
        layers.append((picture, _outline(rng, side), _motion(rng, picture, side, pace + rng.choice([0.5, 3.0, 10.0]))))
    weave = rng.choice([0.0, 0.4], p=[0.6, 0.4]) * rng.normal(size=(FRAMES, 2))
    shutter = rng.choice([0.0, 0.5], p=[0.5, 0.5])
    return np.stack([_exposed(layers, time - MIDDLE, weave[time], shutter, side) for time in range(FRAMES)])


def stretches_of(footage: Footage, split: Split, seed: int) -> list[npt.NDArray[np.uint8]]:
    """Return (5, side, side, 3) stretches of the split's camera clips that ask for no more than a mention."""
    found: list[npt.NDArray[np.uint8]] = []
    for number, clip in enumerate(footage.clips(split, "camera")):
        if is_permissive(clip.licence) and min(clip.width, clip.height) >= 240:
            rng = np.random.default_rng((seed, 7, number))
            starts = np.sort(rng.choice(max(1, clip.frames - 2 * FRAMES), STRETCHES_A_CLIP))
            found.extend(_stretches(rng, footage.frames(clip), starts, clip.cuts))
    return found


def _stretches(
    rng: np.random.Generator, frames: Iterator[Frames], starts: npt.NDArray[np.int64], cuts: Sequence[int]
) -> Iterator[npt.NDArray[np.uint8]]:
    """Yield the stretches that begin at `starts`, each at a size and place of its own; none across a cut."""
    last: list[npt.NDArray[np.uint8]] = []
    wanted = {int(start) + FRAMES - 1 for start in starts if not any(start < cut <= start + FRAMES - 1 for cut in cuts)}
    for index, frame in enumerate(frames):
        last = [*last[-(FRAMES - 1) :], np.asarray(np.clip(np.rint(frame * 255), 0, 255), np.uint8)]
        if index in wanted and len(last) == FRAMES:
            height, width = frame.shape[:2]
            smallest = STRETCH_SIDE / min(height, width)
            scale = float(rng.choice([smallest, max(smallest, min(1.0, 2 * smallest)), max(smallest, 1.0)]))
            small = [cv2.resize(one, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) for one in last]
            rows, columns = small[0].shape[:2]
            if min(rows, columns) >= STRETCH_SIDE - 1:
                top = int(rng.integers(0, max(1, rows - STRETCH_SIDE + 1)))
                left = int(rng.integers(0, max(1, columns - STRETCH_SIDE + 1)))
                yield np.stack([one[top : top + STRETCH_SIDE, left : left + STRETCH_SIDE] for one in small])


def part_of_stretch(rng: np.random.Generator, stretch: npt.NDArray[np.uint8], side: int) -> Frames:
    """Return a part of a stretch, mirrored and played backwards by chance."""
    top, left = (int(place) for place in rng.integers(0, stretch.shape[1] - side + 1, 2))
    part = stretch[:, top : top + side, left : left + side]
    part = part[:: -1 if rng.random() < 0.5 else 1, :, :: -1 if rng.random() < 0.5 else 1]
    return part.astype(np.float32) / np.float32(255)


def _still(rng: np.random.Generator, stills: Sequence[Still]) -> Still:
    return stills[int(rng.integers(len(stills)))]


def _motion(rng: np.random.Generator, still: Still, side: int, pace: float) -> Motion:
    height, width = still.shape[:2]
    scale = float(np.exp(rng.uniform(np.log(0.5), np.log(2.0))))
    reach = 0.5 * side / scale
    place = tuple(
        float(rng.uniform(min(reach, length / 2), max(length - reach, length / 2))) for length in (width, height)
    )
    step = tuple(float(part) for part in pace * rng.normal(size=2))
    return Motion(
        (place[0], place[1]), scale, float(rng.normal(0, 0.1)), (step[0], step[1]),
        float(rng.normal(0, 0.004) * (pace > 0)), float(np.exp(rng.normal(0, 0.004) * (pace > 0))),
    )  # fmt: skip


def _outline(rng: np.random.Generator, side: int) -> npt.NDArray[np.float32]:
    """Return (side, side) opacities of a cut-out: a blob, a polygon, a pole, or a handful of small things."""
    canvas = np.zeros((side, side), np.uint8)
    x, y = (int(place) for place in rng.integers(0, side, 2))
    radius = side * rng.uniform(0.02, 0.3)
    match int(rng.integers(5)):
        case 0 | 1:
            angles = np.linspace(0, 2 * np.pi, 16, endpoint=False)
            reach = radius * np.exp(0.25 * rng.standard_normal(16))
            points = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1)
            cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], (255.0,), cv2.LINE_AA)
        case 2:
            wide = max(1, int(side * rng.uniform(0.004, 0.06)))
            far = (int(x + rng.normal(0, 0.1 * side)), int(y + rng.choice([-1, 1]) * side))
            cv2.line(canvas, (x, y), far, (255.0,), wide, cv2.LINE_AA)
        case 3:
            for _ in range(int(rng.integers(1, 12))):
                at = (int(x + rng.normal(0, radius)), int(y + rng.normal(0, radius)))
                axes = (int(rng.integers(1, 6)), int(rng.integers(1, 6)))
                cv2.ellipse(canvas, at, axes, float(rng.uniform(0, 180)), 0, 360, (255.0,), -1, cv2.LINE_AA)
        case _:
            axes = (max(1, int(radius)), max(1, int(radius * rng.uniform(0.2, 1))))
            cv2.ellipse(canvas, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, (255.0,), -1, cv2.LINE_AA)
    return canvas.astype(np.float32) / np.float32(255)


def _exposed(
    layers: Sequence[Layer],
    time: float,
    weave: npt.NDArray[np.float64],
    shutter: float,
    side: int,
) -> Frames:
    """Return (side, side, 3) the scene at a time, the mean of three moments while the shutter is open."""
    fast = max(abs(part) for _, _, motion in layers for part in motion.step) > 2
    moments = (-shutter / 3, 0.0, shutter / 3) if shutter and fast else (0.0,)
    return np.asarray(np.mean([_drawn(layers, time + moment, weave, side) for moment in moments], 0), np.float32)


def _drawn(
    layers: Sequence[Layer],
    time: float,
    weave: npt.NDArray[np.float64],
    side: int,
) -> Frames:
    frame = np.zeros((side, side, 3), np.float32)
    for still, outline, motion in layers:
        shown = cv2.warpAffine(
            still,
            _woven(motion.matrix(time, side), weave),
            (side, side),
            flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP,
            borderMode=cv2.BORDER_REFLECT,
        )
        colours = shown.astype(np.float32) / np.float32(255)
        if outline is None:
            frame = colours
            continue
        shift = np.array([[1.0, 0.0, motion.step[0] * time + weave[0]], [0.0, 1.0, motion.step[1] * time + weave[1]]])
        opacity = cv2.warpAffine(outline, shift, (side, side), flags=cv2.INTER_LINEAR)[:, :, None]
        frame = frame * (1 - opacity) + colours * opacity
    return frame


def _woven(matrix: npt.NDArray[np.float64], weave: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return the map of a frame that sits `weave` pixels aside."""
    moved = matrix.copy()
    moved[:, 2] -= matrix[:, :2] @ weave
    return moved
