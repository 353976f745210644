"""What ails a clip, before anything is mended: cuts, repeated frames, the kind and strength of flicker, and advice.

`analyse` is the door: one pass over the frames. `summarise` makes it plain values, `draw_analysis` a picture.
"""

from reelmend.analysis.analyse import Analysis, analyse
from reelmend.analysis.events import Events, Outlier
from reelmend.analysis.plot import draw_analysis
from reelmend.analysis.recommendation import EFFECT, USED_PARAMETERS, Recommendation, Setting
from reelmend.analysis.strength import Flicker, Strength
from reelmend.analysis.summary import series, summarise
from reelmend.analysis.verdict import Kind, Verdict

__all__ = [
    "EFFECT",
    "USED_PARAMETERS",
    "Analysis",
    "Events",
    "Flicker",
    "Kind",
    "Outlier",
    "Recommendation",
    "Setting",
    "Strength",
    "Verdict",
    "analyse",
    "draw_analysis",
    "series",
    "summarise",
]
