"""Memory for frames that is used again: the first touch of a fresh frame's memory costs more than filling it."""

from __future__ import annotations

from collections import deque
from typing import Any

import numpy as np

from reelmend.frames import FrameFormat, Planes

MOST_IDLE = 4


class Buffers:
    """Recycled planes. An array comes back by itself when it and all its views are garbage. Thread-safe."""

    def __init__(self) -> None:
        self._idle: deque[Planes] = deque(maxlen=MOST_IDLE)

    def take(self, form: FrameFormat) -> Planes:
        """Return planes of that format with arbitrary content."""
        planes = self._fitting(form)
        return np.asarray(_Lent(self._idle, np.empty(form.shape, np.float32) if planes is None else planes))

    def _fitting(self, form: FrameFormat) -> Planes | None:
        """Return idle planes of that format, None without any; those of another stay, oldest last to be used."""
        for _ in range(MOST_IDLE):
            try:
                planes = self._idle.pop()
            except IndexError:
                return None
            if planes.shape == form.shape:
                return planes
            self._idle.appendleft(planes)
        return None


class _Lent:
    """The owner of a lent array: every view keeps it alive, its end gives the array back."""

    def __init__(self, idle: deque[Planes], planes: Planes) -> None:
        self._idle = idle
        self._planes = planes
        self.__array_interface__: dict[str, Any] = planes.__array_interface__

    def __del__(self) -> None:
        self._idle.append(self._planes)  # finalisers run anywhere: no lock, one atomic step
