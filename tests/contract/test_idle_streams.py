"""A node and another client on an engine with one place: each in turn loses its idle stream, and neither notices."""

from __future__ import annotations

from reelmend.client import EngineClient
from reelmend.clips import RememberedClip
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import engine
from support.nodes import node, planar

PARAMETERS = {"radius": 3}


def test_node_whose_idle_stream_made_room_renders_on_without_a_word() -> None:
    frames = with_flicker(moving_scene(8))
    with engine("--max-streams", "1") as running, EngineClient(running.address) as other:
        with node(frames, running.address, parameters=PARAMETERS) as instance:
            for number in range(8):
                ours = planar(instance.render(number))
                theirs = other.render(RememberedClip(ArrayClip(frames)), number, "deflicker", 3, PARAMETERS)
                assert ours.tobytes() == theirs.tobytes()
                assert other.info().streams_open == 1
            assert instance.messages == []
