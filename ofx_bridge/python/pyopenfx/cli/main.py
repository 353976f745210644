"""The command line: reads arguments, prints results, sets the exit code (0 done, 1 failed, 2 wrong usage)."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from ..errors import OfxError, PyOpenFXError
from ..profiles import PROFILES
from ..validation import validate as run_validation
from ..validation.runner import DEFAULT_PROFILES
from . import commands
from .validation_text import report_lines

app = typer.Typer(
    name="pyopenfx",
    help="A headless OpenFX host.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)
_errors = Console(stderr=True, highlight=False, soft_wrap=True)

BundleArgument = Annotated[Path, typer.Argument(help="A .ofx.bundle folder or an .ofx file.", show_default=False)]
PluginOption = Annotated[str | None, typer.Option("--plugin", help="Identifier; needed when the bundle holds several.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON.")]


@app.command("list")
def list_command(
    bundles: Annotated[list[Path] | None, typer.Argument(help="Default: all in OFX_PLUGIN_PATH and standard.")] = None,
    as_json: JsonOption = False,
) -> None:
    """List bundles and the plug-ins in them."""
    with _told():
        listed = commands.list_bundles(bundles or [])
    if as_json:
        _print_json([{"path": str(item.path), "plugins": item.plugins, "error": item.error} for item in listed])
    else:
        _print_bundles(listed)
    if any(item.error for item in listed):
        raise typer.Exit(1)


@app.command()
def describe(
    bundle: BundleArgument,
    plugin: PluginOption = None,
    context: Annotated[str | None, typer.Option(help="filter or general; default: the plug-in's first.")] = None,
    as_json: JsonOption = False,
) -> None:
    """Describe a plug-in: clips and parameters."""
    with _told():
        description = commands.describe(bundle, plugin, context)
    if as_json:
        _print_json(description)
    else:
        _print_description(description)


@app.command()
def render(
    bundle: BundleArgument,
    source: Annotated[str, typer.Argument(help="shot.%04d.exr, shot.####.png or clip.npy (frames, H, W, 3|4).")],
    target: Annotated[str, typer.Argument(help="As the source; EXR is written as float, PNG and TIFF with 16 bits.")],
    plugin: PluginOption = None,
    values: Annotated[
        list[str] | None, typer.Option("--set", help="name=value, or name@frame=value for a key; repeatable.")
    ] = None,
    clips: Annotated[
        list[str] | None,
        typer.Option("--clip", help="name=FILES for another input, such as Mask=mask.%04d.exr; repeatable."),
    ] = None,
    frames: Annotated[str | None, typer.Option(help="first-last, both rendered; default: all.")] = None,
    context: Annotated[str, typer.Option(help="filter or general.")] = "filter",
    fps: Annotated[float, typer.Option(help="Frame rate the plug-in is told.")] = 24.0,
    as_json: JsonOption = False,
) -> None:
    """Render a clip through a plug-in."""
    with _told():
        job = commands.RenderJob(
            bundle,
            source,
            target,
            plugin,
            tuple(values or ()),
            _frame_range(frames),
            context,
            fps,
            tuple(clips or ()),
        )
        report = _render_with_bar(job)
    if as_json:
        _print_json(
            {
                "plugin": report.plugin,
                "frames": report.frames,
                "seconds": round(report.seconds, 3),
                "fps": round(report.frames_per_second, 3),
                "messages": [vars(message) for message in report.messages],
                "violations": report.violations,
            }
        )
        return
    for message in report.messages:
        if message.kind != "log":
            _errors.print(f"{message.kind}: {message.text}", markup=False)
    for violation in report.violations:
        _errors.print(f"rule broken by the plug-in: {violation}", markup=False)
    typer.echo(f"{report.plugin}: {report.frames} frames in {report.seconds:.2f} s, {report.frames_per_second:.2f} fps")


@app.command()
def validate(
    bundle: BundleArgument,
    profiles: Annotated[
        list[str] | None, typer.Option("--profile", help=f"One of {', '.join(PROFILES)}; repeatable; default: most.")
    ] = None,
    plugin: PluginOption = None,
    timeout_s: Annotated[
        float, typer.Option("--timeout", min=1.0, help="Seconds for each plug-in in each host.")
    ] = 120.0,
    as_json: JsonOption = False,
) -> None:
    """Validate a bundle: what each action answered, what breaks the standard, what will break in which host."""
    with _told():
        report = run_validation(bundle, profiles or DEFAULT_PROFILES, plugin, timeout_s)
    if as_json:
        _print_json(report.to_dict())
    else:
        for line in report_lines(report):
            typer.echo(line)
    if not report.sound:
        raise typer.Exit(1)


def _render_with_bar(job: commands.RenderJob) -> commands.RenderReport:
    columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=_errors, transient=True, disable=not sys.stderr.isatty()) as bar:
        task = bar.add_task("render", total=None)
        return commands.render(job, lambda done, total: bar.update(task, completed=done, total=total))


def _frame_range(text: str | None) -> tuple[int, int] | None:
    if text is None:
        return None
    match = re.fullmatch(r"(-?\d+)(?:-(-?\d+))?", text)
    if match is None or (match[2] and int(match[2]) < int(match[1])):
        raise ValueError(f"--frames takes first-last, for example 10-20, got '{text}'")
    return int(match[1]), int(match[2] or match[1])


@contextmanager
def _told() -> Iterator[None]:
    """Turn a failure into one line and exit code 1; Ctrl-C into 130."""
    try:
        yield
    except KeyError as error:
        _fail(str(error.args[0]))
    except (PyOpenFXError, OSError, ValueError) as error:
        # A failed render's cause is what reading a source frame raised.
        reason = error.__cause__
        _fail(str(error) if reason is None or isinstance(reason, OfxError) else f"{error}; {reason}")
    except KeyboardInterrupt:
        _errors.print("stopped")
        raise typer.Exit(130) from None


def _fail(text: str) -> None:
    _errors.print(f"error: {' '.join(text.split())}", markup=False)
    raise typer.Exit(1)


def _print_json(data: Any) -> None:
    typer.echo(json.dumps(data, indent=2, ensure_ascii=False))


def _print_bundles(listed: list[commands.ListedBundle]) -> None:
    if not listed:
        _errors.print("no bundles found; set OFX_PLUGIN_PATH or name one")
    for item in listed:
        typer.echo(str(item.path))
        for plugin in item.plugins:
            contexts = ", ".join(plugin["contexts"])
            typer.echo(f"  {plugin['identifier']} {plugin['version']}  {plugin['label']}  ({contexts})")
        if item.error:
            _errors.print(f"  error: {item.error}", markup=False)


def _print_description(description: dict[str, Any]) -> None:
    version = ".".join(str(part) for part in description["version"])
    typer.echo(f"{description['label']}  {description['identifier']} {version}")
    typer.echo(f"contexts: {', '.join(description['contexts'])}; shown: {description['context']}")
    for clip in description["clips"]:
        notes = [", ".join(clip["components"])]
        notes += [
            word for word, said in (("optional", clip["optional"]), ("temporal", clip["temporal_access"])) if said
        ]
        typer.echo(f"clip {clip['name']}: {'; '.join(notes)}")
    table = Table("parameter", "type", "default", "range", "hint", box=None)
    for param in description["params"]:
        limits = param["options"] or (param["minimum"], param["maximum"])
        text = ", ".join(limits) if param["options"] else " to ".join(str(item) for item in limits if item is not None)
        default = "" if param["default"] is None else str(param["default"])
        table.add_row(param["name"], param["type"], default, text, param["hint"])
    Console(soft_wrap=not sys.stdout.isatty()).print(table)


def main() -> None:
    """Run the command line."""
    app()
