"""What stands on the page, and the page itself: one template, one style sheet, one script, all inlined."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import jinja2
from markupsafe import Markup

from reelmend.quality.report.charts import Chart
from reelmend.quality.report.digests import FileRecord
from reelmend.quality.report.pictures import Shot
from reelmend.quality.report.readings import Row


@dataclass(frozen=True)
class Fact:
    """A name and what stands beside it. `code`: in a typewriter face, for hashes and paths."""

    name: str
    value: str
    code: bool = False


@dataclass(frozen=True)
class Figure:
    """A number that the page begins with."""

    value: str
    name: str
    detail: str


@dataclass(frozen=True)
class ShownFrame:
    """A frame in the viewer: its number, place on the time axis, small picture and the areas shown of it."""

    number: int
    place_percent: float
    thumbnail: str
    change_levels: float
    shots: tuple[Shot, ...]


@dataclass(frozen=True)
class SheetCell:
    """A frame on the contact sheet, before and after in small."""

    number: int
    before: str
    after: str


@dataclass(frozen=True)
class Page:
    """Everything that the template shows. overlays: (name, label) of what can be laid over the picture."""

    title: str
    subtitle: str
    made: str
    width: int
    height: int
    gain: str
    figures: tuple[Figure, ...]
    frames: tuple[ShownFrame, ...]
    overlays: tuple[tuple[str, str], ...]
    charts: tuple[Chart, ...]
    sheet: tuple[SheetCell, ...]
    rows: tuple[Row, ...]
    classes: tuple[Row, ...]
    missing: tuple[Row, ...]
    settings: tuple[Fact, ...]
    model: tuple[Fact, ...]
    files: tuple[FileRecord, ...]
    notes: tuple[str, ...]


def render_page(page: Page) -> str:
    """Return the page as one HTML text that names no other file; every value is escaped."""
    script = _file("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    # The script's hash lets it run, and nothing that a value might smuggle in beside it.
    return _template().render(page=page, style=Markup(_file("report.css")), script=Markup(script), script_digest=digest)


def number_text(value: float) -> str:
    """Return a measured value with six significant digits at most, or four where these round to less than it is."""
    return f"{value:.6g}" if 0.999 < abs(value) < 1.001 else f"{value:.4g}"


def bytes_text(size: int) -> str:
    """Return "1.5 MB" and the like, in powers of ten."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if size >= scale:
            return f"{size / scale:.4g} {unit}"
    return f"{size} bytes"


@cache
def _template() -> jinja2.Template:
    environment = jinja2.Environment(
        autoescape=True, undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    environment.filters["number"] = number_text
    environment.filters["bytes"] = bytes_text
    return environment.from_string(_file("report.html"))


def _file(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text(encoding="utf-8")
