"""What the repair's bench runs: its presets, the methods worth holding against it, sizes and measures."""

from __future__ import annotations

from collections.abc import Sequence

from reelmend.errors import BadRequestError
from reelmend.quality.bench.material import CLEAN, FILM, OF_LIGHT, ClipEntry, Material
from reelmend.quality.bench.plan import Plan, Size, make_plan
from reelmend.quality.bench.repair.planted import DIRT, PLANTED_FILM

OURS = "reelmend-repair"
INPUT, DIRT_PEER = "input", "mc-median-masked"
SCRATCH_PEER, SCRATCH_PEER_TOLD = "column-filter", "column-filter-told"
METHODS = (INPUT, DIRT_PEER, SCRATCH_PEER, SCRATCH_PEER_TOLD, OURS)

SCRATCHES, FAINT, GRAIN = "repair-scratches", "repair-faint", "repair-dirt-grain"
STRUCTURES, AS_THEY_ARE = ("clean-structures", "clean-structures-standing"), "clean"
WITH_A_BAR = ("glitter", "sparks", "rain", "snow", "grain", "structures")
"""What clean presets that have a bar have in their names after "clean-"; the quick mode runs no others."""
KEPT_TO = {
    INPUT: (DIRT, GRAIN, SCRATCHES, FAINT, PLANTED_FILM),
    DIRT_PEER: (DIRT, GRAIN, PLANTED_FILM, AS_THEY_ARE),
    SCRATCH_PEER: (SCRATCHES, FAINT, *STRUCTURES),
    SCRATCH_PEER_TOLD: (SCRATCHES, FAINT),
}
MEASURES = (
    "psnr",
    "psnr_inside",
    "psnr_outside",
    "harm",
    "changed",
    "bit_identical_outside_own_matte",
    "matte_precision",
    "matte_recall",
    "matte_defect_precision",
    "matte_defect_recall",
    "matte_matched_precision",
    "matte_matched_recall",
    "matte_margin_precision",
    "matte_margin_matched_precision",
    "matte_margin_matched_recall",
    "class_recall",
    "class_defect_recall",
    "fill_grain",
    "false_scratches",
    "false_scratches_distinct",
)
QUICK = Size(frames=32, height=540)
FULL = Size(frames=96, height=540)
FEWEST_ROWS = 400
"""Defects of clips with fewer rows are no larger than a pixel: such clips are taken only when they are named."""


def make_repair_plan(
    material: Material,
    *,
    quick: bool,
    methods: Sequence[str] = (),
    presets: Sequence[str] = (),
    clips: Sequence[str] = (),
    frames: int | None = None,
    height: int | None = None,
) -> Plan:
    """Return the plan: every clip of the split and all real film; in quick mode eight clips, a third as long.

    Empty lists mean the repair's peers and presets. Raises BadRequestError for a name that is not there, and where the
    material has no preset for a repair.
    """
    usual = QUICK if quick else FULL
    own_presets = usual_presets(material, quick)
    if not own_presets and not presets:
        raise BadRequestError("this material has no preset of dirt or scratches; name one with --presets")
    taken = list(clips) or [clip.name for clip in material.clips() if _is_usual(clip, quick)]
    return make_plan(
        material,
        quick=quick,
        methods=methods,
        presets=presets,
        clips=taken,
        size=Size(frames or usual.frames, height or usual.height),
        usual_methods=METHODS,
        usual_presets=own_presets,
        measures=MEASURES,
        kept_to=KEPT_TO,
    )


def usual_presets(material: Material, quick: bool) -> list[str]:
    """Return what is damaged for a repair, then what is clean and may look damaged, then real film."""
    names = material.presets()
    damaged = [name for name in names if name.startswith("repair-")]
    clean = [name for name in names if material.kind(name) == CLEAN and name not in OF_LIGHT]
    judged = [name for name in clean if has_bar(name)] if quick else clean
    film = [name for name in names if material.kind(name) == FILM or name == PLANTED_FILM]
    return [*damaged, *judged, *film] if damaged else []


def has_bar(clean_preset: str) -> bool:
    """Return whether there is a bar for a clean preset."""
    return clean_preset == AS_THEY_ARE or clean_preset.removeprefix("clean-").partition("-")[0] in WITH_A_BAR


def _is_usual(clip: ClipEntry, quick: bool) -> bool:
    return ("repair" if quick else "full") in clip.modes and (clip.is_film or clip.height >= FEWEST_ROWS)
