"""Image sequences in and out: the file's own depth, numbers, alpha and metadata."""

from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import numpy as np
import OpenImageIO as oiio  # noqa: N813
import pytest

from reelmend.errors import MediaError
from reelmend.media import open_reader, open_writer
from reelmend.media.image_files import read_header
from reelmend.media.interface import PixelType


def stored(path: Path) -> np.ndarray:
    """Return a file's samples as they are stored, without OpenImageIO multiplying by alpha."""
    config = oiio.ImageSpec()
    config.attribute("oiio:UnassociatedAlpha", 1)
    file = oiio.ImageInput.open(str(path), config)
    return file.read_image(0, 0, 0, file.spec().nchannels, file.spec().format)


def copy_clip(source: Path, target: Path, **options: object) -> list[str]:
    with open_reader(source) as reader, open_writer(target, like=reader, **options) as writer:
        for frame in range(reader.first_frame, reader.last_frame + 1):
            writer.write(frame, reader.read(frame))
        return writer.notes


def all_codes(bits: int) -> np.ndarray:
    """Return a (16, …, 3) picture that holds every code value of so many bits."""
    codes = np.arange(1 << bits, dtype=np.uint16).reshape(16, -1)
    return np.stack([codes, codes[::-1], codes[:, ::-1]], axis=2)


@pytest.mark.parametrize(
    ("ending", "bits"),
    [("png", 8), ("png", 16), ("tif", 8), ("tif", 16), ("dpx", 8), ("dpx", 10), ("dpx", 12), ("dpx", 16)],
)
def test_every_code_value_is_read_exactly_and_survives(ending: str, bits: int, media: type, tmp_path: Path) -> None:
    codes = all_codes(bits)
    pixels = codes.astype(np.uint8) if bits == 8 else (codes << (16 - bits)) | (codes >> (2 * bits - 16))
    media.picture(
        tmp_path / f"in.0101.{ending}", pixels, "uint8" if bits == 8 else "uint16", {"oiio:BitsPerSample": bits}
    )
    with open_reader(tmp_path / f"in.%04d.{ending}") as reader:
        assert reader.pixel_type == PixelType(bits)
        planes = reader.read(101)
    np.testing.assert_array_equal(planes, codes.transpose(2, 0, 1).astype(np.float32) / np.float32((1 << bits) - 1))
    copy_clip(tmp_path / f"in.%04d.{ending}", tmp_path / f"out.%04d.{ending}")
    np.testing.assert_array_equal(stored(tmp_path / f"out.0101.{ending}"), pixels)
    assert read_header(tmp_path / f"out.0101.{ending}").pixel_type == PixelType(bits)


@pytest.mark.parametrize("kind", ["half", "float"])
def test_float_values_pass_untouched(kind: str, media: type, tmp_path: Path) -> None:
    strange = np.array([np.nan, np.inf, -np.inf, -3.5, 12000.0, 0.1, 0.0, 6e-5], np.float16 if kind == "half" else "f4")
    pixels = np.repeat(strange.reshape(2, 4, 1), 3, axis=2)
    media.picture(tmp_path / "in.1.exr", pixels, kind)
    with open_reader(tmp_path / "in.1.exr") as reader:
        assert reader.pixel_type == PixelType(16 if kind == "half" else 32, is_float=True)
        np.testing.assert_array_equal(reader.read(1), pixels.transpose(2, 0, 1).astype(np.float32))
    copy_clip(tmp_path / "in.#.exr", tmp_path / "out.#.exr")
    np.testing.assert_array_equal(stored(tmp_path / "out.1.exr"), pixels)


def test_values_beyond_half_become_its_largest_not_infinity(tmp_path: Path) -> None:
    planes = np.full((3, 2, 2), 1e6, np.float32)
    planes[0, 0, 0] = np.inf
    with open_writer(tmp_path / "a.%d.exr", frames=[1], pixel_type=PixelType(16, is_float=True)) as writer:
        writer.write(1, planes)
    written = stored(tmp_path / "a.1.exr")
    assert written[1, 1, 0] == 65504
    assert np.isinf(written[0, 0, 0])


def test_integers_are_rounded_to_nearest_and_clipped(tmp_path: Path) -> None:
    values = np.array([-1, 0.4 / 255, 0.6 / 255, 254.49 / 255, 254.51 / 255, 7, np.nan, np.inf], np.float32)
    with open_writer(tmp_path / "a.%d.png", frames=[1], pixel_type=PixelType(8)) as writer:
        writer.write(1, np.broadcast_to(values, (3, 1, 8)))
    assert stored(tmp_path / "a.1.png")[0, :, 0].tolist() == [0, 0, 1, 254, 255, 255, 0, 255]


@pytest.mark.parametrize("ending", ["png", "tif", "exr"])
def test_alpha_is_kept_aside_and_put_back(ending: str, media: type, tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    if ending == "exr":
        pixels, kind = random.random((8, 8, 4)).astype(np.float16), "half"
    else:
        pixels, kind = random.integers(0, 256, (8, 8, 4)).astype(np.uint8), "uint8"
    media.picture(tmp_path / f"in.1.{ending}", pixels, kind, {"oiio:UnassociatedAlpha": 1})
    with open_reader(tmp_path / f"in.1.{ending}") as reader:
        assert reader.has_alpha
        top = np.float32(1 if ending == "exr" else 255)
        np.testing.assert_array_equal(reader.alpha(1), pixels[..., 3].astype(np.float32) / top)
        np.testing.assert_array_equal(reader.read(1)[0], pixels[..., 0].astype(np.float32) / top)
    copy_clip(tmp_path / f"in.#.{ending}", tmp_path / f"out.#.{ending}")
    np.testing.assert_array_equal(stored(tmp_path / f"out.1.{ending}"), pixels)


def test_straight_colours_are_multiplied_when_they_go_to_exr(media: type, tmp_path: Path) -> None:
    straight = {"oiio:UnassociatedAlpha": 1}
    media.picture(tmp_path / "in.1.png", np.full((2, 2, 4), (255, 102, 0, 51), np.uint8), "uint8", straight)
    copy_clip(tmp_path / "in.1.png", tmp_path / "out.%d.exr")
    np.testing.assert_allclose(stored(tmp_path / "out.1.exr")[0, 0], [0.2, 0.08, 0, 0.2], atol=1e-3)


def test_grey_comes_as_three_equal_planes(media: type, tmp_path: Path) -> None:
    media.picture(tmp_path / "in.1.png", np.arange(16, dtype=np.uint8).reshape(4, 4, 1), "uint8")
    with open_reader(tmp_path / "in.1.png") as reader:
        planes = reader.read(1)
        assert not reader.has_alpha
    assert planes.shape == (3, 4, 4)
    assert (planes[0] == planes[2]).all()


def test_channels_are_found_by_name(media: type, tmp_path: Path) -> None:
    pixels = np.stack([np.full((2, 2), value, np.float32) for value in (0.4, 0.3, 0.2, 0.1, 9.0)], axis=2)
    media.picture(tmp_path / "in.1.exr", pixels, "float", channels=("A", "B", "G", "R", "Z"))
    with open_reader(tmp_path / "in.1.exr") as reader:
        assert reader.read(1)[:, 0, 0].tolist() == pytest.approx([0.1, 0.2, 0.3])
        assert reader.alpha(1)[0, 0] == pytest.approx(0.4)
    assert copy_clip(tmp_path / "in.1.exr", tmp_path / "out.%d.exr") == ["channels Z are not carried over"]


def test_exr_metadata_is_carried_over_frame_by_frame(media: type, tmp_path: Path) -> None:
    for frame in (10, 11):
        attributes = {
            "smpte:TimeCode": ("timecode", (0x10000000 + frame, 7)),
            "FramesPerSecond": ("rational", (24000, 1001)),
            "chromaticities": ("float[8]", (0.7, 0.3, 0.2, 0.7, 0.1, 0.05, 0.3, 0.33)),
            "camera": "Mitchell",
            "compression": "piz",
        }
        media.picture(tmp_path / f"in.{frame}.exr", np.zeros((4, 4, 3), np.float16), "half", attributes)
    with open_reader(tmp_path) as reader:
        assert reader.frame_rate == Fraction(24000, 1001)
    out = tmp_path / "out"
    out.mkdir()
    copy_clip(tmp_path / "in.##.exr", out)
    spec = read_header(out / "in.11.exr").spec
    assert tuple(spec.getattribute("smpte:TimeCode")) == (0x10000000 + 11, 7)
    assert spec.get_string_attribute("camera") == "Mitchell"
    assert spec.get_string_attribute("compression") == "piz"
    assert tuple(spec.getattribute("FramesPerSecond")) == (24000, 1001)
    assert spec.getattribute("chromaticities")[0] == pytest.approx(0.7)


def test_data_window_smaller_than_the_picture_is_filled_with_zero(tmp_path: Path) -> None:
    write_window(tmp_path / "in.1.exr", data=(2, 1, 4, 3), display=(0, 0, 8, 6), value=0.5)
    write_window(tmp_path / "in.2.exr", data=(0, 0, 8, 6), display=(0, 0, 8, 6), value=0.5)
    with open_reader(tmp_path / "in.#.exr") as reader:
        planes = reader.read(1)
        assert (reader.width, reader.height) == (8, 6)
        assert reader.read(2).min() == 0.5
    assert (planes[:, 1:4, 2:6] == 0.5).all()
    assert planes.sum() == 0.5 * 3 * 4 * 3


def test_pixels_outside_the_picture_are_kept(tmp_path: Path) -> None:
    write_window(tmp_path / "in.1.exr", data=(-2, -1, 12, 8), display=(0, 0, 8, 6), value=0.25)
    copy_clip(tmp_path / "in.1.exr", tmp_path / "out.%d.exr")
    spec = read_header(tmp_path / "out.1.exr").spec
    assert (spec.x, spec.y, spec.width, spec.height) == (-2, -1, 12, 8)
    assert (spec.full_x, spec.full_y, spec.full_width, spec.full_height) == (0, 0, 8, 6)


def write_window(path: Path, data: tuple[int, ...], display: tuple[int, ...], value: float) -> None:
    spec = oiio.ImageSpec(data[2], data[3], 3, "half")
    spec.x, spec.y = data[:2]
    spec.full_x, spec.full_y, spec.full_width, spec.full_height = display
    output = oiio.ImageOutput.create(str(path))
    output.open(str(path), spec)
    output.write_image(np.full((data[3], data[2], 3), value, np.float16))
    output.close()


@pytest.mark.parametrize(
    ("source", "target", "expected"),
    [
        (PixelType(8), "png", PixelType(8)),
        (PixelType(10), "png", PixelType(16)),
        (PixelType(8), "dpx", PixelType(10)),
        (PixelType(12), "dpx", PixelType(12)),
        (PixelType(8), "exr", PixelType(16, is_float=True)),
        (PixelType(16), "exr", PixelType(32, is_float=True)),
        (PixelType(16, is_float=True), "tif", PixelType(16, is_float=True)),
        (PixelType(16, is_float=True), "png", PixelType(16)),
    ],
)
def test_new_kind_of_file_keeps_the_depth_it_can(source: PixelType, target: str, expected: PixelType) -> None:
    from reelmend.media.sequence_writer import stored_type

    assert stored_type(f".{target}", source) == expected


def test_gap_is_named_before_rendering_and_at_reading(media: type, tmp_path: Path) -> None:
    for frame in (1, 2, 4, 6):
        media.picture(tmp_path / f"a.{frame:04d}.png", np.zeros((4, 4, 3), np.uint8), "uint8")
    with open_reader(tmp_path / "a.####.png") as reader:
        assert (reader.first_frame, reader.last_frame) == (1, 6)
        reader.require([1, 2, 4])
        with pytest.raises(MediaError, match=r"frame 3 and 1 more of .* is missing: there is no a\.0003\.png"):
            reader.require(range(1, 7))
        with pytest.raises(MediaError, match="frame 5 of"):
            reader.read(5)
        with pytest.raises(MediaError, match="has no frame 7; it has frames 1 to 6"):
            reader.read(7)


def test_change_of_size_names_the_file(media: type, tmp_path: Path) -> None:
    media.picture(tmp_path / "a.1.png", np.zeros((4, 6, 3), np.uint8), "uint8")
    media.picture(tmp_path / "a.2.png", np.zeros((4, 8, 3), np.uint8), "uint8")
    with open_reader(tmp_path / "a.1.png") as reader, pytest.raises(MediaError) as caught:
        reader.read(2)
    assert (
        str(caught.value) == f"{tmp_path}/a.2.png is 8×4 pixels, but the clip is 6×4; all its frames must have one size"
    )


@pytest.mark.parametrize("ending", ["png", "tif", "exr", "dpx"])
@pytest.mark.parametrize("kept", [0.0, 0.02, 0.5, 0.95])
def test_truncated_images_say_which_file(ending: str, kept: float, media: type, tmp_path: Path) -> None:
    noise = np.random.default_rng(1).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    path = media.picture(tmp_path / f"a.1.{ending}", noise, "half" if ending == "exr" else "uint8")
    data = path.read_bytes()
    path.write_bytes(data[: int(len(data) * kept)])
    with pytest.raises(MediaError) as caught:
        open_reader(path).read(1)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_text_named_png_and_zero_sized_image_are_refused(media: type, tmp_path: Path) -> None:
    (tmp_path / "a.1.png").write_text("hello" * 100)
    with pytest.raises(MediaError, match=r"a\.1\.png"):
        open_reader(tmp_path / "a.1.png")
    path = media.picture(tmp_path / "b.1.png", np.zeros((4, 4, 3), np.uint8), "uint8")
    data = bytearray(path.read_bytes())
    data[16:20] = bytes(4)  # the width in the header
    path.write_bytes(data)
    with pytest.raises(MediaError, match=r"b\.1\.png"):
        open_reader(path)


def test_pattern_without_files_says_so(tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=r"no file matches .*/shot\.%04d\.exr"):
        open_reader(tmp_path / "shot.####.exr")


def test_existing_frames_are_not_replaced_unless_allowed(media: type, tmp_path: Path) -> None:
    for frame in (1, 2):
        media.picture(tmp_path / f"in.{frame}.png", np.full((4, 4, 3), 9, np.uint8), "uint8")
    media.picture(tmp_path / "out.2.png", np.zeros((4, 4, 3), np.uint8), "uint8")
    with pytest.raises(MediaError, match=r"out\.2\.png exists already; .* --overwrite"):
        copy_clip(tmp_path / "in.#.png", tmp_path / "out.#.png")
    assert not (tmp_path / "out.1.png").exists()
    copy_clip(tmp_path / "in.#.png", tmp_path / "out.#.png", overwrite=True)
    assert stored(tmp_path / "out.2.png").min() == 9


def test_source_is_never_overwritten_even_through_a_link(media: type, tmp_path: Path) -> None:
    media.picture(tmp_path / "in.1.png", np.full((4, 4, 3), 9, np.uint8), "uint8")
    (tmp_path / "link").symlink_to(tmp_path, target_is_directory=True)
    for target in (tmp_path / "in.#.png", tmp_path / "link" / "in.%d.png", tmp_path):
        with pytest.raises(MediaError, match="is the source itself"):
            copy_clip(tmp_path / "in.#.png", target, overwrite=True)


def test_failed_frame_leaves_the_finished_ones_and_nothing_else(media: type, tmp_path: Path) -> None:
    with open_writer(tmp_path / "a.%d.png", frames=[1, 2]) as writer:
        writer.write(1, np.zeros((3, 4, 4), np.float32))
    with suppress(KeyboardInterrupt), open_writer(tmp_path / "a.%d.png", frames=[2, 3]) as writer:
        writer.write(2, np.zeros((3, 4, 4), np.float32))
        raise KeyboardInterrupt
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.1.png", "a.2.png"]


def test_folder_vanishing_in_the_middle_is_a_clear_error(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    writer = open_writer(folder / "a.%d.exr", frames=[1])
    folder.rmdir()
    writer.write(1, np.zeros((3, 4, 4), np.float32))
    with pytest.raises(MediaError) as caught:
        writer.close()
    assert str(caught.value).startswith(f"{folder}/a.1.exr can't be written: ")


def test_failure_stops_a_long_clip_soon(tmp_path: Path) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    writer = open_writer(folder / "a.%d.exr", frames=range(100))
    folder.rmdir()
    written: list[int] = []
    with suppress(MediaError):
        for frame in range(100):
            writer.write(frame, np.zeros((3, 4, 4), np.float32))
            written.append(frame)
    assert len(written) < 10


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("no/a.%d.png", "folder .*/no does not exist; create it with: mkdir -p"),
        ("a.xyz", r"ends in '\.xyz', which reelmend doesn't write; it writes \.dpx"),
        ("a.jpg", r"ends in '\.jpg', which reelmend doesn't write"),
        ("one.png", r"can hold one frame only, but 2 are wanted; name it .*/one\.%04d\.png"),
        (".", r"is a folder; name the files in it, such as"),
    ],
)
def test_impossible_outputs_are_refused_before_rendering(target: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError, match=message):
        open_writer(tmp_path / target, frames=[1, 2])
