"""`reelmend report`: one HTML file that shows and measures what was done to a clip."""

from __future__ import annotations

import json
import math
import time
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import with_progress
from reelmend.cli.render import parse_frames
from reelmend.cli.signals import stopped_by_signals
from reelmend.errors import BadRequestError, NotFoundError
from reelmend.inference.models import ModelStore
from reelmend.manifest import Manifest
from reelmend.media import open_reader
from reelmend.quality.report import Display, Fact, Report, ReportRequest, write_report
from reelmend.quality.report.page import bytes_text

_SHOWN_SETTINGS = {
    "effect": "Effect",
    "model": "Model",
    "model_version": "Model version",
    "provider": "Ran on",
    "fps": "Speed, frames/s",
}


def report(
    before: Annotated[str, typer.Argument(metavar="BEFORE", help="The clip as it was: a movie, or a sequence.")],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The clip as it is now, frame by frame the same.")],
    output: Annotated[str, typer.Option("--output", "-o", metavar="FILE", help="The report.")] = "report.html",
    matte: Annotated[str, typer.Option(metavar="CLIP", help="The restorer's matte: white where it repaired.")] = "",
    truth: Annotated[str, typer.Option(metavar="CLIP", help="The clip without damage, where it is known.")] = "",
    defects: Annotated[
        str, typer.Option(metavar="DIR", help="What 'reelmend damage --truth DIR' wrote: the true mattes.")
    ] = "",
    frames: Annotated[str, typer.Option(metavar="A-B", help="Only these frames, the last one included.")] = "",
    show: Annotated[
        str, typer.Option(metavar="N,N,…", help="Frames for the wipe; those that changed most unless given.")
    ] = "",
    gain: Annotated[float, typer.Option(metavar="FACTOR", help="How much the difference is amplified.")] = 8.0,
    display: Annotated[
        Display, typer.Option(help="How samples are shown: as-is, or linear for scene-linear light.")
    ] = Display.AS_IS,
    model: Annotated[str, typer.Option(metavar="ID", help="The model that was used: its name and hash.")] = "",
    settings: Annotated[
        str, typer.Option(metavar="FILE", help="What 'reelmend render --json' printed: effect and parameters.")
    ] = "",
    title: Annotated[
        str, typer.Option(metavar="TEXT", help="The report's heading; the clips' names unless given.")
    ] = "",
    measured: Annotated[bool, typer.Option("--measures/--no-measures", help="Take the measures, or only look.")] = True,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report that stands there.")] = False,
    as_json: JsonFlag = False,
) -> CommandResult:
    """Show before and after in one HTML file: wipe, matte, difference, curves, contact sheet, measures, hashes.

    The file opens from disk and loads nothing. It appears when it is whole.
    """
    if not (math.isfinite(gain) and gain > 0):
        raise BadRequestError(f"--gain {gain:g} can't amplify a difference; give a number above 0")
    summary = read_settings(settings)
    model_facts, notes = describe_model(model, summary)
    with open_reader(before) as reader:
        wanted = parse_frames(frames, reader)
    request = ReportRequest(
        before=before, after=after, output=Path(output), frames=wanted, matte=matte, truth=truth, defects=defects,
        shown=parse_shown(show), gain=gain, display=display, title=title, measured=measured, overwrite=overwrite,
        settings=describe_settings(summary), model=model_facts, notes=notes,
    )  # fmt: skip
    started = time.perf_counter()
    with stopped_by_signals():
        written = write_report(request, with_progress)
    return _result(written, wanted, time.perf_counter() - started, as_json)


def parse_shown(text: str) -> tuple[int, ...]:
    """Return the numbers that "12,40,55" spells. Raises BadRequestError."""
    parts = [part.strip() for part in text.split(",")] if text else []
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise BadRequestError(f"--show {text} is no list of frames; write it as 12,40,55")
    return tuple(int(part) for part in parts)


def read_settings(path: str) -> dict[str, Any]:
    """Return what `reelmend render --json` wrote to the file, {} when none is named. Raises Reelmend errors."""
    if not path:
        return {}
    try:
        summary = json.loads(Path(path).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist; write it with: reelmend render … --json > '{path}'") from None
    except OSError as error:
        raise NotFoundError(f"{path} can't be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        summary = None
    if not (isinstance(summary, dict) and isinstance(summary.get("parameters", {}), dict)):
        raise BadRequestError(f"{path} is not what 'reelmend render --json' prints, one JSON object; write it again")
    return summary


def describe_settings(summary: dict[str, Any]) -> tuple[Fact, ...]:
    """Return the lines about effect, parameters and speed that a summary gives."""
    facts = [Fact(label, str(summary[key])) for key, label in _SHOWN_SETTINGS.items() if key in summary]
    return (*facts, *(Fact(name, str(value)) for name, value in summary.get("parameters", {}).items()))


def describe_model(model_id: str, summary: dict[str, Any]) -> tuple[tuple[Fact, ...], tuple[str, ...]]:
    """Return the lines about the model, and a note where its hash can't be told. Raises NotFoundError.

    A model that only the summary names is described if it is installed here in that version: another's hash would say
    the wrong thing.
    """
    if model_id:
        return _facts_of(ModelStore.default().get(model_id).manifest, named=True), ()
    used, version = summary.get("model"), summary.get("model_version")
    if used is None:
        return (), ()
    try:
        manifest = ModelStore.default().get(str(used)).manifest
    except NotFoundError:
        return (), (f"Model '{used}' is not installed here, so that its hash is not known",)
    if manifest.version != version:
        return (), (f"Model '{used}' {version} was used, {manifest.version} is installed here: no hash is given",)
    return _facts_of(manifest, named=False), ()


def _facts_of(manifest: Manifest, *, named: bool) -> tuple[Fact, ...]:
    name = (Fact("Model", f"{manifest.id} {manifest.version}"),) if named else ()
    stages = tuple(Fact("Weights, SHA-256", f"{stage.sha256}  {stage.file}", code=True) for stage in manifest.stages)
    return (*name, Fact("Model licence", manifest.licence), *stages)


def _result(written: Report, wanted: range, seconds: float, as_json: bool) -> CommandResult:
    data = {
        "output": str(written.output),
        "size_bytes": written.size_bytes,
        "frames": len(wanted),
        "first_frame": wanted[0],
        "last_frame": wanted[-1],
        "shown": list(written.shown),
        "measures": [
            {
                "measure": row.name,
                "unit": row.unit,
                "direction": row.direction,
                "before": row.before,
                "after": row.after,
            }
            | ({"note": row.note} if row.note else {})
            for row in written.rows
        ],
        "files": [asdict(file) for file in written.files],
        "notes": list(written.notes),
        "seconds": round(seconds, 3),
    }
    line = (
        f"{written.output}: {bytes_text(written.size_bytes)}, {len(wanted)} frames looked at, "
        f"{len(written.shown)} shown, in {seconds:.1f} s"
    )
    return CommandResult(data, (line,), as_json, warnings=written.notes)
