"""Movies that are whole or not there, and that carry over what their source had."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from reelmend.errors import MediaError
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType


def copy_movie(source: Path, target: Path, frames: range | None = None, **options: object) -> list[str]:
    with open_reader(source) as reader:
        numbers = frames or range(reader.first_frame, reader.last_frame + 1)
        with open_writer(target, like=reader, frames=numbers, **options) as writer:
            for frame in numbers:
                writer.write(frame, reader.read(frame))
        return writer.notes


def psnr_db(one: np.ndarray, other: np.ndarray) -> float:
    return float(10 * np.log10(1 / np.mean((one.astype(np.float64) - other) ** 2)))


@pytest.mark.parametrize(
    ("ending", "codec", "pixel_format", "floor_db"),
    [("mp4", "h264", "yuv420p", 38), ("mkv", "h264", "yuv420p", 38), ("mov", "prores", "yuv422p10le", 42)],
)
def test_written_movie_reads_back(
    ending: str, codec: str, pixel_format: str, floor_db: float, media: type, tmp_path: Path
) -> None:
    source = media.movie(tmp_path / "in.mp4", 30, rate=Fraction(24000, 1001), options={"crf": "8"})
    copy_movie(source, tmp_path / f"out.{ending}")
    with av.open(str(tmp_path / f"out.{ending}")) as container:
        context = container.streams.video[0].codec_context
        assert (context.name, context.pix_fmt) == (codec, pixel_format)
        assert (context.colorspace, context.color_primaries, context.color_trc, context.color_range) == (1, 1, 1, 1)
    with open_reader(source) as before, open_reader(tmp_path / f"out.{ending}") as after:
        assert (after.last_frame, after.frame_rate) == (29, Fraction(24000, 1001))
        for frame in (0, 13, 29):
            assert media.number_in(after.read(frame)) == frame
            assert psnr_db(before.read(frame).clip(0, 1), after.read(frame).clip(0, 1)) > floor_db


def test_deep_source_keeps_ten_bits_in_matroska(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mov", 3, codec="prores_ks", pixel_format="yuv422p10le")
    copy_movie(source, tmp_path / "out.mkv")
    with open_reader(tmp_path / "out.mkv") as reader:
        assert reader.pixel_type == PixelType(10)


def test_loss_of_depth_is_noted(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mov", 2, codec="prores_ks", pixel_format="yuv422p10le")
    assert copy_movie(source, tmp_path / "out.mp4") == ["10-bit integer samples are stored with 8 bits"]


def test_stated_colours_of_the_source_are_kept(media: type, tmp_path: Path) -> None:
    def picture(index: int) -> av.VideoFrame:
        frame = av.VideoFrame.from_ndarray(media.numbered_picture(index), "rgb24").reformat(format="yuv420p")
        frame.colorspace, frame.color_range, frame.color_primaries, frame.color_trc = 6, 1, 6, 6
        return frame

    source = media.movie(tmp_path / "in.mkv", 3, codec="ffv1", picture=picture, colour=(6, 1))
    copy_movie(source, tmp_path / "out.mp4")
    with open_reader(tmp_path / "out.mp4") as reader:
        assert reader.colour_tags == (6, 6, 6)
    with open_reader(source) as before, open_reader(tmp_path / "out.mp4") as after:
        assert np.abs(before.read(1) - after.read(1)).mean() < 0.01


@pytest.mark.parametrize(
    ("size", "pixel_format"), [((161, 96), "yuv444p"), ((160, 97), "yuv444p"), ((160, 96), "yuv420p")]
)
def test_odd_sizes_keep_their_size(size: tuple[int, int], pixel_format: str, tmp_path: Path) -> None:
    for ending in ("mp4", "mov"):
        with open_writer(tmp_path / f"a.{ending}", frame_rate=Fraction(25)) as writer:
            for frame in range(3):
                writer.write(frame, np.full((3, size[1], size[0]), 0.25, np.float32))
        with open_reader(tmp_path / f"a.{ending}") as reader:
            assert (reader.width, reader.height) == size
            assert reader.read(2).mean() == pytest.approx(0.25, abs=0.01)
    with av.open(str(tmp_path / "a.mp4")) as container:
        assert container.streams.video[0].codec_context.pix_fmt == pixel_format


def test_same_frames_give_the_same_file(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mp4", 40)
    for name in ("one.mp4", "two.mp4"):
        copy_movie(source, tmp_path / name)
    assert (tmp_path / "one.mp4").read_bytes() == (tmp_path / "two.mp4").read_bytes()


def test_sound_is_copied_packet_by_packet(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mp4", 50, sound="aac")
    assert copy_movie(source, tmp_path / "out.mkv") == []
    assert sound_of(tmp_path / "out.mkv")[1] == sound_of(source)[1]
    start_s, _ = sound_of(tmp_path / "out.mkv")
    assert start_s == pytest.approx(0, abs=0.03)


def test_sound_of_a_part_begins_with_the_part(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mp4", 75, sound="aac")
    copy_movie(source, tmp_path / "out.mp4", frames=range(25, 50))
    _, packets = sound_of(tmp_path / "out.mp4")
    whole_start_s, whole = sound_of(source)
    first = whole.index(packets[1]) - 1
    assert whole_start_s + first * 1024 / 48000 == pytest.approx(1.0, abs=0.03)
    assert len(packets) * 1024 / 48000 == pytest.approx(1.0, abs=0.06)


def test_sound_that_the_container_can_not_hold_is_noted(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mkv", 5, sound="wavpack")
    notes = copy_movie(source, tmp_path / "out.mp4")
    assert notes == ["the sound (wavpack) can't be stored in this kind of movie: left out"]


def sound_of(path: Path) -> tuple[float, list[bytes]]:
    with av.open(str(path)) as container:
        packets = [packet for packet in container.demux(audio=0) if packet.size]
        return float(packets[0].pts * packets[0].time_base), [bytes(packet) for packet in packets]


def test_frames_of_a_variable_rate_keep_their_times(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mkv", 6, times=[0, 1, 2, 10, 11, 30])
    copy_movie(source, tmp_path / "out.mp4")
    with open_reader(source) as before, open_reader(tmp_path / "out.mp4") as after:
        times = [(float(before.time_s(frame)), float(after.time_s(frame))) for frame in range(6)]
    assert all(abs(one - other) < 0.002 for one, other in times), times


def test_title_is_carried_over(media: type, tmp_path: Path) -> None:
    media.movie(tmp_path / "in.mkv", 3, metadata={"title": "The Great Train Robbery"})
    copy_movie(tmp_path / "in.mkv", tmp_path / "out.mp4")
    with av.open(str(tmp_path / "out.mp4")) as container:
        assert container.metadata["title"] == "The Great Train Robbery"


def test_timecode_goes_with_a_movie_that_begins_where_its_source_does(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mov", 10, metadata={"timecode": "01:02:03:04"})
    assert timecode_of(source) == "01:02:03:04"
    copy_movie(source, tmp_path / "out.mov")
    assert timecode_of(tmp_path / "out.mov") == "01:02:03:04"
    copy_movie(source, tmp_path / "part.mov", frames=range(4, 8))
    assert timecode_of(tmp_path / "part.mov") == ""


def timecode_of(path: Path) -> str:
    with av.open(str(path)) as container:
        return container.streams.video[0].metadata.get("timecode", "")


def test_alpha_goes_into_prores_and_is_refused_where_it_would_be_lost(media: type, tmp_path: Path) -> None:
    rgba = np.full((32, 64, 4), 128, np.uint8)
    rgba[:, :, 3] = np.arange(64) * 4
    for frame in (1, 2):
        media.picture(tmp_path / f"in.{frame}.png", rgba, "uint8")
    copy_movie(tmp_path / "in.#.png", tmp_path / "out.mov")
    with open_reader(tmp_path / "out.mov") as reader:
        assert reader.has_alpha
        assert np.abs(reader.alpha(0) - rgba[:, :, 3] / 255).max() < 0.01
    with pytest.raises(MediaError, match=r"can't hold alpha, and frame 1 is not opaque; write \.mov"):
        copy_movie(tmp_path / "in.#.png", tmp_path / "out.mp4")
    assert not (tmp_path / "out.mp4").exists()


def test_opaque_alpha_is_no_obstacle(media: type, tmp_path: Path) -> None:
    media.picture(tmp_path / "in.1.png", np.full((32, 64, 4), 255, np.uint8), "uint8")
    copy_movie(tmp_path / "in.1.png", tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").exists()


def test_movie_has_its_name_only_when_whole(tmp_path: Path) -> None:
    writer = open_writer(tmp_path / "a.mp4")
    for frame in range(3):
        writer.write(frame, np.full((3, 48, 64), 0.5, np.float32))
        assert not (tmp_path / "a.mp4").exists()
        assert [path.name[0] for path in tmp_path.iterdir()] == ["."]
    writer.close()
    assert [path.name for path in tmp_path.iterdir()] == ["a.mp4"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError, SystemExit])
def test_interruption_leaves_nothing(error: type[BaseException], tmp_path: Path) -> None:
    with suppress(error), open_writer(tmp_path / "a.mp4") as writer:
        writer.write(0, np.full((3, 48, 64), 0.5, np.float32))
        raise error
    assert list(tmp_path.iterdir()) == []
    writer.abort()


def test_replaced_movie_stays_until_the_new_one_is_whole(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"old")
    with pytest.raises(MediaError, match=r"a\.mp4 exists already"):
        open_writer(tmp_path / "a.mp4")
    with suppress(RuntimeError), open_writer(tmp_path / "a.mp4", overwrite=True) as writer:
        writer.write(0, np.full((3, 48, 64), 0.5, np.float32))
        raise RuntimeError
    assert (tmp_path / "a.mp4").read_bytes() == b"old"
    with open_writer(tmp_path / "a.mp4", overwrite=True) as writer:
        writer.write(0, np.full((3, 48, 64), 0.5, np.float32))
    assert (tmp_path / "a.mp4").stat().st_size > 500


def test_source_movie_is_never_overwritten(media: type, tmp_path: Path) -> None:
    source = media.movie(tmp_path / "in.mp4", 3)
    (tmp_path / "link.mp4").symlink_to(source)
    (tmp_path / "hard.mp4").hardlink_to(source)
    for name in ("in.mp4", "link.mp4", "hard.mp4"):
        with pytest.raises(MediaError, match="is the source itself, which is never overwritten"):
            copy_movie(source, tmp_path / name, overwrite=True)


def test_frames_must_come_in_order_and_in_one_size(tmp_path: Path) -> None:
    planes = np.full((3, 48, 64), 0.5, np.float32)
    writer = open_writer(tmp_path / "a.mp4")
    writer.write(5, planes)
    with pytest.raises(MediaError, match="frame 5 came after frame 5; movies are written in order"):
        writer.write(5, planes)
    writer = open_writer(tmp_path / "a.mp4")
    writer.write(1, planes)
    with pytest.raises(MediaError, match="frame 2 is 32×48, the movie is 64×48"):
        writer.write(2, planes[:, :, :32])
    assert list(tmp_path.iterdir()) == []


def test_empty_movie_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match="would be empty"), open_writer(tmp_path / "a.mp4"):
        pass


def write_noise(path: Path) -> None:
    random = np.random.default_rng(0)
    with open_writer(path) as writer:
        for frame in range(100):
            writer.write(frame, random.random((3, 144, 176), np.float32))


def test_full_disk_is_a_clear_error_and_leaves_nothing(tmp_path: Path) -> None:
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(MediaError) as caught:
            write_noise(tmp_path / "a.mp4")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert (
        str(caught.value)
        == f"{tmp_path}/a.mp4 can't be written: File too large; free some space or name another output"
    )
    assert list(tmp_path.iterdir()) == []
