"""`python -m support.repair_command …` is `reelmend …` with the designed detector, fill and lines of repair_models."""

from __future__ import annotations

import numpy as np

from reelmend.cli.main import main
from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.repair.repair import Repair
from support.clips import Frames, moving_scene
from support.repair_models import BrightColumn, mean_of_neighbours


def dirty_scene(count: int, width: int = 96, height: int = 64, seed: int = 3) -> Frames:
    """Return (N, 3, H, W) frames of a pan with dark and bright spots, others in each frame, and a standing scratch."""
    frames = moving_scene(count, width, height, grain=0.004)
    rng = np.random.default_rng(seed)
    for frame in frames:
        for spot in range(4):
            y, x = rng.integers(4, height - 10), rng.integers(4, width - 10)
            frame[:, y : y + 5, x : x + 6] = 0.02 if spot % 2 else 0.98
        frame[:, :, width // 2] += 0.15
    return frames


if __name__ == "__main__":
    EFFECTS["repair"] = Repair(mean_of_neighbours, BrightColumn)
    main()
