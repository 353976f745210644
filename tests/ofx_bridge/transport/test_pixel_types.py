"""Pixels of every depth become the values, and results the pixels, that a plain calculation in numpy gives."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from reelmend.frames import content_digest

from .conftest import Probe

WIDTH, HEIGHT = 67, 13
TYPES: dict[str, npt.DTypeLike] = {"byte": np.uint8, "short": np.uint16, "half": np.float16, "float": np.float32}
MAXIMA = {"byte": 255, "short": 65535}
Image = npt.NDArray[Any]


@dataclass(frozen=True)
class Layout:
    depth: str
    components: int = 4
    premultiplied: bool = False
    swapped: bool = False

    @property
    def divides(self) -> bool:
        return self.premultiplied and self.components == 4

    @property
    def most(self) -> np.float32:
        return np.float32(MAXIMA.get(self.depth, 1))

    def options(self, name: str) -> list[object]:
        flags = "p" * self.premultiplied + "s" * self.swapped
        return [f"--{name}-depth", self.depth, f"--{name}-components", self.components, f"--{name}-flags", flags]


LAYOUTS = [
    Layout(depth, components, premultiplied, swapped)
    for depth in TYPES
    for components, premultiplied, swapped in [(4, False, False), (3, False, True), (4, True, False), (4, True, True)]
]


def image(layout: Layout, seed: int) -> Image:
    """Any bits at all in a third of the pixels, alpha 0 or 1 in another, ordinary values in the rest."""
    rng = np.random.default_rng(seed)
    shape = (HEIGHT, WIDTH, layout.components)
    kind = np.dtype(TYPES[layout.depth])
    wild = rng.integers(0, 256, (*shape, kind.itemsize), np.uint8).view(kind)[..., 0]
    tame = (rng.random(shape) * float(layout.most)).astype(kind)
    third = rng.integers(0, 3, shape[:2])[..., None]
    pixels = np.where(third == 0, wild, tame)
    if layout.components == 4:
        extreme = (rng.integers(0, 2, shape[:2]) * layout.most).astype(kind)
        pixels[..., 3] = np.where(third[..., 0] == 1, extreme, pixels[..., 3])
    return pixels


def colours(pixels: Image, layout: Layout) -> Image:
    return pixels[..., 2::-1] if layout.swapped else pixels[..., :3]


def factors(pixels: Image, layout: Layout) -> Image:
    """What colours are divided by."""
    if not layout.divides:
        return np.broadcast_to(layout.most, (*pixels.shape[:2], 1))
    alpha = pixels[..., 3:].astype(np.float32)
    return np.where((alpha != 0) & np.isfinite(alpha), alpha, layout.most)


def values(pixels: Image, layout: Layout) -> npt.NDArray[np.float32]:
    """(3, H, W) float32: what the pixels stand for."""
    with np.errstate(all="ignore"):
        numbers = colours(pixels, layout).astype(np.float32)
        # Even a division by 1 would change a signalling NaN.
        quotients = numbers / factors(pixels, layout) if layout.divides or layout.depth in MAXIMA else numbers
    return np.ascontiguousarray(quotients.transpose(2, 0, 1), np.float32)


def same(left: Image, right: Image) -> Image:
    return (left == right) | (np.isnan(left) & np.isnan(right))


def through(probe: Probe, pixels: Image, source: Layout, *more: object) -> tuple[str, Any]:
    out = probe.folder / "out"
    pixels.tofile(probe.folder / "source")
    command = ["pixels", "--source", probe.folder / "source", "--size", f"{WIDTH}x{HEIGHT}", "--out", out]
    arguments = [str(word) for word in [probe.program, *command, *source.options("source"), *more]]
    said = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()
    return said, out


@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_values_are_numbers_over_their_maximum_and_over_alpha(probe: Probe, layout: Layout) -> None:
    pixels = image(layout, 1)
    digest, out = through(probe, pixels, layout)
    planes = np.fromfile(out.with_suffix(".planes"), np.float32).reshape(3, HEIGHT, WIDTH)
    expected = values(pixels, layout)
    assert same(planes, expected).all()
    assert digest == content_digest(planes).hex()
    if layout.depth != "half" and not layout.divides:
        assert planes.tobytes() == expected.tobytes()
    with np.errstate(over="ignore"):
        halves = np.fromfile(out.with_suffix(".halves"), np.float16).reshape(planes.shape)
        assert same(halves, planes.astype(np.float16)).all()


@pytest.mark.parametrize("sent", ["floats", "halves"])
@pytest.mark.parametrize("layout", LAYOUTS, ids=str)
def test_results_are_rounded_and_what_was_left_alone_keeps_its_bits(probe: Probe, layout: Layout, sent: str) -> None:
    pixels = image(layout, 2)
    given = values(pixels, layout)
    with np.errstate(all="ignore"):
        if sent == "halves" and not (layout.depth == "half" and not layout.divides):
            given = given.astype(np.float16).astype(np.float32)
        rng = np.random.default_rng(3)
        touched = rng.random(given.shape) < 0.5
        result = np.where(touched, given * np.float32(1.25) + np.float32(0.01), given)
        result.tofile(probe.folder / "planes")
        _, out = through(
            probe, pixels, layout, "--planes", probe.folder / "planes", "--sent", sent, *layout.options("target")
        )
        got = np.fromfile(out.with_suffix(".pixels"), TYPES[layout.depth]).reshape(pixels.shape)
        kept = same(result, given).transpose(1, 2, 0)
        bits = f"u{got.itemsize}"
        assert (colours(got.view(bits), layout)[kept] == colours(pixels.view(bits), layout)[kept]).all()
        if layout.components == 4:
            assert (got.view(bits)[..., 3] == pixels.view(bits)[..., 3]).all()
        stored = result.transpose(1, 2, 0) * (factors(pixels, layout) if layout.divides else layout.most)
        fresh = colours(got, layout)[~kept]
        if layout.depth in MAXIMA:
            ideal = np.nan_to_num(stored.astype(np.float64), nan=0, posinf=np.inf, neginf=0)[~kept]
            # Off by less than the rounding of a float beside half a step.
            assert (np.abs(fresh - np.clip(ideal, 0, float(layout.most))) <= 0.5 + float(layout.most) * 1e-6).all()
        else:
            assert same(fresh, stored[~kept].astype(fresh.dtype)).all()


@pytest.mark.parametrize("depth", TYPES)
def test_a_target_of_another_depth_gets_the_nearest_value(probe: Probe, depth: str) -> None:
    source, target = Layout("float"), Layout(depth, 4, False, True)
    rng = np.random.default_rng(4)
    pixels = rng.random((HEIGHT, WIDTH, 4)).astype(np.float32)
    result = rng.random((3, HEIGHT, WIDTH)).astype(np.float32)
    result.tofile(probe.folder / "planes")
    _, out = through(probe, pixels, source, "--planes", probe.folder / "planes", *target.options("target"))
    got = np.fromfile(out.with_suffix(".pixels"), TYPES[depth]).reshape(pixels.shape)
    expected = np.concatenate([result.transpose(1, 2, 0), pixels[..., 3:]], axis=-1) * target.most
    wanted = np.rint(expected) if depth in MAXIMA else expected
    assert (colours(got, target) == wanted[..., :3].astype(got.dtype)).all()
    assert (got[..., 3] == wanted[..., 3].astype(got.dtype)).all()
