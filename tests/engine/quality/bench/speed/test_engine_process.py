"""The bench's engine: it is asked, it ends with the bench, and it says why it did not start."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

import pytest

from reelmend.cli.bench_speed import ENGINE_MODULE, counters_of
from reelmend.quality.bench.material import BenchError
from reelmend.quality.bench.speed.engine_process import engine_process


def test_it_counts_what_crosses_and_is_gone_afterwards() -> None:
    with engine_process(counters_of, ENGINE_MODULE, 64 << 20) as engine:
        assert (engine.counters().bytes_received, engine.counters().bytes_sent) == (0, 0)
        assert Path(f"/proc/{engine.process_id}").exists()
        socket = Path(engine.address.removeprefix("unix:"))
        assert socket.exists()
    assert not Path(f"/proc/{engine.process_id}").exists()
    assert not socket.parent.exists()


def test_it_is_stopped_when_the_bench_fails() -> None:
    with pytest.raises(RuntimeError, match="the bench broke"):
        with engine_process(counters_of, ENGINE_MODULE, 64 << 20) as engine:
            raise RuntimeError("the bench broke")
    assert not Path(f"/proc/{engine.process_id}").exists()


def test_an_engine_that_does_not_start_says_why() -> None:
    with pytest.raises(BenchError, match=r"the bench's engine did not start: .*No module named"):
        with engine_process(lambda _: nullcontext(), "reelmend.no_such_engine", 64 << 20):  # type: ignore[arg-type]
            pass
