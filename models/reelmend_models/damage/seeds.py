"""Random generators that depend on the seed and on what they are for, and on nothing else."""

from __future__ import annotations

import hashlib

import numpy as np


def generator_for(seed: int, purpose: str, *indices: int) -> np.random.Generator:
    """Return the generator of one purpose: the same for equal arguments, independent of every other purpose.

    purpose: a name such as "flicker/gain"; indices: frame numbers or counters, each ≥ 0. Philox keyed through
    SeedSequence, so that frame 500 costs as much as frame 0 and the order of asking does not matter.
    """
    name = int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")
    return np.random.Generator(np.random.Philox(np.random.SeedSequence(seed, spawn_key=(name, *indices))))
