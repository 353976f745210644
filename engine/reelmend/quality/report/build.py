"""From clips on disk to a report: look at every frame once, choose, draw, measure, write."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from reelmend import __version__
from reelmend.errors import BadRequestError, MediaError
from reelmend.media import Reader, open_reader
from reelmend.media.publishing import PendingFile, refuse_existing, refuse_same_file, refuse_unwritable_folder
from reelmend.quality.report import charts, pictures
from reelmend.quality.report.clips import ClipFrames, MatteFrames, aligned_numbers
from reelmend.quality.report.digests import FileRecord, clip_name, record_of
from reelmend.quality.report.figures import headline
from reelmend.quality.report.page import Fact, Page, SheetCell, ShownFrame, bytes_text, render_page
from reelmend.quality.report.pictures import Display, Shot
from reelmend.quality.report.readings import Row, take_rows
from reelmend.quality.report.survey import Progress, ReportClips, Survey, choose_frames, survey
from reelmend.quality.report.truth_folder import TruthFolder

FRAMES_SHOWN = 6
MOST_FRAMES_SHOWN = 40
HELD_BYTES_PER_CLIP = 256 << 20


@dataclass(frozen=True)
class ReportRequest:
    """What a report is to be made of.

    before, after, matte, truth: clips as `open_reader` takes them; matte is the restorer's own, truth the film without
    damage. defects: a folder that `reelmend damage --truth` wrote. frames: of before's numbers; shown: which of them
    the viewer shows, chosen by the size of the change when empty. model, settings: what made `after`.
    """

    before: str
    after: str
    output: Path
    frames: range
    matte: str = ""
    truth: str = ""
    defects: str = ""
    shown: tuple[int, ...] = ()
    gain: float = 8.0
    display: Display = Display.AS_IS
    title: str = ""
    measured: bool = True
    overwrite: bool = False
    settings: tuple[Fact, ...] = ()
    model: tuple[Fact, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Report:
    """A report that has been written."""

    output: Path
    size_bytes: int
    shown: tuple[int, ...]
    rows: tuple[Row, ...]
    files: tuple[FileRecord, ...]
    notes: tuple[str, ...]


@dataclass
class _Opened:
    clips: ReportClips
    readers: dict[str, tuple[str, Reader, range]] = field(default_factory=dict)
    classes: TruthFolder | None = None


def write_report(request: ReportRequest, progress: Progress[int]) -> Report:
    """Write the report and return what is in it. Nothing stands under its name before it is whole.

    Frames are read one at a time, however long the clips, and up to 256 MiB of each clip are kept for the measures.
    Raises QualityError for clips that do not match, MediaError for files that cannot be read or written,
    BadRequestError for frames that are not in the clip.
    """
    outside = [number for number in request.shown if number not in request.frames]
    if outside:
        chosen = f"{request.frames[0]}-{request.frames[-1]}"
        raise BadRequestError(f"frame {outside[0]} can't be shown, the report is of frames {chosen}; name others")
    if len(set(request.shown)) > MOST_FRAMES_SHOWN:
        raise BadRequestError(
            f"{len(set(request.shown))} frames can't be shown, the file would be too large to open; name "
            f"{MOST_FRAMES_SHOWN} at most"
        )
    refuse_unwritable_folder(request.output.parent)
    refuse_existing(request.output, overwrite=request.overwrite)
    with ExitStack() as stack:
        opened = _open(request, stack)
        found = survey(opened.clips, pictures.SHEET_SIDE_PX, progress)
        notes = [*request.notes, *_notes(request, opened, found)]
        shown = [request.frames.index(number) for number in sorted(set(request.shown))]
        shown = shown or choose_frames(found.change_levels, FRAMES_SHOWN)
        mattes, lacking = opened.classes.mattes(request.frames) if opened.classes else ({}, "")
        rows = take_rows(opened.clips, found, mattes, progress) if request.measured else []
        files = [record_of(role, path, reader, numbers) for role, (path, reader, numbers) in opened.readers.items()]
        notes += [lacking] if lacking else []
        page = _page(request, opened.clips, found, shown, rows, files, notes, progress)
    text = render_page(page).encode()
    _write(request.output, text, overwrite=request.overwrite)
    numbers = tuple(request.frames[index] for index in shown)
    return Report(request.output, len(text), numbers, tuple(rows), tuple(files), tuple(notes))


def _open(request: ReportRequest, stack: ExitStack) -> _Opened:
    readers: dict[str, tuple[str, Reader, range]] = {}

    def opened(role: str, path: str) -> tuple[Reader, range]:
        reader = stack.enter_context(open_reader(path))
        refuse_same_file(request.output, reader.path)
        source = readers["before"][1] if readers else reader
        numbers = request.frames if not readers else aligned_numbers(reader, role, source, request.frames)
        readers[role] = (path, reader, numbers)
        reader.require(numbers)
        return reader, numbers

    held = HELD_BYTES_PER_CLIP if request.measured else 0
    before = ClipFrames(*opened("before", request.before), held)
    after = ClipFrames(*opened("after", request.after), held)
    truth = ClipFrames(*opened("truth", request.truth), held) if request.truth else None
    matte = MatteFrames(*opened("matte", request.matte), held) if request.matte else None
    folder = TruthFolder(Path(request.defects), readers["before"][1]) if request.defects else None
    place = folder.all_defects if folder else None
    true_matte = MatteFrames(*opened("true matte", str(place)), held) if place else None
    return _Opened(ReportClips(before, after, truth, matte, true_matte), readers, folder)


def _notes(request: ReportRequest, opened: _Opened, found: Survey) -> list[str]:
    notes = []
    count = len(request.frames)
    if found.not_finite:
        notes.append(
            f"{found.not_finite} of {count} frames hold values that are not finite: not-a-number is shown black, "
            "counts as 0 in the curves, and measures leave the clip out"
        )
    if any(role[1].pixel_type.is_float for role in opened.readers.values()) and request.display is Display.AS_IS:
        notes.append("Floating-point samples are shown as stored, clipped to 0…1; curves and measures are not clipped")
    if request.display is Display.LINEAR:
        notes.append("Pictures are shown through the sRGB curve; curves and measures are of the values as stored")
    if found.timeline.cuts:
        cuts = ", ".join(str(request.frames[cut]) for cut in found.timeline.cuts[:20])
        notes.append(f"New shots begin at frame {cuts}; measures over time do not cross them")
    if found.timeline.duplicates:
        notes.append(f"{len(found.timeline.duplicates)} repeated frames are left out of measures over time")
    if opened.classes is not None and opened.classes.all_defects is None:
        notes.append(f"{request.defects} tells of no defects in places: its damage changes the frame as a whole")
    if not request.measured:
        notes.append("No measures were taken: --no-measures was given")
    return notes


def _page(
    request: ReportRequest,
    clips: ReportClips,
    found: Survey,
    shown: list[int],
    rows: list[Row],
    files: list[FileRecord],
    notes: list[str],
    progress: Progress[int],
) -> Page:
    numbers = request.frames
    overlays = {"matte": ("Matte", clips.matte), "true-matte": ("True defects", clips.true_matte)}
    before, after = clips.before.reader, clips.after.reader
    types = [str(reader.pixel_type) for reader in (before, after)]
    samples = " → ".join(dict.fromkeys(types))
    count = f"{len(numbers)} frames" if len(numbers) > 1 else "1 frame"
    return Page(
        title=request.title or f"{clip_name(before)} → {clip_name(after)}",
        subtitle=f"{count}, {numbers[0]} to {numbers[-1]} · {before.width}×{before.height} · "
        f"{float(before.frame_rate):.5g} frames/s · {samples}",
        made=f"Made with reelmend {__version__} on {datetime.datetime.now(datetime.UTC):%Y-%m-%d at %H:%M} UTC",
        width=before.width,
        height=before.height,
        gain=f"{request.gain:g}",
        figures=headline(found, rows, len(numbers)),
        frames=tuple(_shown_frame(i, request, clips, found) for i in progress(shown, len(shown), "draw")),
        overlays=tuple((name, label) for name, (label, frames) in overlays.items() if frames is not None),
        charts=_charts(found, numbers),
        sheet=tuple(
            SheetCell(numbers[index], *(_thumbnail(frame, request.display) for frame in pair))
            for index, pair in sorted(found.sheet.items())
        ),
        rows=tuple(row for row in rows if row.after is not None and not row.of_class),
        classes=tuple(row for row in rows if row.after is not None and row.of_class),
        missing=tuple(row for row in rows if row.after is None),
        settings=request.settings,
        model=request.model,
        files=tuple(files),
        notes=tuple(notes),
    )


def _shown_frame(index: int, request: ReportRequest, clips: ReportClips, found: Survey) -> ShownFrame:
    before, after = clips.before[index], clips.after[index]
    sources = {"matte": clips.matte, "true-matte": clips.true_matte}
    mattes = {name: frames[index] for name, frames in sources.items() if frames is not None}
    shots = [_whole_shot(before, after, mattes, request)]
    area = pictures.area_of_largest_change(before, after, next(iter(mattes.values()), None))
    if area is not None:
        parts = {name: area.of(plane) for name, plane in mattes.items()}
        word = "where it changed most" if found.change_levels[index] > 0 else "the middle, for nothing changed"
        where = f"{word}: {area.width}×{area.height} pixels from {area.left}, {area.top}"
        shot = pictures.make_shot(
            "detail", area.of(before), area.of(after), parts, request.gain, request.display, where
        )
        shots.append(shot)
    small = pictures.scaled(pictures.screen_values(after, request.display), pictures.STRIP_SIDE_PX)
    return ShownFrame(
        request.frames[index],
        charts.place_percent(index, len(request.frames)),
        pictures.webp_uri(small, pictures.WEBP_QUALITY_SMALL),
        found.change_levels[index],
        tuple(shots),
    )


def _whole_shot(before: Any, after: Any, mattes: Mapping[str, Any], request: ReportRequest) -> Shot:
    return pictures.make_shot("whole", before, after, mattes, request.gain, request.display)


def _thumbnail(frame: Any, display: Display) -> str:
    return pictures.webp_uri(pictures.screen_values(frame, display), pictures.WEBP_QUALITY_SMALL)


def _charts(found: Survey, numbers: range) -> tuple[charts.Chart, ...]:
    light = {"before": 100 * found.before.mean_luma}
    if found.truth is not None:
        light["truth"] = 100 * found.truth.mean_luma
    light["after"] = 100 * found.after.mean_luma
    cuts = found.timeline.cuts
    drawn = [charts.make_chart("Mean luma over time", "% of full scale", light, numbers, cuts)]
    change = {"change before to after": np.array(found.change_levels)}
    drawn.append(charts.make_chart("Mean change over time", "levels of 255", change, numbers, cuts))
    if found.covered_share:
        covered = {found.covered_by: 100 * np.array(found.covered_share)}
        drawn.append(
            charts.make_chart(f"{found.covered_by.capitalize()} over time", "% of the picture", covered, numbers, cuts)
        )
    return tuple(drawn)


def _write(output: Path, text: bytes, *, overwrite: bool) -> None:
    pending = PendingFile(output, overwrite=overwrite)
    try:
        pending.path.write_bytes(text)
        pending.publish()
    except OSError as error:
        pending.discard()
        raise MediaError(
            f"{output} can't be written: {error.strerror}; it takes {bytes_text(len(text))}, free some space"
        ) from None
    except BaseException:
        pending.discard()
        raise
