"""Serves the engine on one address until it is told to stop: one engine an address, a clean end on SIGTERM."""

from __future__ import annotations

import contextlib
import fcntl
import logging
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent import futures
from pathlib import Path

import grpc
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from reelmend.addresses import Address, ensure_private_dir, runtime_dir
from reelmend.effects.renderer import Renderer
from reelmend.errors import BadRequestError
from reelmend.rpc.convert import MAX_MESSAGE_BYTES
from reelmend.rpc.v1 import engine_pb2, engine_pb2_grpc
from reelmend.server.engine_service import EngineService
from reelmend.shared_memory import remove_orphans

logger = logging.getLogger(__name__)

# Each open stream holds a thread for as long as it lives; beyond this many, calls answer RESOURCE_EXHAUSTED.
MAX_STREAMS = 96
GRACE_S = 3.0
SERVICE = engine_pb2.DESCRIPTOR.services_by_name["EngineService"].full_name


def serve(
    renderer: Renderer,
    address: Address,
    *,
    idle_exit_s: float = 0.0,
    on_ready: Callable[[str], None] = lambda _address: None,
) -> None:
    """Serve until SIGTERM or SIGINT, or until no call was under way for `idle_exit_s` seconds (0: for ever).

    `on_ready` hears the address served, with the port that was found for port 0. Raises BadRequestError when the
    address is taken or can't be had.
    """
    with _sole_server(address):
        server = grpc.server(
            futures.ThreadPoolExecutor(max_workers=MAX_STREAMS, thread_name_prefix="stream"),
            maximum_concurrent_rpcs=MAX_STREAMS,
            options=[
                ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
                ("grpc.so_reuseport", 0),
                # A client that vanished without a word gives its thread and slots back.
                ("grpc.keepalive_time_ms", 20_000),
                ("grpc.keepalive_timeout_ms", 10_000),
                ("grpc.http2.max_ping_strikes", 0),
            ],
        )
        remove_orphans()
        bound = _bind(server, address)
        service = EngineService(renderer, bound)
        engine_pb2_grpc.add_EngineServiceServicer_to_server(service, server)
        status = health.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(status, server)
        reflection.enable_server_reflection((SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME), server)
        stop = _stop_on_signals()
        server.start()
        for name in ("", SERVICE):
            status.set(name, health_pb2.HealthCheckResponse.SERVING)
        on_ready(bound)
        while not stop.wait(0.2):
            if idle_exit_s and service.activity.idle_s > idle_exit_s:
                logger.info("no call for %.0f s: stopping", idle_exit_s)
                break
        status.enter_graceful_shutdown()
        stopped = server.stop(GRACE_S)
        while not stopped.wait(0.05):
            service.end_idle_streams()


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
    lock = _locked(Path(f"{address.socket}.lock"), address)
    try:
        yield
    finally:
        address.socket.unlink(missing_ok=True)
        os.close(lock)


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
