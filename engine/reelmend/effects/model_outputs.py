"""From a model's tensors to the outputs: cropped, laid over the source, in its transfer function."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from reelmend.colour import Conversion
from reelmend.effects.composite import mixed, over
from reelmend.effects.effect import Workbench
from reelmend.effects.graph_inputs import plan_of
from reelmend.effects.prepared import Preparation
from reelmend.errors import ModelError
from reelmend.frames import FrameForm, FrameFormat, FrameRef, Planes, expand_halves
from reelmend.inference.session import Array
from reelmend.manifest import Stage

RESULT, FILL, MATTE, STRENGTH = "result", "fill", "matte", "strength"


class ModelOutputs:
    """The outputs for one frame of a window model."""

    def __init__(
        self,
        bench: Workbench,
        ref: FrameRef,
        conversion: Conversion | None,
        prepared: Preparation,
    ) -> None:
        self._bench = bench
        self._ref = ref
        self._conversion = conversion
        self._prepared = prepared
        self._plan = plan_of(bench.model.manifest)
        self._scale = bench.model.manifest.spatial.scale
        self._straight: Planes | None = None
        # A strength that no graph reads is applied here.
        own = STRENGTH in bench.values and not self._plan.reads_parameter(STRENGTH)
        self._strength = float(bench.values[STRENGTH]) if own else 1.0

    def straight(self, stage: Stage, names: Sequence[str]) -> dict[str, Array]:
        """Return where a stage may write the final result at once: nothing is left to do to it."""
        tensor = next((tensor for tensor in stage.outputs if tensor.name == RESULT), None)
        spatial = self._bench.model.manifest.spatial
        form = self._ref.format
        if (
            tensor is None
            or RESULT not in names
            or self._plan.producer(RESULT) is not stage
            or tensor.layout not in ("CHW", "NCHW")
            or tensor.dtype != "float32"
            or self._conversion is not None
            or self._strength != 1
            or self._prepared.size(form) != (form.height, form.width)
            or (spatial.tile_pixels and max(form.height, form.width) > spatial.tile_pixels)
        ):
            return {}
        self._straight = self._bench.output(RESULT, self._form(form.channels))
        return {RESULT: self._straight if tensor.layout == "CHW" else self._straight[None]}

    def finished(self, name: str, made: Mapping[str, Array]) -> Planes:
        """Return one output. Raises ModelError when the model made none of that name."""
        if name == RESULT and self._straight is not None:
            return self._straight
        if name == RESULT and RESULT not in made:
            return self._repaired(made)
        planes = self._cropped(name, made)
        out = self._bench.output(name, self._form(planes.shape[0]))
        if self._conversion is None or name not in (RESULT, FILL):
            np.copyto(out, self._own(planes) if planes.dtype == np.float16 else planes, casting="unsafe")
        elif name == RESULT and self._scale == 1:
            given = self._prepared.once(self._ref, FrameForm.FULL, "float32")
            source = self._bench.pixels(self._ref, FrameForm.FULL)
            self._conversion.restored(self._own(planes), self._own(self._inside(given, 1)), source, out)
        else:
            self._conversion.backward(self._own(planes), out)
        if name == RESULT and self._scale == 1:
            mixed(self._bench.pixels(self._ref, FrameForm.FULL), out, self._strength, out)
        return out

    def _repaired(self, made: Mapping[str, Array]) -> Planes:
        fill, matte = self._own(self._cropped(FILL, made)), self._own(self._cropped(MATTE, made))
        if self._conversion is not None:
            fill = self._conversion.backward(fill, self._bench.pool.array(fill.shape, np.float32))
        if self._strength != 1:
            matte = matte * np.float32(self._strength)
        out = self._bench.output(RESULT, self._form(fill.shape[0]))
        over(self._bench.pixels(self._ref, FrameForm.FULL), fill, matte, out)
        return out

    def _cropped(self, name: str, made: Mapping[str, Array]) -> Array:
        """Return a tensor as (C, H, W), without the padding."""
        planned = self._plan.producer(name)
        if planned is None or name not in made:
            raise ModelError(f"model '{self._bench.model.manifest.id}' puts out no '{name}'; correct its manifest")
        layout = next(tensor.layout for tensor in planned.outputs if tensor.name == name).replace("N", "")
        if layout not in ("CHW", "HW"):
            raise ModelError(
                f"model '{self._bench.model.manifest.id}': output '{name}' has layout {layout}; a picture is CHW or HW"
            )
        tensor = made[name]
        return self._inside(tensor.reshape((-1, *tensor.shape[-2:])), self._scale)

    def _inside(self, planes: Array, scale: int) -> Array:
        return planes[:, : self._ref.format.height * scale, : self._ref.format.width * scale]

    def _own(self, planes: Array) -> Planes:
        """Return the samples as contiguous float32, copied into pooled memory when they are not."""
        if planes.flags.c_contiguous and planes.dtype == np.float32:
            return planes
        own: Planes = self._bench.pool.array(planes.shape, np.float32)
        if planes.dtype == np.float16:
            return expand_halves(planes, own)
        np.copyto(own, planes, casting="unsafe")
        return own

    def _form(self, channels: int) -> FrameFormat:
        return FrameFormat(self._ref.format.width * self._scale, self._ref.format.height * self._scale, channels)
