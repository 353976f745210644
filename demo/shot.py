"""The shot that the demo mends: a real camera clip under seeded flicker, or the user's own clip as it is."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from reelmend.clips import RememberedClip
from reelmend.frames import Planes
from reelmend.media import Reader
from reelmend_models.damage.flicker import Flicker, FlickerPlan
from reelmend_models.damage.stage import ClipInfo

CAMERA_CLIP = Path(__file__).parent / "clip" / "dog.mp4"
BOUNCES = 3
FLICKER_SEED = 1906
# As in hand-cranked film: gain, gamma and offset jump from frame to frame, and the parts of the picture on their own.
FLICKER = Flicker(
    gain_std=0.07, gain_memory=0.2, gamma_std=0.03, offset_std=0.008, spatial_std=0.05, outlier_probability=0.0
)


@dataclass(frozen=True)
class Shot:
    """A movie run forwards, backwards and forwards again: the camera clip is short, and flicker wants watching."""

    reader: Reader
    bounces: int = 1

    @property
    def first_frame(self) -> int:
        return self.reader.first_frame

    @property
    def last_frame(self) -> int:
        return self.first_frame + self._span * self.bounces

    def read(self, frame: int) -> Planes:
        turn, place = divmod(frame - self.first_frame, self._span) if self._span else (0, 0)
        return self.reader.read(self.first_frame + (self._span - place if turn % 2 else place))

    @property
    def _span(self) -> int:
        return self.reader.last_frame - self.reader.first_frame


@dataclass(frozen=True)
class FlickeringShot:
    """A shot whose every frame passes through the flicker plan when it is read."""

    clean: RememberedClip
    plan: FlickerPlan

    @property
    def first_frame(self) -> int:
        return self.clean.first_frame

    @property
    def last_frame(self) -> int:
        return self.clean.last_frame

    def read(self, frame: int) -> Planes:
        picture = np.ascontiguousarray(self.clean.planes(frame).transpose(1, 2, 0))
        damaged, _truth = self.plan.apply(picture, frame - self.first_frame)
        return np.ascontiguousarray(damaged.transpose(2, 0, 1))


def flickering(clean: RememberedClip) -> RememberedClip:
    """Return the clip with flicker laid over it, the same at every run."""
    size = clean.describe(clean.first_frame).format
    info = ClipInfo(clean.last_frame - clean.first_frame + 1, size.height, size.width)
    return RememberedClip(FlickeringShot(clean, FLICKER.plan(info, FLICKER_SEED)))
