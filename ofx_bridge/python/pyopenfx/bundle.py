"""Find OpenFX bundles, load them, and list the plug-ins they hold."""

from __future__ import annotations

import atexit
import os
import platform
import sys
import weakref
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType

from . import _host
from .description import PluginDescription, full_context
from .errors import PluginLoadError
from .events import EventLog, MessageCallback, ProgressCallback
from .host_options import HostOptions
from .instance import Instance
from .profiles import profile as profile_named
from .reporting import reporting
from .settings import InstanceSettings

_STANDARD_FOLDERS = {"darwin": Path("/Library/OFX/Plugins"), "linux": Path("/usr/OFX/Plugins")}
_ARCHITECTURES = {
    ("linux", "x86_64"): ("Linux-x86-64",),
    ("linux", "aarch64"): ("Linux-aarch64",),
    ("darwin", "x86_64"): ("MacOS", "MacOS-x86-64"),
    ("darwin", "arm64"): ("MacOS",),
}


def architectures() -> tuple[str, ...]:
    """Return the names of the folders in a bundle that hold code for this machine, best first."""
    return _ARCHITECTURES.get((sys.platform, platform.machine()), ())


def search_folders() -> list[Path]:
    """Return the folders to search: those in OFX_PLUGIN_PATH, then the system's standard one."""
    listed = [Path(entry) for entry in os.environ.get("OFX_PLUGIN_PATH", "").split(os.pathsep) if entry]
    standard = _STANDARD_FOLDERS.get(sys.platform)
    return [*listed, standard] if standard else listed


def find_bundles() -> list[Path]:
    """Return every .ofx.bundle below the search folders, in search order, each once."""
    found: dict[Path, None] = {}
    for folder in search_folders():
        for bundle in _bundles_below(folder):
            found.setdefault(bundle.resolve())
    return list(found)


def _bundles_below(folder: Path) -> Iterator[Path]:
    for root, names, _ in os.walk(folder):
        bundles = sorted(name for name in names if name.endswith(".ofx.bundle"))
        yield from (Path(root) / name for name in bundles)
        names[:] = sorted(name for name in names if name not in bundles and not name.startswith("@"))


def binary_path(path: Path) -> Path:
    """Return the .ofx file for this machine in the bundle `path`; an .ofx file is returned as it is.

    Raises PluginLoadError when there is none.
    """
    if path.is_file():
        return path
    if not path.exists():
        raise PluginLoadError(f"no such plug-in: '{path}'")
    name = path.name.removesuffix(".bundle")
    for architecture in architectures():
        candidate = path / "Contents" / architecture / name
        if candidate.is_file():
            return candidate
    wanted = " or ".join(architectures()) or f"{sys.platform} {platform.machine()}"
    held = sorted(folder.name for folder in path.glob("Contents/*") if any(folder.glob("*.ofx")))
    raise PluginLoadError(
        f"'{path}' holds no {name} for this machine ({wanted}); it holds {', '.join(held) or 'no plug-in'}"
    )


class Plugin:
    """One effect in a bundle."""

    def __init__(self, bundle: Bundle, index: int, identifier: str, version: tuple[int, int]) -> None:
        self.bundle = bundle
        self.identifier = identifier
        self.version = version
        self._index = index

    def __repr__(self) -> str:
        return f"<Plugin {self.identifier} {self.version[0]}.{self.version[1]}>"

    def describe(self, context: str | None = None) -> PluginDescription:
        """Return what the plug-in says of itself, with clips and parameters when a context ("filter") is given.

        Raises OfxError when the plug-in refuses or does not have that context.
        """
        with reporting(self.bundle.log, self.identifier, "Describe", None):
            raw = self.bundle.native.describe(self._index, full_context(context) if context else "")
        return PluginDescription.read(self.identifier, self.version, raw)

    def create(
        self,
        settings: InstanceSettings,
        *,
        on_message: MessageCallback | None = None,
        on_progress: ProgressCallback | None = None,
        record_answers: bool = False,
    ) -> Instance:
        """Return a new instance; close it, or use it as a context manager. Raises OfxError when the plug-in refuses.

        The host's profile may insist on its own rows and pixel habits. With `record_answers` what the plug-in answers
        to each action is kept in `Instance.log.answers`.
        """
        temper = self.bundle.host.temper
        adapted = temper.adapted(settings)
        log = EventLog(on_message, on_progress, record_answers)
        with reporting(log, self.identifier, "CreateInstance", None):
            native = self.bundle.native.create(self._index, adapted.native(), log)
        instance = Instance(native, adapted, log, self.describe(settings.context), temper)
        self.bundle.adopt(instance)
        return instance


class Bundle:
    """A loaded bundle. Closing it closes its instances, sends Unload and unmaps the file."""

    def __init__(
        self,
        path: Path,
        binary: Path,
        host: HostOptions,
        on_message: MessageCallback | None = None,
        record_answers: bool = False,
    ) -> None:
        self.path = path
        self.binary_path = binary
        self.host = host
        self.log = EventLog(on_message, record_answers=record_answers)
        self._instances: weakref.WeakSet[Instance] = weakref.WeakSet()
        self._native: _host.Binary | None = _host.Binary(str(binary), str(path), host.native(), self.log)
        self.plugins = tuple(
            Plugin(self, index, identifier, (major, minor))
            for index, (identifier, major, minor) in enumerate(self._native.plugins())
        )
        _open_bundles.add(self)

    @property
    def native(self) -> _host.Binary:
        if self._native is None:
            raise PluginLoadError(f"bundle '{self.path}' is closed; load it again")
        return self._native

    @property
    def closed(self) -> bool:
        """True once the file has been given back."""
        return self._native is None

    def plugin(self, identifier: str | None = None) -> Plugin:
        """Return the newest plug-in of that identifier; without one, the only plug-in. Raises KeyError otherwise."""
        known = ", ".join(sorted({plugin.identifier for plugin in self.plugins}))
        if identifier is None:
            if len(self.plugins) != 1:
                raise KeyError(f"'{self.path}' holds several plug-ins, name one of {known}")
            return self.plugins[0]
        matching = [plugin for plugin in self.plugins if plugin.identifier == identifier]
        if not matching:
            raise KeyError(f"'{self.path}' holds no plug-in '{identifier}', only {known}")
        return max(matching, key=lambda plugin: plugin.version)

    def host_properties(self) -> dict[str, object]:
        """Return the properties that plug-ins read from the host."""
        return self.native.host_properties()

    def adopt(self, instance: Instance) -> None:
        """Close `instance` together with this bundle."""
        self._instances.add(instance)
        _live_instances.add(instance)

    def close(self) -> None:
        """Close every instance, unload the plug-ins and unmap the file. Harmless when done twice."""
        if self._native is None:
            return
        for instance in list(self._instances):
            instance.close()
        self._native.close()
        self._native = None

    def __enter__(self) -> Bundle:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


_open_bundles: weakref.WeakSet[Bundle] = weakref.WeakSet()
_live_instances: weakref.WeakSet[Instance] = weakref.WeakSet()  # an instance may outlive its Bundle object


@atexit.register
def _close_open_bundles() -> None:
    # Plug-ins may call back while they are destroyed, which is too late once the interpreter is gone.
    for instance in list(_live_instances):
        instance.close()
    for bundle in list(_open_bundles):
        bundle.close()


def load(
    path: str | Path,
    host: HostOptions | None = None,
    on_message: MessageCallback | None = None,
    *,
    profile: str | None = None,
    record_answers: bool = False,
) -> Bundle:
    """Return the loaded bundle at `path`, a .ofx.bundle folder or an .ofx file.

    `profile` names a host to be played, for example "mlt"; `host` says in detail what plug-ins meet. Raises
    PluginLoadError, with the file and the reason, when it cannot be loaded.
    """
    if host is not None and profile is not None:
        raise ValueError("give a host or a profile, not both")
    options = profile_named(profile).host if profile else host or HostOptions()
    given = Path(path).absolute()
    binary = binary_path(given).resolve()
    bundle = next((parent for parent in binary.parents if parent.name.endswith(".ofx.bundle")), binary)
    return Bundle(bundle, binary, options, on_message, record_answers)


def is_resident(path: str | Path) -> bool:
    """True while the plug-in file at `path` is mapped into this process."""
    return _host.is_resident(str(binary_path(Path(path).absolute()).resolve()))
