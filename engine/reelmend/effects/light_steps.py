"""How light changes from frame to frame: what the deflicker's first two graphs know of frames and of pairs of frames.

All of it is remembered by content, so that a step between two frames is measured once, whatever windows it is in.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import cv2
import numpy as np
import numpy.typing as npt

from reelmend.effects.effect import Need, Workbench
from reelmend.frames import FrameForm, FrameRef, Planes

Array = npt.NDArray[np.float32]

GREY = 128
LEAST_FLOW_PIXELS = 16
"""OpenCV's DIS fails on smaller pictures; these are compared as they lie."""

cv2.setNumThreads(1)  # DIS splits its work by threads and rounds accordingly; the engine shares work out by frames


@dataclass(frozen=True, slots=True)
class Look:
    """What a frame's pair is measured from: planes of light (N, H, W), texture (H, W) of whole numbers 0…255."""

    light: Planes
    texture: npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a frame alone: shares of tones (N, 16), one row for each plane of light, and a luma grid."""

    tones: Array
    grid: Array


@dataclass(frozen=True, slots=True)
class Step:
    """The change of light from one frame to another: curves (N, 16) of log ratios, and of luma the rest."""

    curves: Array
    field: Array
    bands: Array
    trust: Array


@dataclass(frozen=True, slots=True)
class Region:
    """Where light is measured: a rectangle in shares of the picture (left, top, right, bottom), and in the mask."""

    rectangle: tuple[float, float, float, float]
    in_mask: bool

    @property
    def is_everywhere(self) -> bool:
        return self.rectangle == (0.0, 0.0, 1.0, 1.0) and not self.in_mask

    def says(self, ref: FrameRef, shape: tuple[int, int], bench: Workbench) -> Array:
        """Return the weight of each pixel of a frame's proxy (H, W) in 0…1; of one without a mask, by the rectangle."""
        height, width = shape
        left, top, right, bottom = self.rectangle
        say = np.outer(_covered(top, bottom, height), _covered(left, right, width))
        mask = bench.mask_planes(ref, FrameForm.PROXY) if self.in_mask else None
        return say if mask is None else say * mask[0]


class LightSteps:
    """Looks at frames and compares pairs of them, with the graphs of one model, for one request.

    `by_channel`: planes of light are luma, red, green and blue instead of luma alone.
    """

    def __init__(self, bench: Workbench, region: Region, by_channel: bool) -> None:
        self._bench = bench
        self._region = region
        self._by_channel = by_channel
        self._by_bands = bench.values["local_shape"] == "bands"
        stages = bench.model.manifest
        self._describe_sha256, self._compare_sha256 = stages.stage("describe").sha256, stages.stage("compare").sha256

    def is_described(self, ref: FrameRef) -> bool:
        return self._bench.pin(self._name("description", ref))

    def is_measured(self, before: FrameRef, after: FrameRef) -> bool:
        return before.digest == after.digest or self._bench.pin(self._pair_name(before, after))

    def needs(self, undescribed: Iterable[FrameRef], unmeasured: Iterable[tuple[FrameRef, FrameRef]]) -> list[Need]:
        """Return the proxies that it takes to describe those frames and measure those pairs, masks included."""
        proxies = {ref.digest: ref for ref in undescribed}
        masks: dict[bytes, FrameRef] = {}
        for ref in dict.fromkeys(ref for pair in unmeasured for ref in pair):  # repeated frames have masks of their own
            if not self._bench.pin(self._name("look", ref)):
                proxies[ref.digest] = ref
            mask = self._bench.mask(ref) if self._region.in_mask else None
            if mask is not None:
                masks[mask.digest] = mask
        return [Need(ref, FrameForm.PROXY) for ref in (*proxies.values(), *masks.values())]

    def description(self, ref: FrameRef) -> Description:
        known: Description = self._bench.feature(self._name("description", ref), lambda: self._described(ref))
        return known

    def step(self, before: FrameRef, after: FrameRef) -> Step | None:
        """Return the change of light between two frames; None when they are the same picture."""
        if before.digest == after.digest:
            return None
        step: Step = self._bench.feature(self._pair_name(before, after), lambda: self._measured(before, after))
        return step

    def _described(self, ref: FrameRef) -> tuple[Description, int]:
        look, tones, grid = self._looked(ref)
        self._bench.feature(self._name("look", ref), lambda: (look, look.light.nbytes + look.texture.nbytes))
        return Description(tones, grid), tones.nbytes + grid.nbytes

    def _look(self, ref: FrameRef) -> Look:
        def compute() -> tuple[Look, int]:
            look = self._looked(ref)[0]
            return look, look.light.nbytes + look.texture.nbytes

        look: Look = self._bench.feature(self._name("look", ref), compute)
        return look

    def _looked(self, ref: FrameRef) -> tuple[Look, Array, Array]:
        self._bench.check()
        session = self._bench.sessions.session(self._bench.model, "describe", threads=1)
        proxy = np.ascontiguousarray(np.nan_to_num(self._bench.pixels(ref, FrameForm.PROXY)))
        wanted = ["luma", "texture", "tones", "grid"]
        luma, texture, tones, grid = session.run({"proxy": proxy}, wanted)
        light, shares = [luma], [tones]
        for plane in proxy if self._by_channel else ():
            grey = np.broadcast_to(plane, proxy.shape)
            light.append(plane)
            shares.append(session.run({"proxy": np.ascontiguousarray(grey)}, ["tones"])[0])
        return Look(np.stack(light), texture.astype(np.uint8)), np.stack(shares), grid

    def _measured(self, before: FrameRef, after: FrameRef) -> tuple[Step, int]:
        first, second = self._look(before), self._look(after)
        textures = [_without_bands(look.texture) if self._by_bands else look.texture for look in (first, second)]
        self._bench.check()
        session = self._bench.sessions.session(self._bench.model, "compare", threads=1)
        shared = {
            "texture": np.stack(textures).astype(np.float32),
            "flow": np.stack([_flow(*textures), _flow(*reversed(textures))]),
            "say": self._says(before, after, first.texture.shape),
        }
        outputs = ["curve", "field", "bands", "trust"]
        found = [
            session.run({"luma": np.stack(pair), **shared}, outputs)
            for pair in zip(first.light, second.light, strict=True)
        ]
        _curve, field, bands, trust = found[0]
        step = Step(np.stack([one[0] for one in found]), field, bands, trust)
        return step, step.curves.nbytes + field.nbytes + bands.nbytes + trust.nbytes

    def _says(self, before: FrameRef, after: FrameRef, shape: tuple[int, ...]) -> Array:
        if self._region.is_everywhere:
            return np.ones((2, 1, 1), np.float32)
        height, width = shape
        return np.stack([self._region.says(ref, (height, width), self._bench) for ref in (before, after)])

    def _name(self, kind: str, ref: FrameRef) -> Hashable:
        return (kind, self._describe_sha256, self._by_channel, ref.digest)

    def _pair_name(self, before: FrameRef, after: FrameRef) -> Hashable:
        masks = [self._bench.mask(ref) if self._region.in_mask else None for ref in (before, after)]
        digests = tuple(None if mask is None else mask.digest for mask in masks)
        region = (self._region.rectangle, digests, self._by_bands)
        return (
            "step",
            self._compare_sha256,
            self._describe_sha256,
            self._by_channel,
            region,
            before.digest,
            after.digest,
        )


def _without_bands(texture: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    """Return the texture with each row's median made grey: bands that roll are then no motion to optical flow."""
    rows = np.median(texture, axis=1, keepdims=True)
    levelled = np.clip(np.rint(texture - rows) + GREY, 0, 255)
    return np.asarray(levelled, np.uint8)


def _flow(before: npt.NDArray[np.uint8], after: npt.NDArray[np.uint8]) -> Array:
    """Return where each pixel of one picture lies in the other, (2, H, W) as x and y in pixels.

    T. Kroeger et al., "Fast Optical Flow using Dense Inverse Search", ECCV 2016, as OpenCV has it.
    """
    if min(before.shape) < LEAST_FLOW_PIXELS:
        return np.zeros((2, *before.shape), np.float32)
    flow = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_FAST).calc(before, after, None)  # type: ignore[attr-defined]
    return np.ascontiguousarray(flow.transpose(2, 0, 1))


def _covered(start: float, end: float, pixels: int) -> Array:
    """Return how much of each pixel lies between two shares of the picture's width or height."""
    edges = np.arange(pixels + 1) / pixels
    low, high = min(start, end), max(start, end)
    inside = np.minimum(edges[1:], high) - np.maximum(edges[:-1], low)
    covered: Array = np.clip(inside * pixels, 0.0, 1.0).astype(np.float32)
    return covered
