"""The node Repair over a clip with planted dirt, in a copy of the bundle whose panel is of the designed model."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.effects.panel import VIEW_LABELS, panel_json
from reelmend.inference.models import ModelStore
from support.clips import Frames
from support.nodes import interleaved
from support.repair_models import still_scene

REPAIR = "org.reelmend.Repair"
EFFECTS = Path("Contents/Resources/effects.json")


def repair_bundle(folder: Path, store: ModelStore) -> Path:
    """Return a copy of the bundle whose panel knows the models of that store."""
    bundle = Path(shutil.copytree(find_bundle(), folder / find_bundle().name))
    (bundle / EFFECTS).write_text(panel_json(store), encoding="utf-8")
    return bundle


def dirty_scene(count: int, width: int, height: int) -> Frames:
    """Return frames, exact halves, that stand still but for grain, with a dark and a bright defect in each.

    They lie elsewhere in each frame. Some samples are no light: not finite, or far beyond white.
    """
    frames = still_scene(count, width, height)
    for index in range(count):
        top, left = 3 + 5 * index % (height - 16), 4 + 9 * index % (width - 24)
        frames[index, :, top : top + 5, left : left + 7] -= 0.25
        frames[index, :, top + 9 : top + 11, left : left + 19] += 0.25
    made = frames.astype(np.float16).astype(np.float32)
    made[count // 2, :, height - 3, 2:4] = np.nan
    made[count // 2, 1, height - 3, 7] = np.inf
    made[:, :, height - 2, 1] = (-0.25, 7.5, 0.0)
    return made


@contextlib.contextmanager
def repair_node(
    bundle: Path,
    frames: Frames,
    address: str,
    *,
    first_frame: int = 0,
    profile: str | None = None,
    parameters: dict[str, Any] | None = None,
    **settings: Any,
) -> Iterator[pyopenfx.Instance]:
    """A node Repair over (N, 3, H, W) frames with alpha 1, in a host with room for its mask and matte."""
    last_frame = first_frame + len(frames) - 1
    options = pyopenfx.InstanceSettings(
        **{
            "size": (frames.shape[3], frames.shape[2]),
            "frames": (first_frame, last_frame),
            "context": "general",
            **settings,
        }
    )
    with pyopenfx.load(bundle, profile=profile) as loaded, loaded.plugin(REPAIR).create(options) as instance:
        instance.set_source(lambda frame: interleaved(frames[frame - first_frame]))
        for name, value in {"engineAddress": address, **(parameters or {})}.items():
            instance.set(name, value)
        yield instance


def view_label(output: str) -> str:
    """Return what the View menu calls an output of the engine."""
    return VIEW_LABELS.get(output, output.capitalize())
