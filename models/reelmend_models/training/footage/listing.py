"""The catalogue as text: for people, as Markdown, as data."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from reelmend_models.training.footage.catalogue import SPLITS, Catalogue, Clip, Source

_BASIS = {"file": "names the file", "package": "of the package"}


def rows(catalogue: Catalogue) -> list[dict[str, Any]]:
    """Return one row per clip and photograph, ready for JSON."""
    return [_row(source) for source in catalogue.sources]


def plain_text(catalogue: Catalogue) -> str:
    """Return the catalogue as aligned lines: id, split, size, package, licence."""
    lines = [(s.id, s.split, _size(s), str(s.package), s.licence) for s in catalogue.sources]
    widths = [max(len(line[column]) for line in lines) for column in range(4)]
    return "\n".join(
        "  ".join([*(cell.ljust(width) for cell, width in zip(line, widths, strict=False)), line[-1]]) for line in lines
    )


def markdown(catalogue: Catalogue) -> str:
    """Return the licence tables in Markdown: clips, photographs, seeds of the splits."""
    clips = _table(
        ("clip", "split", "what it shows", "size", "package", "licence", "which is", "whose"),
        (
            (c.id, c.split, c.shows, _size(c), f"{c.package}", c.licence, _BASIS[c.basis], c.attribution)
            for c in catalogue.clips
        ),
    )
    photos = _table(
        ("photo", "split", "what it shows", "size", "package", "licence", "which is", "whose"),
        (
            (p.id, p.split, p.shows, _size(p), f"{p.package}", p.licence, _BASIS[p.basis], p.attribution)
            for p in catalogue.photos
        ),
    )
    seeds = _table(
        ("split", "clips", "photos", "seeds"),
        (
            (
                split,
                str(sum(clip.split == split for clip in catalogue.clips)),
                str(sum(photo.split == split for photo in catalogue.photos)),
                f"{catalogue.seeds[split].numbers.start}–{catalogue.seeds[split].numbers.stop - 1}",
            )
            for split in SPLITS
        ),
    )
    return "\n\n".join(("### Splits", seeds, "### Clips", clips, "### Photographs", photos))


def _table(head: Sequence[str], body: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *body]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _size(source: Source) -> str:
    size = f"{source.width}×{source.height}"
    return f"{size}, {source.frames} frames" if isinstance(source, Clip) else size


def _row(source: Source) -> dict[str, Any]:
    row = {name: value for name, value in vars(source).items() if name != "package"}
    if isinstance(source, Clip):
        row |= {"fps": str(source.fps), "cuts": list(source.cuts)}
    kind = "camera" if isinstance(source, Clip) else "photo"
    return {"kind": kind, **row, **vars(source.package)}
