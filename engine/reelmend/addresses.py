"""Addresses of engines: a unix socket in a private folder, or loopback TCP. Nothing else is served or called."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass
from pathlib import Path

from reelmend.errors import BadRequestError

LOOPBACK_HOSTS = ("127.0.0.1", "localhost", "[::1]")
RUNTIME_DIR_VARIABLE = "REELMEND_RUNTIME_DIR"


@dataclass(frozen=True, slots=True)
class Address:
    """A place where an engine listens; `str()` gives the form that gRPC takes."""

    text: str
    socket: Path | None

    def __str__(self) -> str:
        return self.text


def parse_address(text: str) -> Address:
    """Return the address that `text` spells: "unix:/path", "127.0.0.1:port"… Raises BadRequestError for any other."""
    if text.startswith("unix:"):
        path = Path(text.removeprefix("unix:").removeprefix("//"))
        if not path.is_absolute():
            raise BadRequestError(f"address '{text}' needs an absolute path, such as unix:/run/user/1000/engine.sock")
        if len(os.fsencode(path)) > 107:
            raise BadRequestError(f"address '{text}' is too long for a unix socket; the path may have 107 bytes")
        return Address(f"unix:{path}", path)
    host, _, port = text.rpartition(":")
    if host not in LOOPBACK_HOSTS:
        raise BadRequestError(
            f"address '{text}' is neither unix:/path nor loopback ({', '.join(LOOPBACK_HOSTS)} and a port); "
            "other addresses are refused until the engine has TLS and tokens"
        )
    if not port.isdigit() or int(port) > 65535:
        raise BadRequestError(f"address '{text}' has no valid port; give a number from 0 (any free one) to 65535")
    return Address(text, None)


def runtime_dir() -> Path:
    """Return the private folder of this user's engine: $REELMEND_RUNTIME_DIR, $XDG_RUNTIME_DIR/reelmend, or in /tmp."""
    if named := os.environ.get(RUNTIME_DIR_VARIABLE):
        return Path(named)
    if session := os.environ.get("XDG_RUNTIME_DIR"):
        return Path(session) / "reelmend"
    return Path("/tmp") / f"reelmend-{os.getuid()}"  # not $TMPDIR: hosts and shells often differ in it


def default_address() -> Address:
    return parse_address(f"unix:{runtime_dir() / 'engine.sock'}")


def ensure_private_dir(folder: Path) -> None:
    """Create `folder` with mode 0700, or make sure that nobody else can enter it. Raises BadRequestError."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = folder.stat()
    except OSError as error:
        raise BadRequestError(f"the engine's folder {folder} can't be made: {error.strerror}; set {_HINT}") from None
    if found.st_uid != os.getuid() or stat.S_IMODE(found.st_mode) & 0o077:
        raise BadRequestError(
            f"the engine's folder {folder} must belong to you alone (mode 0700, it has "
            f"{stat.S_IMODE(found.st_mode):04o}); run: chmod 700 {folder}, or set {_HINT}"
        )


_HINT = f"{RUNTIME_DIR_VARIABLE} to a folder of your own"
