"""The effect "model": any model of the store that turns a window of frames into one, in stages cached by content."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence

import numpy as np

from reelmend.buffer.window import Window, stop_at_cuts
from reelmend.colour import conversion_for
from reelmend.effects.common_parameters import INPUT_TRANSFER, STOP_AT_CUTS
from reelmend.effects.cut_scores import lies_cut_between, without_grid
from reelmend.effects.effect import Need, Rendered, Values, Workbench
from reelmend.effects.graph_inputs import Feed, Kind, PlannedStage, plan_of
from reelmend.effects.model_outputs import ModelOutputs
from reelmend.effects.prepared import Preparation, single, stacked
from reelmend.effects.stage_run import run_stage
from reelmend.errors import ModelError
from reelmend.frames import FrameForm, FrameRef, Planes
from reelmend.inference.session import Array
from reelmend.manifest import Stage
from reelmend.parameters import ParameterType


class WindowModel:
    """Outputs are the manifest's: tensors of the graphs by name, and "result".

    "result" is the graphs' own tensor of that name, or, for models that put out `fill` and `matte`, the source with the
    fill laid over it through the matte. What per-frame stages put out is a feature: remembered by the frame's content,
    the stage's weights and the parameters that it reads, made once for all who ask, and lent to every window that the
    frame is in. Results are the same bits as when all stages run for each window anew.
    """

    name = "model"
    default_model = ""

    def is_identity(self, values: Values) -> bool:
        return values.get("strength") == 0

    def keeps_to_mask(self, bench: Workbench) -> bool:
        return not plan_of(bench.model.manifest).reads_mask

    def needs(self, window: Window, bench: Workbench) -> Sequence[Need]:
        return _Run(window, bench).needs()

    def prepare(self, window: Window, bench: Workbench) -> None:
        run = _Run(window, bench)
        run.end_at_cuts()
        run.make_features()

    def render(self, window: Window, _values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        run = _Run(window, bench)
        bench.check()
        run.end_at_cuts()
        used = run.window.distinct
        return Rendered(run.outputs(outputs), used[0].frame, used[-1].frame)


class _Run:
    """One window on its way through the model's stages."""

    def __init__(self, window: Window, bench: Workbench) -> None:
        self.window = window
        self._values = bench.values
        self._bench = bench
        self._manifest = bench.model.manifest
        self._plan = plan_of(self._manifest)
        self._conversion = conversion_for(str(bench.values[INPUT_TRANSFER]), self._manifest.colour.transfer)
        self._prepared = Preparation(bench, self._conversion)

    def needs(self) -> list[Need]:
        """Return the pixels that the window lacks; cuts that are known already spare what lies beyond them."""
        ungridded = without_grid(self.window, self._bench) if self._values[STOP_AT_CUTS] else []
        if not ungridded:
            self.end_at_cuts()
        wanted = {(ref.digest, form): Need.of(ref, form) for ref, form in self._frames_read()}
        for ref in ungridded:
            if (ref.digest, FrameForm.FULL) not in wanted:
                wanted[ref.digest, FrameForm.PROXY] = Need.of(ref, FrameForm.PROXY)
        return list(wanted.values())

    def end_at_cuts(self) -> None:
        """Leave out of the window what lies beyond its nearest cuts, when that is wanted."""
        if self._values[STOP_AT_CUTS]:
            self.window = stop_at_cuts(self.window, lambda a, b: lies_cut_between(a, b, self._bench))

    def make_features(self) -> None:
        """Make what the window's stages take of single frames."""
        for planned in self._plan.per_window:
            for feed in planned.feeds:
                if feed.kind is Kind.FEATURE:
                    for ref in self._refs(feed):
                        self._feature(self._plan.stage(feed.stage), ref)

    def outputs(self, names: Sequence[str]) -> dict[str, Planes]:
        """Return the outputs of those names, cropped to the frame and in the source's transfer function."""
        outputs = ModelOutputs(self._bench, self.window.centre_frame, self._conversion, self._prepared)
        made: dict[str, Array] = {}
        for planned in self._plan.per_window:
            inputs = {feed.tensor.name: self._input(feed, planned.stage, made) for feed in planned.feeds}
            size = self._size(self.window.centre_frame, planned.stage)
            into = outputs.straight(planned.stage, names)
            made |= run_stage(self._bench, planned.stage, inputs, _names(planned.stage), size, into)
        for planned in self._plan.per_frame:
            if any(name in names and name not in made for name in _names(planned.stage)):
                made = {**self._feature(planned, self.window.centre_frame), **made}
        return {name: outputs.finished(name, made) for name in names}

    def _frames_read(self) -> Iterator[tuple[FrameRef, FrameForm]]:
        """Yield the frames whose pixels are lacking, and pin what spares the others."""
        for planned in self._plan.per_window:
            for feed in planned.feeds:
                for ref in self._refs(feed):
                    if feed.kind is Kind.FEATURE:
                        yield from self._frames_behind(self._plan.stage(feed.stage), ref)
                    elif feed.kind is Kind.MASK:
                        yield from self._mask_of(ref, planned.stage)
                    elif feed.kind is Kind.FRAME and not self._is_prepared(ref, planned.stage, feed):
                        yield ref, _form(planned.stage)
        yield self.window.centre_frame, FrameForm.FULL

    def _frames_behind(self, planned: PlannedStage, ref: FrameRef) -> Iterator[tuple[FrameRef, FrameForm]]:
        if self._bench.pin(self._key(planned, ref)):
            return
        for feed in planned.feeds:
            if feed.kind is Kind.FRAME:
                yield ref, _form(planned.stage)
            elif feed.kind is Kind.MASK:
                yield from self._mask_of(ref, planned.stage)
            elif feed.kind is Kind.FEATURE:
                yield from self._frames_behind(self._plan.stage(feed.stage), ref)

    def _mask_of(self, ref: FrameRef, stage: Stage) -> Iterator[tuple[FrameRef, FrameForm]]:
        mask = self._bench.mask(ref)
        if mask is not None:
            yield mask, _form(stage)

    def _is_prepared(self, ref: FrameRef, stage: Stage, feed: Feed) -> bool:
        return self._prepared.is_at_hand(ref, _form(stage), feed.tensor.dtype)

    def _input(self, feed: Feed, stage: Stage, made: dict[str, Array]) -> Array:
        """Return what feeds an input of a per-window stage."""
        match feed.kind:
            case Kind.EARLIER:
                return single(made[feed.name], self._plan.layout(feed), feed.tensor, stage.name)
            case Kind.OFFSETS:
                return np.asarray(self.window.offsets, feed.tensor.dtype)
            case Kind.WEIGHTS:
                return np.asarray(self.window.own, feed.tensor.dtype)
            case Kind.PARAMETER:
                return self._parameter(feed)
        if feed.kind is Kind.FRAME:
            dtype = feed.tensor.dtype
            samples = [self._prepared.remembered(ref, _form(stage), dtype) for ref in self._refs(feed)]
        elif feed.kind is Kind.MASK:
            samples = [self._prepared.mask(ref, _form(stage), feed.tensor.dtype) for ref in self._refs(feed)]
        else:
            producer = self._plan.stage(feed.stage)
            samples = [self._feature(producer, ref)[feed.name] for ref in self._refs(feed)]
        if feed.offset is None:
            return stacked(samples, self._plan.layout(feed), feed.tensor, stage.name, self._bench)
        return single(samples[0], self._plan.layout(feed), feed.tensor, stage.name)

    def _feature(self, planned: PlannedStage, ref: FrameRef) -> dict[str, Array]:
        """Return the outputs of a per-frame stage for a frame: remembered, or made once for all who ask."""

        def compute() -> tuple[dict[str, Array], int]:
            self._bench.check()
            inputs = {feed.tensor.name: self._frame_input(feed, planned.stage, ref) for feed in planned.feeds}
            made = run_stage(self._bench, planned.stage, inputs, _names(planned.stage), self._size(ref, planned.stage))
            return made, sum(array.nbytes for array in made.values())

        feature: dict[str, Array] = self._bench.feature(self._key(planned, ref), compute)
        return feature

    def _frame_input(self, feed: Feed, stage: Stage, ref: FrameRef) -> Array:
        """Return what feeds an input of a per-frame stage."""
        if feed.kind is Kind.PARAMETER:
            return self._parameter(feed)
        if feed.kind is Kind.FRAME:
            samples = self._prepared.once(ref, _form(stage), feed.tensor.dtype)
        elif feed.kind is Kind.MASK:
            samples = self._prepared.mask(ref, _form(stage), feed.tensor.dtype)
        else:
            samples = self._feature(self._plan.stage(feed.stage), ref)[feed.name]
        return single(samples, self._plan.layout(feed), feed.tensor, stage.name)

    def _key(self, planned: PlannedStage, ref: FrameRef) -> Hashable:
        """Name a feature by all that it depends on, and by nothing else."""
        spatial = self._manifest.spatial
        parameters = tuple((name, self._values[name]) for name in planned.parameters)
        behind = tuple(
            self._key(self._plan.stage(feed.stage), ref) for feed in planned.feeds if feed.kind is Kind.FEATURE
        )
        cut = (spatial.multiple, spatial.tile_pixels, spatial.overlap_pixels)
        mask = self._bench.mask(ref) if any(feed.kind is Kind.MASK for feed in planned.feeds) else None
        masked = None if mask is None else mask.digest
        return ("feature", planned.stage.sha256, ref.digest, masked, parameters, self._conversion, cut, behind)

    def _refs(self, feed: Feed) -> list[FrameRef]:
        """Return the frames that feed an input; none when it is not made of frames."""
        if feed.kind not in (Kind.FRAME, Kind.MASK, Kind.FEATURE):
            return []
        if feed.offset is None:
            return list(self.window.frames)
        return [self.window.frames[self.window.radius_frames + feed.offset]]

    def _parameter(self, feed: Feed) -> Array:
        value = self._values[feed.name]
        described = next(known for known in self._manifest.parameters if known.name == feed.name)
        if described.type is ParameterType.TEXT:
            raise ModelError(
                f"parameter '{feed.name}' is a text, which no graph can read; make it a choice or a number"
            )
        if described.type is ParameterType.CHOICE:
            value = [choice.value for choice in described.choices].index(str(value))
        array = np.asarray(value, feed.tensor.dtype)
        return array.reshape((1,) * len(feed.tensor.layout))

    def _size(self, ref: FrameRef, stage: Stage) -> tuple[int, int]:
        return self._prepared.size(ref.format.in_form(_form(stage)))


def _form(stage: Stage) -> FrameForm:
    return FrameForm.PROXY if stage.reads == "proxy" else FrameForm.FULL


def _names(stage: Stage) -> list[str]:
    return [tensor.name for tensor in stage.outputs]
