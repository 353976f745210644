"""A whole clip through one effect, frame after frame, with the engine in this process."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from reelmend.buffer.companions import AuxiliaryClip
from reelmend.clips import ClipSource, RememberedClip
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import radius_frames_of, with_common
from reelmend.effects.effect import Check
from reelmend.effects.renderer import Job, Render, Renderer
from reelmend.errors import CancelledError
from reelmend.frames import MASK, SOURCE, Planes
from reelmend.parameters import resolve

AHEAD_FRAMES = 2
"""How many frames are begun before their turn: one thread is enough to keep them coming."""
HELD_BYTES = 256 << 20
"""What is held of a clip that is rendered in no particular order."""


def render_clip(
    renderer: Renderer,
    effect: str,
    parameters: Mapping[str, object],
    source: ClipSource,
    frames: Iterable[int],
    *,
    model: str = "",
    output: str = "result",
    check: Check = lambda: None,
    ahead_frames: int = AHEAD_FRAMES,
    waited: Callable[[float], None] = lambda _seconds: None,
    mask: ClipSource | None = None,
) -> Generator[tuple[int, Planes], None, None]:
    """Yield (frame number, planes) for each of `frames`, as float32 (C, H, W).

    `mask`: a clip of one plane a frame, of the source's size and frame numbers; before its first and after its last
    frame it is held, so that a single frame is a still.
    Each source frame is read once in sequential order. While a frame is rendered, the next `ahead_frames` are read,
    named and described in the background. Raises ReelmendError, the first time before any frame is read, later when it
    is the turn of the frame that it befell. `waited` hears how long, in seconds, each frame was waited for.
    """
    radius_frames = effect_radius_frames(renderer, effect, parameters, model)
    given = source if isinstance(source, RememberedClip) else None
    clip = given or _remembered(source, frames, renderer)
    masks = None if mask is None else _remembered(mask, frames, renderer, MASK)
    closed = threading.Event()

    def check_ahead() -> None:
        if closed.is_set():
            raise CancelledError("the frame is no longer wanted")
        check()

    def begun(frame: int) -> Render:
        return _begun(
            renderer, effect, parameters, clip, frame, radius_frames, model, output, check_ahead, ahead_frames, masks
        )

    background = ThreadPoolExecutor(1, thread_name_prefix="reelmend-ahead")
    try:
        for frame, future in _ahead(background, begun, frames, ahead_frames):
            started = time.perf_counter()
            render = future.result()
            waited(time.perf_counter() - started)
            rendered = render.finish(check)
            yield frame, clip.planes(frame) if render.identical_to_source else rendered.planes[output]
            del render, rendered, future
    finally:
        closed.set()
        background.shutdown(wait=True, cancel_futures=True)
        if given is None:
            clip.let_go()
        if masks is not None:
            masks.let_go()


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
    found = find_effect(effect, renderer.effects)
    manifest = find_model(renderer.models, found, model).manifest
    return radius_frames_of(manifest, resolve(with_common(manifest), parameters, f"effect '{effect}'"))


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
) -> Planes:
    """Return one output frame of a clip as float32 (C, H, W)."""
    render = _begun(renderer, effect, parameters, clip, frame, radius_frames, model, output, check, None, mask)
    rendered = render.finish(check)
    return clip.planes(frame) if render.identical_to_source else rendered.planes[output]


def _begun(
    renderer: Renderer,
    effect: str,
    parameters: Mapping[str, object],
    clip: RememberedClip,
    frame: int,
    radius_frames: int,
    model: str,
    output: str,
    check: Check,
    ahead_frames: int | None = None,
    mask: RememberedClip | None = None,
) -> Render:
    """Return the render of a frame with its pixels supplied; ahead of its turn, with its features made."""
    window = clip.window(frame, radius_frames, ahead_frames or 0)
    auxiliary = {}
    if mask is not None:
        beside = mask.beside(window, frame, radius_frames, ahead_frames or 0)
        auxiliary[MASK] = AuxiliaryClip(mask.first_frame, mask.last_frame, beside)
    job = Job(
        effect=effect,
        model=model,
        frame=frame,
        first_frame=clip.first_frame,
        last_frame=clip.last_frame,
        window=window,
        parameters=parameters,
        outputs=(output,),
        auxiliary=auxiliary,
    )
    render = renderer.begin(job)
    for need in render.needed:
        check()
        held = mask if mask is not None and need.ref.clip == MASK else clip
        render.supply(need, held.pixels(need.ref.frame, need.form), keep=ahead_frames is None)
    if ahead_frames is not None:
        render.prepare(check)
    return render
