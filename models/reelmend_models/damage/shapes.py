"""Opacity patches of single defects, drawn so that no two are alike."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.stage import Plane

OVERSAMPLING = 4


def speck(generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
    """Return a small lump, odd-sided, 0…1: an ellipse whose outline is bent by four harmonics, with a soft edge."""
    stretch = 1.0 + 1.2 * generator.random() ** 2
    half = math.ceil(radius_px * stretch * 1.5 + softness_px) + 1
    along, across = _turned_grid(generator, half)
    along, across = along / stretch**0.5, across * stretch**0.5
    angle = np.arctan2(across, along)
    orders = np.arange(2, 6)
    bends = generator.normal(0.0, 0.42 / orders)
    phases = generator.uniform(0.0, 2.0 * np.pi, 4)
    outline = 1.0 + sum(b * np.cos(k * angle + p) for k, b, p in zip(orders, bends, phases, strict=True))
    return _soft_step((np.maximum(outline, 0.3) * radius_px - np.hypot(along, across)) / max(softness_px, 0.3) + 0.5)


def ragged(generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
    """Return a blotch, odd-sided, 0…1: a coastline of fractal noise, islands around it, an uneven inside."""
    stretch = 1.0 + 0.9 * generator.random() ** 2
    half = math.ceil(radius_px * stretch * 1.7 + softness_px) + 1
    along, across = _turned_grid(generator, half)
    distance = np.hypot(along / stretch, across * stretch) / radius_px
    side = 2 * half + 1
    coast = fractal_field(generator, side, side, cell_px=max(radius_px * 0.7, 1.5), octaves=4)
    height = np.clip(1.0 - distance, -1.0, 0.6) + 0.33 * coast * np.clip(1.8 - distance, 0.0, 1.0)
    edge = _soft_step(height * radius_px / max(softness_px, 0.5) + 0.5) * (distance < 1.7)
    inside = 0.85 + 0.15 * fractal_field(generator, side, side, cell_px=max(radius_px * 0.3, 1.5), octaves=2)
    patch: Plane = (edge * np.clip(inside, 0.3, 1.0)).astype(np.float32)
    return patch


def fibre(
    generator: np.random.Generator, length_px: float, width_px: float, softness_px: float, curl: float
) -> tuple[Plane, tuple[int, int]]:
    """Return a curved hair's patch, 0…1, and the (y, x) within it of the hair's middle.

    curl: standard deviation of the direction's change over the whole length, in radians; the curvature itself wanders.
    """
    points = _curve(generator, length_px, curl)
    margin = math.ceil(2.0 * width_px + 2.0 * softness_px) + 2
    low = points.min(axis=0) - margin
    size = np.ceil(points.max(axis=0) + margin - low).astype(int) + 1
    canvas = np.zeros((size[1] * OVERSAMPLING, size[0] * OVERSAMPLING), np.uint8)
    _draw_tapered(canvas, (points - low) * OVERSAMPLING, width_px * OVERSAMPLING)
    patch = cv2.resize(canvas, (int(size[0]), int(size[1])), interpolation=cv2.INTER_AREA).astype(np.float32) / 255.0
    if softness_px > 0.0:
        patch = cv2.GaussianBlur(patch, (0, 0), max(softness_px, 0.2))
    patch[patch < 1.0 / 512.0] = 0.0
    middle = points[len(points) // 2] - low
    return patch, (round(float(middle[1])), round(float(middle[0])))


def _curve(generator: np.random.Generator, length_px: float, curl: float) -> NDArray[np.float64]:
    """Return (n, 2) of (x, y) about 1.5 px apart; curvature is a smoothed random walk around a steady bend."""
    count = max(6, math.ceil(length_px / 1.5))
    steps = generator.standard_normal(8).cumsum()
    wander = np.interp(np.linspace(0, 7, count), np.arange(8), steps - steps.mean())
    bend = curl * (0.6 * generator.standard_normal() + 0.7 * wander) / count
    direction = generator.uniform(0.0, 2.0 * np.pi) + np.cumsum(bend)
    stride = length_px / count
    return np.stack([np.cos(direction).cumsum(), np.sin(direction).cumsum()], axis=1) * stride


def _draw_tapered(canvas: NDArray[np.uint8], points: NDArray[np.float64], width: float) -> None:
    taper = np.clip(np.minimum(np.arange(len(points)), np.arange(len(points))[::-1]) / 5.0, 0.4, 1.0)
    fixed = np.round(points * 16).astype(int)
    for start, end, share in zip(fixed[:-1], fixed[1:], taper, strict=False):
        thickness = max(1, round(width * float(share)))
        ends = ((int(start[0]), int(start[1])), (int(end[0]), int(end[1])))
        cv2.line(canvas, *ends, (255.0,), thickness, lineType=cv2.LINE_8, shift=4)


def _turned_grid(generator: np.random.Generator, half: int) -> tuple[Plane, Plane]:
    """Return the coordinates of a (2·half+1) square, turned and moved by parts of a pixel."""
    angle = generator.uniform(0.0, np.pi)
    off_y, off_x = generator.uniform(-0.5, 0.5, 2)
    axis = np.arange(-half, half + 1, dtype=np.float32)
    y, x = (axis - np.float32(off_y))[:, None], (axis - np.float32(off_x))[None, :]
    cosine, sine = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    return x * cosine + y * sine, y * cosine - x * sine


def _soft_step(ramp: NDArray[np.floating]) -> Plane:
    clipped = np.clip(ramp, 0.0, 1.0)
    smooth: Plane = (clipped * clipped * (3.0 - 2.0 * clipped)).astype(np.float32)
    return smooth
