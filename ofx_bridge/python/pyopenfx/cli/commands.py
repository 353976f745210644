"""What the commands do. They return results and print nothing."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..bundle import Plugin, find_bundles, load
from ..errors import PluginLoadError
from ..events import Message
from ..instance import Instance
from ..settings import InstanceSettings
from .pictures import Reader, open_reader, open_writer
from .values import parse_setting


@dataclass(frozen=True)
class ListedBundle:
    """A bundle and its plug-ins, or the reason why it cannot be loaded."""

    path: Path
    plugins: tuple[dict[str, Any], ...] = ()
    error: str = ""


@dataclass
class RenderReport:
    """What a render did."""

    plugin: str
    frames: int = 0
    seconds: float = 0.0
    messages: list[Message] = field(default_factory=list)
    violations: list[str] = field(default_factory=list)

    @property
    def frames_per_second(self) -> float:
        return self.frames / self.seconds if self.seconds else 0.0


def list_bundles(paths: Sequence[Path]) -> list[ListedBundle]:
    """Return the given bundles, or all that are found, with their plug-ins; a broken one does not hide the others."""
    return [_listed(path) for path in paths or find_bundles()]


def _listed(path: Path) -> ListedBundle:
    try:
        with load(path) as bundle:
            return ListedBundle(bundle.path, tuple(_summary(plugin) for plugin in bundle.plugins))
    except PluginLoadError as error:
        return ListedBundle(path, error=str(error))


def _summary(plugin: Plugin) -> dict[str, Any]:
    description = plugin.describe()
    return {
        "identifier": plugin.identifier,
        "version": ".".join(str(part) for part in plugin.version),
        "label": description.label,
        "grouping": description.grouping,
        "contexts": list(description.contexts),
    }


def describe(path: Path, identifier: str | None, context: str | None) -> dict[str, Any]:
    """Return the description of a plug-in in a context (default: its first), as JSON-ready data."""
    with load(path) as bundle:
        plugin = bundle.plugin(identifier)
        general = plugin.describe()
        return plugin.describe(context or general.contexts[0]).to_dict()


@dataclass(frozen=True)
class RenderJob:
    """A render to be done. `frames` (first, last) defaults to all; `values` are `name=value`, `clips` `name=FILES`."""

    bundle: Path
    source: str
    target: str
    plugin: str | None = None
    values: tuple[str, ...] = ()
    frames: tuple[int, int] | None = None
    context: str = "filter"
    frame_rate: float = 24.0
    clips: tuple[str, ...] = ()


def render(job: RenderJob, on_frame: Callable[[int, int], None] | None = None) -> RenderReport:
    """Render a clip through a plug-in; call `on_frame(done, total)` after each frame."""
    reader, writer = open_reader(job.source), open_writer(job.target)
    others = dict(_named_clip(text) for text in job.clips)
    first, last = job.frames or (reader.first, reader.last)
    if first < reader.first or last > reader.last:
        raise ValueError(f"frames {first}-{last} are not all in the clip, which has {reader.first}-{reader.last}")
    settings = InstanceSettings(
        size=(reader.width, reader.height),
        frames=(reader.first, reader.last),
        context=job.context,
        frame_rate=job.frame_rate,
        components="RGBA" if reader.channels == 4 else "RGB",
    )
    with load(job.bundle) as bundle:
        plugin = bundle.plugin(job.plugin)
        description = plugin.describe(job.context)
        chosen = [parse_setting(text, description) for text in job.values]
        with plugin.create(settings) as effect:
            report = RenderReport(plugin.identifier, messages=effect.messages, violations=effect.violations)
            effect.set_source(reader.read, channels=reader.channels)
            for name, pictures in others.items():
                connect(effect, name, pictures)
            for setting in chosen:
                effect.set(setting.name, setting.value, setting.time)
            begin = time.perf_counter()
            for frame, picture in effect.render_frames(range(first, last + 1)):
                writer.write(frame, picture)
                report.frames += 1
                if on_frame:
                    on_frame(report.frames, last - first + 1)
            writer.finish()
            report.seconds = time.perf_counter() - begin
    return report


def connect(effect: Instance, clip: str, pictures: Reader) -> None:
    """Give another clip of an effect its pictures."""
    effect.set_source(
        pictures.read,
        clip=clip,
        channels=pictures.channels,
        frames=(pictures.first, pictures.last),
        size=(pictures.width, pictures.height),
    )


def _named_clip(text: str) -> tuple[str, Reader]:
    name, equals, files = text.partition("=")
    if not equals or not name:
        raise ValueError(f"--clip takes name=FILES, for example Mask=mask.%04d.exr, got '{text}'")
    return name, open_reader(files)
