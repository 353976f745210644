"""The deflicker model, in four steps.

`describe` knows a frame, `compare` how the light changed between two of them, `expect` where the light of a window's
centre should be, and `correct` brings it there.
"""

from reelmend_models.definitions.deflicker.compare import BANDS, FIELD_COLUMNS, FIELD_ROWS, Compare
from reelmend_models.definitions.deflicker.correct import Correct
from reelmend_models.definitions.deflicker.describe import GRID_COLUMNS, GRID_ROWS, Describe
from reelmend_models.definitions.deflicker.expect import Expect
from reelmend_models.definitions.deflicker.fitted_trend import FittedTrend
from reelmend_models.definitions.deflicker.tones import TONES
from reelmend_models.definitions.deflicker.trend_net import REACH_FRAMES, TrendNet

__all__ = [
    "BANDS",
    "FIELD_COLUMNS",
    "FIELD_ROWS",
    "GRID_COLUMNS",
    "GRID_ROWS",
    "REACH_FRAMES",
    "TONES",
    "Compare",
    "Correct",
    "Describe",
    "Expect",
    "FittedTrend",
    "TrendNet",
]
