"""Opacity patches and relief of the defects that only tests draw: nothing in `shapes` has their outline or inside."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.noise import fractal_field
from reelmend_models.damage.shapes import fibre
from reelmend_models.damage.stage import Plane

OVERSAMPLING = 4


def polygon(generator: np.random.Generator, radius_px: float, softness_px: float, corners: tuple[int, int]) -> Plane:
    """Return a filled polygon with straight sides and sharp corners, odd-sided, 0…1."""
    count = int(generator.integers(*corners))
    turn = (np.arange(count) + generator.uniform(-0.35, 0.35, count)) * (2.0 * np.pi / count)
    turn += generator.uniform(0.0, 2.0 * np.pi)
    reach = radius_px * generator.uniform(0.55, 1.25, count)
    stretch = generator.uniform(0.6, 1.0)
    return filled(np.stack([np.cos(turn) * reach, np.sin(turn) * reach * stretch], axis=1), softness_px)


def splinter(generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
    """Return a star of three to seven thin pointed rays of unequal length, odd-sided, 0…1."""
    rays = int(generator.integers(3, 8))
    turn = np.sort(generator.uniform(0.0, 2.0 * np.pi, rays))
    reach = radius_px * generator.uniform(0.6, 2.2, rays)
    between = turn + 0.5 * np.diff(np.append(turn, turn[0] + 2.0 * np.pi))
    inner = np.full(rays, 0.22 * radius_px + 0.5)
    angles, lengths = np.stack([turn, between], axis=1).ravel(), np.stack([reach, inner], axis=1).ravel()
    return filled(np.stack([np.cos(angles) * lengths, np.sin(angles) * lengths], axis=1), softness_px)


def ring(generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
    """Return a drying mark, odd-sided, 0…1: a closed rim, here and there open, around a faint veil."""
    half = math.ceil(1.5 * radius_px + softness_px) + 2
    axis = np.arange(-half, half + 1, dtype=np.float32)
    angle = np.arctan2(axis[:, None], axis[None, :])
    orders, phases = np.arange(1, 5), generator.uniform(0.0, 2.0 * np.pi, 4)
    bends = generator.normal(0.0, 0.12 / orders)
    outline = radius_px * (1.0 + sum(b * np.cos(k * angle + p) for k, b, p in zip(orders, bends, phases, strict=True)))
    away = (outline - np.hypot(axis[:, None], axis[None, :])).astype(np.float32)
    width = max(0.8, generator.uniform(0.08, 0.2) * radius_px)
    rim = np.exp(-0.5 * (away / np.where(away > 0.0, 1.6 * width, 0.7 * width)) ** 2)
    gap = np.clip(1.1 + np.cos(angle + phases[0]) * generator.uniform(0.1, 1.0), 0.0, 1.0)
    veil = generator.uniform(0.08, 0.3) * np.clip(away / max(softness_px, 1.0), 0.0, 1.0)
    return _bounded(np.maximum(rim * gap, veil))


def mould(generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
    """Return a colony of specks, odd-sided, 0…1: dense in the middle, with threads between, thinning outwards."""
    half = math.ceil(2.2 * radius_px + softness_px) + 2
    count = int(np.clip(generator.poisson(6.0 + 1.2 * radius_px), 4, 160))
    away = np.minimum(radius_px * np.abs(generator.standard_normal(count)) * 0.8, 2.0 * radius_px)
    turn = generator.uniform(0.0, 2.0 * np.pi, count)
    centres = np.stack([np.cos(turn) * away, np.sin(turn) * away], axis=1) + half
    canvas = np.zeros(((2 * half + 1) * OVERSAMPLING,) * 2, np.uint8)
    sizes = np.maximum(0.5, generator.gamma(2.0, 0.09 * radius_px, count))
    for (x, y), size in zip(centres, sizes, strict=True):
        _disc(canvas, x, y, size)
    for first, second in generator.integers(0, count, (count // 3, 2)):
        if np.hypot(*(centres[first] - centres[second])) < 0.9 * radius_px:
            ends = [tuple(int(v) for v in (centres[end] + 0.5) * OVERSAMPLING) for end in (first, second)]
            cv2.line(canvas, ends[0], ends[1], (150.0,), max(1, round(0.25 * OVERSAMPLING)))
    return _softened(_reduced(canvas), softness_px)


def clump(generator: np.random.Generator, radius_px: float, softness_px: float) -> Plane:
    """Return a tangle of three to nine fibres about one place, odd-sided, 0…1."""
    half = math.ceil(3.5 * radius_px + softness_px) + 4
    patch = np.zeros((2 * half + 1, 2 * half + 1), np.float32)
    for _ in range(int(generator.integers(3, 10))):
        length, width = radius_px * generator.uniform(2.0, 5.0), max(0.6, radius_px * generator.uniform(0.08, 0.16))
        strand, (middle_y, middle_x) = fibre(
            generator, length, width, min(softness_px, 0.8), generator.uniform(4.0, 11.0)
        )
        off_y, off_x = generator.normal(0.0, 0.35 * radius_px, 2)
        _merge(patch, strand, round(half + off_y) - middle_y, round(half + off_x) - middle_x)
    return _bounded(patch)


def rim(patch: Plane, width_px: float) -> Plane:
    """Return (h, w) 1 just within the edge of a patch, falling off inwards."""
    inside = cv2.distanceTransform((patch > 0.5).astype(np.uint8), cv2.DIST_L2, 3)
    near: Plane = np.exp(-inside / max(width_px, 0.5)).astype(np.float32)
    return near


def marbled(generator: np.random.Generator, shape: tuple[int, int], cell_px: float) -> Plane:
    """Return (h, w) veins and grains within 0…1, for the inside of a defect."""
    field = fractal_field(generator, shape[0], shape[1], max(cell_px, 1.5), octaves=3)
    veins: Plane = np.clip(np.abs(field), 0.0, 1.0).astype(np.float32)
    return veins


def filled(corners: NDArray[np.float64], softness_px: float) -> Plane:
    """Return the polygon around (0, 0) as an odd-sided patch with an edge this soft, 0…1."""
    half = math.ceil(float(np.abs(corners).max()) + 2.0 * softness_px) + 2
    canvas = np.zeros(((2 * half + 1) * OVERSAMPLING,) * 2, np.uint8)
    fixed = np.round((corners + half + 0.5) * OVERSAMPLING).astype(np.int32)
    cv2.fillPoly(canvas, [fixed], (255.0,))
    return _softened(_reduced(canvas), softness_px)


def _disc(canvas: NDArray[np.uint8], x: float, y: float, radius_px: float) -> None:
    centre = (round((x + 0.5) * OVERSAMPLING), round((y + 0.5) * OVERSAMPLING))
    cv2.circle(canvas, centre, max(1, round(radius_px * OVERSAMPLING)), (255.0,), -1)


def _reduced(canvas: NDArray[np.uint8]) -> Plane:
    size = (canvas.shape[1] // OVERSAMPLING, canvas.shape[0] // OVERSAMPLING)
    return np.asarray(cv2.resize(canvas, size, interpolation=cv2.INTER_AREA) * np.float32(1.0 / 255.0), np.float32)


def _softened(patch: Plane, softness_px: float) -> Plane:
    return _bounded(cv2.GaussianBlur(patch, (0, 0), max(0.4 * softness_px, 0.2)))


def _bounded(patch: NDArray[np.floating]) -> Plane:
    """Return a patch within 0…1 that is 0 where it would be invisible, and along its border."""
    found: Plane = np.clip(patch, 0.0, 1.0).astype(np.float32)
    found[found < 1.0 / 64.0] = 0.0
    return found


def _merge(patch: Plane, strand: Plane, top: int, left: int) -> None:
    y0, x0 = max(top, 0), max(left, 0)
    y1, x1 = min(top + strand.shape[0], patch.shape[0]), min(left + strand.shape[1], patch.shape[1])
    if y0 < y1 and x0 < x1:
        area = patch[y0:y1, x0:x1]
        np.maximum(area, strand[y0 - top : y1 - top, x0 - left : x1 - left], out=area)
