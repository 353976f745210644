"""`reelmend bench speed`: what a frame costs beside the model's own arithmetic, and whether the bars are met."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import steps_bar
from reelmend.cli.signals import stopped_by_signals
from reelmend.client import EngineClient, ServerInfo

if TYPE_CHECKING:
    from reelmend.quality.bench.speed.run import Surroundings

ENGINE_MODULE = "reelmend.cli.bench_engine"
PIPED_WIDTH = 140
MODELS_GROUP = "reelmend.bench_models"
REFERENCES_GROUP = "reelmend.bench_references"
PLAIN_GROUP = "reelmend.bench_plain_graphs"


def speed(
    full: Annotated[
        bool, typer.Option("--full/--quick", help="More rounds and larger models; quick takes 4 minutes on 2 cores.")
    ] = False,
    cases: Annotated[
        list[str] | None, typer.Option(metavar="720p,…", help="Only these frame sizes; may be given many times.")
    ] = None,
    runs: Annotated[int | None, typer.Option(min=1, help="How often each thing is timed.")] = None,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where speed.json is written.")] = Path(
        "bench/results"
    ),
    docs: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Refresh the speed tables in it.")] = None,
    reference: Annotated[
        str, typer.Option(metavar="MODULE:FUNCTION", help="A deflicker in plain numpy from elsewhere.")
    ] = "",
    plain: Annotated[
        str, typer.Option(metavar="MODULE:FUNCTION", help="A model's graphs as PyTorch runs them, from elsewhere.")
    ] = "",
    compare: Annotated[Path | None, typer.Option(metavar="OLD.json", help="Say what changed since that run.")] = None,
    models: Annotated[str, typer.Option(metavar="MODULE:FUNCTION", help="Bench models from elsewhere.")] = "",
    as_json: JsonFlag = False,
) -> CommandResult:
    """Time copying, transport, ONNX Runtime, engine and node side by side; write speed.json and say which bars are met.

    Everything takes turns in one run. Figures of a machine that does something else beside it are worth little: the
    bench says so when it notices.
    """
    from reelmend.quality.bench.speed import claims as judging  # what is measured loads slowly
    from reelmend.quality.bench.speed import compare as comparing
    from reelmend.quality.bench.speed import plan as planning
    from reelmend.quality.bench.speed import run as running
    from reelmend.quality.bench.speed import tables
    from reelmend.quality.bench.store import write_whole
    from reelmend.quality.bench.tables import update_document

    before = comparing.read_results(compare) if compare else None
    wanted = [name.strip() for spelled in cases or [] for name in spelled.split(",")]
    plan = planning.chosen(planning.FULL if full else planning.QUICK, wanted, runs)
    given = replace(_surroundings(models), **_reference(reference), **_plain(plain))
    with stopped_by_signals(), steps_bar("speed", running.steps(plan, given.models)) as step:
        found = running.measure(plan, given, _spelled(full, wanted, runs), step)
    found["claims"] += judging.soaked(out / "soak.json")
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "speed.json", running.as_text(found))
    for document in docs or []:
        update_document(document, tables.blocks(found))
    changed = comparing.changes(before, found) if before else []
    width = None if sys.stdout.isatty() else PIPED_WIDTH
    lines = [
        *tables.shown(found, width),
        *([comparing.table(changed)] if before else []),
        f"written: {out / 'speed.json'}",
    ]
    data = {**found, "changes": changed} if before else found
    return CommandResult(data, tuple(lines), as_json, warnings=running.warnings(found))


@contextmanager
def counters_of(address: str) -> Iterator[Callable[[], ServerInfo]]:
    """Give a function that asks the engine at an address what it counted."""
    with EngineClient(address) as client:
        yield client.info


def _surroundings(named: str) -> Surroundings:
    from reelmend.quality.bench.material import BenchError, offered
    from reelmend.quality.bench.speed.run import Surroundings

    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "reelmend" / "bench_models"
    try:
        built = offered(MODELS_GROUP, "--models", named, "models")(folder)
    except (BenchError, ImportError, OSError) as error:
        if named:
            raise
        return Surroundings(ENGINE_MODULE, counters_of, (), f"not run: {error}")
    return Surroundings(ENGINE_MODULE, counters_of, built)


def _reference(named: str) -> dict[str, Any]:
    """Return the maker of the plain reference, or why there is none."""
    from reelmend.quality.bench.material import BenchError, offered

    try:
        return {"reference": offered(REFERENCES_GROUP, "--reference", named, "reference in plain numpy")}
    except BenchError as error:
        if named:
            raise
        return {"reference_note": str(error)}


def _plain(named: str) -> dict[str, Any]:
    """Return the maker of plain graphs, or why there is none."""
    from reelmend.quality.bench.material import BenchError, offered

    try:
        return {"plain": offered(PLAIN_GROUP, "--plain", named, "model's graphs without ONNX Runtime")}
    except BenchError as error:
        if named:
            raise
        return {"plain_note": str(error)}


def _spelled(full: bool, cases: list[str], runs: int | None) -> str:
    """Return the command that repeats this run."""
    words = ["reelmend bench speed", *(["--full"] if full else [])]
    words += [f"--cases {','.join(cases)}"] if cases else []
    return " ".join([*words, *([f"--runs {runs}"] if runs else [])])
