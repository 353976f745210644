"""The error tree of the engine.

A message says what, where and what to do next; borders translate the types, never the text.
"""

from __future__ import annotations


class ReelmendError(Exception):
    """A problem that a user can read and act on in one line."""


class BadRequestError(ReelmendError):
    """The caller asked for something that cannot be: an unknown name, a value out of range, a wrong shape."""


class ShapeError(BadRequestError):
    """Pixels, windows or tensors do not have the shape that was agreed."""


class NotFoundError(ReelmendError):
    """A file, model, effect or frame that was named does not exist."""


class UnknownNameError(NotFoundError):
    """A name is none of those that are known: an effect, a model, an output. The message lists them."""


class MediaError(ReelmendError):
    """A movie or image cannot be read or written."""


class ModelError(ReelmendError):
    """A manifest or its weights are broken, or disagree with each other."""


class ProviderError(ReelmendError):
    """The requested execution provider is not there; the engine never falls back in silence."""


class CancelledError(ReelmendError):
    """The caller does not want the result any more."""


class DeadlineError(ReelmendError):
    """The time that the caller gave has passed."""


class CapacityError(ReelmendError):
    """The engine is full. `retry_after_ms`: when a retry may succeed; None: only with more memory, never by waiting."""

    def __init__(self, message: str, retry_after_ms: int | None = None) -> None:
        super().__init__(message)
        self.retry_after_ms = retry_after_ms


class UnavailableError(ReelmendError):
    """The engine cannot be reached, or went away in the middle of a call."""


class IntegrityError(ReelmendError):
    """Bytes arrived that are not the ones that were announced."""
