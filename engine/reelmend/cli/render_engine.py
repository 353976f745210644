"""Who makes the frames of `reelmend render`: an engine in this process, or the one that serves an address."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from reelmend.buffer.memory import ContentMemory
from reelmend.clips import Budget, ClipSource, RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import MASK, MATTE, Planes
from reelmend.held_frame import held_clip
from reelmend.inference.models import ModelStore
from reelmend.parameters import Value
from reelmend.rendered import Rendered

Rendering = Generator[tuple[int, Planes], None, None]
Told = Callable[[int, Rendered], None]
"""Hears of each frame, before it comes, all that was made of it and found in it."""


@dataclass(frozen=True, slots=True)
class Work:
    """What is wanted of a clip; the first of `outputs` is what the rendering yields."""

    effect: str
    model: str
    values: Mapping[str, Value]
    outputs: Sequence[str]
    radius_frames: int
    source: RememberedClip
    frames: range
    mask: ClipSource | None = None
    matte: ClipSource | None = None
    held_frame: int | None = None


@dataclass(frozen=True, slots=True)
class RenderEngine:
    """An engine, and the memory in which what is held of clips is counted.

    `rendering` hears, besides the work, how long each frame was waited for, as far as that is known.
    """

    provider: str
    provider_reason: str
    memory: Budget
    rendering: Callable[[Work, Callable[[float], None], Told], Rendering]


def embedded(models: ModelStore, provider: str, memory_bytes: int) -> RenderEngine:
    """Return an engine in this process."""
    renderer = Renderer(models, provider, memory_bytes)

    def rendering(work: Work, waited: Callable[[float], None], told: Told) -> Rendering:
        return render_clip(
            renderer,
            work.effect,
            work.values,
            work.source,
            work.frames,
            model=work.model,
            output=work.outputs[0],
            outputs=work.outputs,
            waited=waited,
            told=told,
            mask=work.mask,
            matte=work.matte,
        )

    return RenderEngine(renderer.sessions.provider, renderer.sessions.choice.reason, renderer.memory, rendering)


def serving(address: str, memory_bytes: int) -> RenderEngine:
    """Return the engine that serves an address, known to answer. Raises UnavailableError or BadRequestError.

    `memory_bytes`: how much is held here of the clips, so that what is asked for again need not be read again.
    """
    from reelmend.client import EngineClient  # gRPC takes a while to load, and few need it

    with EngineClient(address) as asked:
        info = asked.info()
    memory = ContentMemory(memory_bytes)

    def rendering(work: Work, _waited: Callable[[float], None], told: Told) -> Rendering:
        beside = {
            name: RememberedClip(clip, 0, memory, name=name)
            for name, clip in ((MASK, work.mask), (MATTE, work.matte))
            if clip is not None
        }
        reference = None if work.held_frame is None else held_clip(work.source, work.held_frame, memory)
        with EngineClient(address) as client:
            rendered = client.render_clip(
                work.source,
                work.frames,
                work.effect,
                work.radius_frames,
                work.values,
                model=work.model,
                output=work.outputs[0],
                outputs=work.outputs,
                told=told,
                mask=beside.get(MASK),
                matte=beside.get(MATTE),
                reference=reference,
            )
            with closing(rendered):
                yield from rendered

    return RenderEngine(info.provider, info.provider_reason, memory, rendering)
