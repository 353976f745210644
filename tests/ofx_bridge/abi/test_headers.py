"""The declared OpenFX ABI: every value, every slot and every signature, as a compiler sees them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from .digest import TABLE, Abi, read_digest

REPOSITORY = Path(__file__).resolve().parents[3]
INCLUDE = REPOSITORY / "ofx_bridge" / "abi" / "include"
DIGEST = REPOSITORY.parent / "shared" / "ofx_abi_digest.md"


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
    assert len(abi["constants"]) == 371
    assert len(abi["structs"]) == 36
    assert len(abi["structs"]["OfxImageEffectSuiteV1"]) == 13
    assert len(abi["structs"]["OfxParameterSuiteV1"]) == 18
    assert sum(len(members) for members in abi["structs"].values()) == 162
    assert (len(abi["enums"]), len(abi["typedefs"]), len(abi["exports"])) == (4, 14, 3)
    assert (len(abi["properties"]), len(abi["sets"])) == (179, 54)


def test_no_line_of_the_digest_is_left_out() -> None:
    if not DIGEST.is_file():
        pytest.skip("the digest is not on this machine")
    text = DIGEST.read_text()
    part_b = text[text.index("# PART B") : text.index("# PART C")]
    part_c = text[text.index("# PART C") : text.index("# PART D")]
    abi = read_digest(text)
    named = re.findall(r"^  (kOfx\w+) = ", part_b, re.M)
    assert set(named) == set(abi["constants"])
    assert len(re.findall(r"^  struct ", part_b, re.M)) == len(abi["structs"])
    assert len(re.findall(r"^  (?:kOfx|k\w+ \|)", part_c, re.M)) == len(abi["properties"])


def test_every_property_is_a_constant_of_the_headers(abi: Abi) -> None:
    strings = {value.strip('"') for value in abi["constants"].values() if value.startswith('"')}
    assert set(abi["properties"]) - strings == set()


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


def test_every_enumerator_has_its_value(abi: Abi, tmp_path: Path) -> None:
    lines = []
    for enum, listed in abi["enums"].items():
        for expected, item in enumerate(listed):
            name, _, value = item.partition(" = ")
            lines.append(f"static_assert({name} == ({value or expected}));")
            lines.append(f"static_assert(std::is_same_v<decltype({name}), {enum}>);")
    program = "#include <type_traits>\n" + "\n".join(lines) + "\nint main() { return 0; }\n"
    assert compiled(program, tmp_path, "c++").returncode == 0


def test_every_typedef_and_export_is_declared_as_recorded(abi: Abi, tmp_path: Path) -> None:
    lines = []
    for index, typedef in enumerate(abi["typedefs"]):
        name = re.search(r"\(?(\w+)\)?(?:\(.*\))?$", typedef)
        assert name is not None, typedef
        lines.append(f"namespace expected{index} {{ typedef {typedef}; }}")
        lines.append(f"static_assert(std::is_same_v<{name[1]}, expected{index}::{name[1]}>);")
    # A second declaration of a C function must agree with the first, or it does not compile.
    lines += [f'extern "C" {export};' for export in abi["exports"]]
    program = "#include <type_traits>\n" + "\n".join(lines) + "\nint main() { return 0; }\n"
    assert compiled(program, tmp_path, "c++").returncode == 0


def declaration(name: str, kind: str) -> str:
    return kind.replace("(*)", f"(*{name})") if "(*)" in kind else f"{kind} {name}"
