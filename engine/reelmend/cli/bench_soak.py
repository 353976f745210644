"""`reelmend bench soak`: whether engine and host keep their memory over thousands of frames and connects."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Annotated

import typer

from reelmend.cli.bench_speed import ENGINE_MODULE, counters_of
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.progress_bar import steps_bar
from reelmend.cli.signals import stopped_by_signals
from reelmend.errors import BadRequestError


def soak(
    frames: Annotated[int, typer.Option(min=1, help="Frames through one node, in sequence.")] = 5000,
    connects: Annotated[
        int, typer.Option(min=1, help="How often the plug-in is loaded, renders one, unloaded.")
    ] = 1000,
    size: Annotated[str, typer.Option(metavar="WxH", help="Size of the frames.")] = "1280x720",
    memory_mib: Annotated[int, typer.Option("--memory-mib", min=16, help="The engine's memory for frames.")] = 512,
    out: Annotated[Path, typer.Option("--out", metavar="DIR", help="Where soak.json and soak.png are written.")] = Path(
        "bench/results"
    ),
    docs: Annotated[list[Path] | None, typer.Option(metavar="FILE", help="Refresh the soak's table in it.")] = None,
    as_json: JsonFlag = False,
) -> CommandResult:
    """Render thousands of frames, then connect a thousand times; watch the memory of host and engine."""
    from reelmend.quality.bench.soak import report  # what is measured loads slowly
    from reelmend.quality.bench.soak import run as running
    from reelmend.quality.bench.speed.run import Surroundings
    from reelmend.quality.bench.store import write_whole
    from reelmend.quality.bench.tables import update_document

    width, height = _sides(size)
    plan = running.SoakPlan(frames, connects, width, height, memory_mib << 20)
    given = Surroundings(ENGINE_MODULE, counters_of, ())
    command = f"reelmend bench soak --frames {frames} --connects {connects} --size {size} --memory-mib {memory_mib}"
    with stopped_by_signals(), steps_bar("soak", frames + connects) as step:
        found = running.soak(plan, given, command, step)
    out.mkdir(parents=True, exist_ok=True)
    write_whole(out / "soak.json", json.dumps(found, ensure_ascii=False, allow_nan=False) + "\n")
    report.draw(found, out / "soak.png")
    for document in docs or []:
        update_document(document, report.block(found))
    said = (*report.lines(found), f"written: {out / 'soak.json'}, {out / 'soak.png'}")
    missed = any(claim["verdict"] == "missed" for claim in found["claims"])
    summary = {key: value for key, value in found.items() if key != "samples"}
    return CommandResult(summary, said, as_json, exit_code=1 if missed else 0)


def _sides(spelled: str) -> tuple[int, int]:
    found = re.fullmatch(r"(\d{1,5})x(\d{1,5})", spelled)
    if found is None or "0" in found.groups():
        raise BadRequestError(f"--size '{spelled}' is no frame size; write it as 1280x720")
    return int(found[1]), int(found[2])
