"""Makes models ready at load: the first frame should cost what every frame costs."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from reelmend.inference.models import Model
from reelmend.inference.session import GraphInput, Session, SessionPool
from reelmend.manifest import Manifest, Stage

WARM_UP_SIZE = (256, 144)
"""Large enough to start every thread, small enough for any model and memory."""


def warm_up(sessions: SessionPool, models: Iterable[Model], size: tuple[int, int] = WARM_UP_SIZE) -> None:
    """Load every stage of the models and run it once, on black frames of `size` (width, height).

    Loading is the greater part. A run starts the threads; at the size of the frames to come it also touches the memory
    that they will need. Raises NotFoundError, ModelError or ProviderError.
    """
    for model in models:
        for stage in model.manifest.stages:
            session = sessions.session(model, stage.name, threads_of(stage))
            session.run(black_inputs(session, model.manifest, stage, size), [tensor.name for tensor in stage.outputs])


def threads_of(stage: Stage) -> int:
    """Return how many threads a stage runs on: one for proxies, which are small, else what the pool has (0)."""
    return 1 if stage.reads == "proxy" else 0


def black_inputs(
    session: Session, manifest: Manifest, stage: Stage, size: tuple[int, int]
) -> dict[str, np.ndarray[tuple[int, ...], np.dtype[np.generic]]]:
    """Return zeros for each input of the graph; axes that it leaves open are read by the manifest's layout letters."""
    multiple = manifest.spatial.multiple
    width, height = (-(-side // multiple) * multiple for side in size)
    lengths = {"N": 1, "T": 2 * manifest.temporal.radius_frames + 1, "C": 3, "H": height, "W": width}
    layouts = {tensor.name: tensor.layout for tensor in stage.inputs}
    return {
        known.name: np.zeros(_shape(known, layouts.get(known.name, ""), lengths), known.dtype)
        for known in session.inputs
    }


def _shape(known: GraphInput, layout: str, lengths: dict[str, int]) -> list[int]:
    letters = layout if len(layout) == len(known.shape) else "?" * len(known.shape)
    return [
        axis if isinstance(axis, int) else lengths.get(letter, 1)
        for axis, letter in zip(known.shape, letters, strict=True)
    ]
