"""A small host in ctypes whose every answer a test can spoil, and which keeps the output of failed renders.

The well-behaved host is pyopenfx; this one is for what it would never do.
"""

from __future__ import annotations

import _ctypes
import ctypes
import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ctypes import CFUNCTYPE, POINTER, c_char_p, c_double, c_int, c_uint, c_void_p
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

OK, FAILED, ERR_UNKNOWN, ERR_UNSUPPORTED, MISSING_HOST_FEATURE, REPLY_DEFAULT = 0, 1, 3, 5, 4, 14
FLOAT, BYTE = "OfxBitDepthFloat", "OfxBitDepthByte"
DEPTHS = {"uint8": BYTE, "uint16": "OfxBitDepthShort", "float16": "OfxBitDepthHalf", "float32": FLOAT}
RGBA, RGB, ALPHA = "OfxImageComponentRGBA", "OfxImageComponentRGB", "OfxImageComponentAlpha"

PROPERTY_FUNCTIONS = [
    f"prop{verb}{kind}{many}"
    for verb, many in (("Set", ""), ("Set", "N"), ("Get", ""), ("Get", "N"))
    for kind in ("Pointer", "String", "Double", "Int")
] + ["propReset", "propGetDimension"]
PARAMETER_FUNCTIONS = ["paramDefine", "paramGetHandle", "paramSetGetPropertySet", "paramGetPropertySet"]
PARAMETER_FUNCTIONS += ["paramGetValue", "paramGetValueAtTime", "unused0", "unused1", "paramSetValue"]
PARAMETER_FUNCTIONS += [f"unused{index}" for index in range(2, 11)]
EFFECT_FUNCTIONS = ["getPropertySet", "getParamSet", "clipDefine", "clipGetHandle", "clipGetPropertySet"]
EFFECT_FUNCTIONS += ["clipGetImage", "clipReleaseImage", "clipGetRegionOfDefinition", "abort"]
EFFECT_FUNCTIONS += [f"unused{index}" for index in range(4)]
MESSAGE_FUNCTIONS = ["message", "setPersistentMessage", "clearPersistentMessage"]

P = c_void_p
SIGNATURES: dict[str, Any] = {
    "propSetPointer": CFUNCTYPE(c_int, P, c_char_p, c_int, P),
    "propSetString": CFUNCTYPE(c_int, P, c_char_p, c_int, c_char_p),
    "propSetDouble": CFUNCTYPE(c_int, P, c_char_p, c_int, c_double),
    "propSetInt": CFUNCTYPE(c_int, P, c_char_p, c_int, c_int),
    "propGetPointer": CFUNCTYPE(c_int, P, c_char_p, c_int, POINTER(P)),
    "propGetString": CFUNCTYPE(c_int, P, c_char_p, c_int, POINTER(c_char_p)),
    "propGetDouble": CFUNCTYPE(c_int, P, c_char_p, c_int, POINTER(c_double)),
    "propGetInt": CFUNCTYPE(c_int, P, c_char_p, c_int, POINTER(c_int)),
    "paramDefine": CFUNCTYPE(c_int, P, c_char_p, c_char_p, POINTER(P)),
    "paramGetHandle": CFUNCTYPE(c_int, P, c_char_p, POINTER(P), P),
    "paramGetValue": CFUNCTYPE(c_int, P, P),
    "paramGetValueAtTime": CFUNCTYPE(c_int, P, c_double, P),
    # Variadic: a number comes in a register of its own kind, so one signature reads either.
    "paramSetValue": CFUNCTYPE(c_int, P, P, c_double),
    "getPropertySet": CFUNCTYPE(c_int, P, POINTER(P)),
    "getParamSet": CFUNCTYPE(c_int, P, POINTER(P)),
    "clipDefine": CFUNCTYPE(c_int, P, c_char_p, POINTER(P)),
    "clipGetHandle": CFUNCTYPE(c_int, P, c_char_p, POINTER(P), POINTER(P)),
    "clipGetImage": CFUNCTYPE(c_int, P, c_double, P, POINTER(P)),
    "clipReleaseImage": CFUNCTYPE(c_int, P),
    "clipGetRegionOfDefinition": CFUNCTYPE(c_int, P, c_double, POINTER(c_double)),
    "abort": CFUNCTYPE(c_int, P),
    "message": CFUNCTYPE(c_int, P, c_char_p, c_char_p, c_char_p, c_char_p),
    "setPersistentMessage": CFUNCTYPE(c_int, P, c_char_p, c_char_p, c_char_p, c_char_p),
    "clearPersistentMessage": CFUNCTYPE(c_int, P),
}
FETCH_SUITE = CFUNCTYPE(P, P, c_char_p, c_int)
MAIN_ENTRY = CFUNCTYPE(c_int, c_char_p, P, P, P)


class HostTable(ctypes.Structure):
    _fields_ = (("host", P), ("fetchSuite", FETCH_SUITE))


class PluginTable(ctypes.Structure):
    _fields_ = (
        ("api", c_char_p),
        ("api_version", c_int),
        ("identifier", c_char_p),
        ("major", c_uint),
        ("minor", c_uint),
        ("setHost", CFUNCTYPE(None, POINTER(HostTable))),
        ("mainEntry", MAIN_ENTRY),
    )


@dataclass
class Picture:
    """An image as this host gives it: (H, W, C) pixels, top row first, and what it says of them.

    `says` holds more OpenFX properties of the image, by name.
    """

    pixels: np.ndarray
    origin: tuple[int, int] = (0, 0)
    depth: str | None = None
    components: str | None = None
    row_bytes: int | None = None
    data: bool = True
    empty: bool = False
    says: dict[str, Any] = field(default_factory=dict)

    def properties(self) -> dict[str, list[Any]]:
        height, width, channels = self.pixels.shape
        x, y = self.origin
        bottom = self.pixels[-1:]
        return {
            "OfxImagePropData": [bottom.ctypes.data if self.data else None],
            "OfxImagePropBounds": [x, y, x, y] if self.empty else [x, y, x + width, y + height],
            "OfxImagePropRowBytes": [-self.pixels.strides[0] if self.row_bytes is None else self.row_bytes],
            "OfxImageEffectPropPixelDepth": [self.depth or DEPTHS[self.pixels.dtype.name]],
            "OfxImageEffectPropComponents": [self.components or {4: RGBA, 3: RGB, 1: ALPHA}[channels]],
            **{name: [value] for name, value in self.says.items()},
        }


@dataclass
class RawHost:
    """Answers as told. `pictures(frame)` gives the source, or None where there is no image."""

    pictures: Callable[[float], Picture | None] = lambda frame: None
    frame_range: tuple[float, float] | None = (0.0, 9.0)
    temporal_access: int | None = 1
    message_version: int = 2
    withheld_suites: set[str] = field(default_factory=set)
    missing_functions: set[str] = field(default_factory=set)
    unknown_properties: set[str] = field(default_factory=set)
    unknown_parameter_types: set[str] = field(default_factory=set)
    aborting: Callable[[], bool] = lambda: False
    shows: list[tuple[str, int | None, str]] = field(default_factory=list)  # function, handle, text
    defined: dict[str, dict[str, list[Any]]] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)
    asked_frames: list[float] = field(default_factory=list)
    images_held: int = 0
    most_images_held: int = 0

    def __post_init__(self) -> None:
        self._objects: dict[int, Any] = {}
        self._handles = itertools.count(1)
        self._kept: list[Any] = []
        self.output: Picture | None = None
        host = {} if self.temporal_access is None else {"OfxImageEffectPropTemporalClipAccess": [self.temporal_access]}
        self.source = self.properties({"OfxPropName": ["Source"]})
        if self.frame_range is not None:
            self._objects[self.source]["OfxImageEffectPropFrameRange"] = list(self.frame_range)
        self.sink = self.properties({"OfxPropName": ["Output"]})
        self.table = HostTable(self.properties(host), self._keep(FETCH_SUITE(self._fetch_suite)))
        self._suites = {
            ("OfxPropertySuite", 1): self._suite(PROPERTY_FUNCTIONS),
            ("OfxImageEffectSuite", 1): self._suite(EFFECT_FUNCTIONS),
            ("OfxParameterSuite", 1): self._suite(PARAMETER_FUNCTIONS),
        }
        for version in range(1, self.message_version + 1):
            self._suites["OfxMessageSuite", version] = self._suite(MESSAGE_FUNCTIONS[: 1 if version == 1 else 3])

    # --- objects and suites ---

    def properties(self, values: dict[str, list[Any]]) -> int:
        """Return the handle of a new property set."""
        return self._object(dict(values))

    def _object(self, thing: Any) -> int:
        handle = next(self._handles)
        self._objects[handle] = thing
        return handle

    def set_source_property(self, name: str, value: Any) -> None:
        self._objects[self.source][name] = [value]

    def read(self, handle: int, name: str) -> list[Any]:
        found: list[Any] = self._objects[handle].get(name, [])
        return found

    def _keep(self, thing: Any) -> Any:
        self._kept.append(thing)
        return thing

    def _suite(self, functions: list[str]) -> int:
        table = (P * len(functions))()
        for index, name in enumerate(functions):
            implementation = getattr(self, f"_{name}", None)
            if implementation is None and name.startswith("prop") and name in SIGNATURES:
                implementation = self._setter(name) if name.startswith("propSet") else self._getter(name)
            if implementation is not None and name not in self.missing_functions:
                table[index] = ctypes.cast(self._keep(SIGNATURES[name](implementation)), P).value
        self._kept.append(table)
        return ctypes.addressof(table)

    def _fetch_suite(self, _host: int, name: bytes, version: int) -> int | None:
        return None if name.decode() in self.withheld_suites else self._suites.get((name.decode(), version))

    def _setter(self, _name: str) -> Callable[..., int]:
        def set_one(handle: int, name: bytes, index: int, value: Any) -> int:
            if name.decode() in self.unknown_properties:
                return ERR_UNKNOWN
            values = self._objects[handle].setdefault(name.decode(), [])
            values.extend([None] * (index + 1 - len(values)))
            values[index] = value.decode() if isinstance(value, bytes) else value
            return OK

        return set_one

    def _getter(self, _name: str) -> Callable[..., int]:
        def get_one(handle: int, name: bytes, index: int, value: Any) -> int:
            values = self._objects[handle].get(name.decode())
            if values is None or name.decode() in self.unknown_properties or index >= len(values):
                return ERR_UNKNOWN
            held = values[index]
            value[0] = self._keep(held.encode()) if isinstance(held, str) else held
            return OK

        return get_one

    def _defined(self, name: bytes, values: dict[str, list[Any]]) -> int:
        handle = self.properties(values)
        self.defined[name.decode()] = self._objects[handle]
        return handle

    # --- image effect suite ---

    def _getPropertySet(self, effect: int, found: Any) -> int:  # noqa: N802
        found[0] = effect
        return OK

    _getParamSet = _getPropertySet  # noqa: N815

    def _clipDefine(self, _effect: int, name: bytes, found: Any) -> int:  # noqa: N802
        found[0] = self._defined(name, {})
        return OK

    def _clipGetHandle(self, _effect: int, name: bytes, clip: Any, properties: Any) -> int:  # noqa: N802
        clip[0] = self.source if name == b"Source" else self.sink
        if properties:
            properties[0] = clip[0]
        return OK

    def _clipGetImage(self, clip: int, time: float, _region: Any, image: Any) -> int:  # noqa: N802
        if clip == self.source:
            self.asked_frames.append(time)
        picture = self.output if clip == self.sink else self.pictures(time)
        if picture is None:
            return FAILED
        self._kept.append(picture)
        if clip == self.source:
            self.images_held += 1
            self.most_images_held = max(self.most_images_held, self.images_held)
        image[0] = self.properties({**picture.properties(), "clip": [clip]})
        return OK

    def _clipReleaseImage(self, image: int) -> int:  # noqa: N802
        self.images_held -= self.read(image, "clip")[0] == self.source
        return OK

    def _clipGetRegionOfDefinition(self, _clip: int, _time: float, _region: Any) -> int:  # noqa: N802
        return FAILED

    def _abort(self, _effect: int) -> int:
        return int(self.aborting())

    # --- parameters ---

    def _paramDefine(self, _set: int, kind: bytes, name: bytes, found: Any) -> int:  # noqa: N802
        if kind.decode() in self.unknown_parameter_types:
            return ERR_UNSUPPORTED
        found[0] = self._defined(name, {"type": [kind.decode()]})
        return OK

    def _paramGetHandle(self, _set: int, name: bytes, found: Any, _properties: Any) -> int:  # noqa: N802
        if name.decode() not in self.defined:
            return ERR_UNKNOWN
        found[0] = self._object(name.decode())
        return OK

    def _paramGetValue(self, param: int, value: int) -> int:  # noqa: N802
        name = self._objects[param]
        definition = self.defined[name]
        held = self.values.get(name, definition.get("OfxParamPropDefault", [None])[0])
        if held is None:
            return ERR_UNKNOWN
        kind = {"OfxParamTypeDouble": c_double, "OfxParamTypeString": c_char_p}.get(definition["type"][0], c_int)
        ctypes.cast(value, POINTER(kind))[0] = self._keep(held.encode()) if isinstance(held, str) else held
        return OK

    def _paramSetValue(self, param: int, word: int | None, number: float) -> int:  # noqa: N802
        name = self._objects[param]
        kind = self.defined[name]["type"][0]
        if kind == "OfxParamTypeDouble":
            self.values[name] = number
        elif kind == "OfxParamTypeString":
            self.values[name] = ctypes.string_at(word or 0).decode()
        else:
            self.values[name] = c_int(word or 0).value
        return OK

    def _paramGetValueAtTime(self, param: int, _time: float, value: int) -> int:  # noqa: N802
        return self._paramGetValue(param, value)

    # --- messages ---

    def _message(self, handle: int | None, _kind: bytes, _id: bytes, form: bytes, text: bytes) -> int:
        assert form == b"%s"
        self.shows.append(("message", handle, text.decode()))
        return OK

    def _setPersistentMessage(self, handle: int, _kind: bytes, _id: bytes, form: bytes, text: bytes) -> int:  # noqa: N802
        assert form == b"%s"
        self.shows.append(("setPersistentMessage", handle, text.decode()))
        return OK

    def _clearPersistentMessage(self, handle: int) -> int:  # noqa: N802
        self.shows.append(("clearPersistentMessage", handle, ""))
        return OK


class RawPlugin:
    """An effect of the first plug-in of a binary, under a RawHost."""

    def __init__(self, library: ctypes.CDLL, host: RawHost) -> None:
        self.host = host
        self.effect = host.properties({})
        library.OfxGetPlugin.restype = POINTER(PluginTable)
        self.table = library.OfxGetPlugin(0).contents
        self.table.setHost(ctypes.pointer(host.table))

    def act(self, action: str, in_args: dict[str, list[Any]] | None = None) -> tuple[int, int]:
        """Return the status and the handle of the answers."""
        answers = self.host.properties({})
        arguments = self.host.properties(in_args or {})
        return self.table.mainEntry(action.encode(), self.effect, arguments, answers), answers

    def start(self) -> None:
        for action in ("OfxActionLoad", "OfxActionDescribe", "OfxImageEffectActionDescribeInContext"):
            assert self.act(action)[0] == OK
        assert self.act("OfxActionCreateInstance")[0] == OK

    def render(
        self, time: float, output: Picture, window: tuple[int, int, int, int] | None = None, field: str | None = None
    ) -> int:
        self.host.output = output
        arguments: dict[str, list[Any]] = {"OfxPropTime": [time]}
        if window is not None:
            arguments["OfxImageEffectPropRenderWindow"] = list(window)
        if field is not None:
            arguments["OfxImageEffectPropFieldToRender"] = [field]
        status = self.act("OfxImageEffectActionRender", arguments)[0]
        assert self.host.images_held == 0, "source images were not given back"
        return status


@contextmanager
def raw_plugin(binary: Path, host: RawHost) -> Iterator[RawPlugin]:
    """The binary loaded for this host; unloaded and unmapped afterwards."""
    library = ctypes.CDLL(str(binary))
    handle = library._handle
    try:
        plugin = RawPlugin(library, host)
        yield plugin
        plugin.act("OfxActionDestroyInstance")
        plugin.act("OfxActionUnload")
    finally:
        _ctypes.dlclose(handle)


__all__ = ["ALPHA", "BYTE", "FAILED", "OK", "Picture", "RawHost", "RawPlugin", "raw_plugin"]
