"""Reelmend's own effects as methods: every effect of the catalogue, with the defaults that a user gets."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np

from reelmend.effects.catalogue import EFFECTS, find_effect, find_model
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.errors import ReelmendError
from reelmend.frames import Planes
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.session import import_onnxruntime
from reelmend.quality.peers.method import Method, Pixels, Restored, as_pixels

MATTE_OUTPUT = "matte"
FOUND_FROM = 0.5


@dataclass(frozen=True)
class ByteClip:
    """8-bit frames as the engine reads a clip: (3, H, W) float32, 1.0 at full scale."""

    frames: Pixels
    first_frame: int = 0

    @property
    def last_frame(self) -> int:
        return len(self.frames) - 1

    def read(self, frame: int) -> Planes:
        return np.ascontiguousarray(self.frames[frame].transpose(2, 0, 1), np.float32) / np.float32(255.0)


def render_effect(effect: str, frames: Pixels) -> Restored:
    """Return the clip through one effect in this process, rounded to 8 bits like everyone's result."""
    renderer = Renderer(ModelStore.default())
    restored = _rendered(renderer, effect, frames, "result").transpose(0, 2, 3, 1)
    if MATTE_OUTPUT not in _model(effect).manifest.outputs:
        return Restored(as_pixels(restored * np.float32(255.0)))
    matte = _rendered(renderer, effect, frames, MATTE_OUTPUT).max(axis=1)
    return Restored(as_pixels(restored * np.float32(255.0)), matte >= FOUND_FROM)


def _rendered(renderer: Renderer, effect: str, frames: Pixels, output: str) -> Planes:
    rendered = render_clip(renderer, effect, {}, ByteClip(frames), range(len(frames)), output=output)
    return np.stack([planes for _, planes in rendered])


def _model(effect: str) -> Model:
    return find_model(ModelStore.default(), find_effect(effect))


def _version(effect: str) -> str:
    manifest = _model(effect).manifest
    return f"model {manifest.id} {manifest.version}, weights {manifest.weights_sha256[:12]}"


def _missing(effect: str) -> str:
    try:
        import_onnxruntime()
        model = _model(effect)
        for stage in model.manifest.stages:
            model.weights_of(stage)
    except ReelmendError as error:
        return str(error)
    return ""


METHODS = tuple(
    Method(
        f"reelmend-{effect}",
        f"this project's effect '{effect}' with its defaults, on the CPU",
        partial(render_effect, effect),
        partial(_version, effect),
        partial(_missing, effect),
    )
    for effect in EFFECTS
)
