"""The validation report: sound plug-ins, lawless ones, and bundles that would end a host."""

from __future__ import annotations

import json
import os
import shutil
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from pyopenfx.bundle import architectures
from pyopenfx.validation import Report, validate

from .conftest import ANY_FORMAT, LAWLESS

BROKEN = "org.reelmend.test."


@pytest.fixture(scope="module")
def sound(bundle_path: Path) -> Report:
    return validate(bundle_path, plugin=ANY_FORMAT)


def test_a_lawful_plugin_passes_in_every_host(sound: Report) -> None:
    (plugin,) = sound.plugins
    assert sound.sound, [finding for finding in plugin.findings if finding.severity == "error"]
    assert {host.profile: host.outcome for host in plugin.hosts} == dict.fromkeys(
        ("strict", "resolve", "nuke", "mlt", "vegas", "baselight", "natron", "minimal"), "passes"
    )
    assert all(host.rendered > 5 and host.failed == 0 for host in plugin.hosts)


def test_every_action_is_told_with_its_answers(sound: Report) -> None:
    actions = {action.action: action.statuses for action in sound.plugins[0].actions}
    assert actions["OfxActionCreateInstance"].keys() == {"kOfxStatOK"}
    assert actions["OfxImageEffectActionIsIdentity"].keys() == {"kOfxStatReplyDefault"}
    assert {"OfxActionLoad", "OfxActionDescribe", "OfxImageEffectActionDescribeInContext", "OfxActionUnload"} <= set(
        actions
    )
    assert {"OfxActionPurgeCaches", "OfxActionSyncPrivateData", "OfxImageEffectActionRender"} <= set(actions)


def test_what_a_description_gets_wrong_is_told_with_what_breaks_where(bundle_path: Path) -> None:
    report = validate(bundle_path, ["strict", "resolve", "nuke"], plugin=LAWLESS)
    (plugin,) = report.plugins
    rules = {(finding.severity, finding.rule) for finding in plugin.description_findings}
    assert {("error", "parent"), ("error", "default"), ("warning", "label-dash"), ("warning", "display-range")} <= rules
    hosts = {host.profile: host for host in plugin.hosts}
    assert hosts["resolve"].outcome == "fails"
    assert any("unless CreateInstance answers OK" in reason for reason in hosts["resolve"].reasons)
    assert any("useless slider" in reason for reason in hosts["resolve"].reasons)
    assert any("the label is refused" in reason for reason in hosts["nuke"].reasons)
    assert not report.sound


def test_a_plugin_that_fails_to_render_is_told_in_its_own_words(plugins_dir: Path) -> None:
    report = validate(plugins_dir / "Broken.ofx", ["strict"], plugin=BROKEN + "FailInRender")
    (host,) = report.plugins[0].hosts
    assert (host.outcome, host.rendered, host.messages) == ("renders nothing", 0, ["not in here"])
    assert host.failed > 0
    assert report.sound, "a refusal in words breaks neither the standard nor the host"


@pytest.mark.parametrize(
    ("name", "outcome", "words"),
    [
        ("CrashInDescribe", "crashes", "crashed with SIGABRT at 'describe'"),
        ("CrashInRender", "crashes", "crashed with SIGSEGV at 'render 64x36 filter'"),
        ("HangInRender", "hangs", "did not answer for 5 s at 'render 64x36 filter'"),
        (
            "ThrowInRender",
            "fails",
            "OfxImageEffectActionRender threw an exception across the interface, which ends most hosts: "
            "across the border",
        ),
        ("ExitInCreate", "crashes", "ended its host with exit code 7 at 'create 64x36 filter'"),
    ],
)
def test_a_plugin_that_would_end_its_host_is_told_with_the_place(
    plugins_dir: Path, name: str, outcome: str, words: str
) -> None:
    report = validate(plugins_dir / "Broken.ofx", ["strict"], plugin=BROKEN + name, timeout_s=5.0)
    (host,) = report.plugins[0].hosts
    assert (host.outcome, host.reasons) == (outcome, [words])
    assert not report.sound


def test_no_time_at_all_is_a_wrong_argument_and_no_finding(bundle_path: Path) -> None:
    command = [sys.executable, "-m", "pyopenfx", "validate", str(bundle_path), "--timeout", "0"]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (result.returncode, result.stdout) == (2, "")
    assert "--timeout" in result.stderr


def test_a_library_without_exports_is_told(plugins_dir: Path) -> None:
    report = validate(plugins_dir / "NoExports.ofx")
    assert "it does not export OfxGetNumberOfPlugins and OfxGetPlugin" in report.error
    assert not report.sound


def made_bundle(folder: Path, binary: bytes, architecture: str) -> Path:
    bundle = folder / "Made.ofx.bundle"
    target = bundle / "Contents" / architecture / "Made.ofx"
    target.parent.mkdir(parents=True)
    target.write_bytes(binary)
    return bundle


def test_a_bundle_for_another_architecture_is_told(tmp_path: Path, bundle_path: Path) -> None:
    bundle = made_bundle(tmp_path, b"", "Win64")
    report = validate(bundle)
    assert "holds no Made.ofx for this machine" in report.error
    assert report.error.endswith("it holds Win64")


def test_a_binary_for_another_processor_in_the_right_folder_is_told(tmp_path: Path, bundle_path: Path) -> None:
    binary = bytearray(next(bundle_path.rglob("*.ofx")).read_bytes())
    aarch64 = 183
    struct.pack_into("<H", binary, 18, aarch64)
    report = validate(made_bundle(tmp_path, bytes(binary), architectures()[0]))
    assert "it is for another processor (ELF machine 183)" in report.error


def test_a_truncated_binary_is_told(tmp_path: Path, bundle_path: Path) -> None:
    binary = next(bundle_path.rglob("*.ofx")).read_bytes()
    report = validate(made_bundle(tmp_path, binary[: len(binary) // 2], architectures()[0]))
    assert "truncated" in report.error


def test_a_binary_whose_libraries_are_missing_is_told(tmp_path: Path, plugins_dir: Path) -> None:
    source = tmp_path / "needs.cpp"
    source.write_text("int nowhere(); int here() { return nowhere(); }\n")
    library = made_bundle(tmp_path, b"", architectures()[0]) / "Contents" / architectures()[0] / "Made.ofx"
    compiler = os.environ.get("CXX") or shutil.which("g++") or shutil.which("c++")
    assert compiler is not None
    subprocess.run([compiler, "-shared", "-fPIC", str(source), "-o", str(library)], check=True)
    assert "undefined symbol" in validate(library).error


def test_the_command_prints_a_report_and_answers_with_its_exit_code(bundle_path: Path, plugins_dir: Path) -> None:
    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "pyopenfx", "validate", *map(str, arguments)]
        return subprocess.run(command, capture_output=True, text=True, timeout=100)

    passed = run(bundle_path, "--plugin", ANY_FORMAT, "--profile", "strict")
    assert passed.returncode == 0, passed.stdout + passed.stderr
    assert "strict       passes" in passed.stdout
    told = run(plugins_dir / "Broken.ofx", "--plugin", BROKEN + "CrashInRender", "--profile", "strict", "--json")
    assert told.returncode == 1
    report = json.loads(told.stdout)
    assert report["sound"] is False
    assert report["plugins"][0]["hosts"][0]["outcome"] == "crashes"
    unknown = run(bundle_path, "--profile", "maya")
    assert unknown.returncode == 1
    assert "no profile 'maya'" in unknown.stderr
