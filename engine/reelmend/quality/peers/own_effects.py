"""Reelmend's own effects as methods: every effect of the catalogue with the defaults that a user gets, and variants."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.effects.catalogue import EFFECTS, find_effect, find_model
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.errors import ReelmendError
from reelmend.frames import Planes
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.session import import_onnxruntime
from reelmend.quality.peers.method import Method, Pixels, Restored, as_pixels
from reelmend.rendered import Rendered

MATTE_OUTPUT = "matte"
CLASSES_OUTPUT = "classes"
CLASSES = ("blotch", "hair", "scratch")
"""The planes of the output "classes", in order."""
MEMORY_BYTES = 512 << 20
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
    """Return the clip through one effect in this process, rounded to 8 bits like everyone's result.

    An effect that finds defects gives its matte, 255 where it covers all and 0 exactly where it is 0, and its classes;
    and, since its floats are at hand, where these are not the source's.
    """
    renderer = Renderer(ModelStore.default(), memory_bytes=MEMORY_BYTES)
    offered = _model(effect).manifest.outputs
    beside = [name for name in (MATTE_OUTPUT, CLASSES_OUTPUT) if name in offered]
    clip, shape = ByteClip(frames), frames.shape[:3]
    restored, touched = np.empty_like(frames), np.empty(shape, np.bool_)
    mattes = {name: np.zeros(shape, np.uint8) for name in (MATTE_OUTPUT, *CLASSES)}

    def told(index: int, rendered: Rendered) -> None:
        for name in beside:
            planes = rendered.planes.get(name, ())
            for key, plane in zip((MATTE_OUTPUT,) if name == MATTE_OUTPUT else CLASSES, planes, strict=False):
                mattes[key][index] = _rounded_up(plane)

    numbers = range(len(frames))
    for index, planes in render_clip(renderer, effect, values, clip, numbers, outputs=beside, told=told):
        restored[index] = as_pixels(cv2.merge(list(planes * np.float32(255.0))))
        touched[index] = np.any(planes.view(np.uint32) != clip.read(index).view(np.uint32), axis=0)
    if not beside:
        return Restored(restored)
    classes = {name: mattes[name] for name in CLASSES} if CLASSES_OUTPUT in beside else None
    return Restored(restored, mattes[MATTE_OUTPUT] if MATTE_OUTPUT in beside else None, classes, touched)


def _rounded_up(plane: Planes) -> NDArray[np.uint8]:
    return np.asarray(np.ceil(np.clip(plane, 0.0, 1.0) * np.float32(255.0)), np.uint8)


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
