"""Whether a rhythm of flicker is that of lamps on alternating current."""

from __future__ import annotations

from fractions import Fraction

PULSES_PER_S = {100: "50 Hz mains", 120: "60 Hz mains"}
TOLERATED_CYCLES_PER_FRAME = 0.015
SLOWEST_CYCLES_PER_FRAME = 0.03
"""Slower beats are not told from drifting light."""


def mains_of(period_frames: float, frame_rate: Fraction) -> str | None:
    """Return the mains whose light beats with the frame rate at this period, None when neither 50 nor 60 Hz does.

    Lamps pulse twice a cycle; what a camera sees of that is its distance to the nearest multiple of the frame rate.
    """
    seen = 1.0 / period_frames
    for pulses_per_s, name in PULSES_PER_S.items():
        per_frame = pulses_per_s / float(frame_rate)
        beat = abs(per_frame - round(per_frame))
        if beat >= SLOWEST_CYCLES_PER_FRAME and abs(beat - seen) <= TOLERATED_CYCLES_PER_FRAME:
            return name
    return None
