"""Footage for training, validation and test: fetched by package, checked by sha256, split once and for all."""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
from collections.abc import Callable, Collection, Iterator
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from typing import Any, get_args

from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn

from reelmend_models.training.footage.build import Plan, Report, build, plan
from reelmend_models.training.footage.cache import Cache
from reelmend_models.training.footage.catalogue import SPLITS, Catalogue, Split, read_catalogue, shipped_catalogue
from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.files import disk_bytes
from reelmend_models.training.footage.listing import markdown, plain_text, rows
from reelmend_models.training.footage.made.write import Form
from reelmend_models.training.footage.manifest import ClipEntry
from reelmend_models.training.footage.obtain import Watch
from reelmend_models.training.footage.writing import write_made

PROGRAM = "python -m reelmend_models.training.footage"
# Exit status of a build that could not get everything; what it got is there, and in the manifest.
INCOMPLETE = 3
INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Return 0, 1 on an error, INCOMPLETE when something could not be had, INTERRUPTED after Ctrl-C."""
    given = _parser().parse_args(arguments)
    try:
        return int(given.run(given))
    except FootageError as error:
        print(f"footage: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("footage: stopped; what was fetched is kept, the same command goes on from here", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog=PROGRAM, description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    builder = commands.add_parser("build", help="fetch the footage into a folder and write its manifest")
    builder.add_argument("folder", type=Path, metavar="DIR", help="where clips/, photos/ and footage.json come to lie")
    builder.add_argument(
        "--cache", type=Path, metavar="DIR", help="where fetched files are kept (default: DIR/packages)"
    )
    builder.add_argument("--quick", action="store_true", help="a few clips and photographs of each split only")
    builder.add_argument("--offline", action="store_true", help="use the cache alone")
    builder.add_argument("--made", choices=get_args(Form), help="write the made clips as files too (much disk)")
    builder.add_argument("--split", choices=SPLITS, action="append", help="of which splits (default: all); repeatable")
    builder.add_argument("--json", action="store_true", help="print the result as JSON")
    builder.add_argument("--catalogue", type=Path, metavar="FILE", help="another catalogue than the shipped one")
    builder.set_defaults(run=_build)
    lister = commands.add_parser("list", help="show what the catalogue holds, fetched or not")
    form = lister.add_mutually_exclusive_group()
    form.add_argument("--markdown", action="store_true", help="licence tables for the documentation")
    form.add_argument("--json", action="store_true", help="every field, as JSON")
    lister.add_argument("--catalogue", type=Path, metavar="FILE", help="another catalogue than the shipped one")
    lister.set_defaults(run=_list)
    return parser


def _list(given: argparse.Namespace) -> int:
    catalogue = _catalogue(given)
    if given.json:
        print(json.dumps(rows(catalogue), indent=1, ensure_ascii=False))
    else:
        print(markdown(catalogue) if given.markdown else plain_text(catalogue))
    return 0


def _build(given: argparse.Namespace) -> int:
    wanted = plan(_catalogue(given), given.quick)
    cache = Cache(given.cache or given.folder / "packages")
    with _progress(wanted) as watch:
        report = build(given.folder, cache, wanted, offline=given.offline, watch=watch, say=_say)
    if given.made:
        splits = given.split or SPLITS
        with _writing_progress(report, splits) as before:
            manifest = write_made(given.folder, given.made, splits, before=before, say=_say)
        report = replace(report, manifest=manifest, disk_bytes=disk_bytes(given.folder, cache.folder))
    print(json.dumps(_summary(report), indent=1, ensure_ascii=False) if given.json else _text(report))
    for reason, outcomes in groupby(sorted(report.missing, key=lambda o: o.reason), key=lambda o: o.reason):
        _say(f"missing {', '.join(outcome.source.id for outcome in outcomes)}: {reason}")
    return INCOMPLETE if report.missing else 0


def _catalogue(given: argparse.Namespace) -> Catalogue:
    return read_catalogue(given.catalogue) if given.catalogue else shipped_catalogue()


def _say(line: str) -> None:
    print(f"footage: {line}", file=sys.stderr)


@contextlib.contextmanager
def _progress(wanted: Plan) -> Iterator[Watch]:
    """Give a watch that moves a bar on a terminal, and does nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield Watch()
        return
    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("footage", total=sum(source.bytes for source in wanted.catalogue.sources))
        yield Watch(
            package=lambda package: progress.update(task, description=package.name),
            source=lambda outcome: progress.update(task, advance=outcome.source.bytes),
        )


@contextlib.contextmanager
def _writing_progress(report: Report, splits: Collection[Split]) -> Iterator[Callable[[ClipEntry], None]]:
    """Give what to call before each clip is written: moves a bar on a terminal, and does nothing elsewhere."""
    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    total = sum(clip.kind == "made" and clip.split in splits for clip in report.manifest.clips)
    with Progress(TextColumn("{task.description}"), BarColumn(), console=console, transient=True) as progress:
        task = progress.add_task("made clips", total=total)
        yield lambda clip: progress.update(task, advance=1, description=clip.id)


def _summary(report: Report) -> dict[str, Any]:
    return {
        "manifest": str(report.file),
        "disk_bytes": report.disk_bytes,
        "clips": len(report.manifest.clips),
        "photos": len(report.manifest.photos),
        "origins": {outcome.source.id: outcome.origin for outcome in report.outcomes},
        "missing": [row.model_dump() for row in report.manifest.missing],
    }


def _text(report: Report) -> str:
    camera = sum(clip.kind == "camera" for clip in report.manifest.clips)
    made = len(report.manifest.clips) - camera
    return (
        f"{report.file}: {camera} camera clips, {len(report.manifest.photos)} photographs, {made} made clips; "
        f"{report.disk_bytes / 1e6:.0f} MB on disk, cache included"
    )


if __name__ == "__main__":
    sys.exit(main())
