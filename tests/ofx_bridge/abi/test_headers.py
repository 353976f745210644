"""The declared OpenFX ABI: every value, every slot and every signature, as a compiler sees them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path
from typing import TypedDict

import pytest

REPOSITORY = Path(__file__).resolve().parents[3]
INCLUDE = REPOSITORY / "ofx_bridge" / "abi" / "include"
DIGEST = REPOSITORY.parent / "shared" / "ofx_abi_digest.md"
TABLE = Path(__file__).with_name("openfx_1_5_1.json")


class Abi(TypedDict):
    """Constants by name as C source; members by struct as (name, C++ type), in slot order."""

    constants: dict[str, str]
    structs: dict[str, list[list[str]]]


def read_digest(text: str) -> Abi:
    """Return the facts of the digest's Part B. Apart from the generator, so that neither hides the other's slip."""
    constants: dict[str, str] = {}
    structs: dict[str, list[list[str]]] = {}
    members: list[list[str]] = []
    for line in text[text.index("# PART B") : text.index("# PART C")].splitlines():
        words = line.split()
        if line.startswith("  kOfx"):
            constants[words[0]] = line.split(" = ", 1)[1]
        elif line.startswith("  struct "):
            members = structs[words[1]] = []
        elif line.startswith("    ["):
            members += read_member(line.split("] ", 1)[1])
    return {"constants": constants, "structs": structs}


def read_member(text: str) -> list[list[str]]:
    """Return [[name, type]] of one digest line; `int x, y` gives two."""
    if " : fn(" in text:
        name, signature = text.split(" : fn", 1)
        arguments, result = signature.rsplit(" -> ", 1)
        return [[name, f"{result} (*){arguments}"]]
    first, *others = text.split(", ")
    kind, first_name = re.fullmatch(r"(.*[ *])(\w+)", first).groups()  # type: ignore[union-attr]
    return [[name, kind.strip()] for name in (first_name, *others)]


@pytest.fixture(scope="module")
def abi() -> Abi:
    table: Abi = json.loads(TABLE.read_text())
    return table


def compiled(program: str, folder: Path, language: str) -> subprocess.CompletedProcess[str]:
    """Compile and run a program that includes every header; fail with the compiler's words."""
    compiler = shutil.which({"c++": "c++", "c": "cc"}[language])
    if compiler is None:
        pytest.skip(f"no {language} compiler on this machine")
    includes = "".join(f'#include "ofx/{header.name}"\n' for header in sorted((INCLUDE / "ofx").glob("*.h")))
    source = folder / f"abi.{'cpp' if language == 'c++' else 'c'}"
    source.write_text(includes + program)
    standard = "-std=c++17" if language == "c++" else "-std=c11"
    command = [
        compiler,
        standard,
        "-Wall",
        "-Wextra",
        "-Werror",
        f"-I{INCLUDE}",
        str(source),
        "-o",
        str(folder / "abi"),
    ]
    built = subprocess.run(command, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr[:4000]
    return subprocess.run([str(folder / "abi")], capture_output=True, text=True, timeout=60)


@pytest.mark.skipif(not DIGEST.is_file(), reason="the digest is not on this machine; the recorded table is checked")
def test_the_recorded_table_is_the_digest(abi: Abi) -> None:
    assert abi == read_digest(DIGEST.read_text())


def test_the_recorded_table_is_complete(abi: Abi) -> None:
    assert len(abi["constants"]) > 300
    assert len(abi["structs"]["OfxImageEffectSuiteV1"]) == 13
    assert len(abi["structs"]["OfxParameterSuiteV1"]) == 18


def test_every_constant_has_its_value(abi: Abi, tmp_path: Path) -> None:
    lines = []
    for name, value in abi["constants"].items():
        equal = f"strcmp({name}, {value}) == 0" if value.startswith(('"', "kOfx")) else f"{name} == {value}"
        lines.append(f'  if (!({equal})) {{ puts("{name}"); ++wrong; }}')
    program = "#include <stdio.h>\n#include <string.h>\nint main(void) {\n  int wrong = 0;\n"
    result = compiled(program + "\n".join(lines) + "\n  return wrong != 0;\n}\n", tmp_path, "c")
    assert result.returncode == 0, f"wrong: {result.stdout}"


def test_every_struct_has_its_members_in_their_slots_with_their_types(abi: Abi, tmp_path: Path) -> None:
    lines = []
    for struct, members in abi["structs"].items():
        lines.append(f"struct Expected{struct} {{")
        lines += [f"  {declaration(name, kind)};" for name, kind in members]
        lines.append("};")
        lines.append(f"static_assert(sizeof({struct}) == sizeof(Expected{struct}));")
        for name, _ in members:
            lines.append(f"static_assert(offsetof({struct}, {name}) == offsetof(Expected{struct}, {name}));")
            lines.append(
                f"static_assert(std::is_same_v<decltype({struct}::{name}), decltype(Expected{struct}::{name})>);"
            )
    program = "#include <cstddef>\n#include <type_traits>\n" + "\n".join(lines) + "\nint main() { return 0; }\n"
    assert compiled(program, tmp_path, "c++").returncode == 0


def declaration(name: str, kind: str) -> str:
    return kind.replace("(*)", f"(*{name})") if "(*)" in kind else f"{kind} {name}"
