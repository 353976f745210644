"""Runs the demo: `python -m demo [--clip own.mov] [--out out/demo]`."""

from __future__ import annotations

import json
import sys
import time
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import track
from rich.table import Table

import pyopenfx
from demo.measure import Measures
from demo.node import private_engine, render_through_node
from demo.pictures import plot_luma, side_by_side
from demo.shot import BOUNCES, CAMERA_CLIP, Shot, flickering
from reelmend.bundle import find_bundle
from reelmend.clips import RememberedClip
from reelmend.errors import ReelmendError
from reelmend.media import Reader, open_reader, open_writer

MOVIES = ("before.mp4", "after.mp4", "side_by_side.mp4")


def run(clip: Path | None, out: Path) -> dict[str, Any]:
    """Render the clip through the node, write the pictures, return the report."""
    bundle = find_bundle()
    with ExitStack() as stack:
        like = stack.enter_context(open_reader(clip or CAMERA_CLIP))
        clean = None if clip else RememberedClip(Shot(like, BOUNCES))
        before = flickering(clean) if clean else RememberedClip(like)
        out.mkdir(parents=True, exist_ok=True)
        address = stack.enter_context(private_engine())
        measures, render_s = _render(bundle, like, before, clean, out)
    report = {
        "flicker_before": measures.flicker(measures.before),
        "flicker_after": measures.flicker(measures.after),
        "psnr_before": measures.psnr_db(measures.error_before),
        "psnr_after": measures.psnr_db(measures.error_after),
        "frames": len(measures.after),
        "fps": len(measures.after) / render_s,
        "engine": address,
        "clip": str(clip or CAMERA_CLIP.name),
        "size": [like.width, like.height],
    }
    plot_luma(measures, out / "flicker.png")
    (out / "report.json").write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    return report


def _render(
    bundle: Path, like: Reader, before: RememberedClip, clean: RememberedClip | None, out: Path
) -> tuple[Measures, float]:
    measures, render_s = Measures(), 0.0
    with ExitStack() as stack:
        movies = [
            stack.enter_context(open_writer(out / name, frame_rate=like.frame_rate, overwrite=True)) for name in MOVIES
        ]
        results = stack.enter_context(closing(render_through_node(bundle, like, before)))
        count = before.last_frame - before.first_frame + 1
        started = time.perf_counter()
        for frame, after in track(results, "Rendering through the node", total=count, console=Console(stderr=True)):
            render_s += time.perf_counter() - started
            source = before.planes(frame)
            measures.add(source, after, clean.planes(frame) if clean else None)
            for movie, picture in zip(movies, (source, after, side_by_side(source, after)), strict=True):
                movie.write(frame, picture)
            started = time.perf_counter()
    return measures, render_s


def table(report: dict[str, Any], out: Path) -> Table:
    """Return the closing table."""
    shown = Table(title=f"{report['frames']} frames of {report['clip']}, {report['size'][0]}×{report['size'][1]}")
    for heading in ("", "before", "after"):
        shown.add_column(heading, justify="left" if not heading else "right", overflow="fold")
    shown.add_row("flicker", *(_percent(report[key]) for key in ("flicker_before", "flicker_after")))
    if report["psnr_after"] is not None:
        shown.add_row("PSNR to the clean clip", *(f"{report[key]:.1f} dB" for key in ("psnr_before", "psnr_after")))
    shown.add_row("frames per second", "", f"{report['fps']:.1f}")
    shown.add_row("engine", "", report["engine"])
    shown.add_row("pictures", "", str(out))
    return shown


def _percent(value: float | None) -> str:
    return "too short" if value is None else f"{100 * value:.2f} %"


def main(
    clip: Annotated[Path | None, typer.Option(help="Your own clip, mended as it is; default: the demo's own.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the pictures.")] = Path("out/demo"),
) -> None:
    """Render a shot through the OpenFX node in a headless host, and show what that did."""
    try:
        Console().print(table(run(clip, out), out))
    except (ReelmendError, OSError) as error:
        sys.exit(f"error: {error}")
    except pyopenfx.OfxError as error:
        sys.exit(f"error: {error.__cause__ or error}")
    except KeyboardInterrupt:
        sys.exit("stopped; nothing half-written was kept")


app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
app.command()(main)
app()
