"""Plots of the results as SVG: the same results give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Results = Mapping[str, Any]
WORTH_A_NAME_DB = 1.0
"""How much better than the input the defects must look for a method to be named among those that mend them."""

_INTERVAL = ("mean", "ci_low", "ci_high")
_OURS, _PEERS, _INPUT = "#b5351c", "#4a6a8a", "#8c8c8c"


def draw_plots(results: Results, folder: Path) -> list[str]:
    """Write the plots into the folder and return their names; what the results don't hold is not drawn.

    Methods that got only a few frames of each clip are left out: their figures stand beside nobody else's.
    """
    presets = results["settings"]["presets"]
    drawn = []
    if "flicker-only" in presets:
        title = "global flicker left, % (lower is better)"
        drawn += _means(results, "flicker-only", "flicker_residual_global", title, folder, factor=100.0)
        drawn += _means(results, "flicker-only", "psnr", "PSNR under flicker, dB (higher is better)", folder)
    for preset in ("blotches-only", "dirt-only"):
        if preset in presets:
            drawn += _means(results, preset, "psnr", f"{preset}: PSNR of whole frames, dB (higher is better)", folder)
            drawn += _inside_outside(results, preset, folder)
    return drawn + _speed(results, folder)


def draw_deflicker_plots(results: Results, folder: Path) -> list[str]:
    """Write what each method leaves of each kind of flicker, and its PSNR; return the names. As `draw_plots`."""
    drawn = []
    for preset, measure in (
        ("flicker-global", "flicker_residual_global"),
        ("flicker-local", "flicker_residual_local"),
        ("flicker-mixed", "flicker_residual_local"),
        ("flicker-bands", "flicker_residual_local"),
    ):
        if preset in results["settings"]["presets"]:
            where = "" if measure.endswith("global") else " on the grid"
            title = f"{preset}: flicker left{where}, % (lower is better)"
            drawn += _means(results, preset, measure, title, folder, factor=100.0)
            drawn += _means(results, preset, "psnr", f"{preset}: PSNR, dB (higher is better)", folder)
    return drawn


def draw_repair_plots(results: Results, folder: Path) -> list[str]:
    """Write how well dirt and scratches are mended, and at what cost elsewhere; return the names. As `draw_plots`."""
    drawn = []
    for preset in ("repair-dirt", "planted-film"):
        if preset in results["settings"]["presets"]:
            drawn += _means(results, preset, "psnr", f"{preset}: PSNR of whole frames, dB (higher is better)", folder)
            drawn += _inside_outside(results, preset, folder)
    if "repair-scratches" in results["settings"]["presets"]:
        title = "repair-scratches: PSNR in the scratches, dB (higher is better)"
        drawn += _means(results, "repair-scratches", "psnr_inside", title, folder)
    return drawn


def _means(results: Results, preset: str, measure: str, title: str, folder: Path, factor: float = 1.0) -> list[str]:
    """Draw means with their intervals: bars where zero means something, points for decibels."""
    found = _found(results, preset, measure)
    if not found:
        return []
    figure, axes = _axes(len(found))
    for name, summary in found.items():
        mean, low, high = (summary[key] if summary[key] is not None else summary["mean"] for key in _INTERVAL)
        reach = [[(mean - low) * factor], [(high - mean) * factor]]
        if measure.startswith("psnr"):
            axes.errorbar([mean * factor], [name], xerr=reach, fmt="o", color=_colour(name), capsize=2)
        else:
            axes.barh([name], [mean * factor], xerr=reach, color=_colour(name), ecolor="#222222", height=0.7)
    return [_finish(figure, axes, title, folder / f"{preset}-{measure}.svg")]


def _found(results: Results, preset: str, measure: str) -> dict[str, Mapping[str, Any]]:
    """Return the summaries of a measure by method, in the table's order, of methods that got whole clips."""
    told = {s["method"]: s for s in results["summaries"] if (s["preset"], s["measure"]) == (preset, measure)}
    names = [method["method"] for method in results["methods"] if method["longest_frames"] is None]
    return {name: told[name] for name in names if name in told and told[name]["mean"] is not None}


def _inside_outside(results: Results, preset: str, folder: Path) -> list[str]:
    inside, outside = (_found(results, preset, measure) for measure in ("psnr_inside", "psnr_outside"))
    places = {name: (outside[name]["mean"], inside[name]["mean"]) for name in inside if name in outside}
    if "input" not in places:
        return []
    figure, axes = _axes(12)
    floor = places["input"][1] + WORTH_A_NAME_DB
    for name, place in places.items():
        named = place[1] >= floor or name == "input"
        axes.scatter(*place, color=_colour(name), s=30 if named else 12, zorder=3)
        if named:
            side = ("right", -7) if name == "input" else ("left", 7)
            axes.annotate(name, place, (side[1], 0), textcoords="offset points", ha=side[0], va="center", fontsize=9)
    axes.set_ylabel("PSNR in the defects, dB")
    title = f"{preset}: PSNR outside the defects, dB (up and right is better; without a name: mends nothing)"
    return [_finish(figure, axes, title, folder / f"{preset}-places.svg", from_top=False)]


def _speed(results: Results, folder: Path) -> list[str]:
    found = [entry for entry in results["speed"] if "ms_per_frame" in entry and entry["method"] != "input"]
    if not found:
        return []
    figure, axes = _axes(len(found))
    names, times = [e["method"] for e in found], [e["ms_per_frame"] for e in found]
    reach = [
        [e["ms_per_frame"] - e["ms_per_frame_fastest"] for e in found],
        [e["ms_per_frame_slowest"] - e["ms_per_frame"] for e in found],
    ]
    axes.barh(names, times, xerr=reach, color=[_colour(name) for name in names], ecolor="#222222", height=0.7)
    axes.set_xscale("log")
    return [_finish(figure, axes, "ms per 720p frame (log scale; lower is better)", folder / "speed.svg")]


def _axes(rows: int) -> tuple[Any, Any]:
    import matplotlib

    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "reelmend", "font.size": 9, "svg.fonttype": "none"})
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 1.2 + 0.28 * rows), layout="constrained")
    return figure, figure.add_subplot()


def _finish(figure: Any, axes: Any, title: str, path: Path, from_top: bool = True) -> str:
    axes.set_xlabel(title)
    if from_top:
        axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd", zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    return path.name


def _colour(name: str) -> str:
    return _OURS if name.startswith("reelmend-") else _INPUT if name == "input" else _PEERS
