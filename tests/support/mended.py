"""Clips and single frames through the deflicker, by an engine in this process."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reelmend.buffer.memory import ContentMemory
from reelmend.clips import ClipSource
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import Planes
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, Frames


def fresh_renderer(budget_bytes: int = 1 << 30, threads: int = 1) -> Renderer:
    return Renderer(ModelStore.default(), memory=ContentMemory(budget_bytes), threads=threads)


def rendered(
    renderer: Renderer,
    frames: Frames,
    which: Iterable[int] | None = None,
    *,
    output: str = "result",
    mask: ClipSource | None = None,
    **parameters: object,
) -> Frames:
    """Return those of the frames (N, 3, H, W), or all, mended by the deflicker."""
    numbers = range(len(frames)) if which is None else which
    clip = render_clip(renderer, "deflicker", parameters, ArrayClip(frames), numbers, output=output, mask=mask)
    return np.stack([planes for _, planes in clip])


def mean_light(frames: Iterable[Planes]) -> np.ndarray:
    """Return the log of each frame's mean."""
    return np.log([planes.mean(dtype=np.float64) for planes in frames])
