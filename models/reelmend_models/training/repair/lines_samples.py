"""What the judge of lines learns from: the features of each line that a scene's windows may hold, and the truth."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt
import torch
from torch import Tensor

from reelmend.motion import composed, flow_between, texture_of
from reelmend_models.definitions.repair.lines import MOST_LINES, RIBS, STRIPS, Lines
from reelmend_models.definitions.repair.lines_features import TRAVEL_COLUMNS, TRAVEL_ROWS
from reelmend_models.definitions.repair.lines_follow import Followed
from reelmend_models.definitions.repair.lines_judge import looked_at
from reelmend_models.training.repair.lines_scenes import FRAMES, Material, Scene, scene_of

MIDDLE = FRAMES // 2
LAST = FRAMES - 1
WINDOWS = ((0, LAST), (0, LAST), (MIDDLE, LAST), (0, MIDDLE), (MIDDLE - 2, MIDDLE + 2), (MIDDLE, MIDDLE))
"""First and last frame of windows around the middle one: whole, at a clip's start and end, short, a single frame."""
WINDOWS_A_SCENE = 2
ON_A_LINE, OFF_A_LINE = 1.6, 3.5
"""Columns from a true scratch, root mean square, up to which a line is that scratch, and from which it is none."""
CLIP_COLUMNS = 4.0

Plane = npt.NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """Lines of some windows. features: (N, FEATURES). truth: (N,) 1 scratch, 0 none."""

    features: Tensor
    truth: Tensor
    windows: int


def ribs_of(luma: Plane) -> Plane:
    """Return (160, C) a frame's luma as the graph `lines` takes it: area means, at most 720 lines' worth of columns."""
    height, width = luma.shape
    columns = max(1, round(width * min(1.0, MOST_LINES / height)))
    return np.asarray(cv2.resize(luma, (columns, RIBS), interpolation=cv2.INTER_AREA), np.float32)


def coarse_flow(flow: Plane) -> Plane:
    """Return (2, 20, 36) the flow's mean in each of 20×36 cells, in cells."""
    scale = np.array([TRAVEL_COLUMNS / flow.shape[2], TRAVEL_ROWS / flow.shape[1]], np.float32)
    cells = [cv2.resize(plane, (TRAVEL_COLUMNS, TRAVEL_ROWS), interpolation=cv2.INTER_AREA) for plane in flow]
    return np.asarray(np.stack(cells) * scale[:, None, None], np.float32)


def travel_of(forward: Sequence[Plane], backward: Sequence[Plane], columns: int, height_to_width: float) -> Plane:
    """Return (T, 2, 20, 36) how the scene has travelled, in columns of the ribs, from the middle frame.

    forward: coarse flows from the middle frame to the next and on, backward: to the one before and on back.
    """
    ways = [np.zeros((2, TRAVEL_ROWS, TRAVEL_COLUMNS), np.float32)]
    for flows in (forward, backward):
        way = ways[0] if flows is forward else ways[len(forward)] * 0
        for number, flow in enumerate(flows):
            way = flow if number == 0 else composed(way, flow)
            ways.append(way)
    ordered = [*ways[len(forward) + 1 :][::-1], *ways[: len(forward) + 1]]
    scale = np.array([columns / TRAVEL_COLUMNS, columns * height_to_width / TRAVEL_ROWS], np.float32)
    return np.asarray(np.stack(ordered) * scale[None, :, None, None], np.float32)


class SceneLook:
    """Evidence and motion of all frames of a clip, for any of its windows."""

    def __init__(self, luma: Plane) -> None:
        self.height, self.width = luma.shape[1:]
        lines = Lines().eval()
        with torch.no_grad():
            found = [lines(torch.from_numpy(ribs_of(plane))) for plane in luma]
        self.evidence, self.strips, self.sums = (torch.stack(parts) for parts in zip(*found, strict=True))
        textures = [texture_of(np.ascontiguousarray(plane)) for plane in luma]
        pairs = list(itertools.pairwise(textures))
        self.forward = [coarse_flow(flow_between(first, second)) for first, second in pairs]
        self.backward = [coarse_flow(flow_between(second, first)) for first, second in pairs]

    def inputs(self, middle: int, first: int, last: int) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Return what the judge takes of a window."""
        part = slice(first, last + 1)
        columns = self.evidence.shape[3]
        travel = travel_of(
            self.forward[middle:last], self.backward[first:middle][::-1], columns, self.height / self.width
        )
        offsets = torch.arange(first - middle, last - middle + 1, dtype=torch.float32)
        return self.evidence[part], self.strips[part], self.sums[part], offsets, torch.from_numpy(travel)


def judged_windows(scene: Scene, rng: np.random.Generator, windows: int = WINDOWS_A_SCENE) -> Judged:
    """Return the lines of some of a scene's windows; those that only touch a true scratch are left out."""
    look = SceneLook(scene.luma)
    features, truth = [], []
    for number in rng.choice(len(WINDOWS), windows, replace=False):
        with torch.no_grad():
            followed, found = looked_at(*look.inputs(MIDDLE, *WINDOWS[number]))
        label = labels(followed, scene, look.evidence.shape[3])
        counts = (label >= 0) & (followed.there > 0)
        features.append(found[counts])
        truth.append(label[counts])
    return Judged(torch.cat(features), torch.cat(truth), windows)


def labels(followed: Followed, scene: Scene, columns: int) -> Tensor:
    """Return (K,) 1 on a true scratch, 0 on none, −1 on what may not be asked."""
    scale = columns / scene.luma.shape[2]
    rows = (np.arange(STRIPS) + 0.5) * scene.luma.shape[1] / STRIPS - 0.5
    label = torch.zeros(len(followed.columns))
    for path, opacity in zip(scene.scratches[:, MIDDLE], scene.opacities.mean(axis=1), strict=True):
        every = np.arange(len(path))
        true = torch.from_numpy((np.interp(rows, every, path) + 0.5) * scale - 0.5)
        weight = torch.from_numpy(np.interp(rows, every, opacity)) + 1e-6
        missed = (followed.columns - true[None, :]).abs().clamp(max=CLIP_COLUMNS).square()
        distance = ((missed * weight).sum(dim=1) / weight.sum()).sqrt()
        touches = (distance < OFF_A_LINE) & (label < 1)
        label = torch.where(distance < ON_A_LINE, 1.0, torch.where(touches, -1.0, label))
    return label


def judged_scene(material: Material, number: int) -> Judged:
    """Return what is learned from the material's scene of that number."""
    return judged_windows(scene_of(material, number), np.random.default_rng((number, 5)))
