"""The clips that a render reads beside its source: masks, a matte, a list of detections; opened and checked."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from reelmend.cli.render_steps import Step, made_step
from reelmend.documents import DetectionList, read_detections
from reelmend.documents.reader import ClipFacts
from reelmend.errors import BadRequestError
from reelmend.frames import MASK
from reelmend.media import Reader, open_reader
from reelmend.media.mask_clip import MaskChannel, MaskClip

MATTE_USE, BY_CLASS = "matte_use", "classes"
"""The parameter that says what a matte is for, and its value for a list of detections (ADR 20)."""


@dataclass(frozen=True, slots=True)
class InputNames:
    """The clips that are read, as on the command line; "" for what is not given. `masks` by effect, "" for all."""

    source: str
    masks: dict[str, str] = field(default_factory=dict)
    mask_channel: MaskChannel = MaskChannel.AUTO
    matte: str = ""
    matte_channel: MaskChannel = MaskChannel.AUTO
    from_list: str = ""

    @property
    def files(self) -> dict[str, str]:
        """What each name is for, and the name."""
        masks = {f"--mask of {effect}" if effect else "--mask": name for effect, name in self.masks.items()}
        return {**masks, "--matte-in": self.matte, "--from-list": self.from_list}

    def mask_of(self, effect: str) -> str:
        """Return the name of the effect's mask, "" without one."""
        return self.masks.get(effect, self.masks.get("", ""))


class Companions:
    """Opens what lies beside the source. `notes`: what is odd about it; `mask_channel`: which one is the mask."""

    def __init__(self, names: InputNames, reader: Reader, opened: ExitStack) -> None:
        self.notes: list[str] = []
        self.mask_channel = ""
        self._names = names
        self._reader = reader
        self._opened = opened

    def mask(self, step: Step, seen: range) -> MaskClip | None:
        """Return the mask of an effect that reads `seen`. Raises MediaError when it doesn't fit."""
        name = self._names.mask_of(step.effect)
        if not name or MASK not in step.manifest.input_clips:
            return None
        mask = MaskClip(self._opened.enter_context(open_reader(name)), self._reader, self._names.mask_channel)
        self.mask_channel = str(mask.channel)
        return self._checked(mask, seen, "--mask-channel red")

    def matte(self, seen: range) -> MaskClip | None:
        """Return the matte in. Raises MediaError when it doesn't fit."""
        if not self._names.matte:
            return None
        file = self._opened.enter_context(open_reader(self._names.matte))
        matte = MaskClip(file, self._reader, self._names.matte_channel, noun="matte")
        return self._checked(matte, seen, "--matte-channel red")

    def listed(self, wanted: range) -> DetectionList | None:
        """Return the list of detections. Raises NotFoundError, or BadRequestError when it isn't for this clip."""
        if not self._names.from_list:
            return None
        reader = self._reader
        facts = ClipFacts(str(reader.path), reader.width, reader.height, reader.first_frame, reader.last_frame)
        listed = read_detections(Path(self._names.from_list), facts)
        if unlisted := sum(frame not in listed.frames for frame in wanted):
            self.notes.append(f"{unlisted} of {len(wanted)} frames are not in {listed.path} and stay as they are")
        return listed

    def _checked(self, mask: MaskClip, seen: range, advice: str) -> MaskClip:
        mask.require(seen)
        if mask.channel is MaskChannel.ALPHA and mask.is_full(seen[0]):
            told = f"the {mask.noun}'s alpha is 1 everywhere; if its picture is the {mask.noun}, give {advice}"
            self.notes.append(told)
        return mask


def with_list(step: Step, listed: DetectionList) -> tuple[Step, list[str]]:
    """Return the step as it mends a list, with the values that the list was made with, and what is odd about that.

    Values that were given for the step go over the list's. Raises BadRequestError.
    """
    if MATTE_USE in step.values:
        raise BadRequestError(f"--from-list is itself the matte; leave {MATTE_USE} out")
    made = listed.head.repair
    notes = []
    values = dict(step.values)
    if made is not None:
        if made.effect != step.effect:
            raise BadRequestError(f"{listed.path} is a list of the effect '{made.effect}', not of '{step.effect}'")
        known = {parameter.name for parameter in step.manifest.parameters} | set(step.resolved)
        if unknown := sorted(set(made.parameters) - known):
            raise BadRequestError(
                f"{listed.path}: effect '{step.effect}' has no parameter '{unknown[0]}'; take it out of \"repair\""
            )
        values = {**made.parameters, **step.values}
        if (made.model, made.weights_sha256) != (step.model, step.manifest.weights_sha256):
            notes.append(
                f"{listed.path} was made with model '{made.model}' {made.version} of the weights "
                f"{made.weights_sha256[:8]}, this is '{step.model}' {step.manifest.version} of the weights "
                f"{step.manifest.weights_sha256[:8]}: the fill may differ"
            )
        if made.matte_in and made.parameters.get(MATTE_USE) != BY_CLASS:
            notes.append(f"{listed.path} was made with the matte {made.matte_in}, whose soft values are not in it")
    try:
        return made_step(step.effect, step.manifest, {**values, MATTE_USE: BY_CLASS}), notes
    except BadRequestError as error:
        raise BadRequestError(f"{listed.path}: {error}") from None
