"""Others on the machine are noticed; our own work is not taken for theirs."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from reelmend.quality.bench.speed.busy import Elsewhere

SPIN = "import time; end = time.monotonic() + {s}\nwhile time.monotonic() < end: pass"
linux = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")


def spun(seconds: float) -> None:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        pass


@linux
def test_a_process_of_ours_that_is_named_does_not_count_as_others() -> None:
    """Whatever else runs here, naming the process takes its own share away."""
    running = subprocess.Popen([sys.executable, "-c", SPIN.format(s=1.2)])
    try:
        named, unnamed = Elsewhere(), Elsewhere()
        named.except_for(running.pid)
        time.sleep(1.0)
        with_it, without_it = named.share(), unnamed.share()
    finally:
        running.kill()
        running.wait()
    assert with_it is not None
    assert without_it is not None
    assert without_it - with_it > 0.05 / 4  # a busy machine leaves the process little


@linux
def test_the_share_of_others_stays_a_share() -> None:
    elsewhere = Elsewhere()
    spun(0.3)
    share = elsewhere.share()
    assert share is not None
    assert 0.0 <= share <= 1.0
