"""Text on the picture: titles that scroll, crawl, change at once or are typed, and a counter that runs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage import ClipInfo, DamageError, Plane
from reelmend_models.damage.pixels import Rgb
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, draw
from reelmend_models.scenery.drawing import empty
from reelmend_models.scenery.layer import Layer, Scenery, SceneryPlan

KINDS = ("subtitle", "credits", "crawl", "counter", "typed")
LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
PLAIN_FONTS = (cv2.FONT_HERSHEY_SIMPLEX, cv2.FONT_HERSHEY_DUPLEX, cv2.FONT_HERSHEY_PLAIN)
HEAVY_FONTS = (cv2.FONT_HERSHEY_COMPLEX, cv2.FONT_HERSHEY_TRIPLEX, cv2.FONT_HERSHEY_SCRIPT_COMPLEX)
FONT_PX = 22.0
"""Height of a capital of these fonts at scale 1."""


@dataclass(frozen=True)
class Text(Scenery):
    """Settings of text; each range draws one value per clip, and one of `kinds` and `fonts` is drawn per clip.

    height: of a capital. speed: of credits (upwards) and crawls (to the left), a frame. hold_frames: how long a
    subtitle stays. level: picture value. outline: width of its dark rim, a share of the capital's height. kinds:
    "subtitle", "credits", "crawl", "counter" (a number that changes with every frame), "typed" (letter by letter).
    """

    name: ClassVar[str] = "text"
    limits: ClassVar[dict[str, tuple[float, float]]] = {
        "height": (0.004, 0.6),
        "speed": (0.0001, 0.5),
        "hold_frames": (1.0, 1000.0),
        "level": (0.0, 1.0),
        "outline": (0.0, 1.0),
    }

    height: Range = (0.025, 0.06)
    speed: Range = (0.001, 0.006)
    hold_frames: Range = (12.0, 60.0)
    level: Range = (0.75, 1.0)
    outline: Range = (0.0, 0.2)
    kinds: tuple[str, ...] = ("subtitle", "credits", "crawl")
    fonts: tuple[int, ...] = PLAIN_FONTS

    def __post_init__(self) -> None:
        super().__post_init__()
        if set(self.kinds) - set(KINDS) or not self.kinds or not self.fonts:
            raise DamageError(f"Text.kinds must be some of {', '.join(KINDS)}, got {self.kinds!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> TextPlan:
        """Return the clip's kind of text and its looks."""
        draws = Draws(self.name, seed, occurrence)
        generator, whole = draws.of("clip"), self.whole_px(clip)
        height, speed, hold, level, outline = (
            draw(generator, setting)
            for setting in (self.height, self.speed, self.hold_frames, self.level, self.outline)
        )
        kind = self.kinds[int(generator.integers(len(self.kinds)))]
        font = self.fonts[int(generator.integers(len(self.fonts)))]
        yellow = level * float(generator.choice([1.0, 1.0, 0.35]))
        left, top = (float(value) for value in generator.random(2))
        height_px = max(5.0, height * whole)
        return TextPlan(
            *(clip, draws, kind, font, height_px, speed * whole, round(hold), (level, level, yellow)),
            *(outline * height_px, left, top),
        )


@dataclass(frozen=True)
class TextPlan(SceneryPlan):
    """What kind of text, its font and looks; left, top: where a text stands, as shares of the room it has."""

    clip: ClipInfo
    draws: Draws
    kind: str
    font: int
    height_px: float
    speed_px: float
    hold_frames: int
    colour: Rgb
    outline_px: float
    left: float
    top: float

    def layers(self, index: int) -> Sequence[Layer]:
        """Return the rim of the text, if it has one, and the text."""
        text = self._placed(index)
        if self.outline_px < 0.5 or not text.any():
            return [(text, self.colour)]
        reach = 2 * round(self.outline_px) + 1
        rim = cv2.dilate(text, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (reach, reach)))
        return [(np.asarray(rim, np.float32), (0.02, 0.02, 0.02)), (text, self.colour)]

    def _placed(self, index: int) -> Plane:
        if self.kind == "credits":
            return self._scrolled(index)
        if self.kind == "crawl":
            return self._crawled(index)
        spell, age = divmod(index, self.hold_frames)
        if self.kind == "counter":
            return self._standing(
                [f"{index // 1500:02d}:{index // 25 % 60:02d}:{index % 25:02d}"], 0.1 + 0.8 * self.top
            )
        lines = [self._words(1 + line, 3 * spell + line) for line in range(1 + spell % 2)]
        if self.kind == "typed":
            return self._standing([line[: max(1, age // 2)] for line in lines], self.top)
        gap = age >= self.hold_frames - max(1, self.hold_frames // 6)
        return empty(self.clip) if gap else self._standing(lines, 0.72 + 0.2 * self.top)

    def _words(self, count: int, number: int) -> str:
        generator = self.draws.of("words", number)
        lengths = generator.integers(2, 9, 1 + count)
        return " ".join("".join(generator.choice(list(LETTERS), length)) for length in lengths)

    def _written(self, line: str) -> NDArray[np.uint8]:
        """Return the (h, w) picture of one line; the letters stand about a third of it from the edges."""
        scale = self.height_px / FONT_PX
        stroke = max(1, round(self.height_px / 10.0))
        (width, height), below = cv2.getTextSize(line, self.font, scale, stroke)
        margin = stroke + 1
        canvas = np.zeros((height + below + 2 * margin, width + 2 * margin), np.uint8)
        cv2.putText(canvas, line, (margin, height + margin), self.font, scale, (255.0,), stroke, cv2.LINE_AA)
        return canvas

    def _standing(self, lines: list[str], top: float) -> Plane:
        plane = empty(self.clip)
        y = top * self.clip.height
        for line in lines:
            picture = self._written(line)
            x = self.left * 0.3 * self.clip.width
            _paste(plane, picture, round(x), y)
            y += 1.6 * self.height_px
        return plane

    def _scrolled(self, index: int) -> Plane:
        """Return credits that move up: line n stands n line heights below the first, for ever."""
        plane, step = empty(self.clip), 2.2 * self.height_px
        gone = self.speed_px * index + (1.0 + self.top) * self.clip.height
        for number in range(max(0, int(gone // step) - 1), int((gone + self.clip.height) // step) + 1):
            picture = self._written(self._words(2, number))
            _paste(plane, picture, round(0.5 * (self.clip.width - picture.shape[1])), number * step - gone)
        return plane

    def _crawled(self, index: int) -> Plane:
        """Return a line that moves to the left; each word is followed by the next."""
        plane, x, number = empty(self.clip), self.left * self.clip.width - self.speed_px * index, 0
        pitch = 9.0 * self.height_px
        number = max(0, int(-x // pitch) - 1)
        while (place := x + number * pitch) < self.clip.width:
            line = self._words(1, number)[: int(pitch / self.height_px / 0.95)]
            _paste(plane, self._written(line), place, (0.05 + 0.85 * self.top) * self.clip.height)
            number += 1
        return plane


def _paste(plane: Plane, picture: NDArray[np.uint8], left: float, top: float) -> None:
    """Lay a picture of letters, 0…255, into a plane of opacities, between the pixels; the stronger one stays."""
    x, y = int(np.floor(left)), int(np.floor(top))
    part = np.array([[1.0, 0.0, left - x], [0.0, 1.0, top - y]], np.float32)
    size = (picture.shape[1] + 1, picture.shape[0] + 1)
    moved = cv2.warpAffine(picture, part, size, flags=cv2.INTER_LINEAR)
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + size[0], plane.shape[1]), min(y + size[1], plane.shape[0])
    if x0 < x1 and y0 < y1:
        seen = moved[y0 - y : y1 - y, x0 - x : x1 - x] * np.float32(1.0 / 255.0)
        area = plane[y0:y1, x0:x1]
        np.maximum(area, seen, out=area)
