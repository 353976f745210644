"""Digest, proxy and planes of the C++ transport have the very bits of the engine's."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest

from reelmend.frames import content_digest, make_proxy, planes_from_interleaved

from .conftest import Probe

Content = Callable[[np.random.Generator, tuple[int, int, int]], npt.NDArray[np.float32]]
SIZES = [(1, 1), (2, 1), (17, 3), (319, 179), (320, 180), (321, 181), (1000, 7), (7, 1000), (1283, 723)]


def ordinary(rng: np.random.Generator, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    return rng.random(shape, np.float32)


def wild(rng: np.random.Generator, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """Any bit pattern: NaN with payloads, infinities, denormals, both signs, huge values."""
    return rng.integers(0, 2**32, shape, np.uint32).view(np.float32)


def mostly_invalid(rng: np.random.Generator, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    pixels = rng.normal(0, 3000, shape).astype(np.float32)
    pixels[rng.random(shape[:2]) < 0.97] = [np.nan, np.inf, -np.inf, 1][: shape[2]]
    return pixels


def all_invalid(_rng: np.random.Generator, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    return np.full(shape, np.nan, np.float32)


def halves(rng: np.random.Generator, shape: tuple[int, int, int]) -> npt.NDArray[np.float32]:
    """Samples half-way between two steps of 2^-20, where rounding to even shows."""
    steps = rng.integers(-(2**12), 2**12, shape)
    return ((steps + 0.5) * 2.0**-20).astype(np.float32)


@pytest.mark.parametrize("content", [ordinary, wild, mostly_invalid, all_invalid, halves])
@pytest.mark.parametrize("components", [1, 3, 4])
def test_every_bit_matches_for_all_sizes(probe: Probe, content: Content, components: int) -> None:
    rng = np.random.default_rng(components)
    for width, height in SIZES:
        pixels = content(rng, (height, width, components))
        for direction in ("down", "up"):
            digest, proxy, planes = through_transport(probe, pixels, direction)
            expected = pixels[None, :, :, 0] if components == 1 else planes_from_interleaved(pixels)
            assert planes == expected.tobytes(), (width, height, direction)
            assert digest == content_digest(expected).hex(), (width, height, direction)
            assert proxy == make_proxy(expected).tobytes(), (width, height, direction)


def through_transport(probe: Probe, pixels: npt.NDArray[np.float32], direction: str) -> tuple[str, bytes, bytes]:
    """Return the digest, the proxy and the planes; the file holds the rows bottom-up for "up"."""
    height, width, components = pixels.shape
    path, out = probe.folder / "image.f32", probe.folder / "image"
    (pixels[::-1] if direction == "up" else pixels).tofile(path)
    command = [str(probe.program), "frame", str(path), str(width), str(height), str(components), direction, str(out)]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    return said, out.with_suffix(".proxy").read_bytes(), out.with_suffix(".planes").read_bytes()
