"""The view of the deflicker that shows light over time, drawn over the picture."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.frames import Planes

HEIGHT_SHARE, MARGIN_SHARE = 0.28, 0.03
LEAST_SPAN = 0.04
SHADE = 0.35
BEFORE_COLOUR, AFTER_COLOUR, CENTRE_COLOUR = (255, 150, 40), (90, 255, 130), (255, 255, 255)
LEAST_PIXELS = 48

Numbers = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class LightOverTime:
    """Log light relative to the centre: of all frames before correction, of some after it, by offset in frames."""

    offsets: npt.NDArray[np.int64]
    before: Numbers
    offsets_after: npt.NDArray[np.int64]
    after: Numbers


def draw_light(picture: Planes, light: LightOverTime) -> None:
    """Draw the light over the lower part of a (3, H, W) picture, in place: orange before, green after, white the frame.

    The scale is in per cent of the frame's own light. Pictures of less than 48 pixels a side are left as they are.
    """
    height, width = picture.shape[1:]
    if min(height, width) < LEAST_PIXELS:
        return
    margin = round(MARGIN_SHARE * min(height, width))
    tall, wide = round(HEIGHT_SHARE * height), width - 2 * margin
    top = height - margin - tall
    drawn = np.zeros((tall, wide, 3), np.uint8)
    scale = _Scale(light, tall, wide)
    thick = max(1, height // 400)
    cv2.line(drawn, scale.at(0, scale.low), scale.at(0, scale.high), (120, 120, 120), 1, cv2.LINE_AA)
    for offsets, values, colour in (
        (light.offsets, light.before, BEFORE_COLOUR),
        (light.offsets_after, light.after, AFTER_COLOUR),
    ):
        points = np.array([scale.at(int(offset), float(value)) for offset, value in zip(offsets, values, strict=True)])
        cv2.polylines(drawn, [points.astype(np.int32)], False, colour, thick, cv2.LINE_AA)
    cv2.circle(drawn, scale.at(0, 0.0), 3 * thick, CENTRE_COLOUR, -1, cv2.LINE_AA)
    _label(drawn, f"{100 * np.expm1(scale.high):+.0f} %", 0, tall)
    _label(drawn, f"{100 * np.expm1(scale.low):+.0f} %", 1, tall)
    box = picture[:, top : top + tall, margin : margin + wide]
    paint = drawn.astype(np.float32).transpose(2, 0, 1) / np.float32(255)
    share = paint.max(axis=0, keepdims=True)
    box *= np.float32(SHADE) * (1 - share)
    box += paint


class _Scale:
    """From offsets and log light to pixels of the box."""

    def __init__(self, light: LightOverTime, tall: int, wide: int) -> None:
        values = np.concatenate([light.before, light.after, [0.0]])
        middle = float(values.max() + values.min()) / 2
        half = 1.15 * max(float(np.ptp(values)), LEAST_SPAN) / 2
        self.low, self.high = middle - half, middle + half
        self._first, self._last = int(light.offsets[0]), int(light.offsets[-1])
        self._tall, self._wide = tall, wide

    def at(self, offset: int, value: float) -> tuple[int, int]:
        across = (offset - self._first) / max(1, self._last - self._first)
        up = (value - self.low) / (self.high - self.low)
        return round(across * (self._wide - 1)), round((1 - up) * (self._tall - 1))


def _label(drawn: npt.NDArray[np.uint8], text: str, row: int, tall: int) -> None:
    size = tall / 350
    (_, text_height), below = cv2.getTextSize(text, cv2.FONT_HERSHEY_SIMPLEX, size, 1)
    y = round(1.4 * text_height) if row == 0 else tall - below
    cv2.putText(drawn, text, (text_height // 2, y), cv2.FONT_HERSHEY_SIMPLEX, size, (200, 200, 200), 1, cv2.LINE_AA)
