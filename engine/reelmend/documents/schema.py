"""The document of detections, version 1: every field with its meaning and range."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from reelmend.frames import MAX_SIDE_PIXELS

DOCUMENT = "reelmend detections"
VERSION = 1

Pixel = Annotated[int, Field(ge=0, lt=MAX_SIDE_PIXELS)]
Length = Annotated[int, Field(ge=1, le=MAX_SIDE_PIXELS)]
Frame = Annotated[int, Field(ge=-(1 << 53), le=1 << 53)]
Run = Annotated[list[Annotated[int, Field(ge=0, le=MAX_SIDE_PIXELS)]], Field(min_length=3, max_length=3)]
Digest = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, populate_by_name=True, frozen=True)


class Box(_Part):
    """A rectangle of pixels, counted from the picture's top left."""

    left: Pixel = Field(description="First column.")
    top: Pixel = Field(description="First row.")
    width: Length = Field(description="Columns.")
    height: Length = Field(description="Rows.")


class DetectionEntry(_Part):
    """One defect of a frame."""

    id: str = Field(default="", max_length=200, description="A name to speak of it; nothing depends on it.")
    kind: Literal["blotch", "hair", "scratch"] = Field(
        alias="class", description="What it is; a scratch is filled otherwise than a blotch or a hair."
    )
    box: Box = Field(description="The rectangle around its core. Without runs, all of it is mended.")
    area_px: int | None = Field(
        default=None, ge=1, description="Pixels of the core. Not read again: runs or box count."
    )
    confidence: float | None = Field(default=None, ge=0, le=1, description="0…1, the detector's. Not read again.")
    runs: list[Run] | None = Field(
        default=None,
        description="The core's pixels: [row, first column, how many] each, counted from the picture's top left, row "
        "after row. Left out: the whole box.",
    )


class FrameEntry(_Part):
    """One frame and what was found in it. A frame without detections is left as it is."""

    frame: Frame = Field(description="Its number.")
    digest: Digest | None = Field(
        default=None,
        description="XXH3-128 of its float32 samples, 32 hexadecimal digits. A frame of other content is refused; left "
        "out, nothing is compared.",
    )
    detections: list[DetectionEntry] = Field(description="Its defects, in no particular order.")


class SourceEntry(_Part):
    """The clip that was looked at."""

    name: str = Field(description="The movie's file name, or the sequence's with a place for numbers; no folder.")
    width: Length = Field(description="Pixels.")
    height: Length = Field(description="Pixels.")
    first_frame: Frame = Field(description="The clip's first frame, of which not all need be in the list.")
    last_frame: Frame = Field(description="The clip's last frame.")
    frame_rate: str = Field(description='Frames a second as a fraction, "24" or "24000/1001".')


class MadeWith(_Part):
    """An effect, its model and the values that it ran with."""

    effect: str = Field(description="The effect.")
    model: str = Field(description="The model's id.")
    version: str = Field(description="The model's version.")
    weights_sha256: str = Field(description="The hash that names the model's weights as a whole.")
    parameters: dict[str, bool | int | float | str] = Field(description="Every parameter, defaults included.")
    mask: str | None = Field(default=None, description="The clip that kept the effect to a region.")
    matte_in: str | None = Field(default=None, description="The matte that was given, as matte_use says.")


class Summary(_Part):
    """What the list adds up to. Not read again."""

    frames: int = Field(ge=0, description="Frames in the list.")
    detections: dict[str, int] = Field(description="How many by class.")
    left_out: int = Field(default=0, ge=0, description="Defects that were mended but were too many to be told.")
    changed_ppm: float | None = Field(default=None, ge=0, description="Pixels that were changed, in a million.")
    frames_digest: Digest = Field(description="XXH3-128 of the frames' digests, one after the other as 16 bytes each.")


class Head(_Part):
    """What stands before the frames."""

    document: Literal["reelmend detections"] = Field(description="What this is.")
    version: Literal[1] = Field(description="The version of this schema.")
    made_by: str = Field(default="", description="The program that wrote it.")
    source: SourceEntry | None = Field(default=None, description="The clip.")
    before: list[MadeWith] = Field(default=[], description="The effects that the frames went through before, in order.")
    repair: MadeWith | None = Field(default=None, description="What found and mended the defects.")


class DetectionsDocument(Head):
    """Defects of a clip, frame by frame. The head may be left out but for `document` and `version`."""

    frames: list[FrameEntry] = Field(description="The frames that were looked at, ascending, each once.")
    summary: Summary | None = Field(default=None, description="What it adds up to.")


def json_schema() -> dict[str, Any]:
    """Return the JSON schema (draft 2020-12) of the document."""
    made = DetectionsDocument.model_json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Reelmend detections, version 1",
        **made,
    }
