"""Validate a bundle: what each action answered, what breaks the standard, what will break in which host."""

from .report import ActionSummary, HostVerdict, PluginReport, Report
from .runner import validate

__all__ = ["ActionSummary", "HostVerdict", "PluginReport", "Report", "validate"]
