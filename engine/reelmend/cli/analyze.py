"""`reelmend analyze`: what ails a clip, and what to do about it, before anything is mended."""

from __future__ import annotations

import json
import re
import shlex
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from reelmend.analysis import EFFECT, Analysis, analyse, draw_analysis, series, summarise
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import with_progress
from reelmend.cli.render import parse_frames
from reelmend.cli.signals import stopped_by_signals
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import with_common
from reelmend.errors import MediaError, NotFoundError
from reelmend.inference.models import ModelStore
from reelmend.media import open_reader
from reelmend.media.publishing import PendingFile, refuse_existing, refuse_unwritable_folder
from reelmend.parameters import Value

MOST_LISTED = 12
"""How many frames of a kind the table names; the file names all."""


class Plot(StrEnum):
    PNG = "png"
    SVG = "svg"
    NONE = "none"


def analyze(
    clip: Annotated[str, typer.Argument(metavar="CLIP", help="A movie, shot.%04d.exr, or a folder of images.")],
    output: Annotated[
        str, typer.Option("--output", "-o", metavar="FOLDER", help="Where to write; the current folder unless given.")
    ] = ".",
    frames: Annotated[str, typer.Option(metavar="A-B", help="Only these frames, the last one included.")] = "",
    plot: Annotated[Plot, typer.Option(help="The picture's format, or none.")] = Plot.PNG,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the files of an earlier run.")] = False,
    as_json: JsonFlag = False,
) -> CommandResult:
    """Find cuts, repeated frames, and the kind and strength of flicker, and say what to do about it.

    Writes NAME-analysis.json and a plot. They appear when they are whole: Ctrl-C leaves nothing half-written.
    """
    model = find_model(ModelStore.default(), find_effect(EFFECT))
    started = time.perf_counter()
    with open_reader(clip) as reader, stopped_by_signals():
        wanted = parse_frames(frames, reader)
        reader.require(wanted)
        name = clip_name(reader.path)
        paths = _outputs(Path(output), name, plot, overwrite=overwrite)
        with closing(with_progress(map(reader.read, wanted), len(wanted), "analyze")) as shown:
            analysis = analyse(
                shown,
                with_common(model.manifest),
                first_frame=wanted[0],
                frame_rate=reader.frame_rate,
                saturates=not reader.pixel_type.is_float,
            )
        told = {"source": clip, **summarise(analysis)}
        told["recommendation"]["command"] = command(clip, analysis)
        lacking = _write(paths, analysis, told, name, overwrite=overwrite)
    files = {kind: str(path) for kind, path in paths.items() if kind not in lacking}
    data = {**told, "files": files, "seconds": round(time.perf_counter() - started, 3)}
    return CommandResult(data, _lines(data), as_json, warnings=tuple(lacking.values()))


def clip_name(path: Path) -> str:
    """Return what files about a clip are called: a movie's name, a sequence's without its numbers, or its folder's."""
    name = re.sub(r"[._\-]*(%0?\d*d|#+)$", "", path.stem)
    return name or path.absolute().parent.name or "clip"


def command(clip: str, analysis: Analysis) -> str | None:
    """Return the command line that does what is recommended, None for leaving alone."""
    advice = analysis.recommendation
    if advice.effect is None:
        return None
    settings = " ".join(f"--set {setting.parameter}={_spelt(setting.value)}" for setting in advice.settings)
    return f"reelmend render {shlex.quote(clip)} OUT --effect {advice.effect} {settings}".rstrip()


def _outputs(folder: Path, name: str, plot: Plot, *, overwrite: bool) -> dict[str, Path]:
    """Return where to write, after checking that it can be done: a long look in vain would be a pity."""
    if folder.exists() or folder == Path():
        refuse_unwritable_folder(folder)
    else:
        refuse_unwritable_folder(folder.parent)
        if folder.is_symlink():
            raise MediaError(f"folder {folder} leads nowhere; name another place for the output")
    paths = {"json": folder / f"{name}-analysis.json"}
    if plot is not Plot.NONE:
        paths["plot"] = folder / f"{name}-analysis.{plot}"
    for path in paths.values():
        refuse_existing(path, overwrite=overwrite)
    return paths


def _write(
    paths: dict[str, Path], analysis: Analysis, told: dict[str, Any], title: str, *, overwrite: bool
) -> dict[str, str]:
    """Write the files and return what could not be made, with the reason. All of them appear, or none."""
    folder = paths["json"].parent
    made = not folder.exists()
    lacking: dict[str, str] = {}
    with ExitStack() as stack:
        if made:
            folder.mkdir()
            stack.callback(_remove_if_empty, folder)
        pending = {kind: PendingFile(path, overwrite=overwrite) for kind, path in paths.items()}
        for file in pending.values():
            stack.callback(file.discard)
        text = json.dumps({**told, "series": series(analysis)}, ensure_ascii=False, indent=1)
        pending["json"].path.write_text(text + "\n", encoding="utf-8")
        if "plot" in pending:
            try:
                draw_analysis(analysis, title, pending["plot"].path)
            except NotFoundError as error:
                lacking["plot"] = str(error)
        for kind, file in pending.items():
            if kind not in lacking:
                file.publish()
    return lacking


def _remove_if_empty(folder: Path) -> None:
    if not any(folder.iterdir()):
        folder.rmdir()


def _lines(data: dict[str, Any]) -> tuple[Any, ...]:
    table = Table(box=None, show_header=False, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for name, told in _rows(data):
        table.add_row(name, told)
    advised = data["recommendation"]["command"]
    files = [f"wrote {path}" for path in data["files"].values()]
    return (table, *((advised,) if advised else ()), *files)


def _rows(data: dict[str, Any]) -> Iterator[tuple[str, str]]:
    frames = f"{data['frames']} ({data['first_frame']}–{data['last_frame']})"
    yield "frames", f"{frames} of {data['width']}×{data['height']}, {data['frame_rate']:.6g} a second"
    yield "cuts", f"{_listed(data['cuts'])}: {_counted(len(data['shots']), 'shot')}"
    every = data["duplicates_every_frames"]
    rhythm = f"; one in {every:.1f}" if every else ""
    yield "duplicates", _listed(data["duplicates"]) + rhythm
    for name, key in (("black", "black_frames"), ("blank", "blank_frames"), ("strays", "stray_frames")):
        if data[key]:
            yield name, _listed(data[key])
    if data["flashes"]:
        yield "flashes", _listed([f"{flash['frame']} ({flash['change_percent']:+.0f} %)" for flash in data["flashes"]])
    yield from _flicker_rows(data["flicker"])
    yield from _shot_rows(data["shots"])
    advice = data["recommendation"]
    yield "do", advice["effect"] or "leave it alone"
    yield "because", advice["reason"]
    for name, value in advice["parameters"].items():
        yield f"  {name}", f"{_spelt(value)}: {advice['parameter_reasons'][name]}"
    for note in advice["notes"]:
        yield "note", note


def _flicker_rows(flicker: dict[str, Any] | None) -> Iterator[tuple[str, str]]:
    if flicker is None:
        yield "flicker", "not measured"
        return
    yield "flicker", flicker["type"]
    names = {"overall": "  whole picture", "grid": "  on a 16×9 grid", "local": "  in patches", "bands": "  in rows"}
    for key, name in names.items():
        part = flicker[key]
        told = f"{part['percent']:.2f} % std of log luma, {part['frame_to_frame_percent']:.2f} % from frame to frame"
        if "period_frames" in part:
            beats = f", as lamps on {part['beats_with']} would" if part["beats_with"] else ""
            told += f"; every {part['period_frames']:.1f} frames{beats}"
        yield name, told


def _shot_rows(shots: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield a row for each shot where they differ in kind."""
    judged = [shot for shot in shots if shot["type"] is not None]
    if len({shot["type"] for shot in judged}) < 2:
        return
    for shot in judged[:MOST_LISTED]:
        told = f"{shot['overall_percent']:.1f} % whole, {shot['local_percent']:.1f} % in patches"
        yield (
            f"  {shot['first_frame']}–{shot['last_frame']}",
            f"{shot['type']}: {told}, {shot['bands_percent']:.1f} % in rows",
        )
    if len(judged) > MOST_LISTED:
        yield "", f"and {len(judged) - MOST_LISTED} shots more"


def _listed(items: list[Any]) -> str:
    if not items:
        return "none"
    more = f" and {len(items) - MOST_LISTED} more" if len(items) > MOST_LISTED else ""
    return ", ".join(str(item) for item in items[:MOST_LISTED]) + more


def _counted(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def _spelt(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else f"{value:g}" if isinstance(value, float) else str(value)
