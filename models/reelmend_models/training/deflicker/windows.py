"""Windows cut out of paths, as the deflicker sees them: of any radius, shortened at clip ends and cuts, with gaps."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from reelmend_models.definitions.deflicker.trend_net import REACH_FRAMES
from reelmend_models.training.deflicker.paths import Pool

CENTRES_FRAMES = (0, 1, 3, 6, 10, 14)
"""Where, in one path, windows are read together: neighbours and all over the 15 frames over which flicker is judged."""

USUAL_RADIUS_FRAMES = 30
USUAL_SHARE = 0.55
RADII_FRAMES = (5, REACH_FRAMES)
END_SHARE = 0.6
END_WITHIN_FRAMES = 80
GAP_SHARE = 0.1
MOST_GAPS = 0.2


@dataclass(frozen=True)
class Windows:
    """Windows around six frames of each of `clips` paths, CENTRES_FRAMES after the first.

    paths, present: (clips, 6, 121). seen, light, known: (clips, 6) of the middle frames; known is 0 where
    the middle lies beyond an end, whose answers do not count. doubt: (clips, 1).
    """

    paths: Tensor
    present: Tensor
    seen: Tensor
    light: Tensor
    known: Tensor
    doubt: Tensor

    def to(self, device: torch.device) -> Windows:
        """Return the same on a device."""
        return Windows(*(part.to(device) for part in vars(self).values()))


def draw_windows(pool: Pool, generator: torch.Generator, clips: int) -> Windows:
    """Return windows of random paths, some of them upside down or back to front, which light does not care about."""
    count, length = pool.seen.shape

    def whole(low: int, high: int) -> Tensor:
        return torch.randint(low, high, (clips, 1), generator=generator)

    def chance(share: float) -> Tensor:
        return torch.rand((clips, 1), generator=generator) < share

    last = CENTRES_FRAMES[-1]
    rows, first = whole(0, count), whole(0, length - last)
    radius = torch.where(chance(USUAL_SHARE), USUAL_RADIUS_FRAMES, whole(RADII_FRAMES[0], RADII_FRAMES[1] + 1))
    begin = torch.where(chance(END_SHARE), first - whole(-last // 2, END_WITHIN_FRAMES), 0)
    end = torch.where(chance(END_SHARE), first + 1 + last + whole(-last // 2, END_WITHIN_FRAMES), length)
    frames = torch.arange(length)
    there = (frames >= begin) & (frames < end)
    gaps = torch.rand((clips, length), generator=generator) < torch.rand((clips, 1), generator=generator) * MOST_GAPS
    there &= ~(gaps & chance(GAP_SHARE))
    sign = torch.where(chance(0.5), 1.0, -1.0)
    seen, light = pool.seen[rows[:, 0]] * sign, pool.light[rows[:, 0]] * sign

    middles = first + torch.tensor(CENTRES_FRAMES)
    offsets = torch.arange(-REACH_FRAMES, REACH_FRAMES + 1)
    places = middles[..., None] + offsets
    inside = (places >= 0) & (places < length) & (offsets.abs() <= radius[..., None])
    places = places.clamp(0, length - 1).flatten(1)
    present = (inside & there.gather(1, places).view(inside.shape)) | (offsets == 0)
    middle_seen, middle_light = seen.gather(1, middles), light.gather(1, middles)
    paths = (seen.gather(1, places).view(inside.shape) - middle_seen[..., None]) * present
    back_to_front = chance(0.5)[..., None]
    paths, present = (torch.where(back_to_front, part.flip(2), part) for part in (paths, present.float()))
    known = there.gather(1, middles).float()
    return Windows(paths, present, middle_seen, middle_light, known, pool.doubt[rows[:, 0], None])
