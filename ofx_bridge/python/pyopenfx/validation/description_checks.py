"""What a plug-in's description gets wrong, without running it further."""

from __future__ import annotations

import plistlib
from collections.abc import Iterator
from pathlib import Path

from ..description import ParamDescription, PluginDescription
from ..events import Finding

_NUMBERS = ("Integer", "Double")
_BARE = ("Group", "Page", "PushButton")


def check_description(plugin: PluginDescription) -> list[Finding]:
    """Return the findings about one plug-in in one context (`plugin.context`)."""
    where = f"DescribeInContext {plugin.context}" if plugin.context else "Describe"
    found = [*_effect(plugin), *_clips(plugin)]
    for param in plugin.params:
        found += _param(param, plugin)
    return [Finding(severity, rule, text, where) for severity, rule, text in found]


Checked = Iterator[tuple[str, str, str]]


def _effect(plugin: PluginDescription) -> Checked:
    properties = plugin.properties
    if not plugin.contexts:
        yield "error", "no-context", "no context is supported, so no host can use the plug-in"
    if not properties["OfxImageEffectPropSupportedPixelDepths"]:
        yield "error", "no-depth", "no pixel depth is supported"
    if not plugin.grouping:
        yield "warning", "no-grouping", "no grouping: hosts file the plug-in under a name of their own"
    if plugin.label == plugin.identifier:
        yield "warning", "no-label", "no label: hosts show the identifier"
    yield from _label(plugin.label, "the plug-in's label")
    if plugin.thread_safety == "Unsafe":
        yield "note", "unsafe", "declared unsafe: hosts render one frame at a time in the whole process"


def _clips(plugin: PluginDescription) -> Checked:
    for clip in plugin.clips:
        if not clip.components:
            yield "error", "no-components", f"clip '{clip.name}' supports no components"
        if clip.is_mask and "Alpha" not in clip.components:
            yield (
                "warning",
                "mask-components",
                f"mask clip '{clip.name}' does not take Alpha, which masks have",
            )
        if clip.temporal_access and not plugin.temporal_access:
            yield "error", "temporal-access", f"clip '{clip.name}' wants other times, but the plug-in does not say so"


def _param(param: ParamDescription, plugin: PluginDescription) -> Checked:
    what = f"parameter '{param.name}'"
    yield from _label(param.label, f"the label of {what}")
    if not param.name.replace("_", "").replace(" ", "").isalnum():
        yield "warning", "name", f"{what}: hosts with scripting need a name of letters and digits"
    parents = {other.name for other in plugin.params if other.type == "Group"}
    if param.parent and param.parent not in parents:
        yield "error", "parent", f"{what} is in group '{param.parent}', which does not exist"
    if param.type == "Page":
        yield from _page(param, plugin)
    if param.type in _BARE:
        return
    if not param.hint and not param.secret:
        yield "note", "no-hint", f"{what} has no hint"
    if param.type.startswith(_NUMBERS) and not param.secret:
        yield from _number(param, what)
    if param.type in ("Choice", "StrChoice"):
        yield from _choice(param, what)


def _label(label: str, what: str) -> Checked:
    if "-" in label:
        yield "warning", "label-dash", f"{what} '{label}' has a '-' in it, which Nuke does not allow"


def _page(param: ParamDescription, plugin: PluginDescription) -> Checked:
    names = {other.name for other in plugin.params} | {"OfxParamPageSkipRow", "OfxParamPageSkipColumn"}
    for child in param.properties["OfxParamPropPageChild"]:
        if child not in names:
            yield "error", "page-child", f"page '{param.name}' shows '{child}', which does not exist"


def _number(param: ParamDescription, what: str) -> Checked:
    bounds = (param.minimum, param.maximum, param.display_minimum, param.display_maximum)
    if any(bound is None for bound in bounds):
        yield "warning", "display-range", f"{what} lacks a range or a display range: hosts show a useless slider"
        return
    if any(isinstance(bound, tuple) for bound in (param.default, *bounds)):
        return
    if not param.minimum <= param.default <= param.maximum:
        yield "error", "default", f"{what}: the default {param.default} is not in {param.minimum} to {param.maximum}"
    if not param.minimum <= param.display_minimum < param.display_maximum <= param.maximum:
        yield "warning", "display-range", f"{what}: the display range is not within the range"


def _choice(param: ParamDescription, what: str) -> Checked:
    if not param.options:
        yield "warning", "no-options", f"{what} has no options"
    elif param.type == "Choice" and not 0 <= param.default < len(param.options):
        yield "error", "default", f"{what}: the default {param.default} is not one of its {len(param.options)} options"
    elif param.type == "StrChoice":
        values = param.properties["OfxParamPropChoiceEnum"] or param.options
        if param.default not in values:
            yield "error", "default", f"{what}: the default '{param.default}' is not one of {', '.join(values)}"


def check_bundle(bundle: Path) -> list[Finding]:
    """Return the findings about the folder itself: Info.plist and icons."""
    if not bundle.is_dir():
        return [Finding("note", "no-bundle", "a bare .ofx file: hosts look for NAME.ofx.bundle folders only")]
    plist = bundle / "Contents" / "Info.plist"
    if not plist.is_file():
        return [Finding("warning", "no-plist", "no Contents/Info.plist: macOS hosts want one")]
    try:
        plistlib.loads(plist.read_bytes())
    except (ValueError, plistlib.InvalidFileException) as error:
        return [Finding("error", "plist", f"Contents/Info.plist cannot be read: {error}")]
    return []
