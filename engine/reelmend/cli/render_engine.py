"""Who makes the frames of `reelmend render`: an engine in this process, or the one that serves an address."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from contextlib import closing
from dataclasses import dataclass

from reelmend.buffer.memory import ContentMemory
from reelmend.clips import ClipSource, RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import MASK, Planes
from reelmend.held_frame import held_clip
from reelmend.inference.models import ModelStore
from reelmend.parameters import Value

Rendering = Generator[tuple[int, Planes], None, None]


@dataclass(frozen=True, slots=True)
class Work:
    """What is wanted of a clip."""

    effect: str
    model: str
    values: Mapping[str, Value]
    output: str
    radius_frames: int
    source: ClipSource
    mask: ClipSource | None
    frames: range
    held_frame: int | None = None


@dataclass(frozen=True, slots=True)
class RenderEngine:
    """An engine. `rendering` hears, besides the work, how long each frame was waited for, as far as that is known."""

    provider: str
    provider_reason: str
    rendering: Callable[[Work, Callable[[float], None]], Rendering]


def embedded(models: ModelStore, provider: str, memory_bytes: int) -> RenderEngine:
    """Return an engine in this process."""
    renderer = Renderer(models, provider, memory_bytes)

    def rendering(work: Work, waited: Callable[[float], None]) -> Rendering:
        return render_clip(
            renderer,
            work.effect,
            work.values,
            work.source,
            work.frames,
            model=work.model,
            output=work.output,
            waited=waited,
            mask=work.mask,
        )

    return RenderEngine(renderer.sessions.provider, renderer.sessions.choice.reason, rendering)


def serving(address: str, memory_bytes: int) -> RenderEngine:
    """Return the engine that serves an address, known to answer. Raises UnavailableError or BadRequestError.

    `memory_bytes`: how much is held here of the clips, so that what is asked for again need not be read again.
    """
    from reelmend.client import EngineClient  # gRPC takes a while to load, and few need it

    with EngineClient(address) as asked:
        info = asked.info()

    def rendering(work: Work, _waited: Callable[[float], None]) -> Rendering:
        memory = ContentMemory(memory_bytes)
        clip = RememberedClip(work.source, 0, memory)
        mask = None if work.mask is None else RememberedClip(work.mask, 0, memory, name=MASK)
        reference = None if work.held_frame is None else held_clip(clip, work.held_frame, memory)
        with EngineClient(address) as client:
            rendered = client.render_clip(
                clip,
                work.frames,
                work.effect,
                work.radius_frames,
                work.values,
                model=work.model,
                output=work.output,
                mask=mask,
                reference=reference,
            )
            with closing(rendered):
                yield from rendered

    return RenderEngine(info.provider, info.provider_reason, rendering)
