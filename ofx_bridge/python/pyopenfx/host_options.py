"""What a plug-in meets: the host's names, abilities and temper."""

from __future__ import annotations

from dataclasses import dataclass, field, fields, replace
from typing import Literal

from . import _host
from .pixels import CHANNELS, DTYPES, native_depth
from .settings import InstanceSettings

CONTEXTS = ("filter", "general", "generator", "transition", "retimer")


@dataclass(frozen=True)
class Temper:
    """How a host deviates from the plain reading of the standard, or how strictly it holds a plug-in to it.

    The first part is acted out by the native host, call by call; the second by this package, frame by frame.
    `hidden_properties` are pairs (kind of object, property) that answer kOfxStatErrUnknown; an empty kind is any.
    """

    strict: bool = False
    watch_strings: bool = False
    set_host_export: bool = True
    instance_changed: bool = True
    lying_frames: bool = False
    lying_scale: bool = False
    masks_read_connected: bool = False
    dummy_threads: bool = False
    missing_mutexes: bool = False
    create_needs_ok: bool = False
    frames_needed_kills: bool = False
    error_message_stops: bool = False
    frozen_menus: bool = False
    normalised_xy: bool = False
    macro_like_names: bool = False
    says_both_fields: bool = False
    says_unpremultiplied: bool = False
    hidden_properties: frozenset[tuple[str, str]] = frozenset()
    unknown_param_types: frozenset[str] = frozenset()

    asks_frames_needed: bool = field(default=True, metadata={"python": True})
    asks_regions_of_interest: bool = field(default=True, metadata={"python": True})
    asks_identity: bool = field(default=True, metadata={"python": True})
    renders_identity: bool = field(default=False, metadata={"python": True})
    instance_per_frame: bool = field(default=False, metadata={"python": True})
    rows: Literal["bottom-up", "top-down"] | None = field(default=None, metadata={"python": True})
    image_identifier: Literal["serial", "constant", "empty"] | None = field(default=None, metadata={"python": True})
    guard_bytes: int = field(default=0, metadata={"python": True})
    crop_tiles: bool = field(default=False, metadata={"python": True})
    swap_red_blue: bool = field(default=False, metadata={"python": True})
    force_depth: bool = field(default=False, metadata={"python": True})
    linear_light: bool = field(default=False, metadata={"python": True})

    def native(self) -> _host.Temper:
        native = _host.Temper()
        for item in fields(self):
            if "python" not in item.metadata:
                value = getattr(self, item.name)
                setattr(native, item.name, set(value) if isinstance(value, frozenset) else value)
        return native

    def adapted(self, settings: InstanceSettings) -> InstanceSettings:
        """Return `settings` with the memory layout and pixel habits that this temper insists on."""
        return replace(
            settings,
            rows=self.rows or settings.rows,
            image_identifier=self.image_identifier or settings.image_identifier,
            guard_bytes=max(self.guard_bytes, settings.guard_bytes),
            row_padding_bytes=max(64 if self.guard_bytes else 0, settings.row_padding_bytes),
            crop_tiles=self.crop_tiles or settings.crop_tiles,
            swap_red_blue=self.swap_red_blue or settings.swap_red_blue,
            force_depth=self.force_depth or settings.force_depth,
            linear_light=self.linear_light or settings.linear_light,
        )


@dataclass(frozen=True)
class HostOptions:
    """What plug-ins are told about the host. Names let a plug-in's special cases for one host be tested.

    `withheld_suites` are answered as absent, for example {("OfxMessageSuite", 2)}. Without `temporal_access` only the
    current frame can be read. `depths`, `components` and `contexts` are what the host says it has; it deals with all.
    """

    name: str = "org.reelmend.pyopenfx"
    label: str = "pyopenfx"
    version: str = "1.0"
    temporal_access: bool = True
    withheld_suites: frozenset[tuple[str, int]] = frozenset()
    depths: tuple[str, ...] = tuple(DTYPES)
    components: tuple[str, ...] = tuple(CHANNELS)
    contexts: tuple[str, ...] = CONTEXTS
    api_version: tuple[int, ...] = (1, 5)
    tiles: bool = True
    multi_resolution: bool = True
    background: bool = True
    temper: Temper = Temper()

    def native(self) -> _host.HostOptions:
        options = _host.HostOptions()
        options.name, options.label, options.version_label = self.name, self.label, self.version
        options.temporal_access = self.temporal_access
        options.withheld_suites = set(self.withheld_suites)
        options.depths = [native_depth(depth) for depth in self.depths]
        options.components = [f"OfxImageComponent{name}" for name in self.components]
        options.contexts = [f"OfxImageEffectContext{name.capitalize()}" for name in self.contexts]
        options.api_version = list(self.api_version)
        options.tiles, options.multi_resolution, options.background = self.tiles, self.multi_resolution, self.background
        options.temper = self.temper.native()
        return options
