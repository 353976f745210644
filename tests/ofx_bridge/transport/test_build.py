"""The native unit tests pass, and what links the transport exports nothing of it."""

from __future__ import annotations

import subprocess
from pathlib import Path


def test_unit_tests_pass(transport_build: Path) -> None:
    done = subprocess.run([transport_build / "transport_tests"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    assert "0 broken expectations" in done.stdout


def test_a_shared_object_exports_only_its_own_symbol(transport_build: Path) -> None:
    library = transport_build / "libtransport_exports.so"
    listed = subprocess.run(["nm", "-D", "--defined-only", library], capture_output=True, text=True, check=True).stdout
    assert [line.split()[-1] for line in listed.splitlines()] == ["exported_by_test"]
    needed = subprocess.run(["objdump", "-p", library], capture_output=True, text=True, check=True).stdout
    assert "libnghttp2.so" in needed
    assert "libprotobuf" not in needed
