"""Measures of restored film, with and without a reference."""

from reelmend.quality.altered import high_frequency_kept, luma_moved, luma_moved_worst, psnr_altered
from reelmend.quality.errors import MeasureUnavailableError, QualityError
from reelmend.quality.fidelity import psnr, ssim
from reelmend.quality.fill import fill_grain
from reelmend.quality.flicker import (
    drift,
    flicker_energy_global,
    flicker_energy_local,
    flicker_residual_global,
    flicker_residual_local,
    flicker_spectrum_global,
    flicker_std_global,
    luma_grid_series,
    mean_luma_series,
)
from reelmend.quality.flicker_series import (
    Spectrum,
    drift_residual,
    flicker_energy,
    flicker_residual,
    flicker_spectrum,
    high_pass,
    log_luma,
    log_ratio,
)
from reelmend.quality.halo import halo
from reelmend.quality.mattes import MatteScores, matte_scores, matte_scores_beyond_margin, matte_scores_per_class
from reelmend.quality.motion import flow_steps_dis, temporal_difference_error, warp_error_dis
from reelmend.quality.plant import Recovery, plant_and_recover
from reelmend.quality.registry import MEASURES, Direction, Measure, Need, Reading, take
from reelmend.quality.repair import bit_identical_share, changed_ppm, grain_kept, harm_ppm, psnr_inside, psnr_outside
from reelmend.quality.scene import Restoration, Scene
from reelmend.quality.scratches import FalseScratches, false_scratches
from reelmend.quality.timeline import Timeline, TimelineFinder, find_timeline
from reelmend.quality.vmaf_ffmpeg import vmaf

__all__ = [
    "MEASURES",
    "Direction",
    "FalseScratches",
    "MatteScores",
    "Measure",
    "MeasureUnavailableError",
    "Need",
    "QualityError",
    "Reading",
    "Recovery",
    "Restoration",
    "Scene",
    "Spectrum",
    "Timeline",
    "TimelineFinder",
    "bit_identical_share",
    "changed_ppm",
    "drift",
    "drift_residual",
    "false_scratches",
    "fill_grain",
    "find_timeline",
    "flicker_energy",
    "flicker_energy_global",
    "flicker_energy_local",
    "flicker_residual",
    "flicker_residual_global",
    "flicker_residual_local",
    "flicker_spectrum",
    "flicker_spectrum_global",
    "flicker_std_global",
    "flow_steps_dis",
    "grain_kept",
    "halo",
    "harm_ppm",
    "high_frequency_kept",
    "high_pass",
    "log_luma",
    "log_ratio",
    "luma_grid_series",
    "luma_moved",
    "luma_moved_worst",
    "matte_scores",
    "matte_scores_beyond_margin",
    "matte_scores_per_class",
    "mean_luma_series",
    "plant_and_recover",
    "psnr",
    "psnr_altered",
    "psnr_inside",
    "psnr_outside",
    "ssim",
    "take",
    "temporal_difference_error",
    "vmaf",
    "warp_error_dis",
]
