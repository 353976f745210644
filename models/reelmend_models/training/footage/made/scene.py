"""The scene that a recipe's seed stands for: camera, relief, cut-outs, shutter and light, all in frame heights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np

from reelmend_models.training.footage.made.motion import Camera, Drift, Shake
from reelmend_models.training.footage.made.recipe import Recipe

Shape: TypeAlias = Literal["blob", "polygon", "pole"]

# The frame width below which a photograph is not enlarged to make room for the camera's way.
_REFERENCE_WIDTH = 1280
# In radians per frame of a drift's sine: half a turn takes 24 frames at least, a second of film.
_FASTEST_TURN = math.pi / 24


@dataclass(frozen=True)
class CutOut:
    """A piece of a photograph that moves before the background.

    photo: which insert it is cut from. size: its diameter in frame heights; for a pole, its width. softness: the blur
    of its edge in frame heights. gain: of its light. nearness: how much faster than the background it passes when the
    camera moves. appears: the frame at which it stands at (u, v), in frame heights from the frame's centre; velocity in
    frame heights per frame, spin in radians per frame. seed: of its outline and of the place that it is cut from.
    """

    photo: int
    shape: Shape
    size: float
    softness: float
    gain: float
    nearness: float
    appears: float
    u: float
    v: float
    velocity: tuple[float, float]
    tilt: float
    spin: float
    seed: int


@dataclass(frozen=True)
class Scene:
    """Everything that moves in a made clip.

    scale: photograph pixels per frame height at zoom 1. relief: how far near parts of the background move beyond far
    ones, as a share of the camera's way. shutter: how long it is open, in frames. light: exposure in stops.
    """

    camera: Camera
    scale: float
    relief: float
    relief_seed: int
    cut_outs: tuple[CutOut, ...]
    shutter: float
    light: Drift


def draw_scene(recipe: Recipe, photo_width: int, photo_height: int) -> Scene:
    """Return the scene of a recipe over a photograph of that size; of the frame's size only the aspect takes part.

    Speeds spread evenly in their logarithm, from a twentieth of a pixel to about 20 pixels per frame at 720 lines.
    """
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(recipe.seed)))
    aspect = recipe.width / recipe.height
    fit_width = min(photo_width, photo_height * aspect)
    view_width = max(rng.uniform(0.5, 0.85) * fit_width, min(_REFERENCE_WIDTH, fit_width))
    scale = view_width / aspect
    return Scene(
        camera=_camera(rng, recipe.frames, aspect, photo_width / scale, photo_height / scale),
        scale=scale,
        relief=rng.uniform(0.05, 0.25) if rng.random() < 0.6 else 0.0,
        relief_seed=int(rng.integers(1 << 32)),
        cut_outs=tuple(_cut_outs(rng, recipe, aspect)),
        shutter=rng.uniform(0.2, 0.6) if rng.random() < 0.7 else 0.0,
        light=Drift(0.4, _signed(rng, 0.005, 0.03), recipe.frames / 2) if rng.random() < 0.25 else Drift(),
    )


def _camera(rng: np.random.Generator, frames: int, aspect: float, photo_width: float, photo_height: float) -> Camera:
    """Return a camera whose view stays on the photograph, whose size is in frame heights."""
    middle = frames / 2
    zooms, turns = rng.random() < 0.4, rng.random() < 0.3
    # Half of what the photograph has to spare goes to zooming out, so that something is left for turning.
    widest = min(photo_width / aspect, photo_height) ** 0.5
    log_zoom = _drift(min(0.25, math.log(widest)) if zooms else 0.0, _signed(rng, 0.001, 0.008), middle)
    widest = math.exp(log_zoom.reach)
    spare = min(photo_width / widest - aspect, (photo_height / widest - 1) / aspect)
    angle = _drift(min(0.08, spare) if turns else 0.0, _signed(rng, 0.0005, 0.004), middle)
    view_width = (aspect + angle.reach) * widest
    view_height = (1 + aspect * angle.reach) * widest
    pans, trembles = rng.random() < 0.6, rng.random() < 0.5
    tremble = _log_uniform(rng, 0.0005, 0.006) if trembles else 0.0
    reach_x = max(0.0, (photo_width - view_width) / 2) if pans else 0.0
    reach_y = max(0.0, (photo_height - view_height) / 2) if pans else 0.0
    return Camera(
        x=_drift(reach_x, _signed(rng, 0.001, 0.02), middle, _shakes(rng, tremble)),
        y=_drift(reach_y, _signed(rng, 0.0003, 0.008), middle, _shakes(rng, tremble)),
        log_zoom=log_zoom,
        angle=_drift(angle.reach, angle.speed, middle, _shakes(rng, tremble / 4)),
    )


def _drift(reach: float, speed: float, middle: float, shakes: tuple[Shake, ...] = ()) -> Drift:
    """Return a drift that turns round slowly, however short its reach."""
    limit = _FASTEST_TURN * reach
    return Drift(reach, min(max(speed, -limit), limit), middle, shakes)


def _cut_outs(rng: np.random.Generator, recipe: Recipe, aspect: float) -> list[CutOut]:
    """Return near layers, objects and poles, from far to near; none where the recipe has no inserts."""
    if not recipe.inserts:
        return []
    shapes: list[Shape] = ["blob", "polygon", "pole"]
    cut_outs = []
    for _ in range(int(rng.choice([0, 1, 2, 3, 4], p=[0.1, 0.25, 0.3, 0.2, 0.15]))):
        shape = shapes[int(rng.choice(3, p=[0.5, 0.25, 0.25]))]
        moves = rng.random() < 0.7
        speed = _log_uniform(rng, 0.001, 0.03) if moves else 0.0
        heading = rng.uniform(0, 2 * math.pi)
        pole = shape == "pole"
        cut_outs.append(
            CutOut(
                photo=int(rng.integers(len(recipe.inserts))),
                shape=shape,
                size=_log_uniform(rng, 0.003, 0.04) if pole else _log_uniform(rng, 0.06, 0.6),
                softness=_log_uniform(rng, 0.0007, 0.008),
                gain=rng.uniform(0.5, 1.5),
                nearness=rng.uniform(1.0, 1.3) if moves else rng.uniform(1.4, 2.5),
                appears=rng.uniform(0, recipe.frames),
                u=rng.uniform(-0.5, 0.5) * aspect,
                v=rng.uniform(-0.5, 0.5),
                velocity=(speed * math.cos(heading), speed * math.sin(heading)),
                tilt=rng.normal(0, 0.03) if pole else rng.uniform(0, 2 * math.pi),
                spin=_signed(rng, 0.001, 0.04) if moves and not pole else 0.0,
                seed=int(rng.integers(1 << 32)),
            )
        )
    return sorted(cut_outs, key=lambda cut_out: cut_out.nearness)


def _shakes(rng: np.random.Generator, amplitude: float) -> tuple[Shake, ...]:
    """Return three sines of a hand's tremble; drawn for amplitude 0 too, so that the rest does not shift."""
    frequencies, phases = rng.uniform(0.02, 0.2, 3), rng.uniform(0, 2 * math.pi, 3)
    if amplitude == 0.0:
        return ()
    return tuple(Shake(amplitude / 2, float(f), float(p)) for f, p in zip(frequencies, phases, strict=True))


def _signed(rng: np.random.Generator, low: float, high: float) -> float:
    return float(rng.choice([-1.0, 1.0])) * _log_uniform(rng, low, high)


def _log_uniform(rng: np.random.Generator, low: float, high: float) -> float:
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))
