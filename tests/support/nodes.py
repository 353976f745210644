"""The real bundle in the real headless host."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np

import pyopenfx
from reelmend.bundle import find_bundle
from support.clips import Frames

DEFLICKER = "org.reelmend.Deflicker"
MODEL = "org.reelmend.Model"


@contextlib.contextmanager
def node(
    frames: Frames, address: str, *, first_frame: int = 0, parameters: dict[str, Any] | None = None, **settings: Any
) -> Iterator[pyopenfx.Instance]:
    """A node over (N, 3, H, W) frames with alpha 1, talking to the engine at `address`."""
    with pyopenfx.load(find_bundle()) as bundle:
        with instance_in(bundle, frames, address, first_frame, parameters, **settings) as instance:
            yield instance


@contextlib.contextmanager
def instance_in(
    bundle: pyopenfx.Bundle,
    frames: Frames,
    address: str,
    first_frame: int = 0,
    parameters: dict[str, Any] | None = None,
    **settings: Any,
) -> Iterator[pyopenfx.Instance]:
    """Another node of a bundle that is loaded already."""
    last_frame = first_frame + len(frames) - 1
    size = (frames.shape[3], frames.shape[2])
    options = pyopenfx.InstanceSettings(size=size, frames=(first_frame, last_frame), **settings)
    with bundle.plugin(DEFLICKER).create(options) as instance:
        instance.set_source(lambda frame: interleaved(frames[frame - first_frame]))
        for name, value in {"engineAddress": address, **(parameters or {})}.items():
            instance.set(name, value)
        yield instance


def interleaved(planes: np.ndarray, alpha: float = 1.0) -> np.ndarray:
    """Return (3, H, W) planes as (H, W, 4) pixels."""
    _channels, height, width = planes.shape
    pixels = np.full((height, width, 4), alpha, np.float32)
    pixels[:, :, :3] = planes.transpose(1, 2, 0)
    return pixels


def planar(pixels: np.ndarray) -> np.ndarray:
    """Return the colour of (H, W, 3|4) pixels as (3, H, W) planes."""
    return np.ascontiguousarray(pixels[:, :, :3].transpose(2, 0, 1))
