"""What a process holds is read where the system says it."""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path

import numpy as np
import pytest

from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.soak.memory import held_by

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def test_memory_that_is_touched_is_resident_and_private() -> None:
    before = held_by(os.getpid())
    fresh = mmap.mmap(-1, 64 << 20, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS)  # numpy's may be some that was freed
    np.frombuffer(fresh, np.uint8)[:] = 1
    after = held_by(os.getpid())
    assert 60 < after.private_mib - before.private_mib < 80
    assert after.resident_mib >= after.private_mib


def test_open_files_are_counted(tmp_path: Path) -> None:
    before = held_by(os.getpid()).descriptors
    with (tmp_path / "one").open("w"), (tmp_path / "two").open("w"):
        assert held_by(os.getpid()).descriptors == before + 2


def test_a_process_that_has_ended_is_named() -> None:
    with pytest.raises(BenchError, match="process 999999999 holds can't be read"):
        held_by(999_999_999)
