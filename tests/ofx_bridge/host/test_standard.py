"""This host against the recorded facts of the standard: every object has its properties, of the right type."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import pyopenfx as ofx

from .conftest import AVERAGE, REPOSITORY

TABLE = Path(__file__).parents[1] / "abi" / "openfx_1_5_1.json"
GENERATOR = REPOSITORY / "ofx_bridge" / "host" / "generate_standard.py"
FACTS: dict[str, Any] = json.loads(TABLE.read_text())
# The table says that this is one bool; the header's own text says any number of strings.
FACTS["properties"]["OfxParamPropChoiceEnum"] = {"types": ["string"], "dimension": 0, "values": []}
PYTHON_TYPES = {"int": int, "bool": int, "double": float, "string": str, "enum": str, "pointer": int}

# What this host does not do, and so does not speak of: overlays, colour management, and drawing by GPU.
NOT_OFFERED = ("ColourManagement", "Colourspace", "OCIO", "OpenCL", "OpenGL", "Cuda", "Metal", "Overlay", "Interact")


def required(name: str, role: str = "set") -> dict[str, tuple[str, str]]:
    """Return the properties that the standard lists: name to (types, dimension)."""
    listed = {}
    for item in FACTS["sets"][name][role]:
        prop, kind = item.split(":")
        kinds, dimension = kind.rsplit("x", 1)
        listed[prop] = (kinds, dimension)
    return listed


def check(held: dict[str, Any], name: str, missing: set[str] = frozenset()) -> None:  # type: ignore[assignment]
    wanted = required(name)
    absent = {prop for prop in wanted if prop not in held and not any(word in prop for word in NOT_OFFERED)}
    assert absent == missing
    for prop, value in held.items():
        facts = FACTS["properties"].get(prop)
        if facts is None:
            continue
        values = value if isinstance(value, list) else [value]
        kinds = tuple(PYTHON_TYPES[kind] for kind in facts["types"])
        assert all(isinstance(item, kinds) for item in values), prop
        per_component = facts["dimension"] == 1 and prop in ("OfxParamPropIncrement", "OfxParamPropDimensionLabel")
        if facts["dimension"] and not per_component:
            assert len(values) == facts["dimension"], prop


def test_the_host_has_every_property_of_a_host(bundle: ofx.Bundle) -> None:
    check(bundle.host_properties(), "ImageEffectHost")


def test_a_description_has_every_property_of_one(bundle: ofx.Bundle) -> None:
    described = bundle.plugin(AVERAGE).describe("filter")
    check(described.properties, "EffectDescriptor")
    for clip in described.clips:
        check(clip.properties, "ClipDescriptor")


def test_an_instance_and_its_clips_have_every_property_of_theirs(average: ofx.Instance) -> None:
    check(average.properties(), "EffectInstance")
    for clip in ("Source", "Output"):
        check(average.clip_properties(clip), "ClipInstance")


@pytest.mark.parametrize(
    ("param", "set_name"),
    [
        ("gain", "ParamDouble1D"),
        ("int2d", "ParamsInt2D3D"),
        ("centre", "ParamsNormalizedSpatial"),
        ("double3d", "ParamsDouble2D3D"),
        ("mode", "ParamsChoice"),
        ("flavour", "ParamsStrChoice"),
        ("text", "ParamsString"),
        ("custom", "ParamsCustom"),
        ("report progress", "ParamsByte"),
        ("group", "ParamsGroup"),
        ("page", "ParamsPage"),
    ],
)
def test_a_parameter_has_every_property_of_its_type(average: ofx.Instance, param: str, set_name: str) -> None:
    # Part D repeats properties of numbers for types that have none.
    numbers_only = {"OfxParamPropMin", "OfxParamPropMax", "OfxParamPropDisplayMin", "OfxParamPropDisplayMax"}
    held = average.param_properties(param)
    missing = {prop for prop in required(set_name) if prop not in held and "Interact" not in prop}
    assert missing <= numbers_only
    check(held, set_name, missing)


def test_the_generated_table_is_up_to_date() -> None:
    clang_format = shutil.which("clang-format", path=str(Path(sys.executable).parent)) or shutil.which("clang-format")
    if clang_format is None:
        pytest.skip("clang-format is not installed")
    environment = os.environ | {"PATH": f"{Path(clang_format).parent}{os.pathsep}{os.environ['PATH']}"}
    command = [sys.executable, str(GENERATOR), str(TABLE), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, env=environment)
    assert done.returncode == 0, done.stderr
