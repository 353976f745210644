"""Draws the pictures of the README and of the effects' pages.

`python -m demo.readme [FOLDER] [NAME…]`: all of them unless named, into docs/pictures unless a folder is given.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from demo.shot import CAMERA_CLIP, Shot
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import Planes
from reelmend.inference.models import ModelStore
from reelmend.media import open_reader
from reelmend_models.damage import Bands, Blotch, Chain, Dust, Flicker, Hair, Scratch, damage_clip
from reelmend_models.damage.stage import Stage

Picture = npt.NDArray[np.uint8]

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SEED = 1906
CRANKED = Chain((Flicker(gain_std=0.12, gamma_std=0.03, offset_std=0.01, spatial_std=0.03, outlier_probability=0.0),))
PATCHES = Chain((Flicker(gain_std=0.02, gamma_std=0.0, offset_std=0.0, spatial_std=0.14, outlier_probability=0.0),))
UNEVEN = Chain((Flicker(gain_std=0.06, gamma_std=0.0, offset_std=0.0, spatial_std=0.1, outlier_probability=0.0),))
ROLLING = Chain((Bands(depth=0.1, bands_per_height=2.6, roll_per_frame=0.31, overtone=0.0, uneven_std=0.0),))
DIRTY = Chain(
    (
        Dust(per_frame=24.0, radius_px=2.5),
        Blotch(per_frame=6.0, radius_px=11.0),
        Scratch(standing=2.0, per_frame=0.0, opacity=(0.5, 0.8)),
        Hair(short_per_frame=2.0, long_per_frame=1.0, gate_per_frame=0.0),
    )
)
WHOLE, HALF = (1280, 720), (640, 360)
SHOWN = (20, 21, 22)
DIRTY_FRAME, DIRTY_COUNT = 20, 28
PARTS = ((0, 0, *WHOLE), (400, 330, 320, 180), (60, 422, 320, 180))
"""The whole frame and two parts of it: left, top, width and height in pixels."""
CELL_PIXELS, GAP_PIXELS = 300, 4
LIGHT_OFF = 0.25
INK, PAPER = (70, 70, 70), 255
QUALITY = 84


@dataclass(frozen=True)
class Frames:
    """A clip in memory, each frame (3, H, W) float32."""

    planes: list[Planes]
    first_frame: int = 1

    @property
    def last_frame(self) -> int:
        return self.first_frame + len(self.planes) - 1

    def read(self, frame: int) -> Planes:
        return self.planes[frame - self.first_frame]


def whole(renderer: Renderer) -> Picture:
    """Return three frames under flicker of the whole picture and a slice of all of them, before over after."""
    _, before = _damaged(CRANKED)
    after = _rendered(renderer, before)
    rows = [[*(clip.read(at) for at in SHOWN), _slit(clip)] for clip in (before, after)]
    heads = [*(f"frame {at}" for at in SHOWN), f"one column of all {len(before.planes)} frames"]
    return _sheet(rows, heads, ("before", "after"))


def patches(renderer: Renderer) -> Picture:
    """Return frames under local flicker before and after, and how far their light is off."""
    clean, before = _damaged(PATCHES)
    after = _rendered(renderer, before)
    rows = [
        [paint(clip, clean, at) for at in SHOWN]
        for clip in (before, after)
        for paint in (lambda shown, _truth, at: shown.read(at), _light_off)
    ]
    off = f"light off, ±{100 * LIGHT_OFF:.0f} %"
    return _sheet(rows, [f"frame {at}" for at in SHOWN], ("before", off, "after", off))


def views(renderer: Renderer) -> Picture:
    """Return source, result, gain and luma curve of a frame that is uneven, and of one under bands."""
    rows = []
    cases: tuple[tuple[Stage, dict[str, object]], ...] = ((UNEVEN, {}), (ROLLING, {"local_shape": "bands"}))
    for damage, values in cases:
        before = _damaged(damage)[1]
        shown = [_rendered(renderer, before, values, name, SHOWN[:1]).planes[0] for name in ("result", "gain", "curve")]
        source = before.read(SHOWN[0])
        rows.append([source, *(np.broadcast_to(one, source.shape) for one in shown)])
    return _sheet(rows, ["Source", "Result", "Applied gain", "Luma curve"], ("patches", "bands"))


def mended(renderer: Renderer) -> Picture:
    """Return a dirty frame, what was found in it, the result and the frame without dirt; below, parts of it closely."""
    clean, before = _damaged(DIRTY, WHOLE, DIRTY_COUNT)
    at = DIRTY_FRAME
    overlay, result = (
        _rendered(renderer, before, output=name, frames=(at,), effect="repair").planes[0]
        for name in ("overlay", "result")
    )
    frames = (before.read(at), overlay, result, clean.read(at))
    rows = [[planes[:, y : y + tall, x : x + wide] for planes in frames] for x, y, wide, tall in PARTS]
    return _sheet(rows, ["dirt laid over", "what was found", "mended", "without dirt"], ("frame", "part", "part"))


def _damaged(damage: Stage, size: tuple[int, int] = HALF, count: int | None = None) -> tuple[Frames, Frames]:
    """Return the demo's clip, forwards and backwards, clean and damaged, in 8 bits; `count`: no more frames of it."""
    with open_reader(CAMERA_CLIP) as reader:
        shot = Shot(reader, 2)
        numbers = range(shot.first_frame, shot.last_frame + 1)[:count]
        clean = [
            cv2.resize(shot.read(frame).transpose(1, 2, 0), size, interpolation=cv2.INTER_AREA) for frame in numbers
        ]
    spoilt = (frame for frame, _ in damage_clip(clean, damage, SEED, len(clean)))
    return _in_bytes(clean), _in_bytes(spoilt)


def _in_bytes(frames: Iterable[npt.NDArray[np.float32]]) -> Frames:
    bytes_ = (np.rint(255 * np.clip(frame, 0, 1)).astype(np.float32) / np.float32(255) for frame in frames)
    return Frames([np.ascontiguousarray(frame.transpose(2, 0, 1)) for frame in bytes_])


def _rendered(
    renderer: Renderer,
    before: Frames,
    values: dict[str, object] | None = None,
    output: str = "result",
    frames: Sequence[int] = (),
    effect: str = "deflicker",
) -> Frames:
    wanted = frames or range(before.first_frame, before.last_frame + 1)
    found = render_clip(renderer, effect, values or {}, before, wanted, output=output)
    return Frames([np.array(planes) for _, planes in found])


def _slit(clip: Frames) -> Planes:
    """Return the middle column of every frame, side by side: light over time, flicker as upright stripes."""
    height, width = clip.planes[0].shape[1:]
    wide = -(-width // len(clip.planes))
    columns = [np.repeat(planes[:, :, width // 2 : width // 2 + 1], wide, axis=2) for planes in clip.planes]
    joined = np.concatenate(columns, axis=2).transpose(1, 2, 0)
    slit: Planes = cv2.resize(joined, (width, height), interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    return slit


def _light_off(clip: Frames, clean: Frames, at: int) -> Planes:
    """Return where a frame is brighter (orange) and darker (blue) than it should be, smoothly."""
    light, should_be = (cv2.GaussianBlur(one.read(at).mean(axis=0), (0, 0), 12) for one in (clip, clean))
    off = np.clip(np.log((light + 0.01) / (should_be + 0.01)) / LIGHT_OFF, -1, 1)
    much, less = np.clip(off, 0, 1), np.clip(-off, 0, 1)
    return np.stack([1 - less, 1 - 0.5 * much - 0.45 * less, 1 - much])


def _sheet(rows: Sequence[Sequence[Planes]], heads: Sequence[str], sides: Sequence[str]) -> Picture:
    """Return the pictures as a table with its headings, (H, W, 3) RGB."""
    margin = 26
    pictures = [[_fitted(planes) for planes in row] for row in rows]
    tall, wide = pictures[0][0].shape[:2]
    height = margin + len(rows) * (tall + GAP_PIXELS)
    sheet = np.full((height, margin + len(heads) * (wide + GAP_PIXELS), 3), PAPER, np.uint8)
    for column, head in enumerate(heads):
        _write(sheet, head, margin + column * (wide + GAP_PIXELS), margin - 8)
    upright = np.full((margin, height, 3), PAPER, np.uint8)
    for row, side in enumerate(sides):
        _write(upright, side, height - margin - row * (tall + GAP_PIXELS) - tall, margin - 8)
    sheet[:, :margin] = np.minimum(sheet[:, :margin], cv2.rotate(upright, cv2.ROTATE_90_COUNTERCLOCKWISE))
    for row, line in enumerate(pictures):
        for column, picture in enumerate(line):
            y, x = margin + row * (tall + GAP_PIXELS), margin + column * (wide + GAP_PIXELS)
            sheet[y : y + tall, x : x + wide] = picture
    return sheet


def _fitted(planes: Planes) -> Picture:
    height, width = planes.shape[1:]
    size = (CELL_PIXELS, round(CELL_PIXELS * height / width))
    small = cv2.resize(np.ascontiguousarray(planes.transpose(1, 2, 0), np.float32), size, interpolation=cv2.INTER_AREA)
    fitted: Picture = np.rint(255 * np.clip(small, 0, 1)).astype(np.uint8)
    return fitted


def _write(sheet: Picture, text: str, x: int, y: int) -> None:
    cv2.putText(sheet, text, (x, y), cv2.FONT_HERSHEY_SIMPLEX, 0.5, INK, 1, cv2.LINE_AA)


PICTURES: dict[str, Callable[[Renderer], Picture]] = {
    "deflicker-whole": whole,
    "deflicker-patches": patches,
    "deflicker-views": views,
    "repair": mended,
}


def main(folder: Path, names: Sequence[str]) -> None:
    """Write the pictures as JPEG files."""
    renderer = Renderer(ModelStore.default())
    for name in names:
        picture = cv2.cvtColor(PICTURES[name](renderer), cv2.COLOR_RGB2BGR)
        cv2.imwrite(str(folder / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER, sys.argv[2:] or list(PICTURES))
