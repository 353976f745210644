"""What the deflicker's bench runs: its presets, the methods worth holding against it, sizes and measures."""

from __future__ import annotations

from collections.abc import Sequence

from reelmend.errors import BadRequestError
from reelmend.quality.bench.material import CLEAN, FILM, FLICKER, Material, looks_broken
from reelmend.quality.bench.plan import Plan, Size, make_plan

OURS = "reelmend-deflicker"
INPUT = "input"
GLOBAL_PEER, LOCAL_PEER = "scale-time-equalisation", "local-log-gain"
FITTED, BANDS = "reelmend-deflicker-fitted", "reelmend-deflicker-bands"
METHODS = (INPUT, "ffmpeg-deflicker-31", "windowed-log-gain", GLOBAL_PEER, LOCAL_PEER, OURS, FITTED, BANDS)
KEPT_TO = {BANDS: ("flicker-bands",)}
KINDS = (FLICKER, CLEAN, FILM)
MEASURES = (
    "psnr",
    "flicker_residual_global",
    "flicker_residual_local",
    "drift",
    "halo",
    "psnr_altered",
    "luma_moved",
    "luma_moved_worst",
    "high_frequency_kept",
    "flicker_energy_global",
    "flicker_energy_local",
)
QUICK = Size(frames=64, height=270)
FULL = Size(frames=96, height=480)


def make_deflicker_plan(
    material: Material,
    *,
    quick: bool,
    methods: Sequence[str] = (),
    presets: Sequence[str] = (),
    clips: Sequence[str] = (),
    frames: int | None = None,
    height: int | None = None,
) -> Plan:
    """Return the plan: every clip of the split and all real film; in quick mode eight clips, smaller and shorter.

    Empty lists mean the deflicker's peers and presets. Raises BadRequestError for a name that is not there, and where
    the material has no preset for a deflicker.
    """
    usual = QUICK if quick else FULL
    own_presets = [name for name in material.presets() if material.kind(name) in KINDS and not looks_broken(name)]
    if not own_presets and not presets:
        raise BadRequestError("this material has no preset of flicker; name one with --presets")
    taken = clips or [clip.name for clip in material.clips() if ("deflicker" if quick else "full") in clip.modes]
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
