"""What a render leaves behind: the picture, mattes beside it, and the document of what was found; all of one run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from types import TracebackType
from typing import Self

import numpy as np

from reelmend.clips import RememberedClip
from reelmend.detections import Detection
from reelmend.documents import CLASSES, DetectionsWriter, Head
from reelmend.frames import Planes
from reelmend.media import Reader, Writer, open_writer
from reelmend.media.matte_writer import MatteWriter, open_matte_writer
from reelmend.rendered import Rendered

RESULT, MATTE, CLASSES_OUTPUT = "result", "matte", "classes"


@dataclass(frozen=True, slots=True)
class OutputNames:
    """Where everything goes, as on the command line; "" for what is not wanted. `output` is what OUT shows."""

    target: str
    output: str = RESULT
    matte: str = ""
    classes: str = ""
    detections: str = ""
    matte_bits: int = 0

    @property
    def files(self) -> dict[str, str]:
        """What each name is for, and the name."""
        return {
            "OUT": self.target,
            "--matte": self.matte,
            "--classes": self.classes,
            "--detections": self.detections,
        }

    @property
    def pictures(self) -> dict[str, str]:
        """The name of each output that is written beside OUT."""
        return {output: name for output, name in ((MATTE, self.matte), (CLASSES_OUTPUT, self.classes)) if name}


@dataclass(frozen=True, slots=True)
class Found:
    """What is told of a frame: its name, its defects, the mattes to be written, and how much of it was changed."""

    digest: bytes
    detections: tuple[Detection, ...]
    left_out: int
    pictures: dict[str, Planes]
    pixels: int
    changed_pixels: int | None


def found_in(frame: int, rendered: Rendered, clip: RememberedClip, pictures: Sequence[str]) -> Found:
    """Return what there is to tell of a frame of a clip; `pictures` are the outputs that are to be written."""
    ref = clip.describe(frame)
    result = rendered.planes.get(RESULT)
    return Found(
        ref.digest,
        rendered.detections,
        rendered.detections_left_out,
        {name: rendered.planes[name] for name in pictures},
        ref.format.width * ref.format.height,
        None if result is None else changed_pixels(clip.planes(frame), result),
    )


class Findings:
    """What was found and changed so far."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter(dict.fromkeys(CLASSES, 0))
        self.left_out = 0
        self.without_pixels = 0
        self.frames_with = 0
        self._changed_pixels = 0
        self._pixels = 0

    def add(self, found: Found) -> None:
        self.found.update(detection.kind for detection in found.detections)
        self.left_out += found.left_out
        self.without_pixels += sum(not detection.runs for detection in found.detections)
        self.frames_with += bool(found.detections)
        if found.changed_pixels is not None:
            self._changed_pixels += found.changed_pixels
            self._pixels += found.pixels

    @property
    def changed_ppm(self) -> float | None:
        """Pixels that were changed, in a million; None when nothing was mended, but only looked for."""
        return 1e6 * self._changed_pixels / self._pixels if self._pixels else None

    @property
    def notes(self) -> list[str]:
        """What a list of these defects lacks."""
        notes = []
        if self.left_out:
            notes.append(f"{self.left_out} defects were mended but are not listed: too many for a message")
        if self.without_pixels:
            notes.append(
                f"{self.without_pixels} defects are listed without their pixels, too many for a message: from the list "
                "their whole boxes would be mended"
            )
        return notes


class RenderOutputs:
    """The files of one render, each under its name when it is whole. As a context manager: all closed, or all aborted.

    The picture comes last, so that it never stands there without what goes with it. Raises MediaError when something
    can't be written or stands there already.
    """

    def __init__(
        self,
        names: OutputNames,
        reader: Reader,
        frames: Sequence[int],
        *,
        overwrite: bool,
        frame_rate: Fraction | None,
        head: Head | None,
    ) -> None:
        self.findings = Findings()
        self.notes: list[str] = []
        self._picture: Writer | None = None
        self._mattes: dict[str, Writer] = {}
        self._document: DetectionsWriter | None = None
        with ExitStack() as opened:
            if names.target:
                plain = open_writer(names.target, reader, frames=frames, overwrite=overwrite, frame_rate=frame_rate)
                shown = plain if names.output == RESULT else MatteWriter(plain, one_plane=False)
                self._picture = opened.enter_context(shown)
            for output, name in names.pictures.items():
                writer = open_matte_writer(
                    Path(name), reader, frames=frames, overwrite=overwrite, frame_rate=frame_rate, bits=names.matte_bits
                )
                self._mattes[output] = opened.enter_context(writer)
            if names.detections and head is not None:
                document = DetectionsWriter(Path(names.detections), head, overwrite=overwrite)
                self._document = opened.enter_context(document)
            self._opened = opened.pop_all()

    def write(self, frame: int, shown: Planes, found: Found | None) -> None:
        """Take a frame: what OUT shows of it, and what was found. Raises MediaError, perhaps for an earlier one."""
        if found is not None:
            self.findings.add(found)
            if self._document is not None:
                self._document.write(frame, found.digest, found.detections, found.left_out)
            for name, writer in self._mattes.items():
                writer.write(frame, found.pictures[name])
        if self._picture is not None:
            self._picture.write(frame, shown)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._document is not None:
            self._document.changed_ppm = self.findings.changed_ppm
        self._opened.__exit__(kind, error, trace)
        writers = [writer for writer in (self._picture, *self._mattes.values()) if writer is not None]
        listed = self.findings.notes if self._document is not None else []
        self.notes = [*dict.fromkeys(note for writer in writers for note in writer.notes), *listed]


def changed_pixels(source: Planes, result: Planes) -> int:
    """Return how many pixels have other bits in any channel."""
    changed = np.zeros(source.shape[1:], np.bool_)
    for before, after in zip(source, result, strict=True):
        changed |= np.ascontiguousarray(before).view(np.uint32) != np.ascontiguousarray(after).view(np.uint32)
    return int(np.count_nonzero(changed))
