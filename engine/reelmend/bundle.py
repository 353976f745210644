"""Where the OpenFX bundle lies that was built with this package."""

from __future__ import annotations

import os
from pathlib import Path

import reelmend
from reelmend.errors import NotFoundError

BUNDLE_NAME = "Reelmend.ofx.bundle"
BUNDLE_VARIABLE = "REELMEND_BUNDLE"


def find_bundle() -> Path:
    """Return the bundle: $REELMEND_BUNDLE, or the one installed with the package. Raises NotFoundError."""
    if named := os.environ.get(BUNDLE_VARIABLE):
        if not Path(named).is_dir():
            raise NotFoundError(f"{BUNDLE_VARIABLE} names {named}, which is no bundle; unset it or build the plug-in")
        return Path(named)
    for package in reelmend.__path__:
        if (found := Path(package) / "ofx" / BUNDLE_NAME).is_dir():
            return found
    raise NotFoundError(f"{BUNDLE_NAME} was not built with this package; run 'make setup' or 'pip install .' again")
