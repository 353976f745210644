"""An analysis as one picture: light over time, its spectrum, and where in the picture it flickers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from reelmend.analysis.analyse import Analysis
from reelmend.analysis.strength import PERCENT, Flicker
from reelmend.errors import NotFoundError
from reelmend.quality.flicker_series import Spectrum, log_luma

FIGURE_INCHES = (12.0, 9.0)
DOTS_PER_INCH = 110
_LUMA, _CUT, _DUPLICATE, _OUTLIER, _ROWS = "#1f4e79", "#8c8c8c", "#d99a00", "#b5351c", "#2e7d4f"
_TEXT = "#333333"
NO_PICTURE = "no picture"
LONGEST_MARKED = 400
"""Beyond so many cuts or duplicates their marks would cover the curve."""


def draw_analysis(analysis: Analysis, title: str, path: Path) -> None:
    """Write the picture as PNG or SVG, as the path ends. Raises NotFoundError where matplotlib is not installed."""
    try:
        import matplotlib
    except ImportError:
        raise NotFoundError("the plot needs matplotlib, which is not installed: pip install matplotlib") from None
    matplotlib.use("svg" if path.suffix == ".svg" else "agg")
    from matplotlib.figure import Figure

    style = {"svg.hashsalt": "reelmend", "font.size": 9, "svg.fonttype": "none", "axes.titlesize": 10}
    with matplotlib.rc_context(style):
        figure: Any = Figure(figsize=FIGURE_INCHES, dpi=DOTS_PER_INCH, layout="constrained")
        figure.get_layout_engine().set(w_pad=0.12, h_pad=0.08)
        figure.suptitle(f"{title}\n{_headline(analysis)}", fontsize=12, color=_TEXT)
        top, lower = figure.subfigures(2, 1, height_ratios=(1.0, 1.05))
        _draw_light(top.add_subplot(), analysis)
        spectrum, heat, rows = lower.subplots(1, 3, width_ratios=(1.0, 1.15, 0.75))
        if analysis.flicker is None:
            for axes in (spectrum, heat, rows):
                axes.axis("off")
            heat.text(0.5, 0.5, analysis.recommendation.reason, ha="center", va="center", transform=heat.transAxes)
        else:
            _draw_spectrum(spectrum, analysis.flicker)
            _draw_heat(lower, heat, analysis, analysis.flicker)
            _draw_rows(rows, analysis.flicker)
        figure.savefig(path, metadata={"Date": None} if path.suffix == ".svg" else {"Software": None})


def _headline(analysis: Analysis) -> str:
    advice = analysis.recommendation
    what = "too short to judge" if analysis.flicker is None else f"flicker: {analysis.verdict.type}"
    values = ", ".join(f"{setting.parameter} = {_told(setting.value)}" for setting in advice.settings)
    if advice.effect is None:
        return f"{what} — leave it alone"
    return f"{what} — {advice.effect}" + (f" with {values}" if values else "")


def _told(value: object) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value).lower()


def _draw_light(axes: Any, analysis: Analysis) -> None:
    events, first = analysis.events, analysis.first_frame
    logs = log_luma(analysis.seen.mean_luma)
    numbers = first + np.arange(len(logs))
    for start, end in zip((0, *events.cuts), (*events.cuts, len(logs)), strict=True):
        axes.plot(
            numbers[start:end], logs[start:end], color=_LUMA, linewidth=1.0, marker="." if len(logs) < 200 else ""
        )
    marked = [
        _mark_cuts(axes, [first + cut for cut in events.cuts]),
        _mark(axes, numbers, logs, events.duplicates, "v", _DUPLICATE, "repeats the frame before"),
        _mark(axes, numbers, logs, [flash.index for flash in events.flashes], "o", _OUTLIER, "single frame off"),
        _mark(axes, numbers, logs, events.strays, "X", _OUTLIER, "of another scene, or ruined"),
        _mark(axes, numbers, logs, (*events.black, *events.blank), "s", "#000000", NO_PICTURE),
    ]
    axes.set_title("Light over time", loc="left")
    axes.set_xlabel("frame")
    axes.set_ylabel("ln of mean luma (0.01 is 1 %)")
    axes.margins(x=0.01)
    _hold_range(axes, np.delete(logs, [*events.black, *events.blank]))
    _tidy(axes)
    if any(marked):
        axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=5, frameon=False)


def _mark_cuts(axes: Any, frames: Sequence[int]) -> bool:
    shown = frames if len(frames) <= LONGEST_MARKED else ()
    for index, frame in enumerate(shown):
        label = f"cut ({len(frames)})" if index == 0 else None
        axes.axvline(frame - 0.5, color=_CUT, linestyle="--", linewidth=0.9, label=label)
    return bool(shown)


def _mark(axes: Any, numbers: Any, logs: Any, indices: Sequence[int], sign: str, colour: str, name: str) -> bool:
    if not indices or len(indices) > LONGEST_MARKED:
        return False
    at = list(indices)
    without = name == NO_PICTURE
    place = {"transform": axes.get_xaxis_transform()} if without else {}
    heights = np.full(len(at), 0.03) if without else logs[at]
    label = f"{name} ({len(at)})"
    axes.scatter(
        numbers[at], heights, marker=sign, color=colour, s=36, zorder=3, label=label, edgecolors="white", **place
    )
    return True


def _hold_range(axes: Any, logs: Any) -> None:
    """Scale the axis to frames with a picture; black ones lie too far below to see the rest beside them."""
    if len(logs):
        low, high = float(logs.min()), float(logs.max())
        margin = max(0.01, 0.08 * (high - low))
        axes.set_ylim(low - margin, high + margin)


def _draw_spectrum(axes: Any, flicker: Flicker) -> None:
    axes.set_title("Spectrum of exposure, motion taken out")
    axes.set_xlabel("cycles a frame")
    axes.set_ylabel("amplitude, %")
    _line(axes, flicker.spectrum, _LUMA, "whole picture", flicker.overall.period_frames)
    _line(axes, flicker.rows_spectrum, _ROWS, "rows", flicker.rows.period_frames)
    axes.set_xlim(0, 0.5)
    axes.set_ylim(bottom=0)
    axes.margins(y=0.15)
    _tidy(axes)
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.13), ncols=2, frameon=False)


def _line(axes: Any, spectrum: Spectrum, colour: str, name: str, period_frames: float | None) -> None:
    amplitude = PERCENT * np.sqrt(spectrum.power)
    label = name if period_frames is None else f"{name}: every {period_frames:.1f} frames"
    axes.plot(spectrum.cycles_per_frame, amplitude, color=colour, linewidth=1.2, label=label)


def _draw_heat(figure: Any, axes: Any, analysis: Analysis, flicker: Flicker) -> None:
    rows, columns = flicker.local_map.shape
    picture = axes.imshow(
        flicker.local_map,
        cmap="magma",
        vmin=0,
        vmax=max(1.0, float(flicker.local_map.max())),
        aspect=(analysis.seen.height / rows) / (analysis.seen.width / columns),
        interpolation="nearest",
    )
    axes.set_title(f"Local flicker over the picture ({flicker.local.percent:.1f} %)")
    axes.set_xticks([])
    axes.set_yticks([])
    axes.set_xlabel(f"the picture, in {columns} × {rows} cells")
    figure.colorbar(picture, ax=axes, shrink=0.75, pad=0.02, label="standard deviation, %")


def _draw_rows(axes: Any, flicker: Flicker) -> None:
    profile = flicker.rows_profile
    heights = (np.arange(len(profile)) + 0.5) / len(profile)
    axes.fill_betweenx(heights, profile, color=_ROWS, alpha=0.35, linewidth=0)
    axes.plot(profile, heights, color=_ROWS, linewidth=1.2)
    axes.set_title(f"Flicker of rows ({flicker.rows.percent:.1f} %)")
    axes.set_xlabel("standard deviation, %")
    axes.set_ylabel("height in the picture")
    axes.set_yticks([0, 0.5, 1], ["top", "middle", "bottom"])
    axes.set_ylim(1, 0)
    axes.set_xlim(0, max(1.0, 1.1 * float(profile.max())))
    _tidy(axes)


def _tidy(axes: Any) -> None:
    axes.grid(color="#e4e4e4", linewidth=0.6)
    axes.set_axisbelow(True)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
