"""What lies in the bundle beside the binary: what hosts and desktops read without loading it."""

from __future__ import annotations

import json
import plistlib
import re
import tomllib
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import cv2
import pytest

from pyopenfx.bundle import binary_path

CHECKOUT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def info(bundle_path: Path) -> dict[str, Any]:
    with (bundle_path / "Contents" / "Info.plist").open("rb") as file:
        return dict(plistlib.load(file))


@pytest.fixture(scope="module")
def identifiers(bundle_path: Path) -> list[str]:
    text = (bundle_path / "Contents" / "Resources" / "effects.json").read_text(encoding="utf-8")
    return [effect["identifier"] for effect in json.loads(text)["effects"]]


def test_info_plist_has_what_a_bundle_of_code_needs(info: dict[str, Any], bundle_path: Path) -> None:
    assert info["CFBundleExecutable"] == binary_path(bundle_path).name
    assert info["CFBundlePackageType"] == "BNDL"
    assert info["CFBundleInfoDictionaryVersion"] == "6.0"
    assert re.fullmatch(r"[A-Za-z0-9.-]+", info["CFBundleIdentifier"])
    assert info["CFBundleName"] == info["CFBundleDisplayName"] == "Reelmend"
    assert info["CFBundleSupportedPlatforms"] == ["MacOSX"]
    assert re.fullmatch(r"\d+\.\d+", info["LSMinimumSystemVersion"])
    assert len(info["CFBundleSignature"]) == 4


def test_info_plist_tells_the_project_s_version(info: dict[str, Any]) -> None:
    version = tomllib.loads((CHECKOUT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert info["CFBundleVersion"] == info["CFBundleShortVersionString"] == version
    assert version in info["CFBundleGetInfoString"]
    assert "@" not in "".join(map(str, info.values()))


def test_every_effect_has_an_icon_in_pixels(bundle_path: Path, identifiers: list[str]) -> None:
    seen = set()
    for identifier in identifiers:
        file = bundle_path / "Contents" / "Resources" / f"{identifier}.png"
        picture = cv2.imread(str(file), cv2.IMREAD_UNCHANGED)
        assert picture is not None, file
        assert picture.shape == (256, 256, 4)
        alpha = picture[..., 3]
        assert alpha[0, 0] == 0, "its corners are cut"
        assert alpha[128, 128] == 255
        assert picture[64:192, 64:192, :3].std() > 20, "it shows something"
        seen.add(picture.tobytes())
    assert len(seen) == len(identifiers)


def test_every_effect_has_an_icon_as_a_drawing(bundle_path: Path, identifiers: list[str]) -> None:
    for identifier in identifiers:
        root = ElementTree.parse(bundle_path / "Contents" / "Resources" / f"{identifier}.svg").getroot()
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        left, top, width, height = map(float, root.attrib["viewBox"].split())
        assert (left, top) == (0, 0)
        assert width == height, "hosts show icons as squares"
        names = {element.tag.rpartition("}")[2] for element in root.iter()}
        assert names <= {"svg", "title", "g", "rect", "circle", "path"}, "no text, script or picture from elsewhere"


def test_bundle_has_no_other_folder_than_the_standard_s(bundle_path: Path) -> None:
    folders = {path.name for path in (bundle_path / "Contents").iterdir() if path.is_dir()}
    assert folders == {"Resources", binary_path(bundle_path).parent.name}
    assert binary_path(bundle_path).parent.name in {"Linux-x86-64", "Linux-aarch64"}
