"""The node and the life of its engine: brought up when needed, lost, brought up again."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import grpc
import numpy as np
import pytest

import pyopenfx
from support.clips import moving_scene
from support.engines import RunningEngine, engine
from support.nodes import DEFLICKER, interleaved, node, planar

FRAMES = moving_scene(8, width=48, height=32)
SETTINGS = pyopenfx.InstanceSettings(size=(48, 32), frames=(0, 7))


def _engines(folder: Path) -> list[int]:
    """Return the process ids of the engines that serve a socket in this folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
            ended = (entry / "stat").read_text().rsplit(")", 1)[1].split()[0] == "Z"
        except OSError:
            continue
        if b"serve" in words and any(str(folder).encode() in word for word in words) and not ended:
            found.append(int(entry.name))
    return found


@pytest.fixture
def own_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The folder of a user's own engine, which the node has to start; ended afterwards."""
    folder = tmp_path / "run"
    command = shlex.join([sys.executable, "-m", "reelmend", "serve"])
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(folder))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", command)
    yield folder
    for process in _engines(folder):
        os.kill(process, signal.SIGTERM)
    give_up = time.monotonic() + 10
    while _engines(folder) and time.monotonic() < give_up:
        time.sleep(0.05)


def test_first_frame_starts_one_engine_however_many_instances_and_threads_ask(
    bundle: pyopenfx.Bundle, own_engine: Path
) -> None:
    effects = [bundle.plugin(DEFLICKER).create(SETTINGS) for _ in range(3)]
    for effect in effects:
        effect.set_source(lambda frame: interleaved(FRAMES[frame]))
    assert _engines(own_engine) == []
    with ThreadPoolExecutor(6) as pool:
        pictures = list(pool.map(lambda index: effects[index % 3].render(index % 2), range(6)))
    assert len(_engines(own_engine)) == 1
    for index, picture in enumerate(pictures):
        assert np.array_equal(picture, pictures[index % 2])
    assert all(effect.messages == [] for effect in effects)


def test_engine_killed_in_the_middle_of_a_sequence_is_replaced(bundle: pyopenfx.Bundle, own_engine: Path) -> None:
    with bundle.plugin(DEFLICKER).create(SETTINGS) as effect, effect.sequence() as sequence:
        effect.set_source(lambda frame: interleaved(FRAMES[frame]))
        before = sequence.render(3)
        (first,) = _engines(own_engine)
        os.kill(first, signal.SIGKILL)
        # The engine that comes next knows no frame: what the node remembers of them must do.
        assert np.array_equal(sequence.render(3), before)
        assert sequence.render(4).shape == (32, 48, 4)
        (second,) = _engines(own_engine)
        assert second != first
        assert effect.persistent_message is None


def test_engine_starts_in_a_host_that_speaks_grpc_itself(
    bundle: pyopenfx.Bundle, own_engine: Path, shared_engine: RunningEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", "/bin/false")  # which says nothing of its own
    with ExitStack() as stack:
        # Live channels have pollers, which gRPC restarts in every forked child: some children died there, over
        # descriptors that they had closed.
        for number in range(4):
            options = [("grpc.primary_user_agent", f"host {number}")]  # channels that share no connection
            channel = stack.enter_context(grpc.insecure_channel(shared_engine.address, options=options))
            grpc.channel_ready_future(channel).result(10)
        effect = stack.enter_context(bundle.plugin(DEFLICKER).create(SETTINGS))
        effect.set_source(lambda frame: interleaved(FRAMES[frame]))
        for _ in range(40):
            with pytest.raises(pyopenfx.OfxError):
                effect.render(1)
        assert "ended without a word" in effect.messages[-1].text
    assert (own_engine / "engine.log").read_text() == ""


def test_engine_that_the_user_started_is_used_and_left_running(own_engine: Path) -> None:
    with engine() as users, node(FRAMES, users.address) as effect:
        effect.render(1)
        effect.close()
        assert users.process.poll() is None
    assert _engines(own_engine) == []


def test_engine_stopped_at_a_named_address_is_started_there_again(tmp_path: Path, own_engine: Path) -> None:
    address = f"unix:{own_engine / 'other.sock'}"
    own_engine.mkdir(mode=0o700)
    with node(FRAMES, address) as effect:
        with engine(address=address):
            picture = planar(effect.render(2))
        assert np.array_equal(planar(effect.render(2)), picture)
    assert len(_engines(own_engine)) == 1


def test_host_may_exit_without_unloading(bundle_path: Path, tmp_path: Path) -> None:
    program = f"""
import ctypes, os, sys
sys.path[:0] = {sys.path!r}
from support.clips import moving_scene
from support.engines import RunningEngine, engine
from support.nodes import node
frames = moving_scene(4)
with engine() as running:
    context = node(frames, running.address)
    effect = context.__enter__()
    assert effect.render(1).shape == (64, 96, 4)
import atexit
from pyopenfx import bundle
atexit.unregister(bundle._close_open_bundles)
sys.stdout.flush()
ctypes.CDLL(None).exit(7)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 7, done.stderr
