"""Clips made from photographs, frame by frame, each a pure function of the recipe and the frame's number."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt

from reelmend_models.training.footage.errors import FootageError
from reelmend_models.training.footage.made.motion import Pose
from reelmend_models.training.footage.made.pictures import (
    Picture,
    cut_out_picture,
    from_light,
    read_photo,
    to_light,
)
from reelmend_models.training.footage.made.recipe import Recipe
from reelmend_models.training.footage.made.scene import CutOut, Scene, draw_scene

# Exposures closer together than this many pixels look like one smooth streak.
_PIXELS_PER_EXPOSURE = 1.5
_MOST_EXPOSURES = 12
# The warp is worked out on every 16th pixel; between them it is as good as linear.
_GRID_STEP = 16
_RELIEF_CELLS = (6, 4)


def made_clip(recipe: Recipe, photos: Mapping[str, Path]) -> Iterator[Picture]:
    """Give the frames of a made clip in order, (H, W, 3) float32 RGB display values in 0–1.

    photos: the files of the recipe's photographs by id. Same recipe, same bytes, in any order of asking and on any
    number of threads, with one release of OpenCV. Raises FootageError when a photograph is not there.
    """
    clip = MadeClip(recipe, photos)
    return (clip.frame(index) for index in range(recipe.frames))


class MadeClip:
    """A made clip with its photographs loaded, for frames in any order."""

    def __init__(self, recipe: Recipe, photos: Mapping[str, Path]) -> None:
        if lacking := [name for name in recipe.photos if name not in photos]:
            raise FootageError(f"photographs {', '.join(lacking)} are not built; build the footage without --quick")
        self.recipe = recipe
        background = read_photo(photos[recipe.background])
        self.scene = draw_scene(recipe, background.shape[1], background.shape[0])
        self._background = to_light(background, recipe.height / self.scene.scale)
        inserts = [read_photo(photos[name]) for name in recipe.inserts]
        self._layers = [_Layer(c, cut_out_picture(c, inserts[c.photo], recipe.height)) for c in self.scene.cut_outs]
        self._relief = _relief_map(self.scene)

    def frame(self, index: int) -> Picture:
        """Return frame `index`, (H, W, 3) float32 RGB display values in 0–1; IndexError beyond the clip."""
        if not 0 <= index < self.recipe.frames:
            raise IndexError(f"frame {index} is not in a clip of {self.recipe.frames} frames")
        exposures = self._exposures(index)
        light = self._light_at(float(index), sharp=exposures == 1)
        for number in range(1, exposures):
            light += self._light_at(index + self.scene.shutter * number / (exposures - 1), sharp=False)
        return from_light(light * np.float32(2 ** self.scene.light.at(index) / exposures))

    def _exposures(self, index: int) -> int:
        """Return how many moments the shutter's time is sampled at, by the longest way that anything moves in it."""
        ends = (float(index), index + self.scene.shutter)
        corners = np.array([(u, v) for u in (-0.5, 0.5) for v in (-0.5, 0.5)])
        corners[:, 0] *= self.recipe.width / self.recipe.height
        before, after = (_view(self.scene.camera.at(time), corners) for time in ends)
        ways = [float(np.abs(after - before).max())]
        for layer in self._layers:
            first, last = (layer.matrix(self.scene, self.recipe, time) for time in ends)
            ways.append(float(np.abs(layer.corners(last) - layer.corners(first)).max()) / self.recipe.height)
        wanted = math.ceil(max(ways) * self.recipe.height / _PIXELS_PER_EXPOSURE)
        return min(max(wanted + 1, 1), _MOST_EXPOSURES) if wanted > 1 else 1

    def _light_at(self, time: float, sharp: bool) -> Picture:
        """Return the scene's light at one moment; sharp: with the better interpolation, wasted under motion blur."""
        pose = self.scene.camera.at(time)
        map_x, map_y = self._source_maps(pose)
        how = cv2.INTER_CUBIC if sharp else cv2.INTER_LINEAR
        light = cv2.remap(self._background, map_x, map_y, how, borderMode=cv2.BORDER_REFLECT_101)
        for layer in self._layers:
            layer.draw_over(light, layer.matrix(self.scene, self.recipe, time))
        return np.asarray(light, np.float32)

    def _source_maps(self, pose: Pose) -> tuple[Picture, Picture]:
        """Return for each pixel of the frame where it lies on the background, (H, W) each, in background pixels."""
        width, height = self.recipe.width, self.recipe.height
        columns, rows = (math.ceil(size / _GRID_STEP) + 2 for size in (width, height))
        # Cell centres of a grid that covers the frame and one cell more on each side: resizing then meets every pixel.
        xs = (np.arange(columns) - 0.5) * _GRID_STEP - 0.5
        ys = (np.arange(rows) - 0.5) * _GRID_STEP - 0.5
        grid = np.stack(np.meshgrid(xs, ys), axis=-1)
        frame = (grid - [(width - 1) / 2, (height - 1) / 2]) / height
        place = _view(pose, frame.reshape(-1, 2)).reshape(rows, columns, 2)
        if self.scene.relief:
            nearness = self._nearness(place)
            place = place + nearness[:, :, None] * np.array([pose.x, pose.y])
        full_size = (columns * _GRID_STEP, rows * _GRID_STEP)
        window = (slice(_GRID_STEP, _GRID_STEP + height), slice(_GRID_STEP, _GRID_STEP + width))
        centre = (self._background.shape[1] - 1) / 2, (self._background.shape[0] - 1) / 2
        maps = [
            cv2.resize((place[:, :, axis] * height + centre[axis]).astype(np.float32), full_size)[window]
            for axis in (0, 1)
        ]
        return np.ascontiguousarray(maps[0]), np.ascontiguousarray(maps[1])

    def _nearness(self, place: npt.NDArray[np.float64]) -> Picture:
        """Return the relief at places on the background, which are in frame heights from its centre."""
        size = np.array(self._background.shape[1::-1]) / self.recipe.height
        cells = ((place / size + 0.5) * (np.array(self._relief.shape[1::-1]) - 1)).astype(np.float32)
        return np.asarray(
            cv2.remap(self._relief, cells[:, :, 0], cells[:, :, 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
        )


@dataclass(frozen=True)
class _Layer:
    """A cut-out and its picture, (h, w, 4)."""

    cut_out: CutOut
    picture: Picture

    def matrix(self, scene: Scene, recipe: Recipe, time: float) -> npt.NDArray[np.float64]:
        """Return the 2×3 matrix from pixels of the picture to pixels of the frame at a time."""
        cut_out, pose, at_first = self.cut_out, scene.camera.at(time), scene.camera.at(self.cut_out.appears)
        passed = time - cut_out.appears
        # Its place beside the background's, so that it stands at (u, v) when it appears.
        place = _turned(at_first.angle) @ np.array([cut_out.u, cut_out.v]) / at_first.zoom
        place = place + cut_out.nearness * np.array([at_first.x - pose.x, at_first.y - pose.y])
        place = place + np.array(cut_out.velocity) * passed
        to_frame = pose.zoom * _turned(-pose.angle)
        turn = to_frame @ _turned(cut_out.tilt + cut_out.spin * passed)
        middle = np.array([(self.picture.shape[1] - 1) / 2, (self.picture.shape[0] - 1) / 2])
        frame_middle = np.array([(recipe.width - 1) / 2, (recipe.height - 1) / 2])
        shift = frame_middle + recipe.height * (to_frame @ place) - turn @ middle
        return np.column_stack([turn, shift])

    def corners(self, matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        """Return where the picture's four corners lie in the frame, (4, 2) in pixels."""
        height, width = self.picture.shape[:2]
        points = np.array([(x, y, 1) for x in (0, width - 1) for y in (0, height - 1)])
        return np.asarray(points @ matrix.T)

    def draw_over(self, light: Picture, matrix: npt.NDArray[np.float64]) -> None:
        """Lay the cut-out over the light, in place, touching only the part of the frame that it reaches."""
        corners = self.corners(matrix)
        limits = np.array([light.shape[1], light.shape[0]])
        left, top = np.clip(np.floor(corners.min(axis=0)).astype(int), 0, limits)
        right, bottom = np.clip(np.ceil(corners.max(axis=0)).astype(int) + 1, 0, limits)
        if right <= left or bottom <= top:
            return
        shifted = matrix - np.array([[0, 0, left], [0, 0, top]])
        size = (int(right - left), int(bottom - top))
        placed = cv2.warpAffine(self.picture, shifted, size, flags=cv2.INTER_LINEAR)
        under = light[top:bottom, left:right]
        under *= 1 - placed[:, :, 3:]
        under += placed[:, :, :3]


def _view(pose: Pose, points: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """Return where points of the frame, (n, 2), lie on the background; both in frame heights from the centre."""
    return np.asarray(points @ (_turned(pose.angle).T / pose.zoom) + np.array([pose.x, pose.y]))


def _turned(angle: float) -> npt.NDArray[np.float64]:
    return np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])


def _relief_map(scene: Scene) -> Picture:
    """Return the background's relief: smooth hills over ground that comes nearer towards the bottom, within ±relief."""
    rng = np.random.Generator(np.random.Philox(np.random.SeedSequence(scene.relief_seed)))
    columns, rows = _RELIEF_CELLS
    hills = rng.uniform(-0.5, 0.5, (rows, columns)) + np.linspace(-0.5, 0.5, rows)[:, None]
    smooth = cv2.resize(hills.astype(np.float32), (columns * 16, rows * 16), interpolation=cv2.INTER_CUBIC)
    return np.asarray(np.clip(smooth, -1, 1) * np.float32(scene.relief))
