"""Put one plug-in through its paces in one host: what a user would do in an afternoon, on small pictures."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import numpy as np

from ..bundle import Bundle, Plugin, load
from ..description import PluginDescription
from ..errors import OfxError
from ..events import Finding
from ..instance import Instance
from ..pixels import DTYPES, Components, Depth, Pixels
from ..profiles import Profile
from ..settings import InstanceSettings
from .report import HostVerdict, summarised

_FRAMES = 5
_SIZES = ((64, 36), (17, 3), (1, 1))
_PREFERRED_CONTEXTS = ("filter", "general", "generator", "transition", "retimer")

Stage = Callable[[str], None]


@dataclass
class Exercise:
    """One plug-in in one host. `stage` hears what is about to be done, so that a crash can be placed."""

    profile: Profile
    stage: Stage
    verdict: HostVerdict = field(init=False)

    def __post_init__(self) -> None:
        self.verdict = HostVerdict(self.profile.name, "passes")

    def run(self, bundle_path: str, identifier: str, version: tuple[int, int]) -> HostVerdict:
        """Return how the plug-in fared."""
        self.stage("load")
        with load(bundle_path, self.profile.host, record_answers=True) as bundle:
            plugin = next(item for item in bundle.plugins if (item.identifier, item.version) == (identifier, version))
            self._plugin(bundle, plugin)
            self.stage("unload")
        answers = bundle.log.answers or []
        self.verdict.actions = [*summarised(answers), *self.verdict.actions]
        self.verdict.findings += bundle.log.findings
        self._judge()
        return self.verdict

    def _plugin(self, bundle: Bundle, plugin: Plugin) -> None:
        self.stage("describe")
        try:
            general = plugin.describe()
        except OfxError as error:
            self._broken(f"cannot be described: {error.message}")
            return
        contexts = [name for name in _PREFERRED_CONTEXTS if name in general.contexts and name in bundle.host.contexts]
        if not contexts:
            self.verdict.outcome = "not applicable"
            self.verdict.reasons.append(f"has none of this host's contexts ({', '.join(bundle.host.contexts)})")
            return
        for context in contexts:
            self.stage(f"describe in {context}")
            try:
                described = plugin.describe(context)
            except OfxError as error:
                self._broken(f"cannot be described in {context}: {error.message}")
                continue
            for size in _SIZES if context == contexts[0] else _SIZES[:1]:
                self._instance(plugin, described, size)

    def _instance(self, plugin: Plugin, described: PluginDescription, size: tuple[int, int]) -> None:
        name = f"{size[0]}x{size[1]} {described.context}"
        depth, components = _format(self.profile, described)
        settings = InstanceSettings(
            size=size, frames=(0, _FRAMES - 1), context=described.context, depth=depth, components=components
        )
        self.stage(f"create {name}")
        try:
            instance = plugin.create(settings, record_answers=True)
        except OfxError as error:
            self._broken(f"no instance ({name}): {error.message}")
            return
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            with self._collected(instance):
                for clip in described.clips:
                    if clip.name != "Output" and not clip.optional:
                        self.stage(f"connect {clip.name} {name}")
                        instance.set_source(_noise(size, depth, components), clip=clip.name)
                self._ask(instance, name)
                self._render(instance, described, name)
                for clip in described.clips:
                    if clip.optional:
                        self.stage(f"connect {clip.name} {name}")
                        instance.set_source(_noise(size, depth, components), clip=clip.name)
                        self._picture(instance, f"render with {clip.name} {name}", 2)
                self._keep_house(instance, described, name)
                self.stage(f"destroy {name}")

    @contextmanager
    def _collected(self, instance: Instance) -> Iterator[None]:
        """Close the instance in any case, and take what it said into the verdict."""
        try:
            yield
        except OfxError as error:
            self._broken(error.message)
        finally:
            instance.close()
            self.verdict.findings += instance.log.findings
            self.verdict.actions += summarised(instance.log.answers or [])
            said = (message.text for message in instance.messages if message.kind in ("error", "fatal", "warning"))
            self.verdict.messages = list(dict.fromkeys([*self.verdict.messages, *said]))

    def _ask(self, instance: Instance, name: str) -> None:
        self.stage(f"ask {name}")
        instance.clip_preferences()
        for frame in (0, _FRAMES - 1):
            instance.region_of_definition(frame)
            if self.profile.host.temper.asks_frames_needed:
                instance.frames_needed(frame)
            if self.profile.host.temper.asks_identity:
                instance.is_identity(frame)
        instance.time_domain()

    def _render(self, instance: Instance, described: PluginDescription, name: str) -> None:
        whole = self._picture(instance, f"render {name}", 2)
        if whole is None:
            return
        again = self._picture(instance, f"render again {name}", 2)
        if again is not None and again.tobytes() != whole.tobytes():
            self._note("warning", "differs", f"frame 2 rendered twice differs ({name})")
        height, width = whole.shape[:2]
        if described.properties["OfxImageEffectPropSupportsTiles"] and self.profile.host.tiles and width > 4:
            window = (1, 0, width - 1, max(1, height // 2))
            part = self._picture(instance, f"render a tile {name}", 2, window=window)
            wanted = whole[height - window[3] : height - window[1], window[0] : window[2]]
            if part is not None and part.tobytes() != np.ascontiguousarray(wanted).tobytes():
                self._note("warning", "tile-differs", f"a tile of frame 2 differs from the whole ({name})")
        if width > 1:
            self._picture(instance, f"render a proxy {name}", 1, scale=(0.5, 0.5))
        if described.thread_safety == "FullySafe":
            self._on_threads(instance, whole, name)
        self.stage(f"abort {name}")
        with suppress(OfxError):
            instance.render(3, abort=lambda: True)

    def _picture(self, instance: Instance, stage: str, frame: float, **how: object) -> Pixels | None:
        """Return a rendered frame, or None; a failure is counted."""
        self.stage(stage)
        try:
            picture = instance.render(frame, **how)  # type: ignore[arg-type]
        except OfxError as error:
            self.verdict.failed += 1
            self._note("warning", "render-failed", f"could not {stage}: {error.message}")
            return None
        self.verdict.rendered += 1
        return picture

    def _on_threads(self, instance: Instance, whole: Pixels, name: str) -> None:
        self.stage(f"render on threads {name}")
        with ThreadPoolExecutor(4) as pool:
            pictures = list(pool.map(lambda _: _rendered(instance, 2), range(4)))
        if any(picture is not None and picture.tobytes() != whole.tobytes() for picture in pictures):
            self._note("error", "threads-differ", f"frame 2 differs when four threads render it ({name})")

    def _keep_house(self, instance: Instance, described: PluginDescription, name: str) -> None:
        self.stage(f"change parameters {name}")
        for param in described.params:
            if param.default is not None and param.type not in ("Custom", "Bytes"):
                instance.set(param.name, instance.get(param.name))
        self.stage(f"purge {name}")
        instance.purge_caches()
        instance.sync_private_data()

    def _note(self, severity: str, rule: str, text: str) -> None:
        self.verdict.findings.append(Finding(severity, rule, text))

    def _broken(self, reason: str) -> None:
        self.verdict.outcome = "fails"
        self.verdict.reasons.append(reason)

    def _judge(self) -> None:
        self.verdict.findings = list(dict.fromkeys(self.verdict.findings))
        errors = [finding for finding in self.verdict.findings if finding.severity == "error"]
        if errors and self.verdict.outcome == "passes":
            self.verdict.outcome = "fails"
        if self.verdict.outcome == "passes" and self.verdict.failed and not self.verdict.rendered:
            self.verdict.outcome = "renders nothing"
        self.verdict.reasons += [finding.text for finding in errors]


def _rendered(instance: Instance, frame: float) -> Pixels | None:
    try:
        return instance.render(frame)
    except OfxError:
        return None


def _format(profile: Profile, described: PluginDescription) -> tuple[Depth, Components]:
    """Return the pixels that this host would give this plug-in: the deepest that both have, else the host's own."""
    taken = {name.removeprefix("OfxBitDepth").lower() for name in described.properties[_DEPTHS]}
    depths = [depth for depth in reversed(list(DTYPES)) if depth in profile.host.depths]
    if profile.host.temper.force_depth:
        depth = depths[-1]
    else:
        depth = next((name for name in depths if name in taken), depths[0])
    components = next((name for name in ("RGBA", "RGB", "Alpha") if name in profile.host.components), "RGBA")
    return depth, components  # type: ignore[return-value]


_DEPTHS = "OfxImageEffectPropSupportedPixelDepths"


def _noise(size: tuple[int, int], depth: Depth, components: Components) -> Pixels:
    """Return frames of noise between 0 and 1, or over the whole range of integers."""
    channels = {"RGBA": 4, "RGB": 3, "Alpha": 1}[components]
    noise = np.random.default_rng(1).random((_FRAMES, size[1], size[0], channels), np.float32)
    if depth in ("byte", "short"):
        return (noise * np.iinfo(DTYPES[depth]).max).astype(DTYPES[depth])
    return noise.astype(DTYPES[depth])
