"""Transfer functions on blocks of samples, defined for every float32; NaN stays NaN.

They keep order: of two samples the larger never comes out smaller by more than 1.5e-6 of its size, which is what
rounding and the seams between a curve's parts amount to.

`decode` takes coded values to linear light, `encode` takes them back. Both read `block` and write `out`, which may be
the same array. Constants are worked out in double precision; the samples stay float32. `numpy.exp` and `numpy.log` are
vectorised for float32 on every x86 processor of the last ten years, `power`, `exp2` and `log2` only on the newest: that
is why everything here goes through the natural logarithm.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import numpy.typing as npt

Samples = npt.NDArray[np.float32]
"""Samples of any shape, float32."""

LARGEST_LINEAR = 65504.0
"""The largest half float, and the end of ACES: above it a logarithmic curve goes on as a straight line."""


class Curve(Protocol):
    def decode(self, block: Samples, out: Samples) -> None: ...

    def encode(self, block: Samples, out: Samples) -> None: ...


@dataclass(frozen=True, slots=True)
class Line:
    """Value `coded` ↔ `linear`, with `slope` = d linear / d coded."""

    coded: float
    linear: float
    slope: float

    def decode(self, block: Samples) -> Samples:
        return (block - self.coded) * self.slope + self.linear

    def encode(self, block: Samples) -> Samples:
        return (block - self.linear) / self.slope + self.coded


@dataclass(frozen=True, slots=True)
class LogCurve:
    """linear = exp(rate·coded + offset) − lift from `low` to `high`, and straight lines before and after."""

    rate: float
    offset: float
    lift: float
    low: Line
    high: Line

    def decode(self, block: Samples, out: Samples) -> None:
        inner = np.clip(block, self.low.coded, self.high.coded)
        inner *= self.rate
        inner += self.offset
        np.exp(inner, out=inner)
        inner -= self.lift
        below, above = block < self.low.coded, block > self.high.coded
        _overlay(inner, below, self.low.decode, block)
        _overlay(inner, above, self.high.decode, block)
        out[...] = inner

    def encode(self, block: Samples, out: Samples) -> None:
        inner = np.clip(block, self.low.linear, self.high.linear)
        inner += self.lift
        np.log(inner, out=inner)
        inner -= self.offset
        inner /= self.rate
        below, above = block < self.low.linear, block > self.high.linear
        _overlay(inner, below, self.low.encode, block)
        _overlay(inner, above, self.high.encode, block)
        out[...] = inner


@dataclass(frozen=True, slots=True)
class PowerCurve:
    """coded = scale·linear^exponent − (scale − 1) from `linear_break` on, slope·linear below it; odd around zero.

    From `high` on it goes along a straight line.
    """

    scale: float
    exponent: float
    slope: float
    linear_break: float
    high: Line

    def decode(self, block: Samples, out: Samples) -> None:
        size = np.abs(block)
        inner = np.clip(size, self.slope * self.linear_break, self.high.coded)
        inner += self.scale - 1
        inner /= self.scale
        np.log(inner, out=inner)
        inner /= self.exponent
        np.exp(inner, out=inner)
        _overlay(inner, size < self.slope * self.linear_break, lambda part: part / self.slope, size)
        _overlay(inner, size > self.high.coded, self.high.decode, size)
        np.copysign(inner, block, out=out)

    def encode(self, block: Samples, out: Samples) -> None:
        size = np.abs(block)
        inner = np.clip(size, self.linear_break, self.high.linear)
        np.log(inner, out=inner)
        inner *= self.exponent
        np.exp(inner, out=inner)
        inner *= self.scale
        inner -= self.scale - 1
        _overlay(inner, size < self.linear_break, lambda part: part * self.slope, size)
        _overlay(inner, size > self.high.linear, self.high.encode, size)
        np.copysign(inner, block, out=out)


class Straight:
    """Linear light: nothing to do."""

    def decode(self, block: Samples, out: Samples) -> None:
        out[...] = block

    encode = decode


def _overlay(inner: Samples, mask: npt.NDArray[np.bool_], line: _Line, block: Samples) -> None:
    if mask.any():
        np.copyto(inner, line(block), where=mask)


class _Line(Protocol):
    def __call__(self, block: Samples, /) -> Samples: ...


def _tangent(rate: float, offset: float, lift: float, coded: float) -> Line:
    power = math.exp(rate * coded + offset)
    return Line(coded, power - lift, rate * power)


def _high_end(rate: float, offset: float, lift: float) -> Line:
    return _tangent(rate, offset, lift, (math.log(LARGEST_LINEAR + lift) - offset) / rate)


def cineon_log() -> LogCurve:
    """Return Kodak's curve of printing density: 10-bit codes, white 685, black 95, 0.002 a code, negative gamma 0.6.

    Linear 0.0 is code 95 and 1.0 is code 685 (Kodak, "Conversion of 10-bit Log Film Data to 8-bit Linear or Video
    Data", 1995, without its soft clip; SMPTE ST 268 files hold such codes). Codes below 0, which no file can hold,
    follow the tangent at code 0.
    """
    white, black, density, gamma, codes = 685.0, 95.0, 0.002, 0.6, 1023.0
    decades_per_code = density / gamma
    rate = codes * decades_per_code * math.log(10)
    black_light = 10.0 ** ((black - white) * decades_per_code)
    offset = -white * decades_per_code * math.log(10) - math.log(1 - black_light)
    lift = black_light / (1 - black_light)
    return LogCurve(rate, offset, lift, _tangent(rate, offset, lift, 0.0), _high_end(rate, offset, lift))


def acescct() -> LogCurve:
    """Return ACEScct as Academy S-2016-001 defines it; above 65504, where the standard stops, it is the tangent."""
    linear_break, slope, intercept = 0.0078125, 10.5402377416545, 0.0729055341958355
    rate, offset = 17.52 * math.log(2), -9.72 * math.log(2)
    toe = Line(slope * linear_break + intercept, linear_break, 1 / slope)
    return LogCurve(rate, offset, 0.0, toe, _high_end(rate, offset, 0.0))


def video() -> PowerCurve:
    """Return the curve of Rec. ITU-R BT.709, with the constants of BT.2020 that make its two parts meet exactly.

    It is the camera's curve, not the display's of BT.1886: its slope at black is finite, so that dark noise comes
    through a round trip unharmed. Values below zero mirror those above, as in IEC 61966-2-4 (xvYCC).
    """
    scale, exponent = 1.09929682680944, 0.45
    power = LARGEST_LINEAR**exponent
    high = Line(scale * power - (scale - 1), LARGEST_LINEAR, LARGEST_LINEAR / (exponent * scale * power))
    return PowerCurve(scale, exponent, slope=4.5, linear_break=0.018053968510807, high=high)
