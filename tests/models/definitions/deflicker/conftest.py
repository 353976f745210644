"""The shipped deflicker graphs in ONNX Runtime, and pictures to run them on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch

from reelmend.inference.session import CPU, OrtSession
from reelmend_models.definitions.deflicker.tones import tone_light

WEIGHTS = Path(__file__).parents[4] / "models" / "weights"
OUTPUTS = {
    "describe": ["luma", "texture", "tones", "grid"],
    "compare": ["curve", "field", "bands", "trust"],
    "expect": ["curve", "field", "bands", "level", "expected"],
    "expect_fitted": ["curve", "field", "bands", "level", "expected"],
    "correct": ["result", "gain"],
    "correct_channels": ["result", "gain"],
}
TONE_LIGHT = tone_light().numpy()


class Graphs:
    """All graphs of the model, on one thread each."""

    def __init__(self) -> None:
        self._sessions: dict[str, OrtSession] = {}

    def run(self, name: str, inputs: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return the outputs of one graph by name."""
        if name not in self._sessions:
            self._sessions[name] = OrtSession(WEIGHTS / f"deflicker_{name}.onnx", CPU, threads=1)
        return dict(zip(OUTPUTS[name], self._sessions[name].run(inputs, OUTPUTS[name]), strict=True))

    def compare(
        self,
        first: np.ndarray,
        second: np.ndarray,
        flow: np.ndarray | None = None,
        say: np.ndarray | None = None,
    ) -> dict[str, np.ndarray]:
        """Return the change of light from one grey (H, W) picture to another; flow (2, 2, H, W), none when left out."""
        pictures = [np.ascontiguousarray(picture, np.float32) for picture in (first, second)]
        looks = [self.run("describe", {"proxy": np.stack([picture] * 3)}) for picture in pictures]
        return self.run(
            "compare",
            {
                "luma": np.stack([look["luma"] for look in looks]),
                "texture": np.stack([look["texture"] for look in looks]),
                "flow": np.zeros((2, 2, *pictures[0].shape), np.float32) if flow is None else flow,
                "say": np.ones((2, 1, 1), np.float32) if say is None else say,
            },
        )


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    """Keep torch on one thread: its tensors here are too small to share out, and waiting for the others costs more."""
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def graphs() -> Graphs:
    return Graphs()


@pytest.fixture(scope="session")
def picture() -> np.ndarray:
    """A grey (90, 160) picture with coarse and fine texture over most of the scale, 0.03 to 0.7."""
    rng = np.random.default_rng(11)
    texture = sum(scale * cv2.GaussianBlur(rng.standard_normal((90, 160)), (0, 0), scale) for scale in (2, 12))
    return (0.03 + 0.67 * (texture - texture.min()) / np.ptp(texture)).astype(np.float32)
