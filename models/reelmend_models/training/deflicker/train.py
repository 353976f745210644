"""The training loop: what a step draws follows from the seed and its number, so that it can be resumed."""

from __future__ import annotations

import copy
import math
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import fmean

import numpy as np
import torch

from reelmend_models.definitions.deflicker.trend_net import TrendNet
from reelmend_models.training.deflicker.checkpoint import Checkpoint, write_checkpoint
from reelmend_models.training.deflicker.loss import loss_of
from reelmend_models.training.deflicker.measured_light import ShotLight
from reelmend_models.training.deflicker.paths import MeasuredPaths, Pool, draw_pool, measured_paths
from reelmend_models.training.deflicker.settings import Settings
from reelmend_models.training.deflicker.windows import Windows, draw_windows
from reelmend_models.training.footage import split_seeds

RISING_SHARE = 0.1
LONGEST_GRADIENT = 1.0
CHECKPOINT_EVERY_S = 60.0
VALIDATIONS = 40
VALIDATION_BATCHES = 4

Watch = Callable[[int, float], None]
"""Called with the number of steps done and the loss of the last."""


class Training:
    """A net on its way, from the first weights or from a checkpoint."""

    def __init__(self, settings: Settings, shots: Sequence[ShotLight], data_sha256: str, device: str = "cpu") -> None:
        self.settings, self.measured_sha256 = settings, data_sha256
        self.measured = measured_paths(shots, "training")
        self._validation = validation_windows(settings, measured_paths(shots, "validation"))
        self.device = torch.device(device)
        torch.manual_seed(settings.seed)
        self.net = TrendNet(settings.width, settings.layers).to(self.device)
        self.averaged = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), settings.learning_rate, weight_decay=settings.weight_decay
        )
        self.step = 0
        self.losses: list[float] = []
        self.validation: list[tuple[int, float]] = []
        self.trained_s = 0.0
        self._pool: tuple[int, Pool] | None = None

    @classmethod
    def resumed(cls, checkpoint: Checkpoint, shots: Sequence[ShotLight], device: str = "cpu") -> Training:
        """Return the training as it stood when the checkpoint was written."""
        training = cls(checkpoint.settings, shots, checkpoint.measured_sha256, device)
        training.net.load_state_dict(checkpoint.net)
        training.averaged.load_state_dict(checkpoint.averaged)
        training.optimiser.load_state_dict(checkpoint.optimiser)
        training.step, training.trained_s = checkpoint.step, checkpoint.trained_s
        training.losses, training.validation = checkpoint.losses, checkpoint.validation
        return training

    def checkpoint(self) -> Checkpoint:
        """Return where the training stands."""
        return Checkpoint(
            self.settings,
            self.measured_sha256,
            self.step,
            self.net.state_dict(),
            self.averaged.state_dict(),
            self.optimiser.state_dict(),
            self.losses,
            self.validation,
            self.trained_s,
        )

    def run(self, checkpoint_file: Path, stop_at: int | None = None, watch: Watch = lambda *_: None) -> None:
        """Train up to step `stop_at`, to the end unless given; a checkpoint is written every minute and when it ends.

        Ctrl-C writes one as well, and is passed on.
        """
        last = min(self.settings.steps, stop_at or self.settings.steps)
        written_s = time.monotonic()
        try:
            while self.step < last:
                began_s = time.monotonic()
                loss = self._one_step()
                self.trained_s += time.monotonic() - began_s
                watch(self.step, loss)
                if time.monotonic() - written_s > CHECKPOINT_EVERY_S:
                    write_checkpoint(self.checkpoint(), checkpoint_file)
                    written_s = time.monotonic()
        finally:
            write_checkpoint(self.checkpoint(), checkpoint_file)

    def _one_step(self) -> float:
        settings = self.settings
        generator = torch.Generator().manual_seed(_seed_of(settings.seed, 1, self.step))
        windows = draw_windows(self._pool_of_step(), generator, settings.clips).to(self.device)
        with torch.autocast(
            self.device.type, torch.bfloat16, enabled=self.step < settings.coarse_share * settings.steps
        ):
            answers = self.net.one_look(windows.paths.flatten(0, 1), windows.present.flatten(0, 1))
        loss = loss_of(answers.float().view(windows.seen.shape), windows, settings.steadiness)
        for group in self.optimiser.param_groups:
            group["lr"] = settings.learning_rate * learning_rate_share(self.step, settings.steps)
        self.optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        torch.nn.utils.clip_grad_norm_(self.net.parameters(), LONGEST_GRADIENT)
        self.optimiser.step()
        self._average()
        self.step += 1
        self.losses.append(loss.item())
        if self.step % max(1, settings.steps // VALIDATIONS) == 0 or self.step == settings.steps:
            self.validation.append((self.step, self._validated()))
        return self.losses[-1]

    def _validated(self) -> float:
        """Return the loss of the averaged weights on windows of clips of the validation split, always the same."""
        losses = []
        with torch.no_grad():
            for part in self._validation:
                windows = part.to(self.device)
                answers = self.averaged.one_look(windows.paths.flatten(0, 1), windows.present.flatten(0, 1))
                losses.append(loss_of(answers.view(windows.seen.shape), windows, self.settings.steadiness).item())
        return fmean(losses)

    def _average(self) -> None:
        keep = min(self.settings.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for average, now in zip(self.averaged.parameters(), self.net.parameters(), strict=True):
                average.lerp_(now, 1 - keep)

    def _pool_of_step(self) -> Pool:
        number = self.step // self.settings.pool_steps
        if self._pool is None or self._pool[0] != number:
            generator = np.random.default_rng(_seed_of(self.settings.seed, 2, number))
            pool = draw_pool(generator, self.settings.pool, self.settings.length_frames, self.measured)
            self._pool = number, pool
        return self._pool[1]


def validation_windows(settings: Settings, measured: MeasuredPaths) -> list[Windows]:
    """Return windows to validate with, the same for every seed of training."""
    seed = split_seeds("validation")[0]
    pool = draw_pool(np.random.default_rng(seed), settings.pool, settings.length_frames, measured)
    generator = torch.Generator().manual_seed(seed)
    return [draw_windows(pool, generator, settings.clips) for _ in range(VALIDATION_BATCHES)]


def learning_rate_share(step: int, steps: int) -> float:
    """Return the share of the highest learning rate: up and down again along half cosines."""
    rising = max(1.0, RISING_SHARE * steps)
    if step < rising:
        return 0.04 + 0.96 * 0.5 * (1 - math.cos(math.pi * step / rising))
    return 1e-4 + (1 - 1e-4) * 0.5 * (1 + math.cos(math.pi * (step - rising) / max(1.0, steps - rising)))


def _seed_of(seed: int, purpose: int, number: int) -> int:
    return int(np.random.SeedSequence((seed, purpose, number)).generate_state(1, np.uint64)[0] >> 1)
