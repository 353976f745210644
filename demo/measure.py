"""What the demo measures while frames pass: mean luma and error to the clean clip, frame by frame."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from reelmend.frames import Planes
from reelmend.quality.clips import luma
from reelmend.quality.flicker_series import flicker_residual, log_luma, log_ratio


@dataclass
class Measures:
    """Series over the clip. `truth` stays empty for a clip whose clean state nobody knows."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    truth: list[float] = field(default_factory=list)
    error_before: list[float] = field(default_factory=list)
    error_after: list[float] = field(default_factory=list)

    def add(self, before: Planes, after: Planes, truth: Planes | None) -> None:
        self.before.append(_mean_luma(before))
        self.after.append(_mean_luma(after))
        if truth is not None:
            self.truth.append(_mean_luma(truth))
            self.error_before.append(_mean_square_error(before, truth))
            self.error_after.append(_mean_square_error(after, truth))

    def flicker(self, series: list[float]) -> float | None:
        """Return the std of the high-passed log ratio of mean luma to truth; without truth, of log mean luma.

        None for a clip too short to flicker.
        """
        if len(series) < 3:
            return None
        values = np.asarray(series)
        return flicker_residual(log_ratio(values, np.asarray(self.truth)) if self.truth else log_luma(values))

    @staticmethod
    def psnr_db(errors: list[float]) -> float | None:
        """Return the PSNR over the whole clip, peak 1; None without truth."""
        return -10 * math.log10(max(float(np.mean(errors)), 1e-12)) if errors else None


def _mean_luma(planes: Planes) -> float:
    """Return the mean over the pixels that are numbers; 0 when none is."""
    plane = luma(planes.transpose(1, 2, 0))
    valid = np.isfinite(plane)
    return float(plane[valid].mean(dtype=np.float64)) if valid.any() else 0.0


def _mean_square_error(planes: Planes, truth: Planes) -> float:
    # What a viewer can see: both as they would be shown, within 0…1.
    shown = np.nan_to_num(np.clip(planes, 0, 1)) - np.nan_to_num(np.clip(truth, 0, 1))
    return float(np.mean(shown * shown, dtype=np.float64))
