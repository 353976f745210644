"""What an array is here."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.floating[Any]]
Bytes = npt.NDArray[np.uint8]


def single(values: npt.ArrayLike) -> Array:
    """Return the values as float32."""
    return np.asarray(values, np.float32)
