"""The engine that the bench starts: `python -m reelmend.cli.bench_engine ADDRESS MEMORY_BYTES IDLE_EXIT_S`.

The engine as `reelmend serve` runs it, with two effects more that only move frames.
"""

from __future__ import annotations

import os
import sys

from reelmend.addresses import parse_address
from reelmend.effects.renderer import Renderer
from reelmend.quality.bench.speed.bench_effects import BenchModels, bench_effects


def main(arguments: list[str]) -> int:
    """Serve until SIGTERM; prints one line when it is ready."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")
    from reelmend.server.serve import serve

    address, memory_bytes, idle_exit_s = arguments
    renderer = Renderer(BenchModels(), memory_bytes=int(memory_bytes), effects=bench_effects())
    serve(renderer, parse_address(address), idle_exit_s=float(idle_exit_s), on_ready=_say_ready)
    return 0


def _say_ready(bound: str) -> None:
    print(f"ready at {bound}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
