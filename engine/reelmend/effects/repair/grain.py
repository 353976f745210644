"""Grain: how much of it a frame has at each brightness, how large it is, and more of the same for fills that lack it.

Grain is what a frame does not share with its neighbours moved onto it. It is measured where the picture is even, so
that motion which was misjudged does not count. Energy is that of the high frequencies: luma less its 7×7 Gaussian mean
of σ 1 pixel.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

Plane = npt.NDArray[np.float32]

TILE = 512
TILE_SEED = 1906
SIZES_PX = tuple(round(0.1 * step, 1) for step in range(0, 25))
CELL, EDGE = 8, 4
TONES = 6
EVENEST_SHARE = 0.4
LEAST_CELLS = 40
LEAST_ENERGY, SURE_ENERGY = 0.0012**2, 0.0024**2
"""Below the first nothing is put back: it is what rounding and compression leave; above the second all of it."""
MOST_ENERGY = 0.06**2
HIGH_WINDOW_PX, HIGH_SIGMA_PX = 7, 1.0


@dataclass(frozen=True, slots=True)
class Grain:
    """tones, energies: (N,) brightness, ascending, and the mean square of the grain's high frequencies there.

    size_px: Gaussian radius of a clump. carried: share of its energy that each neighbour still has when it is moved.
    """

    tones: Plane
    energies: Plane
    size_px: float
    carried: tuple[float, ...]

    @property
    def is_none(self) -> bool:
        return not self.energies.any()

    def lacking(self, luma: Plane, shares: Plane) -> Plane:
        """Return the deviation of the grain that a fill of this luma (…) lacks.

        shares: (neighbours + 1, …), how much of each neighbour and, last, of the frame itself is in it.
        """
        kept = shares[-1] * shares[-1]
        for share, carried in zip(shares[:-1], self.carried, strict=True):
            kept += np.float32(carried) * share * share
        energy = np.interp(luma, self.tones, self.energies).astype(np.float32)
        return np.asarray(np.sqrt(energy * np.maximum(1 - kept, np.float32(0))), np.float32)


NO_GRAIN = Grain(np.zeros(1, np.float32), np.zeros(1, np.float32), 0.0, ())


def measured(here: Plane, others: Sequence[Plane], intact: npt.NDArray[np.bool_]) -> Grain:
    """Return the grain of patches (P, S, S) of a frame's luma.

    others: the same patches of the neighbours moved onto the frame; none: the evenest places tell. intact: (P, S, S)
    where nothing is damaged.
    """
    high = _high(here)
    near = [_high(other) for other in others]
    mean = np.mean(near, axis=0, dtype=np.float32) if near else np.zeros_like(high)
    own = high * (high - mean)
    texture = near[0] * near[1] if len(near) > 1 else near[0] ** 2 if near else own
    usable = _cells(intact.astype(np.float32)) > 0.999
    if np.count_nonzero(usable) < LEAST_CELLS:
        return Grain(NO_GRAIN.tones, NO_GRAIN.energies, 0.0, (0.0,) * len(near))
    light, energy, rough = (_cells(plane)[usable] for plane in (here, own, np.abs(texture)))
    tones, energies, chosen = _by_tone(light, energy, _cells(texture)[usable] if len(near) > 1 else rough)
    whole = float(np.mean(energy[chosen]))
    if whole <= 0:
        return Grain(tones, energies, 0.0, (0.0,) * len(near))
    carried = tuple(
        float(np.clip(np.mean(_cells(other * (other - high))[usable][chosen]) / whole, 0.0, 1.0)) for other in near
    )
    beside = 0.5 * (_beside(high, high - mean, 1) + _beside(high, high - mean, 2))
    likeness = float(np.mean(_cells(beside)[usable][chosen])) / whole
    return Grain(tones, energies, _size_of(likeness), carried)


def noise_at(grain: Grain, seed: bytes, rows: npt.NDArray[np.intp], columns: npt.NDArray[np.intp]) -> Plane:
    """Return (len(rows), len(columns)) grain of that size, its high frequencies of mean square 1.

    seed: 8 bytes or more, of the frame's content: the same frame has the same grain at the same place.
    """
    tile = _tile(grain.size_px)
    down, right = (int.from_bytes(seed[part : part + 4], "little") for part in (0, 4))
    return tile[np.ix_((rows + down) % TILE, (columns + right) % TILE)]


def _by_tone(light: Plane, energy: Plane, texture: Plane) -> tuple[Plane, Plane, npt.NDArray[np.intp]]:
    """Return tones, energies and the even cells that they were taken from."""
    order = np.argsort(light, kind="stable")
    tones, energies, chosen = [], [], []
    for part in np.array_split(order, TONES):
        even = part[np.argsort(texture[part], kind="stable")[: max(1, round(EVENEST_SHARE * len(part)))]]
        tones.append(float(np.mean(light[even])))
        energies.append(_counted(_usual(energy[even])))
        chosen.append(even)
    return np.asarray(tones, np.float32), np.asarray(energies, np.float32), np.concatenate(chosen)


def _usual(energies: Plane) -> float:
    """Return the mean in which no cell counts for more than twice the median."""
    return float(np.mean(np.minimum(energies, 2 * max(float(np.median(energies)), 0.0))))


def _counted(energy: float) -> float:
    """Return an energy without what is no grain."""
    sure = np.clip((energy - LEAST_ENERGY) / (SURE_ENERGY - LEAST_ENERGY), 0.0, 1.0)
    return float(min(energy, MOST_ENERGY) * sure)


def _cells(planes: Plane) -> Plane:
    """Return (P, n, n) means of 8×8 pixels, without those that a filter's reach across the edge has touched."""
    inner = planes[:, EDGE:-EDGE, EDGE:-EDGE]
    count, side = inner.shape[0], inner.shape[1] // CELL
    inner = inner[:, : side * CELL, : side * CELL]
    return np.asarray(inner.reshape(count, side, CELL, side, CELL).mean((2, 4)), np.float32)


def _high(patches: Plane) -> Plane:
    """Return the high frequencies of each patch."""
    tall = patches.reshape(-1, patches.shape[2])
    window = (HIGH_WINDOW_PX, HIGH_WINDOW_PX)
    return np.asarray((tall - cv2.GaussianBlur(tall, window, HIGH_SIGMA_PX)).reshape(patches.shape), np.float32)


def _beside(first: Plane, second: Plane, axis: int) -> Plane:
    """Return the products of each pixel with the next one."""
    return np.asarray(first * np.roll(second, -1, axis), np.float32)


def _size_of(likeness: float) -> float:
    """Return the size of clumps whose high frequencies are so like those a pixel away."""
    found = [abs(_likeness(size) - likeness) for size in SIZES_PX]
    return SIZES_PX[int(np.argmin(found))]


@functools.cache
def _likeness(size_px: float) -> float:
    high = _high(_tile(size_px)[None])[0]
    return float(np.mean(high[:, 1:] * high[:, :-1]) / np.mean(high * high))


@functools.cache
def _tile(size_px: float) -> Plane:
    """Return (512, 512) grain that goes on at the other edge."""
    generator = np.random.Generator(np.random.Philox(TILE_SEED))
    white = generator.standard_normal((TILE, TILE), dtype=np.float32)
    reach = 16
    wide = np.pad(white, reach, mode="wrap")
    if size_px > 0:
        wide = cv2.GaussianBlur(wide, (0, 0), size_px)
    high = _high(wide[None])[0][reach:-reach, reach:-reach]
    tile = wide[reach:-reach, reach:-reach] / np.float32(np.sqrt(np.mean(high * high, dtype=np.float64)))
    return np.ascontiguousarray(tile, np.float32)
