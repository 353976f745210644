"""The shipped deflicker graphs, run on single frames and on whole clips."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pytest
import torch

from reelmend.frames import make_proxy
from reelmend.inference.session import CPU, OrtSession

WEIGHTS = Path(__file__).parents[4] / "models" / "weights"
DEFAULT_RADIUS_FRAMES = 15


class Graphs:
    """`describe` and `correct` in ONNX Runtime, on one thread each."""

    def __init__(self) -> None:
        self._describe = OrtSession(WEIGHTS / "deflicker_describe.onnx", CPU, threads=1)
        self._correct = OrtSession(WEIGHTS / "deflicker_correct.onnx", CPU, threads=1)

    def correct(self, inputs: Mapping[str, np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Return result and gain, each (3, H, W)."""
        result, gain = self._correct.run(inputs, ["result", "gain"])
        return result, gain

    def render(
        self, frames: np.ndarray, radius_frames: int = DEFAULT_RADIUS_FRAMES, with_grids: bool = True
    ) -> np.ndarray:
        """Return (N, H, W, 3) frames, one shot, corrected as the engine would."""
        planes = [np.ascontiguousarray(frame.transpose(2, 0, 1)) for frame in frames]
        descriptors = [self._describe.run({"proxy": make_proxy(frame)}, ["quantiles", "grid"]) for frame in planes]
        quantiles, grids = (np.stack(parts) for parts in zip(*descriptors, strict=True))
        results = []
        for centre, frame in enumerate(planes):
            offsets = np.arange(-radius_frames, radius_frames + 1)
            inside = (centre + offsets >= 0) & (centre + offsets < len(planes))
            window = np.clip(centre + offsets, 0, len(planes) - 1)
            inputs = {
                "frame": frame,
                "current": quantiles[centre],
                "quantiles": quantiles[window],
                "offsets": offsets.astype(np.float32),
                "weights": inside.astype(np.float32),
                "strength": np.asarray(1.0, np.float32),
            }
            results.append(self.correct(inputs | ({"grids": grids[window]} if with_grids else {}))[0])
        return np.stack(results).transpose(0, 2, 3, 1)


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Keep torch on one thread: its tensors here are too small to share out, and waiting for the others costs more."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def graphs() -> Graphs:
    return Graphs()
