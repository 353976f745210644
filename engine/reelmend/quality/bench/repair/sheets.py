"""Contact sheets of real film: what the repair finds there, frame by frame, to be looked at."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np

from reelmend.quality.bench.clip_files import load_clip
from reelmend.quality.bench.material import BenchError, Material
from reelmend.quality.bench.plan import Plan
from reelmend.quality.peers import Method
from reelmend.quality.sheet import contact_sheet


def draw_sheets(
    plan: Plan, material: Material, method: Method, folder: Path, done: Callable[[str], None] = lambda _: None
) -> list[Path]:
    """Write a PNG for each film of the plan, or for each clip where there is no film; return their paths.

    Raises BenchError when the method can't run, tells no matte, or the folder can't be written to.
    """
    if reason := method.missing():
        raise BenchError(f"no contact sheet: {method.name} can't run: {reason}")
    clips = [clip for clip in plan.clips if clip.is_film] or list(plan.clips)
    drawn = []
    for clip in clips:
        frames = load_clip(material, clip, plan.size)
        restored = method.restore(frames)
        mattes = restored.classes or ({} if restored.matte is None else {"defect": restored.matte})
        if not mattes:
            raise BenchError(f"no contact sheet: {method.name} does not tell what it found")
        drawn.append(folder / f"{clip.name}.png")
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
