"""Measures of restored film, with and without a reference."""

from reelmend.quality.errors import QualityError
from reelmend.quality.fidelity import psnr
from reelmend.quality.flicker import (
    flicker_energy_global,
    flicker_energy_local,
    flicker_residual_global,
    flicker_residual_local,
    flicker_std_global,
    luma_grid_series,
    mean_luma_series,
)
from reelmend.quality.flicker_series import flicker_energy, flicker_residual, high_pass, log_luma, log_ratio

__all__ = [
    "QualityError",
    "flicker_energy",
    "flicker_energy_global",
    "flicker_energy_local",
    "flicker_residual",
    "flicker_residual_global",
    "flicker_residual_local",
    "flicker_std_global",
    "high_pass",
    "log_luma",
    "log_ratio",
    "luma_grid_series",
    "mean_luma_series",
    "psnr",
]
