"""Truth on disk: mattes as PNG, fields as NumPy files, numbers as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from types import TracebackType
from typing import TextIO

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend_models.damage.chain import Chain
from reelmend_models.damage.merge import DEFECT_CLASSES, class_picture, union_matte
from reelmend_models.damage.settings import DamageError
from reelmend_models.damage.stage import Plane, Stage, Truth


class TruthWriter:
    """Writes the truth of a clip into a folder, frame by frame; use it in a `with` statement.

    truth.json              preset, seed, every stage with its settings, class name → number
    frames.jsonl            one line per frame: index and numbers ("flicker.gain": 1.02, …)
    matte/000007.png        16-bit, all classes together: opacity · 65535, rounded up, so that 0 means untouched
    matte.<class>/000007.png  8-bit, one class: opacity · 255, rounded up
    class/000007.png        8-bit, number of the strongest class, 0 where its opacity is not above 0.1
    gain/000007.npy         float32, broadcastable to (H, W)
    displacement/000007.npy float32, broadcastable to (H, W, 2): (dx, dy), damaged[y, x] shows source[y + dy, x + dx]
    """

    def __init__(self, folder: Path, stage: Stage, seed: int, preset: str | None = None) -> None:
        self.folder = folder
        self._lines: TextIO | None = None
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / "truth.json").write_text(json.dumps(description(stage, seed, preset), indent=2) + "\n")
            self._lines = (folder / "frames.jsonl").open("w")
        except OSError as error:
            raise DamageError(f"cannot write the truth to {folder}: {error.strerror or error}") from error

    def __enter__(self) -> TruthWriter:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def close(self) -> None:
        """Finish the list of frames; writing ends here."""
        if self._lines is not None:
            self._lines.close()
            self._lines = None

    def write(self, index: int, truth: Truth) -> None:
        """Write one frame's truth; frames may come in any order. DamageError if the folder cannot take it."""
        if self._lines is None:
            raise DamageError(f"the truth in {self.folder} is already closed; open a new writer")
        if truth.mattes:
            self._png("matte", index, _rounded_up(union_matte(truth), 65535).astype(np.uint16))
            self._png("class", index, class_picture(truth))
        for name, matte in truth.mattes.items():
            self._png(f"matte.{name}", index, _rounded_up(matte, 255).astype(np.uint8))
        if truth.gain is not None:
            self._npy("gain", index, truth.gain)
        if truth.displacement is not None:
            self._npy("displacement", index, truth.displacement)
        self._lines.write(json.dumps({"frame": index, **truth.values}) + "\n")

    def _png(self, kind: str, index: int, picture: NDArray[np.uint8] | NDArray[np.uint16]) -> None:
        path = self._path(kind, index, "png")
        if not cv2.imwrite(str(path), picture, [cv2.IMWRITE_PNG_COMPRESSION, 3]):
            raise DamageError(f"cannot write {path}; is the disk full?")

    def _npy(self, kind: str, index: int, field: NDArray[np.float32]) -> None:
        np.save(self._path(kind, index, "npy"), _squeezed(field))

    def _path(self, kind: str, index: int, suffix: str) -> Path:
        folder = self.folder / kind
        folder.mkdir(exist_ok=True)
        return folder / f"{index:06d}.{suffix}"


def description(stage: Stage, seed: int, preset: str | None = None) -> dict[str, object]:
    """Return what made the damage, ready for JSON."""
    stages = stage.stages if isinstance(stage, Chain) else (stage,)
    return {
        "preset": preset,
        "seed": seed,
        "stages": [{"stage": each.name, **asdict(each)} for each in stages],  # type: ignore[call-overload]
        "classes": {name: number for number, name in enumerate(DEFECT_CLASSES, start=1)},
    }


def _rounded_up(opacity: Plane, white: int) -> Plane:
    scaled: Plane = np.ceil(np.clip(opacity, 0.0, 1.0) * np.float32(white))
    return scaled


def _squeezed(field: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the field with rows and columns that all say the same kept once."""
    if (field == field[:, :1]).all():
        field = field[:, :1]
    return field[:1] if (field == field[:1]).all() else field
