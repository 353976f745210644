"""docs/hosts.md names what there is: hosts, profiles, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import pyopenfx
from reelmend.cli.host_steps import host_steps

PAGE = (Path(__file__).parents[2] / "docs" / "hosts.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("host", host_steps(Path("/usr/OFX/Plugins")))
def test_every_host_that_install_names_has_its_section(host: str) -> None:
    assert re.search(rf"^## .*\b{host}\b", PAGE, re.MULTILINE)


@pytest.mark.parametrize("host", ["resolve", "nuke", "natron", "mlt", "vegas", "baselight"])
def test_every_host_s_section_names_its_profile_and_says_what_was_run(host: str) -> None:
    section = next(part for part in PAGE.split("\n## ") if part.lower().partition("\n")[0].find(host) >= 0)
    assert f"`{host}`" in section
    assert host in pyopenfx.PROFILES
    assert re.search(r"\*[^*]*(not run|no node)", section), "it must say whether the node was run there"


def test_command_for_melt_is_the_one_that_install_prints() -> None:
    printed = host_steps(Path("~/ofx"))["MLT"].replace("'~/ofx'", "~/ofx")
    assert f"\n{printed}\n" in PAGE


def test_links_lead_somewhere() -> None:
    docs = Path(__file__).parents[2] / "docs"
    links = re.findall(r"\]\((?!https?:)([^)#]+)\)", PAGE)
    assert links
    assert [link for link in links if not (docs / link).exists()] == []
