"""Frame n is frame n, however it is reached and whatever the container keeps silent about."""

import random
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reelmend.errors import MediaError
from reelmend.media import movie_reader, open_reader
from reelmend.media.interface import PixelType
from reelmend.media.movie_reader import MovieReader
from reelmend.media.yuv import MATRIX_BT601, MATRIX_BT709

FRAMES = 60
Maker = Callable[..., Path]

VP8 = {"g": "20", "auto-alt-ref": "1", "lag-in-frames": "12", "b": "1000000"}
VP9 = {"g": "20", "b": "1000000", "deadline": "realtime", "cpu-used": "8"}
UNEVEN = [index * 3 + index % 2 for index in range(FRAMES)]
KINDS = {
    "b_frames.mp4": {"options": {"g": "12", "bf": "3", "crf": "20"}},
    "open_gop.mkv": {"options": {"g": "12", "bf": "3", "x264-params": "open-gop=1"}},
    "intra_refresh.mp4": {"options": {"x264-params": "intra-refresh=1:keyint=12"}},
    "late_start.ts": {"options": {"g": "12", "bf": "2"}, "start": 75},
    "no_times.h264": {"options": {"g": "12", "bf": "2"}, "container": "h264"},
    "no_display_times.avi": {"options": {"g": "12", "bf": "2"}},
    "mpeg4.avi": {"codec": "mpeg4", "options": {"g": "12", "b": "2000000"}},
    "mpeg2.mpg": {"codec": "mpeg2video", "options": {"g": "12", "bf": "2", "b": "4000000"}},
    "hidden_frames.webm": {"codec": "libvpx", "options": VP8},
    "vp9.webm": {"codec": "libvpx-vp9", "options": VP9},
    "ten_bit.mov": {"codec": "prores_ks", "pixel_format": "yuv422p10le"},
    "variable_rate.mkv": {"times": UNEVEN, "options": {"g": "12", "bf": "2"}},
    "one_key.mp4": {"options": {"g": "999", "bf": "3"}},
}  # fmt: skip


@pytest.fixture(scope="module", params=KINDS)
def movie(request: pytest.FixtureRequest, media: type, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return media.movie(tmp_path_factory.mktemp("movies") / request.param, FRAMES, **KINDS[request.param])


def test_every_frame_in_order_shows_its_number(movie: Path, media: type) -> None:
    with open_reader(movie) as reader:
        assert (reader.first_frame, reader.last_frame) == (0, FRAMES - 1)
        assert [media.number_in(reader.read(frame)) for frame in range(FRAMES)] == list(range(FRAMES))


def test_random_access_gives_the_bits_of_a_sequential_decode(movie: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movie_reader, "_REMEMBERED_BYTES", 1)  # so that every jump seeks
    with open_reader(movie) as reader:
        sequential = [reader.read(frame).tobytes() for frame in range(FRAMES)]
    order = [*random.Random(3).sample(range(FRAMES), FRAMES), 0, FRAMES - 1, 1, 30, 29, 28, 31]
    with open_reader(movie) as reader:
        for frame in order:
            assert reader.read(frame).tobytes() == sequential[frame], f"frame {frame}"


def test_first_read_may_be_any_frame(movie: Path, media: type) -> None:
    for frame in (FRAMES - 1, 25, 11, 12, 13):
        with open_reader(movie) as reader:
            assert media.number_in(reader.read(frame)) == frame


def test_backward_playing_decodes_each_part_once(media: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    movie = media.movie(tmp_path / "a.mp4", FRAMES, options={"g": "20", "bf": "2"})
    with MovieReader(movie) as reader:
        decoded = []
        whole = reader._decoder.next_frame
        monkeypatch.setattr(reader._decoder, "next_frame", lambda: decoded.append(1) or whole())
        for frame in reversed(range(FRAMES)):
            reader.read(frame)
    assert len(decoded) < FRAMES + 3 * 5


def test_many_threads_get_the_bits_of_one(media: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(movie_reader, "_REMEMBERED_BYTES", 1)
    movie = media.movie(tmp_path / "a.mp4", FRAMES, options={"g": "12", "bf": "2"})
    with open_reader(movie) as reader:
        alone = [reader.read(frame).tobytes() for frame in range(FRAMES)]
        order = random.Random(1).sample(range(FRAMES), FRAMES)
        with ThreadPoolExecutor(4) as pool:
            together = dict(zip(order, pool.map(lambda frame: reader.read(frame).tobytes(), order), strict=True))
    assert [together[frame] for frame in range(FRAMES)] == alone


def test_palette_of_an_animation_is_read_as_colour(media: type, tmp_path: Path) -> None:
    movie = media.movie(tmp_path / "a.gif", 6, codec="gif", pixel_format="rgb8", rate=Fraction(10))
    with open_reader(movie) as reader:
        assert [media.number_in(reader.read(frame)) for frame in range(6)] == list(range(6))
        assert float(reader.alpha(2).min()) == 1.0


def test_frame_outside_the_clip_says_what_there_is(media: type, tmp_path: Path) -> None:
    movie = media.movie(tmp_path / "a.mp4", 5)
    with open_reader(movie) as reader, pytest.raises(MediaError, match="has no frame 5; it has frames 0 to 4"):
        reader.read(5)


def test_properties_come_from_the_stream(media: type, tmp_path: Path) -> None:
    movie = media.movie(tmp_path / "a.mp4", 10, rate=Fraction(24000, 1001), size=(128, 80))
    with open_reader(movie) as reader:
        assert reader.frame_rate == Fraction(24000, 1001)
        assert (reader.width, reader.height, reader.has_alpha) == (128, 80, False)
        assert reader.pixel_type == PixelType(8)
        assert reader.time_s(6) == 6 * Fraction(1001, 24000)


def test_variable_rate_keeps_each_frames_own_time(media: type, tmp_path: Path) -> None:
    movie = media.movie(tmp_path / "a.mkv", 5, times=[0, 1, 2, 10, 11])
    with open_reader(movie) as reader:
        assert [float(reader.time_s(frame)) for frame in range(5)] == pytest.approx([0, 0.04, 0.08, 0.4, 0.44])


def test_ten_bit_rgb_is_value_over_1023(media: type, tmp_path: Path) -> None:
    values = np.arange(1024, dtype=np.uint16).reshape(16, 64)

    def picture(index: int) -> av.VideoFrame:
        return av.VideoFrame.from_ndarray(np.stack([values, 1023 - values, values // 2], axis=2), "gbrp10le")

    movie = media.movie(tmp_path / "a.mkv", 2, codec="ffv1", pixel_format="gbrp10le", size=(64, 16), picture=picture)
    with open_reader(movie) as reader:
        assert reader.pixel_type == PixelType(10)
        planes = reader.read(1)
    np.testing.assert_array_equal(planes[0], values.astype(np.float32) / np.float32(1023))
    np.testing.assert_array_equal(planes[2], (values // 2).astype(np.float32) / np.float32(1023))


def test_alpha_is_kept_aside(media: type, tmp_path: Path) -> None:
    rgba = np.zeros((16, 64, 4), np.uint8)
    rgba[..., 0], rgba[..., 3] = 200, np.arange(64) * 4

    movie = media.movie(
        tmp_path / "a.mkv", 2, codec="ffv1", pixel_format="bgra", size=(64, 16),
        picture=lambda index: av.VideoFrame.from_ndarray(rgba, "rgba"),
    )  # fmt: skip
    with open_reader(movie) as reader:
        assert reader.has_alpha
        assert reader.read(0).shape == (3, 16, 64)
        np.testing.assert_array_equal(reader.alpha(0), rgba[..., 3].astype(np.float32) / np.float32(255))
        np.testing.assert_array_equal(reader.read(0)[0], np.full((16, 64), np.float32(200) / np.float32(255)))


@pytest.mark.parametrize("matrix", [MATRIX_BT709, MATRIX_BT601])
@pytest.mark.parametrize("colour_range", [1, 2])
def test_stated_matrix_and_range_are_respected(media: type, tmp_path: Path, matrix: int, colour_range: int) -> None:
    """The decoder's Y′CbCr of a known red must come back as that red."""
    weights = {MATRIX_BT709: (0.2126, 0.7152, 0.0722), MATRIX_BT601: (0.299, 0.587, 0.114)}[matrix]
    offset, span, chroma_span = (16, 219, 224) if colour_range == 1 else (0, 255, 255)
    red = np.array([0.8, 0.2, 0.1])
    luma = float(np.dot(weights, red))
    code = [
        offset + span * luma,
        128 + chroma_span * (red[2] - luma) / (2 * (1 - weights[2])),
        128 + chroma_span * (red[0] - luma) / (2 * (1 - weights[0])),
    ]

    def picture(index: int) -> av.VideoFrame:
        planes = np.stack([np.full((32, 32), round(value), np.uint8) for value in code])
        frame = av.VideoFrame.from_ndarray(planes, "yuv444p")
        frame.colorspace, frame.color_range = matrix, colour_range
        return frame

    movie = media.movie(
        tmp_path / "a.mkv", 1, codec="ffv1", pixel_format="yuv444p", size=(32, 32), picture=picture,
        colour=(matrix, colour_range),
    )  # fmt: skip
    with open_reader(movie) as reader:
        np.testing.assert_allclose(reader.read(0)[:, 5, 5], red, atol=0.006)


@pytest.mark.parametrize(
    ("codec", "pixel_format"),
    [
        ("ffv1", "yuv420p"),
        ("ffv1", "yuv422p10le"),
        ("ffv1", "yuv444p12le"),
        ("ffv1", "bgr0"),
        ("png", "rgb24"),
        ("rawvideo", "yuyv422"),
    ],
)
def test_colours_agree_with_ffmpegs_own_conversion(media: type, tmp_path: Path, codec: str, pixel_format: str) -> None:
    container = "mov" if codec == "png" else "mkv"
    movie = media.movie(tmp_path / f"a.{container}", 3, codec=codec, pixel_format=pixel_format)
    with av.open(str(movie)) as container:
        frame = list(container.decode(video=0))[2]
        stated = {} if frame.format.is_rgb else {"src_colorspace": "ITU601"}
        theirs = frame.reformat(format="gbrp16le", **stated).to_ndarray()
    with open_reader(movie) as reader:
        ours = reader.read(2)
    difference = np.abs(ours.clip(0, 1) - theirs.transpose(2, 0, 1).astype(np.float32) / 65535)
    away_from_edges = difference[:, 24:-4, 4:-4]
    assert away_from_edges.max() < 0.012


def test_rotated_phone_movie_comes_upright(media: type, tmp_path: Path) -> None:
    def picture(index: int) -> np.ndarray:
        pixels = np.zeros((48, 80, 3), np.uint8)
        pixels[:12, :12] = 255
        return pixels

    movie = media.movie(tmp_path / "a.mp4", 3, size=(80, 48), rotation=90, picture=picture)
    with open_reader(movie) as reader:
        assert (reader.width, reader.height) == (48, 80)
        planes = reader.read(1)
    assert planes.shape == (3, 80, 48)
    assert planes[:, 74:, :6].min() > 0.9, "turned counterclockwise, the top left corner comes to lie bottom left"
    assert planes[:, :60, :].max() < 0.1


def test_truncated_movie_fails_at_the_frame_that_is_gone(media: type, tmp_path: Path) -> None:
    movie = media.movie(
        tmp_path / "whole.mov", FRAMES, codec="mjpeg", pixel_format="yuvj422p", muxing={"movflags": "faststart"}
    )
    data = movie.read_bytes()
    cut = tmp_path / "cut.mov"
    cut.write_bytes(data[: len(data) // 2])
    with open_reader(cut) as reader:
        assert reader.last_frame == FRAMES - 1
        lost = next(frame for frame in range(FRAMES) if not readable(reader, frame))
        assert FRAMES // 3 < lost < FRAMES * 2 // 3
        for frame in range(lost):
            assert media.number_in(reader.read(frame)) == frame
        with pytest.raises(MediaError, match=f"frame {lost} of {cut} "):
            reader.read(lost)
        with pytest.raises(MediaError, match="the file is cut short after frame"):
            reader.require(range(FRAMES))


def readable(reader: MovieReader, frame: int) -> bool:
    try:
        reader.read(frame)
    except MediaError:
        return False
    return True


def test_truncated_matroska_says_that_frames_are_gone(media: type, tmp_path: Path) -> None:
    movie = media.movie(tmp_path / "whole.mkv", FRAMES, options={"g": "10"})
    data = movie.read_bytes()
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(data[: len(data) // 2])
    with open_reader(cut) as reader:
        assert reader.last_frame > 50
        assert media.number_in(reader.read(10)) == 10
        with pytest.raises(MediaError, match="cut short after frame"):
            reader.read(reader.last_frame)


def test_damage_inside_a_movie_spares_the_frames_before_it(media: type, tmp_path: Path) -> None:
    movie = media.movie(tmp_path / "a.mov", 20, codec="png", pixel_format="rgb24")
    with av.open(str(movie)) as container:
        packets = [packet for packet in container.demux(video=0) if packet.size]
        start, size = packets[9].pos, packets[9].size
    data = bytearray(movie.read_bytes())
    data[start + size // 3 : start + size // 3 + 200] = bytes(200)
    broken = tmp_path / "broken.mov"
    broken.write_bytes(data)
    with open_reader(broken) as reader:
        assert [media.number_in(reader.read(frame)) for frame in range(9)] == list(range(9))
        with pytest.raises(MediaError, match=f"frame 9 of {broken} can't be decoded"):
            reader.read(9)
        assert media.number_in(reader.read(15)) == 15


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("empty.mp4", b"", "the file is empty"),
        ("noise.mp4", bytes(range(256)) * 64, "it is damaged, cut short or not a movie"),
        ("text.mov", b"not a movie at all\n" * 50, "it is damaged, cut short or not a movie"),
    ],
)
def test_files_that_are_no_movies_say_so(tmp_path: Path, name: str, content: bytes, message: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(MediaError, match=message) as caught:
        open_reader(tmp_path / name)
    assert str(tmp_path / name) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_movie_without_its_index_says_so(media: type, tmp_path: Path) -> None:
    data = media.movie(tmp_path / "whole.mp4", FRAMES).read_bytes()
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(data[: len(data) // 2])
    with pytest.raises(MediaError, match="can't be read as a movie"):
        open_reader(cut)


def test_sound_alone_is_no_clip(tmp_path: Path) -> None:
    with av.open(str(tmp_path / "a.mp4"), "w") as output:
        track = output.add_stream("aac", rate=48000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 1024), np.float32), format="fltp", layout="mono")
        frame.sample_rate = 48000
        output.mux(track.encode(frame))
        output.mux(track.encode(None))
    with pytest.raises(MediaError, match="holds no video"):
        open_reader(tmp_path / "a.mp4")


@pytest.mark.parametrize("name", ["a:b.mp4", "take #1 50%d.mp4", "-i.mp4", "crypto:x.mp4"])
def test_odd_file_names_are_just_names(name: str, media: type, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    media.movie(tmp_path / "plain.mp4", 3).rename(tmp_path / name)
    monkeypatch.chdir(tmp_path)
    with open_reader(name) as reader:
        assert media.number_in(reader.read(2)) == 2


def test_unknown_ending_and_missing_file_are_named(tmp_path: Path) -> None:
    (tmp_path / "a.xyz").write_bytes(b"1")
    with pytest.raises(MediaError, match=r"ends in '\.xyz', which reelmend doesn't read; it reads"):
        open_reader(tmp_path / "a.xyz")
    with pytest.raises(MediaError, match=r"gone\.mp4 does not exist"):
        open_reader(tmp_path / "gone.mp4")


def test_missing_pyav_names_the_extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from reelmend.media import pyav

    (tmp_path / "a.mp4").write_bytes(b"1")
    monkeypatch.setitem(__import__("sys").modules, "av", None)
    pyav.load_av.cache_clear()
    try:
        with pytest.raises(MediaError, match=r"pip install 'reelmend\[movies\]'"):
            open_reader(tmp_path / "a.mp4")
    finally:
        pyav.load_av.cache_clear()
