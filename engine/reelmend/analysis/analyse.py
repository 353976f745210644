"""The whole analysis of a clip: one pass over its frames, then what they mean."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from reelmend.analysis.events import Events, find_events
from reelmend.analysis.observation import Observations, Observer, one_thread
from reelmend.analysis.recommendation import Recommendation, recommend
from reelmend.analysis.strength import Flicker, measure_flicker
from reelmend.analysis.verdict import Kind, Verdict, judge
from reelmend.frames import Planes
from reelmend.parameters import Parameter

LARGE_SHARE = 0.25


@dataclass(frozen=True, eq=False)
class Shot:
    """What a shot does by itself: from index `start` up to `end`, excluded. flicker is None where it is too short."""

    start: int
    end: int
    flicker: Flicker | None
    verdict: Verdict


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known of a clip. Indices in it count from 0; add `first_frame` for the clip's own numbers.

    flicker is measured over all shots at once, None where none is long enough. The verdict names what stands out of
    that, and what stands out of shots that make up `LARGE_SHARE` of the measured frames.
    """

    first_frame: int
    frame_rate: Fraction
    seen: Observations
    events: Events
    shots: tuple[Shot, ...]
    flicker: Flicker | None
    verdict: Verdict
    recommendation: Recommendation


def analyse(
    frames: Iterable[Planes],
    parameters: Sequence[Parameter],
    *,
    first_frame: int = 0,
    frame_rate: Fraction,
    saturates: bool = True,
) -> Analysis:
    """Return what a clip's frames (3 or 1, H, W) tell; each is looked at once, about a kilobyte of it is kept.

    parameters: of the deflicker, so that only what it has is recommended. saturates: whether samples end at 1. The same
    frames give the same result: no number of threads has a say. Raises BadRequestError on an empty clip, on frames that
    are too small, and on a change of size.
    """
    with one_thread():
        observer = Observer(saturates=saturates)
        for planes in frames:
            observer.add(planes)
        seen = observer.finish()
    events = find_events(seen)
    shots = tuple(_shots(seen, events))
    flicker = measure_flicker(seen, events.shots())
    verdict = Verdict(()) if flicker is None else _verdict(flicker, shots)
    differ = len({shot.verdict.kinds for shot in shots if shot.flicker}) > 1
    advice = recommend(seen, events, flicker, verdict, parameters, shots_differ=differ)
    return Analysis(first_frame, frame_rate, seen, events, shots, flicker, verdict, advice)


def _shots(seen: Observations, events: Events) -> Iterator[Shot]:
    bounds = [0, *events.cuts, events.length_frames]
    usable = {int(shot[0]): shot for shot in events.shots()}
    for start, end in pairwise(bounds):
        frames = next((shot for first, shot in usable.items() if start <= first < end), None)
        flicker = None if frames is None else measure_flicker(seen, [frames])
        yield Shot(start, end, flicker, Verdict(()) if flicker is None else judge(flicker))


def _verdict(flicker: Flicker, shots: Sequence[Shot]) -> Verdict:
    overall = judge(flicker).kinds
    frames = {
        kind: sum(shot.flicker.frames for shot in shots if shot.flicker and kind in shot.verdict.kinds) for kind in Kind
    }
    return Verdict(tuple(k for k in Kind if k in overall or frames[k] >= LARGE_SHARE * flicker.frames))
