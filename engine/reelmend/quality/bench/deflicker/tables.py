"""deflicker.json as Markdown: the bars with their verdicts, each clip's share in them, and one table per preset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from reelmend.quality.bench.claim_tables import by_clip, claim_table
from reelmend.quality.bench.tables import circumstances, clip_table, method_table, preset_table

Results = Mapping[str, Any]


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
