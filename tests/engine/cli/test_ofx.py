import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Run = Callable[..., subprocess.CompletedProcess[str]]
BUNDLE = "Reelmend.ofx.bundle"


@pytest.fixture
def bundle(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A folder shaped like the bundle, named to the command line; no host loads it here."""
    folder = tmp_path / "built" / BUNDLE
    (folder / "Contents" / "Linux-x86-64").mkdir(parents=True)
    (folder / "Contents" / "Linux-x86-64" / "Reelmend.ofx").write_bytes(b"binary, first")
    (folder / "Contents" / "Resources").mkdir()
    (folder / "Contents" / "Resources" / "models.json").write_text("{}")
    environment["REELMEND_BUNDLE"] = str(folder)
    return folder


def installed_binary(folder: Path) -> bytes:
    return (folder / BUNDLE / "Contents" / "Linux-x86-64" / "Reelmend.ofx").read_bytes()


def test_installed_copy_knows_how_to_start_the_engine(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("ofx", "install", "--user", "plugins")
    assert done.returncode == 0, done.stderr
    assert installed_binary(tmp_path / "plugins") == b"binary, first"
    engine = json.loads((tmp_path / "plugins" / BUNDLE / "Contents" / "Resources" / "engine.json").read_text())
    assert engine["command"][-1] == "serve"
    answer = subprocess.run([*engine["command"][:-1], "--version"], capture_output=True, text=True, check=False)
    assert answer.stdout.startswith("reelmend ")
    assert not (bundle / "Contents" / "Resources" / "engine.json").exists(), "the bundle it came from stays as it was"


def test_export_line_makes_hosts_look_there_too(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    result = json.loads(reelmend("ofx", "install", "--user", "my plugins", "--json").stdout)
    told = subprocess.run(
        ["bash", "-c", f'{result["export"]}; printf %s "$OFX_PLUGIN_PATH"'],
        env={"OFX_PLUGIN_PATH": "/elsewhere"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == f"{tmp_path}/my plugins:/elsewhere"


def test_no_export_line_where_hosts_look_already(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    searched = {"OFX_PLUGIN_PATH": str(tmp_path / "plugins")}
    assert json.loads(reelmend("ofx", "install", "--user", "plugins", "--json", extra=searched).stdout)["export"] == ""


def test_second_install_replaces_the_first_and_leaves_nothing_beside_it(
    bundle: Path, reelmend: Run, tmp_path: Path
) -> None:
    reelmend("ofx", "install", "--user", "plugins")
    (bundle / "Contents" / "Linux-x86-64" / "Reelmend.ofx").write_bytes(b"binary, second")
    (bundle / "Contents" / "Resources" / "models.json").unlink()
    assert reelmend("ofx", "install", "--user", "plugins").returncode == 0
    assert installed_binary(tmp_path / "plugins") == b"binary, second"
    assert not (tmp_path / "plugins" / BUNDLE / "Contents" / "Resources" / "models.json").exists()
    assert [path.name for path in (tmp_path / "plugins").iterdir()] == [BUNDLE]


def test_next_steps_name_the_hosts(bundle: Path, reelmend: Run) -> None:
    text = reelmend("ofx", "install", "--user", "plugins").stdout
    for host in ("Resolve", "Nuke", "Natron", "MLT"):
        assert host in text


def test_uninstall_removes_what_install_put_there(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    reelmend("ofx", "install", "--user", "plugins")
    (tmp_path / "plugins" / "Other.ofx.bundle").mkdir()
    done = reelmend("ofx", "uninstall", "--user", "plugins")
    assert done.stdout == f"removed {tmp_path}/plugins/{BUNDLE}\n"
    assert [path.name for path in (tmp_path / "plugins").iterdir()] == ["Other.ofx.bundle"]
    again = reelmend("ofx", "uninstall", "--user", "plugins")
    assert again.returncode == 1
    assert again.stderr.startswith("error: no installed node was found")


def test_path_prints_the_bundle_and_nothing_else(bundle: Path, reelmend: Run) -> None:
    assert reelmend("ofx", "path").stdout == f"{bundle}\n"


def test_missing_bundle_says_how_to_get_one(reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("ofx", "install", "--user", "plugins", extra={"REELMEND_BUNDLE": str(tmp_path / "none")})
    assert done.returncode == 1
    assert (
        done.stderr
        == f"error: REELMEND_BUNDLE names {tmp_path}/none, which is no bundle; unset it or build the plug-in\n"
    )
    assert not (tmp_path / "plugins").exists()


def test_folder_that_can_not_be_written_is_one_clear_line(bundle: Path, reelmend: Run) -> None:
    done = reelmend("ofx", "install", "--user", "/proc/plugins")
    assert done.returncode == 1
    assert done.stderr.startswith(f"error: /proc/plugins/{BUNDLE} can't be installed: ")
    assert done.stderr.count("\n") == 1


def test_system_and_user_exclude_each_other(bundle: Path, reelmend: Run) -> None:
    done = reelmend("ofx", "install", "--system", "--user", "plugins")
    assert (done.returncode, done.stderr) == (2, "error: --system and --user exclude each other; give one of them\n")
