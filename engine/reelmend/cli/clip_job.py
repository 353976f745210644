"""A clip through one effect or several: everything is opened and checked, then each frame is rendered once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

from reelmend.cli.clip_inputs import Companions, InputNames, with_list
from reelmend.cli.clip_options import parse_frames, parse_rate, refuse_shared_names
from reelmend.cli.job_summary import document_head, summary_of
from reelmend.cli.progress_bar import with_progress
from reelmend.cli.render_engine import RenderEngine, Rendering, Told, Work, embedded, serving
from reelmend.cli.render_outputs import MATTE as MATTE_OUTPUT
from reelmend.cli.render_outputs import RESULT, Findings, Found, OutputNames, RenderOutputs, found_in
from reelmend.cli.render_steps import Step
from reelmend.cli.serve import parse_bytes
from reelmend.cli.signals import stopped_by_signals
from reelmend.clips import ClipSource, RememberedClip
from reelmend.documents import DetectionList
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
    """What is wanted. `steps` are the effects in order; mattes and lists belong to the last one that finds defects."""

    inputs: InputNames
    outputs: OutputNames
    steps: tuple[Step, ...]
    frames: str = ""
    rate: str = ""
    overwrite: bool = False
    provider: str = "cpu"
    memory: str = "2G"
    server: str = ""

    @property
    def finder(self) -> int:
        """Which step finds the defects; the last one when none does."""
        last = len(self.steps) - 1
        return max((index for index, step in enumerate(self.steps) if step.finds), default=last)


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
    last, finder = job.steps[-1], job.steps[job.finder]
    for step, names in ((last, [job.outputs.output]), (finder, list(job.outputs.pictures))):
        for name in names:
            if name not in step.manifest.outputs:
                has = ", ".join(step.manifest.outputs)
                raise UnknownNameError(f"effect '{step.effect}' has no output '{name}'; it has {has}")
    if job.outputs.detections and not finder.finds:
        raise BadRequestError(f"effect '{finder.effect}' looks for no defects; leave --detections out")
    if job.inputs.matte and job.inputs.from_list:
        raise BadRequestError("--from-list is itself the matte; leave --matte-in out")
    if (job.inputs.matte or job.inputs.from_list) and MATTE not in finder.manifest.input_clips:
        option = "--matte-in" if job.inputs.matte else "--from-list"
        raise BadRequestError(f"model '{finder.model}' reads no matte; leave {option} out")
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
        self._found: dict[int, Found] = {}
        self._wanted = parse_frames(job.frames, reader)
        self._beside = Companions(job.inputs, reader, opened)

    def run(self) -> Done:
        job, reader, wanted = self._job, self._reader, self._wanted
        rate = parse_rate(job.rate, reader)
        listed, steps = self._beside.listed(wanted), list(job.steps)
        notes: list[str] = []
        if listed is not None:
            steps[job.finder], notes = with_list(steps[job.finder], listed)
        rendered = self._rendering(steps, listed)
        head = document_head(job.inputs, steps, job.finder, reader, rate) if job.outputs.detections else None
        started = time.perf_counter()
        with RenderOutputs(job.outputs, reader, wanted, overwrite=job.overwrite, frame_rate=rate, head=head) as outputs:
            written_s = self._render(rendered, outputs, ", ".join(step.effect for step in steps))
            finishing = time.perf_counter()
        ended = time.perf_counter()
        read_s, write_s = sum(self._waits), written_s + ended - finishing
        spent = {"read_s": read_s, "render_s": ended - started - read_s - write_s, "write_s": write_s}
        findings = outputs.findings if steps[job.finder].finds else None
        summary = summary_of(job.inputs, job.outputs, steps, self._engine, reader, wanted, spent, findings)
        return Done(summary, findings, [*outputs.notes, *self._beside.notes, *notes], self._beside.mask_channel)

    def _rendering(self, steps: Sequence[Step], listed: DetectionList | None) -> Rendering:
        """Return the rendering of the last step, for which the others are rendered on demand."""
        seen = self._seen(steps)
        self._reader.require(seen[0])
        clip = RememberedClip(self._reader, 0, self._engine.memory)
        for index, step in enumerate(steps):
            mask = self._beside.mask(step, seen[index])
            matte = self._matte(clip, listed, seen[index]) if index == self._job.finder else None
            rendering = self._step_rendering(index, steps, clip, mask, matte)
            if step is steps[-1]:
                break
            clip = self._made_by(rendering, seen[index + 1], steps[index + 1])
        return rendering(self._wanted)

    def _step_rendering(
        self,
        index: int,
        steps: Sequence[Step],
        clip: RememberedClip,
        mask: ClipSource | None,
        matte: ClipSource | None,
    ) -> Callable[[range], Rendering]:
        """Return what renders frames of one step."""
        step, finds = steps[index], index == self._job.finder
        outputs = self._outputs(step, is_last=index == len(steps) - 1, finds=finds)
        waited = self._waits.append if index == 0 else _unheard

        def tell(frame: int, rendered: Rendered) -> None:
            if frame in self._wanted:
                self._found[frame] = found_in(frame, rendered, clip, tuple(self._job.outputs.pictures))

        told: Told = tell if finds else _untold

        def rendering(frames: range) -> Rendering:
            work = Work(
                step.effect, step.model, step.values, outputs, step.radius_frames, clip, frames, mask, matte,
                step.held_frame,
            )  # fmt: skip
            return self._engine.rendering(work, waited, told)

        return rendering

    def _outputs(self, step: Step, *, is_last: bool, finds: bool) -> tuple[str, ...]:
        """Return what has to be rendered of a step, first what the next one or OUT shows.

        With a list of what was found comes the matte: only looking takes no filling.
        """
        names = self._job.outputs
        shown = (RESULT,) if not is_last else (names.output,) if names.target else ()
        pictures = tuple(names.pictures) if finds else ()
        listed = (MATTE_OUTPUT,) if finds and step.finds and not shown else ()
        return tuple(dict.fromkeys((*shown, *pictures, *listed)))

    def _seen(self, steps: Sequence[Step]) -> list[range]:
        """Return which frames each step reads, the first step's first."""
        seen = [self._wanted]
        for step in reversed(steps):
            first, last = seen[0][0] - step.radius_frames, seen[0][-1] + step.radius_frames
            seen.insert(0, range(max(self._reader.first_frame, first), min(self._reader.last_frame, last) + 1))
        return seen[:-1]

    def _matte(self, clip: RememberedClip, listed: DetectionList | None, seen: range) -> ClipSource | None:
        """Return the matte in of the step that takes `clip`. Raises BadRequestError for a list of another clip."""
        if listed is None:
            return self._beside.matte(seen)
        cores = listed.cores(clip)
        cores.check(seen[0])
        return cores

    def _made_by(self, rendering: Callable[[range], Rendering], frames: range, following: Step) -> RememberedClip:
        """Return what a step makes, as the clip of the following one, which will ask for `frames`."""
        made = RenderedClip(rendering, frames, self._reader.first_frame, self._reader.last_frame)
        self._opened.callback(made.close)
        # As much as a window of the following step: what was let go of would have to be rendered again.
        window_frames = 2 * following.radius_frames + AHEAD_FRAMES + 2
        frame_bytes = self._reader.width * self._reader.height * 3 * 4
        held_bytes = min(window_frames * frame_bytes, parse_bytes(self._job.memory) // CLIP_SHARE)
        return RememberedClip(made, held_bytes, self._engine.memory)

    def _render(self, rendered: Rendering, outputs: RenderOutputs, title: str) -> float:
        """Render all and return how long the writers kept us waiting, in seconds; most of that goes on beside us."""
        waited_s = 0.0
        with closing(rendered), closing(with_progress(rendered, len(self._wanted), title)) as shown:
            for frame, planes in shown:
                before = time.perf_counter()
                outputs.write(frame, planes, self._found.pop(frame, None))
                waited_s += time.perf_counter() - before
        return waited_s


def _unheard(_seconds: float) -> None: ...


def _untold(_frame: int, _rendered: Rendered) -> None: ...
