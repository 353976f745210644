"""The one place where the engine's errors become gRPC status codes."""

from __future__ import annotations

import logging

import grpc

from reelmend import errors

logger = logging.getLogger(__name__)

STATUS_OF: tuple[tuple[type[errors.ReelmendError], grpc.StatusCode], ...] = (
    (errors.BadRequestError, grpc.StatusCode.INVALID_ARGUMENT),
    (errors.NotFoundError, grpc.StatusCode.NOT_FOUND),
    (errors.IntegrityError, grpc.StatusCode.DATA_LOSS),
    (errors.ModelError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.ProviderError, grpc.StatusCode.FAILED_PRECONDITION),
    (errors.CapacityError, grpc.StatusCode.RESOURCE_EXHAUSTED),
    (errors.DeadlineError, grpc.StatusCode.DEADLINE_EXCEEDED),
    (errors.CancelledError, grpc.StatusCode.CANCELLED),
    (errors.UnavailableError, grpc.StatusCode.UNAVAILABLE),
)


def status_of(error: BaseException) -> tuple[grpc.StatusCode, str]:
    """Return the code and the message for an error; one that is not ours is INTERNAL, and logged with its traceback."""
    for kind, code in STATUS_OF:
        if isinstance(error, kind):
            return code, str(error)
    logger.error("the engine has a defect", exc_info=error)
    return grpc.StatusCode.INTERNAL, f"the engine has a defect: {type(error).__name__}: {error}; see the engine's log"


def retry_after_ms_of(error: BaseException) -> int | None:
    """Return when a retry may succeed, or None when waiting does not help."""
    return error.retry_after_ms if isinstance(error, errors.CapacityError) else None
