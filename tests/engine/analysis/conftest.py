"""The analysis of a clip in memory."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from reelmend.analysis import Analysis, analyse
from reelmend.effects.common_parameters import with_common
from reelmend.inference.models import ModelStore
from reelmend.parameters import Parameter
from support.clips import Frames

Analyse = Callable[..., Analysis]


@pytest.fixture(scope="session")
def deflicker_parameters() -> tuple[Parameter, ...]:
    return with_common(ModelStore.default().get("deflicker").manifest)


@pytest.fixture(scope="session")
def analysed(deflicker_parameters: tuple[Parameter, ...]) -> Analyse:
    """Analyse (N, 3, H, W) frames at 24 a second, as the command does."""

    def run(frames: Frames, rate: Fraction = Fraction(24), first_frame: int = 0) -> Analysis:
        return analyse(iter(frames), deflicker_parameters, frame_rate=rate, first_frame=first_frame)

    return run
