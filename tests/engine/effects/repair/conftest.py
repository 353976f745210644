"""Fixtures of the tests of repair: a designed model, and dirty frames whose truth is known."""

from __future__ import annotations

import pytest

from reelmend.inference.models import ModelStore
from support.repair_models import Dirty, still_scene, write_repair


@pytest.fixture(scope="session")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return write_repair(tmp_path_factory.mktemp("repair"))


@pytest.fixture(scope="session")
def dirty() -> Dirty:
    """Nine frames; the fourth has a dark blotch of 8×6 pixels, the sixth a bright fibre of 40×2."""
    clean = still_scene(9, width=150, height=101)
    frames = clean.copy()
    frames[3, :, 50:56, 80:88] = 0.02
    frames[5, :, 20:22, 30:70] = 0.98
    return Dirty(clean, frames, (frames != clean).any(axis=1))
