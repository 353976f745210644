"""The training loop that the nets of repair share: seeded, to be stopped at any time, and resumed bit for bit."""

from __future__ import annotations

import copy
import math
import pickle
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from reelmend_models.training.footage.files import appearing
from reelmend_models.training.repair.errors import RepairTrainingError
from reelmend_models.training.repair.part import Part, Settings

FORMAT = 1
RISING_STEPS = 300
LEAST_SHARE = 1e-3
LONGEST_GRADIENT = 1.0
CHECKPOINT_EVERY_S = 60.0
VALIDATIONS = 16

Watch = Callable[[int, float], None]
"""Called with the number of steps done and the loss of the last."""


class Training:
    """A net on its way, from its first weights or from a checkpoint."""

    def __init__(self, part: Part, device: str = "cpu") -> None:
        self.part, self.device = part, torch.device(device)
        torch.manual_seed(part.settings.seed)
        self.net = part.net().to(self.device, memory_format=torch.channels_last)  # type: ignore[call-overload]
        self.averaged = copy.deepcopy(self.net)
        self.optimiser = torch.optim.AdamW(
            self.net.parameters(), part.settings.learning_rate, weight_decay=part.settings.weight_decay
        )
        self.step = 0
        self.losses: list[float] = []
        self.validation: list[tuple[int, dict[str, float]]] = []
        self.trained_s = 0.0

    def run(self, checkpoint_file: Path, stop_at: int | None = None, watch: Watch = lambda *_: None) -> None:
        """Train up to step `stop_at`, to the end unless given; a checkpoint is written every minute and when it ends.

        Ctrl-C writes one as well, and is passed on.
        """
        last = min(self.part.settings.steps, stop_at or self.part.settings.steps)
        written_s = time.monotonic()
        try:
            while self.step < last:
                began_s = time.monotonic()
                loss = self._one_step()
                self.trained_s += time.monotonic() - began_s
                watch(self.step, loss)
                if time.monotonic() - written_s > CHECKPOINT_EVERY_S:
                    self.write(checkpoint_file)
                    written_s = time.monotonic()
        finally:
            self.write(checkpoint_file)

    def write(self, file: Path) -> None:
        """Write where the training stands, so that the file is whole at any moment."""
        content = {
            "format": FORMAT,
            "part": self.part.name,
            "settings": asdict(self.part.settings),
            "step": self.step,
            "net": self.net.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "losses": self.losses,
            "validation": self.validation,
            "trained_s": self.trained_s,
        }
        with appearing(file) as partial:
            torch.save(content, partial)

    def resume(self, file: Path) -> None:
        """Go on where a checkpoint was written. Raises RepairTrainingError when it is of another training."""
        content = read_checkpoint(file)
        if content["part"] != self.part.name or content["settings"] != asdict(self.part.settings):
            raise RepairTrainingError(
                f"{file} is of a training with other settings; leave out what you changed to resume, or train anew"
            )
        self.net.load_state_dict(content["net"])
        self.averaged.load_state_dict(content["averaged"])
        self.optimiser.load_state_dict(content["optimiser"])
        self.step, self.trained_s = content["step"], content["trained_s"]
        self.losses, self.validation = content["losses"], [(step, dict(f)) for step, f in content["validation"]]

    def _one_step(self) -> float:
        settings = self.part.settings
        batch = tuple(tensor.to(self.device) for tensor in self.part.batch(self.step))
        coarse = self.step < settings.coarse_share * settings.steps
        with torch.autocast(self.device.type, torch.bfloat16, enabled=coarse):
            loss = self.part.loss(self.net, batch)
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
            self.averaged.eval()
            with torch.no_grad():
                self.validation.append((self.step, dict(self.part.validated(self.averaged))))
        return self.losses[-1]

    def _average(self) -> None:
        keep = min(self.part.settings.averaging, (1 + self.step) / (10 + self.step))
        with torch.no_grad():
            for average, now in zip(self.averaged.parameters(), self.net.parameters(), strict=True):
                average.lerp_(now, 1 - keep)


def read_checkpoint(file: Path) -> dict[str, Any]:
    """Return what a checkpoint holds. Raises RepairTrainingError when it is not there, or none of this version."""
    try:
        content: dict[str, Any] = torch.load(file, map_location="cpu", weights_only=True)
        if content["format"] != FORMAT:
            raise RepairTrainingError(f"{file} was written by another version; train anew, without --resume")
        Settings(**content["settings"])
        return content
    except FileNotFoundError as error:
        raise RepairTrainingError(f"nothing to resume: no {file}; train without --resume") from error
    except (OSError, RuntimeError, KeyError, TypeError, EOFError, AttributeError, pickle.UnpicklingError) as error:
        raise RepairTrainingError(f"{file} is no checkpoint; train anew, without --resume") from error


def learning_rate_share(step: int, steps: int) -> float:
    """Return the share of the highest learning rate: up along a line, and down along half a cosine."""
    rising = min(1.0, (step + 1) / min(RISING_STEPS, steps))
    return rising * (LEAST_SHARE + (1 - LEAST_SHARE) * 0.5 * (1 + math.cos(math.pi * step / steps)))
