"""The deflicker's net that expects light: what it learns from, how it is trained, and the trained weights."""

from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.deflicker.load import load_trend_net
from reelmend_models.training.deflicker.settings import Settings

__all__ = ["Settings", "TrainingError", "load_trend_net"]
