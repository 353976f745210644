"""The native unit tests pass, and what links the transport exports nothing of it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from .conftest import ROOT


@pytest.mark.parametrize("program", ["transport_tests", "transport_pixel_tests"])
def test_native_tests_pass(transport_build: Path, program: str) -> None:
    done = subprocess.run([transport_build / program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken expectations" in done.stdout


def test_the_plain_loops_can_be_forced(transport_build: Path) -> None:
    command = [transport_build / "transport_pixel_tests", "quick"]
    env = os.environ | {"REELMEND_PLAIN_PIXELS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, env=env, check=True)
    assert done.stdout.startswith("the fast loops here: plain\n")
    usual = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    cpu = Path("/proc/cpuinfo").read_text()
    assert usual.startswith(f"the fast loops here: {'AVX2' if ' avx2 ' in cpu and ' f16c ' in cpu else 'plain'}\n")


def test_a_shared_object_exports_only_its_own_symbol(transport_build: Path) -> None:
    library = transport_build / "libtransport_exports.so"
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in listed.splitlines()] == ["exported_by_test"]
    needed = subprocess.run(["objdump", "-p", library], capture_output=True, text=True, check=True).stdout
    assert "libnghttp2.so" in needed
    assert "libprotobuf" not in needed


def test_only_the_platform_folder_includes_headers_of_an_operating_system() -> None:
    system_header = re.compile(
        r"#\s*include\s*<(?:sys/|netinet/|arpa/|mach/|linux/|windows|winsock|unistd|fcntl|poll|dlfcn|pthread|signal|"
        r"csignal|spawn|sched|netdb|termios|semaphore)"
    )
    sources = [
        path
        for folder in ("transport", "plugin", "ofxpp")
        for path in (ROOT / "ofx_bridge" / folder).rglob("*")
        if path.suffix in {".cpp", ".h", ".c", ".inc"}
    ]
    including = {path.parent.relative_to(ROOT).as_posix() for path in sources if system_header.search(path.read_text())}
    assert including == {"ofx_bridge/transport/src/platform/linux"}
    assert len(sources) > 60
