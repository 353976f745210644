"""ffmpeg peers with the real ffmpeg: no bias from the pipe, and errors that say what was refused."""

from pathlib import Path

import numpy as np
import pytest

from reelmend.quality.peers import METHODS, PeerError, ffmpeg

installed = pytest.mark.skipif(ffmpeg.find_ffmpeg() is None, reason="no ffmpeg is installed")


@pytest.fixture(scope="module")
def noise() -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (35, 48, 64, 3), dtype=np.uint8)


@installed
@pytest.mark.parametrize("way", [f"{ffmpeg.TO_RGB},{ffmpeg.FROM_RGB}", f"{ffmpeg.TO_YUV},{ffmpeg.FROM_YUV}"])
def test_every_8_bit_colour_survives_the_way_there_and_back(way: str, noise: np.ndarray) -> None:
    assert np.array_equal(ffmpeg.filtered(noise, way), noise)


@installed
@pytest.mark.parametrize("name", [m.name for m in ffmpeg.METHODS])
def test_every_filter_gives_back_all_frames(name: str, noise: np.ndarray) -> None:
    method = METHODS[name]
    assert method.missing() == ""
    clip = noise[: method.longest_frames]
    assert method.restore(clip).frames.shape == clip.shape


@installed
def test_deflicker_takes_out_most_of_a_flicker_that_alternates() -> None:
    base = np.random.default_rng(1).uniform(40, 160, (1, 48, 64, 3))
    gains = np.where(np.arange(40) % 2, 0.9, 1.1)[:, None, None, None]
    clip = np.rint(base * gains).astype(np.uint8)
    means = METHODS["ffmpeg-deflicker-31"].restore(clip).frames.mean(axis=(1, 2, 3))
    # Its window looks ahead and repeats the last frame beyond the end: only the first 10 have a whole one.
    assert means[:10].std() < 0.1 * clip.mean(axis=(1, 2, 3)).std()


@installed
def test_a_filter_that_ffmpeg_does_not_know_is_named(noise: np.ndarray) -> None:
    with pytest.raises(PeerError, match="refused 'nosuchfilter' on 35 frames of 64×48"):
        ffmpeg.filtered(noise, "nosuchfilter")
    assert "without the filter 'nosuchfilter'" in ffmpeg.missing_filter("nosuchfilter")


@installed
def test_a_filter_that_would_never_end_on_a_short_clip_is_not_started(noise: np.ndarray) -> None:
    with pytest.raises(PeerError, match="never ends on fewer than 5 frames, got 1"):
        METHODS["ffmpeg-atadenoise"].restore(noise[:1])
    assert len(METHODS["ffmpeg-atadenoise"].restore(noise[:5]).frames) == 5


@installed
@pytest.mark.parametrize("name", sorted({m.name for m in ffmpeg.METHODS} - {"ffmpeg-atadenoise"}))
def test_the_other_filters_take_a_single_frame(name: str, noise: np.ndarray) -> None:
    assert METHODS[name].restore(noise[:1]).frames.shape == (1, 48, 64, 3)


@installed
def test_frames_that_get_lost_are_noticed(noise: np.ndarray) -> None:
    with pytest.raises(PeerError, match="gave 10 frames for 35"):
        ffmpeg.filtered(noise, "trim=end_frame=10")


def test_an_ffmpeg_that_cannot_start_says_so(
    noise: np.ndarray, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    broken = tmp_path / "ffmpeg"
    broken.write_text("not a program")
    monkeypatch.setattr(ffmpeg, "find_ffmpeg", lambda: str(broken))
    with pytest.raises(PeerError, match="can't be started"):
        ffmpeg.filtered(noise, "null")
