"""The node in a headless OpenFX host, with an engine of the demo's own that is gone when the demo ends."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
from collections.abc import Generator, Iterator
from pathlib import Path

import numpy as np

import pyopenfx
from reelmend.addresses import RUNTIME_DIR_VARIABLE, default_address
from reelmend.client import EngineClient
from reelmend.clips import RememberedClip
from reelmend.errors import UnavailableError
from reelmend.frames import Planes
from reelmend.media import Reader

EFFECT = "org.reelmend.Deflicker"
ENGINE_COMMAND_VARIABLE = "REELMEND_ENGINE_COMMAND"


@contextlib.contextmanager
def private_engine() -> Iterator[str]:
    """Give the address where the node will start its engine; end that engine afterwards, whatever happened."""
    with tempfile.TemporaryDirectory(prefix="reelmend-demo-") as folder:
        os.environ[RUNTIME_DIR_VARIABLE] = folder
        os.environ.setdefault(ENGINE_COMMAND_VARIABLE, f'"{sys.executable}" -m reelmend serve')
        address = str(default_address())
        try:
            yield address
        finally:
            _end_engine(address)


def _end_engine(address: str) -> None:
    try:
        with EngineClient(address) as client:
            process_id = client.info().process_id
    except UnavailableError:
        return
    os.kill(process_id, signal.SIGTERM)
    for _ in range(200):
        try:
            os.kill(process_id, 0)
        except ProcessLookupError:
            return
        time.sleep(0.05)


def render_through_node(
    bundle: Path, like: Reader, source: RememberedClip
) -> Generator[tuple[int, Planes], None, None]:
    """Yield (frame, result planes) for the whole clip, as a host renders a timeline: in order, in one sequence."""
    settings = pyopenfx.InstanceSettings(
        size=(like.width, like.height),
        frames=(source.first_frame, source.last_frame),
        frame_rate=float(like.frame_rate),
        components="RGB",
    )
    with pyopenfx.load(bundle) as loaded, loaded.plugin(EFFECT).create(settings) as effect:
        effect.set_source(lambda frame: np.ascontiguousarray(source.planes(frame).transpose(1, 2, 0)))
        with effect.sequence() as sequence:
            for frame in range(source.first_frame, source.last_frame + 1):
                yield frame, np.ascontiguousarray(sequence.render(frame).transpose(2, 0, 1))
