import json
import re
import shlex
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from reelmend.bundle import find_bundle
from reelmend.cli import doctor
from reelmend.cli.node_check import NodeError, check_node
from reelmend.inference.models import ModelStore

Run = Callable[..., subprocess.CompletedProcess[str]]


def checks(done: subprocess.CompletedProcess[str]) -> dict[str, dict[str, Any]]:
    return {check["name"]: check for check in json.loads(done.stdout)["checks"]}


def test_healthy_machine_passes(reelmend: Run) -> None:
    done = reelmend("doctor", "--json")
    found = checks(done)
    assert done.returncode == 0, done.stdout
    assert json.loads(done.stdout)["ok"]
    for name in ("python", "onnxruntime", "images (OpenImageIO)", "movies (PyAV)", "models", "runtime folder"):
        assert found[name]["state"] == "ok", found[name]
        assert found[name]["mend"] == ""
    assert "CPUExecutionProvider" in found["onnxruntime"]["seen"]
    assert "deflicker" in found["models"]["seen"]


def test_text_ends_with_the_commands_that_mend(reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("doctor", extra={"REELMEND_BUNDLE": str(tmp_path / "none")})
    assert "To mend:" in done.stdout
    assert re.search(r"^  .*reelmend ofx install$", done.stdout, re.MULTILINE)


def test_changed_weights_fail_with_a_command(reelmend: Run, tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    model = ModelStore.default().get("deflicker")
    manifest = next(path for path in model.weights.parent.rglob("deflicker.toml"))
    (tmp_path / "models" / "deflicker.toml").write_bytes(manifest.read_bytes())
    for stage in model.manifest.stages:
        (tmp_path / "models" / stage.file).write_bytes(b"not these")
    done = reelmend("doctor", "--json", extra={"REELMEND_MODELS": str(tmp_path / "models")})
    assert done.returncode == 1
    assert checks(done)["models"]["state"] == "broken"
    assert "sha256" in checks(done)["models"]["seen"]
    assert checks(done)["models"]["mend"]


def test_runtime_folder_open_to_others_fails_with_chmod(reelmend: Run, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    (tmp_path / "run").chmod(0o777)
    done = reelmend("doctor", "--json", extra={"REELMEND_RUNTIME_DIR": str(tmp_path / "run")})
    assert done.returncode == 1
    mend = checks(done)["runtime folder"]["mend"]
    assert mend == f"chmod 700 {tmp_path}/run"
    subprocess.run(mend.split(), check=True)
    assert reelmend("doctor", extra={"REELMEND_RUNTIME_DIR": str(tmp_path / "run")}).returncode == 0


def test_installed_node_whose_engine_is_gone_fails(reelmend: Run, tmp_path: Path) -> None:
    resources = tmp_path / "plugins" / "Reelmend.ofx.bundle" / "Contents" / "Resources"
    resources.mkdir(parents=True)
    (resources / "engine.json").write_text(json.dumps({"command": ["/gone/python", "-m", "reelmend", "serve"]}))
    done = reelmend("doctor", "--json", extra={"OFX_PLUGIN_PATH": str(tmp_path / "plugins")})
    found = checks(done)
    assert done.returncode == 1
    assert found["node installed"]["state"] == "ok"
    assert found["engine command"]["state"] == "broken"
    assert found["engine command"]["mend"].endswith("reelmend ofx install")


def installed(reelmend: Run, folder: Path, bundle: Path) -> Path:
    done = reelmend("ofx", "install", "--user", str(folder), "--bundle", str(bundle))
    assert done.returncode == 0, done.stderr
    return folder / bundle.name


def test_installed_node_is_loaded_in_a_host(reelmend: Run, tmp_path: Path) -> None:
    searched = {"OFX_PLUGIN_PATH": str(tmp_path / "plugins")}
    node = installed(reelmend, tmp_path / "plugins", find_bundle())
    found = checks(reelmend("doctor", "--json", extra=searched))
    assert found["node loads"]["state"] == "ok", found["node loads"]
    assert "org.reelmend.Deflicker" in found["node loads"]["seen"]
    assert str(node) in found["node loads"]["seen"]
    assert found["node up to date"]["state"] == "ok"


def test_damaged_node_fails_and_names_what_is_wrong(reelmend: Run, tmp_path: Path) -> None:
    searched = {"OFX_PLUGIN_PATH": str(tmp_path / "plugins")}
    node = installed(reelmend, tmp_path / "plugins", find_bundle())
    binary = next(node.glob("Contents/*/Reelmend.ofx"))
    binary.write_bytes(binary.read_bytes()[:5000])
    done = reelmend("doctor", "--json", extra=searched)
    found = checks(done)["node loads"]
    assert done.returncode == 1
    assert found["state"] == "broken"
    assert "Reelmend.ofx" in found["seen"]
    assert found["mend"].endswith("reelmend ofx install")


def test_node_that_takes_its_host_down_leaves_doctor_standing(tmp_path: Path) -> None:
    bundle = tmp_path / "Reelmend.ofx.bundle"
    binary = bundle / "Contents" / "Linux-x86-64" / "Reelmend.ofx"
    binary.parent.mkdir(parents=True)
    code = "__attribute__((constructor)) static void boom(void) { __builtin_trap(); }"
    subprocess.run(["gcc", "-shared", "-fPIC", "-x", "c", "-", "-o", binary], input=code, text=True, check=True)
    with pytest.raises(NodeError, match=r"crashed the host that loaded it \(SIGILL\)"):
        check_node(bundle)


def test_list_of_models_from_another_day_is_told(reelmend: Run, tmp_path: Path) -> None:
    searched = {"OFX_PLUGIN_PATH": str(tmp_path / "plugins")}
    node = installed(reelmend, tmp_path / "plugins", find_bundle())
    (node / "Contents" / "Resources" / "models.json").write_text('{"models": []}')
    found = checks(reelmend("doctor", "--json", extra=searched))["node up to date"]
    assert found["state"] == "broken"
    assert found["seen"] == f"{node}: its list of models is not today's"


def test_node_where_hosts_do_not_look_is_told_apart(reelmend: Run, environment: dict[str, str]) -> None:
    own = Path(environment["HOME"]) / ".local" / "share" / "OFX" / "Plugins"
    (own / "Reelmend.ofx.bundle" / "Contents").mkdir(parents=True)
    found = checks(reelmend("doctor", "--json"))["node installed"]
    assert found["state"] == "missing"
    assert found["mend"].startswith(f"export OFX_PLUGIN_PATH={shlex.quote(str(own))}")


def test_missing_package_is_missing_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda package: "")
    assert doctor.check_pyav().state == "missing"
    assert doctor.check_pyav().mend.endswith("pip install 'reelmend[movies]'")
    assert not doctor.check_pyav().fails, "images still work"
    assert doctor.check_onnxruntime().fails


def test_both_onnxruntime_packages_are_a_fault(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "_version", lambda package: "1.2.3")
    finding = doctor.check_onnxruntime()
    assert finding.state == "broken"
    assert "uninstall -y onnxruntime onnxruntime-gpu" in finding.mend


def test_check_that_fails_itself_is_a_finding() -> None:
    def check_moon() -> doctor.Finding:
        raise ZeroDivisionError("no moon")

    finding = doctor._guarded(check_moon)
    assert (finding.name, finding.state, finding.seen) == ("moon", "broken", "ZeroDivisionError: no moon")
