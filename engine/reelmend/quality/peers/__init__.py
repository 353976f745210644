"""The restorers that the bench sets side by side: peers, each behind one function over a clip, and our own effects."""

from collections.abc import Mapping

from reelmend.quality.peers import (
    brightness,
    column_filter,
    ffmpeg,
    local_gain,
    non_local_means,
    own_effects,
    temporal_median,
)
from reelmend.quality.peers.method import Method, PeerError, Pixels, Restored

INPUT = Method("input", "the damaged clip as it is", lambda frames: Restored(frames.copy()), lambda: "")

METHODS: Mapping[str, Method] = {
    method.name: method
    for method in (
        INPUT,
        *ffmpeg.METHODS,
        *brightness.METHODS,
        *local_gain.METHODS,
        *temporal_median.METHODS,
        *column_filter.METHODS,
        *non_local_means.METHODS,
        *own_effects.METHODS,
    )
}
"""Every method by name, in the order of the tables. To add one: a `Method` in a file of its family."""

__all__ = ["INPUT", "METHODS", "Method", "PeerError", "Pixels", "Restored"]
