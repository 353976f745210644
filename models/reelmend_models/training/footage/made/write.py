"""Made clips as files: lossless FFV1 at 8 bits, or PNG at 16."""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterable, Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal, TypeAlias

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.files import appearing, sha256_of
from reelmend_models.training.footage.made.pictures import Picture
from reelmend_models.training.footage.movies import png_file

Form: TypeAlias = Literal["ffv1", "png"]

# bitexact: no encoder name, no random identifiers. A fixed number of slices: the bytes do not depend on the machine.
_FFV1 = {"level": "3", "slices": "4", "flags": "+bitexact"}


def written_name(id_: str, form: Form) -> str:
    """Return the file of a written clip relative to the footage folder; for PNG it is a folder."""
    return f"made/{id_}.mkv" if form == "ffv1" else f"made/{id_}"


def write_clip(frames: Iterable[Picture], file: Path, form: Form, fps: Fraction) -> str:
    """Return the sha256 of the clip written, whole or not at all; the same frames give the same bytes.

    frames: (H, W, 3) float32 in 0–1, rounded to 8 bits for FFV1 and 16 for PNG. Raises FootageError without PyAV.
    """
    with appearing(file) as partial:
        if form == "ffv1":
            _write_ffv1(frames, partial, fps)
        else:
            _write_png(frames, partial)
    return written_sha256(file)


def written_sha256(file: Path) -> str:
    """Return the sha256 of a written clip; of a folder, that of its files' sha256 in the order of their names."""
    if file.is_dir():
        return hashlib.sha256("".join(map(sha256_of, sorted(file.iterdir()))).encode()).hexdigest()
    return sha256_of(file)


def _write_png(frames: Iterable[Picture], folder: Path) -> None:
    folder.mkdir()
    for index, frame in enumerate(frames):
        pixels = np.round(frame * np.float32(65535)).astype(np.uint16)
        if not cv2.imwrite(str(png_file(folder, index)), cv2.cvtColor(pixels, cv2.COLOR_RGB2BGR)):
            raise FootageError(f"{png_file(folder, index)} cannot be written; is the disk full?")


def _write_ffv1(frames: Iterable[Picture], file: Path, fps: Fraction) -> None:
    av = _load_av()
    with av.open(str(file), "w", options={"fflags": "+bitexact"}) as container:
        stream: Any = None
        for pixels in _eight_bits(frames):
            if stream is None:
                stream = container.add_stream("ffv1", rate=fps, options=_FFV1)
                stream.height, stream.width = pixels.shape[:2]
                stream.pix_fmt = "bgr0"
            container.mux(stream.encode(av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="bgr0")))
        if stream is not None:
            container.mux(stream.encode(None))


def _eight_bits(frames: Iterable[Picture]) -> Iterator[npt.NDArray[np.uint8]]:
    for frame in frames:
        yield np.round(frame * np.float32(255)).astype(np.uint8)


def _load_av() -> Any:
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise FootageError("writing FFV1 needs PyAV: pip install 'reelmend[movies]', or write png") from error
