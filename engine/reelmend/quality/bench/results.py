"""quality.json: rows, summaries, speed, and all that is needed to judge and repeat them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from reelmend.quality.bench import provenance, statistics, timing
from reelmend.quality.bench.material import Material
from reelmend.quality.bench.plan import Plan
from reelmend.quality.bench.quality_run import measures_told
from reelmend.quality.bench.store import Piece, digest_of

SCHEMA_VERSION = 1
_JUDGING = ("quality/*.py", "quality/peers/*.py", "media/*.py")
_OWN = ("*.py", "effects/**/*.py", "motion/*.py", "inference/*.py", "buffer/*.py", "colour/*.py")
OWN_PREFIX = "reelmend-"
_SHAPING = ("clip_files.py", "quality_run.py", "timed_method.py", "timing.py", "repair/planted.py")

Results = dict[str, Any]


def fingerprints(plan: Plan, material: Material) -> Callable[[Sequence[str]], str]:
    """Return the fingerprint of a piece by its name, whose last part is a method.

    It covers what the piece depends on: measures, methods' code, material and sizes; for our own effects the engine's
    code too, so that a change of an effect leaves the peers' cells as they are.
    """
    shared = _shared_code()
    own = digest_of(_code(_OWN))
    shape = f"{plan.size!r} {plan.measures!r} {provenance.versions()}"
    parts = [digest_of(shared), material.fingerprint(), shape]

    @cache
    def of_method(name: str) -> str:
        told = [
            f"{method.name} {method.missing()} {_version(method)}" for method in plan.methods if method.name == name
        ]
        return digest_of([*parts, *told, own if name.startswith(OWN_PREFIX) else ""])

    return lambda name: of_method(name[-1])


def _shared_code() -> list[Path]:
    return [*_code(_JUDGING), *(Path(__file__).parent / name for name in _SHAPING)]


def _code(patterns: Sequence[str]) -> list[Path]:
    root = Path(__file__).parents[2]
    return sorted({file for pattern in patterns for file in root.glob(pattern)})


def assemble(
    plan: Plan,
    material: Material,
    cells: Sequence[Piece],
    timed: Sequence[Piece],
    command: str,
    load_before: list[float] | None = None,
) -> Results:
    """Return the whole content of quality.json."""
    rows = [row for piece in cells for row in piece["rows"]]
    speed = timing.speed_table(timed)
    return {
        "schema_version": SCHEMA_VERSION,
        "kind": "quality",
        "mode": plan.mode,
        "command": command,
        **provenance.provenance(load_before),
        "settings": _settings(plan, material),
        "methods": [_method_told(method) for method in plan.methods],
        "measures": [*measures_told(), *_speed_measures()],
        "clips": [_clip_told(clip) for clip in plan.clips],
        "speed": speed,
        "summaries": summarise(rows),
        "rows": rows + timing.speed_rows(speed),
    }


def as_text(results: Results) -> str:
    """Return the results as JSON with one row a line, so that two runs can be compared line by line."""
    parts = [f"{json.dumps(key)}: {_part(value)}" for key, value in results.items()]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _part(value: Any) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in value) + "\n]"
    return json.dumps(value, ensure_ascii=False, indent=1)


def summarise(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return per method, preset and measure: mean, interval, clips with a value; null where none has one."""
    groups: dict[tuple[str, str, str], list[float]] = {}
    for row in rows:
        values = groups.setdefault((row["method"], row["preset"], row["measure"]), [])
        if row["value"] is not None:
            values.append(row["value"])
    return [_summary(*key, values) for key, values in groups.items()]


def _summary(method: str, preset: str, measure: str, values: list[float]) -> dict[str, Any]:
    found = statistics.bootstrap_mean(values) if values else statistics.Interval(float("nan"), None, None, 0)
    return {
        "method": method,
        "preset": preset,
        "measure": measure,
        "mean": found.mean if values else None,
        "ci_low": found.low,
        "ci_high": found.high,
        "clips": found.clips,
    }


def _settings(plan: Plan, material: Material) -> dict[str, Any]:
    return {
        "frames": plan.size.frames,
        "height": plan.size.height,
        "bits": 8,
        "presets": list(plan.presets),
        "seeds": {f"{preset}/{clip.name}": material.seed(clip.name, preset) for preset, clip in plan.scenes},
        "confidence": statistics.CONFIDENCE,
        "bootstrap_resamples": statistics.RESAMPLES,
        "bootstrap_seed": statistics.SEED,
        "speed_runs": timing.RUNS,
        "speed_frames": timing.FRAMES,
    }


def _method_told(method: Any) -> dict[str, Any]:
    missing = method.missing()
    return {
        "method": method.name,
        "what": method.what,
        "version": "" if missing else _version(method),
        "missing": missing,
        "longest_frames": method.longest_frames,
    }


def _version(method: Any) -> str:
    return "" if method.missing() else str(method.version())


def _clip_told(clip: Any) -> dict[str, Any]:
    return {
        "clip": clip.name,
        "width": clip.width,
        "height": clip.height,
        "frames": clip.frame_count,
        "licence": clip.licence,
        "attribution": clip.attribution,
    }


def _speed_measures() -> list[dict[str, str]]:
    return [
        {"measure": name, "unit": unit, "direction": "lower is better", "meaning": meaning}
        for name, (unit, meaning) in timing.UNITS.items()
    ]
