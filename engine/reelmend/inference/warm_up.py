"""Makes models ready at load: the first frame should cost what every frame costs."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from reelmend.inference.models import Model
from reelmend.inference.session import Array, GraphInput, Session, SessionPool
from reelmend.manifest import Manifest, Stage

WARM_UP_SIZE = (256, 144)
"""Large enough to start every thread, small enough for any model and memory."""


_AT_OFFSET = re.compile(r"_[mp][1-9]\d*$")


def warm_up(sessions: SessionPool, models: Iterable[Model], size: tuple[int, int] = WARM_UP_SIZE) -> None:
    """Load every stage of the models and run it once, on black frames of `size` (width, height).

    Loading is the greater part. A run starts the threads; at the size of the frames to come it also touches the memory
    that they will need. Raises NotFoundError, ModelError or ProviderError.
    """
    for model in models:
        made: dict[str, tuple[str, Array]] = {}
        for stage in model.manifest.stages:
            session = sessions.session(model, stage.name, threads_of(stage))
            inputs = black_inputs(session, model.manifest, stage, size, made)
            arrays = session.run(inputs, [tensor.name for tensor in stage.outputs])
            made |= {tensor.name: (tensor.layout, array) for tensor, array in zip(stage.outputs, arrays, strict=True)}


def threads_of(stage: Stage) -> int:
    """Return how many threads a stage runs on: one for proxies, which are small, else what the pool has (0)."""
    return 1 if stage.reads == "proxy" else 0


def black_inputs(
    session: Session, manifest: Manifest, stage: Stage, size: tuple[int, int], made: Mapping[str, tuple[str, Array]]
) -> dict[str, Array]:
    """Return zeros for each input of the graph.

    Axes that it leaves open are as long as those of the output `made` (layout and array, by name) that the input takes,
    else as the manifest's layout letters say.
    """
    multiple = manifest.spatial.multiple
    width, height = (-(-side // multiple) * multiple for side in size)
    lengths = {"N": 1, "T": 2 * manifest.temporal.radius_frames + 1, "C": 3, "H": height, "W": width}
    described = {tensor.name: tensor for tensor in stage.inputs}
    inputs: dict[str, Array] = {}
    for known in session.inputs:
        tensor, source = described.get(known.name), made.get(_AT_OFFSET.sub("", known.name))
        layout, cell = ("", 1) if tensor is None else (tensor.layout, tensor.cell_pixels)
        own = {"H": lengths["H"] // cell, "W": lengths["W"] // cell}
        own |= dict(zip(source[0], source[1].shape, strict=False)) if source is not None else {}
        inputs[known.name] = np.zeros(_shape(known, layout, {**lengths, **own}), known.dtype)
    return inputs


def _shape(known: GraphInput, layout: str, lengths: Mapping[str, int]) -> list[int]:
    letters = layout if len(layout) == len(known.shape) else "?" * len(known.shape)
    return [
        axis if isinstance(axis, int) else lengths.get(letter, 1)
        for axis, letter in zip(known.shape, letters, strict=True)
    ]
