"""speed.json as tables: for a terminal, and for documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.table import Table

Results = Mapping[str, Any]
Row = Mapping[str, Any]
TIMED = ("thing", "ms a frame, median", "fastest…slowest", "rounds", "ratio", "95 % interval", "to")
COUNTED = ("case", "what", "per output frame", "ratio", "to")
CLAIMED = ("", "claim", "case", "measured", "95 % interval", "bar")
MARKS = {"met": "✓", "missed": "✗", "not measured": "–"}
MIB = 2**20


def blocks(results: Results) -> dict[str, str]:
    """Return what a document may hold between its markers: circumstances, claims, timed rows, counted rows."""
    return {
        "engine-circumstances": circumstances(results),
        "engine-claims": _markdown(CLAIMED, claim_cells(results)) + _footnotes(results["claims"], "claim"),
        "engine-speed": "\n\n".join(
            f"**{case}**\n\n{_markdown(TIMED, cells)}" for case, cells in timed_cells(results).items()
        )
        + _footnotes(results["rows"], "name"),
        "engine-bytes": _markdown(COUNTED, counted_cells(results)),
    }


def shown(results: Results, width: int | None = None) -> list[Table | str]:
    """Return what a terminal shows: timed rows by case, counted rows, and the claims at the end.

    `width`: columns of text; None: as many as the terminal has.
    """
    timed = [_table(case, TIMED, cells, width) for case, cells in timed_cells(results).items()]
    counted = _table("what crosses and what is fetched", COUNTED, counted_cells(results), width)
    claimed = _table("claims", CLAIMED, claim_cells(results), width)
    notes = [_footnotes(results["rows"], "name").strip()]
    return [*timed, counted, claimed, *filter(None, notes), circumstances(results).replace("`", "")]


def circumstances(results: Results) -> str:
    """Return one paragraph: command, date, commit, versions, machine, and how busy others kept it."""
    machine = results["machine"]
    commit = (results["commit"] or "no commit")[:12] + (" with changes" if results["commit_dirty"] else "")
    versions = ", ".join(f"{name} {results['versions'][name]}" for name in ("onnxruntime", "numpy", "python"))
    load = machine["load_average_before"]
    others = results["busy_elsewhere"]
    busy = f", load average before the run {load[0]:g}" if load else ""
    busy += f", {100 * others:.0f} % of the processors taken by others during it" if others is not None else ""
    return (
        f"`{results['command']}`, {results['made'][:10]}, {commit}; {versions}; "
        f"{machine['processor']}, {machine['cores']} cores{busy}."
    )


def timed_cells(results: Results) -> dict[str, list[list[str]]]:
    """Return the cells of timed rows by case, in the order of the rows."""
    found: dict[str, list[list[str]]] = {}
    for row in results["rows"]:
        if "unit" not in row:
            found.setdefault(row["case"], []).append(_timed(row))
    return found


def counted_cells(results: Results) -> list[list[str]]:
    """Return the cells of counted rows."""
    return [
        [row["case"], row["name"], _counted(row), _number(row["ratio"]), row["ratio_to"] or ""]
        for row in results["rows"]
        if "unit" in row
    ]


def claim_cells(results: Results) -> list[list[str]]:
    """Return the cells of the claims: mark, claim, figure, interval, bar."""
    return [
        [
            MARKS[claim["verdict"]],
            claim["claim"],
            claim["case"],
            _number(claim["figure"]) or "not measured",
            _interval(claim["low"], claim["high"]),
            ("≤ " if claim["at_most"] else "≥ ")
            + f"{claim['bar']:g}"
            + (f", aim {claim['aim']:g}" if claim["aim"] else ""),
        ]
        for claim in results["claims"]
    ]


def figures(value: float) -> str:
    """Return three significant figures, without an exponent."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def _timed(row: Row) -> list[str]:
    if row["median_ms"] is None:
        return [row["name"], "not measured", *[""] * 5]
    spread = f"{figures(row['fastest_ms'])}…{figures(row['slowest_ms'])}"
    interval = _interval(row["ratio_low"], row["ratio_high"])
    ratio = [_number(row["ratio"]), interval, row["ratio_to"] or ""]
    return [row["name"], figures(row["median_ms"]), spread, str(row["runs"]), *ratio]


def _footnotes(rows: Iterable[Row], named: str) -> str:
    """Return why some were not measured, one line per reason."""
    reasons: dict[str, list[str]] = {}
    for row in rows:
        if row.get("note"):
            reasons.setdefault(row["note"], []).append(row[named])
    return "".join(f"\n\nNot measured: {', '.join(dict.fromkeys(names))}: {why}" for why, names in reasons.items())


def _counted(row: Row) -> str:
    if row["unit"] == "bytes":
        return f"{row['value'] / MIB:.2f} MiB"
    return f"{row['value']:g} {row['unit']}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3f}" if value < 10 else f"{value:.1f}"


def _interval(low: float | None, high: float | None) -> str:
    return "" if low is None or high is None else f"{low:.3f}…{high:.3f}"


def _table(title: str, headings: Sequence[str], body: Iterable[Sequence[str]], width: int | None) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", width=width)
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for cells in body:
        table.add_row(*cells)
    return table


def _markdown(headings: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    rows = [list(headings), ["---"] * len(headings)]
    rows += [[cell.replace("|", "\\|") for cell in cells] for cells in body]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
