"""The training of the judge that tells line scratches from masts, posts and fences."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from reelmend_models.definitions.repair.lines_features import FEATURES
from reelmend_models.definitions.repair.lines_judge import Judge
from reelmend_models.training.repair.lines_samples import Judged, judged_scene
from reelmend_models.training.repair.lines_scenes import Material
from reelmend_models.training.repair.part import Settings
from reelmend_models.training.repair.stills import Origin

SETTINGS = Settings(steps=6000, batch=1024, learning_rate=3e-3, weight_decay=0.5, averaging=0.99, coarse_share=0.0)
SCENES, VALIDATION_SCENES = 500, 60
JITTER = 0.1
"""Noise on the features, in their deviations: what is learned must not hang on small differences."""
THRESHOLDS = (0.5, 0.9, 0.97)
LEAST_DEVIATION = 1e-3


class LineJudge:
    """The part "lines". Its scenes are drawn once, at the first batch; its batches are lines of their windows."""

    name = "lines"

    def __init__(
        self,
        settings: Settings,
        training: Callable[[], Material],
        validation: Callable[[], Material],
        scenes: tuple[int, int] = (SCENES, VALIDATION_SCENES),
    ) -> None:
        self.settings = settings
        self._materials = training, validation
        self._scenes = scenes

    @property
    def origins(self) -> Sequence[Origin]:
        return self._material.origins

    def net(self) -> nn.Module:
        """Return the judge, which knows the mean and deviation of each feature of the training's lines."""
        judge = Judge()
        judge.mean.copy_(self._seen.features.mean(dim=0))
        judge.deviation.copy_(self._deviation)
        return judge

    def batch(self, step: int) -> tuple[Tensor, Tensor]:
        """Return features (N, FEATURES) and truth (N,) of some of the training's lines."""
        rng = np.random.default_rng((self.settings.seed, 13, step))
        chosen = torch.from_numpy(rng.integers(0, len(self._seen.truth), self.settings.batch))
        noise = torch.from_numpy(rng.standard_normal((self.settings.batch, FEATURES)).astype(np.float32))
        return self._seen.features[chosen] + JITTER * self._deviation * noise, self._seen.truth[chosen]

    def loss(self, net: nn.Module, batch: tuple[Tensor, ...]) -> Tensor:
        features, truth = batch
        assert isinstance(net, Judge)
        return functional.binary_cross_entropy_with_logits(net.logits(features), truth)

    def validated(self, net: nn.Module) -> Mapping[str, float]:
        """Return the loss, and at some confidences the share of true lines found and false ones per 100 windows."""
        assert isinstance(net, Judge)
        device = next(net.parameters()).device
        with torch.no_grad():
            logits, truth = net.logits(self._unseen.features.to(device)).cpu(), self._unseen.truth
        confidence = torch.sigmoid(logits)
        figures = {"loss": float(functional.binary_cross_entropy_with_logits(logits, truth))}
        for threshold in THRESHOLDS:
            figures[f"recall_{threshold}"] = float((confidence[truth > 0] >= threshold).float().mean())
            false = float((confidence[truth == 0] >= threshold).sum())
            figures[f"false_per_100_windows_{threshold}"] = 100.0 * false / self._unseen.windows
        return figures

    @cached_property
    def _deviation(self) -> Tensor:
        return self._seen.features.std(dim=0) + LEAST_DEVIATION

    @cached_property
    def _material(self) -> Material:
        return self._materials[0]()

    @cached_property
    def _seen(self) -> Judged:
        first = (self.settings.seed * 1000) % (1 << 31)
        return _drawn(self._material, range(first, first + self._scenes[0]))

    @cached_property
    def _unseen(self) -> Judged:
        return _drawn(self._materials[1](), range(self._scenes[1]))


def _drawn(material: Material, numbers: range) -> Judged:
    drawn = [judged_scene(material, number) for number in numbers]
    features = torch.cat([one.features for one in drawn]).reshape(-1, FEATURES)
    return Judged(features, torch.cat([one.truth for one in drawn]), sum(one.windows for one in drawn))
