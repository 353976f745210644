"""Clips and scenes of the bench: 8-bit frames of one size, damaged and rounded to 8 bits again."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

import cv2
import numpy as np
from numpy.typing import NDArray

from reelmend.media import open_reader
from reelmend.quality.bench.material import FILM, PLANTED, BenchError, ClipEntry, FloatFrame, Material
from reelmend.quality.bench.plan import Size
from reelmend.quality.peers import Pixels
from reelmend.quality.scene import Scene
from reelmend.quality.timeline import find_timeline


def load_clip(material: Material, clip: ClipEntry, size: Size) -> Pixels:
    """Return the first frames of a clip as (N, H, W, 3) uint8, area-averaged down to the height, never enlarged.

    Width and height are even. Raises ReelmendError when the clip can't be read.
    """
    width, height = target_size(clip.width, clip.height, size.height)
    source = _read(clip) if clip.file is not None else material.render(clip.name, width, height)
    frames = [_as_bytes(_resized(frame, width, height)) for frame in islice(source, size.frames)]
    if not frames:
        raise BenchError(f"clip '{clip.name}' has no frames; build the footage again")
    return np.stack(frames)


def target_size(width: int, height: int, wanted_height: int) -> tuple[int, int]:
    """Return even width and height of the same shape, at most `wanted_height` rows."""
    factor = min(1.0, wanted_height / height)
    return max(2, 2 * round(width * factor / 2)), max(2, 2 * int(height * factor / 2))


def make_scene(material: Material, clip: ClipEntry, preset: str, size: Size, loaded: Pixels | None = None) -> Scene:
    """Return the damaged clip, its truth and the true mattes, all in 8 bits, with what all methods share worked out.

    What the damage pushes beyond 0…1 is clipped, as a scan would. A matte is rounded up: exactly 0 is untouched.
    Real film has no truth; where damage is planted on it, it is its own, without its duplicated frames, which would
    show what is under each other's defects. loaded: what `load_clip` gives, where it is there already.
    """
    pixels = load_clip(material, clip, size) if loaded is None else loaded
    if material.kind(preset) == FILM:
        return Scene(pixels)
    if material.kind(preset) == PLANTED:
        pixels = pixels[[frame for shot in find_timeline(pixels).shots() for frame in shot]]
    seed, count = material.seed(clip.name, preset), len(pixels)
    truth = np.stack([_as_bytes(frame) for frame in material.plate(_as_floats(pixels), preset, seed, count)])
    source = np.empty_like(truth)
    mattes: dict[str, NDArray[np.uint8]] = {}
    for index, (frame, planes) in enumerate(material.damage(_as_floats(truth), preset, seed, count)):
        source[index] = _as_bytes(frame)
        for name, plane in planes.items():
            matte = mattes.setdefault(name, np.zeros(truth.shape[:3], np.uint8))
            matte[index] = np.ceil(np.clip(plane, 0.0, 1.0) * np.float32(255.0)).astype(np.uint8)
    return Scene(source, truth, matte_per_class=mattes or None)


def shortened(scene: Scene, longest_frames: int | None) -> Scene:
    """Return the scene's middle frames when it is longer than that, else the scene itself."""
    length = len(scene.source)
    if longest_frames is None or length <= longest_frames:
        return scene
    start = (length - longest_frames) // 2
    part = slice(start, start + longest_frames)
    mattes = {name: matte[part] for name, matte in (scene.matte_per_class or {}).items()}
    truth = None if scene.truth is None else scene.truth[part]
    return Scene(scene.source[part], truth, matte_per_class=mattes or None)


def _read(clip: ClipEntry) -> Iterator[FloatFrame]:
    assert clip.file is not None
    with open_reader(clip.file) as reader:
        for number in range(reader.first_frame, reader.last_frame + 1):
            yield np.ascontiguousarray(reader.read(number).transpose(1, 2, 0))


def _resized(frame: FloatFrame, width: int, height: int) -> FloatFrame:
    if frame.shape[:2] == (height, width):
        return frame
    return np.asarray(cv2.resize(frame, (width, height), interpolation=cv2.INTER_AREA), np.float32)


def _as_floats(pixels: Pixels) -> Iterator[FloatFrame]:
    return (frame.astype(np.float32) / np.float32(255.0) for frame in pixels)


def _as_bytes(frame: FloatFrame) -> NDArray[np.uint8]:
    return np.asarray(np.clip(np.rint(frame * np.float32(255.0)), 0, 255), np.uint8)
