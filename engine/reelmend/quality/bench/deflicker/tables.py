"""deflicker.json as Markdown: the bars with their verdicts, each clip's share in them, and one table per preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reelmend.quality.bench.deflicker.claims import MET, MISSED, NOT_MEASURED
from reelmend.quality.bench.tables import circumstances, clip_table, markdown_table, method_table, preset_table

Results = Mapping[str, Any]
MARKS = {MET: "✓", MISSED: "✗", NOT_MEASURED: "–"}
CLAIMED = ("", "preset", "claim", "measured", "95 % interval", "bar", "clips that meet it", "farthest off")


def markdown(results: Results, plots: Sequence[str] = ()) -> str:
    """Return the whole report: circumstances, bars, bars by clip, one table per preset, methods, clips, plots."""
    parts = [
        "# The deflicker, held against its bars",
        "Written by the bench; do not edit. [docs/bench.md](../../docs/bench.md) says how to read this.",
        circumstances(results),
        f"{claim_table(results)}",
        f"## By clip\n\n{by_clip(results)}",
        *(f"## {preset}\n\n{preset_table(results, preset)}" for preset in results["settings"]["presets"]),
        f"## Methods\n\n{method_table(results)}",
        f"## Clips\n\n{clip_table(results)}",
        *(f"![{name.removesuffix('.svg')}]({name})" for name in plots),
    ]
    return "\n\n".join(parts) + "\n"


def blocks(results: Results) -> dict[str, str]:
    """Return every block that a document may hold, by name."""
    presets = {f"deflicker-{name}": preset_table(results, name) for name in results["settings"]["presets"]}
    return {
        "deflicker-circumstances": circumstances(results),
        "deflicker-claims": claim_table(results),
        "deflicker-by-clip": by_clip(results),
        "deflicker-methods": method_table(results),
        **presets,
    }


def claim_table(results: Results) -> str:
    """Return the claims, one a row, how many are met, and why figures are missing."""
    found = results["claims"]
    counts = {verdict: sum(claim["verdict"] == verdict for claim in found) for verdict in MARKS}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    notes = dict.fromkeys(f"{claim['preset']}: {claim['note']}" for claim in found if claim.get("note"))
    table = markdown_table(CLAIMED, [_claimed(claim) for claim in found])
    return "\n\n".join([f"{told}.", table, *(f"No figure: {note}" for note in notes)])


def by_clip(results: Results) -> str:
    """Return each claim's figure for each clip; test clips and real film in tables of their own."""
    found = [claim for claim in results["claims"] if claim["by_clip"]]
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    order = [clip["clip"] for clip in results["clips"]]
    film = {clip for claim in found if claim["preset"] == "real-film" for clip in claim["by_clip"]}
    for claim in found:
        clips = tuple(name for name in order if (name in film) == (claim["preset"] == "real-film"))
        groups.setdefault(clips, []).append(claim)
    return "\n\n".join(_clips_table(clips, group) for clips, group in groups.items())


def figure(value: float | None) -> str:
    """Return a figure with three decimals where they matter."""
    return (
        "–"
        if value is None
        else f"{value:.4f}"
        if abs(value) < 0.1
        else f"{value:.3f}"
        if abs(value) < 10
        else f"{value:.1f}"
    )


def _claimed(claim: Mapping[str, Any]) -> list[str]:
    interval = "" if claim["low"] is None else f"{figure(claim['low'])}…{figure(claim['high'])}"
    sign = ("< " if claim["strict"] else "≤ ") if claim["at_most"] else ("> " if claim["strict"] else "≥ ")
    worst = claim["worst_clip"]
    off = f"{worst} {figure(claim['by_clip'][worst])}" if worst else ""
    measured = figure(claim["figure"]) if claim["figure"] is not None else claim["verdict"]
    share = f"{claim['clips_that_meet_it']} of {claim['clips']}"
    if alone := len(claim["clips_left_alone"]):
        share += f", {alone} left alone"
    bar = f"{sign}{claim['bar']:g}" + (", each clip" if claim["every_clip"] else "")
    return [MARKS[claim["verdict"]], claim["preset"], claim["claim"], measured, interval, bar, share, off]


def _clips_table(clips: Sequence[str], group: Sequence[Mapping[str, Any]]) -> str:
    body = []
    for claim in group:
        values = [figure(claim["by_clip"].get(clip)) for clip in clips]
        body.append([claim["preset"], claim["claim"], *values])
    return markdown_table(["preset", "claim", *clips], body)
