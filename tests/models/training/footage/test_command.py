"""The command as it is typed."""

from __future__ import annotations

import json
import os
import pty
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from reelmend_models.training.footage.catalogue import shipped_catalogue
from reelmend_models.training.footage.listing import markdown
from support.footage_shelf import Shelf

ROOT = Path(__file__).parents[4]
DOCUMENT = ROOT / "docs" / "footage.md"


def environment(**changes: str) -> dict[str, str]:
    paths = os.pathsep.join(str(ROOT / folder) for folder in ("engine", "models"))
    return {**os.environ, "PYTHONPATH": paths, **changes}


def footage(*arguments: object, **changes: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reelmend_models.training.footage", *map(str, arguments)],
        env=environment(**changes), capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture
def no_clients(tmp_path: Path) -> dict[str, str]:
    """An environment in which no client can reach anything: none on PATH but dpkg-deb, and pip without its index."""
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "dpkg-deb").symlink_to(str(shutil.which("dpkg-deb")))
    for helper in ("tar", "rm"):
        (tools / helper).symlink_to(str(shutil.which(helper)))
    return {"PATH": str(tools), "PIP_NO_INDEX": "1", "PIP_FIND_LINKS": ""}


def test_a_build_without_clients_works_from_its_cache(
    shelf: Shelf, filled_cache: Path, tmp_path: Path, no_clients: dict[str, str]
) -> None:
    options = ("--cache", filled_cache, "--catalogue", shelf.catalogue_file, "--json")
    ended = footage("build", tmp_path / "footage", *options, **no_clients)
    assert (ended.returncode, ended.stderr) == (0, "")
    result = json.loads(ended.stdout)
    assert (result["clips"], result["photos"], result["missing"]) == (10, 4, [])
    assert set(result["origins"].values()) == {"package"}
    assert result["disk_bytes"] > 0
    assert (tmp_path / "footage" / "footage.json").is_file()


def test_a_build_without_clients_and_cache_says_what_it_could_not_get(
    shelf: Shelf, tmp_path: Path, no_clients: dict[str, str]
) -> None:
    ended = footage("build", tmp_path / "footage", "--catalogue", shelf.catalogue_file, **no_clients)
    assert ended.returncode == 3
    assert "0 camera clips, 0 photographs, 0 made clips" in ended.stdout
    lines = ended.stderr.splitlines()
    assert len(lines) == 3
    assert "footage: missing ball, tree, house: apt-get is not on PATH" in lines
    assert "footage: missing walk, river: npm is not on PATH" in lines
    assert any(
        line.startswith("footage: missing cloud: pip fine-prints 3.0 could not be downloaded: ERROR:") for line in lines
    )


def test_offline_asks_no_client(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "npm").write_text(f"#!/bin/sh\ntouch {tmp_path}/asked\n")
    (tmp_path / "npm").chmod(0o755)
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    ended = footage("build", tmp_path / "out", "--offline", "--catalogue", shelf.catalogue_file, PATH=path)
    assert ended.returncode == 3
    assert "footage: missing walk, river: npm tape 2.0.0 is not in the cache" in ended.stderr
    assert not (tmp_path / "asked").exists()


def test_made_clips_are_written_when_asked_for(shelf: Shelf, filled_cache: Path, tmp_path: Path) -> None:
    options = ("--cache", filled_cache, "--catalogue", shelf.catalogue_file, "--offline", "--quick")
    ended = footage("build", tmp_path / "footage", *options, "--made", "ffv1", "--split", "training", "--json")
    assert (ended.returncode, ended.stderr) == (0, "")
    manifest = json.loads((tmp_path / "footage" / "footage.json").read_text())
    assert {clip["id"]: clip["file"] for clip in manifest["clips"]} == {
        "ball": "clips/ball.avi",
        "made-tree-1": "made/made-tree-1.mkv",
    }
    assert (tmp_path / "footage" / "made" / "made-tree-1.mkv").stat().st_size < json.loads(ended.stdout)["disk_bytes"]


def test_ctrl_c_ends_in_one_line_and_leaves_no_client_behind(shelf: Shelf, tmp_path: Path) -> None:
    (tmp_path / "npm").write_text(f"#!/bin/sh\necho $$ > {tmp_path}/pid\nexec sleep 60\n")
    (tmp_path / "npm").chmod(0o755)
    (tmp_path / "apt-get").symlink_to("/bin/false")
    command = [sys.executable, "-m", "reelmend_models.training.footage", "build", str(tmp_path / "footage")]
    path = f"{tmp_path}{os.pathsep}{os.environ['PATH']}"
    process = subprocess.Popen(
        [*command, "--catalogue", str(shelf.catalogue_file)],
        env=environment(PATH=path), stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    wait_for(lambda: (tmp_path / "pid").exists() and (tmp_path / "pid").read_text().strip() != "")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=20)
    assert process.returncode == 130
    assert stderr == "footage: stopped; what was fetched is kept, the same command goes on from here\n"
    client = int((tmp_path / "pid").read_text())
    wait_for(lambda: not Path(f"/proc/{client}").exists())
    assert not (tmp_path / "footage" / "footage.json").exists()


def test_a_terminal_shows_a_bar_and_a_pipe_does_not(shelf: Shelf, filled_cache: Path, tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "reelmend_models.training.footage",
        "build",
        str(tmp_path / "footage"),
        "--offline",
    ]
    parent, child = pty.openpty()
    subprocess.run(
        [*command, "--cache", str(filled_cache), "--catalogue", str(shelf.catalogue_file)],
        env=environment(TERM="xterm", COLUMNS="120"), stdout=subprocess.PIPE, stderr=child, timeout=60, check=True,
    )  # fmt: skip
    os.close(child)
    shown = os.read(parent, 1 << 16).decode()
    os.close(parent)
    assert "━" in shown
    assert re.search(r"films|tape|prints", shown)


def test_an_unreadable_catalogue_is_one_line_and_no_trace(tmp_path: Path) -> None:
    ended = footage("build", tmp_path / "footage", "--catalogue", tmp_path / "none.toml")
    assert ended.returncode == 1
    assert re.fullmatch(r"footage: catalogue .*none\.toml cannot be read: FileNotFoundError: .*\n", ended.stderr)


def test_the_list_names_every_clip_and_photograph() -> None:
    ended = footage("list")
    assert ended.returncode == 0
    assert [line.split()[0] for line in ended.stdout.splitlines()] == [
        source.id for source in shipped_catalogue().sources
    ]


def test_the_list_as_json_has_every_field(shelf: Shelf) -> None:
    rows = json.loads(footage("list", "--json", "--catalogue", shelf.catalogue_file).stdout)
    ball = rows[0]
    assert (ball["id"], ball["kind"], ball["manager"], ball["name"], ball["version"], ball["fps"], ball["cuts"]) == (
        "ball", "camera", "apt", "films", "1.0-1", "25", [4],
    )  # fmt: skip
    assert len(rows[-1]["sha256"]) == 64


def test_the_list_into_a_closed_pipe_is_quiet() -> None:
    line = f"{sys.executable} -m reelmend_models.training.footage list --json | head -n 1"
    ended = subprocess.run(
        ["bash", "-c", line],
        env=environment(PYTHONUNBUFFERED="1"),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert ended.stdout == "[\n"
    assert "Traceback" not in ended.stderr


def test_the_licence_tables_of_the_documentation_are_those_of_the_catalogue() -> None:
    """After a change: python -m reelmend_models.training.footage list --markdown, into docs/footage.md."""
    assert markdown(shipped_catalogue()) in DOCUMENT.read_text(encoding="utf-8")


def test_every_licence_is_a_known_one() -> None:
    licences = {source.licence for source in shipped_catalogue().sources}
    assert licences <= {
        "Apache-2.0 AND BSD-3-Clause", "BSD-2-Clause", "BSD-3-Clause", "CC-BY-4.0", "CC-BY-SA-3.0", "CC-BY-SA-4.0",
        "CC0-1.0", "GPL-2.0-or-later", "LGPL-2.1-or-later", "LGPL-3.0-only", "MIT",
    }  # fmt: skip


def wait_for(condition: object, timeout_s: float = 20) -> None:
    assert callable(condition)
    end = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
