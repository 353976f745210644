"""The same frame in, the same frame out: whatever was asked before, on any number of threads, in little memory."""

from __future__ import annotations

import threading

import numpy as np
import pytest

from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip, render_frame
from reelmend.effects.effect import Rendered
from reelmend.effects.renderer import Job
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, Frames, moving_scene
from support.repair_models import BrightColumn, repair_renderer, repaired

COUNT = 14
ALL = ("result", "matte", "classes", "overlay")
SETTINGS: dict[str, dict[str, object]] = {
    "as it comes": {},
    "without lines": {"scratches": False},
    "linear": {"input_transfer": "linear"},
    "sensitive": {"blotch_sensitivity": 0.9, "protect_highlights": 0.7, "radius": 3},
}


@pytest.fixture(scope="module")
def frames() -> Frames:
    """A moving scene with specks, a flash, a cut, a repeated frame, and a pixel that is no number."""
    scene = moving_scene(COUNT, width=120, height=75)
    rng = np.random.default_rng(8)
    for frame in scene:
        for _ in range(4):
            y, x = rng.integers(4, 70), rng.integers(4, 110)
            frame[:, y : y + 3, x : x + 4] = rng.choice([0.02, 0.95])
    scene[4] = 1.0
    scene[7] = scene[6]
    scene[10:] = moving_scene(4, width=120, height=75, seed=9) * np.float32(0.3)
    scene[11, 0, 30, 40] = np.nan
    return scene


def told_bits(rendered: Rendered) -> tuple[object, ...]:
    planes = {name: planes.tobytes() for name, planes in rendered.planes.items()}
    return planes, rendered.detections, rendered.first_frame_used, rendered.last_frame_used


@pytest.mark.parametrize("name", SETTINGS)
def test_frames_asked_cold_have_the_bits_of_a_whole_run(store: ModelStore, frames: Frames, name: str) -> None:
    played = repaired(repair_renderer(store, lines=BrightColumn), frames, outputs=ALL, **SETTINGS[name])
    for frame in (0, 3, 4, 5, 7, 9, 10, 11, 13):
        renderer = repair_renderer(store, lines=BrightColumn)
        cold = repaired(renderer, frames, [frame], outputs=ALL, **SETTINGS[name])
        assert told_bits(cold[frame]) == told_bits(played[frame]), frame


def test_four_threads_to_a_graph_give_the_bits_of_one(store: ModelStore, frames: Frames) -> None:
    one, four = (repaired(repair_renderer(store, threads=threads), frames, outputs=ALL) for threads in (1, 4))
    assert [told_bits(one[n]) for n in range(COUNT)] == [told_bits(four[n]) for n in range(COUNT)]


def test_four_requests_at_once_give_the_bits_of_one_by_one(store: ModelStore, frames: Frames) -> None:
    expected = repaired(repair_renderer(store, lines=BrightColumn), frames, outputs=ALL)
    renderer, clip = repair_renderer(store, lines=BrightColumn), RememberedClip(ArrayClip(frames))
    told: dict[tuple[int, int], Rendered] = {}
    barrier = threading.Barrier(4)

    def ask(who: int) -> None:
        barrier.wait()
        for frame in range(who, COUNT, 2):
            render_frame(
                renderer,
                "repair",
                {},
                clip,
                frame,
                6,
                output=ALL[0],
                outputs=ALL[1:],
                told=lambda n, rendered: told.__setitem__((who, n), rendered),
            )

    threads = [threading.Thread(target=ask, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {frame for _, frame in told} == set(range(COUNT))
    for (_, frame), rendered in told.items():
        assert told_bits(rendered) == told_bits(expected[frame]), frame


@pytest.mark.parametrize(
    ("name", "budget_bytes"),
    [("as it comes", 1_700_000), ("as it comes", 2_600_000), ("without lines", 1_700_000), ("linear", 4_000_000)],
)
def test_memory_that_forgets_between_requests_changes_no_bit(
    store: ModelStore, frames: Frames, budget_bytes: int, name: str
) -> None:
    plenty = repaired(repair_renderer(store, lines=BrightColumn), frames, outputs=ALL, **SETTINGS[name])
    renderer = repair_renderer(store, budget_bytes=budget_bytes, lines=BrightColumn)
    for frame in (6, 7, 3, 12, 2, 3, 13, 4):
        again = repaired(renderer, frames, [frame], outputs=ALL, **SETTINGS[name])
        assert told_bits(again[frame]) == told_bits(plenty[frame]), frame
        assert renderer.memory.used_bytes <= budget_bytes


def test_outputs_asked_for_alone_are_those_asked_for_together(store: ModelStore, frames: Frames) -> None:
    together = repaired(repair_renderer(store), frames, [6], outputs=ALL)[6]
    for name in ALL:
        alone = repaired(repair_renderer(store), frames, [6], outputs=(name,))[6]
        assert alone.planes[name].tobytes() == together.planes[name].tobytes()
        assert alone.detections == together.detections


def test_each_frame_is_read_once(store: ModelStore, frames: Frames) -> None:
    scene = frames.copy()
    scene[4] = scene[3]
    clip = ArrayClip(scene)
    for _ in render_clip(repair_renderer(store, lines=BrightColumn), "repair", {}, clip, range(COUNT)):
        pass
    assert set(clip.reads.values()) == {1}


def test_change_of_a_threshold_runs_no_graph_again(store: ModelStore, frames: Frames) -> None:
    renderer, clip = repair_renderer(store), RememberedClip(ArrayClip(frames))
    infer: list[float] = []

    def finished(**values: object) -> None:
        window = clip.window(6, 6)
        render = renderer.begin(Job("repair", 6, 0, COUNT - 1, window, values, outputs=("matte",)))
        for need in render.needed:
            render.supply(need, clip.pixels(need.ref.frame, need.form))
        render.finish()
        infer.append(render.spent_ms.get("infer", 0.0))

    finished()
    finished(blotch_sensitivity=0.9, protect_motion=1.0)
    assert infer[0] > 0
    assert infer[1] == 0


def test_doubled_frames_are_read_again_at_the_most_until_enough_are_held(store: ModelStore) -> None:
    clip = ArrayClip(np.repeat(moving_scene(24, width=48, height=36), 2, axis=0))
    for _ in render_clip(repair_renderer(store, lines=BrightColumn), "repair", {}, clip, range(48)):
        pass
    assert sum(clip.reads.values()) <= 48 + 6
