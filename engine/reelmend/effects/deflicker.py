"""Deflicker: each frame's luminance quantiles are brought to their local trend over the window, within one shot."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from reelmend.buffer.window import Window, stop_at_cuts
from reelmend.effects.common_parameters import STOP_AT_CUTS
from reelmend.effects.cut_scores import remembered_cut
from reelmend.effects.effect import Need, Rendered, Values, Workbench
from reelmend.frames import FrameForm, FrameRef, Planes
from reelmend.inference.models import Model
from reelmend.inference.session import scalar


@dataclass(frozen=True, slots=True)
class Descriptor:
    """What the model's first stage knows of a frame: luma quantiles (K,) and a grid of mean luma (rows, columns)."""

    quantiles: npt.NDArray[np.float32]
    grid: npt.NDArray[np.float32]


class Deflicker:
    """The effect "deflicker". Outputs: "result", and "gain" (half the applied gain: 0.5 is unchanged)."""

    name = "deflicker"
    default_model = "deflicker"

    def is_identity(self, values: Values) -> bool:
        return values["strength"] == 0

    def needs(self, window: Window, bench: Workbench) -> Sequence[Need]:
        unknown = {ref.digest: ref for ref in window.distinct if not bench.pin(_descriptor_key(ref, bench.model))}
        return [Need(ref, FrameForm.PROXY) for ref in unknown.values()] + [Need.of(window.centre_frame, FrameForm.FULL)]

    def prepare(self, window: Window, bench: Workbench) -> None:
        self.describe(window, bench)

    def describe(self, window: Window, bench: Workbench) -> None:
        unknown = [ref for ref in window.distinct if not bench.pin(_descriptor_key(ref, bench.model))]
        bench.each(lambda ref: self._describe(ref, bench), unknown)

    def render(self, window: Window, values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        started = time.perf_counter()
        self.prepare(window, bench)
        descriptors = {ref.digest: self._describe(ref, bench) for ref in window.distinct}
        if values[STOP_AT_CUTS]:
            judge = bench.model.manifest.stage("describe").sha256
            window = stop_at_cuts(
                window, lambda a, b: remembered_cut(judge, a, b, bench, lambda ref: descriptors[ref.digest].grid)
            )
        bench.spend("describe", 1000 * (time.perf_counter() - started))
        bench.check()
        planes = self._correct(window, descriptors, values, outputs, bench)
        return Rendered(planes, window.distinct[0].frame, window.distinct[-1].frame)

    def _describe(self, ref: FrameRef, bench: Workbench) -> Descriptor:
        def compute() -> tuple[Descriptor, int]:
            bench.check()
            session = bench.sessions.session(bench.model, "describe", threads=1)
            proxy = bench.pixels(ref, FrameForm.PROXY)
            quantiles, grid = session.run({"proxy": proxy}, ["quantiles", "grid"])
            return Descriptor(quantiles, grid), quantiles.nbytes + grid.nbytes

        descriptor: Descriptor = bench.feature(_descriptor_key(ref, bench.model), compute)
        return descriptor

    def _correct(
        self,
        window: Window,
        descriptors: dict[bytes, Descriptor],
        values: Values,
        outputs: Sequence[str],
        bench: Workbench,
    ) -> dict[str, Planes]:
        session = bench.sessions.session(bench.model, "correct")
        inputs = {
            "frame": bench.pixels(window.centre_frame, FrameForm.FULL),
            "current": descriptors[window.centre_frame.digest].quantiles,
            "quantiles": np.stack([descriptors[ref.digest].quantiles for ref in window.frames]),
            "offsets": np.asarray(window.offsets, dtype=np.float32),
            "weights": np.asarray(window.own, dtype=np.float32),
            "strength": scalar(float(values["strength"])),
        }
        into = {name: bench.output(name, window.centre_frame.format) for name in outputs}
        return dict(zip(outputs, bench.run(session, inputs, outputs, into), strict=True))


def _descriptor_key(ref: FrameRef, model: Model) -> tuple[str, str, bytes]:
    return ("descriptor", model.manifest.stage("describe").sha256, ref.digest)
