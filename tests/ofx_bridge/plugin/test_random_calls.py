"""Hosts that do anything at any time: no crash, no hang, no leak, no status outside of the standard.

A few sequences of calls run with the other tests. `REELMEND_RANDOM_CALLS=10000` runs as many as it says.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.client import EngineClient
from reelmend.errors import ReelmendError
from support.nodes import DEFLICKER

SEQUENCES = int(os.environ.get("REELMEND_RANDOM_CALLS", "30"))
BATCH = 200
STEPS = 14
LAST_FRAME = 9
TIMEOUT_S = 15.0
HANG_S = TIMEOUT_S + 10.0  # one wait for an engine to come up beside the frame's own
# kOfxStatFailed, -ErrFatal, -ErrMissingHostFeature, -ErrMemory: what the standard lets actions answer beside OK.
REFUSALS = {1, 2, 4, 8}
DTYPES = {"byte": np.uint8, "short": np.uint16, "half": np.float16, "float": np.float32}
CHANNELS = {"RGBA": 4, "RGB": 3, "Alpha": 1}
SCALES = [(1.0, 1.0), (0.5, 0.5), (0.25, 0.25), (0.5, 1.0)]
times = st.one_of(st.integers(-2, LAST_FRAME + 2).map(float), st.floats(-1e6, 1e6), st.floats(0, LAST_FRAME))


def one_in(chances: int) -> st.SearchStrategy[bool]:
    """True once in so many draws: for what takes seconds."""
    return st.integers(0, chances - 1).map(lambda drawn: drawn == chances // 2)


class Clip:
    """Pictures made from a number, which an edit changes; some frames may be missing."""

    def __init__(self, options: pyopenfx.InstanceSettings, seed: int) -> None:
        self.options = options
        self.seed = seed
        self.missing: set[int] = set()

    def __call__(self, frame: int) -> np.ndarray | None:
        return self.picture(frame, CHANNELS[self.options.components])

    def picture(self, frame: int, channels: int) -> np.ndarray | None:
        if frame in self.missing:
            return None
        width, height = self.options.size
        rng = np.random.default_rng(self.seed)
        picture = rng.random((height, width, channels)) * (0.5 + 0.05 * (frame % 7))
        if self.options.depth in ("half", "float"):
            return picture.astype(DTYPES[self.options.depth])
        return (picture * np.iinfo(DTYPES[self.options.depth]).max).astype(DTYPES[self.options.depth])


class Node:
    """An instance with the sequence that may be open on it."""

    def __init__(self, bundle: pyopenfx.Bundle, options: pyopenfx.InstanceSettings, seed: int, address: str) -> None:
        self.options = options
        self.clip = Clip(options, seed)
        self.effect = bundle.plugin(DEFLICKER).create(options)
        self.effect.set_source(self.clip)
        self.effect.set("engineAddress", address)
        self.effect.set("timeout", TIMEOUT_S)
        self.effect.set("radius", 2)
        self.open = ExitStack()
        self.sequence: Any = self.effect

    def check(self) -> None:
        assert self.effect.violations == []
        assert self.effect.images_held == 0, "source images were not given back"
        for fetched in self.effect.fetches.values():
            assert fetched.given == fetched.released

    def close(self) -> None:
        self.open.close()
        self.check()
        self.effect.close()


class AnyHost(RuleBasedStateMachine):
    """One process that loads, makes, renders and breaks off as it likes."""

    address = ""
    outcomes: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.bundle = pyopenfx.load(find_bundle())
        self.nodes: list[Node] = []

    def node(self, pick: int) -> Node:
        return self.nodes[pick % len(self.nodes)]

    def within_limits(self, action: Callable[[], object]) -> None:
        """Run what may be refused, in words and in time."""
        started = time.monotonic()
        try:
            action()
            self.outcomes["ok"] += 1
        except pyopenfx.OfxError as error:
            assert error.status in REFUSALS, error
            assert error.message
            self.outcomes["refused"] += 1
        assert time.monotonic() - started < HANG_S

    # --- life ---

    @precondition(lambda self: len(self.nodes) < 3)
    @rule(
        depth=st.sampled_from(sorted(DTYPES)),
        components=st.sampled_from(["RGBA", "RGBA", "RGB", "Alpha"]),
        rows=st.sampled_from(["bottom-up", "top-down"]),
        field_order=st.sampled_from(["none", "none", "lower", "upper"]),
        context=st.sampled_from(["filter", "general"]),
        size=st.sampled_from([(16, 12), (7, 5), (1, 1), (33, 2)]),
        origin=st.sampled_from([(0, 0), (-3, 5)]),
        seed=st.integers(0, 3),
    )
    def create(self, seed: int, size: tuple[int, int], **options: Any) -> None:
        guards = {"guard_bytes": 32, "row_padding_bytes": 8}
        made = pyopenfx.InstanceSettings(size=size, frames=(0, LAST_FRAME), **guards, **options)
        self.nodes.append(Node(self.bundle, made, seed, self.address))

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2))
    def destroy(self, pick: int) -> None:
        node = self.node(pick)
        self.nodes.remove(node)
        node.close()

    @rule()
    def unload_and_load_again(self) -> None:
        self.close_all()
        self.bundle = pyopenfx.load(find_bundle())

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2), way=st.sampled_from(["purge_caches", "sync_private_data", "drop_cache"]))
    def tidy(self, pick: int, way: str) -> None:
        self.within_limits(getattr(self.node(pick).effect, way))

    # --- the panel and what lies above the node ---

    @precondition(lambda self: self.nodes)
    @rule(
        pick=st.integers(0, 2),
        value=st.one_of(
            st.tuples(st.just("strength"), st.floats(0, 1)),
            st.tuples(st.just("radius"), st.integers(1, 4)),
            st.tuples(st.just("view"), st.integers(0, 4)),
            st.tuples(st.just("pixelRoute"), st.integers(0, 2)),
            st.tuples(st.just("withoutNeighbours"), st.integers(0, 2)),
            st.tuples(st.just("fieldOrder"), st.integers(0, 3)),
        ),
    )
    def set_parameter(self, pick: int, value: tuple[str, Any]) -> None:
        effect = self.node(pick).effect
        if value[0] in effect.param_names:
            with contextlib.suppress(pyopenfx.OfxError):  # the host's own: no such option
                effect.set(*value)

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2), seed=st.integers(0, 3), missing=st.sets(st.integers(0, LAST_FRAME), max_size=2))
    def edit_above(self, pick: int, seed: int, missing: set[int]) -> None:
        node = self.node(pick)
        node.clip.seed, node.clip.missing = seed, missing
        node.effect.drop_cache()

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2), connected=st.booleans())
    def connect(self, pick: int, connected: bool) -> None:
        node = self.node(pick)
        if connected:
            node.effect.set_source(node.clip)
        else:
            node.effect.remove_source()

    @precondition(lambda self: self.nodes)
    @rule(
        pick=st.integers(0, 2),
        channels=st.sampled_from([0, 1, 3, 4]),
        frames=st.sampled_from([(0, LAST_FRAME), (4, 4), (7, 12)]),
        offset=st.sampled_from([(0, 0), (2, -1), (100, 100)]),
    )
    def mask(self, pick: int, channels: int, frames: tuple[int, int], offset: tuple[int, int]) -> None:
        """Connect a mask, which may lie elsewhere, or disconnect it, where the node has that input."""
        node = self.node(pick)
        with contextlib.suppress(pyopenfx.OfxError):
            if not channels:
                node.effect.remove_source("Mask")
                return
            origin = (node.options.origin[0] + offset[0], node.options.origin[1] + offset[1])
            masks = Clip(node.options, node.clip.seed + 1)
            node.effect.set_source(
                lambda frame: masks.picture(frame, channels),
                clip="Mask", channels=channels, frames=frames, origin=origin,
            )  # fmt: skip

    # --- rendering ---

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2), interactive=st.booleans(), first=times, last=times)
    def begin(self, pick: int, interactive: bool, first: float, last: float) -> None:
        node = self.node(pick)
        if node.sequence is node.effect:
            node.sequence = node.open.enter_context(node.effect.sequence(first, last, interactive=interactive))

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2))
    def end(self, pick: int) -> None:
        node = self.node(pick)
        node.open.close()
        node.sequence = node.effect

    @precondition(lambda self: self.nodes)
    @rule(
        pick=st.integers(0, 2),
        at=times,
        scale=st.sampled_from(SCALES),
        abort_after_s=st.one_of(st.none(), st.sampled_from([0.0, 0.002, 0.01])),
        honour_identity=st.booleans(),
    )
    def render(
        self, pick: int, at: float, scale: tuple[float, float], abort_after_s: float | None, honour_identity: bool
    ) -> None:
        node = self.node(pick)
        options: dict[str, Any] = {"honour_identity": honour_identity}
        if abort_after_s is not None:
            stop_at = time.monotonic() + abort_after_s
            options["abort"] = lambda: time.monotonic() >= stop_at
        if node.sequence is node.effect:
            options["scale"] = scale
        self.within_limits(lambda: node.sequence.render(at, **options))
        node.check()

    @precondition(lambda self: self.nodes)
    @rule(
        pick=st.integers(0, 2), start=st.integers(0, LAST_FRAME), window=st.sampled_from([(0, 0, 1, 1), (2, 1, 9, 4)])
    )
    def render_a_part(self, pick: int, start: int, window: tuple[int, int, int, int]) -> None:
        node = self.node(pick)
        (x, y), (width, height) = node.options.origin, node.options.size
        part = (x + min(window[0], width - 1), y + min(window[1], height - 1), x + width, y + height)
        if node.options.field_order == "none":
            self.within_limits(lambda: node.sequence.render(start, window=part))

    @precondition(lambda self: self.nodes)
    @rule(order=st.lists(st.tuples(st.integers(0, 2), st.integers(-1, LAST_FRAME + 1)), min_size=2, max_size=8))
    def render_on_threads(self, order: list[tuple[int, int]]) -> None:
        with ThreadPoolExecutor(4) as pool:
            for _ in pool.map(lambda job: self.within_limits(lambda: self.node(job[0]).sequence.render(job[1])), order):
                pass
        for node in self.nodes:
            node.check()

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2), at=times)
    def ask(self, pick: int, at: float) -> None:
        effect = self.node(pick).effect
        for question in (effect.frames_needed, effect.region_of_definition, effect.is_identity):
            self.within_limits(lambda question=question: question(at))  # type: ignore[misc]
        self.within_limits(effect.clip_preferences)

    # --- the engine ---

    @precondition(lambda self: self.nodes)
    @rule(
        pick=st.integers(0, 2), at=st.integers(0, LAST_FRAME), now=one_in(24), kind=st.sampled_from(["/bin", "x", ""])
    )
    def call_nobody(self, pick: int, at: int, now: bool, kind: str) -> None:
        """An address that can't be one, or where nobody can ever listen."""
        effect = self.node(pick).effect
        if now:
            effect.set("engineAddress", f"unix:/proc/none{kind}/engine.sock" if kind != "x" else "nonsense")
            self.within_limits(lambda: effect.render(at))
            effect.set("engineAddress", self.address)

    @precondition(lambda self: self.nodes)
    @rule(pick=st.integers(0, 2), at=st.integers(0, LAST_FRAME), now=one_in(64), meanwhile=st.booleans())
    def kill_the_engine(self, pick: int, at: int, now: bool, meanwhile: bool) -> None:
        """The node starts another one."""
        if not now:
            return
        node = self.node(pick)
        killing = threading.Timer(0.003 if meanwhile else 0.0, _kill_engine, [self.address])
        killing.start()
        if not meanwhile:
            killing.join()
        self.within_limits(lambda: node.sequence.render(at))
        killing.join()
        self.within_limits(lambda: node.sequence.render(at))

    def close_all(self) -> None:
        for node in self.nodes:
            node.close()
        self.nodes.clear()
        self.bundle.close()

    def teardown(self) -> None:
        self.close_all()


def _kill_engine(address: str) -> None:
    with contextlib.suppress(ReelmendError, ProcessLookupError), EngineClient(address) as client:
        os.kill(client.info().process_id, signal.SIGKILL)


@pytest.fixture
def any_host(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[type[AnyHost]]:
    """Hosts whose engine listens where the nodes bring it up themselves."""
    monkeypatch.setenv("REELMEND_RUNTIME_DIR", str(tmp_path / "run"))
    monkeypatch.setenv("REELMEND_ENGINE_COMMAND", f"{sys.executable} -m reelmend serve --idle-exit 300")
    AnyHost.address = f"unix:{tmp_path / 'run' / 'engine.sock'}"
    yield AnyHost
    _kill_engine(AnyHost.address)


def _resources() -> tuple[int, int, int]:
    """Return the resident MiB, the open descriptors and the threads of this process."""
    gc.collect()
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") >> 20
    return resident, len(list(Path("/proc/self/fd").iterdir())), len(list(Path("/proc/self/task").iterdir()))


@pytest.mark.timeout(7200 if SEQUENCES > 1000 else 120)
@pytest.mark.filterwarnings("ignore::pyopenfx.SourceWarning")
def test_random_calls_neither_crash_nor_hang_nor_leak(any_host: type[AnyHost]) -> None:
    def run(sequences: int) -> None:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            any_host,
            settings=settings(
                max_examples=sequences,
                stateful_step_count=STEPS,
                deadline=None,
                database=None,
                derandomize=SEQUENCES <= BATCH,
                suppress_health_check=list(HealthCheck),
            ),
        )

    run(min(SEQUENCES, BATCH))  # what is made once a process is made now
    resident_mib, descriptors, threads = _resources()
    # In batches: hypothesis remembers what it has tried, which would look like a leak.
    for done in range(0, SEQUENCES, BATCH):
        run(min(BATCH, SEQUENCES - done))
        after_mib, after_descriptors, after_threads = _resources()
        calls = dict(any_host.outcomes)
        print(f"{done + BATCH} sequences: {after_mib} MiB, {after_descriptors} descriptors, calls {calls}", flush=True)
        assert after_descriptors <= descriptors
        assert after_threads <= threads
        assert after_mib - resident_mib < 40
    assert any_host.outcomes["ok"] > any_host.outcomes["refused"] > 0, "most calls must do something"
