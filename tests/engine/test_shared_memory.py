"""Shared-memory segments: private, backed, bounds-checked, and gone when nobody uses them."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import time

import numpy as np
import pytest

from reelmend.errors import IntegrityError, UnavailableError
from reelmend.frames import FrameFormat, SampleType
from reelmend.shared_memory import FOLDER, MappedSegment, OwnMemory, Segment, samples_in

FORM = FrameFormat(8, 4)


def test_segment_is_private_and_has_a_name_that_nobody_guesses() -> None:
    first, second = Segment(4096), Segment(4096)
    try:
        assert stat.S_IMODE((FOLDER / first.name[1:]).stat().st_mode) == 0o600
        assert first.name != second.name
        assert len(first.name.rpartition("-")[2]) == 32
    finally:
        first.unlink()
        second.unlink()


def test_what_one_side_writes_the_other_reads_in_both_sample_types() -> None:
    segment = Segment(8192)
    try:
        mapped = MappedSegment(segment.name)
        for sample_type in SampleType:
            samples = mapped.samples(FORM, 4096, sample_type)
            samples[...] = np.arange(samples.size).reshape(samples.shape)
            assert samples_in(segment.bytes, FORM, 4096, sample_type).tobytes() == samples.tobytes()
    finally:
        segment.unlink()


def test_views_outlive_the_name() -> None:
    segment = Segment(4096)
    planes = segment.planes(FORM)
    segment.unlink()
    segment.unlink()
    planes[...] = 3
    assert (planes == 3).all()
    with pytest.raises(UnavailableError, match="can't be opened here"):
        MappedSegment(segment.name)


@pytest.mark.parametrize("offset_bytes", [-4, 2, 4096 - 380, 2**62, 2**64])
def test_slot_outside_of_its_segment_is_refused_without_naming_it(offset_bytes: int) -> None:
    segment = Segment(4096)
    try:
        with pytest.raises(IntegrityError, match="does not fit") as caught:
            MappedSegment(segment.name).samples(FORM, offset_bytes)
        assert segment.name[1:] not in str(caught.value)
    finally:
        segment.unlink()


@pytest.mark.parametrize("name", ["/etc/passwd", "/reelmend-/../../etc/passwd", "reelmend-1", "/other-1", ""])
def test_name_that_is_none_of_the_engines_is_refused(name: str) -> None:
    with pytest.raises(IntegrityError, match="isn't one of its own"):
        MappedSegment(name)


def test_segment_without_memory_behind_it_is_said_and_leaves_nothing() -> None:
    ours = f"reelmend-{os.getpid()}-*"
    before = set(FOLDER.glob(ours))  # other tests of this process may hold some
    with pytest.raises(UnavailableError, match="no shared memory for"):
        Segment(1 << 50)
    assert set(FOLDER.glob(ours)) <= before


def test_segments_of_a_process_that_is_killed_are_removed() -> None:
    script = (
        "import time; from reelmend.shared_memory import Segment; print(Segment(4096).name, flush=True); time.sleep(60)"
    )
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    path = FOLDER / process.stdout.readline().strip()[1:]
    assert path.exists()
    process.kill()
    process.wait()
    ends = time.monotonic() + 10
    while path.exists() and time.monotonic() < ends:
        time.sleep(0.05)
    assert not path.exists()
    process.stdout.close()


def test_own_memory_is_touched_and_writable() -> None:
    memory = OwnMemory(1 << 20)
    samples_in(memory.bytes, FORM)[...] = 1
    memory.unlink()
    assert memory.bytes[: FORM.size_bytes].view(np.float32).sum() == FORM.width * FORM.height * 3
