"""What is told of a render: the head of its document of detections, and its summary."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import reelmend
from reelmend.cli.clip_inputs import InputNames
from reelmend.cli.render_engine import RenderEngine
from reelmend.cli.render_outputs import Findings, OutputNames
from reelmend.cli.render_steps import Step
from reelmend.documents import CLASSES, Head, MadeWith, SourceEntry
from reelmend.media import Reader

_FILES = ("matte", "classes", "detections_file")
"""What the summary calls the files beside OUT."""
_PLURALS = {"blotch": "blotches", "hair": "hairs", "scratch": "scratches"}


def document_head(
    inputs: InputNames, steps: Sequence[Step], finder: int, reader: Reader, rate: Fraction | None
) -> Head:
    """Return what stands before the frames in the document of detections that the step `finder` gives."""
    source = SourceEntry(
        name=reader.path.name,
        width=reader.width,
        height=reader.height,
        first_frame=reader.first_frame,
        last_frame=reader.last_frame,
        frame_rate=str(rate or reader.frame_rate),
    )
    made = [_made_with(step, inputs, finds=index == finder) for index, step in enumerate(steps[: finder + 1])]
    return Head(
        document="reelmend detections",
        version=1,
        made_by=f"reelmend {reelmend.__version__}",
        source=source,
        before=made[:-1],
        repair=made[-1],
    )


def summary_of(
    inputs: InputNames,
    outputs: OutputNames,
    steps: Sequence[Step],
    engine: RenderEngine,
    reader: Reader,
    wanted: range,
    spent: dict[str, float],
    findings: Findings | None,
) -> dict[str, Any]:
    """Return the figures of a render, as --json prints them. `spent`: seconds by step, which add up to the whole."""
    last, seconds = steps[-1], sum(spent.values())
    chain = {"chain": [_told_step(step) for step in steps]} if len(steps) > 1 else {}
    return {
        "source": str(Path(inputs.source)),
        "output": str(Path(outputs.target)) if outputs.target else None,
        "effect": ",".join(step.effect for step in steps),
        "model": last.model,
        "model_version": last.manifest.version,
        "parameters": dict(last.resolved),
        **chain,
        "provider": engine.provider,
        "provider_reason": engine.provider_reason,
        "frames": len(wanted),
        "first_frame": wanted[0],
        "last_frame": wanted[-1],
        "width": reader.width,
        "height": reader.height,
        "seconds": round(seconds, 3),
        "fps": round(len(wanted) / max(seconds, 1e-9), 2),
        "timings": {key: round(part, 3) for key, part in spent.items()},
        **_told_findings(findings),
        **_told_files(outputs),
    }


def told_lines(summary: Mapping[str, Any], findings: Findings | None) -> list[str]:
    """Return what a render tells people: how much and how fast, what was found, and what was written beside OUT."""
    lines = [
        f"{summary['output']}: {summary['frames']} frames of {summary['width']}×{summary['height']} "
        f"in {summary['seconds']:.1f} s, {summary['fps']:.1f} frames/s"
    ]
    if findings is not None:
        lines.append(_found(findings, summary["frames"]))
    return [*lines, *(f"wrote {summary[name]}" for name in _FILES if name in summary)]


def _found(findings: Findings, frames: int) -> str:
    """Return "found 12 blotches, 1 hair and 0 scratches in 9 of 30 frames; 210 of a million pixels changed"."""
    counted = [f"{findings.found[kind]:,} {kind if findings.found[kind] == 1 else _PLURALS[kind]}" for kind in CLASSES]
    told = f"found {', '.join(counted[:-1])} and {counted[-1]} in {findings.frames_with} of {frames} frames"
    ppm = findings.changed_ppm
    if ppm is None:
        return told
    share = f"{ppm / 1e4:.2f} % of the pixels" if ppm >= 1e3 else f"{ppm:.0f} of a million pixels"
    return f"{told}; {share} changed"


def _made_with(step: Step, inputs: InputNames, *, finds: bool) -> MadeWith:
    matte = (inputs.matte or inputs.from_list) if finds else ""
    mask = inputs.mask_of(step.effect)
    return MadeWith(
        effect=step.effect,
        model=step.model,
        version=step.manifest.version,
        weights_sha256=step.manifest.weights_sha256,
        parameters=dict(step.resolved),
        mask=Path(mask).name if mask else None,
        matte_in=Path(matte).name if matte else None,
    )


def _told_step(step: Step) -> dict[str, Any]:
    return {
        "effect": step.effect,
        "model": step.model,
        "model_version": step.manifest.version,
        "parameters": dict(step.resolved),
    }


def _told_findings(findings: Findings | None) -> dict[str, Any]:
    if findings is None:
        return {}
    ppm = findings.changed_ppm
    return {
        "detections": dict(findings.found),
        "frames_with_detections": findings.frames_with,
        "changed_ppm": None if ppm is None else round(ppm, 3),
    }


def _told_files(outputs: OutputNames) -> dict[str, str]:
    named = zip(_FILES, (outputs.matte, outputs.classes, outputs.detections), strict=True)
    return {name: str(Path(file)) for name, file in named if file}
