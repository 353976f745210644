"""A pool of drawn pictures, so that training can be tried without footage."""

from __future__ import annotations

import numpy as np
import pytest

from reelmend_models.training.footage import Split, split_seeds
from reelmend_models.training.repair.samples import Pool
from reelmend_models.training.repair.stills import Origin, heap_of_leaves


def drawn_pool(split: Split) -> Pool:
    seed = split_seeds(split)[0]
    stills = [heap_of_leaves(np.random.default_rng((seed, number)), 256) for number in range(3)]
    return Pool(split, seed, stills, [], [Origin("heaps of leaves", "Apache-2.0", "drawn", "")])


@pytest.fixture(scope="session")
def pool() -> Pool:
    return drawn_pool("training")


@pytest.fixture(scope="session")
def validation_pool() -> Pool:
    return drawn_pool("validation")
