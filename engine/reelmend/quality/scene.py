"""What a restorer is judged on: a scene (source, and truth and mattes where known) and one restoration of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from reelmend.quality.errors import QualityError
from reelmend.quality.flicker import luma_grid_series, mean_luma_series
from reelmend.quality.flicker_series import Series, Shots
from reelmend.quality.mattes import (
    MatteScores,
    matte_scores,
    matte_scores_beyond_margin,
    matte_scores_per_class,
    union_of,
)
from reelmend.quality.motion import FlowStep, flow_steps_dis
from reelmend.quality.timeline import Timeline, find_timeline

Frames: TypeAlias = NDArray[Any] | Sequence[NDArray[Any]]


@dataclass(frozen=True, eq=False)
class Scene:
    """A clip to restore and what is known of it. Timeline, truth's light and flow are found once and then kept.

    source: (N, H, W, 3) as the restorer gets it. truth: the same without damage, or None on real film. matte: (N, H,
    W) of all true defects; matte_per_class: the same by class. When only the classes are given, `matte` is their
    maximum. Raises QualityError when lengths or sizes differ.
    """

    source: Frames
    truth: Frames | None = None
    matte: Frames | None = None
    matte_per_class: Mapping[str, NDArray[Any]] | None = None

    def __post_init__(self) -> None:
        if len(self.source) == 0:
            raise QualityError("source has no frames")
        named = {f"true matte of class '{name}'": matte for name, matte in (self.matte_per_class or {}).items()}
        for name, frames in {"truth": self.truth, "true matte": self.matte, **named}.items():
            self.check(frames, name)
        if self.matte is None and self.matte_per_class:
            object.__setattr__(self, "matte", union_of(self.matte_per_class.values()))

    def check(self, frames: Frames | None, name: str) -> None:
        """Raise QualityError unless `frames` is None or has the source's length and size."""
        if frames is None:
            return
        if len(frames) != len(self.source):
            raise QualityError(
                f"{name} has {len(frames)} frames, source has {len(self.source)}: both must be equally long"
            )
        for index, frame in enumerate(frames):
            if frame.shape[:2] != self.source[0].shape[:2]:
                raise QualityError(
                    f"{name} frame {index} is {frame.shape[:2]}, source is {self.source[0].shape[:2]} (rows, columns)"
                )

    @cached_property
    def reference(self) -> Frames:
        """The truth, or the source where there is none."""
        return self.source if self.truth is None else self.truth

    @cached_property
    def timeline(self) -> Timeline:
        """Cuts and duplicated frames of the reference, so that every restorer is judged on the same frames."""
        return find_timeline(self.reference)

    @cached_property
    def shots(self) -> Shots:
        """Frame indices of each shot, without duplicates."""
        return self.timeline.shots()

    @cached_property
    def true_mean_luma(self) -> Series:
        """Mean luma of each frame of the truth."""
        return mean_luma_series(self.needed_truth)

    @cached_property
    def true_luma_grid(self) -> Series:
        """Mean luma over the 16×9 grid of each frame of the truth."""
        return luma_grid_series(self.needed_truth)

    @cached_property
    def flow(self) -> list[FlowStep]:
        """DIS flow of the reference, 5 bytes a pixel and frame, along which every restorer is judged."""
        return flow_steps_dis(self.reference)

    @property
    def needed_truth(self) -> Frames:
        """The truth; QualityError where there is none."""
        if self.truth is None:
            raise QualityError("this measure needs the truth; hand it over, or leave the measure out")
        return self.truth


@dataclass(frozen=True, eq=False)
class Restoration:
    """One restorer's result for a scene: the restored clip and, if it tells, the matte of what it changed.

    found_matte: (N, H, W), or one per class. found_classes: mattes of the restorer's own classes, beside that of all.
    touched: (N, H, W) where its own result differs from the source, when `restored` is that result rounded. Raises
    QualityError when lengths or sizes differ from the scene's.
    """

    scene: Scene
    restored: Frames
    found_matte: Frames | Mapping[str, NDArray[Any]] | None = None
    found_classes: Mapping[str, NDArray[Any]] | None = None
    touched: Frames | None = None

    def __post_init__(self) -> None:
        self.scene.check(self.restored, "restored")
        self.scene.check(self.touched, "touched")
        for name, matte in (self.found_classes or {}).items():
            self.scene.check(matte, f"found class '{name}'")
        if isinstance(self.found_matte, Mapping):
            for name, matte in self.found_matte.items():
                self.scene.check(matte, f"found matte of class '{name}'")
        else:
            self.scene.check(self.found_matte, "found matte")

    @cached_property
    def found_matte_of_all(self) -> Frames | None:
        """The found matte over all classes, or None; a mapping without classes found nothing."""
        if isinstance(self.found_matte, Mapping):
            nothing = np.zeros((len(self.scene.source), *self.scene.source[0].shape[:2]), np.bool_)
            return union_of(self.found_matte.values()) if self.found_matte else nothing
        return self.found_matte

    @cached_property
    def mean_luma(self) -> Series:
        """Mean luma of each restored frame."""
        return mean_luma_series(self.restored)

    @cached_property
    def luma_grid(self) -> Series:
        """Mean luma over the 16×9 grid of each restored frame."""
        return luma_grid_series(self.restored)

    @cached_property
    def matte_scores(self) -> MatteScores:
        """Scores of the found matte over all classes."""
        return matte_scores(self.found_matte_of_all, self.scene.matte)

    @cached_property
    def matte_scores_beyond_margin(self) -> MatteScores:
        """The same without what lies within two pixels of a true defect."""
        matte = None if self.scene.matte is None else np.asarray(self.scene.matte)
        return matte_scores_beyond_margin(self.found_matte_of_all, matte)

    @cached_property
    def matte_scores_per_class(self) -> dict[str, MatteScores]:
        """Scores of the found matte for each true class."""
        if self.found_matte is None or self.scene.matte_per_class is None:
            raise QualityError("scores per class need the found matte and the true mattes per class; hand over both")
        return matte_scores_per_class(self.found_matte, self.scene.matte_per_class)
