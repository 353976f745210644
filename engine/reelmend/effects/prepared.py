"""Source frames as a model's graphs take them: its transfer function, its multiple, its sample type, its axes."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from reelmend.colour import Conversion
from reelmend.effects.effect import Workbench
from reelmend.errors import BadRequestError, ModelError
from reelmend.frames import FrameForm, FrameFormat, FrameRef, Planes, round_to_halves
from reelmend.inference.session import Array
from reelmend.inference.tiling import pad_into, padded_length
from reelmend.manifest import Tensor

FINITE_BYTES = 256


class Preparation:
    """Makes frames ready for one model. What needs no change is passed on by reference."""

    def __init__(self, bench: Workbench, conversion: Conversion | None) -> None:
        self._bench = bench
        self._conversion = conversion
        self._multiple = bench.model.manifest.spatial.multiple
        self._refuses_non_finite = bench.model.manifest.colour.non_finite == "refused"

    def size(self, form: FrameFormat) -> tuple[int, int]:
        """Return (height, width) with the padding."""
        return padded_length(form.height, self._multiple), padded_length(form.width, self._multiple)

    def is_at_hand(self, ref: FrameRef, form: FrameForm, dtype: str) -> bool:
        """Say whether the frame is remembered as the model takes it, so that it need not cross again."""
        return self._changes(ref.format.in_form(form), dtype) and self._bench.pin(self._key(ref, form, dtype))

    def remembered(self, ref: FrameRef, form: FrameForm, dtype: str) -> Array:
        """Return the (C, H, W) frame; a changed one is remembered for the other windows that it is in."""
        if not self._changes(ref.format.in_form(form), dtype):
            return self.once(ref, form, dtype)

        def compute() -> tuple[Array, int]:
            planes = self.once(ref, form, dtype)
            return planes, planes.nbytes

        prepared: Array = self._bench.feature(self._key(ref, form, dtype), compute)
        return prepared

    def once(self, ref: FrameRef, form: FrameForm, dtype: str) -> Array:
        """Return the (C, H, W) frame, for a stage that sees each frame once. Raises BadRequestError."""
        planes = self._bench.pixels(ref, form)
        self._refuse_non_finite(ref, planes)
        if not self._changes(ref.format.in_form(form), dtype):
            return planes
        converted = planes
        if self._conversion is not None:
            converted = self._conversion.forward(planes, self._bench.pool.array(planes.shape, np.float32))
        size = self.size(ref.format.in_form(form))
        if size == planes.shape[1:] and dtype == "float32":
            return converted
        target = self._bench.pool.array((planes.shape[0], *size), dtype)
        if target.shape == converted.shape and dtype == "float16":
            return round_to_halves(converted, target)
        pad_into(target, converted)
        return target

    def mask(self, ref: FrameRef, form: FrameForm, dtype: str) -> Array:
        """Return the (1, H, W) mask that belongs to a frame, in 0…1; all 1 when none is connected."""
        planes = self._bench.mask_planes(ref, form)
        source = ref.format.in_form(form)
        size = self.size(source)
        if planes is None:
            return np.ones((1, *size), dtype)
        if size == planes.shape[1:]:
            return planes.astype(dtype, copy=False)
        target = self._bench.pool.array((1, *size), dtype)
        pad_into(target, planes)
        return target

    def _changes(self, form: FrameFormat, dtype: str) -> bool:
        return self._conversion is not None or dtype != "float32" or self.size(form) != (form.height, form.width)

    def _key(self, ref: FrameRef, form: FrameForm, dtype: str) -> Hashable:
        return ("prepared", ref.digest, form, dtype, self._multiple, self._conversion)

    def _refuse_non_finite(self, ref: FrameRef, planes: Planes) -> None:
        if not self._refuses_non_finite:
            return
        finite: bool = self._bench.feature(
            ("finite", ref.digest), lambda: (bool(np.isfinite(planes).all()), FINITE_BYTES)
        )
        if not finite:
            model = self._bench.model.manifest.id
            raise BadRequestError(
                f"frame {ref.frame} holds NaN or infinite samples, which model '{model}' can't take; clean it first"
            )


def single(samples: Array, made_as: str, tensor: Tensor, stage: str) -> Array:
    """Return samples of layout `made_as` as an input takes them, by reference: a batch axis comes or goes."""
    if made_as.replace("N", "") != tensor.layout.replace("N", ""):
        raise ModelError(
            f"input '{tensor.name}' of stage '{stage}' has layout {tensor.layout}, but is fed with {made_as}; "
            "correct the manifest"
        )
    without = samples.reshape([n for n, letter in zip(samples.shape, made_as, strict=True) if letter != "N"])
    position = tensor.layout.find("N")
    return np.asarray(without if position < 0 else np.expand_dims(without, position), tensor.dtype)


def stacked(samples: Sequence[Array], made_as: str, tensor: Tensor, stage: str, bench: Workbench) -> Array:
    """Return samples of layout `made_as` as one array: along T where the layout has it, else joined along C."""
    one = made_as.replace("N", "")
    layout = tensor.layout.replace("N", "")
    if layout.replace("T", "") != one or (layout == one and "C" not in one):
        raise ModelError(
            f"input '{tensor.name}' of stage '{stage}' has layout {tensor.layout}, which is no stack of {made_as}; "
            "correct the manifest"
        )
    lengths = dict(zip(made_as, samples[0].shape, strict=True)) | {"T": len(samples), "N": 1}
    joined = "T" not in layout
    full = tensor.layout.replace("C", "TC") if joined else tensor.layout
    array = bench.pool.array(tuple(lengths[letter] for letter in full), tensor.dtype)
    by_frame = np.moveaxis(array, full.index("T"), 0)
    for target, source in zip(by_frame, samples, strict=True):
        np.copyto(target, source.reshape(target.shape), casting="unsafe")
    return array.reshape([_joined(letter, lengths, joined) for letter in tensor.layout])


def _joined(letter: str, lengths: dict[str, int], joined: bool) -> int:
    return lengths["C"] * lengths["T"] if joined and letter == "C" else lengths[letter]
