"""Render frames as the host that is played would: what it asks first, whether an instance outlives a frame."""

from __future__ import annotations

import functools
from contextlib import suppress

from . import _host
from .description import PluginDescription
from .errors import OfxError
from .events import EventLog
from .fields import fields_in_order, woven
from .host_options import Temper
from .pixels import Field, Pixels, native_field
from .reporting import Abort, abort_check, on_a_worker_thread, reporting
from .settings import InstanceSettings

Rect = tuple[float, float, float, float]
Window = tuple[int, int, int, int]
Scale = tuple[float, float]

FULL_SIZE: Scale = (1.0, 1.0)
_FAILED = 1


class Renderer:
    """Renders single frames and fields of an instance; may be called from several threads at once."""

    def __init__(
        self,
        native: _host.Instance,
        settings: InstanceSettings,
        log: EventLog,
        description: PluginDescription,
        temper: Temper,
    ) -> None:
        self._native = native
        self._temper = temper
        self._passing: list[_host.Instance] = []  # those that live for one frame
        self.settings = settings
        self.log = log
        self.description = description

    def abort(self) -> None:
        """Ask every render that runs now to stop."""
        self._native.abort_renders()
        for native in list(self._passing):
            with suppress(OfxError):  # it may be closed by now
                native.abort_renders()

    def render(
        self,
        sequence: _host.Sequence,
        frame: float,
        scale: Scale,
        field: Field,
        window: Window | None,
        abort: Abort | None,
        honour_identity: bool,
        target: Pixels | None = None,
    ) -> Pixels | None:
        """Render one frame or field of a sequence that has begun, asking first what this host asks."""
        with reporting(self.log, self.description.identifier, "Render", frame):
            if self._temper.instance_per_frame:
                render = functools.partial(self._render_once, frame, scale, field, window, abort, target)
                return on_a_worker_thread(render)
            native = self._native
            if self._temper.asks_frames_needed:
                native.frames_needed(frame)
            if self._temper.asks_regions_of_interest:
                native.regions_of_interest(frame, None, scale)
            identity = None
            if honour_identity and self._temper.asks_identity:
                identity = native.identity(frame, scale, native_field(field))
            if identity is None or self._temper.renders_identity:
                return native.render(frame, sequence, window, abort_check(abort), native_field(field), target)
            picture = self._identical(identity, frame, scale, field, window)
            if target is None:
                return picture
            target[...] = picture
            return None

    def _render_once(
        self,
        frame: float,
        scale: Scale,
        field: Field,
        window: Window | None,
        abort: Abort | None,
        target: Pixels | None,
    ) -> Pixels | None:
        """Render one frame in an instance of its own, of a plug-in that is loaded and described anew."""
        native = self._native.again(self.log)
        self._passing.append(native)
        try:
            region = rect(native.region_of_definition(frame, scale))
            if self._temper.asks_regions_of_interest:
                native.regions_of_interest(frame, region, scale)
            sequence = _host.Sequence(frame, frame, 1.0, False, False, scale)
            native.begin_sequence(sequence)
            try:
                return native.render(frame, sequence, window, abort_check(abort), native_field(field), target)
            finally:
                native.end_sequence(sequence)
        finally:
            self._passing.remove(native)
            native.close()

    def _identical(
        self, identity: tuple[str, float], frame: float, scale: Scale, field: Field, window: Window | None
    ) -> Pixels:
        clip, time = identity
        picture = self._native.source_pixels(clip, time, scale, native_field(field))
        if picture is None:
            raise OfxError(_FAILED, f"frame {frame:g} is clip '{clip}' at {time:g}, which has no picture there")
        if window is None:
            return picture
        left, bottom = (int(self.settings.origin[0] * scale[0]), int(self.settings.origin[1] * scale[1]))
        top = picture.shape[0] + bottom
        return picture[top - window[3] : top - window[1], window[0] - left : window[2] - left].copy()

    @property
    def field_extraction(self) -> str:
        """How the output shows one field: "OfxFieldSingle" with half the lines, else whole frames."""
        return str(self._native.clip_properties("Output")["OfxImageClipPropFieldExtraction"])

    @property
    def renders_fields_apart(self) -> bool:
        """False when the effect lets a host render both fields of a frame in one go."""
        return bool(self.description.properties.get("OfxImageEffectPluginPropFieldRenderTwiceAlways", 1))


class RenderSequence:
    """A sequence that has begun; leave its context to end it."""

    def __init__(self, renderer: Renderer, native: _host.Sequence, scale: Scale) -> None:
        self._renderer = renderer
        self._native = native
        self._scale = scale

    def render(
        self,
        frame: float,
        *,
        window: Window | None = None,
        abort: Abort | None = None,
        honour_identity: bool = True,
        field: Field | None = None,
    ) -> Pixels:
        """Return the rendered frame; see `Instance.render`. May be called from several threads at once."""
        pictures = {
            part: self._renderer.render(self._native, frame + later, self._scale, part, window, abort, honour_identity)
            for part, later in self._parts(field)
        }
        rendered = {part: picture for part, picture in pictures.items() if picture is not None}
        return woven(rendered, self._renderer.field_extraction) if len(rendered) == 2 else next(iter(rendered.values()))

    def render_into(
        self, frame: float, target: Pixels, *, abort: Abort | None = None, field: Field | None = None
    ) -> None:
        """Render a frame straight into `target`, (H, W, C) of the output's type, without a copy or an allocation.

        The rows of `target` must be contiguous; they may run either way (`array[::-1]` gives the plug-in rowBytes > 0).
        The effect renders even where it would answer identity. One field at a time of interlaced material.
        """
        ((part, later), *others) = self._parts(field)
        if others:
            raise ValueError("interlaced material: render_into needs field='lower', 'upper' or 'both'")
        self._renderer.render(self._native, frame + later, self._scale, part, None, abort, False, target)

    def _parts(self, field: Field | None) -> list[tuple[Field, float]]:
        return fields_in_order(self._renderer.settings.field_order, field, self._renderer.renders_fields_apart)


def rect(values: list[float]) -> Rect:
    """Return four numbers as a rectangle: x1, y1, x2, y2."""
    x1, y1, x2, y2 = values
    return x1, y1, x2, y2
