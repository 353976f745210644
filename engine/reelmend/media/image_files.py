"""One image file in and out, through OpenImageIO."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import OpenImageIO as oiio  # noqa: N813

from reelmend.errors import MediaError
from reelmend.frames import MAX_SIDE_PIXELS, Planes
from reelmend.media.interface import PixelType, Plane

Samples = npt.NDArray[Any]

_STRAIGHT = "oiio:UnassociatedAlpha"
_BITS = "oiio:BitsPerSample"
_ALPHA_NAMES = ("a", "alpha")
_LARGEST_HALF = np.float32(65504.0)
_PNG_LEVEL = 4  # 2.4 times faster than the usual 6 for files 8 % larger (1080p with grain)
_CARRIED_ACROSS_FORMATS = (
    "smpte:TimeCode",
    "smpte:KeyCode",
    "FramesPerSecond",
    "PixelAspectRatio",
    "chromaticities",
    "oiio:ColorSpace",
    "DateTime",
    "Copyright",
    "ImageDescription",
)
_CARRIED_TO_DATA = ("smpte:TimeCode", "smpte:KeyCode", "FramesPerSecond", "PixelAspectRatio", "DateTime")
_DESCRIBES_ONE_FILE = (
    "oiio:SHA-1",
    "oiio:subimages",
    "openexr:chunkCount",
    "openexr:dwaCompressionLevel",
    "tiff:Predictor",
)


@dataclass(frozen=True, slots=True)
class Window:
    """A rectangle of pixels: its left and top edge in the file's own coordinates, its width and height."""

    x: int
    y: int
    width: int
    height: int

    def contains(self, other: Window) -> bool:
        return (
            self.x <= other.x
            and self.y <= other.y
            and other.x + other.width <= self.x + self.width
            and other.y + other.height <= self.y + self.height
        )

    def __str__(self) -> str:
        return f"{self.width}×{self.height}"


@dataclass(frozen=True, slots=True)
class ImageHeader:
    """What an image file says about itself. `colour` and `alpha` are channel indices; one colour channel is grey."""

    path: Path
    spec: Any
    format_name: str
    pixel_type: PixelType
    colour: tuple[int, ...]
    alpha: int | None
    data_window: Window
    display_window: Window
    left_out: tuple[str, ...]

    @property
    def frame_window(self) -> Window:
        """The picture: what is to be displayed, or all the pixels that there are when some lie outside of that."""
        return self.display_window if self.display_window.contains(self.data_window) else self.data_window

    @property
    def has_straight_alpha(self) -> bool:
        """Whether the colours are stored unmultiplied, as PNG demands; OpenEXR's are multiplied by alpha."""
        return self.format_name == "png" or self.spec.get_int_attribute(_STRAIGHT) != 0


def read_header(path: Path) -> ImageHeader:
    """Return what a file says about itself. Raises MediaError."""
    file = _open(path)
    try:
        return _header(file, path)
    finally:
        file.close()


def read_colour(path: Path, window: Window | None = None) -> Planes:
    """Return R, G, B as (3, H, W) float32 of the file's frame window, or of the one given. Raises MediaError.

    Pixels of the window that the file does not store are 0. A grey file gives three equal planes.
    """
    file = _open(path)
    try:
        header = _header(file, path)
        chosen = [_channel(file, header, index) for index in _runs(header.colour)]
        samples = np.concatenate(chosen, axis=2) if len(chosen) > 1 else chosen[0]
        if len(header.colour) == 1:
            samples = np.repeat(samples, 3, axis=2)
        return _placed(_nominal(samples, header.pixel_type), header, window or header.frame_window)
    finally:
        file.close()


def read_alpha(path: Path, window: Window | None = None) -> Plane | None:
    """Return alpha as (H, W) float32, None when the file has none. Raises MediaError."""
    file = _open(path)
    try:
        header = _header(file, path)
        if header.alpha is None:
            return None
        samples = _channel(file, header, (header.alpha, header.alpha + 1))
        placed = _placed(_nominal(samples, header.pixel_type), header, window or header.frame_window)
        return np.ascontiguousarray(placed[0])
    finally:
        file.close()


def write_image(
    path: Path,
    planes: Planes,
    alpha: Plane | None,
    pixel_type: PixelType,
    source: ImageHeader | None = None,
    *,
    is_data: bool = False,
) -> None:
    """Write R, G, B or one grey plane (and alpha) to a file of the kind that the name's ending says. Raises MediaError.

    Integer samples are rounded to the nearest and clipped to 0…1 (NaN becomes 0); float samples stay as they are,
    but for finite values beyond the range of half, which become ±65504. Metadata come from `source`; of data, such as
    mattes, none that speak of colour.
    """
    file = oiio.ImageOutput.create(str(path))
    if file is None:
        raise MediaError(f"{path} can't be written: {_one_line(oiio.geterror())}")
    channels = planes if alpha is None else np.concatenate([planes, alpha[None]])
    if alpha is not None and source is not None and source.has_straight_alpha and file.format_name() == "openexr":
        channels = np.concatenate([planes * alpha, alpha[None]])
    pixels = np.ascontiguousarray(encode(channels, pixel_type).transpose(1, 2, 0))
    spec = _spec(file.format_name(), pixels, pixel_type, source, is_data)
    try:
        if not (file.open(str(path), spec) and file.write_image(pixels)):
            raise MediaError(f"{path} can't be written: {_one_line(file.geterror())}")
    finally:
        closed = file.close()
    if not closed:
        raise MediaError(f"{path} can't be written: {_one_line(file.geterror())}")


def encode(samples: npt.NDArray[np.float32], pixel_type: PixelType) -> Samples:
    """Return the samples as OpenImageIO takes them: uint8, uint16 (fewer bits stretched to 16), float16 or float32."""
    if pixel_type.is_float:
        return samples if pixel_type.bits == 32 else _half(samples)
    top = np.float32((1 << pixel_type.bits) - 1)
    scaled = np.multiply(samples, top)
    np.clip(scaled, 0, top, out=scaled)
    np.rint(scaled, out=scaled)
    if np.isnan(scaled.max()):
        np.nan_to_num(scaled, copy=False, nan=0)
    if pixel_type.bits == 8:
        return np.asarray(scaled, np.uint8)
    whole: Samples = scaled.astype(np.uint16)
    missing = 16 - pixel_type.bits
    return (whole << missing) | (whole >> (pixel_type.bits - missing)) if missing else whole


def _half(samples: npt.NDArray[np.float32]) -> Samples:
    if not max(abs(samples.min()), samples.max()) <= _LARGEST_HALF:  # NaN comes this way too
        samples = np.where(np.isfinite(samples), np.clip(samples, -_LARGEST_HALF, _LARGEST_HALF), samples)
    return np.asarray(samples, np.float16)


def _open(path: Path) -> Any:
    _check_png_is_whole(path)
    config = oiio.ImageSpec()
    config.attribute(_STRAIGHT, 1)
    file = oiio.ImageInput.open(str(path), config)
    if file is None:
        message = _one_line(oiio.geterror())
        if not path.exists():
            raise MediaError(f"{path} does not exist; check the path")
        raise MediaError(f"{path} can't be read as an image: {message}; replace the file")
    return file


def _check_png_is_whole(path: Path) -> None:
    # libpng prints its own line to stderr when it meets the end of the file too soon.
    if path.suffix.lower() != ".png" or not path.is_file() or path.stat().st_size < 64:
        return
    with path.open("rb") as file:
        file.seek(-64, 2)
        if b"IEND" not in file.read():
            raise MediaError(f"{path} is cut short: its end mark is missing; copy or render it again")


def _header(file: Any, path: Path) -> ImageHeader:
    spec = file.spec()
    if spec.deep:
        raise MediaError(f"{path} holds deep pixels, which reelmend can't read; flatten it first")
    data = Window(spec.x, spec.y, spec.width, spec.height)
    display = Window(spec.full_x, spec.full_y, spec.full_width, spec.full_height)
    for window in (data, display):
        if not (1 <= window.width <= MAX_SIDE_PIXELS and 1 <= window.height <= MAX_SIDE_PIXELS):
            raise MediaError(f"{path} is {window} pixels; each side must be 1 to {MAX_SIDE_PIXELS}")
    names = list(spec.channelnames)
    colour, alpha = _choose_channels(names)
    left_out = tuple(name for index, name in enumerate(names) if index not in colour and index != alpha)
    return ImageHeader(path, spec, file.format_name(), _pixel_type(spec), colour, alpha, data, display, left_out)


def _choose_channels(names: list[str]) -> tuple[tuple[int, ...], int | None]:
    """Return the indices of R, G, B (or of one grey channel) and of alpha; layers count only when nothing else does."""
    last = [name.lower().rsplit(".", 1)[-1] for name in names]
    plain = [name.lower() for name in names]
    for candidates in (plain, last):
        if all(letter in candidates for letter in "rgb"):
            colour = tuple(candidates.index(letter) for letter in "rgb")
            return colour, _first(candidates, _ALPHA_NAMES)
    alpha = _first(plain, _ALPHA_NAMES)
    rest = [index for index in range(len(names)) if index != alpha]
    if len(rest) >= 3:
        return tuple(rest[:3]), alpha
    grey = _first(plain, ("y",))
    return (grey if grey is not None else (rest or [0])[0],), alpha if rest else None


def _first(names: list[str], wanted: tuple[str, ...]) -> int | None:
    return next((index for index, name in enumerate(names) if name in wanted), None)


def _pixel_type(spec: Any) -> PixelType:
    kind = str(spec.format)
    if kind in ("half", "float", "double"):
        return PixelType(16 if kind == "half" else 32, is_float=True)
    native = {"uint8": 8, "uint16": 16}.get(kind, 32)
    stored = spec.get_int_attribute(_BITS, native)
    return PixelType(stored if native == 16 and 8 < stored < 16 else native)


def _runs(channels: tuple[int, ...]) -> list[tuple[int, int]]:
    """Return [begin, end) ranges that give the channels in order, as few as possible."""
    runs: list[tuple[int, int]] = []
    for channel in channels:
        if runs and runs[-1][1] == channel:
            runs[-1] = (runs[-1][0], channel + 1)
        else:
            runs.append((channel, channel + 1))
    return runs


def _channel(file: Any, header: ImageHeader, run: tuple[int, int]) -> Samples:
    native = str(header.spec.format)
    wanted = native if native in ("uint8", "uint16") else "float"
    samples = file.read_image(0, 0, *run, wanted)
    message = file.geterror()
    if samples is None or message:
        raise MediaError(f"{header.path} can't be read to its end: {_one_line(message)}; replace the file")
    return np.asarray(samples).reshape(header.data_window.height, header.data_window.width, run[1] - run[0])


def _nominal(samples: Samples, pixel_type: PixelType) -> Planes:
    planes = samples.transpose(2, 0, 1)
    if planes.dtype == np.float32:
        return np.ascontiguousarray(planes)
    if planes.dtype == np.uint16 and pixel_type.bits < 16:
        planes = planes >> (16 - pixel_type.bits)  # OpenImageIO stretches fewer bits to 16
    top = np.float32((1 << pixel_type.bits) - 1)
    return np.ascontiguousarray(np.divide(planes, top, dtype=np.float32))


def _placed(planes: Planes, header: ImageHeader, window: Window) -> Planes:
    data = header.data_window
    if data == window:
        return planes
    if not window.contains(data):
        raise MediaError(f"{header.path} is {data} pixels, but the clip is {window}; all its frames must have one size")
    canvas = np.zeros((planes.shape[0], window.height, window.width), np.float32)
    top, left = data.y - window.y, data.x - window.x
    canvas[:, top : top + data.height, left : left + data.width] = planes
    return canvas


def _spec(
    format_name: str, pixels: Samples, pixel_type: PixelType, source: ImageHeader | None, is_data: bool = False
) -> Any:
    height, width, channels = pixels.shape
    spec = oiio.ImageSpec(width, height, channels, _type_name(pixel_type))
    spec.attribute("png:compressionLevel", _PNG_LEVEL)
    if source is not None:
        if is_data:
            _carry(spec, source, _CARRIED_TO_DATA)
        else:
            _carry(spec, source, None if format_name == source.format_name else _CARRIED_ACROSS_FORMATS)
        window, display = source.frame_window, source.display_window
        if format_name == "openexr" and (window.width, window.height) == (width, height):
            spec.x, spec.y = window.x, window.y
            spec.full_x, spec.full_y = display.x, display.y
            spec.full_width, spec.full_height = display.width, display.height
    if not pixel_type.is_float and pixel_type.bits not in (8, 16):
        spec.attribute(_BITS, pixel_type.bits)
    if source is not None and source.has_straight_alpha and format_name != "openexr":
        spec.attribute(_STRAIGHT, 1)
    return spec


def _type_name(pixel_type: PixelType) -> str:
    if pixel_type.is_float:
        return "half" if pixel_type.bits == 16 else "float"
    return "uint8" if pixel_type.bits == 8 else "uint16"


def _carry(spec: Any, source: ImageHeader, names: tuple[str, ...] | None) -> None:
    """Take over what the source says under these names; None: under all that are not about the one file."""
    for item in source.spec.extra_attribs:
        if item.name not in (_BITS, *_DESCRIBES_ONE_FILE) and (names is None or item.name in names):
            spec.attribute(item.name, item.type, item.value)


def _one_line(message: str) -> str:
    return " ".join(message.split()) or "unknown error"
