"""Write the OpenFX C headers in `include/ofx/` from a digest of the OpenFX 1.5.1 ABI.

Usage: python generate.py PATH/TO/ofx_abi_digest.md

The digest lists facts only: constant values, struct members in slot order, function signatures. Run this again when the
digest changes; the result is committed, so nobody needs the digest to build.
"""

from __future__ import annotations

import re
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

HERE = Path(__file__).resolve().parent
OUTPUT_DIR = HERE / "include" / "ofx"

PURPOSE = {
    "ofxCore.h": "The plug-in and host entry points, the generic actions, status codes and the geometric types.",
    "ofxProperty.h": "Property suite: typed, named, indexed values on every object that crosses the interface.",
    "ofxImageEffect.h": "Image effect suite: clips, images, and the actions of an effect.",
    "ofxParam.h": "Parameter suite: the values a user sees and may animate.",
    "ofxMemory.h": "Memory suite: memory on the host's account.",
    "ofxMultiThread.h": "Multithread suite: the host's worker threads and mutexes.",
    "ofxMessage.h": "Message suite: tell or ask the user something through the host.",
    "ofxProgress.h": "Progress suite: a bar for work that takes long.",
    "ofxTimeLine.h": "Timeline suite: read and move the host's current time.",
    "ofxDialog.h": "Dialog suite: borrow the host's user-interface thread for an own dialog.",
    "ofxInteract.h": "Interact suite: overlays drawn over the viewer, with pen and keyboard.",
    "ofxDrawSuite.h": "Draw suite: overlays without OpenGL.",
    "ofxParametricParam.h": "Parametric parameter suite: curves as parameter values.",
    "ofxPixels.h": "Pixel layouts.",
    "ofxGPURender.h": "OpenGL, CUDA, Metal and OpenCL rendering.",
    "ofxColour.h": "Colour management properties.",
    "ofxOld.h": "Deprecated names that old hosts and plug-ins still use.",
}
INCLUDES = {
    "ofxCore.h": ["<limits.h>", "<stddef.h>"],
    "ofxImageEffect.h": ['"ofxCore.h"', '"ofxParam.h"', '"ofxProperty.h"'],
    "ofxInteract.h": ['"ofxCore.h"', '"ofxImageEffect.h"'],
    "ofxDrawSuite.h": ['"ofxCore.h"', '"ofxPixels.h"'],
    "ofxParametricParam.h": ["<stdbool.h>", '"ofxCore.h"', '"ofxParam.h"'],
    "ofxGPURender.h": ['"ofxCore.h"', '"ofxImageEffect.h"'],
    "ofxPixels.h": [],
    "ofxOld.h": [],
}
EXPORT_MACRO = """#ifndef OfxExport
#if defined(_WIN32)
#define OfxExport __declspec(dllexport)
#else
#define OfxExport __attribute__((visibility("default")))
#endif
#endif
"""


@dataclass
class Header:
    """One header of the digest: constants, typedefs, enums, structs and exports in the order they were listed."""

    name: str
    constants: list[tuple[str, str]] = field(default_factory=list)
    typedefs: list[str] = field(default_factory=list)
    enums: list[tuple[str, list[str]]] = field(default_factory=list)
    structs: list[tuple[str, list[str]]] = field(default_factory=list)
    exports: list[str] = field(default_factory=list)


def member_declaration(text: str) -> str:
    """Return a C member declaration for `name : fn(args) -> ret` or for a plain `type name`."""
    match = re.fullmatch(r"(\w+) : fn\((.*)\) -> (.+)", text)
    if match:
        name, arguments, result = match.groups()
        return f"{result} (*{name})({arguments});"
    return f"{text};"


def read_digest(text: str) -> list[Header]:
    """Return the headers of the digest's Part B."""
    part_b = text.split("# PART B", 1)[1].split("# PART C", 1)[0]
    headers: list[Header] = []
    for line in part_b.splitlines():
        if title := re.fullmatch(r"## (\w+\.h)", line):
            headers.append(Header(title[1]))
        elif constant := re.fullmatch(r"  (kOfx\w+) = (.+)", line):
            headers[-1].constants.append((constant[1], constant[2]))
        elif typedef := re.fullmatch(r"  typedef (.+)", line):
            headers[-1].typedefs.append(typedef[1])
        elif enum := re.fullmatch(r"  enum (\w+): (.+)", line):
            headers[-1].enums.append((enum[1], re.split(r", ", enum[2])))
        elif struct := re.fullmatch(r"  struct (\w+) \(tag \w+\), members in order:", line):
            headers[-1].structs.append((struct[1], []))
        elif member := re.fullmatch(r"    \[\d+\] (.+)", line):
            headers[-1].structs[-1][1].append(member_declaration(member[1]))
        elif export := re.fullmatch(r"  export (.+)", line):
            headers[-1].exports.append(export[1])
        elif line.startswith("  "):
            raise ValueError(f"digest line not understood: {line!r}")
    return headers


def constant_line(name: str, value: str) -> str:
    """Return the #define of one constant, with a warning beside values that do not follow from their name."""
    value = re.sub(r"^\(\(int\)\s*(\d+)\)$", r"\1", value)
    differs = value.startswith('"') and value[1:-1] != name[1:]
    return f"#define {name} {value}" + ("  // not the macro's name" if differs else "")


def header_text(header: Header) -> str:
    """Return the C text of one header, not yet formatted."""
    guard = "REELMEND_" + re.sub(r"(?<=[a-z])(?=[A-Z])", "_", header.name.removesuffix(".h")).upper() + "_H"
    lines = [f"// {PURPOSE[header.name]}", "// OpenFX 1.5.1 C ABI. Generated by generate.py; do not edit.", ""]
    lines += [f"#ifndef {guard}", f"#define {guard}", ""]
    lines += [f"#include {name}" for name in INCLUDES.get(header.name, ['"ofxCore.h"'])]
    if header.exports:
        lines += ["", EXPORT_MACRO]
    lines += ["", "#ifdef __cplusplus", 'extern "C" {', "#endif", ""]
    lines += [constant_line(name, value) for name, value in header.constants]
    lines += ["", *(f"typedef {typedef};" for typedef in header.typedefs), ""]
    for name, values in header.enums:
        lines += [f"typedef enum {name} {{", *(f"    {value}," for value in values), f"}} {name};", ""]
    for name, members in header.structs:
        lines += [f"typedef struct {name} {{", *(f"    {member}" for member in members), f"}} {name};", ""]
    lines += [f"OfxExport {export};" for export in header.exports]
    lines += ["", "#ifdef __cplusplus", "}", "#endif", "", f"#endif  // {guard}", ""]
    return "\n".join(lines)


def formatted(text: str) -> str:
    """Return `text` in the repository's C style."""
    command = ["clang-format", f"--style=file:{HERE.parents[1] / '.clang-format'}", "--assume-filename=ofx.h"]
    return subprocess.run(command, input=text, text=True, check=True, capture_output=True).stdout


def main() -> None:
    if len(sys.argv) != 2:
        raise SystemExit("usage: python generate.py PATH/TO/ofx_abi_digest.md")
    OUTPUT_DIR.mkdir(parents=True, exist_ok=True)
    for header in read_digest(Path(sys.argv[1]).read_text()):
        (OUTPUT_DIR / header.name).write_text(formatted(header_text(header)))


if __name__ == "__main__":
    main()
