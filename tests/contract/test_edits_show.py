"""An edit above the node shows in the next frame, also in the middle of a sequence."""

from __future__ import annotations

import numpy as np

from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import interleaved, node, planar


def test_source_that_changes_in_mid_sequence_is_seen(shared_engine: RunningEngine) -> None:
    frames = with_flicker(moving_scene(12))
    edited = frames * np.float32(0.5)
    shown = {"frames": frames}
    with node(frames, shared_engine.address, parameters={"radius": 3}) as instance, instance.sequence() as sequence:
        instance.set_source(lambda frame: interleaved(shown["frames"][frame]))
        before = planar(sequence.render(5))
        shown["frames"] = edited
        instance.drop_cache()
        after = planar(sequence.render(5))
    expected = {name: _cold(clip, 5) for name, clip in (("before", frames), ("after", edited))}
    assert before.tobytes() == expected["before"].tobytes()
    assert after.tobytes() == expected["after"].tobytes()


def _cold(clip: np.ndarray, frame: int) -> np.ndarray:
    renderer = Renderer(ModelStore.default())
    return next(iter(render_clip(renderer, "deflicker", {"radius": 3}, ArrayClip(clip), [frame])))[1]
