"""What the portable binary asks of the machine that loads it, and that it renders what the other build renders.

No Rocky Linux 8 is to be had here: its C library is held to by version, and the bundle is run on this machine.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from pyopenfx.bundle import binary_path
from reelmend.bundle import find_bundle
from support.engines import RunningEngine

# The first of these tests builds the bundle; zig's own C++ library takes most of that time.
pytestmark = [pytest.mark.timeout(900), pytest.mark.xdist_group("portable bundle")]

OLDEST_GLIBC = (2, 28)
OF_THE_C_LIBRARY = {"libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "ld-linux-x86-64.so.2"}
ENTRY_POINTS = {"OfxGetPlugin", "OfxGetNumberOfPlugins", "OfxSetHost"}

RENDER = """
import hashlib, sys
import numpy as np, pyopenfx
bundle, engine = sys.argv[1:]
pictures = np.random.default_rng(0).random((5, 48, 64, 4)).astype(np.float32)
for _ in range(2):
    with pyopenfx.load(bundle) as loaded:
        settings = pyopenfx.InstanceSettings(size=(64, 48), frames=(0, 4))
        with loaded.plugin("org.reelmend.Deflicker").create(settings) as effect:
            effect.set_source(pictures)
            effect.set("engineAddress", engine)
            print(*(hashlib.sha256(picture.tobytes()).hexdigest() for _, picture in effect.render_frames()))
            assert not effect.violations, effect.violations
    assert not pyopenfx.is_resident(bundle)
"""

FAIL = """
import sys
import numpy as np, pyopenfx
with pyopenfx.load(sys.argv[1]) as loaded:
    settings = pyopenfx.InstanceSettings(size=(4, 4), frames=(0, 0))
    with loaded.plugin("org.reelmend.Deflicker").create(settings) as effect:
        effect.set_source(np.zeros((1, 4, 4, 4), np.float32))
        effect.set("engineAddress", "no address")
        try:
            effect.render(0)
        except pyopenfx.OfxError as error:
            print(error)
"""


def readelf(binary: Path, *options: str) -> str:
    return subprocess.run(["readelf", "-W", *options, binary], capture_output=True, text=True, check=True).stdout


@pytest.fixture(scope="module")
def binary(portable_bundle: Path) -> Path:
    return binary_path(portable_bundle)


def dynamic_entries(binary: Path) -> dict[str, list[str]]:
    entries: dict[str, list[str]] = {}
    for tag, value in re.findall(r"^ 0x[0-9a-f]+ \((\w+)\) +(.*)$", readelf(binary, "--dynamic"), re.MULTILINE):
        entries.setdefault(tag, []).append(value)
    return entries


def dynamic_symbols(binary: Path) -> list[list[str]]:
    """Return binding, visibility, section and name of every symbol that the loader sees."""
    lines = readelf(binary, "--dyn-syms").splitlines()
    return [line.split()[4:8] for line in lines if re.match(r" *\d+: ", line) and len(line.split()) > 7]


def test_no_symbol_is_younger_than_the_oldest_c_library(binary: Path) -> None:
    needs = readelf(binary, "--version-info").split("Version needs section")[1]
    names = set(re.findall(r"Name: (\S+)", needs))
    assert names, "the binary needs no versions at all, which can't be"
    assert {name.split("_")[0] for name in names} == {"GLIBC"}, names
    versions = {tuple(map(int, name.removeprefix("GLIBC_").split("."))) for name in names}
    assert max(versions) <= OLDEST_GLIBC, sorted(versions)


def test_no_library_but_the_c_library_is_needed(binary: Path) -> None:
    needed = {re.sub(r".*\[(.*)\]", r"\1", value) for value in dynamic_entries(binary)["NEEDED"]}
    assert "libc.so.6" in needed
    assert needed <= OF_THE_C_LIBRARY


def test_every_undefined_symbol_is_one_of_the_c_library(binary: Path) -> None:
    undefined = [symbol for symbol in dynamic_symbols(binary) if symbol[2] == "UND"]
    assert any(name.startswith("malloc@") for *_, name in undefined)
    unversioned = [name for binding, _, _, name in undefined if binding != "WEAK" and "@GLIBC_" not in name]
    assert unversioned == []


def test_entry_points_are_shown_and_nothing_else_and_nothing_is_unique(binary: Path) -> None:
    defined = [symbol for symbol in dynamic_symbols(binary) if symbol[2] != "UND"]
    assert {name for *_, name in defined} == ENTRY_POINTS
    assert {binding for binding, *_ in defined} == {"GLOBAL"}
    assert "UNIQUE" not in readelf(binary, "--symbols")


def test_loader_of_2_28_knows_every_instruction_to_it(binary: Path) -> None:
    entries = dynamic_entries(binary)
    assert entries.keys().isdisjoint({"RELR", "TEXTREL", "RPATH", "RUNPATH"}), entries.keys()
    assert "NODELETE" not in "".join(entries.get("FLAGS_1", []))
    stack = next(line for line in readelf(binary, "--program-headers").splitlines() if "GNU_STACK" in line)
    assert "RWE" not in stack
    assert "x86-64-v" not in readelf(binary, "--notes"), "it would refuse older processors"


def test_bundle_is_small_and_whole(portable_bundle: Path, binary: Path) -> None:
    assert binary.stat().st_size < 4 << 20
    other = find_bundle() / "Contents"
    mine = portable_bundle / "Contents"
    resources = [path.relative_to(mine) for path in mine.glob("Resources/*")]
    assert {path.name for path in resources} == {path.name for path in other.glob("Resources/*")} - {"engine.json"}
    for path in [*resources, Path("Info.plist")]:
        assert (mine / path).read_bytes() == (other / path).read_bytes(), path


def in_a_process_of_its_own(program: str, *arguments: str | Path) -> str:
    """Return what it prints. A crash while the process ends, after the bundle was unmapped, fails too."""
    done = subprocess.run(
        [sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, (done.returncode, done.stderr)
    return done.stdout


def test_it_renders_the_very_bits_of_the_other_build_and_is_unmapped(
    portable_bundle: Path, shared_engine: RunningEngine
) -> None:
    portable = in_a_process_of_its_own(RENDER, portable_bundle, shared_engine.address)
    assert len(portable.split()) == 10
    assert portable == in_a_process_of_its_own(RENDER, find_bundle(), shared_engine.address)


def test_exceptions_stay_inside_and_come_out_as_words(portable_bundle: Path) -> None:
    assert "no address" in in_a_process_of_its_own(FAIL, portable_bundle)
