"""A soak as a picture and as a table."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from reelmend.quality.bench.soak.verdicts import BAR, SETTLED

Results = Mapping[str, Any]
COLOURS = {"host": "#4a6a8a", "engine": "#b5351c"}


def draw(results: Results, path: Path) -> None:
    """Write a picture: resident memory of host and engine over each phase, with the band that it should stay in."""
    import matplotlib

    matplotlib.use("agg")
    from matplotlib.figure import Figure

    samples = results["samples"]
    phases = list(dict.fromkeys(sample["phase"] for sample in samples))
    figure = Figure(figsize=(9.0, 3.6), layout="constrained")
    for axes, phase in zip(np.atleast_1d(figure.subplots(1, len(phases), sharey=True)), phases, strict=True):
        looks = [sample for sample in samples if sample["phase"] == phase]
        for who, colour in COLOURS.items():
            numbers, values = ([look["number"] for look in looks], [look[who]["resident_mib"] for look in looks])
            middle = float(np.median(values[int(SETTLED * len(values)) :]))
            axes.axhspan(middle * (1 - BAR), middle * (1 + BAR), color=colour, alpha=0.15, linewidth=0)
            axes.plot(numbers, values, color=colour, label=f"{who}, {middle:.0f} MiB ± {100 * BAR:.0f} %")
        axes.set_xlabel(phase)
        axes.set_ylim(bottom=0)
        axes.grid(color="#dddddd")
        axes.legend(frameon=False, fontsize=8)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
    figure.axes[0].set_ylabel("resident memory, MiB")
    figure.savefig(path, dpi=110, metadata={"Software": None})


def lines(results: Results) -> list[str]:
    """Return one line per claim, for a terminal."""
    return [f"{_mark(claim)} {claim['claim']}: {_figure(claim)}" for claim in results["claims"]]


def block(results: Results) -> dict[str, str]:
    """Return what a document may hold between its markers."""
    rows = [["", "claim", "measured"], ["---"] * 3]
    rows += [[_mark(claim), claim["claim"], _figure(claim)] for claim in results["claims"]]
    settings = results["settings"]
    told = (
        f"`{results['command']}`, {results['made'][:10]}, {(results['commit'] or 'no commit')[:12]}; "
        f"{settings['frames']} frames of {settings['width']}×{settings['height']}, {settings['connects']} connects, "
        f"an engine of {settings['engine_memory_bytes'] >> 20} MiB."
    )
    return {"soak": told + "\n\n" + "\n".join("| " + " | ".join(row) + " |" for row in rows)}


def _mark(claim: Mapping[str, Any]) -> str:
    return "✓" if claim["verdict"] == "met" else "✗"


def _figure(claim: Mapping[str, Any]) -> str:
    if "median_mib" in claim:
        return f"±{100 * claim['figure']:.1f} % of {claim['median_mib']:.0f} MiB (bar ±{100 * claim['bar']:.0f} %)"
    return f"{claim['figure']:+d}"
