"""The bench's own engine, in a process of its own: started, asked, stopped."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reelmend.inference.models import MODELS_VARIABLE
from reelmend.quality.bench.material import BenchError

IDLE_EXIT_S = 300
STOP_S = 15


class Counters(Protocol):
    """What an engine counts: the pixel bytes that came and went since it started."""

    @property
    def bytes_received(self) -> int: ...

    @property
    def bytes_sent(self) -> int: ...


@dataclass(frozen=True)
class EngineProcess:
    """An engine that is ready. `counters` asks it what it counted so far."""

    address: str
    process_id: int
    counters: Callable[[], Counters]


@contextlib.contextmanager
def engine_process(
    open_counters: Callable[[str], contextlib.AbstractContextManager[Callable[[], Counters]]],
    module: str,
    memory_bytes: int,
    models: Sequence[Path] = (),
) -> Iterator[EngineProcess]:
    """Run `python -m module ADDRESS MEMORY_BYTES`, which serves an engine; stop it afterwards, whatever happened.

    Ctrl-C reaches the bench alone, which then stops the engine. It also ends by itself when nobody calls for long.
    Raises BenchError with what it said when it does not come up.
    """
    with tempfile.TemporaryDirectory(prefix="reelmend-bench-") as folder:
        named = [*map(str, models), os.environ.get(MODELS_VARIABLE, "")]
        environment = {**os.environ, MODELS_VARIABLE: os.pathsep.join(filter(None, named)), "PYTHONUNBUFFERED": "1"}
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, sys.path))
        socket, log = Path(folder) / "engine.sock", Path(folder) / "engine.log"
        with log.open("wb") as said:
            process = subprocess.Popen(
                [sys.executable, "-m", module, f"unix:{socket}", str(memory_bytes), str(IDLE_EXIT_S)],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=said,
                env=environment,
                start_new_session=True,
            )
        try:
            assert process.stdout is not None
            if b"ready" not in process.stdout.readline():
                process.wait(STOP_S)
                last = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
                raise BenchError(f"the bench's engine did not start: {' '.join(last) or 'it said nothing'}")
            with open_counters(f"unix:{socket}") as counters:
                yield EngineProcess(f"unix:{socket}", process.pid, counters)
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
    if process.stdout is not None:
        process.stdout.close()
