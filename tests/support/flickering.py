"""Flicker of every kind, laid over clips of (N, 3, H, W) from a seed, and its true strength."""

from __future__ import annotations

import cv2
import numpy as np

from support.clips import Frames, moving_scene, with_flicker

FLICKER_TYPES = ("none", "global", "local", "global+local", "bands")


def with_patches(frames: Frames, deviation: float = 0.05, seed: int = 3) -> Frames:
    """Return the frames under patches of gain a fifth of the picture wide, new in every frame."""
    rng = np.random.default_rng(seed)
    height, width = frames.shape[2:]
    result = frames.copy()
    for frame in result:
        log_gain = rng.normal(0, deviation, (4, 5))
        log_gain -= log_gain.mean()
        frame *= np.exp(cv2.resize(log_gain, (width, height), interpolation=cv2.INTER_CUBIC)).astype(np.float32)
    return result


def with_bands(frames: Frames, depth: float = 0.06, per_height: float = 2.5, period_frames: float = 4.0) -> Frames:
    """Return the frames under bands that roll up by one band in `period_frames`."""
    heights = np.arange(frames.shape[2]) / frames.shape[2]
    turns = per_height * heights[None] + np.arange(len(frames))[:, None] / period_frames
    return frames * np.exp(depth * np.sin(2 * np.pi * turns)).astype(np.float32)[:, None, :, None]


def with_pulse(frames: Frames, depth: float = 0.04, period_frames: float = 5.0) -> Frames:
    """Return the frames under a gain that comes and goes in a rhythm."""
    turns = np.arange(len(frames)) / period_frames
    return frames * np.exp(depth * np.sin(2 * np.pi * turns)).astype(np.float32)[:, None, None, None]


def flickering_scene(kind: str, count: int = 40, width: int = 96, height: int = 64, seed: int = 1) -> Frames:
    """Return a moving scene that flickers in the way of one of `FLICKER_TYPES`."""
    scene = moving_scene(count, width, height, seed=seed)
    if "local" in kind:
        scene = with_patches(scene)
    if "global" in kind:
        scene = with_flicker(scene, deviation=0.05)
    return with_bands(scene) if kind == "bands" else scene
