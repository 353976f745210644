"""`reelmend bench …`: restorers side by side, the bars of deflicker and repair, and the engine's own speed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from reelmend.cli import bench_deflicker, bench_repair, bench_soak, bench_speed
from reelmend.cli.bench_options import (
    DEFAULT_OUT,
    DocsOption,
    FootageOption,
    FramesOption,
    HeightOption,
    MaterialOption,
    Names,
    OutOption,
    ResumeOption,
    names_option,
    spelled,
    split,
)
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import steps_bar

app = typer.Typer(help="Measure restorers side by side, and the engine's speed.", no_args_is_help=True)

app.command("deflicker")(bench_deflicker.deflicker)
app.command("repair")(bench_repair.repair)
app.command("speed")(bench_speed.speed)
app.command("soak")(bench_soak.soak)


@app.command()
def quality(
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer and smaller clips: within 10 minutes on 2 cores.")
    ] = False,
    methods: Annotated[Names, names_option("methods")] = None,
    presets: Annotated[Names, names_option("damage presets")] = None,
    clips: Annotated[Names, names_option("clips")] = None,
    out: OutOption = DEFAULT_OUT,
    resume: ResumeOption = False,
    footage: FootageOption = None,
    frames: FramesOption = None,
    height: HeightOption = None,
    speed: Annotated[bool, typer.Option("--speed/--no-speed", help="Time every method too.")] = True,
    docs: DocsOption = None,
    material: MaterialOption = "",
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
        methods=split(methods),
        presets=split(presets),
        clips=split(clips),
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
    names = {"--methods": methods, "--presets": presets, "--clips": clips}
    command = spelled("reelmend bench quality", quick, names, {"--frames": frames, "--height": height})
    found = results.assemble(plan, given, cells, timed, command, load_before)
    write_whole(out / "quality.json", results.as_text(found))
    drawn = plots.draw_plots(found, out)
    write_whole(out / "quality.md", tables.markdown(found, drawn))
    for document in docs or []:
        tables.update_document(document, tables.blocks(found))
    return _report(found, out, as_json)


def _report(found: dict[str, Any], out: Path, as_json: bool) -> CommandResult:
    from reelmend.quality.bench import tables
    from reelmend.quality.bench.quality_run import failures

    lines = [f"{preset}\n{tables.preset_table(found, preset)}\n" for preset in found["settings"]["presets"]]
    lines.append(f"written: {out / 'quality.json'}, {out / 'quality.md'}")
    summary = {key: value for key, value in found.items() if key != "rows"}
    return CommandResult(summary, tuple(lines), as_json, warnings=failures(found["rows"]))
