"""What a plug-in says about itself, as plain data."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

Properties = dict[str, Any]

_UNBOUNDED = {-2147483648, 2147483647, -1.7976931348623157e308, 1.7976931348623157e308}


@dataclass(frozen=True)
class ClipDescription:
    """An input or output of a plug-in."""

    name: str
    optional: bool
    is_mask: bool
    temporal_access: bool
    components: tuple[str, ...]
    properties: Properties

    @classmethod
    def read(cls, name: str, properties: Properties) -> ClipDescription:
        return cls(
            name=name,
            optional=bool(properties["OfxImageClipPropOptional"]),
            is_mask=bool(properties["OfxImageClipPropIsMask"]),
            temporal_access=bool(properties["OfxImageEffectPropTemporalClipAccess"]),
            components=tuple(
                name.removeprefix("OfxImageComponent") for name in properties["OfxImageEffectPropSupportedComponents"]
            ),
            properties=properties,
        )


@dataclass(frozen=True)
class ParamDescription:
    """A parameter. Limits are None where there is no limit; `options` is empty unless it is a choice."""

    name: str
    type: str
    label: str
    hint: str
    default: Any
    minimum: Any
    maximum: Any
    display_minimum: Any
    display_maximum: Any
    options: tuple[str, ...]
    parent: str
    animates: bool
    secret: bool
    enabled: bool
    properties: Properties

    @classmethod
    def read(cls, name: str, type_name: str, default: Any, properties: Properties) -> ParamDescription:
        return cls(
            name=name,
            type=type_name.removeprefix("OfxParamType"),
            label=properties["OfxPropLabel"],
            hint=properties["OfxParamPropHint"],
            default=default,
            minimum=_limit(properties.get("OfxParamPropMin")),
            maximum=_limit(properties.get("OfxParamPropMax")),
            display_minimum=_limit(properties.get("OfxParamPropDisplayMin")),
            display_maximum=_limit(properties.get("OfxParamPropDisplayMax")),
            options=choice_options(properties),
            parent=properties["OfxParamPropParent"],
            animates=bool(properties.get("OfxParamPropAnimates", 0)),
            secret=bool(properties["OfxParamPropSecret"]),
            enabled=bool(properties["OfxParamPropEnabled"]),
            properties=properties,
        )


@dataclass(frozen=True)
class PluginDescription:
    """A plug-in in one context, or in general (then `context` is empty and there are no clips and parameters)."""

    identifier: str
    version: tuple[int, int]
    label: str
    grouping: str
    text: str
    contexts: tuple[str, ...]
    context: str
    thread_safety: str
    temporal_access: bool
    clips: tuple[ClipDescription, ...]
    params: tuple[ParamDescription, ...]
    properties: Properties

    @classmethod
    def read(cls, identifier: str, version: tuple[int, int], raw: dict[str, Any]) -> PluginDescription:
        properties = raw["properties"]
        return cls(
            identifier=identifier,
            version=version,
            label=properties["OfxPropLabel"],
            grouping=properties["OfxImageEffectPluginPropGrouping"],
            text=properties["OfxPropPluginDescription"],
            contexts=tuple(short_context(name) for name in properties["OfxImageEffectPropSupportedContexts"]),
            context=short_context(properties.get("OfxImageEffectPropContext", "")),
            thread_safety=properties["OfxImageEffectPluginRenderThreadSafety"].removeprefix("OfxImageEffectRender"),
            temporal_access=bool(properties["OfxImageEffectPropTemporalClipAccess"]),
            clips=tuple(ClipDescription.read(name, values) for name, values in raw["clips"]),
            params=tuple(ParamDescription.read(*entry) for entry in raw["params"]),
            properties=properties,
        )

    def param(self, name: str) -> ParamDescription:
        """Return the parameter of that name; raise KeyError with the known names otherwise."""
        for param in self.params:
            if param.name == name:
                return param
        raise KeyError(f"no parameter '{name}'; there are {', '.join(param.name for param in self.params)}")

    def to_dict(self) -> dict[str, Any]:
        """Return the description as JSON-ready data, without the raw properties; bytes as hexadecimal digits."""
        data = asdict(self)
        for part in (data, *data["clips"], *data["params"]):
            del part["properties"]
            if isinstance(part.get("default"), bytes):
                part["default"] = part["default"].hex()
        return data


def short_context(name: str) -> str:
    """Return "filter" for "OfxImageEffectContextFilter"."""
    return name.removeprefix("OfxImageEffectContext").lower()


def full_context(name: str) -> str:
    """Return "OfxImageEffectContextFilter" for "filter"; full names pass through."""
    return name if name.startswith("Ofx") else f"OfxImageEffectContext{name.capitalize()}"


def choice_options(properties: Properties) -> tuple[str, ...]:
    """Return the labels of a choice, in the order of their values; empty for other parameters."""
    return tuple(properties.get("OfxParamPropChoiceOption", ()))


def _limit(value: Any) -> Any:
    if isinstance(value, list):
        return None if all(item in _UNBOUNDED for item in value) else tuple(value)
    return None if value in _UNBOUNDED else value
