"""Paths of light of real clips, as the deflicker's own stages measure them: a small file beside this module.

The file lets a training be repeated without the footage. It holds log ratios, no pictures, and only of clips whose
licence asks for no more than a mention.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.footage.catalogue import Split
from reelmend_models.training.footage.files import sha256_of, write_whole

MEASURED_FILE = Path(__file__).with_name("measured_light.npz")
FORMAT = 1
UNIT = 1e-4
"""Log ratios are kept as whole numbers of a ten thousandth, a hundredth of what an eye can see."""

Path1d = NDArray[np.float32]


@dataclass(frozen=True)
class ShotOrigin:
    """Where a shot comes from. sha256: of the clip's file; of a made clip, of its photographs joined by spaces."""

    clip: str
    split: Split
    first_frame: int
    frames: int
    licence: str
    attribution: str
    sha256: str
    recipe: str | None = None


@dataclass(frozen=True)
class ShotLight:
    """Log light of one clean shot, each (N, …) float32 and 0 at the first frame.

    level: (N,) of the whole frame. tones: (N, 16) what each tone deviates, times the root of its share. cells: (N, C)
    what some cells of the field deviate.
    """

    origin: ShotOrigin
    level: Path1d = field(repr=False)
    tones: NDArray[np.float32] = field(repr=False)
    cells: NDArray[np.float32] = field(repr=False)


def write_measured(shots: list[ShotLight], file: Path = MEASURED_FILE) -> None:
    """Write the shots; same shots, same bytes."""
    arrays: dict[str, Any] = {}
    for index, shot in enumerate(shots):
        whole = np.column_stack([shot.level, shot.tones, shot.cells])
        steps = np.diff(np.rint(whole / UNIT), axis=0, prepend=0)
        arrays[f"steps{index:03d}"] = steps.clip(-32768, 32767).astype(np.int16)
    listing = {"format": FORMAT, "shots": [asdict(shot.origin) for shot in shots]}
    stream = BytesIO()
    np.savez_compressed(stream, listing=np.frombuffer(json.dumps(listing).encode(), np.uint8), **arrays)
    write_whole(file, stream.getvalue())


def read_measured(file: Path = MEASURED_FILE) -> list[ShotLight]:
    """Return the shots of a file. Raises TrainingError when it is not there or is another thing."""
    try:
        with np.load(file) as content:
            listing = json.loads(content["listing"].tobytes())
            if listing["format"] != FORMAT:
                raise TrainingError(f"{file} has format {listing['format']}, this version reads {FORMAT}")
            return [
                _shot(ShotOrigin(**row), content[f"steps{index:03d}"]) for index, row in enumerate(listing["shots"])
            ]
    except FileNotFoundError as error:
        raise TrainingError(f"no measured light at {file}; run the command 'measure' to make it") from error
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise TrainingError(
            f"{file} holds no measured light ({error}); run the command 'measure' to make it"
        ) from error


def measured_sha256(file: Path = MEASURED_FILE) -> str:
    """Return the sha256 of the file, for the manifest of a training."""
    return sha256_of(file)


def _shot(origin: ShotOrigin, steps: NDArray[np.int16]) -> ShotLight:
    whole = (np.cumsum(steps.astype(np.int64), axis=0) * UNIT).astype(np.float32)
    return ShotLight(origin, whole[:, 0], whole[:, 1:17], whole[:, 17:])
