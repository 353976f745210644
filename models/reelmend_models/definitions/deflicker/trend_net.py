"""A small network that knows what light usually does: it reads where a noisy path of light should be at its middle."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.deflicker.product import product

REACH_FRAMES = 60
POSITIONS = 2 * REACH_FRAMES + 1
WIDTH = 256
LAYERS = 3
LEAST_STEP = 2e-3
FAR_AWAY = 1e9
MOST_STEPS = 4.0


class TrendNet(nn.Module):
    """Where each of B paths of log light should be at its middle, (B,), in the path's own values.

    paths: (B, 121) log light of the frames from 60 before to 60 after the middle, up to a constant. present: (B, 121)
    1 for frames that are known, 0 for others; the middle must be known. Adding a constant to a path adds it to what is
    expected. The answer is a mean of the path with weights that the network chooses, plus a small offset.

    The network looks four times: at the path as it is, upside down, back to front, and both. So brightening is treated
    as darkening, and yesterday as tomorrow, exactly.
    """

    nearness: Tensor

    def __init__(self, width: int = WIDTH, layers: int = LAYERS) -> None:
        super().__init__()
        self.enter = nn.Linear(3 * POSITIONS + 2, width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(layers)])
        self.weigh = nn.Linear(width, POSITIONS)
        self.offset = nn.Linear(width, 1)
        self.register_buffer("nearness", -0.02 * (torch.arange(POSITIONS) - REACH_FRAMES).abs().float())

    def forward(self, paths: Tensor, present: Tensor) -> Tensor:
        back, present_back = paths.flip(1), present.flip(1)
        upright = self.one_look(paths, present) + self.one_look(back, present_back)
        upside_down = self.one_look(-paths, present) + self.one_look(-back, present_back)
        return (upright - upside_down) / 4

    def one_look(self, paths: Tensor, present: Tensor) -> Tensor:
        """Return what is expected by looking once, which is what the training improves."""
        middle, deviations, usual_step, spread = _scaled(paths, present)
        known = torch.cat(
            [
                torch.clamp(deviations / (MOST_STEPS * usual_step), -MOST_STEPS, MOST_STEPS),
                deviations / spread,
                present,
                torch.log(usual_step) + 3.5,
                torch.log(spread) + 3.0,
            ],
            dim=1,
        )
        state = nn.functional.silu(self._through(self.enter, known))
        for layer in self.layers:
            state = state + nn.functional.silu(self._through(layer, state))
        say = torch.where(present > 0, self._through(self.weigh, state) + self.nearness, -FAR_AWAY)
        mean = (torch.softmax(say, dim=1) * deviations).sum(dim=1)
        return middle[:, 0] + mean + (self._through(self.offset, state) * usual_step)[:, 0]

    def _through(self, layer: nn.Module, values: Tensor) -> Tensor:
        """Return the layer's values; when not in training by sums whose bits do not depend on the number of threads."""
        if self.training or not isinstance(layer, nn.Linear):
            return torch.as_tensor(layer(values))
        return product(values, layer.weight.T) + layer.bias


def _scaled(paths: Tensor, present: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return the median (B, 1), what stands off it (B, 121), the usual step to the next frame and the spread (B, 1)."""
    count = present.sum(dim=1, keepdim=True)
    ordered = torch.sort(torch.where(present > 0, paths, FAR_AWAY), dim=1).values
    middle = torch.gather(ordered, 1, ((count - 1) / 2).to(torch.int64))
    deviations = (paths - middle) * present
    both = present[:, 1:] * present[:, :-1]
    steps = (deviations[:, 1:] - deviations[:, :-1]).abs() * both
    usual_step = steps.sum(dim=1, keepdim=True) / torch.clamp(both.sum(dim=1, keepdim=True), min=1.0) + LEAST_STEP
    spread = torch.sqrt((deviations * deviations).sum(dim=1, keepdim=True) / count) + LEAST_STEP
    return middle, deviations, usual_step, spread
