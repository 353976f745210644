"""Renders one frame of one effect: says what it lacks, takes it, answers. Server and command line share it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass, field

import numpy as np

from reelmend.buffer.companions import AuxiliaryClip, Companions, companions_of
from reelmend.buffer.memory import ContentMemory
from reelmend.buffer.pool import PlanesPool
from reelmend.buffer.window import window_around
from reelmend.effects.catalogue import EFFECTS, find_effect, find_model
from reelmend.effects.common_parameters import radius_frames_of, with_common
from reelmend.effects.composite import within
from reelmend.effects.effect import (
    Check,
    DescribesProxies,
    Effect,
    KeepsToMask,
    Need,
    Output,
    PreparesAhead,
    Rendered,
    Workbench,
)
from reelmend.errors import BadRequestError, CapacityError, IntegrityError, NotFoundError, ShapeError
from reelmend.frames import (
    MASK,
    FrameForm,
    FrameFormat,
    FrameRef,
    Planes,
    SampleType,
    content_digest,
    expand_halves,
    make_proxy,
)
from reelmend.inference.models import ModelStore
from reelmend.inference.session import Array, SessionPool
from reelmend.inference.threads import usable_cores
from reelmend.inference.turns import MOST_WAITING, Turns
from reelmend.parameters import resolve

DEFAULT_MEMORY_BYTES = 2 << 30
RESULT = "result"
IDLE_SHARE = 8
"""The part of the memory that buffers waiting for reuse may take: one in so many bytes."""


@dataclass(frozen=True, slots=True)
class Job:
    """What to render: one frame of one effect, its window as names of frames.

    `window` holds every frame within the effect's radius that the clip has; `parameters` may leave out defaults.
    `auxiliary` are other clips by name, such as "Mask", with the frames beside the window's.
    """

    effect: str
    frame: int
    first_frame: int
    last_frame: int
    window: Sequence[FrameRef]
    parameters: Mapping[str, object]
    model: str = ""
    outputs: tuple[str, ...] = ("result",)
    auxiliary: Mapping[str, AuxiliaryClip] = field(default_factory=dict)


class Renderer:
    """The engine's core: models, sessions, the shared memory, and whose turn it is. Thread-safe.

    `threads` a graph and `queue` (the most requests that may wait) are found from the machine when 0. `memory` may be
    given to share it; otherwise it has `memory_bytes`.
    """

    def __init__(
        self,
        models: ModelStore,
        provider: str = "cpu",
        memory_bytes: int = DEFAULT_MEMORY_BYTES,
        *,
        effects: Mapping[str, Effect] = EFFECTS,
        memory: ContentMemory | None = None,
        threads: int = 0,
        queue: int = 0,
    ) -> None:
        self.models = models
        self.effects = effects
        self.sessions = SessionPool(provider, threads)
        self.memory = ContentMemory(memory_bytes) if memory is None else memory
        self.pool = PlanesPool(self.memory, self.memory.budget_bytes // IDLE_SHARE)
        self.helpers: Executor = ThreadPoolExecutor(usable_cores(), thread_name_prefix="reelmend-describe")
        self.turns = Turns(self.sessions.choice.graphs_at_once, queue or MOST_WAITING)

    def begin(self, job: Job, client: str = "", check: Check = lambda: None) -> Render:
        """Return the render of `job`, which says what it needs. Raises BadRequestError, NotFoundError, ModelError.

        `client` names whose turn the graph runs take; requests of one name share one place in the round.
        """
        check()
        return Render(self, job, client)


class Render:
    """One frame on its way: `needed` lists the pixels it lacks; `supply` each; then `finish`."""

    def __init__(self, renderer: Renderer, job: Job, client: str = "") -> None:
        self._memory = renderer.memory
        self._turns = renderer.turns
        self._effect = find_effect(job.effect, renderer.effects)
        self._model = find_model(renderer.models, self._effect, job.model)
        manifest = self._model.manifest
        self._values = resolve(with_common(manifest), job.parameters, f"effect '{job.effect}'")
        self._outputs = job.outputs
        if unknown := [name for name in job.outputs if name not in manifest.outputs]:
            raise NotFoundError(f"effect '{job.effect}' has no output '{unknown[0]}'; it has {manifest.outputs}")
        self.window = window_around(
            job.window, job.frame, radius_frames_of(manifest, self._values), job.first_frame, job.last_frame
        )
        if self.window.centre_frame.format.channels != 3:
            raise ShapeError(f"effect '{job.effect}' takes R, G and B planes, got one plane a frame")
        self.identical_to_source = job.outputs == ("result",) and self._effect.is_identity(self._values)
        self._at_hand = _AtHand()
        self._pool = renderer.pool
        self._bench = Workbench(
            self._model,
            self._values,
            renderer.sessions,
            self._memory,
            self._pool,
            self._turns,
            renderer.helpers,
            self._at_hand.pixels,
            self._pool.output,
            client,
            companions=self._companions(job.auxiliary),
            outputs=job.outputs,
        )
        self._keeps_to_mask = (
            MASK in self._bench.companions
            and isinstance(self._effect, KeepsToMask)
            and self._effect.keeps_to_mask(self._bench)
        )
        self.needed: list[Need] = [] if self.identical_to_source else self._lacking()
        self._refuse_beyond_budget()

    @property
    def spent_ms(self) -> dict[str, float]:
        return self._bench.spent_ms

    def supply(self, need: Need, planes: Array, keep: bool = True) -> None:
        """Take the pixels of one need, by reference; whole frames are checked against their digest.

        The caller promises that the bytes stay as they are until `planes` is garbage. Halves are expanded once into
        memory of our own. `keep`: whether a whole frame is remembered for later requests, too. Raises ShapeError or
        IntegrityError.
        """
        wanted = need.format
        kept = self._expanded(planes) if need.sample_type is SampleType.FLOAT16 else planes
        if FrameFormat.of(kept) != wanted:
            raise ShapeError(f"frame {need.ref.frame} must come as {wanted.shape}, got {planes.shape}")
        if need.form is FrameForm.FULL:
            if content_digest(kept) != need.ref.digest:
                raise IntegrityError(f"the pixels of frame {need.ref.frame} are not those that its digest names")
            if keep:
                self._memory.put(("frame", need.ref.digest), kept, kept.nbytes)
        self._at_hand.planes[need.ref.digest, need.form] = kept

    def prepare(self, check: Check = lambda: None) -> None:
        """Make ahead of its turn what depends on single frames, to be remembered. Raises as `finish` does."""
        if not self.identical_to_source and isinstance(self._effect, PreparesAhead):
            self._bench.check = check
            self._effect.prepare(self.window, self._bench)

    def describe(self, check: Check = lambda: None) -> None:
        """Work on the proxies, which have all come, while whole frames are on their way. Raises as `finish` does.

        May be left out: `finish` does what is not done yet.
        """
        if not self.identical_to_source and isinstance(self._effect, DescribesProxies):
            self._bench.check = check
            self._effect.describe(self.window, self._bench)

    def finish(self, check: Check = lambda: None, output: Output | None = None) -> Rendered:
        """Return the outputs, written where `output` says or into pooled memory.

        Raises CancelledError or DeadlineError when `check` does, at the next step, and CapacityError with a time to
        retry after when too many frames are on their way.
        """
        if self.identical_to_source:
            return Rendered({}, self.window.centre, self.window.centre)
        if missing := [need for need in self.needed if (need.ref.digest, need.form) not in self._at_hand.planes]:
            raise BadRequestError(f"frame {missing[0].ref.frame} was needed ({missing[0].form.name}) but never came")
        self._bench.check = check
        self._bench.output = output or self._pool.output
        check()
        with self._turns.request():
            rendered = self._effect.render(self.window, self._values, self._outputs, self._bench)
        if self._keeps_to_mask and RESULT in rendered.planes:
            self._keep_to_mask(rendered.planes[RESULT])
        return rendered

    def release(self) -> None:
        """Let go of pixels and features at once, when the frame is done or given up.

        The garbage collector would find them later: too late for memory that is to be used again.
        """
        self._at_hand.planes.clear()
        self._bench.release()

    def _companions(self, clips: Mapping[str, AuxiliaryClip]) -> dict[str, Companions]:
        readable = self._model.manifest.input_clips
        if unknown := sorted(set(clips) - set(readable)):
            raise BadRequestError(
                f"model '{self._model.manifest.id}' reads no clip '{unknown[0]}'; it reads {', '.join(readable)}"
            )
        return {name: companions_of(self.window, clip, name) for name, clip in clips.items()}

    def _keep_to_mask(self, result: Planes) -> None:
        centre = self.window.centre_frame
        mask = self._bench.mask_planes(centre, FrameForm.FULL)
        assert mask is not None
        within(self._bench.pixels(centre, FrameForm.FULL), result, mask, result)

    def _refuse_beyond_budget(self) -> None:
        wanted_mib = sum(need.format.size_bytes for need in self.needed) >> 20
        budget_mib = self._memory.budget_bytes >> 20
        if wanted_mib > budget_mib:
            raise CapacityError(
                f"this window needs {wanted_mib} MiB of pixels, the engine's budget is {budget_mib} MiB; "
                "start it with more --memory, or lower the radius"
            )

    def _lacking(self) -> list[Need]:
        """Return the needs that memory does not meet, each once, proxies before whole frames."""
        lacking: dict[tuple[bytes, FrameForm], Need] = {}
        for need in self._all_needs():
            whole = self._memory.get(("frame", need.ref.digest))
            if whole is None:
                lacking.setdefault((need.ref.digest, need.form), need)
            else:
                self._at_hand.planes[need.ref.digest, FrameForm.FULL] = whole
        return sorted(lacking.values(), key=lambda need: need.form is FrameForm.FULL)

    def _all_needs(self) -> Iterable[Need]:
        yield from self._effect.needs(self.window, self._bench)
        mask = self._bench.mask(self.window.centre_frame)
        if self._keeps_to_mask and mask is not None:
            yield Need.of(self.window.centre_frame, FrameForm.FULL)
            yield Need.of(mask, FrameForm.FULL)

    def _expanded(self, halves: Array) -> Planes:
        if halves.dtype == np.float32:
            return halves
        return expand_halves(halves, self._pool.array(halves.shape, np.float32))


class _AtHand:
    """The pixels that a render has.

    Apart from the render, which is then no part of a cycle: it ends with its last user, and its pixels with it, not
    when the garbage collector comes by.
    """

    def __init__(self) -> None:
        self.planes: dict[tuple[bytes, FrameForm], Planes] = {}

    def pixels(self, ref: FrameRef, form: FrameForm) -> Planes:
        planes = self.planes.get((ref.digest, form))
        if planes is None and form is FrameForm.PROXY:
            return make_proxy(self.planes[ref.digest, FrameForm.FULL])
        return self.planes[ref.digest, form]
