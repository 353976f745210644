"""Writes the document of detections frame by frame: one line a frame, nothing held but counts."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TextIO

import xxhash

from reelmend.detections import Detection
from reelmend.documents.cores import CLASSES
from reelmend.documents.schema import Head, Summary
from reelmend.errors import MediaError
from reelmend.media.publishing import PendingFile, refuse_existing, refuse_unwritable_folder


class DetectionsWriter:
    """A document in the making; it has its final name when it is whole.

    As a context manager it closes on success and aborts on any exception. Raises MediaError when the file can't be
    made, or stands there already.
    """

    def __init__(self, path: Path, head: Head, *, overwrite: bool) -> None:
        self.path = path
        refuse_unwritable_folder(path.parent)
        refuse_existing(path, overwrite=overwrite)
        self.found: Counter[str] = Counter(dict.fromkeys(CLASSES, 0))
        self.left_out = 0
        self.changed_ppm: float | None = None
        """What share of the pixels was changed, as far as that is known."""
        self._frames = 0
        self._whole = xxhash.xxh3_128()
        self._pending = PendingFile(path, overwrite=overwrite)
        self._head = head
        self._file: TextIO | None = None

    def write(self, frame: int, digest: bytes, detections: Sequence[Detection], left_out: int = 0) -> None:
        """Add a frame, of a higher number than the one before. `left_out`: how many more there were than are told."""
        entries = [_entry(frame, index, found) for index, found in enumerate(detections, 1)]
        self._put({"frame": frame, "digest": digest.hex(), "detections": entries})
        self.found.update(found.kind for found in detections)
        self.left_out += left_out
        self._whole.update(digest)

    def close(self) -> None:
        """Put the finished document under its final name. Raises MediaError, and aborts, when that can't be done."""
        told = Summary(
            frames=self._frames,
            detections=dict(self.found),
            left_out=self.left_out,
            changed_ppm=None if self.changed_ppm is None else round(self.changed_ppm, 3),
            frames_digest=self._whole.hexdigest(),
        )
        try:
            file = self._opened()
            file.write(f'\n ],\n "summary": {_text(told.model_dump(exclude_none=True))}\n}}\n')
            file.close()
        except OSError as error:
            raise self._failed(error) from None
        self._pending.publish()

    def abort(self) -> None:
        """Remove what was written so far. May be called more than once."""
        if self._file is not None and not self._file.closed:
            with suppress(OSError):  # what is still buffered may not fit on the disk
                self._file.close()
        self._pending.discard()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close() if kind is None else self.abort()

    def _put(self, entry: dict[str, Any]) -> None:
        try:
            self._opened().write(f"{',' if self._frames else ''}\n  {_text(entry)}")
        except OSError as error:
            raise self._failed(error) from None
        self._frames += 1

    def _opened(self) -> TextIO:
        if self._file is None:
            self._file = self._pending.path.open("w", encoding="utf-8")
            parts = self._head.model_dump(by_alias=True, exclude_none=True)
            lines = [f" {_text(name)}: {_text(part)},\n" for name, part in parts.items()]
            self._file.write("{\n" + "".join(lines) + ' "frames": [')
        return self._file

    def _failed(self, error: OSError) -> MediaError:
        self.abort()
        return MediaError(f"{self.path} can't be written: {error.strerror}; free some space or name another file")


def _entry(frame: int, index: int, found: Detection) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "id": f"{frame}-{index}",
        "class": found.kind,
        "box": {"left": found.left, "top": found.top, "width": found.width, "height": found.height},
        "area_px": found.area_px,
        "confidence": round(float(found.confidence), 4),
    }
    if found.runs:
        entry["runs"] = [[int(number) for number in run] for run in found.runs]
    return entry


def _text(part: Any) -> str:
    return json.dumps(part, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
