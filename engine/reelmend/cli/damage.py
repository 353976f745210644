"""`reelmend damage`: seeded film or tape damage on a clip, with the truth about what was done."""

from __future__ import annotations

import importlib
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Annotated, Any

import numpy as np
import typer

from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import with_progress
from reelmend.cli.render import parse_frames, parse_rate
from reelmend.cli.signals import stopped_by_signals
from reelmend.cli.truth_folder import PendingTruth
from reelmend.errors import BadRequestError, MediaError, NotFoundError
from reelmend.frames import Planes
from reelmend.media import Reader, open_reader, open_writer

_PACKAGE = "reelmend_models"


def damage(
    source: Annotated[str, typer.Argument(metavar="IN", help="A movie, shot.%04d.exr, or a folder of images.")] = "",
    target: Annotated[str, typer.Argument(metavar="OUT", help=".mp4, .mov, .mkv, or a sequence: out.%04d.png.")] = "",
    preset: Annotated[str, typer.Option(metavar="NAME", help="Which damage; --list names the presets.")] = "",
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Same seed, same damage, bit for bit; 0 or more.")
    ] = None,
    truth: Annotated[str, typer.Option(metavar="DIR", help="A new folder for mattes, gain and displacement.")] = "",
    frames: Annotated[str, typer.Option(metavar="A-B", help="Only these frames, the last one included.")] = "",
    rate: Annotated[str, typer.Option(metavar="FPS", help="Speed of a movie made from images: 24, 23.976…")] = "",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace OUT, and the truth of an earlier run.")
    ] = False,
    list_presets: Annotated[bool, typer.Option("--list", help="List the presets and leave.")] = False,
    as_json: JsonFlag = False,
) -> CommandResult:
    """Damage a clip as old film or tape is damaged. A frame's damage is the same alone as within the whole clip.

    The truth's files are numbered as the source's frames are. Movies are compressed: write a PNG, TIFF or EXR sequence
    to keep every pixel outside the mattes as it was.
    """
    simulator = load_simulator()
    if list_presets:
        return _listed(simulator.PRESETS, as_json)
    _require(IN=source, OUT=target, **{"--preset": preset, "--seed": "" if seed is None else "given"})
    chain = simulator.preset(preset)
    started = time.perf_counter()
    with ExitStack() as stack:
        reader = stack.enter_context(open_reader(source))
        stack.enter_context(stopped_by_signals())
        wanted = parse_frames(frames, reader)
        clip = simulator.ClipInfo(wanted[-1] - reader.first_frame + 1, reader.height, reader.width)
        plan = chain.plan(clip, seed)
        last = min(wanted[-1] + _frames_ahead(plan, simulator), reader.last_frame)
        reader.require(range(wanted[0], last + 1))
        damaged = _damaged(reader, wanted, plan, last)
        pending = stack.enter_context(PendingTruth(Path(truth), overwrite=overwrite)) if truth else None
        opened = open_writer(target, reader, frames=wanted, overwrite=overwrite, frame_rate=parse_rate(rate, reader))
        with opened as writer, ExitStack() as inner:
            told = None
            if pending is not None:
                with _said_of(pending, simulator.DamageError):
                    told = inner.enter_context(simulator.TruthWriter(pending.path, chain, seed, preset))
            shown = inner.enter_context(closing(with_progress(damaged, len(wanted), preset)))
            for frame, planes, what in shown:
                writer.write(frame, planes)
                if told is not None and pending is not None:
                    with _said_of(pending, simulator.DamageError):
                        told.write(frame, what)
        if pending is not None:
            pending.publish()
    return _report(
        {
            "source": source, "output": target, "truth": truth or None, "preset": preset, "seed": seed,
            "frames": len(wanted), "first_frame": wanted[0], "last_frame": wanted[-1],
            "width": reader.width, "height": reader.height,
            "seconds": round(time.perf_counter() - started, 3), "notes": writer.notes,
        },
        as_json,
    )  # fmt: skip


def load_simulator() -> Any:
    """Return the module `reelmend_models.damage`, which the engine itself never imports. Raises NotFoundError."""
    try:
        return importlib.import_module(f"{_PACKAGE}.damage")
    except ModuleNotFoundError as error:
        if error.name is None or error.name.partition(".")[0] != _PACKAGE:
            raise
        raise NotFoundError(
            f"the damage simulator needs the Python package {_PACKAGE}, which is not installed beside this engine; "
            "install reelmend from its source tree with: pip install ."
        ) from None


def _require(**given: str) -> None:
    for name, value in given.items():
        if not value:
            raise BadRequestError(f"Missing {name}; 'reelmend damage --help' says what it takes")


def _frames_ahead(plan: Any, simulator: Any) -> int:
    return 1 if any(isinstance(part, simulator.LookAheadPlan) for _, part in plan.plans) else 0


def _damaged(reader: Reader, wanted: range, plan: Any, last: int) -> Iterator[tuple[int, Planes, Any]]:
    """Yield number, planes and truth of each frame; places in the damage count from the clip's own first frame."""
    following = _pixels(reader, wanted[0])
    for frame in wanted:
        current, following = following, _pixels(reader, frame + 1) if frame < last else None
        pixels, truth = plan.apply_between(current, following, frame - reader.first_frame)
        yield frame, np.ascontiguousarray(pixels.transpose(2, 0, 1)), truth


def _pixels(reader: Reader, frame: int) -> Any:
    return np.ascontiguousarray(reader.read(frame).transpose(1, 2, 0))


@contextmanager
def _said_of(pending: PendingTruth, refused: type[Exception]) -> Iterator[None]:
    """Raise MediaError that names the truth's final folder when its files cannot be written."""
    try:
        yield
    except OSError as error:
        raise MediaError(f"{pending.final} can't be written: {error.strerror or error}; free some space") from None
    except refused as error:
        raise MediaError(str(error).replace(str(pending.path), str(pending.final))) from None


def _listed(presets: dict[str, Any], as_json: bool) -> CommandResult:
    stages = {name: [stage.name for stage in chain.stages] for name, chain in presets.items()}
    width = max(map(len, stages))
    lines = tuple(f"{name:{width}}  {', '.join(names)}" for name, names in stages.items())
    return CommandResult({"presets": stages}, lines, as_json)


def _report(summary: dict[str, Any], as_json: bool) -> CommandResult:
    line = (
        f"{summary['output']}: {summary['frames']} frames of {summary['width']}×{summary['height']}, "
        f"{summary['preset']} with seed {summary['seed']}, in {summary['seconds']:.1f} s"
    )
    truth = (f"{summary['truth']}: the truth",) if summary["truth"] else ()
    return CommandResult(summary, (line, *truth), as_json, warnings=tuple(summary["notes"]))
