"""A validation report in words."""

from __future__ import annotations

from collections.abc import Iterator

from ..profiles import PROFILES
from ..validation import HostVerdict, PluginReport, Report

_MARKS = {"error": "breaks the standard", "warning": "risk", "note": "note"}
_REASONS_SHOWN = 4


def report_lines(report: Report) -> Iterator[str]:
    """Yield the report line by line: the bundle, then each plug-in with its findings, actions and hosts."""
    yield report.binary or report.bundle
    if report.error:
        yield f"  cannot be loaded: {report.error}"
        return
    for finding in report.findings:
        yield f"  {_MARKS[finding.severity]}: {finding.text}"
    for plugin in report.plugins:
        yield ""
        yield from _plugin(plugin)


def _plugin(plugin: PluginReport) -> Iterator[str]:
    label = f"  {plugin.label}" if plugin.label else ""
    yield f"{plugin.identifier} {plugin.version}{label}  ({', '.join(plugin.contexts)})"
    for severity in _MARKS:
        texts: dict[str, list[str]] = {}
        for finding in plugin.findings:
            if finding.severity == severity:
                texts.setdefault(finding.text, []).append(_short(finding.action))
        for text, actions in texts.items():
            where = ", ".join(dict.fromkeys(action for action in actions if action))
            yield f"  {_MARKS[severity]}: {text}{f'  [{where}]' if where else ''}"
    yield "  actions"
    for action in plugin.actions:
        answers = ", ".join(f"{status} {count}x" for status, count in action.statuses.items())
        yield f"    {_short(action.action):24} {answers}; slowest {action.slowest_ms:.2f} ms"
    yield "  hosts"
    for host in plugin.hosts:
        yield from _host(host)


def _short(action: str) -> str:
    return action.removeprefix("DescribeInContext ").removeprefix("OfxImageEffectAction").removeprefix("OfxAction")


def _host(host: HostVerdict) -> Iterator[str]:
    frames = f"{host.rendered} frames rendered" + (f", {host.failed} failed" if host.failed else "")
    yield f"    {host.profile:12} {host.outcome:16} {frames}  ({PROFILES[host.profile].about})"
    reasons = list(dict.fromkeys([*host.reasons, *host.messages]))
    for reason in reasons[:_REASONS_SHOWN]:
        yield f"                   {reason}"
    if len(reasons) > _REASONS_SHOWN:
        yield f"                   and {len(reasons) - _REASONS_SHOWN} more; --json lists them"
