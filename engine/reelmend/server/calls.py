"""One gRPC call as a stream sees it: is the client still there, and how to end it from another thread."""

from __future__ import annotations

import contextlib

import grpc

RETRY_METADATA = "grpc-retry-pushback-ms"


class Call:
    """A call in progress."""

    def __init__(self, context: grpc.ServicerContext) -> None:
        self._context = context

    @property
    def is_active(self) -> bool:
        return self._context.is_active()

    def end(self, code: grpc.StatusCode, details: str) -> None:
        """End the call from another thread, whatever its own thread waits for. Does nothing when it has ended."""
        with contextlib.suppress(Exception):
            try:
                # Only the call itself ends with a status of ours; what gRPC offers to other threads is CANCELLED.
                self._context._rpc_event.call.cancel(code.value[0], details)  # type: ignore[attr-defined]
            except (AttributeError, TypeError):
                self._context.cancel()  # type: ignore[no-untyped-call]

    def abort(self, code: grpc.StatusCode, details: str, retry_after_ms: int | None) -> None:
        """End the call from its own thread. Raises, as gRPC wants it."""
        if retry_after_ms is not None:
            self._context.set_trailing_metadata(((RETRY_METADATA, str(retry_after_ms)),))
        self._context.abort(code, details)
