"""What a restorer did to a clip that nothing was wrong with, and how much of the fine detail it kept."""

from __future__ import annotations

from collections.abc import Iterator

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.quality.clips import Clip, Frame, luma, paired
from reelmend.quality.errors import QualityError
from reelmend.quality.fidelity import psnr_of_mse
from reelmend.quality.flicker_series import LUMA_FLOOR

DETAIL_SIGMA_PX = 2.0
DARKEST_DETAIL = 16.0 / 255.0
BRIGHTEST_DETAIL = 240.0 / 255.0
"""Where the blurred source lies beyond these, rounding and clipping weigh more than detail: not looked at."""

LEFT_ALONE = "no frame was altered"
NAMES = ("restored", "source")


def psnr_altered(restored: Clip, source: Clip) -> float:
    """Return the PSNR in dB between result and source over those frames in which any value differs.

    `fidelity.psnr` of these frames alone, so that frames left as they were lend no weight; for clips without damage.
    Range up to 100 dB, higher is better. QualityError when no frame was altered. Definition: this project's.
    """
    errors = [float(np.mean(np.square(r - s), dtype=np.float64)) for r, s in _altered(restored, source)]
    if not errors:
        raise QualityError(LEFT_ALONE)
    return psnr_of_mse(float(np.mean(errors)))


def luma_moved(restored: Clip, source: Clip) -> float:
    """Return how far mean luma moved over the frames that were altered, as a share of their light.

    Σ|mean(restored_t) − mean(source_t)| / Σ mean(source_t): each frame counts by its light, so that the last frames of
    a fade to black, where a third of a level is a third of the light, do not drown the rest. Range 0 (also when no
    frame was altered) to ∞, lower is better on clips without flicker; 0.003 is 0.3 %. Means are floored at 1/255.
    Definition: this project's.
    """
    means = _mean_lumas(restored, source)
    return sum(abs(r - s) for r, s in means) / sum(s for _, s in means) if means else 0.0


def luma_moved_worst(restored: Clip, source: Clip) -> float:
    """Return how far mean luma moved in the frame where it moved most, as a share of that frame's light.

    Largest |restored − source| / source. Range 0 to ∞, lower is better. Definition: this project's.
    """
    return max((abs(r - s) / s for r, s in _mean_lumas(restored, source)), default=0.0)


def high_frequency_kept(restored: Clip, source: Clip) -> float:
    """Return the energy of fine detail in the result over that in the source, both relative to local exposure.

    Σ(h_restored²) / Σ(h_source²), h = (L − G∗L) / (G∗L + 1/255), L = luma, G = a Gaussian of σ 2 px; over all frames
    and those pixels where G∗L of the source lies within 16…240 of 255. Dividing by the blurred luma cancels any smooth
    gain, so that what flickered, and what was done against it, does not count as detail gained or lost. Range 0 to ∞,
    best at 1: below, grain and detail were smoothed away; above, something sharp or noisy was added. QualityError when
    no pixel can be looked at, or the source has no detail. Definition: this project's.
    """
    energies = np.array([_detail_energies(luma(r), luma(s)) for r, s in paired(restored, source, NAMES)])
    kept, there = energies.sum(axis=0)
    if there <= 0.0:
        raise QualityError("the source has no fine detail between black and white to look at")
    return float(kept / there)


def _altered(restored: Clip, source: Clip) -> Iterator[tuple[Frame, Frame]]:
    return ((r, s) for r, s in paired(restored, source, NAMES) if not np.array_equal(r, s))


def _mean_lumas(restored: Clip, source: Clip) -> list[tuple[float, float]]:
    return [(_mean_luma(r), _mean_luma(s)) for r, s in _altered(restored, source)]


def _mean_luma(frame: Frame) -> float:
    return max(float(luma(frame).mean(dtype=np.float64)), LUMA_FLOOR)


def _detail_energies(restored: Frame, source: Frame) -> tuple[float, float]:
    blurred = _blurred(source)
    seen = (blurred >= DARKEST_DETAIL) & (blurred <= BRIGHTEST_DETAIL)
    return _energy(restored, _blurred(restored), seen), _energy(source, blurred, seen)


def _energy(plane: Frame, blurred: Frame, seen: NDArray[np.bool_]) -> float:
    detail = (plane - blurred) / (blurred + np.float32(LUMA_FLOOR))
    return float(np.sum(np.square(detail[seen], dtype=np.float64)))


def _blurred(plane: Frame) -> Frame:
    return np.asarray(cv2.GaussianBlur(plane, (0, 0), DETAIL_SIGMA_PX), np.float32)
