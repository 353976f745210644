"""The graph `judge`: lines followed over a window of frames, and how sure each of them is a scratch."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from reelmend_models.definitions.repair.lines_features import FEATURES, features_of
from reelmend_models.definitions.repair.lines_follow import Followed, candidates, follow

HIDDEN = (24, 12)
CAUTION, SHARPNESS = 0.7, 2.0
"""Logit that is called even odds, and by how much its surroundings are spread: a false scratch costs more than a missed
one, and neither should hang on a threshold a little higher or lower."""


class Judge(nn.Module):
    """The lines of a window's middle frame, each with its way down the picture and the confidence that it is a scratch.

    The frames of the window are stacked along T, the middle one among them; any number will do, from one.

    evidence: (T, 2, 40, C), strips: (T, 40, C), sums: (T, 9, C): what `lines` found in each. offsets: (T,) frame
    numbers relative to the middle one. travel: (T, 2, 20, 36) columns right and rows down, both in columns of the
    evidence, by which each part of the middle frame's scene lies elsewhere in each frame.

    confidence: (24,) 0…1. columns: (24, 40) where the line's middle is in the middle frame, strip by strip. seen:
    (24, 40) 0…1 whether it is to be seen there. width: (24,) full width at half depth, columns. opacity: (24,) how much
    of what lies below it hides at its strongest.
    """

    mean: Tensor
    deviation: Tensor

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(FEATURES))
        self.register_buffer("deviation", torch.ones(FEATURES))
        first, second = HIDDEN
        self.layers = nn.Sequential(
            nn.Linear(FEATURES, first), nn.ReLU(), nn.Linear(first, second), nn.ReLU(), nn.Linear(second, 1)
        )

    def logits(self, features: Tensor) -> Tensor:
        """Return (N,) from (N, FEATURES)."""
        levelled = torch.clamp((features - self.mean) / self.deviation, -4.0, 4.0)
        logits: Tensor = self.layers(levelled)
        return logits[:, 0]

    def forward(
        self, evidence: Tensor, strips: Tensor, sums: Tensor, offsets: Tensor, travel: Tensor
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        followed, features = looked_at(evidence, strips, sums, offsets, travel)
        confidence = torch.sigmoid(SHARPNESS * (self.logits(features) - CAUTION)) * followed.there
        return confidence, followed.columns, followed.seen, followed.width, followed.opacity


def looked_at(
    evidence: Tensor, strips: Tensor, sums: Tensor, offsets: Tensor, travel: Tensor
) -> tuple[Followed, Tensor]:
    """Return the lines that a window may hold, and what is known of each, (24, FEATURES); nothing here is trained."""
    found = candidates(sums, offsets)
    followed = follow(evidence, strips, offsets, found)
    return followed, features_of(evidence, strips, offsets, travel, found, followed)
