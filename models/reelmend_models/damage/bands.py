"""Bands: horizontal stripes of brightness that roll through the picture, or differ in every frame.

Cause: lamps on alternating current before a rolling shutter, whose rows are exposed one after the other: the light
pulses at twice the mains frequency, so that a picture shows as many bands as pulses fit into the readout, and they roll
by what the frame's duration is no whole number of pulses (Poplin, "An automatic flicker detection method for embedded
camera systems", IEEE TCE 52(2), 2006; Sheinin et al., "Computational imaging on the electric grid", CVPR 2017). And
scanners whose lamp or film transport is uneven within a frame: broad bands that are new in every frame.
Model: damaged = gain[y] · source, log gain = a tone with one overtone in y and time, plus smooth random steps over y.
Figures: 100 or 120 pulses a second and a readout of 8 to 30 ms make 1 to 3.5 bands; 24 frames a second at 100 pulses
roll by a sixth of a band, 30 frames by a third.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import smooth_steps
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame

UNEVEN_NODES = 9


@dataclass(frozen=True)
class Bands(Stage):
    """Settings of bands; each range draws one value per clip.

    depth: amplitude of the rolling tone in the log gain (0.05 = ±5 %). bands_per_height: how many fit into the picture.
    roll_per_frame: how many bands they move down a frame; half of the clips roll up instead. overtone: amplitude of the
    tone at twice the frequency, as a share of depth. uneven_std: standard deviation over rows and frames of the log
    gain that is new in every frame, in steps of an eighth of the height.
    """

    name: ClassVar[str] = "bands"

    depth: Range = (0.02, 0.08)
    bands_per_height: Range = (1.0, 3.5)
    roll_per_frame: Range = (0.03, 0.45)
    overtone: Range = (0.0, 0.3)
    uneven_std: Range = (0.0, 0.02)

    def __post_init__(self) -> None:
        check_range(self, "depth", 0.0, 0.5)
        check_range(self, "bands_per_height", 0.1, 100.0)
        check_range(self, "roll_per_frame", 0.0, 0.5)
        check_range(self, "overtone", 0.0, 1.0)
        check_range(self, "uneven_std", 0.0, 0.5)

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> BandsPlan:
        """Return the clip's tone and where it begins."""
        draws = Draws(self.name, seed, occurrence)
        generator = draws.of("clip")
        ranges = (self.depth, self.bands_per_height, self.roll_per_frame, self.overtone, self.uneven_std)
        depth, bands, roll, overtone, uneven = (draw(generator, setting) for setting in ranges)
        phase, overtone_phase, side = (float(value) for value in generator.random(3))
        return BandsPlan(
            clip, draws, depth, bands, roll if side < 0.5 else -roll, overtone, uneven, (phase, overtone_phase)
        )


@dataclass(frozen=True)
class BandsPlan(Plan):
    """The tone of one clip; roll_per_frame is negative where the bands roll up, phases are in turns."""

    clip: ClipInfo
    draws: Draws
    depth: float
    bands_per_height: float
    roll_per_frame: float
    overtone: float
    uneven_std: float
    phases: tuple[float, float]

    def log_gain(self, index: int) -> NDArray[np.float64]:
        """Return (H,) the log gain of each row of one frame."""
        rows = (np.arange(self.clip.height) + 0.5) / self.clip.height
        turns = self.bands_per_height * rows - self.roll_per_frame * index + self.phases[0]
        second = 2.0 * turns + self.phases[1]
        tone = np.sin(2.0 * np.pi * turns) + self.overtone * np.sin(2.0 * np.pi * second)
        nodes = self.draws.of("uneven", index).standard_normal(UNEVEN_NODES)
        return np.asarray(self.depth * tone + self.uneven_std * 1.2 * smooth_steps(nodes, self.clip.height))

    def gain_field(self, index: int) -> Plane:
        """Return the (H, W) factor on the light of one frame."""
        gains = np.exp(self.log_gain(index)).astype(np.float32)
        return np.ascontiguousarray(np.broadcast_to(gains[:, None], (self.clip.height, self.clip.width)))

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return gain · frame; truth: gain field, depth and roll."""
        frame = checked_frame(frame, index, self.clip)
        gain = self.gain_field(index)
        values = {"bands.depth": self.depth, "bands.roll_per_frame": self.roll_per_frame}
        return frame * gain[:, :, None], Truth(gain=gain, values=values)
