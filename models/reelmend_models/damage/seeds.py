"""Random generators that depend on the seed and on what they are for, and on nothing else."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import numpy as np

from reelmend_models.damage.settings import DamageError


@dataclass(frozen=True)
class Draws:
    """The generators of one stage in one clip.

    stage: its name; seed: the clip's, a whole number ≥ 0; occurrence: how many stages of that name stand before it in
    the chain. Other stages do not enter, so that adding one leaves the rest of the damage as it was.
    """

    stage: str
    seed: int
    occurrence: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.seed, bool) or not isinstance(self.seed, int) or self.seed < 0:
            raise DamageError(f"seed must be a whole number of at least 0, got {self.seed!r}")

    def of(self, purpose: str, *indices: int) -> np.random.Generator:
        """Return a generator of its own for a purpose, such as "gain", and a frame or defect number, each ≥ 0.

        Philox keyed through SeedSequence: frame 500 costs as much as frame 0, and the order of asking does not matter.
        """
        digest = hashlib.blake2b(f"{self.stage}/{purpose}".encode(), digest_size=8).digest()
        key = (int.from_bytes(digest, "little"), self.occurrence, *indices)
        return np.random.Generator(np.random.Philox(np.random.SeedSequence(self.seed, spawn_key=key)))
