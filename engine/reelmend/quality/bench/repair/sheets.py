"""Contact sheets: what the repair finds on real film, or in any scene of the bench, frame by frame, to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from reelmend.quality.bench.clip_files import make_scene
from reelmend.quality.bench.material import FILM, BenchError, Material
from reelmend.quality.bench.plan import Plan
from reelmend.quality.peers import Method
from reelmend.quality.sheet import contact_sheet


def draw_sheets(
    plan: Plan, material: Material, method: Method, folder: Path, done: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write a PNG for each real film of the plan as it is, or for each scene where there is none; return their paths.

    Raises BenchError when the method can't run, tells no matte, or the folder can't be written to.
    """
    if reason := method.missing():
        raise BenchError(f"no contact sheet: {method.name} can't run: {reason}")
    film = [(preset, clip) for preset, clip in plan.scenes if material.kind(preset) == FILM]
    drawn = []
    for preset, clip in film or plan.scenes:
        frames: Any = make_scene(material, clip, preset, plan.size).source
        restored = method.restore(frames)
        mattes = restored.classes or ({} if restored.matte is None else {"defect": restored.matte})
        if not mattes:
            raise BenchError(f"no contact sheet: {method.name} does not tell what it found")
        drawn.append(folder / (f"{clip.name}.png" if film else f"{preset}-{clip.name}.png"))
        _write(drawn[-1], contact_sheet(list(frames), list(restored.frames), mattes))
        done(clip.name)
    return drawn


def _write(path: Path, sheet: np.ndarray) -> None:
    encoded = cv2.imencode(".png", cv2.cvtColor(sheet, cv2.COLOR_RGB2BGR))[1]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(encoded.tobytes())
    except OSError as error:
        raise BenchError(f"{path} can't be written: {error.strerror or error}; name another with --sheets") from None
