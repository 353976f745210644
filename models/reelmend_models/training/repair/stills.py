"""Pictures that scenes are put together from: frames of footage, photographs, and drawn heaps of leaves.

Heaps of leaves ("dead leaves": A. Lee, D. Mumford, J. Huang, "Occlusion models for natural images", IJCV 2001) have the
edges, sizes and occlusions of photographs, and belong to nobody.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.damage.noise import fractal_field
from reelmend_models.training.deflicker.measure import is_permissive
from reelmend_models.training.footage.catalogue import Split
from reelmend_models.training.footage.footage import Footage
from reelmend_models.training.footage.made.pictures import read_photo

Still = npt.NDArray[np.uint8]
"""(H, W, 3) RGB, 8 bits."""

HEAP_SIDE = 640
HEAPS = 40
HEAP_SHAPES = (60, 420)
PHOTO_SIDES = (720, 1400)
FRAMES_A_CLIP = 10
LETTERS = "ABCDEFGHKLMNPRSTUVXYZabcdeghknrstz0123456789&?!.,"


@dataclass(frozen=True)
class Origin:
    """Where stills come from, for the manifest of the data."""

    name: str
    licence: str
    attribution: str
    sha256: str


def stills_of(footage: Footage, split: Split, seed: int) -> tuple[list[Still], list[Origin]]:
    """Return the pictures of a split that ask for no more than a mention, drawn heaps included, and their origins."""
    stills, origins = [], []
    for picture, origin in (*_photos(footage, split), *_frames(footage, split)):
        stills.append(picture)
        if origin not in origins:
            origins.append(origin)
    heaps = [heap_of_leaves(np.random.default_rng((seed, number))) for number in range(HEAPS)]
    return [*stills, *heaps], [*origins, Origin("heaps of leaves", "Apache-2.0", "drawn by this project", "")]


def heap_of_leaves(rng: np.random.Generator, side: int = HEAP_SIDE) -> Still:
    """Return shapes of all sizes over each other, each with a colour, a texture and a light of its own."""
    grain = [fractal_field(rng, side, side, cell_px=float(cell), octaves=4) for cell in (6, 24, 90)]
    light = rng.uniform(0.1, 0.8) + 0.12 * grain[2]
    picture = np.repeat(np.asarray(light, np.float32)[:, :, None], 3, 2)
    largest = rng.uniform(0.1, 0.4) * side
    colourful = rng.uniform(0.0, 0.25)
    for _ in range(int(rng.integers(*HEAP_SHAPES))):
        shape, (top, left) = _shape(rng, side, largest * rng.random() ** 3 + 2.0)
        if shape.size == 0:
            continue
        rows, columns = slice(top, top + shape.shape[0]), slice(left, left + shape.shape[1])
        shift = rng.integers(side // 2, size=2)
        part = grain[int(rng.integers(3))][shift[0] :, shift[1] :][: shape.shape[0], : shape.shape[1]]
        texture = cv2.copyMakeBorder(
            part, 0, shape.shape[0] - part.shape[0], 0, shape.shape[1] - part.shape[1], cv2.BORDER_REFLECT
        )
        colour = rng.uniform(0.02, 0.98) + rng.normal(0.0, colourful, 3)
        leaf = (colour + rng.uniform(0.0, 0.12) * texture[:, :, None]).astype(np.float32)
        picture[rows, columns] += (leaf - picture[rows, columns]) * shape
    if rng.random() < 0.4:
        picture = cv2.GaussianBlur(picture, (0, 0), rng.uniform(0.5, 2.5))
    return np.asarray(np.clip(np.rint(picture * 255), 0, 255), np.uint8)


def _shape(rng: np.random.Generator, side: int, radius: float) -> tuple[npt.NDArray[np.float32], tuple[int, int]]:
    """Return (h, w, 1) opacities of one shape, a leaf, a bent polygon, a bar or letters, and its top left corner."""
    canvas = np.zeros((side, side), np.uint8)
    x, y = (int(place) for place in rng.integers(0, side, 2))
    match int(rng.integers(8)):
        case 0 | 1 | 2:
            axes = (max(1, int(radius)), max(1, int(radius * rng.uniform(0.2, 1.0))))
            cv2.ellipse(canvas, (x, y), axes, float(rng.uniform(0, 180)), 0, 360, (255.0,), -1, cv2.LINE_AA)
        case 3 | 4 | 5:
            angles = np.sort(rng.uniform(0, 2 * np.pi, int(rng.integers(3, 9))))
            reach = radius * rng.uniform(0.4, 1.3, len(angles))
            points = np.stack([x + reach * np.cos(angles), y + reach * np.sin(angles)], 1)
            cv2.fillPoly(canvas, [np.rint(points).astype(np.int32)], (255.0,), cv2.LINE_AA)
        case 6:
            far = (int(x + rng.normal(0, 4 * radius)), int(y + rng.normal(0, 4 * radius)))
            cv2.line(canvas, (x, y), far, (255.0,), max(1, int(radius * 0.15)), cv2.LINE_AA)
        case _:
            text = "".join(rng.choice(list(LETTERS), int(rng.integers(1, 9))))
            font = int(rng.integers(0, 8))
            size = float(np.clip(radius / 20.0, 0.3, 4.0))
            cv2.putText(canvas, text, (x, y), font, size, (255.0,), max(1, round(size * 1.5)), cv2.LINE_AA)
    left, top, width, height = cv2.boundingRect(canvas)
    part = canvas[top : top + height, left : left + width, None]
    return part.astype(np.float32) / np.float32(255), (top, left)


def _photos(footage: Footage, split: Split) -> Iterator[tuple[Still, Origin]]:
    for photo in footage.manifest.photos:
        if photo.split == split and is_permissive(photo.licence):
            picture = read_photo(footage.folder / photo.file)
            for side in PHOTO_SIDES:
                scale = side / min(picture.shape[:2])
                small = cv2.resize(picture, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
                yield np.asarray(small, np.uint8), Origin(photo.id, photo.licence, photo.attribution, photo.sha256)


def _frames(footage: Footage, split: Split) -> Iterator[tuple[Still, Origin]]:
    for clip in footage.clips(split, "camera"):
        if is_permissive(clip.licence) and min(clip.width, clip.height) >= 240:
            each = max(1, clip.frames // FRAMES_A_CLIP)
            for frame in itertools.islice(footage.frames(clip), 0, None, each):
                while min(frame.shape[:2]) > 800:
                    frame = cv2.resize(frame, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
                still = np.asarray(np.clip(np.rint(frame * 255), 0, 255), np.uint8)
                yield still, Origin(clip.id, clip.licence, clip.attribution, clip.sha256 or "")
