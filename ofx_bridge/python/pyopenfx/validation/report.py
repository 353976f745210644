"""The validation report as plain data."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from ..errors import STATUS_NAMES
from ..events import Answer, Finding

Outcome = Literal["passes", "renders nothing", "fails", "crashes", "hangs", "not applicable"]


@dataclass
class ActionSummary:
    """What one action was answered, over all calls: statuses by name with their counts, and the slowest call."""

    action: str
    statuses: dict[str, int] = field(default_factory=dict)
    slowest_ms: float = 0.0


@dataclass
class HostVerdict:
    """How a plug-in fared in one host, and why it will break there; `findings` are what that host saw."""

    profile: str
    outcome: Outcome
    reasons: list[str] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    actions: list[ActionSummary] = field(default_factory=list)
    messages: list[str] = field(default_factory=list)
    rendered: int = 0
    failed: int = 0


@dataclass
class PluginReport:
    """One plug-in: what its description gets wrong, and how it fared in each host."""

    identifier: str
    version: str
    label: str = ""
    contexts: list[str] = field(default_factory=list)
    description_findings: list[Finding] = field(default_factory=list)
    hosts: list[HostVerdict] = field(default_factory=list)

    @property
    def findings(self) -> list[Finding]:
        """Everything found, each once, worst first."""
        every = [*self.description_findings, *(finding for host in self.hosts for finding in host.findings)]
        order = {"error": 0, "warning": 1, "note": 2}
        return sorted(dict.fromkeys(every), key=lambda finding: order[finding.severity])

    @property
    def actions(self) -> list[ActionSummary]:
        """What each action was answered, over all hosts."""
        total: dict[str, ActionSummary] = {}
        for summary in (summary for host in self.hosts for summary in host.actions):
            merged = total.setdefault(summary.action, ActionSummary(summary.action))
            for status, count in summary.statuses.items():
                merged.statuses[status] = merged.statuses.get(status, 0) + count
            merged.slowest_ms = max(merged.slowest_ms, summary.slowest_ms)
        return list(total.values())

    @property
    def sound(self) -> bool:
        """True when nothing breaks the standard and every host is survived, if only by refusing to render in it."""
        return all(finding.severity != "error" for finding in self.findings) and all(
            host.outcome in ("passes", "renders nothing", "not applicable") for host in self.hosts
        )


@dataclass
class Report:
    """A bundle's report. `error` says why it cannot be loaded; then there are no plug-ins."""

    bundle: str
    binary: str = ""
    error: str = ""
    findings: list[Finding] = field(default_factory=list)
    plugins: list[PluginReport] = field(default_factory=list)

    @property
    def sound(self) -> bool:
        return not self.error and all(plugin.sound for plugin in self.plugins)

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON-ready data."""
        data = asdict(self)
        data["sound"] = self.sound
        for plugin, entry in zip(self.plugins, data["plugins"], strict=True):
            entry["sound"] = plugin.sound
            entry["actions"] = [asdict(action) for action in plugin.actions]
        return data


def summarised(answers: Iterable[Answer]) -> list[ActionSummary]:
    """Return one summary for each action, in the order of their first call."""
    total: dict[str, ActionSummary] = {}
    for answer in answers:
        summary = total.setdefault(answer.action, ActionSummary(answer.action))
        name = STATUS_NAMES.get(answer.status, f"status {answer.status}")
        summary.statuses[name] = summary.statuses.get(name, 0) + 1
        summary.slowest_ms = max(summary.slowest_ms, round(answer.seconds * 1e3, 3))
    return list(total.values())
