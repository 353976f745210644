from fractions import Fraction

import pytest

from reelmend.analysis.rhythm import mains_of


@pytest.mark.parametrize(
    ("period_frames", "rate", "mains"),
    [
        (6.0, Fraction(24), "50 Hz mains"),
        (3.0, Fraction(30), "50 Hz mains"),
        (5.0, Fraction(25), "60 Hz mains"),
        (3.6, Fraction(18), None),
        (4.0, Fraction(24), None),
    ],
)
def test_beat_of_lamps_with_the_frame_rate_is_named(period_frames: float, rate: Fraction, mains: str | None) -> None:
    assert mains_of(period_frames, rate) == mains


def test_beat_too_slow_to_be_told_from_drift_is_not_named() -> None:
    assert mains_of(200.0, Fraction(30000, 1001)) is None
