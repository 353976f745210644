"""Clips with lines that stand, drift or move with the scene, and what the engine finds in them."""

from __future__ import annotations

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.repair.lines import StandingLines
from support.fill_workbench import FillBench

Planes = npt.NDArray[np.float32]
Grey = npt.NDArray[np.float32]
GRAIN = 0.02
ROWS, COLUMNS, FRAMES = 360, 480, 13


def scene(pan_px: float, frames: int = FRAMES, seed: int = 2) -> Grey:
    """Return (N, 360, 480) a textured picture that a camera pans over, without grain."""
    rng = np.random.default_rng(seed)
    far = int(abs(pan_px) * frames) + 2
    wide = [cv2.GaussianBlur(rng.random((ROWS, COLUMNS + far), dtype=np.float32), (0, 0), blur) for blur in (2, 9, 40)]
    view = sum(
        (plane - plane.mean()) / plane.std() * weight for plane, weight in zip(wide, (0.02, 0.05, 0.1), strict=True)
    )
    turned = [
        cv2.warpAffine(
            view,
            np.array([[1.0, 0.0, -pan_px * n if pan_px >= 0 else far + pan_px * n], [0.0, 1.0, 0.0]]),
            (COLUMNS, ROWS),
        )
        for n in range(frames)
    ]
    return np.clip(0.45 + np.stack(turned), 0.05, 0.95).astype(np.float32)


def with_scratch(
    clip: Grey, column: float, amplitude: float, drift_px: float = 0.0, width_px: float = 2.0, slope_px: float = 4.0
) -> tuple[Grey, npt.NDArray[np.float64]]:
    """Return the clip with a see-through line over it, and (N, H) the column of its middle."""
    down = np.linspace(-0.5, 0.5, clip.shape[1])
    middles = column + slope_px * down[None, :] + drift_px * (np.arange(len(clip)) - len(clip) // 2)[:, None]
    away = np.arange(clip.shape[2])[None, None, :] - middles[:, :, None]
    line = amplitude * np.exp(-0.5 * (away * 2.355 / width_px) ** 2)
    return (clip + line).astype(np.float32), middles


def with_mast(clip: Grey, column: float, pan_px: float, width_px: float = 4.0) -> Grey:
    """Return the clip with a dark post before it, that moves as the scene does and ends below the upper edge."""
    done = clip.copy()
    for number, frame in enumerate(done):
        away = np.abs(np.arange(clip.shape[2]) - (column - pan_px * number))
        cover = np.clip(width_px / 2 + 0.5 - away, 0, 1)[None, :] * np.ones((clip.shape[1], 1))
        cover[:20] = 0
        frame += (cover * (0.12 - frame)).astype(np.float32)
    return done


def grainy(clip: Grey, seed: int = 3) -> list[Planes]:
    """Return (3, H, W) planes with fresh grain, the same in all colours."""
    rng = np.random.default_rng(seed)
    return [np.repeat((frame + rng.normal(0, GRAIN, frame.shape))[None], 3, 0).astype(np.float32) for frame in clip]


def likelihood(bench: FillBench, frame: int = FRAMES // 2, radius_frames: int = 6) -> Grey:
    """Return what the engine says of standing lines in a frame."""
    workbench, looks = bench.looks(frame, radius_frames)
    return StandingLines(workbench, looks, looks.window).likelihood()
