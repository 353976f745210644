"""What a training of the deflicker can be told, checked at birth."""

from __future__ import annotations

from dataclasses import dataclass, fields

from reelmend_models.definitions.deflicker.trend_net import LAYERS, REACH_FRAMES, WIDTH
from reelmend_models.training.deflicker.errors import TrainingError
from reelmend_models.training.footage import split_of_seed, split_seeds

SHORTEST_PATH_FRAMES = 2 * REACH_FRAMES


@dataclass(frozen=True)
class Settings:
    """Everything that, with the measured light and the code, decides the weights.

    steps: how many times the weights move. seed: of the first weights and of all that is drawn. width, layers: of the
    net. clips: paths per step, each read by six windows, whose errors are high-passed together. length_frames: of a
    path. pool: how many paths are drawn at once; pool_steps: after how many steps anew. learning_rate: the highest; it
    rises over a tenth of the steps and falls over the rest. averaging: share of the averaged weights that stays at each
    step. steadiness: weight of what is left of flicker, relative to the error. coarse_share: share of the steps, the
    first ones, whose products are reckoned in bfloat16, twice as fast.
    """

    steps: int = 24000
    seed: int = 1906
    width: int = WIDTH
    layers: int = LAYERS
    clips: int = 320
    length_frames: int = 192
    pool: int = 4096
    pool_steps: int = 80
    learning_rate: float = 2e-3
    weight_decay: float = 1e-3
    averaging: float = 0.999
    steadiness: float = 4.0
    coarse_share: float = 0.8

    def __post_init__(self) -> None:
        _at_least(self, 1, "steps", "width", "layers", "clips", "pool", "pool_steps")
        _at_least(self, 0, "seed", "weight_decay", "steadiness", "coarse_share", "averaging")
        _at_least(self, SHORTEST_PATH_FRAMES, "length_frames")
        if split_of_seed(self.seed) != "training":
            seeds = split_seeds("training")
            raise TrainingError(f"seed must be one of the training split's, {seeds[0]} to {seeds[-1]}, got {self.seed}")
        if not 0 < self.learning_rate < 1:
            raise TrainingError(f"learning_rate must lie between 0 and 1, got {self.learning_rate!r}")
        if self.averaging >= 1 or self.coarse_share > 1:
            raise TrainingError(
                f"averaging must be below 1 and coarse_share at most 1, got {self.averaging!r}, {self.coarse_share!r}"
            )


def _at_least(settings: Settings, least: int, *names: str) -> None:
    for name in names:
        value = getattr(settings, name)
        whole = {field.name: field.type for field in fields(settings)}[name] == "int"
        if isinstance(value, bool) or not isinstance(value, int if whole else (int, float)) or not value >= least:
            what = "a whole number" if whole else "a number"
            raise TrainingError(f"{name} must be {what} of at least {least}, got {value!r}")
