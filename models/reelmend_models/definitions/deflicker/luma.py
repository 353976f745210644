"""Luma of RGB planes."""

from __future__ import annotations

from torch import Tensor

REC709_WEIGHTS = (0.2126, 0.7152, 0.0722)


def luma(planes: Tensor) -> Tensor:
    """Return the Rec. 709 luma (H, W) of (3, H, W) planes in their own values, whatever the transfer function.

    Written as products and sums, not as a matrix product: each pixel's bits then depend on that pixel alone.
    """
    red, green, blue = (weight * planes[index] for index, weight in enumerate(REC709_WEIGHTS))
    return red + green + blue
