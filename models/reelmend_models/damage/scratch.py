"""Line scratches: near-vertical lines that stand for a few frames, or for the whole clip.

Cause: a particle in the camera, printer or projector that ploughs the moving film. Bright where the emulsion is gone,
dark where the base or the negative was scratched. As on 35 mm scans (FilmDamageSimulator): a thin line in a strip about
20 px wide, faded along its length by smooth noise; sloped and wandering as measured by Newson et al., "Robust automatic
line scratch detection in films", 2014; moving lines shift 5–15 px a frame as in RTN (2203.17276).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import slow_drift, smooth_steps
from reelmend_models.damage.pixels import Rgb, stamp
from reelmend_models.damage.scatter import Event, Timeline, timeline
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.settings import DamageError, Range, check_range, draw
from reelmend_models.damage.stage import ClipInfo, Frame, Plan, Plane, Stage, Truth, checked_frame

FADE_NODES_PER_FRAME = 10
ROUGHNESS = 0.5
WIDTH_TO_DEVIATION = 1.0 / 2.355
"""Full width at half depth of a Gaussian profile is 2.355 standard deviations."""
STANDING = 0
PASSING = 1


@dataclass(frozen=True)
class Scratch(Stage):
    """Settings of line scratches. Pixels are meant at 720 lines; each scratch draws its own from the ranges.

    standing: number of scratches that last the whole clip, drawn per clip and rounded.
    per_frame: mean number of further scratches born per frame; duration_frames: how long those last.
    width_px: full width at half depth. opacity: at the deepest. bright_share: share of bright lines.
    slope_px: how far the lower end stands from the upper. wander_px: how far the line strays over seconds, and bends.
    moving_probability: share of passing scratches that move by moving_px a frame, either way.
    fade: 0 = even along its length, 1 = fades away in places.
    companions: number of fainter lines beside each, within companion_reach_px of it.
    bright_colour: of a bright line; (1, 1, 1) on black and white film, yellow to green where colour emulsion is torn.
    """

    name: ClassVar[str] = "scratch"

    standing: Range = (0.0, 2.0)
    per_frame: float = 0.06
    duration_frames: Range = (1.0, 30.0)
    width_px: Range = (1.0, 3.0)
    opacity: Range = (0.25, 0.9)
    bright_share: float = 0.6
    slope_px: Range = (-8.0, 8.0)
    wander_px: Range = (0.5, 6.0)
    moving_probability: float = 0.2
    moving_px: Range = (5.0, 15.0)
    fade: Range = (0.2, 1.0)
    companions: Range = (0.0, 2.4)
    companion_reach_px: float = 10.0
    bright_colour: Rgb = (0.95, 0.95, 0.95)

    def __post_init__(self) -> None:
        check_range(self, "standing", 0.0, 100.0)
        check_range(self, "per_frame", 0.0, 100.0)
        check_range(self, "duration_frames", 1.0, 1e7)
        check_range(self, "width_px", 0.1, 100.0)
        for setting in ("opacity", "bright_share", "moving_probability", "fade"):
            check_range(self, setting, 0.0, 1.0)
        check_range(self, "companions", 0.0, 50.0)
        check_range(self, "companion_reach_px", 0.0, 500.0)
        check_range(self, "slope_px", -2000.0, 2000.0)
        for setting in ("wander_px", "moving_px"):
            check_range(self, setting, 0.0, 2000.0)
        if len(self.bright_colour) != 3 or not np.isfinite(self.bright_colour).all():
            raise DamageError(f"Scratch.bright_colour must be three finite numbers, got {self.bright_colour!r}")

    def plan(self, clip: ClipInfo, seed: int, occurrence: int = 0) -> ScratchPlan:
        """Return the standing scratches, and when the passing ones are to be seen."""
        draws = Draws(self.name, seed, occurrence)
        always = range(round(draw(draws.of("standing"), self.standing)))
        standing = tuple(self.line(draws, STANDING, Event(number, 0, 1 << 62), clip) for number in always)
        passing = timeline(draws.of("passing"), clip.frame_count, self.per_frame, self.duration_frames)
        return ScratchPlan(self, clip, draws, standing, passing)

    def line(self, draws: Draws, kind: int, event: Event, clip: ClipInfo) -> Line:
        """Return the looks of one scratch."""
        generator, scale = draws.of("line", kind, event.number), clip.scale
        bright = generator.random() < self.bright_share
        moving = kind == PASSING and generator.random() < self.moving_probability
        speed = draw(generator, self.moving_px) * scale * (1.0 if generator.random() < 0.5 else -1.0)
        width = max(draw(generator, self.width_px) * scale, 0.8)
        return Line(
            kind=kind,
            event=event,
            x_px=float(generator.random()) * clip.width,
            slope_px=draw(generator, self.slope_px) * scale,
            wander_px=draw(generator, self.wander_px) * scale,
            speed_px=speed if moving else 0.0,
            width_px=width,
            opacity=draw(generator, self.opacity),
            fade=draw(generator, self.fade),
            colour=self.bright_colour if bright else (0.03, 0.03, 0.03),
            companions=self._companions(draws.of("companions", kind, event.number), scale),
        )

    def _companions(self, generator: np.random.Generator, scale: float) -> tuple[tuple[float, float], ...]:
        count = round(draw(generator, self.companions))
        reach = self.companion_reach_px * scale
        return tuple(
            (float(generator.uniform(-reach, reach)), float(generator.uniform(0.15, 0.5))) for _ in range(count)
        )


@dataclass(frozen=True)
class Line:
    """One scratch, in pixels of the clip. companions: (distance to the right, share of the opacity) of each."""

    kind: int
    event: Event
    x_px: float
    slope_px: float
    wander_px: float
    speed_px: float
    width_px: float
    opacity: float
    fade: float
    colour: Rgb
    companions: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class ScratchPlan(Plan):
    """The scratches that stand for the whole clip, and when the others are to be seen."""

    settings: Scratch
    clip: ClipInfo
    draws: Draws
    standing: tuple[Line, ...]
    passing: Timeline

    def lines_at(self, index: int) -> tuple[Line, ...]:
        """Return the scratches that a frame has."""
        passing = (self.settings.line(self.draws, PASSING, event, self.clip) for event in self.passing.at(index))
        return (*self.standing, *passing)

    def apply(self, frame: Frame, index: int) -> tuple[Frame, Truth]:
        """Return the frame with the scratches it has; truth: matte "scratch" and the number of lines."""
        damaged = checked_frame(frame, index, self.clip).copy()
        matte = np.zeros(frame.shape[:2], np.float32)
        seen = self.lines_at(index)
        for line in seen:
            patch, left = self.patch(line, index)
            stamp(damaged, matte, patch, 0, left, line.colour)
        return damaged, Truth(mattes={"scratch": matte}, values={"scratch.count": len(seen)})

    def patch(self, line: Line, index: int) -> tuple[Plane, int]:
        """Return the (H, w) opacities of one line in one frame, and the column where they begin."""
        centres = self.centres(line, index)
        strands = ((0.0, 1.0), *line.companions)
        reach = line.width_px * 1.6 + 1.0
        left = int(np.floor(centres.min() + min(offset for offset, _ in strands) - reach))
        right = int(np.ceil(centres.max() + max(offset for offset, _ in strands) + reach))
        away = np.arange(left, right + 1)[None, :] - centres[:, None]
        opacity = np.zeros(away.shape, np.float32)
        for number, (offset, share) in enumerate(strands):
            profile = np.exp(-0.5 * ((away - offset) / (line.width_px * WIDTH_TO_DEVIATION)) ** 2)
            profile[profile < 0.02] = 0.0
            strand = profile * (share * line.opacity * self.strength(line, index, number))[:, None]
            np.maximum(opacity, strand, out=opacity, casting="same_kind")
        return opacity, left

    def centres(self, line: Line, index: int) -> NDArray[np.float64]:
        """Return (H,) the line's column in each row of a frame."""
        generator = self.draws.of("path", line.kind, line.event.number)
        down = np.linspace(-0.5, 0.5, self.clip.height)
        sway = line.wander_px * slow_drift(generator, index, (30.0, 300.0))
        bend = 0.3 * line.wander_px * slow_drift(generator, index, (20.0, 100.0))
        moved = line.speed_px * (index - line.event.first)
        return np.asarray(line.x_px + moved + sway + line.slope_px * down + bend * np.cos(np.pi * down), np.float64)

    def strength(self, line: Line, index: int, strand: int = 0) -> NDArray[np.float64]:
        """Return (H,) the share of its opacity that a strand has in each row; it runs on from frame to frame."""
        nodes = np.concatenate([self._fade_nodes(line, index, strand), self._fade_nodes(line, index + 1, strand)[:1]])
        coarse = smooth_steps(1.0 - line.fade * nodes, self.clip.height)
        rough = self.draws.of("rough", line.kind, line.event.number, index, strand).random(self.clip.height)
        return coarse * (1.0 - ROUGHNESS * line.fade * rough)

    def _fade_nodes(self, line: Line, index: int, strand: int) -> NDArray[np.float64]:
        generator = self.draws.of("fade", line.kind, line.event.number, index, strand)
        return np.clip(generator.normal(0.4, 0.5, FADE_NODES_PER_FRAME), 0.0, 1.0)
