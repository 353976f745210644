"""Measure the light of clean clips as the deflicker does: between neighbouring frames, along their motion, added up."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from typing import Any

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from reelmend_models.definitions.deflicker.compare import Compare
from reelmend_models.definitions.deflicker.describe import Describe
from reelmend_models.training.deflicker.measured_light import ShotLight, ShotOrigin
from reelmend_models.training.footage import ClipEntry, Footage, FootageError, MadeClip, Recipe, Split, split_seeds

PERMISSIVE = ("MIT", "BSD-2-Clause", "BSD-3-Clause", "Apache-2.0", "CC-BY-4.0", "CC0-1.0")
"""Licences of clips and photographs that may go into shipped weights: they ask for no more than a mention."""

PROXY_WIDTH, PROXY_HEIGHT = 320, 180
SHORTEST_SHOT_FRAMES = 24
CELL_STEP = 7
MADE_FRAMES = 96
MADE_PER_PHOTO = 2
SPLITS: tuple[Split, ...] = ("training", "validation")

Picture = NDArray[np.float32]


def is_permissive(licence: str) -> bool:
    """Return whether every part of a licence expression ("MIT AND CC0-1.0") is one of PERMISSIVE."""
    return all(part in PERMISSIVE for part in licence.split(" AND "))


def measured_footage(footage: Footage, say: Callable[[str], None] = lambda _: None) -> list[ShotLight]:
    """Return the light of every shot of the training and validation splits under a permissive licence.

    Camera clips as they are, and new made clips of 96 frames from permissive photographs alone. Takes a few minutes.
    """
    shots = []
    for origin, frames in _shots(footage):
        say(f"{origin.split}: {origin.clip} from frame {origin.first_frame}, {origin.frames} frames, {origin.licence}")
        shots.append(measured_shot(origin, frames))
    return shots


def measured_shot(origin: ShotOrigin, frames: Iterable[Picture]) -> ShotLight:
    """Return the light of one shot, (H, W, 3) frames in 0…1."""
    described = [_described(frame) for frame in frames]
    flow, compare = cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_FAST), Compare()
    curves, fields = [np.zeros(16, np.float32)], [np.zeros((9, 16), np.float32)]
    for (luma, texture, _), (next_luma, next_texture, _) in pairwise(described):
        first, second = (np.asarray(part, np.uint8) for part in (texture, next_texture))
        ways: list[Any] = [flow.calc(first, second, None), flow.calc(second, first, None)]
        flows = np.stack([way.transpose(2, 0, 1) for way in ways])
        planes = torch.stack([luma, next_luma]), torch.stack([texture, next_texture])
        with torch.no_grad():
            curve, field, *_ = compare(*planes, torch.from_numpy(flows), torch.ones(1, 1))
        curves.append(curve.numpy())
        fields.append(field.numpy())
    shares = torch.stack([tones for *_, tones in described]).mean(dim=0).numpy()
    return _added_up(origin, np.stack(curves), np.stack(fields), shares)


def _added_up(origin: ShotOrigin, curves: Picture, fields: Picture, shares: Picture) -> ShotLight:
    paths = np.cumsum(curves, axis=0)
    level = paths @ shares
    tones = (paths - level[:, None]) * np.sqrt(shares * len(shares))
    cells = np.cumsum(fields.reshape(len(fields), -1)[:, ::CELL_STEP], axis=0)
    return ShotLight(origin, level.astype(np.float32), tones.astype(np.float32), cells.astype(np.float32))


def _described(frame: Picture) -> tuple[Tensor, Tensor, Tensor]:
    height, width = frame.shape[:2]
    size = (min(width, PROXY_WIDTH), min(height, PROXY_HEIGHT))
    proxy = cv2.resize(frame, size, interpolation=cv2.INTER_AREA).transpose(2, 0, 1)
    with torch.no_grad():
        luma, texture, tones, _ = Describe()(torch.from_numpy(np.ascontiguousarray(proxy)))
    return luma, texture, tones


def _shots(footage: Footage) -> Iterator[tuple[ShotOrigin, Iterator[Picture]]]:
    for split in SPLITS:
        for clip in footage.clips(split, "camera"):
            if is_permissive(clip.licence):
                yield from _camera_shots(footage, clip)
        yield from _made_shots(footage, split)


def _camera_shots(footage: Footage, clip: ClipEntry) -> Iterator[tuple[ShotOrigin, Iterator[Picture]]]:
    for first, last in pairwise([0, *clip.cuts, clip.frames]):
        if last - first >= SHORTEST_SHOT_FRAMES:
            origin = ShotOrigin(
                clip.id, clip.split, first, last - first, clip.licence, clip.attribution, clip.sha256 or ""
            )
            yield origin, footage.frames(clip, first, last)


def _made_shots(footage: Footage, split: Split) -> Iterator[tuple[ShotOrigin, Iterator[Picture]]]:
    photos = [photo for photo in footage.manifest.photos if photo.split == split and is_permissive(photo.licence)]
    if not photos:
        raise FootageError(f"{footage.folder} has no {split} photograph under a permissive licence; build it whole")
    names = [photo.id for photo in photos]
    for index, photo in enumerate(photos):
        others = tuple(name for name in names if name != photo.id)
        for number in range(MADE_PER_PHOTO):
            seed = split_seeds(split)[1000 * (index + 1) + number]
            recipe = Recipe(photo.id, others, seed, 2 * PROXY_WIDTH, 2 * PROXY_HEIGHT, MADE_FRAMES)
            origin = ShotOrigin(
                f"light-{photo.id}-{number + 1}",
                split,
                0,
                MADE_FRAMES,
                " AND ".join(sorted({each.licence for each in photos})),
                "; ".join(dict.fromkeys(each.attribution for each in photos)),
                " ".join(each.sha256 for each in photos),
                f"{recipe.background} + {', '.join(others)}, seed {seed}",
            )
            made = MadeClip(recipe, footage.photos())
            yield origin, (made.frame(frame) for frame in range(MADE_FRAMES))
