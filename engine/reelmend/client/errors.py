"""The one place where gRPC status codes become the engine's errors again."""

from __future__ import annotations

from collections.abc import Iterable

import grpc

from reelmend import errors

RETRY_METADATA = "grpc-retry-pushback-ms"

ERROR_OF: dict[grpc.StatusCode, type[errors.ReelmendError]] = {
    grpc.StatusCode.INVALID_ARGUMENT: errors.BadRequestError,
    grpc.StatusCode.NOT_FOUND: errors.NotFoundError,
    grpc.StatusCode.DATA_LOSS: errors.IntegrityError,
    grpc.StatusCode.FAILED_PRECONDITION: errors.ModelError,
    grpc.StatusCode.DEADLINE_EXCEEDED: errors.DeadlineError,
    grpc.StatusCode.CANCELLED: errors.CancelledError,
    grpc.StatusCode.UNAVAILABLE: errors.UnavailableError,
}


def error_of(call: grpc.RpcError, address: str) -> errors.ReelmendError:
    """Return what a failed call means, with the engine's own words where it had any."""
    code, details = call.code(), call.details() or ""
    if code is grpc.StatusCode.UNAVAILABLE:
        return errors.UnavailableError(f"no engine answers at {address}; start one with 'reelmend serve' ({details})")
    if code is grpc.StatusCode.DEADLINE_EXCEEDED:
        return errors.DeadlineError(f"the engine at {address} took too long: {details}")
    if code is grpc.StatusCode.RESOURCE_EXHAUSTED:
        return errors.CapacityError(details or f"the engine at {address} is full", retry_after_ms_of(call))
    return ERROR_OF.get(code, errors.ReelmendError)(details or f"the engine at {address} answered {code.name}")


def retry_after_ms_of(call: grpc.RpcError) -> int | None:
    """Return when a retry may succeed, as the engine said in its trailing metadata, or None."""
    metadata: Iterable[tuple[str, str | bytes]] = call.trailing_metadata() or ()  # type: ignore[assignment]
    for name, value in metadata:
        if name == RETRY_METADATA and str(value).isdigit():
            return int(value)
    return None
