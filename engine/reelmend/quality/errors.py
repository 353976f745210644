"""Errors of the measures."""

from reelmend.errors import ReelmendError


class QualityError(ReelmendError):
    """A measure cannot be taken on what it was given; the message says why and what to do."""


class MeasureUnavailableError(QualityError):
    """A measure needs something that is not installed here; the clips are not at fault."""
