"""What options about a clip spell: frames, speed, files that may not be the same."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path

from reelmend.errors import BadRequestError
from reelmend.media import Reader
from reelmend.media.movie_reader import MovieReader
from reelmend.media.names import is_pattern, parse_pattern


def parse_frames(text: str, reader: Reader) -> range:
    """Return the frames that "10-50", "10", "10-" or "" spells. Raises BadRequestError for others than the clip's."""
    if not text:
        return range(reader.first_frame, reader.last_frame + 1)
    match = re.fullmatch(r"(\d+)(-(\d*))?", text.strip())
    if match is None:
        raise BadRequestError(f"--frames {text} is no range; write it as 10-50, 10- or 10")
    first = int(match[1])
    last = int(match[3]) if match[3] else reader.last_frame if match[2] else first
    if not reader.first_frame <= first <= last <= reader.last_frame:
        raise BadRequestError(
            f"--frames {text} is not in {reader.path}, which has frames {reader.first_frame}-{reader.last_frame}"
        )
    return range(first, last + 1)


def parse_rate(text: str, reader: Reader) -> Fraction | None:
    """Return the rate that "24", "23.976" or "24000/1001" spells, None for "". Raises BadRequestError.

    Decimals mean the broadcast rate that they round: 23.976 is 24000/1001. A movie keeps its own times and sound.
    """
    if not text:
        return None
    if isinstance(reader, MovieReader):
        raise BadRequestError(f"--rate is for images; {reader.path} has its own, {float(reader.frame_rate):.6g}")
    try:
        rate = Fraction(text)
    except (ValueError, ZeroDivisionError):
        rate = Fraction(0)
    if not Fraction(1, 10) <= rate <= 1000:
        raise BadRequestError(f"--rate {text} is no speed; give frames a second such as 24, 23.976 or 24000/1001")
    broadcast = Fraction(round(rate * Fraction(1001, 1000)) * 1000, 1001)
    return broadcast if abs(broadcast - rate) < Fraction(1, 200) else rate


def refuse_shared_names(written: Mapping[str, str], read: Mapping[str, str]) -> None:
    """Raise BadRequestError when two outputs, or an output and an input, go by one name.

    Both by what they are on the command line: {"OUT": "a.mp4", "--matte": "m.%04d.png"}. Empty names are left out.
    """
    outputs = {what: _meant(name) for what, name in written.items() if name}
    inputs = {what: _meant(name) for what, name in read.items() if name}
    for what, path in outputs.items():
        for other, another in [*outputs.items(), *inputs.items()]:
            if what != other and path == another:
                raise BadRequestError(f"{what} and {other} are both {path}; give each a name of its own")


def _meant(name: str) -> Path:
    """Return the place that a clip's name means, however its number is spelt."""
    path = Path(name).resolve()
    return parse_pattern(path).pattern if is_pattern(path) else path
