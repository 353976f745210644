"""repair.json as Markdown: the bars with their verdicts, each clip's share in them, and one table per preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reelmend.quality.bench.claim_tables import by_clip, claim_table
from reelmend.quality.bench.tables import Column, circumstances, clip_table, method_table, preset_table

Results = Mapping[str, Any]

_PICTURE = (
    Column("psnr", "PSNR, dB"),
    Column("psnr_inside", "in the defects, dB"),
    Column("psnr_outside", "outside, dB"),
    Column("harm", "harm, ppm", 0),
    Column("matte_margin_precision", "matte precision", 3),
    Column("matte_precision", "to the pixel", 3),
)
_OWN_BITS = Column("bit_identical_outside_own_matte", "source's bits outside its matte, %", 3, 100.0)
_FALSE = (
    Column("false_scratches_distinct", "false scratches in 1,000 frames", 2),
    Column("false_scratches", "seen in 1,000 frames", 2),
)
_DIRT = (
    *_PICTURE,
    Column("matte_recall", "recall", 3),
    Column("matte_margin_matched_precision", "precision by defect", 3),
    Column("matte_margin_matched_recall", "recall by defect", 3),
)
_SCRATCHES = (
    *_PICTURE,
    Column("class_recall.scratch", "recall in scratches", 3),
    Column("class_defect_recall.scratch", "scratches found by half", 3),
    *_FALSE[:1],
    _OWN_BITS,
)
COLUMNS: Mapping[str, tuple[Column, ...]] = {
    "repair-scratches": _SCRATCHES,
    "repair-faint": _SCRATCHES,
    "repair-": (*_DIRT, Column("fill_grain", "grain in the fill", 2), _OWN_BITS),
    "planted-film": (*_DIRT, Column("matte_defect_recall", "found by half", 3), _OWN_BITS),
    "clean": (Column("changed", "pixels changed, ppm"), *_FALSE, _OWN_BITS),
    "real-film": (Column("changed", "pixels changed, ppm"), _OWN_BITS),
}
"""By how a preset's name begins."""


def table_of(results: Results, preset: str) -> str:
    """Return the table of one preset with the columns that say something of a repair."""
    return preset_table(results, preset, COLUMNS)


def markdown(results: Results, plots: Sequence[str] = ()) -> str:
    """Return the whole report: circumstances, bars, bars by clip, one table per preset, methods, clips, plots."""
    parts = [
        "# The repair, held against its bars",
        "Written by the bench; do not edit. [docs/bench.md](../../docs/bench.md) says how to read this.",
        circumstances(results),
        claim_table(results),
        f"## By clip\n\n{by_clip(results)}",
        *(f"## {preset}\n\n{table_of(results, preset)}" for preset in results["settings"]["presets"]),
        f"## Methods\n\n{method_table(results)}",
        f"## Clips\n\n{clip_table(results)}",
        *(f"![{name.removesuffix('.svg')}]({name})" for name in plots),
    ]
    return "\n\n".join(parts) + "\n"


def blocks(results: Results) -> dict[str, str]:
    """Return every block that a document may hold, by name; "repair-presets" has the tables of all presets."""
    tables = {name: table_of(results, name) for name in results["settings"]["presets"]}
    return {
        "repair-circumstances": circumstances(results),
        "repair-claims": claim_table(results),
        "repair-by-clip": by_clip(results),
        "repair-methods": method_table(results),
        "repair-presets": "\n\n".join(f"**{name}**\n\n{table}" for name, table in tables.items()),
    }
