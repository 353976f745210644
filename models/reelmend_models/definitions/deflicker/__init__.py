"""The deflicker model: `describe` knows a frame's brightness, `correct` brings it to the trend of its window."""

from reelmend_models.definitions.deflicker.correct import Correct
from reelmend_models.definitions.deflicker.describe import GRID_COLUMNS, GRID_ROWS, QUANTILES, Describe

__all__ = ["GRID_COLUMNS", "GRID_ROWS", "QUANTILES", "Correct", "Describe"]
