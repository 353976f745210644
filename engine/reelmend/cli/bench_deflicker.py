"""`reelmend bench deflicker`: the deflicker beside its peers, its harm to clean clips, real film, and its bars."""

from __future__ import annotations

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


def deflicker(
    quick: Annotated[
        bool, typer.Option("--quick", help="Smaller and shorter clips: within 6 minutes on 2 cores.")
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
    as_json: JsonFlag = False,
) -> CommandResult:
    """Run the deflicker and its peers over the test split; write deflicker.json and .md; say which bars are met.

    Every finished cell is kept: with --resume only what changed is run again, after a change of the effect its own
    cells alone.
    """
    from reelmend.quality.bench import (
        plots,
        provenance,
        quality_run,
        results,
        tables,
    )  # measures and methods load slowly
    from reelmend.quality.bench.claim_tables import claim_table
    from reelmend.quality.bench.deflicker import claims as judging
    from reelmend.quality.bench.deflicker import tables as own_tables
    from reelmend.quality.bench.deflicker.plan import make_deflicker_plan
    from reelmend.quality.bench.material import open_material
    from reelmend.quality.bench.store import Store, write_whole

    given = open_material(footage, material)
    names = {"--methods": methods, "--presets": presets, "--clips": clips}
    plan = make_deflicker_plan(
        given,
        quick=quick,
        methods=split(methods),
        presets=split(presets),
        clips=split(clips),
        frames=frames,
        height=height,
    )
    load_before = provenance.load_average()
    store = Store(out / "cells" / f"deflicker-{plan.mode}", results.fingerprints(plan, given))
    if not resume:
        store.clear()
    with steps_bar("cells", len(plan.cells)) as step:
        cells = quality_run.run_cells(plan, given, store, lambda cell: step(f"{cell.preset} {cell.clip} {cell.method}"))
    command = spelled("reelmend bench deflicker", quick, names, {"--frames": frames, "--height": height})
    found = {**results.assemble(plan, given, cells, [], command, load_before), "kind": "deflicker"}
    found["claims"] = judging.judged(found["rows"], plan.presets)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "deflicker.json", results.as_text(found))
    write_whole(out / "deflicker.md", own_tables.markdown(found, plots.draw_deflicker_plots(found, out)))
    for document in docs or []:
        tables.update_document(document, own_tables.blocks(found))
    shown = [f"{preset}\n{tables.preset_table(found, preset)}\n" for preset in plan.presets]
    lines = [*shown, claim_table(found), f"written: {out / 'deflicker.json'}, {out / 'deflicker.md'}"]
    summary = {key: value for key, value in found.items() if key != "rows"}
    return CommandResult(summary, tuple(lines), as_json, warnings=quality_run.failures(found["rows"]))
