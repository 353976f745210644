"""An instance of an effect: give it pictures, set its parameters, render frames."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from types import TracebackType
from typing import Any

from . import _host
from .description import PluginDescription, choice_options
from .errors import OfxError
from .events import EventLog, Finding, Message, Progress
from .fetches import FetchCount
from .host_options import Temper
from .pixels import CHANNELS, Depth, Field, Pixels, native_depth, native_field
from .rendering import FULL_SIZE, Rect, Renderer, RenderSequence, Scale, Window, rect
from .reporting import Abort, reporting
from .settings import InstanceSettings
from .sources import FrameCallable, Source, array_source, preloaded_source


class Instance:
    """A living effect. `render`, the region and frame queries and `get` may be called from several threads at once."""

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
        self.settings = settings
        self.log = log
        self.description = description
        self._renderer = Renderer(native, settings, log, description, temper)

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
    def findings(self) -> list[Finding]:
        """Broken rules, risks and notes, oldest first; the "strict" profile looks closest."""
        return self.log.findings

    @property
    def source_errors(self) -> list[BaseException]:
        """What Python callables given to this instance raised, oldest first."""
        return self.log.errors

    # --- clips ---

    def set_source(
        self,
        source: Pixels | Mapping[int, Pixels] | FrameCallable,
        *,
        clip: str = "Source",
        channels: int | None = None,
        depth: Depth | None = None,
        frames: tuple[int, int] | None = None,
        size: tuple[int, int] | None = None,
        origin: tuple[int, int] | None = None,
        premultiplied: bool = True,
    ) -> None:
        """Give `clip` its pictures: an array (N, H, W, 1|3|4), pictures by frame number, or a callable.

        Pixels are float32, float16, uint16 or uint8, top row first. An array starts at the project's first frame.
        Pictures by number are read without Python, and without a copy when the settings say `zero_copy`. A callable
        takes the frame number; `frames`, `size` (width, height), `channels` and `depth` default to the project's. When
        it returns None or raises, there is no picture at that frame; what it raised is the cause of the failed
        render's OfxError, or a SourceWarning when the render succeeded anyway. `origin` is its bottom-left pixel.
        """
        native: Any
        if callable(source):
            width, height = size or self.settings.size
            count = channels or CHANNELS[self.settings.components]
            first, last = frames or self.settings.frames
            pictures = Source(source, height, width, count, first, last, depth or self.settings.depth)
            native = pictures.checked
        elif isinstance(source, Mapping):
            pictures, native = preloaded_source(source)
        else:
            pictures = array_source(source, frames[0] if frames else self.settings.frames[0])
            native = pictures.checked
        alpha = "OfxImageAlphaPremultiplied" if premultiplied else "OfxImageAlphaUnPremultiplied"
        self._native.connect(
            clip,
            native,
            (pictures.height, pictures.width, pictures.channels),
            native_depth(pictures.depth),
            origin or self.settings.origin,
            (pictures.first, pictures.last),
            alpha if pictures.channels == 4 else "OfxImageOpaque",
        )

    def remove_source(self, clip: str = "Source") -> None:
        """Disconnect `clip`."""
        self._native.disconnect(clip)

    def drop_cache(self) -> None:
        """Forget the source frames kept so far, so that the callables are asked again."""
        self._native.drop_cache()

    @property
    def fetches(self) -> dict[str, FetchCount]:
        """How often the pictures of each clip were asked for, given and released since `reset_fetches`."""
        return {clip: FetchCount(*counts) for clip, counts in self._native.fetch_counts().items()}

    def reset_fetches(self) -> None:
        """Count from zero again."""
        self._native.reset_fetch_counts()

    @property
    def images_held(self) -> int:
        """Images that the plug-in has now and must release; 0 between actions."""
        return self._native.images_held()

    def purge_caches(self) -> None:
        """Ask the effect to give back what memory it can, and forget the source frames kept so far."""
        self._native.purge_caches()

    def sync_private_data(self) -> None:
        """Ask the effect to write its private data into its parameters, as hosts do before they save."""
        self._native.sync_private_data()

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

    def time_domain(self) -> tuple[float, float] | None:
        """Return the frames that the effect says it can give, or None when it leaves that to the host."""
        return self._native.time_domain()

    def region_of_definition(self, frame: float, scale: Scale = FULL_SIZE) -> Rect:
        """Return where the output has pixels: x1, y1, x2, y2 in canonical coordinates, y upwards."""
        return rect(self._native.region_of_definition(frame, scale))

    def regions_of_interest(
        self, frame: float, region: Rect | None = None, scale: Scale = FULL_SIZE
    ) -> dict[str, Rect]:
        """Return what of each input clip is read to render `region` (default: everything)."""
        regions = self._native.regions_of_interest(frame, region, scale)
        return {clip: rect(values) for clip, values in regions.items()}

    def is_identity(self, frame: float, scale: Scale = FULL_SIZE, field: Field = "none") -> tuple[str, float] | None:
        """Return (clip, time) when the output at `frame` is just that picture, else None."""
        return self._native.identity(frame, scale, native_field(field))

    # --- rendering ---

    def render(
        self,
        frame: float,
        *,
        window: Window | None = None,
        abort: Abort | None = None,
        honour_identity: bool = True,
        scale: Scale = FULL_SIZE,
        field: Field | None = None,
    ) -> Pixels:
        """Return the rendered frame, (H, W, C), top row first, on the calling thread with the GIL released.

        The samples are those of the output clip: float32, float16, uint16 or uint8. `window` (x1, y1, x2, y2 in pixels
        at the render scale, y upwards) renders a part. `abort` is polled by the plug-in. The frame is its own
        sequence; use `sequence()` for many. With `honour_identity` a frame that the effect leaves alone is not
        rendered. `scale` renders a proxy. Interlaced material is rendered field by field and woven; `field` "lower",
        "upper" or "both" renders just that. Raises OfxError when the plug-in refuses or fails; its last message is
        part of the text.
        """
        with self.sequence(frame, frame, scale=scale) as sequence:
            return sequence.render(frame, window=window, abort=abort, honour_identity=honour_identity, field=field)

    def abort(self) -> None:
        """Ask every render that runs now, on whatever thread, to stop."""
        self._renderer.abort()

    @contextmanager
    def sequence(
        self,
        first: float | None = None,
        last: float | None = None,
        step: float = 1.0,
        *,
        interactive: bool = False,
        sequential: bool = False,
        scale: Scale = FULL_SIZE,
    ) -> Iterator[RenderSequence]:
        """Bracket renders with BeginSequenceRender and EndSequenceRender; default: the project's frames."""
        begin, end = self.settings.frames
        native = _host.Sequence(
            begin if first is None else first, end if last is None else last, step, interactive, sequential, scale
        )
        if self._temper.instance_per_frame:
            yield RenderSequence(self._renderer, native, scale)
            return
        with self._reporting("BeginSequenceRender", first):
            self._native.begin_sequence(native)
        try:
            yield RenderSequence(self._renderer, native, scale)
        finally:
            self._native.end_sequence(native)

    def render_frames(self, frames: Iterable[int] | None = None) -> Iterator[tuple[int, Pixels]]:
        """Yield (frame number, picture) for each of `frames`, as one sequence; default: the project's frames."""
        first, last = self.settings.frames
        wanted = list(range(first, last + 1) if frames is None else frames)
        if not wanted:
            return
        with self.sequence(min(wanted), max(wanted)) as sequence:
            for frame in wanted:
                yield frame, sequence.render(frame)

    def _reporting(self, action: str, frame: float | None) -> AbstractContextManager[None]:
        return reporting(self.log, self.description.identifier, action, frame)
