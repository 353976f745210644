"""`python -m support.repair_engine serve …` is `reelmend serve …` with the designed repair of support.repair_models.

Its detector comes from the folder of models that REELMEND_MODELS names; lines and fill stand in for those of the
trained model, so that what is found and mended is known beforehand.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from reelmend.cli.main import main
from reelmend.effects.catalogue import EFFECTS
from reelmend.effects.repair.repair import Repair
from support.engines import RunningEngine, engine
from support.repair_models import NoLines, mean_of_neighbours


@contextlib.contextmanager
def repair_engine(models: Path, *options: str, address: str | None = None) -> Iterator[RunningEngine]:
    """An engine in a process of its own whose effect "repair" runs the model in that folder."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("REELMEND_MODELS", f"{models}{os.pathsep}{os.environ.get('REELMEND_MODELS', '')}")
        patch.setenv("PYTHONPATH", os.pathsep.join(sys.path))
        with engine(*options, address=address, program="support.repair_engine") as running:
            yield running


if __name__ == "__main__":
    EFFECTS["repair"] = Repair(mean_of_neighbours, NoLines)
    main()
