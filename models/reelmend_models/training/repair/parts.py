"""The nets of repair by name, with the settings that the shipped weights were trained with."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from reelmend_models.definitions.repair.detect import QUALITY_WIDTHS, WIDTHS
from reelmend_models.training.footage.footage import Footage
from reelmend_models.training.repair import lines
from reelmend_models.training.repair.detector import Detector
from reelmend_models.training.repair.errors import RepairTrainingError
from reelmend_models.training.repair.fill import Filler
from reelmend_models.training.repair.lines_scenes import material_of
from reelmend_models.training.repair.part import Part, Settings
from reelmend_models.training.repair.samples import Pool, pool_of


class Pools:
    """The pictures of both splits, made when they are first asked for."""

    def __init__(self, footage: Footage) -> None:
        self.footage = footage

    @cached_property
    def training(self) -> Pool:
        return self._filled("training")

    @cached_property
    def validation(self) -> Pool:
        return self._filled("validation")

    def _filled(self, split: str) -> Pool:
        pool = pool_of(self.footage, "training" if split == "training" else "validation")
        if len(pool.origins) < 2:
            raise RepairTrainingError(
                f"{self.footage.folder} has no {split} footage under a permissive licence; build it whole"
            )
        return pool


def _detector(settings: Settings, pools: Pools) -> Part:
    return Detector(settings, pools.training, pools.validation, WIDTHS, "detector")


def _detector_quality(settings: Settings, pools: Pools) -> Part:
    return Detector(settings, pools.training, pools.validation, QUALITY_WIDTHS, "detector_quality")


def _fill(settings: Settings, pools: Pools) -> Part:
    return Filler(settings, pools.training, pools.validation)


def _lines(settings: Settings, pools: Pools) -> Part:
    footage = pools.footage
    return lines.LineJudge(
        settings, lambda: material_of(footage, "training"), lambda: material_of(footage, "validation")
    )


_MAKERS: Mapping[str, tuple[Settings, Callable[[Settings, Pools], Part]]] = {
    "detector": (Settings(steps=14000, batch=4), _detector),
    "fill": (Settings(steps=12000), _fill),
    "lines": (lines.SETTINGS, _lines),
    "detector_quality": (Settings(steps=16000, batch=4), _detector_quality),
}
DEFAULTS = {name: settings for name, (settings, _) in _MAKERS.items()}
SHIPPED = ("detector", "fill", "lines")
"""The nets of the model "repair"."""


def part_of(name: str, settings: Settings, pools: Pools) -> Part:
    """Return the part of a name."""
    return _MAKERS[name][1](settings, pools)
