"""Real engines in processes of their own."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


@dataclass
class RunningEngine:
    """An engine process that is ready to answer."""

    process: subprocess.Popen[str]
    address: str

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(10)

    def stop(self) -> int:
        """End it with SIGTERM and return its exit status."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(15)


def start_engine(address: str, *options: str, program: str = "reelmend") -> RunningEngine:
    """Return an engine that serves `address`; raises AssertionError with what it said when it doesn't come up.

    `program`: the module that is run, which takes the arguments of `reelmend`. It ends by itself when nobody calls for
    five minutes: a test run that is killed leaves nothing running.
    """
    if "--idle-exit" not in options:
        options = (*options, "--idle-exit", "300")
    process = subprocess.Popen(
        [sys.executable, "-m", program, "serve", "--address", address, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONUNBUFFERED": "1"},
    )
    assert process.stdout is not None
    line = process.stdout.readline()
    if "ready at" not in line:
        process.wait(10)
        assert process.stderr is not None
        raise AssertionError(f"the engine did not start: {line}{process.stderr.read()}")
    return RunningEngine(process, line.split("ready at ")[1].split(" on ")[0])


@contextlib.contextmanager
def engine(*options: str, address: str | None = None, program: str = "reelmend") -> Iterator[RunningEngine]:
    """An engine on a socket in a folder of its own, stopped afterwards."""
    with tempfile.TemporaryDirectory(prefix="reelmend-test-") as folder:
        running = start_engine(address or f"unix:{Path(folder) / 'engine.sock'}", *options, program=program)
        try:
            yield running
        finally:
            if running.process.poll() is None:
                running.stop()
            for pipe in (running.process.stdout, running.process.stderr):
                if pipe is not None:
                    pipe.close()
