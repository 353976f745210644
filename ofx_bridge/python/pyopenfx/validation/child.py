"""The process that loads the plug-in, and may die of it. Speaks JSON lines on file descriptor `--report`."""

from __future__ import annotations

import argparse
import json
import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ..bundle import load
from ..errors import OfxError, PluginLoadError
from ..profiles import profile
from .description_checks import check_description
from .exercise import Exercise


def _listing(bundle_path: str, tell: Any) -> None:
    """Tell which plug-ins there are, without describing them."""
    tell(stage="load")
    try:
        with load(bundle_path) as bundle:
            tell(
                binary=str(bundle.binary_path),
                bundle=str(bundle.path),
                plugins=[[item.identifier, *item.version] for item in bundle.plugins],
            )
    except PluginLoadError as error:
        tell(error=str(error))


def _description(bundle_path: str, identifier: str, version: tuple[int, int], tell: Any) -> None:
    """Tell what a plug-in says of itself, and what is wrong with that."""
    tell(stage="load")
    with load(bundle_path, profile="strict") as bundle:
        plugin = next(item for item in bundle.plugins if (item.identifier, item.version) == (identifier, version))
        tell(stage="describe")
        try:
            general = plugin.describe()
        except OfxError as error:
            tell(error=str(error))
            return
        findings = check_description(general)
        for context in general.contexts:
            tell(stage=f"describe in {context}")
            try:
                findings += check_description(plugin.describe(context))
            except OfxError as error:
                tell(stage=f"describe in {context}: {error}")
        findings += bundle.log.findings
        tell(label=general.label, contexts=list(general.contexts), findings=[asdict(item) for item in findings])


def main() -> None:
    """Do one part of a validation."""
    parser = argparse.ArgumentParser()
    parser.add_argument("what", choices=("list", "describe", "exercise"))
    parser.add_argument("bundle")
    parser.add_argument("--report", type=int, required=True)
    parser.add_argument("--plugin", default="")
    parser.add_argument("--version", default="1.0")
    parser.add_argument("--profile", default="strict")
    given = parser.parse_args()
    report = os.fdopen(given.report, "w", buffering=1, encoding="utf-8")

    def tell(**facts: Any) -> None:
        report.write(json.dumps(facts) + "\n")
        report.flush()

    major, minor = (int(part) for part in given.version.split("."))
    try:
        _work(given, (major, minor), tell)
    except Exception as error:  # the host's own fault, to be told apart from a plug-in that ends the process
        tell(internal=f"{type(error).__name__}: {error}")
    report.close()


def _work(given: argparse.Namespace, version: tuple[int, int], tell: Any) -> None:
    bundle = str(Path(given.bundle))
    if given.what == "list":
        _listing(bundle, tell)
    elif given.what == "describe":
        _description(bundle, given.plugin, version, tell)
    else:
        exercise = Exercise(profile(given.profile), lambda stage: tell(stage=stage))
        tell(verdict=asdict(exercise.run(bundle, given.plugin, version)))


if __name__ == "__main__":
    main()
    sys.exit(0)
