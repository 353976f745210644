"""A whole clip through one effect, frame after frame, with the engine in this process."""

from __future__ import annotations

import dataclasses
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from reelmend.buffer.companions import AuxiliaryClip
from reelmend.clips import ClipSource, RememberedClip
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import radius_frames_of, with_common
from reelmend.effects.effect import Check, Rendered
from reelmend.effects.renderer import RESULT, Job, Render, Renderer
from reelmend.errors import CancelledError
from reelmend.frames import MASK, MATTE, REFERENCE, SOURCE, Planes
from reelmend.held_frame import held_clip, number_held
from reelmend.manifest import Manifest
from reelmend.parameters import Value, resolve

AHEAD_FRAMES = 2
"""How many frames are begun before their turn: one thread is enough to keep them coming."""
HELD_BYTES = 256 << 20
"""What is held of a clip that is rendered in no particular order."""

Told = Callable[[int, Rendered], None]
"""Hears of each frame, before it is yielded, all that the effect gave: pictures by name, detections, frames used."""


def render_clip(
    renderer: Renderer,
    effect: str,
    parameters: Mapping[str, object],
    source: ClipSource | RememberedClip,
    frames: Iterable[int],
    *,
    model: str = "",
    output: str = "result",
    outputs: Sequence[str] = (),
    check: Check = lambda: None,
    ahead_frames: int = AHEAD_FRAMES,
    waited: Callable[[float], None] = lambda _seconds: None,
    told: Told = lambda _frame, _rendered: None,
    mask: ClipSource | None = None,
    matte: ClipSource | None = None,
) -> Generator[tuple[int, Planes], None, None]:
    """Yield (frame number, planes) of `output` for each of `frames`, as float32 (C, H, W).

    `outputs`: others that are made in the same run and, like what was found, handed to `told`. `mask` and `matte`:
    clips of one plane a frame, of the source's size and frame numbers; before its first and after its last
    frame each is held, so that a single frame is a still.
    Each source frame is read once in sequential order; one whose light is held, at the beginning as well. While a frame
    is rendered, the next `ahead_frames` are read, named and described in the background. Raises ReelmendError, the
    first time before any frame is read, later when it is the turn of the frame that it befell. `waited` hears how long,
    in seconds, each frame was waited for.
    """
    manifest, values = _understood(renderer, effect, parameters, model)
    radius_frames = radius_frames_of(manifest, values)
    given = isinstance(source, RememberedClip)
    clip = source if isinstance(source, RememberedClip) else _remembered(source, frames, renderer)
    given_beside = {MASK: mask, MATTE: matte}
    beside = {
        name: _remembered(other, frames, renderer, name) for name, other in given_beside.items() if other is not None
    }
    beside |= _held(clip, values, renderer)
    wanted = tuple(dict.fromkeys((output, *outputs)))
    closed = threading.Event()

    def check_ahead() -> None:
        if closed.is_set():
            raise CancelledError("the frame is no longer wanted")
        check()

    def begun(frame: int) -> Render:
        return _begun(
            renderer, effect, parameters, clip, frame, radius_frames, model, wanted, check_ahead, ahead_frames, beside
        )

    background = ThreadPoolExecutor(1, thread_name_prefix="reelmend-ahead")
    try:
        for frame, future in _ahead(background, begun, frames, ahead_frames):
            started = time.perf_counter()
            render = future.result()
            waited(time.perf_counter() - started)
            rendered = _with_source(render, render.finish(check), clip, frame)
            told(frame, rendered)
            yield frame, rendered.planes[output]
            del render, rendered, future
    finally:
        closed.set()
        background.shutdown(wait=True, cancel_futures=True)
        if not given:
            clip.let_go()
        for auxiliary in beside.values():
            auxiliary.let_go()


def _remembered(source: ClipSource, frames: Iterable[int], renderer: Renderer, name: str = SOURCE) -> RememberedClip:
    """Return the clip with no more held than playing it needs, counted in the engine's memory."""
    return RememberedClip(source, 0 if isinstance(frames, range) else HELD_BYTES, renderer.memory, name=name)


def _ahead(
    background: Executor, begun: Callable[[int], Render], frames: Iterable[int], ahead_frames: int
) -> Iterator[tuple[int, Future[Render]]]:
    """Yield each frame with its render, begun in the background up to `ahead_frames` before its turn."""
    waiting: deque[tuple[int, Future[Render]]] = deque()
    for frame in frames:
        waiting.append((frame, background.submit(begun, frame)))
        if len(waiting) > ahead_frames:
            yield waiting.popleft()
    while waiting:
        yield waiting.popleft()


def effect_radius_frames(renderer: Renderer, effect: str, parameters: Mapping[str, object], model: str = "") -> int:
    """Return how far the effect's window reaches with these parameters. Raises ReelmendError when they are wrong."""
    return radius_frames_of(*_understood(renderer, effect, parameters, model))


def _understood(
    renderer: Renderer, effect: str, parameters: Mapping[str, object], model: str
) -> tuple[Manifest, dict[str, Value]]:
    """Return the model's manifest and a value for each of its parameters."""
    found = find_effect(effect, renderer.effects)
    manifest = find_model(renderer.models, found, model).manifest
    return manifest, resolve(with_common(manifest), parameters, f"effect '{effect}'")


def _held(clip: RememberedClip, values: Mapping[str, Value], renderer: Renderer) -> dict[str, RememberedClip]:
    """Return the frame of the clip that is held with these values, by the name of its clip; nothing when none is."""
    number = number_held(values)
    return {} if number is None else {REFERENCE: held_clip(clip, number, renderer.memory)}


def _with_source(render: Render, rendered: Rendered, clip: RememberedClip, frame: int) -> Rendered:
    """Return what was rendered, with the source itself for a result that is no other picture."""
    if not render.identical_to_source:
        return rendered
    return dataclasses.replace(rendered, planes={RESULT: clip.planes(frame)})


def render_frame(
    renderer: Renderer,
    effect: str,
    parameters: Mapping[str, object],
    clip: RememberedClip,
    frame: int,
    radius_frames: int,
    model: str = "",
    output: str = "result",
    check: Check = lambda: None,
    mask: RememberedClip | None = None,
    matte: RememberedClip | None = None,
    *,
    outputs: Sequence[str] = (),
    told: Told = lambda _frame, _rendered: None,
) -> Planes:
    """Return one output frame of a clip as float32 (C, H, W).

    `outputs` and `told` as for `render_clip`.
    """
    beside = {name: other for name, other in ((MASK, mask), (MATTE, matte)) if other is not None}
    wanted = tuple(dict.fromkeys((output, *outputs)))
    beside |= _held(clip, _understood(renderer, effect, parameters, model)[1], renderer)
    render = _begun(renderer, effect, parameters, clip, frame, radius_frames, model, wanted, check, None, beside)
    rendered = _with_source(render, render.finish(check), clip, frame)
    told(frame, rendered)
    return rendered.planes[output]


def _begun(
    renderer: Renderer,
    effect: str,
    parameters: Mapping[str, object],
    clip: RememberedClip,
    frame: int,
    radius_frames: int,
    model: str,
    outputs: tuple[str, ...],
    check: Check,
    ahead_frames: int | None,
    beside: Mapping[str, RememberedClip],
) -> Render:
    """Return the render of a frame with its pixels supplied; ahead of its turn, with its features made."""
    window = clip.window(frame, radius_frames, ahead_frames or 0)
    auxiliary = {
        name: AuxiliaryClip(
            other.first_frame, other.last_frame, other.beside(window, frame, radius_frames, ahead_frames or 0)
        )
        for name, other in beside.items()
    }
    job = Job(
        effect=effect,
        model=model,
        frame=frame,
        first_frame=clip.first_frame,
        last_frame=clip.last_frame,
        window=window,
        parameters=parameters,
        outputs=outputs,
        auxiliary=auxiliary,
    )
    render = renderer.begin(job)
    for need in render.needed:
        check()
        held_by = beside.get(need.ref.clip, clip)
        render.supply(need, held_by.pixels(need.ref.frame, need.form), keep=ahead_frames is None)
    if ahead_frames is not None:
        render.prepare(check)
    return render
