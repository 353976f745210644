"""What the package says of itself holds: the README's examples run, the stubs name what the module has."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import pyopenfx
from pyopenfx import _host

from .conftest import AVERAGE

PACKAGE = Path(pyopenfx.__file__).parent
EXAMPLES = re.findall(r"```python\n(.*?)```", (PACKAGE / "README.md").read_text(), re.S)


def test_there_are_three_examples() -> None:
    assert len(EXAMPLES) == 3


@pytest.mark.parametrize("number", range(3))
def test_an_example_runs_as_it_stands(number: int, bundle_path: Path, tmp_path: Path) -> None:
    program, replaced = re.subn(r'^BUNDLE = ".*"$', f"BUNDLE = {str(bundle_path)!r}", EXAMPLES[number], flags=re.M)
    program, named = re.subn(r'^PLUGIN = ".*"$', f"PLUGIN = {AVERAGE!r}", program, flags=re.M)
    assert (replaced, named) == (1, 1)
    file = tmp_path / "example.py"
    file.write_text(program)
    done = subprocess.run([sys.executable, str(file)], capture_output=True, text=True, timeout=100)
    assert done.returncode == 0, done.stderr
    assert done.stdout


def test_every_profile_is_in_the_readme() -> None:
    text = (PACKAGE / "README.md").read_text()
    for name in pyopenfx.PROFILES:
        assert f"| `{name}` |" in text


def test_the_stubs_name_what_the_module_has() -> None:
    stub = ast.parse((PACKAGE / "_host.pyi").read_text())
    classes = {node.name: node for node in stub.body if isinstance(node, ast.ClassDef)}
    functions = {node.name for node in stub.body if isinstance(node, ast.FunctionDef)}
    held = {name for name in vars(_host) if not name.startswith("_")}
    assert held == set(classes) | functions
    for name, node in classes.items():
        stated = {item.name for item in node.body if isinstance(item, ast.FunctionDef)}
        stated |= {item.target.id for item in node.body if isinstance(item, ast.AnnAssign)}  # type: ignore[union-attr]
        real = {member for member in vars(getattr(_host, name)) if not member.startswith("_") or member == "__init__"}
        enumeration_parts = {"name", "value"}
        assert real - stated - enumeration_parts - {"__init__"} == set(), name
        assert {member for member in stated if not member.startswith("_")} - real == set(), name


def test_the_package_is_typed() -> None:
    assert (PACKAGE / "py.typed").is_file()


@pytest.mark.parametrize("name", pyopenfx.__all__)
def test_everything_public_says_what_it_is(name: str) -> None:
    item = getattr(pyopenfx, name)
    if callable(item):
        assert item.__doc__, name
