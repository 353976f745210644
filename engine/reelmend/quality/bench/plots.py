"""Plots of the results as SVG: the same results give the same bytes."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

Results = Mapping[str, Any]
_OURS, _PEERS, _INPUT = "#b5351c", "#4a6a8a", "#8c8c8c"


def draw_plots(results: Results, folder: Path) -> list[str]:
    """Write the plots into the folder and return their names; what the results don't hold is not drawn."""
    presets = results["settings"]["presets"]
    drawn = []
    if "flicker-only" in presets:
        drawn += _bars(
            results,
            "flicker-only",
            "flicker_residual_global",
            100.0,
            "global flicker left, % (lower is better)",
            folder,
        )
        drawn += _bars(results, "flicker-only", "psnr", 1.0, "PSNR under flicker, dB (higher is better)", folder)
    for preset in ("blotches-only", "dirt-only"):
        if preset in presets:
            drawn += _inside_outside(results, preset, folder)
    return drawn + _speed(results, folder)


def _bars(results: Results, preset: str, measure: str, factor: float, title: str, folder: Path) -> list[str]:
    found = {s["method"]: s for s in results["summaries"] if (s["preset"], s["measure"]) == (preset, measure)}
    names = [m["method"] for m in results["methods"] if found.get(m["method"], {}).get("mean") is not None]
    if not names:
        return []
    figure, axes = _axes(len(names))
    means = [found[name]["mean"] * factor for name in names]
    reach = [
        [
            abs(found[n][key] * factor - m) if found[n][key] is not None else 0.0
            for n, m in zip(names, means, strict=True)
        ]
        for key in ("ci_low", "ci_high")
    ]
    axes.barh(names, means, xerr=reach, color=[_colour(name) for name in names], ecolor="#222222", height=0.7)
    return [_finish(figure, axes, title, folder / f"{preset}-{measure}.svg")]


def _inside_outside(results: Results, preset: str, folder: Path) -> list[str]:
    found = {(s["method"], s["measure"]): s["mean"] for s in results["summaries"] if s["preset"] == preset}
    names = [
        m["method"]
        for m in results["methods"]
        if None not in (found.get((m["method"], k)) for k in ("psnr_inside", "psnr_outside"))
    ]
    if not names:
        return []
    figure, axes = _axes(14)
    places = [(found[n, "psnr_outside"], found[n, "psnr_inside"]) for n in names]
    for name, place in zip(names, places, strict=True):
        axes.scatter(*place, color=_colour(name), zorder=3)
    _label(axes, names, places)
    axes.invert_yaxis()  # _finish turns it back: bars are drawn from the top
    axes.set_ylabel("PSNR in the defects, dB")
    return [
        _finish(
            figure,
            axes,
            f"{preset}: PSNR outside the defects, dB (up and right is better)",
            folder / f"{preset}-places.svg",
        )
    ]


def _label(axes: Any, names: list[str], places: list[tuple[float, float]]) -> None:
    """Write names beside their points, one under the other where points stand together."""
    taken: list[tuple[float, float]] = []
    wide = max(p[0] for p in places) - min(p[0] for p in places) or 1.0
    high = max(p[1] for p in places) - min(p[1] for p in places) or 1.0
    for name, (x, y) in sorted(zip(names, places, strict=True), key=lambda item: item[1][1]):
        up = y
        while any(abs(x - tx) < 0.3 * wide and abs(up - ty) < 0.035 * high for tx, ty in taken):
            up += 0.036 * high
        taken.append((x, up))
        left = x > min(p[0] for p in places) + 0.7 * wide
        offset = (-7, 0) if left else (7, 0)
        axes.annotate(
            name,
            (x, up),
            xytext=offset,
            textcoords="offset points",
            ha="right" if left else "left",
            va="center",
            fontsize=8,
        )


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
    matplotlib.rcParams.update({"svg.hashsalt": "reelmend", "font.size": 9, "svg.fonttype": "path"})
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8.0, 1.2 + 0.28 * rows), layout="constrained")
    return figure, figure.add_subplot()


def _finish(figure: Any, axes: Any, title: str, path: Path) -> str:
    axes.set_xlabel(title)
    axes.invert_yaxis()
    axes.grid(axis="x", color="#dddddd", zorder=0)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    figure.savefig(path, metadata={"Date": None})
    return path.name


def _colour(name: str) -> str:
    return _OURS if name.startswith("reelmend-") else _INPUT if name == "input" else _PEERS
