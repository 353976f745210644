"""The one error of the training of repair."""

from __future__ import annotations

from reelmend.errors import ReelmendError


class RepairTrainingError(ReelmendError):
    """A training cannot be begun, resumed or finished as it was asked for."""
