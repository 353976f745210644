"""The one error of the footage package."""

from __future__ import annotations

from reelmend.errors import ReelmendError


class FootageError(ReelmendError):
    """Footage cannot be fetched, read or written as it was asked for."""
