"""Fields of interlaced material: which to render when, and how two make a frame."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from .pixels import Field, FieldOrder, Pixels

_SECOND_FIELD_LATER = 0.5  # of a frame


def fields_in_order(order: FieldOrder, wanted: Field | None, apart: bool) -> list[tuple[Field, float]]:
    """Return what to render for one frame: each field with how much later than the frame it is, in frames.

    `order` is the field that comes first, "none" for progressive material. With `apart` both fields are rendered, else
    the whole frame at once.
    """
    if order == "none":
        return [(wanted or "none", 0.0)]
    fields: dict[Field, float] = {
        order: 0.0,
        "upper" if order == "lower" else "lower": _SECOND_FIELD_LATER,
        "both": 0.0,
        "none": 0.0,
    }
    if wanted is not None:
        return [(wanted, fields[wanted])]
    return [(field, fields[field]) for field in list(fields)[:2]] if apart else [("both", 0.0)]


def woven(fields: Mapping[Field, Pixels], extraction: str) -> Pixels:
    """Return the frame whose even lines, counted from the bottom, are the lower field's and whose odd the upper's."""
    lower, upper = fields["lower"][::-1], fields["upper"][::-1]
    if extraction == "OfxFieldSingle":
        frame = np.empty((lower.shape[0] + upper.shape[0], *lower.shape[1:]), lower.dtype)
        frame[0::2], frame[1::2] = lower, upper[: frame.shape[0] // 2]
    else:
        frame = lower.copy()
        frame[1::2] = upper[1::2]
    return np.ascontiguousarray(frame[::-1])
