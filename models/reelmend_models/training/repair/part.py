"""What every net of repair brings to its training: itself, batches, a loss, and figures that tell how good it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from torch import Tensor, nn

from reelmend_models.training.footage import split_of_seed, split_seeds
from reelmend_models.training.repair.errors import RepairTrainingError
from reelmend_models.training.repair.stills import Origin


@dataclass(frozen=True)
class Settings:
    """Everything that, with the footage and the code, decides the weights of one net.

    steps: how many times the weights move. seed: of the first weights and of all that is drawn. batch: samples a step.
    learning_rate: the highest; it rises over the first steps and falls over the rest. averaging: share of the averaged
    weights that stays at each step. coarse_share: share of the steps, the first ones, reckoned in bfloat16.
    """

    steps: int
    seed: int = 1906
    batch: int = 8
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    averaging: float = 0.998
    coarse_share: float = 0.8

    def __post_init__(self) -> None:
        for name in ("steps", "batch"):
            if getattr(self, name) < 1:
                raise RepairTrainingError(f"{name} must be at least 1, got {getattr(self, name)!r}")
        if split_of_seed(self.seed) != "training":
            seeds = split_seeds("training")
            raise RepairTrainingError(
                f"seed must be one of the training split's, {seeds[0]} to {seeds[-1]}, got {self.seed}"
            )
        if not 0 < self.learning_rate < 1:
            raise RepairTrainingError(f"learning_rate must lie between 0 and 1, got {self.learning_rate!r}")
        if not 0 <= self.averaging < 1 or not 0 <= self.coarse_share <= 1:
            raise RepairTrainingError(
                f"averaging must be below 1 and coarse_share at most 1, got {self.averaging!r}, {self.coarse_share!r}"
            )


class Part(Protocol):
    """One net's training. What `batch` returns follows from the settings and the step alone.

    name: of the part, of its weights' file and in the command. origins: what it learns from.
    """

    name: str
    settings: Settings

    @property
    def origins(self) -> Sequence[Origin]: ...

    def net(self) -> nn.Module:
        """Return the net with its first weights; torch is seeded."""
        ...

    def batch(self, step: int) -> Any:
        """Return the tensors of a step, on the CPU: a tuple of them."""
        ...

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        """Return the loss of a batch, on the net's device."""
        ...

    def validated(self, net: nn.Module) -> Mapping[str, float]:
        """Return figures on the validation split; "loss" is among them."""
        ...
