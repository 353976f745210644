"""Run a validation in child processes, so that a plug-in that crashes or hangs is reported and not fatal."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..errors import PyOpenFXError
from ..events import Finding
from ..profiles import PROFILES, profile
from .description_checks import check_bundle
from .report import ActionSummary, HostVerdict, PluginReport, Report

DEFAULT_PROFILES = ("strict", "resolve", "nuke", "mlt", "vegas", "baselight", "natron", "minimal")
DEFAULT_TIMEOUT_S = 120.0


@dataclass
class _Told:
    """What a child process told before it ended, and how it ended: "", "crashes" or "hangs" with the stage."""

    facts: dict[str, Any] = field(default_factory=dict)
    stage: str = ""
    end: str = ""
    how: str = ""


def validate(
    bundle: str | Path,
    profiles: Iterable[str] = DEFAULT_PROFILES,
    plugin: str | None = None,
    timeout_s: float = DEFAULT_TIMEOUT_S,
) -> Report:
    """Return the report on a bundle; nothing that the plug-in does ends this process.

    Each plug-in is run in each profile in a process of its own, for at most `timeout_s` seconds. Raises ValueError for
    an unknown profile or plug-in.
    """
    chosen = [profile(name) for name in profiles]
    path = Path(bundle).absolute()
    listing = _child("list", path, timeout_s)
    report = Report(str(path), listing.facts.get("binary", ""))
    if listing.end or "error" in listing.facts:
        report.error = listing.facts.get("error") or f"loading it {listing.how}"
        return report
    report.findings = check_bundle(Path(listing.facts["bundle"]))
    found = [(identifier, (major, minor)) for identifier, major, minor in listing.facts["plugins"]]
    wanted = [item for item in found if plugin in (None, item[0])]
    if not wanted:
        raise ValueError(f"'{path}' holds no plug-in '{plugin}', only {', '.join(name for name, _ in found)}")
    for identifier, version in wanted:
        report.plugins.append(_plugin(path, identifier, version, [item.name for item in chosen], timeout_s))
    return report


def _plugin(path: Path, identifier: str, version: tuple[int, int], names: list[str], timeout_s: float) -> PluginReport:
    written = f"{version[0]}.{version[1]}"
    report = PluginReport(identifier, written)
    told = _child("describe", path, timeout_s, plugin=identifier, version=written)
    if told.end or "error" in told.facts:
        text = told.facts.get("error") or f"{told.how} at '{told.stage}'"
        report.description_findings.append(Finding("error", told.end or "describe", text))
    else:
        report.label, report.contexts = told.facts["label"], told.facts["contexts"]
        findings = [Finding(**item) for item in told.facts["findings"]]
        report.description_findings = list(dict.fromkeys(findings))
    for name in names:
        report.hosts.append(_host(path, identifier, written, name, report.description_findings, timeout_s))
    return report


def _host(
    path: Path, identifier: str, version: str, name: str, described: list[Finding], timeout_s: float
) -> HostVerdict:
    told = _child("exercise", path, timeout_s, plugin=identifier, version=version, profile=name)
    if told.end:
        return HostVerdict(name, "hangs" if told.end == "hangs" else "crashes", [f"{told.how} at '{told.stage}'"])
    if "verdict" not in told.facts:
        return HostVerdict(name, "fails", [f"the host's process gave no verdict at '{told.stage}'"])
    facts = told.facts["verdict"]
    facts["findings"] = [Finding(**item) for item in facts["findings"]]
    facts["actions"] = [ActionSummary(**item) for item in facts["actions"]]
    verdict = HostVerdict(**facts)
    rules = dict(PROFILES[name].rules)
    for finding in described:
        if finding.rule in rules:
            verdict.reasons.append(f"{finding.text}: {rules[finding.rule]}")
    return verdict


def _child(what: str, path: Path, timeout_s: float, **options: str) -> _Told:
    told = _Told()
    # A file and not a pipe: nobody reads it before the process has ended.
    with tempfile.TemporaryFile("w+", encoding="utf-8") as lines:
        command = [sys.executable, "-m", "pyopenfx.validation.child", what, str(path), "--report", str(lines.fileno())]
        for name, value in options.items():
            command += [f"--{name}", value]
        source = str(Path(__file__).parents[2])
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join([source, os.environ.get("PYTHONPATH", "")])}
        process = subprocess.Popen(
            command, pass_fds=(lines.fileno(),), env=environment, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, stdin=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        try:
            process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            told.end, told.how = "hangs", f"did not answer for {timeout_s:g} s"
        finally:
            # Also after Ctrl-C, and with whatever the plug-in started.
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        lines.seek(0)
        for line in lines:
            facts = json.loads(line)
            told.stage = facts.pop("stage", told.stage)
            told.facts.update(facts)
    if "internal" in told.facts:
        raise PyOpenFXError(f"validation itself failed at '{told.stage}': {told.facts['internal']}")
    if not told.end and process.returncode != 0:
        told.end, told.how = "crashes", _death(process.returncode)
    return told


def _death(code: int) -> str:
    if code < 0:
        return f"crashed with {signal.Signals(-code).name}"
    return f"ended its host with exit code {code}"
