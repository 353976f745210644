"""The node and its engine: started when nobody answers, once for all who ask, and replaced when it dies."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import pytest

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.client import EngineClient
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.errors import UnavailableError
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.nodes import instance_in, node, planar

COUNT = 16
PARAMETERS = {"radius": 3, "timeout": 20.0}


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return with_flicker(moving_scene(COUNT))


@pytest.fixture(scope="module")
def reference(frames: np.ndarray) -> dict[int, np.ndarray]:
    renderer = Renderer(ModelStore.default())
    return dict(render_clip(renderer, "deflicker", {"radius": 3}, ArrayClip(frames), range(COUNT)))


@pytest.fixture
def own_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An address where the node will start an engine of its own, which is ended afterwards."""
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", f"{sys.executable} -m reelmend serve")
    address = f"unix:{tmp_path}/run/engine.sock"
    yield address
    try:
        os.kill(engine_pid(address), signal.SIGTERM)
    except UnavailableError:
        return
    wait_until(lambda: not (tmp_path / "run" / "engine.sock").exists())


def engine_pid(address: str) -> int:
    with EngineClient(address) as client:
        return client.info().process_id


def wait_until(condition: object, seconds: float = 20.0) -> None:
    ends = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < ends, "waited in vain"
        time.sleep(0.05)


def test_node_starts_the_engine_when_none_answers(
    own_address: str, frames: np.ndarray, reference: dict[int, np.ndarray]
) -> None:
    with node(frames, "", parameters=PARAMETERS) as instance:
        assert planar(instance.render(7)).tobytes() == reference[7].tobytes()
        assert instance.messages == []
    assert engine_pid(own_address) != os.getpid()


def test_kill_in_the_middle_of_a_sequence_costs_one_frame_at_most(
    own_address: str, frames: np.ndarray, reference: dict[int, np.ndarray]
) -> None:
    failed = []
    with node(frames, "", parameters=PARAMETERS) as instance, instance.sequence() as sequence:
        for number in range(COUNT):
            if number in (5, 9):
                os.kill(engine_pid(own_address), signal.SIGKILL)
            started = time.monotonic()
            try:
                assert planar(sequence.render(number)).tobytes() == reference[number].tobytes()
            except pyopenfx.OfxError as error:
                failed.append(number)
                assert own_address in str(error)
            assert time.monotonic() - started < 25
    assert set(failed) <= {5, 9}


def test_kill_while_a_frame_is_being_rendered_never_hangs(
    own_address: str, frames: np.ndarray, reference: dict[int, np.ndarray]
) -> None:
    wide = np.repeat(np.repeat(frames, 8, axis=2), 8, axis=3)
    with node(wide, "", parameters=PARAMETERS) as instance:
        instance.render(0)
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(instance.render, 5)
            time.sleep(0.03)
            os.kill(engine_pid(own_address), signal.SIGKILL)
            try:
                pending.result(timeout=30)
            except pyopenfx.OfxError as error:
                assert own_address in str(error)
        assert instance.render(6).shape == (512, 768, 4)


def test_one_engine_starts_however_many_processes_and_instances_ask_at_once(
    own_address: str, frames: np.ndarray
) -> None:
    script = (
        "import sys; from support.nodes import node; from support.clips import moving_scene, with_flicker\n"
        "with node(with_flicker(moving_scene(16)), '', parameters={'radius': 3}) as n: n.render(int(sys.argv[1]))"
    )
    here = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    others = [
        subprocess.Popen([sys.executable, "-c", script, str(n)], stderr=subprocess.PIPE, env=here) for n in (2, 3, 4)
    ]
    with pyopenfx.load(find_bundle()) as bundle, ExitStack() as stack, ThreadPoolExecutor(4) as pool:
        first, second = (stack.enter_context(instance_in(bundle, frames, "", 0, PARAMETERS)) for _ in range(2))
        list(pool.map(lambda job: job[0].render(job[1]), [(first, 1), (second, 5), (first, 9), (second, 12)]))
    for process in others:
        _, said = process.communicate(timeout=90)
        assert process.returncode == 0, said.decode()
    found = subprocess.run(["pgrep", "-fc", f"reelmend serve --address {own_address}"], capture_output=True, text=True)
    assert found.stdout.strip() == "1"


def test_engine_that_cannot_start_is_said_in_words_and_the_source_stands_in_the_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, frames: np.ndarray
) -> None:
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", "/nonexistent/reelmend serve")
    with node(frames, "", parameters=PARAMETERS) as instance:
        started = time.monotonic()
        with pytest.raises(pyopenfx.OfxError, match=r"/nonexistent/reelmend"):
            instance.render(7)
        assert time.monotonic() - started < 25
        assert instance.persistent_message is not None


def test_frame_that_the_host_cannot_give_is_named(shared_engine: object, frames: np.ndarray) -> None:
    address = shared_engine.address  # type: ignore[attr-defined]
    with node(frames, address, parameters=PARAMETERS) as instance:
        instance.set_source(lambda frame: None if frame == 8 else np.ones((64, 96, 4), np.float32))
        with pytest.raises(pyopenfx.OfxError, match=r"frame 8"):
            instance.render(7)
        assert instance.render(3).shape == (64, 96, 4)
