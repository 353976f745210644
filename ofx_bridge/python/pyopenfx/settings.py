"""The project an effect instance lives in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from . import _host
from .description import full_context
from .errors import ShapeError
from .pixels import CHANNELS, DTYPES, Components, Depth, FieldOrder, native_depth, native_field

_IDENTITIES = {"serial": "SERIAL", "constant": "CONSTANT", "empty": "EMPTY"}


@dataclass(frozen=True)
class InstanceSettings:
    """The project an instance lives in, and how this host shows pictures to it.

    `size` is (width, height) in pixels, `frames` the first and the last frame number. `rows` tells which row comes
    first in memory: "bottom-up" (rowBytes > 0) or "top-down" (rowBytes < 0); `row_padding_bytes` (a multiple of 4)
    follow each row. `image_identifier` "constant" and "empty" imitate hosts whose image identity is of no use. Up to
    `cache_mib` MiB of source frames are kept per clip, so a source callable must be a pure function of its frame.
    With `check_output` a render that answers OK but leaves pixels unwritten, or writes where it must not, is listed in
    `Instance.violations`.

    `components` and `depth` are what the project works in; a source of other pixels brings its own. `origin` is the
    pixel (x, y) of the bottom-left corner. `field_order` names the first field of interlaced material. `guard_bytes`
    surround each image and are checked after each render. With `zero_copy` the plug-in reads the source's own
    memory, as long as it takes pixels of that format at full size; layout and guards are then the source's. With
    `crop_tiles` a render of a window hands out no more of the output and of the sources than that window needs, as
    hosts do that render in tiles, where the plug-in says that it supports tiles.
    """

    size: tuple[int, int]
    frames: tuple[int, int]
    context: str = "filter"
    frame_rate: float = 24.0
    components: Components = "RGBA"
    pixel_aspect: float = 1.0
    rows: Literal["bottom-up", "top-down"] = "bottom-up"
    row_padding_bytes: int = 0
    image_identifier: Literal["serial", "constant", "empty"] = "serial"
    cache_mib: int = 512
    check_output: bool = True
    depth: Depth = "float"
    origin: tuple[int, int] = (0, 0)
    field_order: FieldOrder = "none"
    guard_bytes: int = 0
    zero_copy: bool = False
    swap_red_blue: bool = False
    linear_light: bool = False
    force_depth: bool = False
    crop_tiles: bool = False

    def __post_init__(self) -> None:
        if min(self.size) < 1:
            raise ShapeError(f"size must be at least 1x1 pixel, got {self.size[0]}x{self.size[1]}")
        if self.frames[0] > self.frames[1]:
            raise ValueError(f"frames must be (first, last) with first <= last, got {self.frames}")
        if self.components not in CHANNELS:
            raise ValueError(f"components must be RGBA, RGB or Alpha, got {self.components!r}")
        if self.depth not in DTYPES:
            raise ValueError(f"depth must be byte, short, half or float, got {self.depth!r}")
        if self.field_order not in ("none", "lower", "upper"):
            raise ValueError(f"field_order must be none, lower or upper, got {self.field_order!r}")
        if self.rows not in ("bottom-up", "top-down"):
            raise ValueError(f"rows must be bottom-up or top-down, got {self.rows!r}")
        if self.row_padding_bytes < 0 or self.row_padding_bytes % 4:
            raise ValueError(
                f"row_padding_bytes must be a multiple of 4 and not negative, got {self.row_padding_bytes}"
            )
        if self.frame_rate <= 0 or self.pixel_aspect <= 0:
            raise ValueError("frame_rate and pixel_aspect must be above 0")

    def native(self) -> _host.InstanceOptions:
        options = _host.InstanceOptions()
        options.context = full_context(self.context)
        options.identity = getattr(_host.Identity, _IDENTITIES[self.image_identifier])
        options.cache_bytes = self.cache_mib << 20
        options.check_output = self.check_output
        options.zero_copy = self.zero_copy
        options.swap_red_blue = self.swap_red_blue
        options.linear_light = self.linear_light
        options.force_depth = self.force_depth
        options.crop_tiles = self.crop_tiles
        options.set_layout(self.rows == "top-down", self.row_padding_bytes, self.guard_bytes)
        options.set_project(self.size, self.pixel_aspect, self.frame_rate, self.frames)
        options.set_pictures(
            f"OfxImageComponent{self.components}",
            native_depth(self.depth),
            native_field(self.field_order),
            self.origin,
        )
        return options
