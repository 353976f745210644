"""The measures of a report: taken of the film before and after, with unit, good direction and definition."""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from reelmend.quality.registry import MEASURES, Direction, Measure, Reading, take
from reelmend.quality.report.streaming import StreamedRestoration, StreamedScene
from reelmend.quality.report.survey import Progress, ReportClips, Survey

NOT_OF_THE_SOURCE = ("harm", "bit_identical", "matte_", "class_", "grain_kept", "fill_grain", "changed", "false_")
"""Names, by their beginning, of measures that compare with the source, and so say nothing about the source itself."""

_WORDS = {"psnr": "PSNR", "ssim": "SSIM", "vmaf": "VMAF", "iou": "IoU", "dis": "(DIS flow)", "std": "deviation"}


@dataclass(frozen=True)
class Row:
    """One line of the table. verdict: "better", "worse", "same", or "" where there is nothing to compare."""

    name: str
    label: str
    unit: str
    direction: str
    summary: str
    definition: tuple[str, ...]
    before: float | None
    after: float | None
    note: str
    verdict: str

    @property
    def of_class(self) -> bool:
        """Whether this is one defect class's share of a measure."""
        return "." in self.name


def take_rows(
    clips: ReportClips, survey: Survey, class_mattes: Mapping[str, Any], progress: Progress[int]
) -> list[Row]:
    """Return a row for every measure of the registry, also for those that could not be taken, with the reason."""
    scene = StreamedScene(clips.before, clips.truth, clips.true_matte, class_mattes or None, survey)
    before = StreamedRestoration(scene, clips.before, clips.matte, survey=survey, part="before")
    after = StreamedRestoration(scene, clips.after, clips.matte, survey=survey, part="after")
    rows: list[Row] = []
    with _Meter(clips, progress) as meter:
        for measure in MEASURES.values():
            of_source = measure.name.startswith(NOT_OF_THE_SOURCE)
            own = {} if of_source else {reading.measure: reading.value for reading in take(before, [measure])}
            rows += [_row(measure, reading, own.get(reading.measure)) for reading in take(after, [measure])]
            meter.end_of_measure()
    return rows


class _Meter:
    """Moves a bar by one for each frame of `after` that a measure reads, and to the measure's end when it is done."""

    def __init__(self, clips: ReportClips, progress: Progress[int]) -> None:
        self._after = clips.after
        self._frames = len(clips.after)
        total = len(MEASURES) * self._frames
        self._bar = progress(range(total), total, "measure")
        self._done = 0
        self._end = self._frames

    def __enter__(self) -> _Meter:
        next(self._bar, None)
        self._after.on_read = self._tick
        return self

    def __exit__(self, *_: object) -> None:
        self._after.on_read = None
        if hasattr(self._bar, "close"):
            self._bar.close()

    def end_of_measure(self) -> None:
        while self._done < self._end:
            self._tick()
        self._end += self._frames

    def _tick(self) -> None:
        if self._done < self._end:
            self._done += 1
            next(self._bar, None)


def _row(measure: Measure, reading: Reading, before: float | None) -> Row:
    return Row(
        reading.measure,
        _label(reading.measure),
        measure.unit,
        measure.direction.value,
        plain_words(measure.summary),
        definition_of(measure),
        before,
        reading.value,
        reading.note,
        verdict(before, reading.value, measure.direction),
    )


def definition_of(measure: Measure) -> tuple[str, ...]:
    """Return the paragraphs of a measure's docstring for people who do not program."""
    paragraphs = inspect.cleandoc(measure.definition.__doc__ or "").split("\n\n")
    return tuple(text for text in map(plain_words, paragraphs) if text)


def plain_words(paragraph: str) -> str:
    """Return a docstring's paragraph without "Return" and without the errors it names, names of code as words."""
    sentences = re.split(r"(?<=[.;]) (?=[A-Z0-9])", " ".join(paragraph.split()))
    kept = " ".join(sentence for sentence in sentences if not re.search(r"\b[A-Z]\w+Error\b", sentence))
    text = re.sub(r"`([^`]+)`", lambda found: found[1].rpartition(".")[2].replace("_", " "), kept)
    told = text.removeprefix("Return ")
    return text if told == text else told[:1].upper() + told[1:]


def verdict(before: float | None, after: float | None, direction: Direction) -> str:
    """Return which way a measure went, by what would be seen of it in four digits."""
    if before is None or after is None:
        return ""
    if direction is Direction.ONE:
        before, after = -abs(before - 1), -abs(after - 1)
    if f"{before:.4g}" == f"{after:.4g}":
        return "same"
    return "better" if (after > before) == (direction is not Direction.LOWER) else "worse"


def _label(name: str) -> str:
    kind, _, defect = name.partition(".")
    words = " ".join(_WORDS.get(word, word) for word in kind.split("_"))
    return f"{words[0].upper()}{words[1:]}" + (f": {defect}" if defect else "")
