"""What the repair's bench adds to a clip: held-out dirt, standing scratches, and clean scenes that look damaged.

Presets of damage have the kind "repair": the general bench runs every preset of the kind "damage", and needs no more.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from reelmend_models.bench_scenery import Passer
from reelmend_models.damage import Chain, ClipInfo, Frame, Grain, Hair, Scratch
from reelmend_models.damage.faint_scratch import FaintScratch
from reelmend_models.damage.held_out import HELD_OUT
from reelmend_models.scenery import TEST_SCENERY, TEST_STRUCTURES, Structures, held

CURLY_HAIR = Hair(
    short_per_frame=1.0,
    long_per_frame=0.25,
    short_px=(12.0, 55.0),
    long_px=(70.0, 200.0),
    width_px=(0.8, 1.6),
    curl_rad=(6.0, 10.0),
    gate_per_frame=0.0,
)
"""Hair that curls more than the simulator's own, to loops."""

DIRT = Chain((*HELD_OUT, CURLY_HAIR))
FAINT_GRAIN_STD = 0.025

REPAIR_PRESETS: dict[str, Chain] = {
    "repair-dirt": DIRT,
    "repair-dirt-grain": DIRT,
    "repair-scratches": Chain(
        (
            Scratch(
                standing=(1.0, 3.0),
                per_frame=0.0,
                width_px=(1.5, 3.0),
                opacity=(0.6, 0.95),
                fade=(0.0, 0.5),
                companions=0.0,
            ),
        )
    ),
    "repair-faint": Chain((FaintScratch(sigmas=1.0, grain_std=FAINT_GRAIN_STD),)),
}
"""Dust, blotches and hair on about 0.3 % of the pixels, all of shapes held out from training, on clips as they are and
on grainy ones; opaque scratches that stand for the whole clip; and scratches of one deviation of the grain a pixel."""

HARD_PLATES: dict[str, Chain] = {
    "clean-rain": Chain((TEST_SCENERY["rain"],)),
    "clean-snow": Chain((TEST_SCENERY["snow"],)),
    "clean-sparks": Chain((TEST_SCENERY["sparks"], TEST_SCENERY["embers"])),
    "clean-glitter": Chain((TEST_SCENERY["glitter"],)),
    "clean-lights": Chain((TEST_SCENERY["lights"],)),
    "clean-text": Chain((TEST_SCENERY["text"], TEST_SCENERY["counter"])),
    "clean-flash": Chain((TEST_SCENERY["flashes"],)),
    "clean-birds": Chain((TEST_SCENERY["flyers"], TEST_SCENERY["confetti"])),
    "clean-eyes": Chain((TEST_SCENERY["eyes"],)),
}
"""Scenes with something that a detector of dirt may take for dirt."""

STRUCTURES: dict[str, Structures] = {
    "clean-structures": TEST_STRUCTURES["panning"],
    "clean-structures-standing": TEST_STRUCTURES["standing"],
}
"""Scenes with something that a detector of line scratches may take for one, in a panning and in a standing shot."""

REPAIR_PLATES: dict[str, Chain] = {
    "repair-dirt-grain": Chain((Grain(std=(0.02, 0.035)),)),
    "repair-faint": Chain((Grain(std=FAINT_GRAIN_STD),)),
    **HARD_PLATES,
    **{name: Chain((stage, Passer(), Grain(std=(0.006, 0.015)))) for name, stage in STRUCTURES.items()},
}


def seen(frames: Iterable[Frame], preset: str, seed: int, frame_count: int) -> Iterator[Frame]:
    """Yield the clip as the preset's camera sees it: as it is, or its first frame in a panning or standing shot."""
    if preset not in STRUCTURES:
        yield from frames
        return
    source = iter(frames)
    first = next(source, None)
    if first is None:
        return
    plan = STRUCTURES[preset].plan(ClipInfo(frame_count, *first.shape[:2]), seed)
    yield from held(_again(first, source), plan.turned_px)


def _again(first: Frame, rest: Iterator[Frame]) -> Iterator[Frame]:
    yield first
    yield from rest


REPAIR_CLIPS = (
    *("cockatoo", "pedestrians", "ocean", "city"),
    *("made-stream-1", "made-dogs-park-1", "made-nuthatch-1", "made-circuit-board-1"),
    *("night", "cup", "made-autumn-hills-1", "made-dogs-window-1", "made-sunset-1"),
    *("made-butterfly-1", "made-rain-drops-1", "made-maple-leaf-1"),
)
"""Eight clips of the test split and eight of the validation split for the quick mode of the repair's bench: faces and
feathers, crowds, waves, a night with lamps and a cut, running water, fine lines, drops, sharp edges and soft ones."""
