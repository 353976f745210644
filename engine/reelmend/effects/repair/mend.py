"""The source with the fill laid over it: its own bits wherever nothing was broken."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from reelmend.colour import Conversion
from reelmend.effects.composite import over
from reelmend.frames import Planes

Plane = npt.NDArray[np.float32]


def mend(source: Planes, fill: Planes, matte: Plane, conversion: Conversion | None, out: Planes) -> None:
    """Write source·(1−matte) + fill·matte into `out`; where the matte is exactly 0, the bits of `source`.

    fill: (C, H, W) as the model has it, right wherever the matte (H, W) is not 0. Where the source is no number, the
    fill alone. Works on the pixels of the matte alone.
    """
    np.copyto(out, source)
    index = np.flatnonzero(matte)
    if not len(index):
        return
    taken, here = (np.take(planes.reshape(len(planes), -1), index, axis=1)[:, None] for planes in (fill, source))
    if conversion is not None:
        taken = conversion.backward(taken)
    np.copyto(here, taken, where=~np.isfinite(here))
    mixed = np.empty_like(here)
    over(here, taken, matte.reshape(-1)[index][None, None], mixed)
    out.reshape(len(out), -1)[:, index] = mixed[:, 0]
