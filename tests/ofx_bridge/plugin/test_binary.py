"""What the file shows to the host's loader, and what it leaves behind."""

from __future__ import annotations

import _ctypes
import ctypes
import gc
import plistlib
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pyopenfx
from pyopenfx.bundle import binary_path
from support.clips import moving_scene
from support.engines import RunningEngine
from support.nodes import DEFLICKER, interleaved

from .conftest import Stage
from .raw_host import RawHost

ENTRY_POINTS = {"OfxGetPlugin", "OfxGetNumberOfPlugins", "OfxSetHost"}


def _threads() -> int:
    return len(list(Path("/proc/self/task").iterdir()))


def _settles_at(threads: int) -> bool:
    """Python's join returns a little before the system has ended a thread."""
    give_up = time.monotonic() + 5
    while _threads() > threads and time.monotonic() < give_up:
        time.sleep(0.01)
    return _threads() <= threads


def _output_of(*command: str | Path) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_binary_shows_its_entry_points_and_nothing_else(bundle_path: Path) -> None:
    shown = _output_of("nm", "-D", "--defined-only", binary_path(bundle_path))
    assert {line.split()[-1] for line in shown.splitlines()} == ENTRY_POINTS


def test_binary_brings_its_own_cpp_runtime(bundle_path: Path) -> None:
    needed = _output_of("readelf", "--dynamic", binary_path(bundle_path))
    assert "libstdc++" not in needed
    assert "libgcc_s" not in needed
    assert "libprotobuf" not in needed


def test_binary_is_not_pinned_in_memory(bundle_path: Path) -> None:
    assert "NODELETE" not in _output_of("readelf", "--dynamic", binary_path(bundle_path))
    unique = [line for line in _output_of("nm", "-D", binary_path(bundle_path)).splitlines() if " u " in line]
    assert unique == []


def test_info_plist_names_the_binary(bundle_path: Path) -> None:
    with (bundle_path / "Contents" / "Info.plist").open("rb") as file:
        info = plistlib.load(file)
    assert info["CFBundleExecutable"] == binary_path(bundle_path).name
    assert info["CFBundlePackageType"] == "BNDL"


def test_bundle_is_unmapped_when_it_is_closed_and_loads_again(bundle_copy: Path) -> None:
    for _ in range(20):
        with pyopenfx.load(bundle_copy) as bundle:
            assert bundle.plugin(DEFLICKER).describe("filter").label == "Deflicker"
            assert pyopenfx.is_resident(bundle_copy)
        assert not pyopenfx.is_resident(bundle_copy)


def test_bundle_that_has_rendered_is_unmapped_and_leaves_no_thread(
    bundle_copy: Path, shared_engine: RunningEngine
) -> None:
    frames = moving_scene(5)
    settings = pyopenfx.InstanceSettings(size=(96, 64), frames=(0, 4))
    for _ in range(3):
        with pyopenfx.load(bundle_copy) as bundle:
            threads_before = _threads()
            with bundle.plugin(DEFLICKER).create(settings) as effect, ThreadPoolExecutor(2) as pool:
                effect.set_source(lambda frame: interleaved(frames[frame]))
                effect.set("engineAddress", shared_engine.address)
                assert len(list(pool.map(effect.render, range(5)))) == 5
            assert _settles_at(threads_before)
        assert not pyopenfx.is_resident(bundle_copy)


class HeapUse(ctypes.Structure):
    """glibc's mallinfo2."""

    _fields_ = tuple((f"field{index}", ctypes.c_size_t) for index in range(10))


def _heap_bytes() -> int:
    mallinfo2 = ctypes.CDLL(None).mallinfo2
    mallinfo2.restype = HeapUse
    return int(mallinfo2().field7)  # uordblks: bytes in use


def test_loading_and_unloading_over_and_over_keeps_no_memory(bundle_path: Path) -> None:
    def load() -> None:
        library = ctypes.CDLL(str(binary_path(bundle_path)))
        assert library.OfxGetNumberOfPlugins() >= 1
        _ctypes.dlclose(library._handle)

    for _ in range(20):
        load()
    before = _heap_bytes()
    for _ in range(100):
        load()
    gc.collect()
    assert _heap_bytes() - before < 100 * 5_000


def test_connections_are_closed_when_the_bundle_is(bundle_copy: Path, shared_engine: RunningEngine) -> None:
    def sockets() -> int:
        links = (entry.readlink() for entry in Path("/proc/self/fd").iterdir() if entry.is_symlink())
        return sum(str(link).startswith("socket:") for link in links)

    frames = moving_scene(3)
    settings = pyopenfx.InstanceSettings(size=(96, 64), frames=(0, 2))
    before = sockets()
    with pyopenfx.load(bundle_copy) as bundle, bundle.plugin(DEFLICKER).create(settings) as effect:
        effect.set_source(lambda frame: interleaved(frames[frame]))
        effect.set("engineAddress", shared_engine.address)
        effect.render(1)
        assert sockets() > before
    assert sockets() == before


def test_loading_and_describing_open_no_connection_and_start_no_thread(
    bundle_copy: Path, no_engine: str, tmp_path: Path
) -> None:
    threads_before = _threads()
    before = set(tmp_path.iterdir())
    with pyopenfx.load(bundle_copy) as bundle:
        bundle.plugin(DEFLICKER).describe("general")
        assert _threads() == threads_before
    assert set(tmp_path.iterdir()) == before, "something was started or written"


def test_many_threads_may_describe_at_once(bundle: pyopenfx.Bundle) -> None:
    together = threading.Barrier(8)

    def describe(_thread: int) -> list[str]:
        together.wait(20)
        plugin = bundle.plugin(DEFLICKER)
        found = [plugin.describe(context) for _ in range(40) for context in ("filter", "general")]
        return [" ".join(param.name for param in description.params) for description in found]

    with ThreadPoolExecutor(8) as pool:
        panels = {panel for many in pool.map(describe, range(8)) for panel in many}
    assert len(panels) == 1
    assert "strength" in panels.pop()


def test_a_host_may_set_itself_load_and_create_anew_for_every_frame_on_many_threads(stage: Stage) -> None:
    """As MLT does, without an Unload between."""
    host = RawHost()
    together = threading.Barrier(4)

    def play(_thread: int) -> list[int]:
        together.wait(20)
        statuses = []
        for _frame in range(15):
            plugin = stage.loaded(host)
            plugin.start()
            statuses.append(plugin.act("OfxActionDestroyInstance")[0])
        return statuses

    with ThreadPoolExecutor(4) as pool:
        statuses = [status for many in pool.map(play, range(4)) for status in many]
    assert (set(statuses), host.shows) == ({0}, [])
