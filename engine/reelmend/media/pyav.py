"""PyAV, which is an extra: its wheels bundle x264 and x265. Imported when the first movie is opened."""

from __future__ import annotations

import importlib
from functools import cache
from typing import Any

from reelmend.errors import MediaError

MOVIE_EXTENSIONS = frozenset(
    {".mp4", ".mov", ".mkv", ".m4v", ".avi", ".webm", ".mpg", ".mpeg", ".ts", ".m2ts", ".mts", ".mxf", ".wmv", ".flv"}
    | {".ogv", ".3gp", ".dv", ".vob", ".h264", ".264", ".hevc", ".h265", ".m2v", ".y4m", ".nut", ".gif"}
)
WRITABLE_MOVIES = frozenset({".mp4", ".mov", ".mkv"})


@cache
def load_av() -> Any:
    """Return the module `av`. Raises MediaError that names the extra when it isn't installed."""
    try:
        return importlib.import_module("av")
    except ImportError as error:
        raise MediaError(
            f"movies need PyAV, which can't be loaded ({error}); run: pip install 'reelmend[movies]'"
        ) from None
