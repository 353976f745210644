"""What feeds each input of a model's graphs, read off its name and layout; refused in words when nothing does.

The names are documented where authors look for them, at `Tensor` in reelmend/manifest.py.
"""

from __future__ import annotations

import functools
import re
from dataclasses import dataclass
from enum import Enum, auto

from reelmend.errors import ModelError
from reelmend.frames import MASK
from reelmend.manifest import Manifest, Stage, Tensor

_AT_OFFSET = re.compile(r"(?P<name>.+)_(?P<side>[mp])(?P<frames>[1-9]\d*)")


class Kind(Enum):
    FRAME = auto()
    MASK = auto()
    FEATURE = auto()
    EARLIER = auto()
    PARAMETER = auto()
    OFFSETS = auto()
    WEIGHTS = auto()


@dataclass(frozen=True, slots=True)
class Feed:
    """One graph input. `offset`: frames from the centre; None: a stack of the whole window.

    `name` is that of the parameter, of the feature, or of the earlier output; `stage` is the one that makes it.
    """

    tensor: Tensor
    kind: Kind
    name: str = ""
    stage: str = ""
    offset: int | None = 0


@dataclass(frozen=True, slots=True)
class PlannedStage:
    stage: Stage
    feeds: tuple[Feed, ...]

    @property
    def parameters(self) -> tuple[str, ...]:
        return tuple(feed.name for feed in self.feeds if feed.kind is Kind.PARAMETER)

    def offsets_of(self, kind: Kind, window: range) -> set[int]:
        """Return which frames of the window the stage takes inputs of that kind from."""
        taken: set[int] = set()
        for feed in self.feeds:
            if feed.kind is kind:
                taken |= set(window) if feed.offset is None else {feed.offset}
        return taken


@dataclass(frozen=True, slots=True)
class Plan:
    """A model's stages in order, each with what feeds it."""

    per_frame: tuple[PlannedStage, ...]
    per_window: tuple[PlannedStage, ...]

    def stage(self, name: str) -> PlannedStage:
        return next(planned for planned in (*self.per_frame, *self.per_window) if planned.stage.name == name)

    def layout(self, feed: Feed) -> str:
        """Return the axes of what feeds an input, before any stacking."""
        if feed.kind in (Kind.FRAME, Kind.MASK):
            return "CHW"
        return next(output.layout for output in self.stage(feed.stage).stage.outputs if output.name == feed.name)

    def producer(self, tensor: str) -> Stage | None:
        """Return the last stage that puts out a tensor of that name."""
        for planned in (*reversed(self.per_window), *reversed(self.per_frame)):
            if any(output.name == tensor for output in planned.stage.outputs):
                return planned.stage
        return None

    @property
    def reads_mask(self) -> bool:
        return any(feed.kind is Kind.MASK for planned in (*self.per_frame, *self.per_window) for feed in planned.feeds)

    def reads_parameter(self, name: str) -> bool:
        return any(name in planned.parameters for planned in (*self.per_frame, *self.per_window))


@functools.lru_cache(maxsize=64)
def plan_of(manifest: Manifest) -> Plan:
    """Return how a window model's graphs are fed. Raises ModelError that names what can't be."""
    if manifest.temporal.kind != "window":
        raise ModelError(f"model '{manifest.id}' works on blocks of frames; the effect 'model' runs window models")
    features: dict[str, str] = {}
    earlier: dict[str, str] = {}
    per_frame: list[PlannedStage] = []
    per_window: list[PlannedStage] = []
    for stage in manifest.stages:
        if stage.per == "pair":
            raise ModelError(f"model '{manifest.id}': stage '{stage.name}' is per pair; the effect 'model' runs none")
        if stage.per == "frame" and per_window:
            raise ModelError(f"model '{manifest.id}': stage '{stage.name}' is per frame but follows a per-window stage")
        known = features if stage.per == "frame" else {**features, **earlier}
        feeds = tuple(_feed(manifest, stage, tensor, known, earlier) for tensor in stage.inputs)
        (per_frame if stage.per == "frame" else per_window).append(PlannedStage(stage, feeds))
        (features if stage.per == "frame" else earlier).update({output.name: stage.name for output in stage.outputs})
    plan = Plan(tuple(per_frame), tuple(per_window))
    for output in manifest.outputs:
        made_of = ("fill", "matte") if output == "result" and plan.producer("result") is None else (output,)
        if lacking := [name for name in made_of if plan.producer(name) is None]:
            raise ModelError(f"model '{manifest.id}': no stage puts out '{lacking[0]}', of which '{output}' is made")
    if MASK in manifest.input_clips and not plan.reads_mask and manifest.spatial.scale != 1:
        raise ModelError(f"model '{manifest.id}': a result of another size can't be kept to a mask that no graph reads")
    return plan


def _feed(manifest: Manifest, stage: Stage, tensor: Tensor, known: dict[str, str], earlier: dict[str, str]) -> Feed:
    feed = _recognised(manifest, stage, tensor, known, earlier)
    if feed is None:
        has = ", ".join(["frame", *(["frames", "offsets", "weights"] if stage.per == "window" else []), *known])
        raise ModelError(
            f"model '{manifest.id}': nothing feeds input '{tensor.name}' of stage '{stage.name}'; the effect 'model' "
            f"knows {has} and the model's parameters"
        )
    if feed.offset is not None and abs(feed.offset) > manifest.temporal.radius_frames:
        raise ModelError(
            f"model '{manifest.id}': input '{tensor.name}' of stage '{stage.name}' lies outside the window, which "
            f"reaches {manifest.temporal.radius_frames} frames"
        )
    return feed


def _recognised(
    manifest: Manifest, stage: Stage, tensor: Tensor, known: dict[str, str], earlier: dict[str, str]
) -> Feed | None:
    name, offset = tensor.name, 0
    in_window = stage.per == "window"
    if name in {parameter.name for parameter in manifest.parameters}:
        return Feed(tensor, Kind.PARAMETER, name)
    if in_window and name in ("offsets", "weights"):
        return Feed(tensor, Kind.OFFSETS if name == "offsets" else Kind.WEIGHTS)
    if in_window and name == "frames":
        return Feed(tensor, Kind.FRAME, offset=None)
    if in_window and name not in known and (spelled := _AT_OFFSET.fullmatch(name)) is not None:
        name = spelled["name"]
        offset = int(spelled["frames"]) * (1 if spelled["side"] == "p" else -1)
    if MASK in manifest.input_clips and (name == "mask" or (in_window and name == "masks")):
        return Feed(tensor, Kind.MASK, offset=None if name == "masks" else offset)
    if name == ("proxy" if stage.reads == "proxy" else "frame") or name == "frame":
        return Feed(tensor, Kind.FRAME, offset=offset)
    if name in earlier and in_window and not offset:
        return Feed(tensor, Kind.EARLIER, name, earlier[name])
    if name in known and name not in earlier:
        stacked = in_window and "T" in tensor.layout
        return Feed(tensor, Kind.FEATURE, name, known[name], None if stacked else offset)
    return None
