"""`reelmend serve`: the engine behind a socket, for the node, the farm and any gRPC client."""

from __future__ import annotations

import json
import logging
import os
import re
import resource
import sys
import time
from enum import StrEnum
from typing import Annotated

import typer

from reelmend.addresses import default_address, parse_address
from reelmend.effects.renderer import Renderer
from reelmend.errors import BadRequestError, ReelmendError
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.warm_up import warm_up as warm_up_models

_UNITS = {"": 1, "K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_STREAMS = 96
_QUEUE = 256

logger = logging.getLogger(__name__)


class LogFormat(StrEnum):
    """How the log reads."""

    TEXT = "text"
    JSON = "json"


def serve(
    address: Annotated[
        str, typer.Option(help="unix:/path or 127.0.0.1:port (port 0: any free one). Default: this user's own socket.")
    ] = "",
    provider: Annotated[str, typer.Option(help="Where models run: cpu, cuda, tensorrt or auto.")] = "cpu",
    memory: Annotated[
        str, typer.Option(help="Memory for frames, slots and what is known of them, such as 512M or 4G.")
    ] = "2G",
    threads: Annotated[
        int, typer.Option(min=0, help="Threads that a graph runs on; 0: as many as the machine has.")
    ] = 0,
    queue: Annotated[
        int, typer.Option(min=1, help="Frames that may wait for their turn; more are told to return.")
    ] = _QUEUE,
    max_streams: Annotated[
        int, typer.Option(min=1, max=1024, help="Streams that may be open, one for each thread that renders.")
    ] = _STREAMS,
    warm_up: Annotated[bool, typer.Option(help="Load the models before the first frame asks for them.")] = True,
    idle_exit: Annotated[
        float, typer.Option(min=0, help="Stop after so many seconds without a call; 0: never.", metavar="SECONDS")
    ] = 0.0,
    log_format: Annotated[
        LogFormat, typer.Option(help="The log on stderr: lines of text, or of JSON.")
    ] = LogFormat.TEXT,
) -> None:
    """Serve the engine until SIGTERM or Ctrl-C. Prints one line when it is ready."""
    os.environ.setdefault("GRPC_VERBOSITY", "NONE")  # its own log lines say less than our errors do
    from reelmend.server.serve import serve as serve_until_stopped  # gRPC loads slowly; other commands need none

    _start_log(log_format)
    _allow_descriptors()
    where = parse_address(address) if address else default_address()
    renderer = Renderer(ModelStore.default(), provider, parse_bytes(memory), threads=threads, queue=queue)
    logger.info("models run on %s", renderer.sessions.choice)
    serve_until_stopped(
        renderer,
        where,
        idle_exit_s=idle_exit,
        max_streams=max_streams,
        prepare=lambda: _warm_up(renderer) if warm_up else None,
        on_ready=lambda bound: _say_ready(bound, renderer),
    )


def parse_bytes(text: str) -> int:
    """Return the bytes that "512M" or "4G" spells, at least 16 MiB. Raises BadRequestError."""
    spelled = re.fullmatch(r"(\d+(?:\.\d+)?)\s*([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
    found = int(float(spelled[1]) * _UNITS[spelled[2].upper()]) if spelled else 0
    if found < 16 << 20:
        raise BadRequestError(f"--memory '{text}' is no size of at least 16M; give one such as 512M or 4G")
    return found


def _warm_up(renderer: Renderer) -> None:
    """Make each effect's own model ready. One that is broken is said in the log; the frame that needs it fails."""
    for name in sorted({effect.default_model for effect in renderer.effects.values()} - {""}):
        started = time.perf_counter()
        try:
            model: Model = renderer.models.get(name)
            warm_up_models(renderer.sessions, [model])
        except ReelmendError as error:
            logger.warning("model '%s' is not ready: %s", name, error)
        else:
            logger.info("model '%s' is ready after %.0f ms", name, 1000 * (time.perf_counter() - started))


def _say_ready(bound: str, renderer: Renderer) -> None:
    print(f"reelmend engine ready at {bound} on {renderer.sessions.choice}", flush=True)


def _allow_descriptors() -> None:
    """Raise the limit of open files to what is allowed: each slot and each client holds one."""
    allowed = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, allowed))


def _start_log(form: LogFormat) -> None:
    handler = logging.StreamHandler(sys.stderr)
    text = logging.Formatter("%(asctime)s %(levelname)s %(message)s")
    handler.setFormatter(_JsonFormatter() if form is LogFormat.JSON else text)
    logging.basicConfig(level=logging.INFO, handlers=[handler])


class _JsonFormatter(logging.Formatter):
    """One JSON object a line: time, level, message, and the traceback if there is one."""

    def format(self, record: logging.LogRecord) -> str:
        entry = {"time": self.formatTime(record), "level": record.levelname, "message": record.getMessage()}
        if record.exc_info:
            entry["traceback"] = self.formatException(record.exc_info)
        return json.dumps(entry, ensure_ascii=False)
