"""Every measure by name, with its unit, good direction and needs; the bench and the report read this list."""

import enum
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from reelmend.quality.altered import high_frequency_kept, luma_moved, luma_moved_worst, psnr_altered
from reelmend.quality.errors import QualityError
from reelmend.quality.fidelity import psnr, ssim
from reelmend.quality.fill import fill_grain
from reelmend.quality.flicker import (
    drift,
    flicker_energy_global,
    flicker_energy_local,
    flicker_residual_global,
    flicker_residual_local,
    flicker_std_global,
)
from reelmend.quality.flicker_series import (
    SHORTEST_SHOT_FRAMES,
    drift_residual,
    flicker_energy,
    flicker_residual,
    log_luma,
    log_ratio,
)
from reelmend.quality.halo import halo
from reelmend.quality.mattes import MatteScores, matte_scores, matte_scores_beyond_margin, matte_scores_per_class
from reelmend.quality.motion import temporal_difference_error, warp_error_dis
from reelmend.quality.repair import bit_identical_share, changed_ppm, grain_kept, harm_ppm, psnr_inside, psnr_outside
from reelmend.quality.scene import Restoration
from reelmend.quality.scratches import FalseScratches, false_scratches
from reelmend.quality.vmaf_ffmpeg import vmaf


class Direction(enum.Enum):
    """Which way a measure is better."""

    HIGHER = "higher is better"
    LOWER = "lower is better"
    ONE = "best at 1"


class Need(enum.Enum):
    """What a measure needs beside the source and the restored clip."""

    REFERENCE = "the truth"
    MATTE = "the true matte"
    CLASS_MATTES = "the true mattes per class"
    FOUND_MATTE = "the restorer's own matte"
    FOUND_SCRATCHES = "the restorer's own matte of line scratches"
    TEMPORAL = f"at least {SHORTEST_SHOT_FRAMES} frames"


Value: TypeAlias = float | Mapping[str, float]
SCRATCH = "scratch"
"""The class of line scratches, in a restorer's own mattes."""


@dataclass(frozen=True)
class Measure:
    """One measure: `function` returns its value, or one value per defect class; `definition`'s docstring defines it."""

    name: str
    unit: str
    direction: Direction
    needs: frozenset[Need]
    function: Callable[[Restoration], Value]
    definition: Callable[..., object]

    @property
    def summary(self) -> str:
        """What the measure is, in one sentence: the first line of its definition's docstring."""
        return (self.definition.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True)
class Reading:
    """What a measure said of one restoration: a value, or None and in `note` the reason.

    measure: the measure's name, followed by `.class` where there is one value per class.
    """

    measure: str
    value: float | None
    note: str = ""


def take(restoration: Restoration, measures: Iterable[Measure] | None = None) -> list[Reading]:
    """Return the readings of the given measures, of all in `MEASURES` when None, in order; never a silent gap.

    A measure whose needs are not met, which is not available here, or which finds nothing to look at gives a reading
    without a value and with the reason.
    """
    chosen = MEASURES.values() if measures is None else measures
    return [reading for measure in chosen for reading in _read(measure, restoration)]


def _read(measure: Measure, restoration: Restoration) -> list[Reading]:
    missing = [need.value for need in Need if need in measure.needs and need not in _given(restoration)]
    if missing:
        return [Reading(measure.name, None, f"not measured: needs {' and '.join(missing)}")]
    try:
        value = measure.function(restoration)
    except QualityError as error:
        return [Reading(measure.name, None, str(error))]
    if isinstance(value, Mapping):
        return [Reading(f"{measure.name}.{key}", float(part)) for key, part in value.items()]
    return [Reading(measure.name, float(value))]


def _given(restoration: Restoration) -> set[Need]:
    scene = restoration.scene
    given = {
        Need.REFERENCE: scene.truth is not None,
        Need.MATTE: scene.matte is not None,
        Need.CLASS_MATTES: bool(scene.matte_per_class),
        Need.FOUND_MATTE: restoration.found_matte is not None,
        Need.FOUND_SCRATCHES: SCRATCH in (restoration.found_classes or {}),
        Need.TEMPORAL: len(scene.source) >= SHORTEST_SHOT_FRAMES,
    }
    return {need for need, there in given.items() if there}


def _psnr_inside(r: Restoration) -> float:
    return psnr_inside(r.restored, r.scene.needed_truth, r.scene.matte)


def _psnr_outside(r: Restoration) -> float:
    return psnr_outside(r.restored, r.scene.needed_truth, r.scene.matte)


def _harm(r: Restoration) -> float:
    return harm_ppm(r.restored, r.scene.needed_truth, r.scene.matte, r.scene.source)


def _untouched(r: Restoration) -> float:
    return bit_identical_share(r.restored, r.scene.source, r.scene.matte, r.touched)


def _untouched_by_own_matte(r: Restoration) -> float:
    return bit_identical_share(r.restored, r.scene.source, r.found_matte_of_all, r.touched)


def _changed(r: Restoration) -> float:
    return changed_ppm(r.restored, r.scene.source, r.touched)


def _fill_grain(r: Restoration) -> float:
    return fill_grain(r.restored, r.scene.needed_truth, r.found_matte_of_all, r.scene.matte)


def _false_scratches(pick: Callable[[FalseScratches], float]) -> Callable[[Restoration], Value]:
    return lambda r: pick(false_scratches((r.found_classes or {})[SCRATCH], r.scene.matte))


def _grain_kept(r: Restoration) -> float:
    return grain_kept(r.restored, r.scene.source, r.scene.matte)


def _residual_global(r: Restoration) -> float:
    return flicker_residual(log_ratio(r.mean_luma, r.scene.true_mean_luma), r.scene.shots)


def _residual_local(r: Restoration) -> float:
    return flicker_residual(log_ratio(r.luma_grid, r.scene.true_luma_grid), r.scene.shots)


def _drift(r: Restoration) -> float:
    return drift_residual(log_ratio(r.mean_luma, r.scene.true_mean_luma), r.scene.shots)


def _difference_error(r: Restoration) -> float:
    return temporal_difference_error(r.restored, r.scene.needed_truth, r.scene.timeline)


def _std_global(r: Restoration) -> float:
    return flicker_residual(log_luma(r.mean_luma), r.scene.shots)


def _energy_global(r: Restoration) -> float:
    return flicker_energy(log_luma(r.mean_luma), r.scene.shots)


def _energy_local(r: Restoration) -> float:
    return flicker_energy(log_luma(r.luma_grid), r.scene.shots)


def _warp_error(r: Restoration) -> float:
    return warp_error_dis(r.restored, r.scene.flow, r.scene.timeline)


def _luma_moved_worst(r: Restoration) -> float:
    return luma_moved_worst(r.restored, r.scene.source)


def _high_frequency_kept(r: Restoration) -> float:
    return high_frequency_kept(r.restored, r.scene.source)


def _score(pick: Callable[[MatteScores], float]) -> Callable[[Restoration], float]:
    return lambda r: pick(r.matte_scores)


def _beyond_margin(pick: Callable[[MatteScores], float]) -> Callable[[Restoration], Value]:
    return lambda r: pick(r.matte_scores_beyond_margin)


def _score_per_class(pick: Callable[[MatteScores], float]) -> Callable[[Restoration], Value]:
    return lambda r: {name: pick(scores) for name, scores in r.matte_scores_per_class.items()}


_SCORES: dict[str, Callable[[MatteScores], float]] = {
    "precision": lambda s: s.precision,
    "recall": lambda s: s.recall,
    "iou": lambda s: s.iou,
    "defect_precision": lambda s: s.defect_precision,
    "defect_recall": lambda s: s.defect_recall,
    "matched_precision": lambda s: s.matched_precision,
    "matched_recall": lambda s: s.matched_recall,
}
_BEYOND_MARGIN = ("precision", "matched_precision", "matched_recall")
_HIGHER, _LOWER, _ONE = Direction.HIGHER, Direction.LOWER, Direction.ONE
_REFERENCE = frozenset({Need.REFERENCE})
_PLACED = frozenset({Need.REFERENCE, Need.MATTE})
_MATTE = frozenset({Need.MATTE})
_FOUND = frozenset({Need.FOUND_MATTE})
_SCRATCHES = frozenset({Need.FOUND_SCRATCHES})
_TEMPORAL = frozenset({Need.TEMPORAL})
_MATTES = frozenset({Need.MATTE, Need.FOUND_MATTE})
_CLASSES = frozenset({Need.CLASS_MATTES, Need.FOUND_MATTE})

_ALL = (
    Measure("psnr", "dB", _HIGHER, _REFERENCE, lambda r: psnr(r.restored, r.scene.needed_truth), psnr),
    Measure("ssim", "", _HIGHER, _REFERENCE, lambda r: ssim(r.restored, r.scene.needed_truth), ssim),
    Measure("vmaf", "", _HIGHER, _REFERENCE, lambda r: vmaf(r.restored, r.scene.needed_truth), vmaf),
    Measure("psnr_inside", "dB", _HIGHER, _PLACED, _psnr_inside, psnr_inside),
    Measure("psnr_outside", "dB", _HIGHER, _PLACED, _psnr_outside, psnr_outside),
    Measure("harm", "ppm", _LOWER, _PLACED, _harm, harm_ppm),
    Measure("bit_identical_outside", "share", _HIGHER, _MATTE, _untouched, bit_identical_share),
    Measure("bit_identical_outside_own_matte", "share", _HIGHER, _FOUND, _untouched_by_own_matte, bit_identical_share),
    *(
        Measure(f"matte_{name}", "share", _HIGHER, _MATTES, _score(pick), matte_scores)
        for name, pick in _SCORES.items()
    ),
    *(
        Measure(f"matte_margin_{name}", "share", _HIGHER, _MATTES, _beyond_margin(pick), matte_scores_beyond_margin)
        for name, pick in _SCORES.items()
        if name in _BEYOND_MARGIN
    ),
    *(
        Measure(f"class_{name}", "share", _HIGHER, _CLASSES, _score_per_class(pick), matte_scores_per_class)
        for name, pick in _SCORES.items()
    ),
    Measure(
        "psnr_altered", "dB", _HIGHER, frozenset(), lambda r: psnr_altered(r.restored, r.scene.source), psnr_altered
    ),
    Measure("luma_moved", "share", _LOWER, frozenset(), lambda r: luma_moved(r.restored, r.scene.source), luma_moved),
    Measure("luma_moved_worst", "share", _LOWER, frozenset(), _luma_moved_worst, luma_moved_worst),
    Measure("high_frequency_kept", "ratio", _ONE, frozenset(), _high_frequency_kept, high_frequency_kept),
    Measure("halo", "ratio", _LOWER, _PLACED, lambda r: halo(r.restored, r.scene.needed_truth, r.scene.matte), halo),
    Measure("grain_kept", "ratio", _ONE, frozenset(), _grain_kept, grain_kept),
    Measure("fill_grain", "ratio", _ONE, _REFERENCE | _FOUND, _fill_grain, fill_grain),
    Measure("changed", "ppm", _LOWER, frozenset(), _changed, changed_ppm),
    Measure(
        "false_scratches", "per 1,000 frames", _LOWER, _SCRATCHES, _false_scratches(lambda f: f.seen), false_scratches
    ),
    Measure(
        "false_scratches_distinct",
        "per 1,000 frames",
        _LOWER,
        _SCRATCHES,
        _false_scratches(lambda f: f.distinct),
        false_scratches,
    ),
    Measure("flicker_residual_global", "ln", _LOWER, _REFERENCE | _TEMPORAL, _residual_global, flicker_residual_global),
    Measure("flicker_residual_local", "ln", _LOWER, _REFERENCE | _TEMPORAL, _residual_local, flicker_residual_local),
    Measure("drift", "ln", _LOWER, _REFERENCE | _TEMPORAL, _drift, drift),
    Measure(
        "temporal_difference_error",
        "levels",
        _LOWER,
        _REFERENCE | _TEMPORAL,
        _difference_error,
        temporal_difference_error,
    ),
    Measure("flicker_std_global", "ln", _LOWER, _TEMPORAL, _std_global, flicker_std_global),
    Measure("flicker_energy_global", "ln²", _LOWER, _TEMPORAL, _energy_global, flicker_energy_global),
    Measure("flicker_energy_local", "ln²", _LOWER, _TEMPORAL, _energy_local, flicker_energy_local),
    Measure("warp_error_dis", "levels", _LOWER, _TEMPORAL, _warp_error, warp_error_dis),
)

MEASURES: Mapping[str, Measure] = {measure.name: measure for measure in _ALL}
