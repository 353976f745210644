"""Speed and peak memory of every method: fresh processes, taking turns, so that the machine's moods hit all alike."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from reelmend.quality.bench.statistics import spread_of
from reelmend.quality.bench.store import Piece, Store
from reelmend.quality.bench.timed_method import HEIGHT, WIDTH
from reelmend.quality.peers import Method

FRAMES = 24
FRAMES_OF_SLOW_METHODS = 2
RUNS = 3
TIMEOUT_S = 600
SPEED_PRESET = "speed"
CASE = f"procedural-{WIDTH}x{HEIGHT}"
UNITS = {
    "ms_per_frame": ("ms", "Wall time per 720p frame, median of the runs."),
    "ms_per_frame_spread": ("ms", "Slowest run minus fastest run, per frame."),
    "peak_mib": ("MiB", "Peak resident memory of the process that does the work, largest of the runs."),
}


def time_methods(methods: Sequence[Method], store: Store, done: Callable[[str], None] = lambda _: None) -> list[Piece]:
    """Return one piece per method and run; methods take turns, and a finished run is stored."""
    pieces = []
    for run in range(RUNS):
        for method in methods:
            name = ("speed", str(run), method.name)
            piece = store.get(*name)
            if piece is None:
                piece = {"method": method.name, "run": run, **_timed(method)}
                store.put(piece, *name)
            pieces.append(piece)
            done(method.name)
    return pieces


def _timed(method: Method) -> dict[str, Any]:
    frames = FRAMES if method.longest_frames is None else FRAMES_OF_SLOW_METHODS
    if reason := method.missing():
        return {"frames": 0, "note": f"not run: {reason}"}
    command = [sys.executable, "-m", "reelmend.quality.bench.timed_method", method.name, str(frames)]
    try:
        said = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=True).stdout
    except subprocess.TimeoutExpired:
        return {"frames": frames, "note": f"failed: did not end within {TIMEOUT_S} s"}
    except subprocess.CalledProcessError as error:
        last = (error.stderr or "").strip().splitlines()[-1:]
        return {"frames": frames, "note": f"failed: exit code {error.returncode}: {' '.join(last)}"}
    measured: dict[str, Any] = json.loads(said)
    return {"frames": frames, **measured}


def speed_table(pieces: Sequence[Piece]) -> list[dict[str, Any]]:
    """Return one entry per method: median, fastest, slowest ms per frame, peak memory, frames and runs."""
    return [
        _entry(name, [p for p in pieces if p["method"] == name]) for name in dict.fromkeys(p["method"] for p in pieces)
    ]


def _entry(method: str, pieces: list[Piece]) -> dict[str, Any]:
    times = [piece["ms_per_frame"] for piece in pieces if "ms_per_frame" in piece]
    entry: dict[str, Any] = {"method": method, "case": CASE, "frames": pieces[0]["frames"], "runs": len(times)}
    if not times:
        return {**entry, "note": pieces[0]["note"]}
    spread = spread_of(times)
    peaks = [piece["peak_mib"] for piece in pieces if piece.get("peak_mib") is not None]
    return {
        **entry,
        "ms_per_frame": spread.median,
        "ms_per_frame_fastest": spread.smallest,
        "ms_per_frame_slowest": spread.largest,
        "ms_per_frame_spread": spread.spread,
        "peak_mib": max(peaks) if peaks else None,
    }


def speed_rows(table: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return the table as rows like those of the measures."""
    rows = []
    for entry in table:
        for measure in UNITS:
            row = {"method": entry["method"], "preset": SPEED_PRESET, "clip": CASE, "measure": measure}
            note = entry.get("note", "")
            rows.append({**row, "value": entry.get(measure), **({"note": note} if note else {})})
    return rows
