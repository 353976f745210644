"""`reelmend serve`: the engine behind a socket, for the node, the farm and any gRPC client."""

from __future__ import annotations

import logging
import os
import re
import sys
from typing import Annotated

import typer

from reelmend.addresses import default_address, parse_address
from reelmend.effects.renderer import Renderer
from reelmend.errors import BadRequestError
from reelmend.inference.models import ModelStore

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}


def serve(
    address: Annotated[
        str, typer.Option(help="unix:/path or 127.0.0.1:port (port 0: any free one). Default: this user's own socket.")
    ] = "",
    provider: Annotated[str, typer.Option(help="Where models run: cpu, cuda, tensorrt or auto.")] = "cpu",
    memory: Annotated[
        str, typer.Option(help="Memory for frames and what is known of them, such as 512M or 4G.")
    ] = "2G",
    idle_exit: Annotated[
        float, typer.Option(min=0, help="Stop after so many seconds without a call; 0: never.", metavar="SECONDS")
    ] = 0.0,
) -> None:
    """Serve the engine until SIGTERM or Ctrl-C. Prints one line when it is ready."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its own log lines say less than our errors do
    from reelmend.server.serve import serve as serve_until_stopped  # gRPC loads slowly; other commands need none

    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    where = parse_address(address) if address else default_address()
    renderer = Renderer(ModelStore.default(), provider, parse_bytes(memory))
    serve_until_stopped(renderer, where, idle_exit_s=idle_exit, on_ready=lambda bound: _say_ready(bound, renderer))


def parse_bytes(text: str) -> int:
    """Return the bytes that "512M" or "4G" spells, at least 16 MiB. Raises BadRequestError."""
    spelled = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    found = int(float(spelled[1]) * _UNITS[spelled[2].upper()]) if spelled else 0
    if found < 16 << 20:
        raise BadRequestError(f"--memory '{text}' is no size of at least 16M; give one such as 512M or 4G")
    return found


def _say_ready(bound: str, renderer: Renderer) -> None:
    print(f"reelmend engine ready at {bound} on {renderer.sessions.provider}", flush=True)
