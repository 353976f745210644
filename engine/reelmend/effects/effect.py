"""What every effect offers: its outputs, its parameters, what it must know of a window, and the mending itself."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from reelmend.buffer.companions import Companions
from reelmend.buffer.memory import ContentMemory
from reelmend.buffer.pool import PlanesPool
from reelmend.buffer.window import Window
from reelmend.frames import MASK, SOURCE, FrameForm, FrameFormat, FrameRef, Planes, SampleType
from reelmend.inference.models import Model
from reelmend.inference.session import Array, Session, SessionPool
from reelmend.inference.turns import Turns
from reelmend.parameters import Value
from reelmend.rendered import Rendered as Rendered

Values = Mapping[str, Value]
Check = Callable[[], None]
"""Raises CancelledError or DeadlineError when the caller no longer wants the frame; asked between steps."""


Output = Callable[[str, FrameFormat], Planes]
"""Where an output is written: its name and format in, writable C-contiguous planes out."""


@dataclass(frozen=True, slots=True)
class Need:
    """Pixels that an effect has to see once: a frame of a clip, whole or as its proxy, as floats or as halves."""

    ref: FrameRef
    form: FrameForm
    sample_type: SampleType = SampleType.FLOAT32

    @classmethod
    def of(cls, ref: FrameRef, form: FrameForm) -> Need:
        """Return the need of a frame in the smallest type that holds it exactly."""
        return cls(ref, form, ref.sample_type if form is FrameForm.FULL else SampleType.FLOAT32)

    @property
    def format(self) -> FrameFormat:
        return self.ref.format.in_form(self.form)

    @property
    def size_bytes(self) -> int:
        """Bytes that cross."""
        return self.format.size_bytes // 4 * self.sample_type.size_bytes


@dataclass(slots=True)
class Workbench:
    """What an effect works with on one request: model, parameters, sessions, shared memory, and the pixels at hand."""

    model: Model
    values: Values
    sessions: SessionPool
    memory: ContentMemory
    pool: PlanesPool
    turns: Turns
    helpers: Executor
    pixels: Callable[[FrameRef, FrameForm], Planes]
    output: Output
    client: str = ""
    check: Check = lambda: None
    companions: Mapping[str, Companions] = field(default_factory=dict)
    outputs: Sequence[str] = ()
    spent_ms: dict[str, float] = field(default_factory=dict)
    _pinned: dict[Hashable, Any] = field(default_factory=dict)

    def mask(self, ref: FrameRef, clip: str = MASK) -> FrameRef | None:
        """Return the name of the mask that belongs to a frame of the window; None when that clip is not connected.

        Its pixels are asked for like any others, with `Need.of(mask, form)`; what is made of them has `mask.digest` in
        its key. Frames may share a mask: a still belongs to all of them. Frames of other clips have none.
        """
        return self.companion(ref, clip) if ref.clip == SOURCE else None

    def companion(self, ref: FrameRef, clip: str) -> FrameRef | None:
        """Return the name of the auxiliary clip's frame that belongs to one of the window; None without that clip."""
        companions = self.companions.get(clip)
        return None if companions is None else companions.of(ref)

    def mask_planes(self, ref: FrameRef, form: FrameForm, clip: str = MASK) -> Planes | None:
        """Return the mask of a frame of the window as (1, H, W) in 0…1, whatever the clip holds; NaN is 0.

        None when that clip is not connected. By reference where the clip keeps to 0…1: not to be written to.
        """
        mask = self.mask(ref, clip)
        if mask is None:
            return None
        planes = self.pixels(mask, form)
        if planes.min() >= 0 and planes.max() <= 1:  # false for NaN
            return planes
        return np.clip(np.nan_to_num(planes, nan=0.0), np.float32(0), np.float32(1))

    def run(
        self,
        session: Session,
        inputs: Mapping[str, Array],
        outputs: Sequence[str],
        into: Mapping[str, Array] | None = None,
        *,
        is_small: bool = False,
    ) -> list[Array]:
        """Run a graph when it is this client's turn; what it waits is counted as "queue", the rest as "infer".

        A small graph, on one thread, waits for no turn.
        """
        turn = contextlib.nullcontext(0.0) if is_small else self.turns.turn(self.client, self.check)
        with turn as waited_ms:
            self.spend("queue", waited_ms)
            self.check()
            started = time.perf_counter()
            result = session.run(inputs, outputs, into)
        self.spend("infer", 1000 * (time.perf_counter() - started))
        return result

    def release(self) -> None:
        """Let go of the pinned features."""
        self._pinned.clear()

    def each(self, work: Callable[[FrameRef], object], refs: Iterable[FrameRef]) -> None:
        """Do small work for each frame, on as many threads as the engine lends; the first error is raised.

        The work may not itself call `each`.
        """
        distinct = list({ref.digest: ref for ref in refs}.values())
        if len(distinct) <= 1:
            for ref in distinct:
                work(ref)
            return
        for _ in self.helpers.map(work, distinct):
            pass

    def spend(self, step: str, spent_ms: float) -> None:
        """Count time towards a step of the request."""
        self.spent_ms[step] = self.spent_ms.get(step, 0.0) + spent_ms

    def pin(self, key: Hashable) -> bool:
        """Say whether memory holds the feature; if so it stays at hand for this request, whatever is evicted."""
        if key not in self._pinned and (feature := self.memory.get(key)) is not None:
            self._pinned[key] = feature
        return key in self._pinned

    def feature(self, key: Hashable, compute: Callable[[], tuple[Any, int]]) -> Any:
        """Return the feature of that name: pinned, remembered, or computed once for all who ask (value, bytes)."""
        if key not in self._pinned:
            self._pinned[key] = self.memory.get_or_compute(key, compute, self.check)
        return self._pinned[key]


class Effect(Protocol):
    """One effect. Stateless: what it learns of a frame goes into the workbench's memory, named by content and model."""

    name: str
    default_model: str

    def is_identity(self, values: Values) -> bool:
        """Say whether the result is the source, whatever the window."""
        ...

    def needs(self, window: Window, bench: Workbench) -> Sequence[Need]:
        """Return the pixels that this window lacks, and pin the features that spare the others."""
        ...

    def render(self, window: Window, values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        """Return the outputs for the window's centre. Asks `bench.check` between steps."""
        ...


@runtime_checkable
class PreparesAhead(Protocol):
    """An effect that can do some of its work before it is the frame's turn."""

    def prepare(self, window: Window, bench: Workbench) -> None:
        """Make the features of the window's frames that are not there yet; their pixels have come."""
        ...


@runtime_checkable
class DescribesProxies(Protocol):
    """An effect that learns of frames by their proxies, and asks for them before it asks for whole frames."""

    def describe(self, window: Window, bench: Workbench) -> None:
        """Make what is to be known of the window's frames; the proxies that it asked for have come."""
        ...


@runtime_checkable
class KeepsToMask(Protocol):
    """An effect whose result the engine lays over the source through the clip "Mask", when that is connected."""

    def keeps_to_mask(self, bench: Workbench) -> bool:
        """Say whether these values and this model want it: outside of the mask the source's own bits then come back."""
        ...
