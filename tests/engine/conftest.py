"""Fixtures of the engine's tests."""

from __future__ import annotations

import pytest

from support.media_files import Media


@pytest.fixture(scope="session")
def media() -> type[Media]:
    """Makers of movies and images whose pictures show their own number."""
    return Media
