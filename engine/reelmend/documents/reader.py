"""Reads a document of detections that somebody may have edited, and refuses in words what can't be meant."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar, get_args

import numpy as np
from pydantic import BaseModel, TypeAdapter, ValidationError

from reelmend.documents.cores import CLASSES, CoresClip, Named, PackedRuns
from reelmend.documents.json_text import JsonText, JsonTextError
from reelmend.documents.schema import (
    DOCUMENT,
    VERSION,
    DetectionEntry,
    DetectionsDocument,
    FrameEntry,
    Head,
)
from reelmend.errors import BadRequestError, NotFoundError

Model = TypeVar("Model")

_HEAD = TypeAdapter(Head)
_FRAME = TypeAdapter(FrameEntry)
_LONGEST_TOLD = 40


@dataclass(frozen=True, slots=True)
class ClipFacts:
    """What a list is held against: the clip's name, size in pixels, first and last frame."""

    name: str
    width: int
    height: int
    first_frame: int
    last_frame: int


@dataclass(frozen=True, slots=True)
class ListedFrame:
    """What the list says of a frame: its digest, or b"" when it names none, and the cores."""

    digest: bytes
    runs: PackedRuns


@dataclass(slots=True)
class DetectionList:
    """A document, read and checked against a clip. `found`: how many defects it lists by class."""

    path: str
    head: Head
    clip: ClipFacts
    frames: dict[int, ListedFrame] = field(default_factory=dict)
    found: Counter[str] = field(default_factory=lambda: Counter(dict.fromkeys(CLASSES, 0)))

    def cores(self, source: Named) -> CoresClip:
        """Return what an effect takes of the list, beside the frames of `source`."""
        return CoresClip(
            self.path,
            {number: listed.runs for number, listed in self.frames.items()},
            {number: listed.digest for number, listed in self.frames.items() if listed.digest},
            source,
            (self.clip.width, self.clip.height),
            (self.clip.first_frame, self.clip.last_frame),
        )


def read_detections(path: Path, clip: ClipFacts) -> DetectionList:
    """Return the list in the file. Raises NotFoundError, or BadRequestError that says what is wrong, and where."""
    text = JsonText(_read(path))
    frames: dict[int, ListedFrame] = {}
    found: Counter[str] = Counter(dict.fromkeys(CLASSES, 0))

    def take(element: Any, position: int) -> None:
        where = f"{path}, line {text.line(position)}"
        entry = _validated(_FRAME, FrameEntry, element, where, _frame_of(element))
        where = f"{where}: frame {entry.frame}"
        if entry.frame in frames:
            raise BadRequestError(f"{where} is listed twice; put its detections into one entry")
        if not clip.first_frame <= entry.frame <= clip.last_frame:
            raise BadRequestError(
                f"{where} is not in {clip.name}, which has frames {clip.first_frame} to {clip.last_frame}; take the "
                "entry out, or name the clip that the list was made for"
            )
        frames[entry.frame] = ListedFrame(bytes.fromhex(entry.digest or ""), _packed(entry, clip, where))
        found.update(detection.kind for detection in entry.detections)

    try:
        members = text.read("frames", take)
    except JsonTextError as error:
        line = text.line(error.position)
        raise BadRequestError(f"{path}, line {line}: {error}; correct it, or write the list again") from None
    return DetectionList(str(path), _head(members, path, clip), clip, frames, found)


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise NotFoundError(f"{path} does not exist; write it with: reelmend repair … --detections '{path}'") from None
    except UnicodeDecodeError:
        raise BadRequestError(f"{path} is no text in UTF-8; save it as such") from None
    except OSError as error:
        raise NotFoundError(f"{path} can't be read: {error.strerror}") from None


def _head(members: dict[str, Any], path: Path, clip: ClipFacts) -> Head:
    if members.get("document") != DOCUMENT:
        raise BadRequestError(
            f'{path} is no list of detections, which begins with "document": "{DOCUMENT}"; write one with '
            "'reelmend repair … --detections'"
        )
    if members.get("version") != VERSION:
        raise BadRequestError(
            f"{path} is of version {_told(members.get('version'))} of the document, this is reelmend for version "
            f"{VERSION}; use the reelmend that wrote it, or write it again"
        )
    beside = {name: part for name, part in members.items() if name != "summary"}
    head = _validated(_HEAD, DetectionsDocument, beside, str(path), "the head")
    source = head.source
    if source is not None and (source.width, source.height) != (clip.width, clip.height):
        raise BadRequestError(
            f"{path} was made for pictures of {source.width}×{source.height}, {clip.name} has {clip.width}×"
            f"{clip.height}; name the clip that it was made for"
        )
    return head


def _packed(entry: FrameEntry, clip: ClipFacts, where: str) -> PackedRuns:
    """Return the frame's cores as rows of (row, column, count, bit). Raises BadRequestError."""
    rows: list[tuple[int, int, int, int]] = []
    for index, detection in enumerate(entry.detections, 1):
        named = f' ("{detection.id}")' if detection.id else ""
        rows += _rows_of(detection, clip, f"{where}, detection {index}{named}")
    return np.array(rows, np.int32).reshape(-1, 4)


def _rows_of(detection: DetectionEntry, clip: ClipFacts, where: str) -> list[tuple[int, int, int, int]]:
    box, bit = detection.box, 1 << CLASSES.index(detection.kind)
    right, bottom = box.left + box.width, box.top + box.height
    if right > clip.width or bottom > clip.height:
        raise BadRequestError(
            f"{where}: its box reaches to column {right} and row {bottom}, the picture is {clip.width}×{clip.height}; "
            "draw it inside"
        )
    if detection.runs is None:
        return [(row, box.left, box.width, bit) for row in range(box.top, bottom)]
    for row, column, count in detection.runs:
        if not (box.top <= row < bottom and box.left <= column and column + max(count, 1) <= right and count):
            raise BadRequestError(
                f'{where}: the run [{row}, {column}, {count}] lies outside of its box; take "runs" out to have the '
                "whole box mended, or put the box around them"
            )
    return [(row, column, count, bit) for row, column, count in detection.runs]


def _frame_of(element: Any) -> str:
    number = element.get("frame") if isinstance(element, dict) else None
    return f"frame {number}" if isinstance(number, int) and not isinstance(number, bool) else "a frame"


def _validated(adapter: TypeAdapter[Model], of: type[BaseModel], element: Any, where: str, what: str) -> Model:
    try:
        return adapter.validate_python(element)
    except ValidationError as error:
        first = error.errors()[0]
        raise BadRequestError(f"{where}: {what}{_place(first['loc'])} {_complaint(first, of)}") from None


def _place(loc: tuple[int | str, ...]) -> str:
    """Return where in an entry something is wrong: ", detection 2, box.left"."""
    parts: list[str] = []
    names: list[str] = []
    for step, following in zip(loc, [*loc[1:], None], strict=False):
        if step == "detections" and isinstance(following, int):
            parts.append(f"detection {following + 1}")
        elif step == "runs" and isinstance(following, int):
            parts.append(f"run {following + 1}")
        elif isinstance(step, str):
            names.append(step)
    return "".join(f", {part}" for part in [*parts, ".".join(names)] if part)


def _complaint(error: Any, of: type[BaseModel]) -> str:
    kind, got = error["type"], _told(error["input"])
    if kind == "missing":
        return "is missing; add it"
    if kind == "extra_forbidden":
        return f"is unknown; there is {_fields_at(of, error['loc'])}"
    if kind in ("model_type", "model_attributes_type"):
        return f"can't be {got}; it is a JSON object {{ … }}"
    if kind == "literal_error":
        return f"can't be {got}; give {error['ctx']['expected']}"
    message = str(error["msg"])
    return f"can't be {got}: {message[0].lower()}{message[1:]}"


def _fields_at(of: type[BaseModel], loc: tuple[int | str, ...]) -> str:
    """Return the names of the fields that an object has at that place."""
    model: type[BaseModel] = of
    for step in loc[:-1]:
        if isinstance(step, int):
            continue
        named = next((info for name, info in model.model_fields.items() if step in (name, info.alias)), None)
        model = _model_in(named.annotation if named is not None else None) or model
    return ", ".join(info.alias or name for name, info in model.model_fields.items())


def _model_in(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((found for part in get_args(annotation) if (found := _model_in(part)) is not None), None)


def _told(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= _LONGEST_TOLD else text[:_LONGEST_TOLD] + "…"
