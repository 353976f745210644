"""A whole clip through one effect, frame after frame, with the engine in this process."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from reelmend.clips import ClipSource, RememberedClip
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import radius_frames_of, with_common
from reelmend.effects.effect import Check
from reelmend.effects.renderer import Job, Renderer
from reelmend.frames import Planes
from reelmend.parameters import resolve


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
) -> Iterator[tuple[int, Planes]]:
    """Yield (frame number, planes) for each of `frames`, as float32 (C, H, W).

    Each source frame is read once in sequential order. Raises ReelmendError, the first time before any frame is read.
    """
    radius_frames = effect_radius_frames(renderer, effect, parameters, model)
    clip = source if isinstance(source, RememberedClip) else RememberedClip(source)
    for frame in frames:
        yield frame, render_frame(renderer, effect, parameters, clip, frame, radius_frames, model, output, check)


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
) -> Planes:
    """Return one output frame of a clip as float32 (C, H, W)."""
    job = Job(
        effect=effect,
        model=model,
        frame=frame,
        first_frame=clip.first_frame,
        last_frame=clip.last_frame,
        window=clip.window(frame, radius_frames),
        parameters=parameters,
        outputs=(output,),
    )
    render = renderer.begin(job)
    for need in render.needed:
        check()
        render.supply(need, clip.pixels(need.ref.frame, need.form))
    rendered = render.finish(check)
    return clip.planes(frame) if render.identical_to_source else rendered.planes[output]
