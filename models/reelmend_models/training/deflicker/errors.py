"""The one error of the training of the deflicker."""

from __future__ import annotations

from reelmend.errors import ReelmendError


class TrainingError(ReelmendError):
    """A training cannot be begun, resumed or finished as it was asked for."""
