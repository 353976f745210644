"""JSON as an object of which one member, a long array, is handed over element by element."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

_SPACE = re.compile(r"[ \t\n\r]*")


class JsonTextError(ValueError):
    """What is wrong, and the position in the text."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


class JsonText:
    """A JSON text. Names that stand twice in an object, NaN and infinities are refused."""

    def __init__(self, text: str) -> None:
        self.text = text
        self._counted = (0, 1)
        self._decoder = json.JSONDecoder(object_pairs_hook=_object, parse_constant=_refuse_constant)

    def line(self, position: int) -> int:
        """Return the number of the line that the position is in, from 1; counted on from the position asked last."""
        last, line = self._counted if self._counted[0] <= position else (0, 1)
        self._counted = (position, line + self.text.count("\n", last, position))
        return self._counted[1]

    def read(self, streamed: str, each: Callable[[Any, int], None]) -> dict[str, Any]:
        """Return the object without its member `streamed`, whose elements go to `each` with their positions.

        Raises JsonTextError.
        """
        members: dict[str, Any] = {}
        position = self._skip(self._expect(self._skip(0), "{", "a JSON object ({ … })"))
        names: set[str] = set()
        while self._at(position) != "}":
            start = self._skip(self._expect(position, ",", "',' or '}'")) if names else position
            name, position = self._name(start)
            if name in names:
                raise JsonTextError(f"'{name}' stands twice in one object", start)
            names.add(name)
            if name == streamed:
                position = self._elements(position, each)
            else:
                members[name], position = self._value(position)
            position = self._skip(position)
        if streamed not in names:
            raise JsonTextError(f"'{streamed}' is missing", position)
        rest = self._skip(position + 1)
        if rest != len(self.text):
            raise JsonTextError("something follows after the end of the object", rest)
        return members

    def _name(self, position: int) -> tuple[str, int]:
        """Return a member's name and where its value stands."""
        if self._at(position) != '"':
            raise JsonTextError("a name in double quotes is missing", position)
        name, position = self._value(position)
        return name, self._skip(self._expect(self._skip(position), ":", "':'"))

    def _elements(self, position: int, each: Callable[[Any, int], None]) -> int:
        position = self._skip(self._expect(position, "[", "a list ([ … ])"))
        if self._at(position) == "]":
            return position + 1
        while True:
            start = self._skip(position)
            element, position = self._value(start)
            each(element, start)
            position = self._skip(position)
            if self._at(position) == "]":
                return position + 1
            position = self._expect(position, ",", "',' or ']'")

    def _value(self, position: int) -> tuple[Any, int]:
        try:
            return self._decoder.raw_decode(self.text, position)
        except json.JSONDecodeError as error:
            raise JsonTextError(error.msg[0].lower() + error.msg[1:], error.pos) from None
        except RecursionError:
            raise JsonTextError("brackets are nested too deeply", position) from None
        except ValueError as error:
            raise JsonTextError(str(error), position) from None

    def _skip(self, position: int) -> int:
        found = _SPACE.match(self.text, position)
        return position if found is None else found.end()

    def _at(self, position: int) -> str:
        return self.text[position : position + 1]

    def _expect(self, position: int, letter: str, what: str) -> int:
        if self._at(position) != letter:
            raise JsonTextError(f"{what} is missing", position)
        return position + 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"'{twice}' stands twice in one object")
    return made


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number of JSON")
