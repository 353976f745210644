"""What thousands of frames and connects, and clients that are killed, leave behind in a real engine: nothing.

Counts are small here, so that every run can afford them; `make soak` sets REELMEND_SOAK=1 and takes the full ones.
"""

from __future__ import annotations

import os
import random
import statistics
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass
from pathlib import Path

import numpy as np
import pytest

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine, engine

FULL = os.environ.get("REELMEND_SOAK") == "1"
CONNECTS = 1000 if FULL else 100
KILLED = 100 if FULL else 6
FRAMES = 5000 if FULL else 250
FLAT = 1.05
RADIUS = 2
PARAMETERS = {"radius": RADIUS}


@dataclass(frozen=True)
class Footprint:
    """What an engine holds of its machine."""

    resident_bytes: int
    descriptors: int
    threads: int
    segments: int

    @classmethod
    def of(cls, running: RunningEngine) -> Footprint:
        process_id = running.process.pid
        status = Path(f"/proc/{process_id}/status").read_text(encoding="ascii", errors="replace")
        fields = dict(line.split(":", 1) for line in status.splitlines())
        return cls(
            int(fields["VmRSS"].split()[0]) << 10,
            len(list(Path(f"/proc/{process_id}/fd").iterdir())),
            int(fields["Threads"]),
            len(list(Path("/dev/shm").glob(f"reelmend-{process_id}-*"))),
        )


def wait_until(condition: Callable[[], bool], what: str, seconds: float = 15) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, what
        time.sleep(0.02)


@pytest.fixture(scope="module")
def small() -> Iterator[RunningEngine]:
    with engine("--memory", "32M") as running:
        yield running


def test_connects_and_disconnects_leave_nothing(small: RunningEngine) -> None:
    clip = RememberedClip(ArrayClip(with_flicker(moving_scene(6))))

    def connect(number: int) -> None:
        with EngineClient(small.address, random.choice(list(Route))) as client:
            client.render(clip, number % 6, "deflicker", RADIUS, PARAMETERS)

    def connects(count: int) -> Footprint:
        """Return the most that the engine held of each."""
        found = []
        for number in range(count):
            connect(number)
            found.append(Footprint.of(small))
        return Footprint(*map(max, zip(*map(astuple, found), strict=True)))

    before = connects(80)
    connects(CONNECTS)
    after = connects(80)
    assert after.resident_bytes <= before.resident_bytes * FLAT
    # A connection that ends beside the next one's start is counted with it.
    assert after.descriptors <= before.descriptors + 3
    assert after.threads <= before.threads + 2
    wait_until(lambda: Footprint.of(small).segments == 0, "slots are left behind")


KILLED_CLIENT = """
import sys, time
import grpc, numpy as np
from reelmend.frames import FrameFormat, FrameRef, content_digest
from reelmend.rpc import convert
from reelmend.rpc.chunks import chunk_messages, read_response, write_message
from reelmend.rpc.v1 import engine_pb2 as pb
address, seed = sys.argv[1], int(sys.argv[2])
def start(route, client, frames):
    refs = [FrameRef(n, content_digest(f), FrameFormat.of(f)) for n, f in enumerate(frames)]
    window = pb.ClipWindow(clip="Source", last_frame=2, frames=[convert.ref_to_message(ref) for ref in refs])
    return pb.RenderRequest(start=pb.RenderStart(request_id=1, effect="deflicker", route=route, client_id=client,
        clips=[window], outputs=[pb.OutputRequest(output="result", time_frames=1)]))
calls = []
for kind in range(6):
    frames = np.random.default_rng([seed, kind]).random((3, 3, 512, 512), dtype=np.float32)
    channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
    todo = [start(1 + kind % 2, f"killed-{seed}-{kind}", frames)]
    if kind in (2, 4): # in the middle of an upload in the stream
        todo += list(chunk_messages(frames[0], 1, 0))[:1]
    if kind in (3, 5): # one slot filled, the others not
        todo += [pb.RenderRequest(pixels_in_slot=pb.PixelsInSlot(request_id=1, needed_index=0))]
    def requests(todo=todo):
        yield from todo
        time.sleep(60)
    call = channel.stream_stream("/reelmend.rpc.v1.EngineService/Render", write_message, read_response)(requests())
    assert next(call).WhichOneof("message") == "needed"
    calls.append((call, channel))
print("asked", flush=True)
time.sleep(60)
"""


def test_clients_killed_in_the_middle_leave_no_slot_stream_or_descriptor(flickering_clip: ArrayClip) -> None:
    with engine("--memory", "256M") as running, EngineClient(running.address) as client:
        clip = RememberedClip(flickering_clip)
        client.render(clip, 3, "deflicker", RADIUS, PARAMETERS)
        before = Footprint.of(running)

        def kill_one(seed: int) -> None:
            script = [sys.executable, "-c", KILLED_CLIENT, running.address, str(seed)]
            with subprocess.Popen(script, stdout=subprocess.PIPE, text=True) as process:
                assert process.stdout is not None
                assert process.stdout.readline() == "asked\n"
                assert Footprint.of(running).segments > before.segments
                process.kill()

        with ThreadPoolExecutor(2) as pool:
            list(pool.map(kill_one, range(KILLED)))
        wait_until(lambda: client.info().streams_open == 1, "streams of killed clients stay", 5)
        wait_until(lambda: Footprint.of(running).segments <= before.segments, "slots of killed clients stay", 5)
        wait_until(lambda: Footprint.of(running).descriptors <= before.descriptors, "descriptors stay", 5)
        assert client.render(clip, 4, "deflicker", RADIUS, PARAMETERS).shape == (3, 64, 96)


class EndlessClip:
    """A clip that never shows a frame twice, as cheap to make as can be."""

    first_frame, last_frame = 0, 10**9

    def __init__(self, width: int, height: int) -> None:
        self._texture = np.random.default_rng(2).random((3, height, width), dtype=np.float32)

    def read(self, frame: int) -> np.ndarray:
        planes = self._texture.copy()
        planes[:, 0, 0] = frame
        return planes


@pytest.mark.parametrize("route", Route)
def test_memory_stays_flat_over_thousands_of_frames(route: Route) -> None:
    # So little that features fill it soon: what is still to be learned of a clip is no leak.
    with engine("--memory", "16M") as running, EngineClient(running.address, route) as client:
        clip = RememberedClip(EndlessClip(640, 288), held_bytes=16 << 20)
        found = []
        for number in range(FRAMES):
            client.render(clip, number, "deflicker", RADIUS, PARAMETERS)
            if number >= 100:
                found.append(Footprint.of(running))
        fifth = len(found) // 5
        early, late = found[fifth : 2 * fifth], found[-fifth:]
        resident_bytes = [statistics.median(print_.resident_bytes for print_ in part) for part in (early, late)]
        assert resident_bytes[1] <= resident_bytes[0] * FLAT
        assert max(print_.descriptors for print_ in late) <= max(print_.descriptors for print_ in early) + 4
        assert max(print_.threads for print_ in late) <= max(print_.threads for print_ in early) + 2
        assert client.info().memory_used_bytes <= 16 << 20


def test_budget_is_kept_by_many_clients_and_no_eviction_changes_a_bit() -> None:
    budget_bytes, count = 40 << 20, 8 if FULL else 5
    frames = [with_flicker(moving_scene(6, 512, 288, seed), seed) for seed in range(count)]
    wanted = [
        dict(render_clip(Renderer(ModelStore.default()), "deflicker", PARAMETERS, ArrayClip(clip), range(6)))
        for clip in frames
    ]
    with engine("--memory", "40M") as running, EngineClient(running.address) as watcher:
        with EngineClient(running.address) as first:
            first.render(RememberedClip(ArrayClip(frames[0])), 0, "deflicker", RADIUS, PARAMETERS)
        idle_bytes = Footprint.of(running).resident_bytes
        most: list[int] = []
        done = threading.Event()

        def watch() -> None:
            while not done.wait(0.05):
                most.append(Footprint.of(running).resident_bytes)
                assert watcher.info().memory_used_bytes <= budget_bytes

        def play(seed: int) -> None:
            order = random.Random(seed).choices(range(6), k=60 if FULL else 6)
            clip = RememberedClip(ArrayClip(frames[seed]))
            with EngineClient(running.address, Route.SHARED_MEMORY if seed % 3 else Route.IN_STREAM) as client:
                for number in order:
                    found = client.render(clip, number, "deflicker", RADIUS, PARAMETERS)
                    assert found.tobytes() == wanted[seed][number].tobytes(), f"clip {seed}, frame {number}"

        with ThreadPoolExecutor(count + 1) as pool:
            watching = pool.submit(watch)
            for played in [pool.submit(play, seed) for seed in range(count)]:
                played.result(120)
            done.set()
            watching.result()
        # Beside the budget: what ONNX Runtime and gRPC need for a frame of each client.
        assert max(most) - idle_bytes <= budget_bytes + count * 3 * frames[0][0].nbytes + (32 << 20)
