"""What every stage of scenery is: settings as shares of the picture's height, and layers laid over a frame."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, TypeAlias

import numpy as np

from reelmend_models.damage import ClipInfo, Frame, Plan, Plane, Stage, Truth
from reelmend_models.damage.pixels import Rgb
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import check_range
from reelmend_models.damage.stage import checked_frame

Layer: TypeAlias = tuple[Plane, Rgb | Frame]
"""How much of each pixel is covered, (H, W) 0…1, and with what colour: one for all, or (H, W, 3)."""


@dataclass(frozen=True)
class Scenery(Stage):
    """Settings that all scenery has. Lengths and speeds are shares of the whole picture's height.

    crop: height of the whole picture over that of the frames handed in: 3 where they are crops of a third of it. What
    is drawn then has the size, and the number on an area, that it has in the whole.
    """

    limits: ClassVar[dict[str, tuple[float, float]]] = {}

    crop: float = field(default=1.0, kw_only=True)

    def __post_init__(self) -> None:
        check_range(self, "crop", 0.05, 1000.0)
        for setting, (low, high) in self.limits.items():
            check_range(self, setting, low, high)

    def whole_px(self, clip: ClipInfo) -> float:
        """Return the height of the whole picture in pixels of the clip."""
        return self.crop * clip.height

    def count(self, clip: ClipInfo, density: float, generator: np.random.Generator) -> int:
        """Return how many things a clip has of which a square of the whole picture's height has `density`."""
        expected = density * clip.height * clip.width / self.whole_px(clip) ** 2
        return int(expected) + int(generator.random() < expected - int(expected))


class SceneryPlan(Plan):
    """A draw of scenery for a clip; what it draws is the scene itself, so its truth has no mattes."""

    clip: ClipInfo

    @abstractmethod
    def layers(self, index: int) -> Sequence[Layer]:
        """Return what lies over frame `index`, from the back to the front."""

    def relit(self, frame: Frame, index: int) -> Frame:  # noqa: ARG002
        """Return the frame in the light of this scenery, before its layers are laid over it; here as it is."""
        return frame

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with the scenery; what no layer covers keeps its bits."""
        scene = self.relit(checked_frame(frame, index, self.clip), index).copy()
        for opacity, colour in self.layers(index):
            lay_over(scene, opacity, colour)
        return scene, Truth()

    def cover(self, index: int) -> Plane:
        """Return (H, W) how much of each pixel of frame `index` the layers cover together."""
        through = np.ones((self.clip.height, self.clip.width), np.float32)
        for opacity, _ in self.layers(index):
            through *= np.float32(1.0) - opacity
        covered: Plane = np.float32(1.0) - through
        return covered


def lay_over(frame: Frame, opacity: Plane, colour: Rgb | Frame) -> None:
    """Blend a colour into a frame in place, where its opacity is above 0, within the rows and columns that have any."""
    rows, columns = np.flatnonzero(opacity.any(axis=1)), np.flatnonzero(opacity.any(axis=0))
    if not len(rows):
        return
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    area, share = frame[box], opacity[box][:, :, None]
    paint = np.asarray(colour, np.float32)
    paint = paint[box] if paint.ndim == 3 else paint
    np.copyto(area, area * (np.float32(1.0) - share) + paint * share, where=share > 0)


def births(draws: Draws, purpose: str, index: int, longest: int) -> Iterator[tuple[int, int, np.random.Generator]]:
    """Yield (frame number of birth, age, generator) for each frame whose children frame `index` may still show.

    The numbers of birth count from `longest` before the clip, so that its first frame is like any other.
    """
    for age in range(longest - 1, -1, -1):
        born = index + longest - age
        yield born, age, draws.of(purpose, born)
