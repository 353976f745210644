"""Reelmend's engine: everything needed at render time. Never imports torch."""

from importlib.metadata import PackageNotFoundError, version

try:
    __version__ = version("reelmend")
except PackageNotFoundError:  # a source tree that was never installed
    __version__ = "0.0.0"

API_VERSION = 1
