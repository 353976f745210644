"""The bench's results as Markdown tables, and tables kept fresh inside documents."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.quality_run import INPUT_PSNR, RAN
from reelmend.quality.bench.store import write_whole

Results = Mapping[str, Any]
BEGIN, END = "<!-- bench:{name} begin -->", "<!-- bench:{name} end -->"


@dataclass(frozen=True)
class Column:
    """A measure as a column: its heading, factor and decimals."""

    measure: str
    heading: str
    decimals: int = 1
    factor: float = 1.0


_PSNR = Column("psnr", "PSNR, dB")
_INSIDE = Column("psnr_inside", "in the defects, dB")
_OUTSIDE = Column("psnr_outside", "outside, dB")
_HARM = Column("harm", "harm, ppm", 0)
_GLOBAL = Column("flicker_residual_global", "flicker left, global, %", 2, 100.0)
_LOCAL = Column("flicker_residual_local", "flicker left, local, %", 2, 100.0)
_DRIFT = Column("drift", "drift, %", 2, 100.0)
_WARP = Column("warp_error_dis", "warp error, levels", 2)
_SSIM = Column("ssim", "SSIM", 3)
_GRAIN = Column("grain_kept", "grain kept", 2)
_PRECISION = Column("matte_precision", "matte precision", 2)
_RECALL = Column("matte_recall", "matte recall", 2)

_MOVED = Column("luma_moved", "mean luma moved, %", 3, 100.0)
_MOVED_WORST = Column("luma_moved_worst", "in the worst frame, %", 2, 100.0)
_ALTERED = Column("psnr_altered", "PSNR of altered frames, dB")
_ENERGY = Column("flicker_energy_global", "flicker energy, global, 10⁻⁴", 3, 1e4)
_LOCAL_ENERGY = Column("flicker_energy_local", "on the grid, 10⁻⁴", 3, 1e4)
_DETAIL = Column("high_frequency_kept", "fine detail kept", 3)
_HALO = Column("halo", "error around the passer, × elsewhere", 2)

_FLICKER = (_GLOBAL, _LOCAL, _DRIFT, _PSNR, _DETAIL)
_DIRT = (_PSNR, _INSIDE, _OUTSIDE, _HARM, _GRAIN, _PRECISION, _RECALL)
COLUMNS: dict[str, tuple[Column, ...]] = {
    "flicker-only": (_GLOBAL, _LOCAL, _DRIFT, _PSNR, _SSIM, _WARP),
    "blotches-only": _DIRT,
    "dirt-only": _DIRT,
}
COLUMNS_OF_KINDS: dict[str, tuple[Column, ...]] = {
    "flicker-passer": (*_FLICKER, _HALO),
    "flicker-": _FLICKER,
    "clean": (_ALTERED, _MOVED, _MOVED_WORST, _DETAIL),
    "real-film": (_ENERGY, _LOCAL_ENERGY, _DETAIL),
}
"""By how a preset's name begins."""

OTHER_COLUMNS = (_PSNR, _SSIM, _INSIDE, _OUTSIDE, _HARM, _GLOBAL, _DRIFT, _WARP)


def markdown(results: Results, plots: Sequence[str] = ()) -> str:
    """Return the whole report: circumstances, one table per preset, speed, what the methods are, plots."""
    presets = results["settings"]["presets"]
    parts = [
        "# Bench results",
        "Written by the bench; do not edit. [docs/bench.md](../../docs/bench.md) says how to read this.",
        circumstances(results),
        *(f"## {preset}\n\n{preset_table(results, preset)}" for preset in presets),
        f"## Speed and memory\n\n{speed_table(results)}",
        f"## Methods\n\n{method_table(results)}",
        f"## Clips\n\n{clip_table(results)}",
        *(f"![{name.removesuffix('.svg')}]({name})" for name in plots),
    ]
    return "\n\n".join(parts) + "\n"


def circumstances(results: Results) -> str:
    """Return one paragraph: command, date, commit, versions, machine, sizes."""
    machine, settings = results["machine"], results["settings"]
    commit = (results["commit"] or "no commit")[:12] + (" with changes" if results["commit_dirty"] else "")
    versions = ", ".join(f"{name} {version}" for name, version in results["versions"].items())
    load = machine["load_average_before"]
    busy = f", load average before the run {load[0]:g}" if load else ""
    clips = (
        f"{len(results['clips'])} clips, {settings['frames']} frames each, at most {settings['height']} rows, 8 bits"
    )
    return (
        f"`{results['command']}`, {results['made'][:10]}, {commit}; {clips}; {versions}; "
        f"{machine['processor']}, {machine['cores']} cores{busy}. "
        "In brackets: 95 % bootstrap interval of the mean over clips."
    )


def preset_table(results: Results, preset: str, by_start: Mapping[str, tuple[Column, ...]] | None = None) -> str:
    """Return the table of one preset: a row per method, a column per measure with its interval.

    by_start: the columns by how a preset's name begins, where they are not the usual ones.
    """
    found = {(s["method"], s["measure"]): s for s in results["summaries"] if s["preset"] == preset}
    notes = {(r["method"]): r.get("note", "") for r in results["rows"] if r["preset"] == preset and r["measure"] == RAN}
    columns = _columns_of(preset, by_start)
    body = []
    for method in results["methods"]:
        name = method["method"]
        if name not in notes:
            continue
        cells = [_value(found.get((name, column.measure)), column) for column in columns]
        if method["missing"] or all(cell == "–" for cell in cells):
            cells = [notes.get(name) or "not run", *[""] * (len(columns) - 1)]
        shown = f"**{name}**" if name.startswith("reelmend-") else name
        body.append([shown + ("†" if notes.get(name) and len(cells[-1]) else ""), *cells])
    there = [f"{m} {s['mean']:.1f} dB" for (m, measure), s in found.items() if measure == INPUT_PSNR and s["mean"]]
    footnote = f"\n\n† too slow for whole clips: a few frames of each, on which the input has ({', '.join(there)})"
    return markdown_table(["method", *(column.heading for column in columns)], body) + (footnote if there else "")


def speed_table(results: Results) -> str:
    """Return speed and memory per method."""
    body = []
    for entry in results["speed"]:
        if "ms_per_frame" not in entry:
            body.append([entry["method"], entry.get("note", "not run"), "", "", ""])
            continue
        peak = entry["peak_mib"]
        spread = f"{_figures(entry['ms_per_frame_fastest'])}…{_figures(entry['ms_per_frame_slowest'])}"
        figures = [
            _figures(entry["ms_per_frame"]),
            spread,
            str(entry["frames"]),
            "–" if peak is None else f"{peak:.0f}",
        ]
        body.append([entry["method"], *figures])
    headings = ["method", "ms per 720p frame, median", "fastest…slowest run", "frames", "peak memory, MiB"]
    return markdown_table(headings, body)


def method_table(results: Results) -> str:
    """Return what each method is, and its version or why it did not run."""
    body = []
    for method in results["methods"]:
        limit = method["longest_frames"]
        what = method["what"] + (f" (given {limit} frames of each clip: too slow for all)" if limit else "")
        body.append(
            [method["method"], what, f"not run: {method['missing']}" if method["missing"] else method["version"]]
        )
    return markdown_table(["method", "what it does", "version"], body)


def clip_table(results: Results) -> str:
    """Return the clips with their licences."""
    rows = [[c["clip"], f"{c['width']}×{c['height']}", c["licence"], c["attribution"]] for c in results["clips"]]
    return markdown_table(["clip", "original size", "licence", "attribution"], rows)


def update_document(path: Path, blocks: Mapping[str, str]) -> None:
    """Replace what stands between the markers of each block in a document. Raises BenchError when one is missing."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise BenchError(f"{path} can't be read: {error.strerror or error}") from None
    names = [name for name in blocks if BEGIN.format(name=name) in text]
    if not names:
        raise BenchError(f"{path} has no block of the bench; put {BEGIN.format(name='flicker-only')} … end --> into it")
    for name in names:
        before, _, rest = text.partition(BEGIN.format(name=name))
        _, end, after = rest.partition(END.format(name=name))
        if not end:
            raise BenchError(f"{path}: the block '{name}' has no end; add {END.format(name=name)}")
        text = f"{before}{BEGIN.format(name=name)}\n{blocks[name]}\n{end}{after}"
    write_whole(path, text)


def blocks(results: Results) -> dict[str, str]:
    """Return every block that a document may hold: circumstances, speed, methods, clips, and one per preset."""
    presets = {preset: preset_table(results, preset) for preset in results["settings"]["presets"]}
    return {
        "circumstances": circumstances(results),
        "speed": speed_table(results),
        "methods": method_table(results),
        "clips": clip_table(results),
        **presets,
    }


def _columns_of(preset: str, given: Mapping[str, tuple[Column, ...]] | None) -> tuple[Column, ...]:
    by_start = (COLUMNS_OF_KINDS if given is None else given).items()
    usual = next((columns for start, columns in by_start if preset.startswith(start)), OTHER_COLUMNS)
    return usual if given is not None else COLUMNS.get(preset, usual)


def _value(summary: Mapping[str, Any] | None, column: Column) -> str:
    if summary is None or summary["mean"] is None:
        return "–"
    told = [_number(summary[key], column) for key in ("mean", "ci_low", "ci_high")]
    return told[0] if summary["ci_low"] is None else f"{told[0]} [{told[1]}, {told[2]}]"


def _number(value: float | None, column: Column) -> str:
    return "" if value is None else f"{value * column.factor:,.{column.decimals}f}"


def _figures(value: float) -> str:
    """Return three significant figures, without an exponent."""
    return f"{value:.2f}" if value < 10 else f"{value:.1f}" if value < 100 else f"{value:,.0f}"


def markdown_table(headings: Iterable[str], body: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table."""
    rows = [list(headings)]
    rows += [["---"] * len(rows[0]), *([cell.replace("|", "\\|") for cell in row] for row in body)]
    return "\n".join("| " + " | ".join(row) + " |" for row in rows)
