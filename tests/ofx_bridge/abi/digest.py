"""Read the ABI digest into plain facts. Apart from the header generator, so that neither hides the other's slip."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any, TypedDict

TABLE = Path(__file__).with_name("openfx_1_5_1.json")


class Property(TypedDict):
    """One property: its types, how many values (0: any number), and which an enumeration allows (empty: any)."""

    types: list[str]
    dimension: int
    values: list[str]


class Abi(TypedDict):
    """Everything the digest lists: Part B by header kind, Part C by property, Part D by object and action.

    Constants by name as C source; members by struct as (name, C++ type) in slot order; enumerators by enum as C source;
    typedefs and exports as C source; properties by their string; sets by object or action and role ("set", "in",
    "out"), each "name:type x dimension".
    """

    constants: dict[str, str]
    structs: dict[str, list[list[str]]]
    enums: dict[str, list[str]]
    typedefs: list[str]
    exports: list[str]
    properties: dict[str, Property]
    sets: dict[str, dict[str, list[str]]]


def read_digest(text: str) -> Abi:
    """Return the facts of the digest; raise ValueError at a line of Parts B to D that is not understood."""
    abi = Abi(constants={}, structs={}, enums={}, typedefs=[], exports=[], properties={}, sets={})
    part_b, rest = text[text.index("# PART B") :].split("# PART C")
    part_c, part_d = rest.split("# PART D")
    read_headers(part_b, abi)
    for line in part_c.splitlines()[1:]:
        if line.strip():
            read_property(line, abi)
    read_sets(part_d, abi)
    return abi


def read_headers(part: str, abi: Abi) -> None:
    members: list[list[str]] = []
    for line in part.splitlines():
        words = line.split()
        if line.startswith("  kOfx"):
            abi["constants"][words[0]] = line.split(" = ", 1)[1]
        elif line.startswith("  struct "):
            members = abi["structs"][words[1]] = []
        elif line.startswith("    ["):
            members += read_member(line.split("] ", 1)[1])
        elif line.startswith("  enum "):
            name, listed = line.removeprefix("  enum ").split(": ", 1)
            abi["enums"][name] = [" ".join(item.split()) for item in listed.split(", ")]
        elif line.startswith("  typedef "):
            abi["typedefs"].append(line.removeprefix("  typedef "))
        elif line.startswith("  export "):
            abi["exports"].append(line.removeprefix("  export "))
        elif line.startswith("  "):
            raise ValueError(f"not understood: {line!r}")


def read_member(text: str) -> list[list[str]]:
    """Return [[name, type]] of one digest line; `int x, y` gives two."""
    if " : fn(" in text:
        name, signature = text.split(" : fn", 1)
        arguments, result = signature.rsplit(" -> ", 1)
        return [[name, f"{result} (*){arguments}"]]
    first, *others = text.split(", ")
    kind, first_name = re.fullmatch(r"(.*[ *])(\w+)", first).groups()  # type: ignore[union-attr]
    return [[name, kind.strip()] for name in (first_name, *others)]


def read_property(line: str, abi: Abi) -> None:
    """Read `kOfxX | "OfxX" | type | dim N | values: a, b`."""
    _macro, name, kinds, dimension, *values = (part.strip() for part in line.split(" | "))
    listed = values[0].removeprefix("values: ").replace('"', "").split(", ") if values else []
    count = dimension.removeprefix("dim ")
    abi["properties"][name.strip('"')] = Property(
        types=kinds.strip("[]").split(", "), dimension=0 if count == "N" else int(count), values=listed
    )


def read_sets(part: str, abi: Abi) -> None:
    """Read `  Object (set by …)` with one line of properties, and `  Action` with IN and OUT lines."""
    current: dict[str, list[str]] = {}
    for line in part.splitlines()[1:]:
        if match := re.fullmatch(r"  (\w+)(?: \(set by \w+\)|: no args)?", line):
            current = abi["sets"][match[1]] = {}
        elif match := re.fullmatch(r"    (?:(IN|OUT) +)?(.+)", line):
            current[(match[1] or "set").lower()] = sorted(set(match[2].split("; ")))
        elif line.strip():
            raise ValueError(f"not understood: {line!r}")


def main() -> None:
    """Record the digest named on the command line."""
    facts: Any = read_digest(Path(sys.argv[1]).read_text())
    TABLE.write_text(json.dumps(facts, indent=1) + "\n")


if __name__ == "__main__":
    main()
