"""Plant and recover: known defects stamped on real film, so that repair can be scored where no clean truth exists."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, frames_of
from reelmend.quality.errors import QualityError
from reelmend.quality.fidelity import psnr_of_mse
from reelmend.quality.matching import Mask
from reelmend.quality.mattes import inside, outside, planes_of

RECOVERED_WITHIN = 16.0 / 255.0

Stamp: TypeAlias = Callable[[NDArray[np.float32], int], tuple[Clip, Any]]
"""Takes film (N, H, W, 3) float32 and a seed; returns the damaged film and the matte (N, H, W) of what was planted."""

Restore: TypeAlias = Callable[[NDArray[np.float32]], Clip]
"""Takes film (N, H, W, 3) float32; returns it restored, same length and size."""


@dataclass(frozen=True)
class Recovery:
    """What became of planted defects, over all seeds.

    planted_psnr_db, recovered_psnr_db: inside the planted matte, against the film as it was; before and after.
    gain_db: their difference, the repair's worth; higher is better. recovered_share: planted pixels that come back
    within 16/255 of the film, 0 to 1; higher is better. spill_ppm: pixels outside the planted matte that move by more
    than 16/255 *because* the defects were planted: restored (planted film) against restored (film), per million;
    lower is better.
    """

    planted_psnr_db: float
    recovered_psnr_db: float
    gain_db: float
    recovered_share: float
    spill_ppm: float


@dataclass
class _Sums:
    error_before: float = 0.0
    error_after: float = 0.0
    recovered: int = 0
    planted: int = 0
    spilled: int = 0
    clean: int = 0

    def add(
        self, film: Frame, planted: Frame, restored: Frame, restored_film: Frame, matte: NDArray[np.float32]
    ) -> None:
        where: Mask = inside(matte)
        apart: Mask = outside(matte)
        self.error_before += float(np.sum(np.square(planted[where] - film[where]), dtype=np.float64))
        self.error_after += float(np.sum(np.square(restored[where] - film[where]), dtype=np.float64))
        self.recovered += int(np.count_nonzero(np.abs(restored[where] - film[where]).max(axis=1) <= RECOVERED_WITHIN))
        self.planted += int(np.count_nonzero(where))
        moved = np.abs(restored - restored_film).max(axis=2) > RECOVERED_WITHIN
        self.spilled += int(np.count_nonzero(moved & apart))
        self.clean += int(np.count_nonzero(apart))


def plant_and_recover(film: Clip, stamp: Stamp, restore: Restore, seeds: Sequence[int] = (0,)) -> Recovery:
    """Return how well `restore` undoes defects that `stamp` plants on real film, pooled over the seeds.

    The film itself is the truth only inside the planted matte: what it already had of dirt stays in the reference, so
    a pixel counts by its distance to the film as it was. Spill compares two restorations and so is blind to the
    restorer's work on the film's own defects. Definition: this project's. QualityError when a seed list is empty,
    when stamp or restore change length or size, or when nothing was planted.
    """
    if not seeds:
        raise QualityError("plant and recover needs at least one seed")
    original = np.stack(list(frames_of(film, "film")))
    restored_film = _as_shape(restore(original.copy()), original, "restored film")
    sums = _Sums()
    for seed in seeds:
        stamped, matte = stamp(original.copy(), seed)
        planted = _as_shape(stamped, original, "planted film")
        planes = list(planes_of(matte, "planted matte"))
        if len(planes) != len(original) or planes[0].shape != original.shape[1:3]:
            raise QualityError(f"the planted matte must be {original.shape[:3]}, got {(len(planes), *planes[0].shape)}")
        restored = _as_shape(restore(planted.copy()), original, "restored planted film")
        for index, plane in enumerate(planes):
            sums.add(original[index], planted[index], restored[index], restored_film[index], plane)
    return _recovery(sums)


def _recovery(sums: _Sums) -> Recovery:
    if sums.planted == 0:
        raise QualityError("nothing was planted: the stamp's matte is empty for every seed")
    before = psnr_of_mse(sums.error_before / (3 * sums.planted))
    after = psnr_of_mse(sums.error_after / (3 * sums.planted))
    return Recovery(
        before, after, after - before, sums.recovered / sums.planted, 1e6 * sums.spilled / max(sums.clean, 1)
    )


def _as_shape(clip: Clip, like: NDArray[np.float32], name: str) -> NDArray[np.float32]:
    frames = np.stack(list(frames_of(clip, name)))
    if frames.shape != like.shape:
        raise QualityError(f"{name} must be {like.shape} (frames, rows, columns, channels), got {frames.shape}")
    return frames
