"""`reelmend bench repair`: the repair beside its peers, its harm to clean clips, real film, and its bars."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

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


def repair(
    quick: Annotated[
        bool, typer.Option("--quick", help="Fewer and shorter clips: within 15 minutes on 2 cores.")
    ] = False,
    methods: Annotated[Names, names_option("methods")] = None,
    presets: Annotated[Names, names_option("presets")] = None,
    clips: Annotated[Names, names_option("clips")] = None,
    out: OutOption = DEFAULT_OUT,
    resume: ResumeOption = False,
    footage: FootageOption = None,
    frames: FramesOption = None,
    height: HeightOption = None,
    docs: DocsOption = None,
    material: MaterialOption = "",
    sheets: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Draw what is found on real film, or else in each scene, as PNGs."),
    ] = None,
    as_json: JsonFlag = False,
) -> CommandResult:
    """Run the repair and its peers over the test split; write repair.json and .md; say which bars are met.

    Every finished cell is kept: with --resume only what changed is run again, after a change of the effect its own
    cells alone.
    """
    from reelmend.quality.bench import plots, provenance, quality_run, results, tables  # all of it loads slowly
    from reelmend.quality.bench.claim_tables import claim_table
    from reelmend.quality.bench.material import open_material
    from reelmend.quality.bench.repair import claims as judging
    from reelmend.quality.bench.repair import tables as own_tables
    from reelmend.quality.bench.repair.plan import OURS, make_repair_plan
    from reelmend.quality.bench.repair.planted import WithPlantedFilm
    from reelmend.quality.bench.repair.sheets import draw_sheets
    from reelmend.quality.bench.store import Store, write_whole
    from reelmend.quality.peers import METHODS

    given = WithPlantedFilm(open_material(footage, material))
    names = {"--methods": methods, "--presets": presets, "--clips": clips}
    plan = make_repair_plan(
        given,
        quick=quick,
        methods=split(methods),
        presets=split(presets),
        clips=split(clips),
        frames=frames,
        height=height,
    )
    load_before = provenance.load_average()
    store = Store(out / "cells" / f"repair-{plan.mode}", results.fingerprints(plan, given))
    if not resume:
        store.clear()
    with steps_bar("cells", len(plan.cells)) as step:
        cells = quality_run.run_cells(plan, given, store, lambda cell: step(f"{cell.preset} {cell.clip} {cell.method}"))
    command = spelled("reelmend bench repair", quick, names, {"--frames": frames, "--height": height})
    found = {**results.assemble(plan, given, cells, [], command, load_before), "kind": "repair"}
    found["claims"] = judging.judged(found["rows"], plan.presets)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "repair.json", results.as_text(found))
    write_whole(out / "repair.md", own_tables.markdown(found, plots.draw_repair_plots(found, out)))
    for document in docs or []:
        tables.update_document(document, own_tables.blocks(found))
    drawn = draw_sheets(plan, given, METHODS[OURS], sheets) if sheets else []
    shown = [f"{preset}\n{own_tables.table_of(found, preset)}\n" for preset in plan.presets]
    written = [out / "repair.json", out / "repair.md", *drawn]
    lines = [*shown, claim_table(found), f"written: {', '.join(map(str, written))}"]
    summary = {key: value for key, value in found.items() if key != "rows"}
    return CommandResult(summary, tuple(lines), as_json, warnings=quality_run.failures(found["rows"]))
