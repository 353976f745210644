"""`reelmend render`: one effect on a movie or an image sequence, by an engine in this process or a served one."""

from __future__ import annotations

import re
import time
from collections.abc import Iterable
from contextlib import ExitStack, closing
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import with_progress
from reelmend.cli.render_engine import RenderEngine, Work, embedded, serving
from reelmend.cli.serve import parse_bytes
from reelmend.cli.signals import stopped_by_signals
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import radius_frames_of, with_common
from reelmend.effects.presets import preset_values
from reelmend.errors import BadRequestError, UnknownNameError
from reelmend.frames import MASK, Planes
from reelmend.held_frame import number_held
from reelmend.inference.models import ModelStore
from reelmend.manifest import Manifest
from reelmend.media import Reader, Writer, open_reader, open_writer
from reelmend.media.mask_clip import MaskChannel, MaskClip
from reelmend.media.movie_reader import MovieReader
from reelmend.parameters import Value, resolve


def render(
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A movie, shot.%04d.exr, shot.####.dpx, or a folder of images.")
    ],
    target: Annotated[str, typer.Argument(metavar="OUT", help=".mp4, .mov, .mkv, or a sequence such as out.%04d.png.")],
    effect: Annotated[str, typer.Option(help="What to do; 'reelmend models' lists the effects.")],
    model: Annotated[str, typer.Option(help="Which of the effect's models; its default one unless given.")] = "",
    settings: Annotated[
        list[str] | None, typer.Option("--set", metavar="NAME=VALUE", help="A parameter; may be given many times.")
    ] = None,
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Values by name, the same as in the node; --set goes over them.")
    ] = "",
    frames: Annotated[str, typer.Option(metavar="A-B", help="Only these frames, the last one included.")] = "",
    mask: Annotated[
        str,
        typer.Option(metavar="MASK", help="A movie or images as long as IN, or one image: where the effect works."),
    ] = "",
    mask_channel: Annotated[
        MaskChannel, typer.Option(help="The channel that is the mask; auto: alpha where there is one, else red.")
    ] = MaskChannel.AUTO,
    output: Annotated[str, typer.Option(help="What to write: result, or another output such as gain.")] = "result",
    rate: Annotated[str, typer.Option(metavar="FPS", help="Speed of a movie made from images: 24, 23.976…")] = "",
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that stand under OUT.")] = False,
    provider: Annotated[str, typer.Option(help="Where models run: cpu, cuda, tensorrt or auto.")] = "cpu",
    memory: Annotated[str, typer.Option(help="Memory for frames, such as 512M or 4G.")] = "2G",
    server: Annotated[
        str,
        typer.Option(
            metavar="ADDRESS",
            help="Let the engine that serves there do the work: unix:/path or 127.0.0.1:port. "
            "It has its own --provider and memory.",
        ),
    ] = "",
    as_json: JsonFlag = False,
) -> CommandResult:
    """Render a clip through an effect. OUT appears when it is whole: Ctrl-C leaves nothing half-written."""
    models = ModelStore.default()
    manifest = find_model(models, find_effect(effect), model).manifest
    chosen = preset_values(effect, preset, with_common(manifest)) if preset else {}
    values = {**chosen, **parse_settings(settings or [], manifest)}
    if output not in manifest.outputs:
        raise UnknownNameError(f"effect '{effect}' has no output '{output}'; it has {', '.join(manifest.outputs)}")
    if mask and MASK not in manifest.input_clips:
        raise BadRequestError(f"model '{manifest.id}' reads no mask; leave --mask out")
    resolved = resolve(with_common(manifest), values, f"effect '{effect}'")
    radius_frames, held = radius_frames_of(manifest, resolved), number_held(resolved)
    memory_bytes = parse_bytes(memory)
    engine = serving(server, memory_bytes) if server else embedded(models, provider, memory_bytes)
    with open_reader(source) as reader, stopped_by_signals(), ExitStack() as opened:
        wanted = parse_frames(frames, reader)
        seen = _with_neighbours(wanted, radius_frames, reader)
        reader.require(seen)
        masks = MaskClip(opened.enter_context(open_reader(mask)), reader, mask_channel) if mask else None
        notes = _mask_notes(masks, seen)
        waits: list[float] = []
        frame_rate = parse_rate(rate, reader)
        started = time.perf_counter()
        with open_writer(target, reader, frames=wanted, overwrite=overwrite, frame_rate=frame_rate) as writer:
            work = Work(effect, model, values, output, radius_frames, reader, masks, wanted, held)
            rendered = engine.rendering(work, waits.append)
            with closing(rendered), closing(with_progress(rendered, len(wanted), effect)) as shown:
                written_s = _write_all(writer, shown)
            finishing = time.perf_counter()
    ended = time.perf_counter()
    read_s, write_s = sum(waits), written_s + ended - finishing
    render_s = ended - started - read_s - write_s
    spent = {"read_s": read_s, "render_s": render_s, "write_s": write_s, "total_s": ended - started}
    summary = _summary(source, target, effect, manifest, values, wanted, reader, engine, spent)
    masked = {"mask": mask, "mask_channel": str(masks.channel)} if masks else {}
    return _report({**summary, **masked, "notes": [*writer.notes, *notes]}, as_json)


def parse_settings(settings: list[str], manifest: Manifest) -> dict[str, Value]:
    """Return the values that ["strength=0.8", …] spell. Raises BadRequestError that names what is allowed."""
    known = {parameter.name: parameter for parameter in with_common(manifest)}
    values: dict[str, Value] = {}
    for setting in settings:
        name, equals, text = setting.partition("=")
        if not equals:
            raise BadRequestError(f"--set {setting} lacks a value; write it as --set {setting}=VALUE")
        if name not in known:
            raise BadRequestError(
                f"effect '{manifest.effect}' has no parameter '{name}'; it has {', '.join(sorted(known))}"
            )
        values[name] = known[name].parse(text)
    return values


def parse_frames(text: str, reader: Reader) -> range:
    """Return the frames that "10-50", "10", "10-" or "" spells. Raises BadRequestError for others than the clip's."""
    if not text:
        return range(reader.first_frame, reader.last_frame + 1)
    match = re.fullmatch(r"(\d+)(-(\d*))?", text.strip())
    if match is None:
        raise BadRequestError(f"--frames {text} is no range; write it as 10-50, 10- or 10")
    first = int(match[1])
    last = int(match[3]) if match[3] else reader.last_frame if match[2] else first
    if not reader.first_frame <= first <= last <= reader.last_frame:
        raise BadRequestError(
            f"--frames {text} is not in {reader.path}, which has frames {reader.first_frame}-{reader.last_frame}"
        )
    return range(first, last + 1)


def parse_rate(text: str, reader: Reader) -> Fraction | None:
    """Return the rate that "24", "23.976" or "24000/1001" spells, None for "". Raises BadRequestError.

    Decimals mean the broadcast rate that they round: 23.976 is 24000/1001. A movie keeps its own times and sound.
    """
    if not text:
        return None
    if isinstance(reader, MovieReader):
        raise BadRequestError(f"--rate is for images; {reader.path} has its own, {float(reader.frame_rate):.6g}")
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not Fraction(1, 10) <= rate <= 1000:
        raise BadRequestError(f"--rate {text} is no speed; give frames a second such as 24, 23.976 or 24000/1001")
    broadcast = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return broadcast if abs(broadcast - rate) < Fraction(1, 200) else rate


def _with_neighbours(wanted: range, radius_frames: int, reader: Reader) -> range:
    return range(
        max(reader.first_frame, wanted[0] - radius_frames), min(reader.last_frame, wanted[-1] + radius_frames) + 1
    )


def _mask_notes(masks: MaskClip | None, seen: range) -> list[str]:
    """Return what is odd about a mask of which these frames are read. Raises MediaError when some are not there."""
    if masks is None:
        return []
    masks.require(seen)
    if masks.channel is not MaskChannel.ALPHA or not masks.is_full(seen[0]):
        return []
    return ["the mask's alpha is 1 everywhere; if its picture is the mask, give --mask-channel red"]


def _write_all(writer: Writer, rendered: Iterable[tuple[int, Planes]]) -> float:
    """Return how long the writer kept us waiting, in seconds; most of its work goes on beside ours."""
    waited_s = 0.0
    for frame, planes in rendered:
        before = time.perf_counter()
        writer.write(frame, planes)
        waited_s += time.perf_counter() - before
    return waited_s


def _summary(
    source: str,
    target: str,
    effect: str,
    manifest: Manifest,
    values: dict[str, Value],
    wanted: range,
    reader: Reader,
    engine: RenderEngine,
    spent: dict[str, float],
) -> dict[str, Any]:
    defaults = {parameter.name: parameter.default for parameter in with_common(manifest)}
    return {
        "source": str(Path(source)),
        "output": str(Path(target)),
        "effect": effect,
        "model": manifest.id,
        "model_version": manifest.version,
        "parameters": {**defaults, **values},
        "provider": engine.provider,
        "provider_reason": engine.provider_reason,
        "frames": len(wanted),
        "first_frame": wanted[0],
        "last_frame": wanted[-1],
        "width": reader.width,
        "height": reader.height,
        "seconds": round(spent["total_s"], 3),
        "fps": round(len(wanted) / max(spent["total_s"], 1e-9), 2),
        "timings": {key: round(seconds, 3) for key, seconds in spent.items() if key != "total_s"},
    }


def _report(summary: dict[str, Any], as_json: bool) -> CommandResult:
    line = (
        f"{summary['output']}: {summary['frames']} frames of {summary['width']}×{summary['height']} "
        f"in {summary['seconds']:.1f} s, {summary['fps']:.1f} frames/s"
    )
    return CommandResult(summary, (line,), as_json, warnings=tuple(summary["notes"]))
