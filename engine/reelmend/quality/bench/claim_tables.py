"""Claims as Markdown: the bars with their verdicts, and each clip's share in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from reelmend.quality.bench.claims import MET, MISSED, NOT_MEASURED
from reelmend.quality.bench.tables import markdown_table

Results = Mapping[str, Any]
MARKS = {MET: "✓", MISSED: "✗", NOT_MEASURED: "–"}
CLAIMED = ("", "preset", "claim", "measured", "95 % interval", "bar", "clips that meet it", "farthest off")
FILM_PRESETS = ("real-film", "planted-film")


def claim_table(results: Results) -> str:
    """Return the claims, one a row, how many are met, and why figures are missing."""
    found = results["claims"]
    counts = {verdict: sum(claim["verdict"] == verdict for claim in found) for verdict in MARKS}
    told = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    notes = dict.fromkeys(f"{claim['preset']}: {claim['note']}" for claim in found if claim.get("note"))
    table = markdown_table(CLAIMED, [_claimed(claim) for claim in found])
    return "\n\n".join([f"{told}.", table, *(f"No figure: {note}" for note in notes)])


def by_clip(results: Results, film_presets: Collection[str] = FILM_PRESETS) -> str:
    """Return each claim's figure for each clip; test clips and real film in tables of their own."""
    found = [claim for claim in results["claims"] if claim["by_clip"]]
    groups: dict[tuple[str, ...], list[Mapping[str, Any]]] = {}
    order = [clip["clip"] for clip in results["clips"]]
    film = {clip for claim in found if claim["preset"] in film_presets for clip in claim["by_clip"]}
    for claim in found:
        clips = tuple(name for name in order if (name in film) == (claim["preset"] in film_presets))
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
