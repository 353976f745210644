"""A clip through one effect or several: everything is opened and checked, then each frame is rendered once."""

from __future__ import annotations

import time
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from reelmend.cli.clip_inputs import Companions, InputNames, with_list
from reelmend.cli.clip_options import parse_frames, parse_rate, refuse_shared_names
from reelmend.cli.job_summary import document_head, summary_of
from reelmend.cli.progress_bar import with_progress
from reelmend.cli.render_engine import RenderEngine, Rendering, Work, embedded, serving
from reelmend.cli.render_outputs import Findings, OutputNames, RenderOutputs
from reelmend.cli.render_steps import Step
from reelmend.cli.serve import parse_bytes
from reelmend.cli.signals import stopped_by_signals
from reelmend.clips import ClipSource, RememberedClip
from reelmend.effects.chain import RenderedClip
from reelmend.effects.clip import AHEAD_FRAMES
from reelmend.errors import BadRequestError, UnknownNameError
from reelmend.frames import MASK, MATTE
from reelmend.inference.models import ModelStore
from reelmend.media import Reader, open_reader
from reelmend.rendered import Rendered

CLIP_SHARE = 3
"""The part of the memory that a clip which an effect makes may take: one in so many bytes."""


@dataclass(frozen=True, slots=True)
class ClipJob:
    """What is wanted. `steps` are the effects in order; mattes, lists and detections are the last one's."""

    inputs: InputNames
    outputs: OutputNames
    steps: tuple[Step, ...]
    frames: str = ""
    rate: str = ""
    overwrite: bool = False
    provider: str = "cpu"
    memory: str = "2G"
    server: str = ""


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a job: figures for machines, what was found by an effect that tells, and notes."""

    summary: dict[str, Any]
    findings: Findings | None
    notes: list[str]
    mask_channel: str = ""


def run(job: ClipJob, models: ModelStore) -> Done:
    """Do the job. Raises ReelmendError; nothing half-written is left."""
    refuse_impossible(job)
    memory_bytes = parse_bytes(job.memory)
    engine = serving(job.server, memory_bytes) if job.server else embedded(models, job.provider, memory_bytes)
    with open_reader(job.inputs.source) as reader, stopped_by_signals(), ExitStack() as opened:
        return _Run(job, engine, reader, opened).run()


def refuse_impossible(job: ClipJob) -> None:
    """Raise BadRequestError or UnknownNameError for what these effects don't have, or names that are used twice."""
    last = job.steps[-1]
    asked = {job.outputs.output: "--output", **{name: f"--{name}" for name in job.outputs.pictures}}
    for name in asked:
        if name not in last.manifest.outputs:
            has = ", ".join(last.manifest.outputs)
            raise UnknownNameError(f"effect '{last.effect}' has no output '{name}'; it has {has}")
    if job.outputs.detections and not last.finds:
        raise BadRequestError(f"effect '{last.effect}' looks for no defects; leave --detections out")
    if job.inputs.matte and job.inputs.from_list:
        raise BadRequestError("--from-list is itself the matte; leave --matte-in out")
    if (job.inputs.matte or job.inputs.from_list) and MATTE not in last.manifest.input_clips:
        raise BadRequestError(f"model '{last.model}' reads no matte; leave --matte-in out")
    for effect in job.inputs.masks:
        readers = [step for step in job.steps if effect in ("", step.effect)]
        if not any(MASK in step.manifest.input_clips for step in readers):
            raise BadRequestError(f"model '{readers[-1].model}' reads no mask; leave --mask out")
    refuse_shared_names(job.outputs.files, job.inputs.files)


class _Run:
    """A job whose clip is open."""

    def __init__(self, job: ClipJob, engine: RenderEngine, reader: Reader, opened: ExitStack) -> None:
        self._job = job
        self._engine = engine
        self._reader = reader
        self._opened = opened
        self._waits: list[float] = []
        self._wanted = parse_frames(job.frames, reader)

    def run(self) -> Done:
        job, reader, wanted = self._job, self._reader, self._wanted
        rate = parse_rate(job.rate, reader)
        beside = Companions(job.inputs, reader, self._opened)
        listed, steps = beside.listed(wanted), job.steps
        notes: list[str] = []
        if listed is not None:
            last, notes = with_list(steps[-1], listed)
            steps = (*steps[:-1], last)
        seen = self._seen(steps)
        reader.require(seen[0])
        masks = [beside.mask(step, frames) for step, frames in zip(steps, seen, strict=True)]
        matte: ClipSource | None = beside.matte(seen[-1])
        clip = self._last_clip(steps, masks, seen)
        if listed is not None:
            matte = listed.cores(clip)
            matte.check(wanted[0])
        head = document_head(job.inputs, steps, reader, rate) if job.outputs.detections else None
        last = steps[-1]
        names = job.outputs.needed(finds=last.finds)
        work = _work(last, names, clip, wanted, masks[-1], matte)
        started = time.perf_counter()
        with RenderOutputs(
            job.outputs, reader, wanted, overwrite=job.overwrite, frame_rate=rate, source=clip, head=head,
            finds=last.finds,
        ) as outputs:  # fmt: skip
            written_s = self._render(work, outputs, ", ".join(step.effect for step in steps))
            finishing = time.perf_counter()
        ended = time.perf_counter()
        read_s, write_s = sum(self._waits), written_s + ended - finishing
        spent = {"read_s": read_s, "render_s": ended - started - read_s - write_s, "write_s": write_s}
        summary = summary_of(job.inputs, job.outputs, steps, self._engine, reader, wanted, spent, outputs.findings)
        return Done(summary, outputs.findings, [*outputs.notes, *beside.notes, *notes], beside.mask_channel)

    def _seen(self, steps: tuple[Step, ...]) -> list[range]:
        """Return which frames each step reads, the first step's first."""
        seen = [self._wanted]
        for step in reversed(steps):
            first, last = seen[0][0] - step.radius_frames, seen[0][-1] + step.radius_frames
            seen.insert(0, range(max(self._reader.first_frame, first), min(self._reader.last_frame, last) + 1))
        return seen[:-1]

    def _last_clip(self, steps: tuple[Step, ...], masks: list[Any], seen: list[range]) -> RememberedClip:
        """Return the clip that the last step takes: the source, or what the others make of it on demand."""
        clip = RememberedClip(self._reader, 0, self._engine.memory)
        for index, step in enumerate(steps[:-1]):
            clip = self._made_by(step, clip, masks[index], seen[index + 1], steps[index + 1], is_first=index == 0)
        return clip

    def _made_by(
        self, step: Step, clip: RememberedClip, mask: ClipSource | None, frames: range, following: Step, is_first: bool
    ) -> RememberedClip:
        """Return what a step makes of a clip; `frames` are those that the following one will ask for."""

        def rendering(part: range) -> Rendering:
            work = _work(step, ("result",), clip, part, mask)
            return self._engine.rendering(work, self._waits.append if is_first else _unheard, _untold)

        made = RenderedClip(rendering, frames, self._reader.first_frame, self._reader.last_frame)
        self._opened.callback(made.close)
        # As much as one window of the step after: what were let go of would have to be rendered again.
        window_frames = 2 * following.radius_frames + AHEAD_FRAMES + 2
        frame_bytes = self._reader.width * self._reader.height * 3 * 4
        held_bytes = min(window_frames * frame_bytes, parse_bytes(self._job.memory) // CLIP_SHARE)
        return RememberedClip(made, held_bytes, self._engine.memory)

    def _render(self, work: Work, outputs: RenderOutputs, title: str) -> float:
        """Render all and return how long the writers kept us waiting, in seconds; most of that goes on beside us."""
        made: dict[int, Rendered] = {}
        waited_s = 0.0
        waited = self._waits.append if len(self._job.steps) == 1 else _unheard
        rendered = self._engine.rendering(work, waited, made.__setitem__)
        with closing(rendered), closing(with_progress(rendered, len(self._wanted), title)) as shown:
            for frame, _planes in shown:
                before = time.perf_counter()
                outputs.write(frame, made.pop(frame))
                waited_s += time.perf_counter() - before
        return waited_s


def _work(
    step: Step,
    outputs: tuple[str, ...],
    clip: RememberedClip,
    frames: range,
    mask: ClipSource | None,
    matte: ClipSource | None = None,
) -> Work:
    return Work(
        step.effect, step.model, step.values, outputs, step.radius_frames, clip, frames, mask, matte, step.held_frame
    )


def _unheard(_seconds: float) -> None: ...


def _untold(_frame: int, _rendered: Rendered) -> None: ...
