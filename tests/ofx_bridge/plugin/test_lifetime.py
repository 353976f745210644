"""Whatever a host does to the plug-in's life, or leaves out of its own: a status of the standard, and no crash."""

from __future__ import annotations

import ctypes
import gc
import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import pyopenfx
from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import DEFLICKER, interleaved, node, planar

from .conftest import Stage
from .raw_host import (
    EFFECT_FUNCTIONS,
    MESSAGE_FUNCTIONS,
    OK,
    PARAMETER_FUNCTIONS,
    PROPERTY_FUNCTIONS,
    REPLY_DEFAULT,
    Picture,
    RawHost,
)

STANDARD = {OK, REPLY_DEFAULT, 1, 2, 4, 8}  # Failed, ErrFatal, ErrMissingHostFeature, ErrMemory
LIFE: list[tuple[str, dict[str, list[object]]]] = [
    ("OfxActionLoad", {}),
    ("OfxActionDescribe", {}),
    ("OfxImageEffectActionDescribeInContext", {"OfxImageEffectPropContext": ["OfxImageEffectContextFilter"]}),
    ("OfxActionCreateInstance", {}),
    ("OfxImageEffectActionGetClipPreferences", {}),
    ("OfxImageEffectActionGetFramesNeeded", {"OfxPropTime": [5.0]}),
    ("OfxImageEffectActionGetRegionOfDefinition", {"OfxPropTime": [5.0]}),
    ("OfxImageEffectActionGetRegionsOfInterest", {"OfxPropTime": [5.0]}),
    ("OfxImageEffectActionIsIdentity", {"OfxPropTime": [5.0]}),
    ("OfxImageEffectActionBeginSequenceRender", {"OfxPropIsInteractive": [0]}),
    ("OfxImageEffectActionRender", {"OfxPropTime": [5.0]}),
    ("OfxActionInstanceChanged", {"OfxPropChangeReason": ["OfxChangeUserEdited"]}),
    ("OfxImageEffectActionEndSequenceRender", {"OfxPropIsInteractive": [0]}),
    ("OfxActionPurgeCaches", {}),
    ("OfxActionSyncPrivateData", {}),
    ("OfxActionBeginInstanceChanged", {"OfxPropChangeReason": ["OfxChangeUserEdited"]}),
    ("OfxActionEndInstanceChanged", {"OfxPropChangeReason": ["OfxChangeUserEdited"]}),
    ("OfxActionNobodyKnows", {}),
    ("OfxActionDestroyInstance", {}),
    ("OfxActionUnload", {}),
]
FUNCTIONS = [
    name
    for name in [*PROPERTY_FUNCTIONS, *EFFECT_FUNCTIONS, *PARAMETER_FUNCTIONS, *MESSAGE_FUNCTIONS]
    if not name.startswith("unused")
]
SUITES = ["OfxPropertySuite", "OfxImageEffectSuite", "OfxParameterSuite", "OfxMessageSuite"]


def _host() -> RawHost:
    return RawHost(lambda frame: Picture(np.full((6, 8, 4), 0.5 + 0.01 * frame, np.float32)))


def _live(stage: Stage, host: RawHost, address: str) -> list[int]:
    """Play a whole life and return the statuses."""
    plugin = stage.loaded(host)
    host.output = Picture(np.zeros((6, 8, 4), np.float32))
    host.values["engineAddress"] = address
    return [plugin.act(action, dict(arguments))[0] for action, arguments in LIFE]


@pytest.mark.parametrize("function", FUNCTIONS)
def test_host_may_leave_any_function_of_a_suite_null(stage: Stage, shared_engine: RunningEngine, function: str) -> None:
    host = _host()
    host.missing_functions = {function}
    host.__post_init__()  # the suites anew, without it
    assert set(_live(stage, host, shared_engine.address)) <= STANDARD
    assert host.images_held == 0 or function == "clipReleaseImage"


@pytest.mark.parametrize("suite", SUITES)
def test_host_may_lack_any_suite(stage: Stage, shared_engine: RunningEngine, suite: str) -> None:
    host = _host()
    host.withheld_suites = {suite}
    statuses = _live(stage, host, shared_engine.address)
    assert set(statuses) <= STANDARD
    assert (statuses[0] == OK) == (suite == "OfxMessageSuite")


@pytest.mark.parametrize("missing", ["OfxPropTime", "everything"])
def test_host_may_forget_arguments(stage: Stage, shared_engine: RunningEngine, missing: str) -> None:
    host = _host()
    plugin = stage.started(host)
    host.output = Picture(np.zeros((6, 8, 4), np.float32))
    host.values["engineAddress"] = shared_engine.address
    for action, _arguments in LIFE[4:18]:
        handle = None if missing == "everything" else host.properties({})
        answers = None if missing == "everything" else host.properties({})
        assert plugin.table.mainEntry(action.encode(), plugin.effect, handle, answers) in STANDARD
        assert plugin.table.mainEntry(action.encode(), None, handle, answers) in STANDARD
    assert plugin.table.mainEntry(None, plugin.effect, None, None) in STANDARD


def test_life_may_be_lived_out_of_order(stage: Stage, shared_engine: RunningEngine) -> None:
    host = _host()
    plugin = stage.loaded(host)
    host.output = Picture(np.zeros((6, 8, 4), np.float32))
    host.values["engineAddress"] = shared_engine.address
    rng = np.random.default_rng(23)
    created = False
    for index in rng.integers(0, len(LIFE), 400):
        action, arguments = LIFE[index]
        # An instance that is made twice is the host's own leak.
        if created and action == "OfxActionCreateInstance":
            continue
        status, _answers = plugin.act(action, dict(arguments))
        assert status in STANDARD, (action, status)
        created = action == "OfxActionCreateInstance" or (created and action != "OfxActionDestroyInstance")
    plugin.act("OfxActionDestroyInstance")


def test_load_and_describe_may_come_again_and_again(stage: Stage) -> None:
    host = _host()
    plugin = stage.loaded(host)
    panels = []
    for _ in range(3):
        host.defined.clear()
        for action, arguments in LIFE[:3] * 2:
            assert plugin.act(action, dict(arguments))[0] == OK
        panels.append(sorted(host.defined))
    assert panels[0] == panels[1] == panels[2] != []
    assert host.shows == []


def test_render_without_an_instance_ever_made_is_served(stage: Stage, shared_engine: RunningEngine) -> None:
    host = _host()
    plugin = stage.loaded(host)
    for action, arguments in LIFE[:3]:
        plugin.act(action, dict(arguments))
    host.values["engineAddress"] = shared_engine.address
    assert plugin.render(5, Picture(np.zeros((6, 8, 4), np.float32))) == OK


def test_an_instance_for_every_frame_leaves_nothing_behind(
    bundle: pyopenfx.Bundle, shared_engine: RunningEngine
) -> None:
    frames = with_flicker(moving_scene(6, width=48, height=32))
    settings = pyopenfx.InstanceSettings(size=(48, 32), frames=(0, 5))

    def render(frame: int) -> None:
        with bundle.plugin(DEFLICKER).create(settings) as effect:
            effect.set_source(lambda number: interleaved(frames[number]))
            effect.set("engineAddress", shared_engine.address)
            effect.render(frame)
            fetched = effect.fetches["Source"]
            assert (effect.images_held, fetched.given) == (0, fetched.released)

    _assert_flat(lambda: [render(frame) for frame in range(6)], warm=3, rounds=15, bytes_a_round=20_000)


def test_memory_is_flat_while_a_sequence_is_played_over_and_over(shared_engine: RunningEngine) -> None:
    frames = with_flicker(moving_scene(40, width=48, height=32))
    with node(frames, shared_engine.address) as effect, effect.sequence() as sequence:
        _assert_flat(lambda: [sequence.render(frame) for frame in range(40)], warm=2, rounds=8, bytes_a_round=20_000)
        fetched = effect.fetches["Source"]
        assert (effect.images_held, fetched.given) == (0, fetched.released)


class _HeapUse(ctypes.Structure):
    """glibc's mallinfo2."""

    _fields_ = tuple((f"field{index}", ctypes.c_size_t) for index in range(10))


def _assert_flat(action: Callable[[], object], warm: int, rounds: int, bytes_a_round: int) -> None:
    """Repeat `action` and hold the bytes that it leaves on the heap to a limit for each round."""

    def heap_bytes() -> int:
        gc.collect()
        mallinfo2 = ctypes.CDLL(None).mallinfo2
        mallinfo2.restype = _HeapUse
        use = mallinfo2()
        return int(use.field7 + use.field3)  # in use, in arenas and in maps of their own

    for _ in range(warm):
        action()
    before = heap_bytes()
    for _ in range(rounds):
        action()
    assert heap_bytes() - before < rounds * bytes_a_round


FORKING = """
import os, sys
sys.path[:0] = {path!r}
import numpy as np
from support.clips import moving_scene, with_flicker
from support.nodes import node, planar
frames = with_flicker(moving_scene(8, width=48, height=32))
with node(frames, {address!r}) as effect, effect.sequence() as sequence:
    before = planar(sequence.render(4))
    child = os.fork()
    if child == 0:
        same = all(np.array_equal(planar(sequence.render(4)), before) for _ in range(3))
        os._exit(0 if same else 3)
    parent = [np.array_equal(planar(sequence.render(4)), before) for _ in range(3)]
    _pid, status = os.waitpid(child, 0)
    assert os.waitstatus_to_exitcode(status) == 0, status
    assert all(parent)
    assert np.array_equal(planar(sequence.render(4)), before), "the child must have left the parent's streams alone"
    assert effect.messages == []
"""


def test_host_may_fork_and_both_go_on(shared_engine: RunningEngine) -> None:
    program = FORKING.format(path=sys.path, address=shared_engine.address)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, env=os.environ, check=False
    )
    assert done.returncode == 0, done.stderr


def test_many_instances_on_many_threads_share_one_engine_and_give_the_same_bits(
    bundle: pyopenfx.Bundle, shared_engine: RunningEngine
) -> None:
    frames = with_flicker(moving_scene(10, width=48, height=32))
    settings = pyopenfx.InstanceSettings(size=(48, 32), frames=(0, 9))
    effects = [bundle.plugin(DEFLICKER).create(settings) for _ in range(6)]
    for effect in effects:
        effect.set_source(lambda frame: interleaved(frames[frame]))
        effect.set("engineAddress", shared_engine.address)
    expected = [planar(effects[0].render(frame)) for frame in range(10)]
    with ThreadPoolExecutor(8) as pool:
        jobs = [(index % 6, index % 10) for index in range(60)]
        for (_which, frame), picture in zip(
            jobs, pool.map(lambda job: planar(effects[job[0]].render(job[1])), jobs), strict=True
        ):
            assert np.array_equal(picture, expected[frame])
    for effect in effects:
        effect.close()
