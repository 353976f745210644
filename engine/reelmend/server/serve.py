"""Serves the engine on one address until it is told to stop: one engine an address, a clean end on SIGTERM."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from reelmend.addresses import Address, ensure_private_dir, runtime_dir
from reelmend.effects.renderer import Renderer
from reelmend.errors import BadRequestError
from reelmend.rpc.convert import MAX_MESSAGE_BYTES
from reelmend.rpc.v1 import engine_pb2
from reelmend.server.engine_service import EngineService, add_to_server
from reelmend.shared_memory import remove_orphans

logger = logging.getLogger(__name__)

# Each open stream holds a thread for as long as it lives.
MAX_STREAMS = 96
# Threads beside the streams': for short calls, and to say RESOURCE_EXHAUSTED to streams that find no place.
SPARE_THREADS = 32
MOST_REFLECTIONS = 8
GRACE_S = 3.0
TEND_S = 5.0
NEVER_MS = 2**31 - 1
# HTTP/2 frames as large as a chunk, and room for two chunks on their way: 16 KiB at a time costs twice the time.
FRAME_BYTES = (1 << 20) + 64
LOOKAHEAD_BYTES = 4 << 20
SERVICE = engine_pb2.DESCRIPTOR.services_by_name["EngineService"].full_name


def serve(
    renderer: Renderer,
    address: Address,
    *,
    idle_exit_s: float = 0.0,
    max_streams: int = MAX_STREAMS,
    prepare: Callable[[], None] = lambda: None,
    on_ready: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve until SIGTERM or SIGINT, or until no call was under way for `idle_exit_s` seconds (0: for ever).

    At most `max_streams` render streams are open at once: then the longest idle one makes room, or the newcomer is told
    when to try again. `prepare` runs beside the first calls: a node that has just started the engine may talk to it at
    once, and SIGTERM is heard while a model loads. When it is done, `on_ready` hears the address served, with the port
    that was found for port 0. Raises BadRequestError when the address is taken or can't be had.
    """
    with _sole_server(address):
        threads = futures.ThreadPoolExecutor(max_streams + SPARE_THREADS, thread_name_prefix="stream")
        server = grpc.server(threads, options=server_options())
        remove_orphans()
        bound = _bind(server, address)
        service = EngineService(renderer, bound, max_streams)
        add_to_server(service, server)
        status = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        reflection_pb2_grpc.add_ServerReflectionServicer_to_server(_FewReflections(), server)
        stop = _stop_on_signals()
        server.start()
        for name in ("", SERVICE):
            status.set(name, health_pb2.HealthCheckResponse.SERVING)
        _beside(service, prepare, lambda: on_ready(bound))
        tended = time.monotonic()
        while not stop.wait(0.2):
            if time.monotonic() - tended > TEND_S:
                tended = time.monotonic()
                service.slots.let_go_of_idle()
            if idle_exit_s and service.activity.idle_s > idle_exit_s:
                logger.info("no call for %.0f s: stopping", idle_exit_s)
                break
        status.enter_graceful_shutdown()
        stopped = server.stop(GRACE_S)
        while not stopped.wait(0.05):
            service.end_idle_streams()


def _beside(service: EngineService, *steps: Callable[[], None]) -> None:
    """Take the steps in a thread; until they are done, the engine is not idle."""

    def run() -> None:
        with service.activity:
            for step in steps:
                try:
                    step()
                except Exception:
                    logger.exception("the engine could not get ready as it should; it serves nevertheless")

    threading.Thread(target=run, name="ready", daemon=True).start()


class _FewReflections(reflection.ReflectionServicer):
    """Reflection whose streams leave threads for others: each holds one for as long as it is open."""

    def __init__(self) -> None:
        super().__init__((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME))
        self._places = threading.BoundedSemaphore(MOST_REFLECTIONS)

    def ServerReflectionInfo(self, request_iterator: Any, context: Any) -> Any:  # noqa: N802
        if not self._places.acquire(blocking=False):
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, f"{MOST_REFLECTIONS} reflection streams are open already")
        try:
            answers: Any = super().ServerReflectionInfo
            yield from answers(request_iterator, context)
        finally:
            self._places.release()


def server_options() -> list[tuple[str, int]]:
    """Return gRPC's settings for local clients: large chunks, and no pings.

    The node's transport has no thread that could answer a ping while the host is idle, and the kernel tells at once
    when a local client is gone. Every address that is served is local (see addresses.py).
    """
    return [
        ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
        ("grpc.so_reuseport", 0),
        ("grpc.keepalive_time_ms", NEVER_MS),
        ("grpc.http2.bdp_probe", 0),
        ("grpc.http2.ping_timeout_ms", NEVER_MS),
        ("grpc.http2.max_ping_strikes", 0),
        ("grpc.http2.max_frame_size", FRAME_BYTES),
        ("grpc.http2.lookahead_bytes", LOOKAHEAD_BYTES),
    ]


def _bind(server: grpc.Server, address: Address) -> str:
    try:
        port = server.add_insecure_port(str(address))
    except RuntimeError:
        raise BadRequestError(f"the engine can't listen on {address}; is the port taken, or the folder gone?") from None
    if address.socket is not None:
        address.socket.chmod(0o600)
        return str(address)
    return f"{str(address).rpartition(':')[0]}:{port}"


@contextlib.contextmanager
def _sole_server(address: Address) -> Iterator[None]:
    """Hold the address's lock while serving: a second engine on it would steal the first one's clients."""
    if address.socket is None:
        yield
        return
    folder = address.socket.parent
    if folder == runtime_dir() or not folder.exists():
        ensure_private_dir(folder)
    if address.socket.exists() and not address.socket.is_socket():
        raise BadRequestError(f"the engine can't listen on {address}: a file or folder has that name; choose another")
    lock = _locked(Path(f"{address.socket}.lock"), address)
    try:
        if _is_listening(address.socket):
            raise BadRequestError(f"the engine can't listen on {address}: another program does; choose another name")
        try:
            yield
        finally:
            address.socket.unlink(missing_ok=True)
    finally:
        os.close(lock)


def _is_listening(path: Path) -> bool:
    """Say whether anybody listens on the socket, which gRPC would take from them."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        probe.settimeout(1.0)
        try:
            probe.connect(str(path))
        except TimeoutError:
            return True
        except OSError:
            return False
    return True


def _locked(path: Path, address: Address) -> int:
    try:
        lock = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise BadRequestError(f"the engine can't listen on {address}: {path}: {error.strerror}") from None
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.read(lock, 20).decode(errors="replace").strip() or "unknown"
        os.close(lock)
        raise BadRequestError(
            f"an engine already serves {address} (process {holder}); use that one, or stop it: kill {holder}"
        ) from None
    os.truncate(lock, 0)
    os.write(lock, f"{os.getpid()}\n".encode())
    return lock


def _stop_on_signals() -> threading.Event:
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    return stop
