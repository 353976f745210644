"""Reading and writing pictures: numbered files through OpenImageIO, and .npy arrays."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from importlib import import_module
from pathlib import Path
from types import ModuleType

import numpy as np

from ..sources import FloatArray, array_source

_NUMBER = re.compile(r"%0?(\d*)d|(#+)")
_FILE_TYPES = {".exr": "float", ".png": "uint16", ".tif": "uint16", ".tiff": "uint16", ".dpx": "uint16"}


class Pattern:
    """A file name with a frame number in it: `shot.%04d.exr` or `shot.####.exr`."""

    def __init__(self, text: str) -> None:
        found = _NUMBER.search(Path(text).name)
        if found is None:
            raise ValueError(f"'{text}' has no frame number; write it as %04d or ####")
        self.folder = Path(text).parent
        self._before, self._after = Path(text).name[: found.start()], Path(text).name[found.end() :]
        self._digits = len(found[2]) if found[2] else int(found[1] or 1)

    def path(self, frame: int) -> Path:
        """Return the file of one frame."""
        return self.folder / f"{self._before}{frame:0{self._digits}d}{self._after}"

    def frames_on_disk(self) -> list[int]:
        """Return the numbers of the files that exist, in order."""
        name = re.compile(re.escape(self._before) + r"(-?\d+)" + re.escape(self._after))
        numbers = [int(match[1]) for file in self.folder.glob("*") if (match := name.fullmatch(file.name))]
        return sorted(number for number in numbers if self.path(number).is_file())


class Reader(ABC):
    """Pictures by frame number: `first` to `last`, each (height, width, 3|4) float32."""

    first: int
    last: int
    height: int
    width: int
    channels: int

    @abstractmethod
    def read(self, frame: int) -> FloatArray | None:
        """Return the picture of one frame, top row first, or None when there is none."""


class ArrayReader(Reader):
    """The frames of a .npy file, (frames, height, width, 3|4) float32, numbered from 0."""

    def __init__(self, path: Path) -> None:
        self._frames = array_source(np.load(path, mmap_mode="r"), 0)
        self.first, self.last = 0, self._frames.last
        self.height, self.width, self.channels = self._frames.height, self._frames.width, self._frames.channels

    def read(self, frame: int) -> FloatArray | None:
        return self._frames.checked(frame)


class SequenceReader(Reader):
    """Numbered picture files. A missing number has no picture."""

    def __init__(self, text: str) -> None:
        self._pattern = Pattern(text)
        numbers = self._pattern.frames_on_disk()
        if not numbers:
            raise FileNotFoundError(f"no file matches '{text}'")
        self.first, self.last = numbers[0], numbers[-1]
        self.height, self.width, self.channels = read_picture(self._pattern.path(self.first)).shape

    def read(self, frame: int) -> FloatArray | None:
        path = self._pattern.path(frame)
        return read_picture(path) if path.is_file() else None


class Writer(ABC):
    """Takes pictures one by one; a file bears its final name only when it is whole."""

    @abstractmethod
    def write(self, frame: int, picture: FloatArray) -> None:
        """Take the picture of one frame."""

    def finish(self) -> None:
        """Say that the last picture has come."""
        return


class ArrayWriter(Writer):
    """Collects the frames and writes them as one .npy at the end."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pictures: list[FloatArray] = []

    def write(self, frame: int, picture: FloatArray) -> None:  # noqa: ARG002 - an array has no frame numbers
        self._pictures.append(picture)

    def finish(self) -> None:
        partial = self._path.with_name(f".{self._path.stem}.partial.npy")
        np.save(partial, np.stack(self._pictures))
        partial.replace(self._path)


class SequenceWriter(Writer):
    """Writes numbered picture files: EXR as float, PNG, TIFF and DPX with 16 bits."""

    def __init__(self, text: str) -> None:
        self._pattern = Pattern(text)
        self._type = file_type(Path(text))

    def write(self, frame: int, picture: FloatArray) -> None:
        path = self._pattern.path(frame)
        partial = path.with_name(f".{path.stem}.partial{path.suffix}")
        try:
            write_picture(partial, picture, self._type)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)


def open_reader(text: str) -> Reader:
    """Return a reader for a .npy file or a numbered sequence; raise FileNotFoundError or ValueError."""
    return ArrayReader(Path(text)) if text.endswith(".npy") else SequenceReader(text)


def open_writer(text: str) -> Writer:
    """Return a writer for a .npy file or a numbered sequence; raise FileNotFoundError when the folder is missing."""
    folder = Path(text).parent
    if not folder.is_dir():
        raise FileNotFoundError(f"folder '{folder}' of '{text}' does not exist; create it first")
    return ArrayWriter(Path(text)) if text.endswith(".npy") else SequenceWriter(text)


def file_type(path: Path) -> str:
    """Return how a file of that name stores its pixels; raise ValueError for other kinds of file."""
    if path.suffix.lower() not in _FILE_TYPES:
        raise ValueError(f"'{path.name}': write .npy or one of {', '.join(_FILE_TYPES)}")
    return _FILE_TYPES[path.suffix.lower()]


def _openimageio() -> ModuleType:
    """Return OpenImageIO, needed for picture files only; raise OSError that says how to do without."""
    try:
        return import_module("OpenImageIO")
    except ImportError:
        raise OSError("picture files need OpenImageIO: pip install OpenImageIO, or use .npy") from None


def read_picture(path: Path) -> FloatArray:
    """Return a picture file as (height, width, 3|4) float32, top row first; raise OSError when it cannot be read."""
    oiio = _openimageio()

    source = oiio.ImageInput.open(str(path))
    if source is None:
        raise OSError(f"cannot read '{path}': {oiio.geterror()}")
    try:
        pixels = source.read_image("float")
        if pixels is None:
            raise OSError(f"cannot read '{path}': {source.geterror()}")
    finally:
        source.close()
    if pixels.ndim == 2 or pixels.shape[2] < 3:
        pixels = np.repeat(np.atleast_3d(pixels)[:, :, :1], 3, axis=2)
    return np.ascontiguousarray(pixels[:, :, :4], dtype=np.float32)


def write_picture(path: Path, picture: FloatArray, stored_as: str) -> None:
    """Write (height, width, 3|4) float32 to a file; raise OSError when it cannot be written."""
    oiio = _openimageio()

    height, width, channels = picture.shape
    target = oiio.ImageOutput.create(str(path))
    if target is None:
        raise OSError(f"cannot write '{path}': {oiio.geterror()}")
    spec = oiio.ImageSpec(width, height, channels, stored_as)
    if not target.open(str(path), spec) or not target.write_image(np.ascontiguousarray(picture)):
        raise OSError(f"cannot write '{path}': {target.geterror()}")
    target.close()
