"""Clips with and without line scratches, before moving and standing cameras, with masts, door frames, posts and fences.

A scene is a pure function of the material, the seed and its number.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.damage.grain import Grain
from reelmend_models.damage.scatter import Event
from reelmend_models.damage.scratch import Line, Scratch, ScratchPlan
from reelmend_models.damage.seeds import Draws
from reelmend_models.damage.stage import ClipInfo
from reelmend_models.scenery import TRAINING_STRUCTURES, held
from reelmend_models.training.deflicker.measure import is_permissive
from reelmend_models.training.footage.catalogue import Split, split_seeds
from reelmend_models.training.footage.footage import Footage
from reelmend_models.training.repair.lines_structures import Structure, drawn_structure, structures_of
from reelmend_models.training.repair.stills import Origin, stills_of

Plane = npt.NDArray[np.float32]
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
FRAMES = 13
MOST_ROWS = 540
STRETCHES_A_CLIP = 12
FAINTEST, PLAINEST = 0.012, 0.95
MOST_EVEN = 0.15
"""Opacity up to which scratches may be even and still: more of that is what a wire looks like."""


@dataclass(frozen=True)
class Material:
    """What scenes are made from: still pictures (H, W), stretches of footage (13, H, W), 8 bits, and whose they are."""

    split: Split
    stills: Sequence[npt.NDArray[np.uint8]]
    stretches: Sequence[npt.NDArray[np.uint8]]
    origins: Sequence[Origin]


@dataclass(frozen=True)
class Scene:
    """luma: (13, H, W). scratches: (N, 13, H) columns of each scratch in each frame; opacities: of its middle."""

    luma: Plane
    scratches: npt.NDArray[np.float64]
    opacities: npt.NDArray[np.float64]


def material_of(footage: Footage, split: Split) -> Material:
    """Return the material of a split, under licences that ask for no more than a mention."""
    stills, origins = stills_of(footage, split, split_seeds(split)[0])
    grey = [np.asarray(cv2.cvtColor(still, cv2.COLOR_RGB2GRAY), np.uint8) for still in stills]
    return Material(split, grey, list(_stretches(footage, split)), origins)


def scene_of(material: Material, number: int, scratched: float = 0.7) -> Scene:
    """Return the material's scene of that number. scratched: share of scenes that have scratches."""
    rng = np.random.default_rng((split_seeds(material.split)[0], 11, number))
    kind = rng.random()
    if kind < 0.25 and material.stretches:
        luma = _stretch(rng, material.stretches[int(rng.integers(len(material.stretches)))])
    elif kind < 0.45:
        luma = _before_structures(rng, material.stills)
    else:
        luma = _moving(rng, material.stills)
    if rng.random() < 0.35:
        luma = _passed(rng, luma, material.stills)
    luma = _looked(rng, luma)
    columns = np.zeros((0, *luma.shape[:2]))
    opacities = columns
    if rng.random() < scratched:
        luma, columns, opacities = with_scratches(rng, luma)
    luma, columns = _unsteady(rng, luma, columns)
    return Scene(_stored(rng, luma), columns, opacities)


def _moving(rng: np.random.Generator, stills: Sequence[npt.NDArray[np.uint8]]) -> Plane:
    """Return a still picture that a camera moves over, with things that stand upright before it."""
    rows = columns = int(rng.choice([360, 480, MOST_ROWS]))
    still = stills[int(rng.integers(len(stills)))]
    if rng.random() < 0.3:
        still = np.ascontiguousarray(np.rot90(still))
    pace = float(rng.choice([0.0, 0.3, 1.5, 6.0, 15.0], p=[0.35, 0.15, 0.2, 0.2, 0.1]))
    step = pace * rng.normal(size=2) * (1.0, 0.5)
    shake = rng.choice([0.0, 0.3, 1.5], p=[0.5, 0.3, 0.2]) * _shaken(rng)
    way = np.arange(FRAMES)[:, None] * step[None, :] + shake
    scale = max(rows / still.shape[0], columns / still.shape[1]) * float(np.exp(rng.uniform(0.05, 1.0)))
    room = [length * scale - side for length, side in zip(still.shape[::-1], (columns, rows), strict=True)]
    place = np.array([rng.uniform(0, max(0.0, each)) for each in room])
    structures = structures_of(rng, rows, columns) if rng.random() < 0.65 else []
    size = (rows, columns)
    return np.stack([_drawn(still, structures, scale, place + moved, moved, size) for moved in way])


def _before_structures(rng: np.random.Generator, stills: Sequence[npt.NDArray[np.uint8]]) -> Plane:
    """Return a still behind upright structures, as a camera that stands or pans sees both."""
    rows, columns = int(rng.choice([480, MOST_ROWS])), 540
    still = cv2.resize(stills[int(rng.integers(len(stills)))], (columns, rows), interpolation=cv2.INTER_AREA)
    first = np.repeat(still[..., None].astype(np.float32) / np.float32(255), 3, 2)
    clip = ClipInfo(FRAMES, rows, columns)
    name = rng.choice(["standing", "panning", "hand-held"], p=[0.6, 0.2, 0.2])
    plan = TRAINING_STRUCTURES[str(name)].plan(clip, int(rng.integers(1 << 31)))
    frames = held(itertools.repeat(first, FRAMES), plan.turned_px)
    return np.stack([np.ascontiguousarray(plan.apply(frame, n)[0][..., 0]) for n, frame in enumerate(frames)])


def _drawn(
    still: npt.NDArray[np.uint8],
    structures: Sequence[Structure],
    scale: float,
    place: npt.NDArray[np.float64],
    moved: npt.NDArray[np.float64],
    size: tuple[int, int],
) -> Plane:
    matrix = np.array([[1 / scale, 0.0, place[0] / scale], [0.0, 1 / scale, place[1] / scale]])
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    frame = cv2.warpAffine(still, matrix, size[::-1], flags=flags, borderMode=cv2.BORDER_REFLECT)
    light: Plane = frame.astype(np.float32) / np.float32(255)
    for structure in structures:
        light = drawn_structure(light, structure, -moved)
    return light


def _passed(rng: np.random.Generator, luma: Plane, stills: Sequence[npt.NDArray[np.uint8]]) -> Plane:
    """Return the clip with somebody who walks by in front of all that stands there."""
    rows, columns = luma.shape[1:]
    still = stills[int(rng.integers(len(stills)))]
    light, span = rng.uniform(0.05, 0.7), rng.uniform(0.05, 0.5)
    own = cv2.resize(still, (columns, rows)).astype(np.float32) / np.float32(255) * np.float32(span) + np.float32(light)
    x, y = rng.uniform(-0.2, 1.2) * columns, rng.uniform(0.3, 0.9) * rows
    tall, wide = rng.uniform(0.15, 0.6) * rows, rng.uniform(0.04, 0.25) * columns
    step = float(rng.uniform(0.005, 0.05) * columns * rng.choice([-1, 1]))
    down, across = np.mgrid[:rows, :columns].astype(np.float32)
    planes = []
    for number, plane in enumerate(luma):
        inside = 1 - np.hypot((across - x - step * number) / wide, (down - y) / tall)
        cover = np.clip(inside * wide / 2, 0, 1).astype(np.float32)
        planes.append(plane + cover * (np.roll(own, round(step * number), 1) - plane))
    return np.stack(planes)


def _shaken(rng: np.random.Generator) -> npt.NDArray[np.float64]:
    """Return (13, 2) the unsteadiness of a hand, of deviation about 1."""
    steps: npt.NDArray[np.float64] = rng.normal(size=(FRAMES + 8, 2))
    means = [3.0 * steps[n : n + 9].mean(axis=0) for n in range(FRAMES)]
    return np.asarray(np.stack(means), np.float64)


def _looked(rng: np.random.Generator, luma: Plane) -> Plane:
    """Return the clip as film of another contrast, softness and grain shows it."""
    low, high = rng.uniform(0, 0.12), rng.uniform(0.75, 1.0)
    luma = np.float32(low) + np.float32(high - low) * luma ** np.float32(np.exp(rng.normal(0, 0.25)))
    if rng.random() < 0.5:
        softness = float(rng.uniform(0.3, 1.3))
        luma = np.stack([cv2.GaussianBlur(plane, (0, 0), softness) for plane in luma])
    if rng.random() < 0.75:
        grain = Grain(std=(0.004, 0.04), size_px=(0.4, 1.2))
        plan = grain.plan(ClipInfo(*luma.shape), int(rng.integers(1 << 31)))
        luma = np.stack([plan.apply(np.repeat(plane[..., None], 3, 2), n)[0][..., 0] for n, plane in enumerate(luma)])
    return np.asarray(luma, np.float32)


def with_scratches(
    rng: np.random.Generator, luma: Plane
) -> tuple[Plane, npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return the clip with one to four scratches, faint to plain, fading or even, wandering or straight."""
    clip = ClipInfo(*luma.shape)
    stage = Scratch(width_px=(1.0, 3.2), slope_px=(-9.0, 9.0))
    draws = Draws("scratch", int(rng.integers(1 << 31)))
    lines = []
    for number in range(int(rng.integers(1, 5))):
        plain = rng.random() < 0.5
        low, high = (MOST_EVEN, PLAINEST) if plain else (FAINTEST, MOST_EVEN)
        opacity = float(np.exp(rng.uniform(np.log(low), np.log(high))))
        even = rng.random() < 0.4 and not plain
        own = Scratch(
            width_px=stage.width_px,
            slope_px=stage.slope_px,
            opacity=opacity,
            wander_px=(0.0, 0.5) if even else (0.3, 6.0),
            fade=(0.0, 0.2) if even else (0.1, 1.0),
            bright_share=0.5,
        )
        lines.append(_anywhere(own, draws, number, clip))
    plan = ScratchPlan(stage, clip, draws, tuple(lines), stage.plan(clip, draws.seed).passing)
    parts = [_part(rng, clip.height) for _ in lines]
    found = luma.copy()
    for index in range(len(luma)):
        for line in lines:
            patch, left = plan.patch(line, index)
            _stamp(found[index], patch * parts[line.event.number][:, None], left, line.colour[0])
    strands = [
        (line, number, offset, share)
        for line in lines
        for number, (offset, share) in enumerate(((0.0, 1.0), *line.companions))
    ]
    columns = [[plan.centres(line, index) + offset for index in range(len(luma))] for line, _, offset, _ in strands]
    opacities = [
        [
            share * line.opacity * parts[line.event.number] * plan.strength(line, index, number)
            for index in range(len(luma))
        ]
        for line, number, _, share in strands
    ]
    return found, np.asarray(columns), np.asarray(opacities)


def _part(rng: np.random.Generator, rows: int) -> Plane:
    """Return (rows,) 1 where a scratch is, 0 elsewhere: most run through the whole picture."""
    row = np.arange(rows)
    if rng.random() < 0.8:
        return np.ones(rows, np.float32)
    end = rng.uniform(0.35, 0.8) * rows
    return np.asarray(row < end if rng.random() < 0.5 else row >= rows - end, np.float32)


def _anywhere(stage: Scratch, draws: Draws, number: int, clip: ClipInfo) -> Line:
    return stage.line(draws, 0, Event(number, 0, 1 << 62), clip)


def _stamp(plane: Plane, patch: Plane, left: int, light: float) -> None:
    first, end = max(left, 0), min(left + patch.shape[1], plane.shape[1])
    if first < end:
        alpha = patch[:, first - left : end - left]
        plane[:, first:end] += alpha * (np.float32(light) - plane[:, first:end])


def _unsteady(
    rng: np.random.Generator, luma: Plane, columns: npt.NDArray[np.float64]
) -> tuple[Plane, npt.NDArray[np.float64]]:
    """Return the clip as an unsteady transport and an uneven lamp show it, scratches moving along."""
    if rng.random() < 0.3:
        weave = rng.uniform(0.1, 0.7) * rng.normal(size=(len(luma), 2))
        planes = []
        for plane, (right, down) in zip(luma, weave, strict=True):
            shift = np.array([[1.0, 0.0, right], [0.0, 1.0, down]])
            size = plane.shape[::-1]
            planes.append(cv2.warpAffine(plane, shift, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE))
        luma, columns = np.stack(planes), columns + weave[None, :, :1]
    if rng.random() < 0.4:
        luma = luma * np.float32(np.exp(rng.normal(0, rng.uniform(0, 0.05), (len(luma), 1, 1))))
    return np.asarray(luma, np.float32), columns


def _stored(rng: np.random.Generator, luma: Plane) -> Plane:
    """Return the clip as a scan stores it: in 8 bits, now and then with losses, or as it is."""
    kind = rng.random()
    if kind < 0.2:
        quality = int(rng.integers(70, 96))
        planes = np.asarray(np.clip(np.rint(luma * 255), 0, 255), np.uint8)
        coded = (cv2.imencode(".jpg", plane, [cv2.IMWRITE_JPEG_QUALITY, quality])[1] for plane in planes)
        grey = np.stack([np.asarray(cv2.imdecode(data, cv2.IMREAD_GRAYSCALE)) for data in coded])
        return grey.astype(np.float32) / np.float32(255)
    if kind < 0.8:
        return np.asarray(np.clip(np.rint(luma * 255), 0, 255) / 255, np.float32)
    return luma


def _stretch(rng: np.random.Generator, stretch: npt.NDArray[np.uint8]) -> Plane:
    """Return a stretch of footage, mirrored and played backwards by chance."""
    part = stretch[:: -1 if rng.random() < 0.5 else 1, :, :: -1 if rng.random() < 0.5 else 1]
    return part.astype(np.float32) / np.float32(255)


def _stretches(footage: Footage, split: Split) -> Iterator[npt.NDArray[np.uint8]]:
    for clip in footage.clips(split, "camera"):
        if not is_permissive(clip.licence) or clip.height < 240:
            continue
        each = max(FRAMES, clip.frames // STRETCHES_A_CLIP)
        last: list[npt.NDArray[np.uint8]] = []
        for index, frame in enumerate(itertools.islice(footage.frames(clip), clip.frames)):
            if index in clip.cuts or index % each == 0:
                last = []
            if index % each < FRAMES:
                last.append(_small(frame @ LUMA))
            if len(last) == FRAMES:
                yield np.stack(last)
                last = []


def _small(luma: Plane) -> npt.NDArray[np.uint8]:
    if luma.shape[0] > MOST_ROWS:
        scale = 540 / luma.shape[0]
        luma = cv2.resize(luma, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(np.rint(luma * 255), 0, 255), np.uint8)
