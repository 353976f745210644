"""The training of the net that finds defects."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from reelmend_models.definitions.repair.detect import KINDS, Detect
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.samples import Pool, Sample, sample_of
from reelmend_models.training.repair.stills import Origin

SEEN_FROM = 0.1
"""Opacity above which a pixel counts as defect; below it, and above 0, it counts as neither."""
POOL_SAMPLES = 256
POOL_STEPS = 512
"""Samples are drawn in pools, a new one every so many steps, so that each is seen about eight times."""
VALIDATION_SAMPLES = 128
CROSS_ENTROPY_WEIGHT = 20.0
OVERLAP_WEIGHT = 0.3
THRESHOLDS = (0.3, 0.5, 0.7, 0.85)

Batch = tuple[Tensor, Tensor, Tensor]


class Detector:
    """The part "detector"; "detector_quality" with wider layers."""

    def __init__(
        self,
        settings: Settings,
        pool: Pool,
        validation: Pool,
        widths: tuple[int, int, int],
        name: str,
        samples: int = POOL_SAMPLES,
        validation_samples: int = VALIDATION_SAMPLES,
    ) -> None:
        self.name, self.settings = name, settings
        self._samples_a_pool, self._validation_samples = samples, validation_samples
        self._widths, self._pool, self._validation = widths, pool, validation
        self._drawn: tuple[int, Batch] | None = None
        self._coming: tuple[int, Future[Batch]] | None = None
        self._background = ThreadPoolExecutor(1, thread_name_prefix="samples")

    @property
    def origins(self) -> Sequence[Origin]:
        return self._pool.origins

    def net(self) -> nn.Module:
        return Detect(self._widths)

    def batch(self, step: int) -> Batch:
        """Return luma, missed and mattes of some samples of the step's pool, mirrored by chance."""
        rng = np.random.default_rng((self.settings.seed, 3, step))
        whole = self._samples(step // POOL_STEPS)
        chosen = torch.from_numpy(rng.choice(self._samples_a_pool, self.settings.batch, replace=False))
        mirrored = [axis for axis in (2, 3) if rng.random() < 0.5]
        luma, missed, mattes = (torch.flip(tensor[chosen].float(), mirrored) for tensor in whole)
        return luma, missed, mattes

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        luma, missed, mattes = batch
        assert isinstance(net, Detect)
        return _loss(net.logits(luma, missed).float(), mattes)

    def validated(self, net: nn.Module) -> Mapping[str, float]:
        assert isinstance(net, Detect)
        device = next(net.parameters()).device
        parts = [
            net.logits(luma.to(device), missed.to(device)).float().cpu()
            for luma, missed in zip(*(torch.split(one.float(), 8) for one in self._unseen[:2]), strict=True)
        ]
        logits, mattes = torch.cat(parts), self._unseen[2].float()
        return {"loss": float(_loss(logits, mattes)), **_figures(torch.sigmoid(logits), mattes)}

    def _samples(self, number: int) -> Batch:
        """Return a pool of samples; the next one is drawn in the background meanwhile."""
        if self._drawn is None or self._drawn[0] != number:
            coming = self._coming
            drawn = coming[1].result() if coming is not None and coming[0] == number else self._draw(number)
            self._drawn = number, drawn
            self._coming = number + 1, self._background.submit(self._draw, number + 1)
        return self._drawn[1]

    def _draw(self, number: int) -> Batch:
        first = (self.settings.seed * 1000 + number) * self._samples_a_pool
        return _stacked([sample_of(self._pool, first + index) for index in range(self._samples_a_pool)])

    @cached_property
    def _unseen(self) -> Batch:
        return _stacked([sample_of(self._validation, index) for index in range(self._validation_samples)])


def _stacked(samples: Sequence[Sample]) -> Batch:
    luma, missed, mattes = (
        torch.from_numpy(np.stack([getattr(sample, name) for sample in samples]))
        for name in ("luma", "missed", "mattes")
    )
    return luma, missed, mattes


def _loss(logits: Tensor, mattes: Tensor) -> Tensor:
    """Return the cross entropy of each pixel and kind, and how little found and true overlap."""
    true = (mattes > SEEN_FROM).float()
    counts = ((mattes == 0) | (mattes > SEEN_FROM)).float()
    entropy = functional.binary_cross_entropy_with_logits(logits, true, reduction="none")
    found = torch.sigmoid(logits)
    overlap = (2 * (found * true * counts).sum((0, 2, 3)) + 1) / (((found + true) * counts).sum((0, 2, 3)) + 1)
    return CROSS_ENTROPY_WEIGHT * (entropy * counts).mean() + OVERLAP_WEIGHT * (1 - overlap).mean()


def _figures(found: Tensor, mattes: Tensor) -> dict[str, float]:
    """Return precision and recall by pixel of each kind, and of all together, at some thresholds."""
    figures: dict[str, float] = {}
    for threshold in THRESHOLDS:
        for name, likelihood, matte in (
            *((kind, found[:, index], mattes[:, index]) for index, kind in enumerate(KINDS)),
            ("all", found.amax(1), mattes.amax(1)),
        ):
            true, seen = matte > SEEN_FROM, likelihood >= threshold
            counted = seen & ((matte == 0) | true)
            right = float((seen & true).sum())
            figures[f"{name}_precision_{threshold}"] = right / max(1.0, float(counted.sum()))
            figures[f"{name}_recall_{threshold}"] = right / max(1.0, float(true.sum()))
    return figures
