"""An instance of an effect: give it pictures, set its parameters, render frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any

from . import _host
from .description import PluginDescription, choice_options
from .errors import OfxError
from .events import EventLog, Message, Progress
from .reporting import Abort, abort_check, reporting
from .settings import InstanceSettings
from .sources import ChannelCount, FloatArray, FrameCallable, Source, array_source

Rect = tuple[float, float, float, float]
Window = tuple[int, int, int, int]

_FAILED = 1


class Instance:
    """A living effect. `render`, the region and frame queries and `get` may be called from several threads at once."""

    def __init__(
        self, native: _host.Instance, settings: InstanceSettings, log: EventLog, description: PluginDescription
    ) -> None:
        self._native = native
        self.settings = settings
        self.log = log
        self.description = description

    # --- life ---

    @property
    def closed(self) -> bool:
        """True once the effect has been destroyed."""
        return self._native.closed

    def close(self) -> None:
        """Wait for renders that still run, then destroy the effect. Harmless when done twice."""
        if not self._native.closed:
            self._native.close()

    def __enter__(self) -> Instance:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what the plug-in said ---

    @property
    def messages(self) -> list[Message]:
        """Every message so far, oldest first."""
        return self.log.messages

    @property
    def persistent_message(self) -> Message | None:
        """The message that stands until the plug-in clears it."""
        return self.log.persistent_message

    @property
    def progress(self) -> list[Progress]:
        """Every progress bar so far."""
        return self.log.progress

    @property
    def violations(self) -> list[str]:
        """The rules of OpenFX that the plug-in broke, in words; empty for a good plug-in."""
        return self.log.violations

    @property
    def source_errors(self) -> list[BaseException]:
        """What Python callables given to this instance raised, oldest first."""
        return self.log.errors

    # --- clips ---

    def set_source(
        self,
        source: FloatArray | FrameCallable,
        *,
        clip: str = "Source",
        channels: int | None = None,
        frames: tuple[int, int] | None = None,
        size: tuple[int, int] | None = None,
        premultiplied: bool = True,
    ) -> None:
        """Give `clip` its pictures: an array (N, H, W, 3|4), or a callable `frame -> (H, W, 3|4) float32, or None`.

        Top row first. An array starts at the project's first frame. For a callable, `frames`, `size` (width, height)
        and `channels` default to the project's. When it returns None or raises, there is no picture at that frame; what
        it raised is the cause of the failed render's OfxError, or a SourceWarning when the render succeeded anyway.
        """
        if callable(source):
            width, height = size or self.settings.size
            count = channels or ChannelCount[f"OfxImageComponent{self.settings.components}"]
            first, last = frames or self.settings.frames
            pictures = Source(source, height, width, count, first, last)
        else:
            pictures = array_source(source, frames[0] if frames else self.settings.frames[0])
        alpha = "OfxImageAlphaPremultiplied" if premultiplied else "OfxImageAlphaUnPremultiplied"
        self._native.connect(
            clip,
            pictures.checked,
            (pictures.height, pictures.width, pictures.channels),
            (pictures.first, pictures.last),
            alpha if pictures.channels == 4 else "OfxImageOpaque",
        )

    def remove_source(self, clip: str = "Source") -> None:
        """Disconnect `clip`."""
        self._native.disconnect(clip)

    def drop_cache(self) -> None:
        """Forget the source frames kept so far, so that the callables are asked again."""
        self._native.drop_cache()

    def clip_properties(self, clip: str) -> dict[str, Any]:
        """Return the OpenFX properties of a clip."""
        return self._native.clip_properties(clip)

    # --- parameters ---

    @property
    def param_names(self) -> list[str]:
        """The names of all parameters, groups and pages included, in the order of their definition."""
        return self._native.param_names()

    def set(self, name: str, value: Any, time: float | None = None) -> None:
        """Set a parameter: for all times (keys are dropped), or a key at `time`.

        Choices take an index or an option's label. Raises OfxError for an unknown name, a wrong type or a value out of
        range.
        """
        self._native.set_param(name, self._option_index(name, value), time)

    def set_keys(self, name: str, keys: Mapping[float, Any]) -> None:
        """Animate a parameter: drop its keys and set one for each time. Numbers run straight from key to key."""
        self._native.delete_keys(name)
        for time, value in sorted(keys.items()):
            self.set(name, value, time)

    def get(self, name: str, time: float | None = None) -> Any:
        """Return a parameter's value at `time`; a tuple where it has several dimensions."""
        return self._native.get_param(name, time)

    def keys(self, name: str) -> dict[float, Any]:
        """Return the keys of a parameter by time."""
        return self._native.keys(name)

    def press(self, name: str) -> None:
        """Press a push button."""
        self._native.press(name)

    def param_properties(self, name: str) -> dict[str, Any]:
        """Return the OpenFX properties of a parameter as they are now."""
        return self._native.param_properties(name)

    def _option_index(self, name: str, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        properties = self._native.param_properties(name)
        if properties["OfxParamPropType"] != "OfxParamTypeChoice":
            return value
        options = choice_options(properties)
        if value not in options:
            raise OfxError(11, f"parameter '{name}' has no option '{value}', only {', '.join(options)}")
        return options.index(value)

    # --- questions ---

    def properties(self) -> dict[str, Any]:
        """Return the OpenFX properties of the instance."""
        return self._native.properties()

    def clip_preferences(self) -> dict[str, Any]:
        """Ask GetClipPreferences and return its answers by property name."""
        return self._native.clip_preferences()

    def frames_needed(self, frame: float) -> dict[str, list[tuple[float, float]]]:
        """Return the inclusive frame ranges that rendering `frame` reads, by input clip."""
        return self._native.frames_needed(frame)

    def region_of_definition(self, frame: float) -> Rect:
        """Return where the output has pixels: x1, y1, x2, y2 in canonical coordinates, y upwards."""
        return _rect(self._native.region_of_definition(frame))

    def regions_of_interest(self, frame: float, region: Rect | None = None) -> dict[str, Rect]:
        """Return what of each input clip is read to render `region` (default: everything)."""
        regions = self._native.regions_of_interest(frame, region)
        return {clip: _rect(values) for clip, values in regions.items()}

    def is_identity(self, frame: float) -> tuple[str, float] | None:
        """Return (clip, time) when the output at `frame` is just that picture, else None."""
        return self._native.identity(frame)

    # --- rendering ---

    def render(
        self, frame: float, *, window: Window | None = None, abort: Abort | None = None, honour_identity: bool = True
    ) -> FloatArray:
        """Return the rendered frame, (H, W, C) float32, top row first, on the calling thread with the GIL released.

        `window` (x1, y1, x2, y2 in pixels, y upwards) renders a part. `abort` is polled by the plug-in. The frame is
        its own sequence; use `sequence()` for many. With `honour_identity` a frame that the effect leaves alone is not
        rendered. Raises OfxError when the plug-in refuses or fails; its last message is part of the text.
        """
        with self.sequence(frame, frame) as sequence:
            return sequence.render(frame, window=window, abort=abort, honour_identity=honour_identity)

    @contextmanager
    def sequence(
        self,
        first: float | None = None,
        last: float | None = None,
        step: float = 1.0,
        *,
        interactive: bool = False,
        sequential: bool = False,
    ) -> Iterator[RenderSequence]:
        """Bracket renders with BeginSequenceRender and EndSequenceRender; default: the project's frames."""
        begin, end = self.settings.frames
        native = _host.Sequence(
            begin if first is None else first, end if last is None else last, step, interactive, sequential
        )
        with self._reporting("BeginSequenceRender", first):
            self._native.begin_sequence(native)
        try:
            yield RenderSequence(self, native)
        finally:
            self._native.end_sequence(native)

    def render_frames(self, frames: Iterable[int] | None = None) -> Iterator[tuple[int, FloatArray]]:
        """Yield (frame number, picture) for each of `frames`, as one sequence; default: the project's frames."""
        first, last = self.settings.frames
        wanted = list(range(first, last + 1) if frames is None else frames)
        if not wanted:
            return
        with self.sequence(min(wanted), max(wanted)) as sequence:
            for frame in wanted:
                yield frame, sequence.render(frame)

    def render_in(
        self,
        sequence: _host.Sequence,
        frame: float,
        window: Window | None,
        abort: Abort | None,
        honour_identity: bool,
    ) -> FloatArray:
        """Render one frame of a sequence that has begun, asking first what a host asks."""
        with self._reporting("Render", frame):
            self._native.frames_needed(frame)
            self._native.regions_of_interest(frame, None)
            identity = self._native.identity(frame) if honour_identity else None
            if identity is not None:
                return self._identical(identity, frame, window)
            return self._native.render(frame, sequence, window, abort_check(abort))

    def _identical(self, identity: tuple[str, float], frame: float, window: Window | None) -> FloatArray:
        clip, time = identity
        picture = self._native.source_pixels(clip, time)
        if picture is None:
            raise OfxError(_FAILED, f"frame {frame:g} is clip '{clip}' at {time:g}, which has no picture there")
        if window is None:
            return picture
        height = picture.shape[0]
        return picture[height - window[3] : height - window[1], window[0] : window[2]].copy()

    def _reporting(self, action: str, frame: float | None) -> AbstractContextManager[None]:
        return reporting(self.log, self.description.identifier, action, frame)


class RenderSequence:
    """A sequence that has begun; leave its context to end it."""

    def __init__(self, instance: Instance, native: _host.Sequence) -> None:
        self._instance = instance
        self._native = native

    def render(
        self, frame: float, *, window: Window | None = None, abort: Abort | None = None, honour_identity: bool = True
    ) -> FloatArray:
        """Return the rendered frame; see `Instance.render`. May be called from several threads at once."""
        return self._instance.render_in(self._native, frame, window, abort, honour_identity)


def _rect(values: list[float]) -> Rect:
    x1, y1, x2, y2 = values
    return x1, y1, x2, y2
