import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

import pyopenfx
from reelmend.bundle import find_bundle
from reelmend.cli import bundle_install
from reelmend.cli.host_steps import host_steps
from reelmend.effects.panel import PANEL_FORMAT, panel_json
from reelmend.inference.models import ModelStore

Run = Callable[..., subprocess.CompletedProcess[str]]
BUNDLE = "Reelmend.ofx.bundle"
BINARY = Path("Contents/Linux-x86-64/Reelmend.ofx")


@pytest.fixture
def bundle(tmp_path: Path, environment: dict[str, str]) -> Path:
    """A folder shaped like the bundle, named to the command line; no host loads it here."""
    folder = tmp_path / "built" / BUNDLE
    (folder / "Contents" / "Linux-x86-64").mkdir(parents=True)
    (folder / "Contents" / "Linux-x86-64" / "Reelmend.ofx").write_bytes(b"binary, first")
    (folder / "Contents" / "Resources").mkdir()
    (folder / "Contents" / "Resources" / "old.txt").write_text("")
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


def test_folder_of_no_name_is_refused(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    """`--user "$UNSET"` means no folder, least of all the current one."""
    done = reelmend("ofx", "install", "--user", "")
    assert (done.returncode, "--user names no folder" in done.stderr) == (2, True)
    assert not (tmp_path / BUNDLE).exists()


@pytest.mark.parametrize("name", ["my plugins", "it's $HOME", 'a "name"', "back`tick\\"])
def test_export_line_makes_hosts_look_there_too(bundle: Path, reelmend: Run, tmp_path: Path, name: str) -> None:
    result = json.loads(reelmend("ofx", "install", "--user", name, "--json").stdout)
    told = subprocess.run(
        ["bash", "-c", f'{result["export"]}; printf %s "$OFX_PLUGIN_PATH"'],
        env={"OFX_PLUGIN_PATH": "/elsewhere"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert told.stdout == f"{tmp_path}/{name}:/elsewhere"


def test_folder_whose_name_hosts_would_split_is_refused(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("ofx", "install", "--user", "a:b")
    assert (done.returncode, "can't be named in OFX_PLUGIN_PATH" in done.stderr) == (2, True)
    assert not (tmp_path / "a:b").exists()


def test_no_export_line_where_hosts_look_already(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    searched = {"OFX_PLUGIN_PATH": str(tmp_path / "plugins")}
    assert json.loads(reelmend("ofx", "install", "--user", "plugins", "--json", extra=searched).stdout)["export"] == ""


def test_second_install_replaces_the_first_and_leaves_nothing_beside_it(
    bundle: Path, reelmend: Run, tmp_path: Path
) -> None:
    reelmend("ofx", "install", "--user", "plugins")
    (bundle / "Contents" / "Linux-x86-64" / "Reelmend.ofx").write_bytes(b"binary, second")
    (bundle / "Contents" / "Resources" / "old.txt").unlink()
    assert reelmend("ofx", "install", "--user", "plugins").returncode == 0
    assert installed_binary(tmp_path / "plugins") == b"binary, second"
    assert not (tmp_path / "plugins" / BUNDLE / "Contents" / "Resources" / "old.txt").exists()
    assert [path.name for path in (tmp_path / "plugins").iterdir()] == [BUNDLE]


def test_next_steps_name_the_hosts(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    text = reelmend("ofx", "install", "--user", "plugins").stdout
    told = json.loads(reelmend("ofx", "install", "--user", "plugins", "--json").stdout)["steps"]
    for host in ("Resolve", "Nuke", "Natron", "MLT"):
        assert re.search(rf"^  {host} +{re.escape(told[host])}$", text, re.MULTILINE)
    assert told["MLT"].startswith(f"OFX_PLUGIN_PATH={tmp_path}/plugins melt "), "it does not search /usr/OFX/Plugins"


def test_step_for_mlt_names_parameters_and_choices_that_there_are() -> None:
    """MLT sets a menu by the number of its entry."""
    effects = json.loads(panel_json(ModelStore.default()))["effects"]
    filters = {f"openfx.{effect['identifier']}": effect["parameters"] for effect in effects}
    words = host_steps(Path("/usr/OFX/Plugins"))["MLT"].split()
    name, number = words[words.index("-filter") + 2].split("=")
    (menu,) = [parameter for parameter in filters[words[words.index("-filter") + 1]] if parameter["name"] == name]
    assert menu["choices"][int(number)]["value"] == "frames_already_seen"


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


def resource(folder: Path, name: str) -> dict[str, Any]:
    return dict(json.loads((folder / BUNDLE / "Contents" / "Resources" / name).read_text(encoding="utf-8")))


def test_installed_copy_lists_the_models_of_this_machine(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    reelmend("ofx", "install", "--user", "plugins")
    listed = resource(tmp_path / "plugins", "models.json")
    known = json.loads(reelmend("models", "--json").stdout)["models"]
    assert listed["format"] == 1
    assert [(model["id"], model["weights_sha256"]) for model in listed["models"]] == [
        (model["id"], model["weights_sha256"]) for model in known
    ]


def test_panel_is_written_anew_for_the_models_of_this_machine(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    panel = bundle / "Contents" / "Resources" / "effects.json"
    panel.write_text(json.dumps({"format": PANEL_FORMAT, "effects": []}))
    reelmend("ofx", "install", "--user", "plugins")
    effects = resource(tmp_path / "plugins", "effects.json")["effects"]
    assert "org.reelmend.Deflicker" in [effect["identifier"] for effect in effects]
    panel.write_text(json.dumps({"format": 999, "effects": ["of another version"]}))
    reelmend("ofx", "install", "--user", "plugins")
    assert resource(tmp_path / "plugins", "effects.json")["effects"] == ["of another version"]


def test_another_build_is_installed_by_name(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    other = Path(shutil.copytree(bundle, tmp_path / "portable" / BUNDLE))
    (other / "Contents" / "Linux-x86-64" / "Reelmend.ofx").write_bytes(b"portable binary")
    assert reelmend("ofx", "install", "--user", "plugins", "--bundle", str(other)).returncode == 0
    assert installed_binary(tmp_path / "plugins") == b"portable binary"
    done = reelmend("ofx", "install", "--user", "plugins", "--bundle", "none")
    assert (done.returncode, done.stderr) == (
        1, f"error: none is no bundle; 'make portable' builds build/portable/{BUNDLE}\n"
    )  # fmt: skip


def test_bundle_for_another_machine_is_refused_and_the_old_one_stays(
    bundle: Path, reelmend: Run, tmp_path: Path
) -> None:
    reelmend("ofx", "install", "--user", "plugins")
    contents = bundle / "Contents"
    (contents / "Linux-x86-64").rename(contents / "Linux-aarch64")
    done = reelmend("ofx", "install", "--user", "plugins")
    assert done.returncode == 1
    assert f"{bundle} holds no plug-in for this machine (x86_64); it is for Linux-aarch64; " in done.stderr
    assert installed_binary(tmp_path / "plugins") == b"binary, first"


def test_copy_in_the_making_has_a_name_that_hosts_leave_out(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The whole copy is made before the target is touched: stop right before, and look."""
    plugins, seen = tmp_path / "plugins", []

    def stop(draft: Path, target: Path) -> None:
        seen.extend(path.name for path in plugins.iterdir())
        assert (draft / bundle_install.ENGINE_FILE).is_file()
        raise KeyboardInterrupt

    monkeypatch.setattr(bundle_install, "_put_in_place", stop)
    with pytest.raises(KeyboardInterrupt):
        bundle_install.install_bundle(bundle, plugins, ModelStore.default())
    assert len(seen) == 1
    assert seen[0].startswith("@"), "the standard tells hosts to skip such names"
    assert not seen[0].endswith(".ofx.bundle")
    assert list(plugins.iterdir()) == []


def test_name_is_never_without_a_whole_bundle_while_it_is_replaced(bundle: Path, tmp_path: Path) -> None:
    plugins, stop, missing = tmp_path / "plugins", threading.Event(), []
    installed = bundle_install.install_bundle(bundle, plugins, ModelStore.default())
    if not bundle_install._exchange(installed, shutil.copytree(installed, tmp_path / "other")):
        pytest.skip("this file system can't exchange two names in one step")

    def look() -> None:
        while not stop.is_set():
            missing.extend(path for path in (bundle_install.ENGINE_FILE, BINARY) if not (installed / path).is_file())

    with ThreadPoolExecutor(1) as pool:
        watcher = pool.submit(look)
        for _ in range(20):
            bundle_install.install_bundle(bundle, plugins, ModelStore.default())
        stop.set()
        watcher.result(30)
    assert missing == []


def test_two_first_installations_at_once_both_succeed(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The other one puts its copy in place between our two steps: nothing to exchange with, then something there."""
    exchange, plugins = bundle_install._exchange, tmp_path / "plugins"

    def overtaken(one: Path, other: Path) -> bool:
        done = exchange(one, other)
        if not other.exists():
            shutil.copytree(bundle, other)
        return done

    monkeypatch.setattr(bundle_install, "_exchange", overtaken)
    bundle_install.install_bundle(bundle, plugins, ModelStore.default())
    assert (plugins / BUNDLE / "Contents" / "Resources" / "engine.json").is_file()
    assert [path.name for path in plugins.iterdir()] == [BUNDLE]


@pytest.mark.parametrize("earlier", [False, True])
def test_file_systems_that_can_not_exchange_names_are_served_too(
    bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, earlier: bool
) -> None:
    plugins = tmp_path / "plugins"
    monkeypatch.setattr(bundle_install, "_exchange", lambda one, other: False)
    if earlier:
        bundle_install.install_bundle(bundle, plugins, ModelStore.default())
    (bundle / BINARY).write_bytes(b"binary, second")
    installed = bundle_install.install_bundle(bundle, plugins, ModelStore.default())
    assert (installed / BINARY).read_bytes() == b"binary, second"
    assert list(plugins.iterdir()) == [installed]


def test_copy_for_all_users_can_be_read_by_all(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the modes of the build and the umask of root's shell are."""
    monkeypatch.setattr(bundle_install, "SYSTEM_FOLDER", tmp_path / "plugins")
    for path in [bundle, *bundle.rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    before = os.umask(0o077)
    try:
        installed = bundle_install.install_bundle(bundle, tmp_path / "plugins", ModelStore.default())
    finally:
        os.umask(before)
    modes = {path.relative_to(installed): path.stat().st_mode & 0o777 for path in [installed, *installed.rglob("*")]}
    assert modes[bundle_install.ENGINE_FILE] == modes[bundle_install.MODELS_FILE] == 0o644
    assert modes[BINARY] == 0o755
    assert {mode for path, mode in modes.items() if (installed / path).is_dir()} == {0o755}


def test_leftovers_of_killed_installations_go_and_others_stay(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    with subprocess.Popen(["sleep", "0"]) as dead:
        dead.wait()
    plugins = tmp_path / "plugins"
    for name in (f"@Reelmend.new-{dead.pid}", f"@Reelmend.old-{os.getpid()}", "@Other"):
        (plugins / name / "Contents").mkdir(parents=True)
    assert reelmend("ofx", "install", "--user", "plugins").returncode == 0
    assert sorted(path.name for path in plugins.iterdir()) == sorted([BUNDLE, f"@Reelmend.old-{os.getpid()}", "@Other"])


def test_link_in_the_place_of_the_bundle_is_replaced_and_what_it_names_stays(
    bundle: Path, reelmend: Run, tmp_path: Path
) -> None:
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / BUNDLE).symlink_to(bundle)
    assert reelmend("ofx", "install", "--user", "plugins").returncode == 0
    assert not (tmp_path / "plugins" / BUNDLE).is_symlink()
    assert (bundle / BINARY).is_file()
    (bundle / BINARY).write_bytes(b"later")
    assert installed_binary(tmp_path / "plugins") == b"binary, first"


def test_host_that_has_loaded_the_node_goes_on_while_it_is_replaced_and_removed(tmp_path: Path) -> None:
    plugins = tmp_path / "plugins"
    installed = bundle_install.install_bundle(find_bundle(), plugins, ModelStore.default())
    with pyopenfx.load(installed) as loaded:
        plugin = loaded.plugin("org.reelmend.Deflicker")
        label = plugin.describe("filter").label
        bundle_install.install_bundle(find_bundle(), plugins, ModelStore.default())
        assert plugin.describe("general").label == label
        bundle_install.uninstall_bundle(installed)
        with plugin.create(pyopenfx.InstanceSettings(size=(8, 8), frames=(0, 3))) as effect:
            assert effect.frames_needed(1)["Source"]
    assert list(plugins.iterdir()) == []


def test_another_copy_is_named_because_hosts_take_the_first(bundle: Path, reelmend: Run, tmp_path: Path) -> None:
    searched = {"OFX_PLUGIN_PATH": f"{tmp_path}/one:{tmp_path}/two"}
    assert reelmend("ofx", "install", "--user", "one", extra=searched).stderr == ""
    done = reelmend("ofx", "install", "--user", "two", extra=searched)
    assert (
        done.stderr
        == f"note: there is another copy, {tmp_path}/one/{BUNDLE}; a host takes the one that it finds first\n"
    )


def test_status_tells_of_every_copy_whether_hosts_find_it_and_what_is_out_of_date(
    bundle: Path, reelmend: Run, tmp_path: Path
) -> None:
    searched = {"OFX_PLUGIN_PATH": str(tmp_path / "plugins")}
    assert reelmend("ofx", "status", extra=searched).stdout == "not installed; run 'reelmend ofx install'\n"
    reelmend("ofx", "install", "--user", "plugins")
    (node,) = json.loads(reelmend("ofx", "status", "--json", extra=searched).stdout)["installed"]
    assert node["path"] == str(tmp_path / "plugins" / BUNDLE)
    assert node["searched"]
    assert node["engine_command"][1:] == ["-m", "reelmend", "serve"]
    assert "deflicker" in node["models"]
    assert node["outdated"] == []
    (tmp_path / "plugins" / BUNDLE / "Contents" / "Resources" / "models.json").write_text('{"models": []}')
    text = reelmend("ofx", "status", extra=searched).stdout
    assert "  models  none\n" in text
    assert "  its list of models is not today's; run 'reelmend ofx install' again\n" in text


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
