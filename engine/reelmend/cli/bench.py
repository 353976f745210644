"""`reelmend bench quality|speed`: restorers side by side, and the engine's own speed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reelmend.cli import bench_soak, bench_speed
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import steps_bar
from reelmend.errors import BadRequestError

app = typer.Typer(help="Measure restorers side by side, and the engine's speed.", no_args_is_help=True)

app.command("speed")(bench_speed.speed)
app.command("soak")(bench_soak.soak)

DEFAULT_OUT = Path("bench/results")
OutOption = Annotated[Path, typer.Option("--out", metavar="DIR", help="Where results are written.")]
Names = list[str] | None


def _names(what: str) -> Any:
    return typer.Option(metavar="A,B", help=f"Only these {what}; may be given many times.")


@app.command()
def quality(
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer and smaller clips: within 10 minutes on 2 cores.")
    ] = False,
    methods: Annotated[Names, _names("methods")] = None,
    presets: Annotated[Names, _names("damage presets")] = None,
    clips: Annotated[Names, _names("clips")] = None,
    out: OutOption = DEFAULT_OUT,
    resume: Annotated[
        bool, typer.Option("--resume", help="Keep what an earlier run of the same kind finished.")
    ] = False,
    footage: Annotated[
        Path | None, typer.Option(metavar="DIR", help="The built footage; else its usual place.")
    ] = None,
    frames: Annotated[int | None, typer.Option(min=1, help="Frames of each clip, instead of the mode's own.")] = None,
    height: Annotated[int | None, typer.Option(min=16, help="Rows of each clip, instead of the mode's own.")] = None,
    speed: Annotated[bool, typer.Option("--speed/--no-speed", help="Time every method too.")] = True,
    docs: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Refresh the bench's tables in it.")] = None,
    material: Annotated[str, typer.Option(metavar="MODULE:FUNCTION", help="Clips and damage from elsewhere.")] = "",
    as_json: JsonFlag = False,
) -> CommandResult:
    """Run the methods over the test clips and damage presets; write quality.json, quality.md and plots.

    Every finished cell is kept: after Ctrl-C, the same command with --resume goes on.
    """
    from reelmend.quality.bench import plan as planning  # measures and methods load slowly
    from reelmend.quality.bench import plots, provenance, quality_run, results, tables, timing
    from reelmend.quality.bench.material import open_material
    from reelmend.quality.bench.store import Store, write_whole

    given = open_material(footage, material)
    usual = planning.QUICK if quick else planning.FULL
    plan = planning.make_plan(
        given,
        quick=quick,
        methods=_split(methods),
        presets=_split(presets),
        clips=_split(clips),
        size=planning.Size(frames or usual.frames, height or usual.height),
    )
    load_before = provenance.load_average()
    store = Store(out / "cells" / plan.mode, results.fingerprints(plan, given))
    if not resume:
        store.clear()
    with steps_bar("cells", len(plan.cells)) as step:
        cells = quality_run.run_cells(plan, given, store, lambda cell: step(f"{cell.preset} {cell.clip} {cell.method}"))
    timed = []
    if speed:
        with steps_bar("speed", timing.RUNS * len(plan.methods)) as step:
            timed = timing.time_methods(plan.methods, store, step)
    command = _spelled(quick, methods, presets, clips, frames, height)
    found = results.assemble(plan, given, cells, timed, command, load_before)
    write_whole(out / "quality.json", results.as_text(found))
    drawn = plots.draw_plots(found, out)
    write_whole(out / "quality.md", tables.markdown(found, drawn))
    for document in docs or []:
        tables.update_document(document, tables.blocks(found))
    return _report(found, out, as_json)


def _split(names: Names) -> list[str]:
    """Return the names of --methods a,b --methods c. Raises BadRequestError for an empty one."""
    found = [name.strip() for spelled in names or [] for name in spelled.split(",")]
    if "" in found:
        raise BadRequestError("an empty name was given; write names as A,B without a comma at the end")
    return found


def _spelled(quick: bool, methods: Names, presets: Names, clips: Names, frames: int | None, height: int | None) -> str:
    """Return the command that repeats this run."""
    words = ["reelmend bench quality", *(["--quick"] if quick else [])]
    for option, names in (("--methods", methods), ("--presets", presets), ("--clips", clips)):
        words += [f"{option} {','.join(_split(names))}"] if names else []
    for option, value in (("--frames", frames), ("--height", height)):
        words += [f"{option} {value}"] if value else []
    return " ".join(words)


def _report(found: dict[str, Any], out: Path, as_json: bool) -> CommandResult:
    from reelmend.quality.bench import tables
    from reelmend.quality.bench.quality_run import RAN

    lines = [f"{preset}\n{tables.preset_table(found, preset)}\n" for preset in found["settings"]["presets"]]
    failed = [row for row in found["rows"] if row["measure"] == RAN and row["value"] == 0.0]
    warnings = dict.fromkeys(f"{row['method']} on {row['preset']}: {row.get('note', '')}" for row in failed)
    lines.append(f"written: {out / 'quality.json'}, {out / 'quality.md'}")
    summary = {key: value for key, value in found.items() if key != "rows"}
    return CommandResult(summary, tuple(lines), as_json, warnings=tuple(warnings))
