"""Many small smooth shapes drawn into one plane of opacities."""

from __future__ import annotations

from typing import TypeAlias

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage import ClipInfo, Plane

Points: TypeAlias = NDArray[np.float64]
"""(N, 2) of (x, y) in pixels."""
Values: TypeAlias = NDArray[np.float64]

SHIFT = 4
SMALLEST_DISC_PX = 0.9


def empty(clip: ClipInfo) -> Plane:
    """Return (H, W) zeros."""
    return np.zeros((clip.height, clip.width), np.float32)


def streaks(clip: ClipInfo, starts: Points, ends: Points, width_px: float, levels: Values) -> Plane:
    """Return (H, W) lines of one width, each as bright as its level, 0…1; thinner than a pixel is fainter."""
    canvas = np.zeros((clip.height, clip.width), np.uint8)
    thickness = max(1, round(width_px))
    shown = np.clip(np.round(255.0 * levels * min(1.0, width_px)), 0, 255)
    seen = _near(clip, np.minimum(starts, ends), np.maximum(starts, ends), width_px) & (shown > 0)
    order = np.flatnonzero(seen)[np.argsort(shown[seen], kind="stable")]
    fixed_starts, fixed_ends = _fixed(starts[order]), _fixed(ends[order])
    for start, end, level in zip(fixed_starts, fixed_ends, shown[order], strict=True):
        cv2.line(canvas, start, end, (float(level),), thickness, cv2.LINE_AA, SHIFT)
    return _plane(canvas)


def discs(clip: ClipInfo, centres: Points, radii_px: Values, levels: Values) -> Plane:
    """Return (H, W) discs, each as bright as its level, 0…1; those below a pixel are dots as bright as their area."""
    small = radii_px < SMALLEST_DISC_PX
    canvas = np.zeros((clip.height, clip.width), np.uint8)
    shown = np.clip(np.round(255.0 * levels), 0, 255)
    seen = ~small & _near(clip, centres, centres, float(radii_px.max(initial=0.0))) & (shown > 0)
    order = np.flatnonzero(seen)[np.argsort(shown[seen], kind="stable")]
    for centre, radius, level in zip(_fixed(centres[order]), radii_px[order], shown[order], strict=True):
        cv2.circle(canvas, centre, round(float(radius) * (1 << SHIFT)), (float(level),), -1, cv2.LINE_AA, SHIFT)
    area = np.minimum(1.0, np.pi * radii_px[small] ** 2)
    return np.maximum(_plane(canvas), dots(clip, centres[small], levels[small] * area))


def dots(clip: ClipInfo, centres: Points, levels: Values) -> Plane:
    """Return (H, W) points of light between the pixels, each spread over the four around it; at most 1."""
    plane = empty(clip)
    corner = np.floor(centres).astype(int)
    part = centres - corner
    for down in (0, 1):
        for right in (0, 1):
            x, y = corner[:, 0] + right, corner[:, 1] + down
            share = np.abs(1 - right - part[:, 0]) * np.abs(1 - down - part[:, 1])
            inside = (x >= 0) & (x < clip.width) & (y >= 0) & (y < clip.height)
            np.add.at(plane, (y[inside], x[inside]), (levels * share)[inside].astype(np.float32))
    return np.minimum(plane, np.float32(1.0))


def polygons(clip: ClipInfo, exposures: list[list[Points]]) -> Plane:
    """Return (H, W) how much the shapes cover during an exposure: the mean over its moments, each a list of shapes."""
    corners = np.concatenate([shape for moment in exposures for shape in moment])
    low = np.maximum(np.floor(corners.min(axis=0)).astype(int) - 2, 0)
    high = np.minimum(np.ceil(corners.max(axis=0)).astype(int) + 3, (clip.width, clip.height))
    whole = empty(clip)
    if (low >= high).any():
        return whole
    area = whole[low[1] : high[1], low[0] : high[0]]
    for moment in exposures:
        canvas = np.zeros(area.shape, np.uint8)
        for shape in moment:
            cv2.fillPoly(
                canvas, [np.round((shape - low) * (1 << SHIFT)).astype(np.int32)], (255.0,), cv2.LINE_AA, SHIFT
            )
        area += canvas * np.float32(1.0 / 255.0 / len(exposures))
    np.minimum(area, np.float32(1.0), out=area)
    return whole


def ellipse(
    centre: tuple[float, float], across: float, down: float, angle_rad: float = 0.0, corners: int = 20
) -> Points:
    """Return the corners of an ellipse of these half axes."""
    turn = np.linspace(0.0, 2.0 * np.pi, corners, endpoint=False)
    corner: Points = turned(np.stack([across * np.cos(turn), down * np.sin(turn)], axis=1), angle_rad)
    return corner + np.asarray(centre, np.float64)


def turned(points: Points, angle_rad: float) -> Points:
    """Return the points turned about the origin."""
    cosine, sine = np.cos(angle_rad), np.sin(angle_rad)
    return np.asarray(points @ np.array([[cosine, sine], [-sine, cosine]]), np.float64)


def defocused(plane: Plane, sigma_px: float) -> Plane:
    """Return the plane blurred by a Gaussian; as it is below a quarter of a pixel."""
    if sigma_px < 0.25 or not plane.any():
        return plane
    soft: Plane = cv2.GaussianBlur(plane, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)
    soft[soft < 1.0 / 512.0] = 0.0
    return soft


def dragged(plane: Plane, across_px: float, down_px: float) -> Plane:
    """Return the plane blurred by a straight motion; as it is below a pixel and a half."""
    length = float(np.hypot(across_px, down_px))
    if length < 1.5 or not plane.any():
        return plane
    half = int(np.ceil(0.5 * length)) + 1
    kernel = np.zeros((2 * half + 1, 2 * half + 1), np.uint8)
    ends = _fixed(np.array([[-0.5, -0.5], [0.5, 0.5]]) * (across_px, down_px) + half)
    cv2.line(kernel, ends[0], ends[1], (255.0,), 1, cv2.LINE_AA, SHIFT)
    weights = kernel / np.float32(kernel.sum(dtype=np.float32))
    soft: Plane = cv2.filter2D(plane, -1, weights.astype(np.float32), borderType=cv2.BORDER_REPLICATE)
    soft[soft < 1.0 / 512.0] = 0.0
    return soft


def _near(clip: ClipInfo, low: Points, high: Points, reach_px: float) -> NDArray[np.bool_]:
    size = np.array([clip.width, clip.height])
    return np.asarray(((high > -reach_px - 2.0) & (low < size + reach_px + 2.0)).all(axis=1), np.bool_)


def _fixed(points: Points) -> list[tuple[int, int]]:
    return [(int(x), int(y)) for x, y in np.round(points * (1 << SHIFT)).astype(int)]


def _plane(canvas: NDArray[np.uint8]) -> Plane:
    return np.asarray(canvas * np.float32(1.0 / 255.0), np.float32)
