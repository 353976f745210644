"""What is told of a render: the head of its document of detections, and its summary."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import reelmend
from reelmend.cli.clip_inputs import InputNames
from reelmend.cli.render_engine import RenderEngine
from reelmend.cli.render_outputs import Findings, OutputNames
from reelmend.cli.render_steps import Step
from reelmend.documents import Head, MadeWith, SourceEntry
from reelmend.media import Reader


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
    named = {"matte": outputs.matte, "classes": outputs.classes, "detections_file": outputs.detections}
    return {name: str(Path(file)) for name, file in named.items() if file}
