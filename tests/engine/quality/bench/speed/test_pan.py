"""The bench's footage: no two frames alike, no copy, the same as picture and as planes."""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from reelmend.buffer.cuts import is_cut
from reelmend.frames import content_digest, make_proxy
from reelmend.quality.bench.speed.pan import Pan, pan_bytes


def test_no_two_frames_are_alike_and_each_is_the_same_at_every_call() -> None:
    pan = Pan(40, 24, 60)
    digests = [content_digest(pan.planes(frame)) for frame in range(pan.frames)]
    assert len(set(digests)) == pan.frames
    assert content_digest(Pan(40, 24, 60).planes(17)) == digests[17]


def test_frames_are_views_of_little_memory() -> None:
    pan = Pan(40, 24, 60)
    assert all(not pan.rgba(frame).flags.owndata for frame in range(pan.frames))
    assert np.shares_memory(pan.rgba(0), pan.rgba(8))
    assert pan_bytes(40, 24, 60) < 60 * pan.frame_bytes


def test_neighbours_share_no_memory() -> None:
    pan = Pan(40, 24, 60)
    assert not any(np.shares_memory(pan.rgba(frame), pan.rgba(frame + 1)) for frame in range(30))


def test_planes_are_the_pictures_colours_top_row_first() -> None:
    pan = Pan(40, 24, 20)
    assert np.array_equal(pan.planes(5), pan.rgba(5)[:, :, :3].transpose(2, 0, 1))
    assert np.array_equal(pan.memory(5)[0], pan.rgba(5)[-1])
    assert (pan.rgba(5)[:, :, 3] == 1.0).all()


def test_it_shows_no_cut() -> None:
    pan = Pan(320, 180, 40)
    grids = [make_proxy(pan.planes(frame)).mean(axis=0)[:180:10, :320:10] for frame in range(pan.frames)]
    assert not any(is_cut(a, b) for a, b in pairwise(grids))


def test_its_proxies_are_those_of_the_contract_but_for_rounding() -> None:
    pan = Pan(640, 360, 8)
    assert pan.proxy(3).shape == (3, 180, 320)
    assert np.abs(pan.proxy(3) - make_proxy(pan.planes(3))).max() < 1e-5
    assert Pan(40, 24, 8).proxy(3).shape == (3, 24, 40)


def test_a_dirty_pan_keeps_its_light_and_has_specks_that_its_neighbours_lack() -> None:
    clean, dirty = Pan(192, 108, 24), Pan(192, 108, 24, dirty=True)
    light = [dirty.planes(frame).mean() for frame in range(8)]
    assert np.ptp(light) < 0.01 < np.ptp([clean.planes(frame).mean() for frame in range(8)])
    one, other = (dirty.planes(frame) for frame in (3, 4))
    apart = np.abs(one - other).max(axis=0) > 0.15
    assert 0.001 < apart.mean() < 0.2
    assert (dirty.memory(3)[:, :, 3] == 1.0).all()
