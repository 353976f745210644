"""The fill alone, on a workbench of its own: its graphs are exported from the shipped weights into a folder."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import numpy.typing as npt

from reelmend.buffer.memory import ContentMemory
from reelmend.buffer.pool import PlanesPool
from reelmend.buffer.window import window_around
from reelmend.effects.effect import Workbench
from reelmend.effects.repair.fill import filled
from reelmend.effects.repair.looks import Looks
from reelmend.frames import FrameForm, FrameFormat, FrameRef, Planes, content_digest
from reelmend.inference.models import Model
from reelmend.inference.session import SessionPool
from reelmend.inference.turns import Turns
from reelmend.manifest import Colour, Manifest, Stage, file_sha256
from reelmend_models.export.graph import export_graph
from reelmend_models.export.recipe import GraphRecipe


def fill_model(recipes: Sequence[GraphRecipe], folder: Path) -> Model:
    """Return a model of these graphs and nothing else, written into the folder."""
    stages = []
    for recipe in recipes:
        file = folder / f"{recipe.name}.onnx"
        file.write_bytes(export_graph(recipe))
        stages.append(
            Stage(
                name=recipe.name,
                file=file.name,
                sha256=file_sha256(file),
                per="window",
                reads="full",
                inputs=(),
                outputs=(),
            )
        )
    colour = Colour(transfer="video", nominal_range=(0, 1), outside_range="survives", non_finite="refused")
    return Model(Manifest.model_construct(id="repair", stages=tuple(stages), colour=colour), folder)


class FillBench:
    """Fills frames of a clip of (C, H, W) planes."""

    def __init__(self, model: Model, clip: Sequence[Planes], threads: int = 2) -> None:
        self._model, self._clip = model, clip
        self._refs = [FrameRef(n, content_digest(planes), FrameFormat.of(planes)) for n, planes in enumerate(clip)]
        self._sessions, self._memory = SessionPool(), ContentMemory(1 << 30)
        self._pool = PlanesPool(self._memory, 1 << 28)
        self._helpers = ThreadPoolExecutor(threads)

    def looks(self, frame: int, radius_frames: int = 2) -> tuple[Workbench, Looks]:
        """Return a request's workbench and looks for a frame."""
        window = window_around(self._refs, frame, radius_frames, 0, len(self._clip) - 1)
        bench = Workbench(
            self._model,
            {"input_transfer": "video"},
            self._sessions,
            self._memory,
            self._pool,
            Turns(),
            self._helpers,
            self._pixels,
            self._pool.output,
        )
        return bench, Looks(bench, window)

    def filled(self, frame: int, classes: npt.NDArray[np.bool_], matte: npt.NDArray[np.float32]) -> Planes:
        """Return the frame filled."""
        bench, looks = self.looks(frame)
        return np.array(filled(bench, looks, looks.window, classes, matte))

    def _pixels(self, ref: FrameRef, form: FrameForm) -> Planes:
        assert form is FrameForm.FULL
        return self._clip[ref.frame]
