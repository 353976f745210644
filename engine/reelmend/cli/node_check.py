"""Loads a bundle as a host does and says what it found: `python -m reelmend.cli.node_check BUNDLE` prints JSON.

It runs in a process of its own, since a broken plug-in can take its host down.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from reelmend.errors import ReelmendError

_LOADS_WITHIN_S = 60


class NodeError(ReelmendError):
    """The node can't be loaded, or breaks the rules between plug-ins and hosts."""


def check_node(bundle: Path) -> list[str]:
    """Return the identifiers of the effects that a bundle gives to a host. Raises NodeError.

    Every effect is described in each of its contexts, created and destroyed, and the bundle is closed. No engine is
    started.
    """
    command = [sys.executable, "-m", "reelmend.cli.node_check", str(bundle)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=_LOADS_WITHIN_S, check=False)
    except subprocess.TimeoutExpired:
        raise NodeError(f"{bundle} did not load within {_LOADS_WITHIN_S} s") from None
    if done.returncode < 0:
        raise NodeError(f"{bundle} crashed the host that loaded it ({signal.Signals(-done.returncode).name})")
    if done.returncode != 0:
        last = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        raise NodeError(last)
    found = json.loads(done.stdout)
    if found["violations"]:
        raise NodeError(f"{bundle} breaks a rule: {found['violations'][0]}")
    return [str(identifier) for identifier in found["effects"]]


def examine(bundle: Path) -> dict[str, Any]:
    """Return the effects of a bundle and the rules that they broke, before a strict host. Raises pyopenfx's errors."""
    import pyopenfx  # only here: what merely starts the check needs no host

    violations: list[str] = []
    with pyopenfx.load(bundle, profile="strict") as loaded:
        effects = [plugin.identifier for plugin in loaded.plugins]
        for plugin in loaded.plugins:
            contexts = plugin.describe().contexts
            for context in contexts:
                plugin.describe(context)
            settings = pyopenfx.InstanceSettings(size=(64, 36), frames=(0, 9), context=contexts[0])
            with plugin.create(settings) as effect:
                violations += effect.violations
        violations += loaded.log.violations
    if pyopenfx.is_resident(bundle):
        violations.append("it stays in memory after it was closed")
    return {"effects": effects, "violations": violations}


if __name__ == "__main__":
    try:
        print(json.dumps(examine(Path(sys.argv[1]))))
    except Exception as error:
        sys.exit(f"{type(error).__name__}: {error}")
