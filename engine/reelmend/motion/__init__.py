"""Motion between two frames: looks of light for optical flow, flows, how far they can be trusted, and warps along them.

Pure functions of arrays, single-threaded, so that the same pair gives the same bits on any number of threads. The
engine's effects and the training of their nets share this one: a net sees in the engine what it saw when it learned.
"""

from reelmend.motion.flow import FLOW_ROWS, Flow, composed, disagreement, flow_between, flow_size, texture_of
from reelmend.motion.steady import hidden_on_grid, steadied
from reelmend.motion.warp import moved, moved_part

__all__ = [
    "FLOW_ROWS",
    "Flow",
    "composed",
    "disagreement",
    "flow_between",
    "flow_size",
    "hidden_on_grid",
    "moved",
    "moved_part",
    "steadied",
    "texture_of",
]
