"""Reelmend's own effects as methods: every effect of the catalogue with the defaults that a user gets, and variants."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np

from reelmend.clips import RememberedClip
from reelmend.effects.catalogue import EFFECTS, find_effect, find_model
from reelmend.effects.clip import effect_radius_frames, render_frame
from reelmend.effects.renderer import Renderer
from reelmend.errors import ReelmendError
from reelmend.frames import Planes
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.session import import_onnxruntime
from reelmend.quality.peers.method import Method, Pixels, Restored, as_pixels

MATTE_OUTPUT = "matte"
FOUND_FROM = 0.5
MEMORY_BYTES = 256 << 20
"""For frames that are held, and for what is known of them: enough for the widest window at 720p."""


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


@dataclass(frozen=True)
class Variant:
    """An effect with some of its parameters set, to be held against its defaults."""

    name: str
    effect: str
    values: Mapping[str, object]
    what: str


VARIANTS = (
    Variant(
        "reelmend-deflicker-fitted",
        "deflicker",
        {"trend": "fitted"},
        "the trend by fitted lines: nothing in it is learned",
    ),
    Variant("reelmend-deflicker-bands", "deflicker", {"local_shape": "bands"}, "horizontal bands in place of patches"),
)


def render_effect(effect: str, values: Mapping[str, object], frames: Pixels) -> Restored:
    """Return the clip through one effect in this process, rounded to 8 bits like everyone's result."""
    renderer = Renderer(ModelStore.default(), memory_bytes=MEMORY_BYTES)
    restored = np.empty_like(frames)
    for index, planes in _rendered(renderer, effect, values, frames, "result"):
        restored[index] = as_pixels(cv2.merge(list(planes * np.float32(255.0))))
    if MATTE_OUTPUT not in _model(effect).manifest.outputs:
        return Restored(restored)
    matte = np.empty(frames.shape[:3], np.bool_)
    for index, planes in _rendered(renderer, effect, values, frames, MATTE_OUTPUT):
        matte[index] = planes.max(axis=0) >= FOUND_FROM
    return Restored(restored, matte)


def _rendered(
    renderer: Renderer, effect: str, values: Mapping[str, object], frames: Pixels, output: str
) -> Iterator[tuple[int, Planes]]:
    clip = RememberedClip(ByteClip(frames), MEMORY_BYTES)
    radius_frames = effect_radius_frames(renderer, effect, values)
    for frame in range(len(frames)):
        yield frame, render_frame(renderer, effect, values, clip, frame, radius_frames, output=output)


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


def _method(name: str, effect: str, values: Mapping[str, object], with_what: str) -> Method:
    return Method(
        name,
        f"this project's effect '{effect}' with {with_what}, on the CPU",
        partial(render_effect, effect, values),
        partial(_version, effect),
        partial(_missing, effect),
        is_variant=bool(values),
    )


METHODS = (
    *(_method(f"reelmend-{effect}", effect, {}, "its defaults") for effect in EFFECTS if EFFECTS[effect].default_model),
    *(_method(one.name, one.effect, one.values, one.what) for one in VARIANTS),
)
