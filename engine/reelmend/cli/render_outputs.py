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
from reelmend.documents import CLASSES, DetectionsWriter, Head
from reelmend.errors import BadRequestError
from reelmend.frames import Planes
from reelmend.media import Reader, Writer, open_writer
from reelmend.media.matte_writer import MatteWriter, open_matte_writer
from reelmend.rendered import Rendered

RESULT, MATTE, CLASSES_OUTPUT = "result", "matte", "classes"
_TARGET = "OUT"


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
            _TARGET: self.target,
            "--matte": self.matte,
            "--classes": self.classes,
            "--detections": self.detections,
        }

    @property
    def pictures(self) -> dict[str, str]:
        """The name of each output that is written beside OUT."""
        return {output: name for output, name in ((MATTE, self.matte), (CLASSES_OUTPUT, self.classes)) if name}

    def needed(self, *, finds: bool) -> tuple[str, ...]:
        """Return what has to be rendered. With a list of what was found comes the matte: what is mended, is found."""
        shown = (self.output,) if self.target else ()
        listed = (MATTE,) if finds and (self.detections or not shown) else ()
        return tuple(dict.fromkeys((*shown, *self.pictures, *listed)))


class Findings:
    """What was found and changed so far."""

    def __init__(self) -> None:
        self.found: Counter[str] = Counter(dict.fromkeys(CLASSES, 0))
        self.left_out = 0
        self.without_pixels = 0
        self.frames_with = 0
        self.changed_pixels = 0
        self.pixels = 0

    def add(self, rendered: Rendered, source: Planes) -> None:
        """Count a frame; what was changed as well when its result is there."""
        self.found.update(found.kind for found in rendered.detections)
        self.left_out += rendered.detections_left_out
        self.without_pixels += sum(not found.runs for found in rendered.detections)
        self.frames_with += bool(rendered.detections)
        if (result := rendered.planes.get(RESULT)) is not None:
            self.changed_pixels += changed_pixels(source, result)
            self.pixels += source.shape[1] * source.shape[2]

    @property
    def changed_ppm(self) -> float | None:
        return 1e6 * self.changed_pixels / self.pixels if self.pixels else None


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
        source: RememberedClip,
        head: Head | None,
        finds: bool,
    ) -> None:
        self.findings = Findings() if finds else None
        self._names = names
        self._source = source
        self._writers: dict[str, Writer] = {}
        self._document: DetectionsWriter | None = None
        with ExitStack() as opened:
            if names.target:
                plain = open_writer(names.target, reader, frames=frames, overwrite=overwrite, frame_rate=frame_rate)
                shown = plain if names.output == RESULT else MatteWriter(plain, one_plane=False)
                self._writers[_TARGET] = opened.enter_context(shown)
            for output, name in names.pictures.items():
                writer = open_matte_writer(
                    Path(name), reader, frames=frames, overwrite=overwrite, frame_rate=frame_rate, bits=names.matte_bits
                )
                self._writers[output] = opened.enter_context(writer)
            if names.detections and head is not None:
                document = DetectionsWriter(Path(names.detections), head, overwrite=overwrite)
                self._document = opened.enter_context(document)
            self._opened = opened.pop_all()
        self.notes: list[str] = []

    def write(self, frame: int, rendered: Rendered) -> None:
        """Take a frame. Raises MediaError, perhaps for an earlier one."""
        if self.findings is not None:
            self.findings.add(rendered, self._source.planes(frame))
        if self._document is not None:
            digest = self._source.describe(frame).digest
            self._document.write(frame, digest, rendered.detections, rendered.detections_left_out)
        for name, writer in self._writers.items():
            writer.write(frame, rendered.planes[self._names.output if name == _TARGET else name])

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._document is not None and self.findings is not None:
            self._document.changed_ppm = self.findings.changed_ppm
        self._opened.__exit__(kind, error, trace)
        written = (note for writer in self._writers.values() for note in writer.notes)
        self.notes = [*dict.fromkeys(written), *self._own_notes()]

    def _own_notes(self) -> list[str]:
        if self.findings is None or self._document is None:
            return []
        notes = []
        if self.findings.left_out:
            notes.append(f"{self.findings.left_out} defects were mended but are not listed: too many for a message")
        if self.findings.without_pixels:
            notes.append(
                f"{self.findings.without_pixels} defects are listed without their pixels: too large for a message; "
                "from the list their whole boxes would be mended"
            )
        return notes


def changed_pixels(source: Planes, result: Planes) -> int:
    """Return how many pixels have other bits in any channel."""
    if source.shape != result.shape:
        raise BadRequestError(f"a result of shape {result.shape} can't be compared with a source of {source.shape}")
    changed = np.zeros(source.shape[1:], np.bool_)
    for before, after in zip(source, result, strict=True):
        changed |= before.view(np.uint32) != after.view(np.uint32)
    return int(np.count_nonzero(changed))
