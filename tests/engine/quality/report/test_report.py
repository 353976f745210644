"""What stands in the file, from clips of every kind, and what is refused."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tracemalloc
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from reelmend.errors import BadRequestError, MediaError, NotFoundError
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from reelmend.quality import Restoration, Scene, find_timeline, flow_steps_dis, mean_luma_series, take
from reelmend.quality.errors import QualityError
from reelmend.quality.registry import MEASURES, Direction
from reelmend.quality.report import Display, Report, streaming, write_report
from reelmend.quality.report.charts import make_chart
from reelmend.quality.report.clips import ClipFrames, MatteFrames, aligned_numbers
from reelmend.quality.report.digests import clip_name
from reelmend.quality.report.page import number_text
from reelmend.quality.report.pictures import area_of_largest_change, make_shot, overlay_uri, screen_values
from reelmend.quality.report.readings import definition_of, verdict
from reelmend.quality.report.survey import ReportClips, choose_frames, survey
from support.clips import moving_scene

FLOAT = PixelType(32, is_float=True)


def plain(items: Any, _count: int, _title: str) -> Any:
    yield from items


def pictures_of(uri: str) -> np.ndarray:
    """Decode a data URI to (H, W, channels), RGB order."""
    data = np.frombuffer(base64.b64decode(uri.partition(",")[2]), np.uint8)
    pixels = cv2.imdecode(data, cv2.IMREAD_UNCHANGED)
    return cv2.cvtColor(pixels, cv2.COLOR_BGRA2RGBA if pixels.shape[2] == 4 else cv2.COLOR_BGR2RGB)


def hwc(frames: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(frames.transpose(0, 2, 3, 1))


def test_file_holds_everything_and_names_no_other(report: Report) -> None:
    text = report.output.read_text()
    assert 100_000 < report.size_bytes == len(text.encode()) < 4_000_000
    sources = re.findall(r"(?:src|href)=[\"']?([^\"'\s>]{1,40})", text.partition("<script>")[0])
    assert len(sources) > 40
    others = {source for source in sources if not source.startswith(("data:image/", "data:,", "#"))}
    assert others == {"x"}  # in the hostile names, which are text
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|https?://", text)
    assert "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'sha256-" in text


def test_measures_are_those_of_clips_in_memory(restored: Any, report: Report) -> None:
    before, after = hwc(restored.before), hwc(restored.after)
    scene = Scene(before, truth=after)
    expected = {reading.measure: reading for reading in take(Restoration(scene, after, restored.matte))}
    source = {reading.measure: reading.value for reading in take(Restoration(scene, before))}
    assert [row.name for row in report.rows] == list(expected)
    for row in report.rows:
        value = expected[row.name].value
        assert row.after == (None if value is None else pytest.approx(value, rel=1e-9)), row.name
        assert row.note == expected[row.name].note
        if row.before is not None:
            assert row.before == pytest.approx(source[row.name], rel=1e-9), row.name
    compared = {row.name for row in report.rows if row.before is not None}
    assert {"psnr", "flicker_std_global", "warp_error_dis"} <= compared
    assert not {"harm", "grain_kept", "matte_recall"} & compared


def test_flow_of_a_long_clip_is_found_as_it_is_read(monkeypatch: pytest.MonkeyPatch, restored: Any) -> None:
    frames = hwc(restored.before)[:5]
    held = flow_steps_dis(frames)
    for streamed in (streaming.StreamedFlow(frames),):
        assert len(streamed) == 4
        for index in (0, 1, 2, 3, 1, 0):
            np.testing.assert_array_equal(streamed[index].backward_px, held[index].backward_px)
            np.testing.assert_array_equal(streamed[index].valid, held[index].valid)
        with pytest.raises(IndexError):
            streamed[4]
    monkeypatch.setattr(streaming, "HELD_FLOW_BYTES", 0)
    assert isinstance(streaming.StreamedScene(frames).flow, streaming.StreamedFlow)
    values = [
        take(Restoration(kind(frames), frames[::-1]))[-1].value for kind in (Scene, streaming.StreamedScene)
    ]  # warp error
    assert values[0] is not None
    assert values[0] == values[1]


def test_survey_tells_light_change_and_cuts(restored: Any) -> None:
    with (
        open_reader(restored.folder / "before.%04d.png") as before,
        open_reader(restored.folder / "after.%04d.png") as after,
    ):
        clips = ReportClips(ClipFrames(before, range(101, 113)), ClipFrames(after, range(101, 113)))
        found = survey(clips, 64, plain)
    np.testing.assert_allclose(found.before.mean_luma, mean_luma_series(hwc(restored.before)), rtol=1e-6)
    np.testing.assert_allclose(found.after.mean_luma, mean_luma_series(hwc(restored.after)), rtol=1e-6)
    change = 255 * np.abs(restored.after - restored.before).mean(axis=(1, 2, 3))
    np.testing.assert_allclose(found.change_levels, change, rtol=1e-4)
    np.testing.assert_allclose(found.identical_share, 1 - 30 * 40 / (272 * 480), atol=1e-4)
    assert found.timeline == find_timeline(hwc(restored.before))
    assert sorted(found.sheet) == list(range(12))
    assert found.sheet[0][0].shape == (36, 64, 3)


def test_memory_does_not_grow_with_the_clip(tmp_path: Path) -> None:
    with open_writer(tmp_path / "long.%04d.png", frames=range(60)) as writer:
        for number, planes in enumerate(moving_scene(60, 320, 180)):
            writer.write(number, planes)
    frame_bytes = 320 * 180 * 3 * 4

    def peak(count: int) -> int:
        with open_reader(tmp_path / "long.%04d.png") as reader:
            clips = ReportClips(ClipFrames(reader, range(count)), ClipFrames(reader, range(count)))
            tracemalloc.start()
            survey(clips, 32, plain)
            _, most = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        return most

    peak(5)
    assert peak(60) - peak(10) < 50 * frame_bytes / 20


def test_frames_are_kept_within_their_share_of_memory(restored: Any) -> None:
    with open_reader(restored.folder / "before.%04d.png") as reader:
        frame_bytes = reader.width * reader.height * 3 * 4
        clip = ClipFrames(reader, range(101, 113), held_bytes=3 * frame_bytes)
        first = [clip[index] for index in range(12)]
        again = [clip[index] for index in range(12)]
    assert [one is two for one, two in zip(first, again, strict=True)] == [True] * 3 + [False] * 9
    for one, two in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, two)


def test_frames_shown_are_those_that_changed_most_all_over_the_clip() -> None:
    change = [0.0] * 60
    change[3], change[17], change[18], change[59] = 5, 9, 8, 1
    assert choose_frames(change, 6) == [3, 17, 25, 35, 45, 59]
    assert choose_frames([1.0, 2.0], 6) == [0, 1]
    assert choose_frames([0.0], 6) == [0]


def test_frames_of_one_s_own_choice_are_shown(restored: Any) -> None:
    written = write_report(restored.request("own.html", shown=(110, 103), measured=False), plain)
    assert written.shown == (103, 110)
    assert written.rows == ()
    assert 'data-frame="110"' in written.output.read_text()
    with pytest.raises(BadRequestError, match=r"frame 99 can't be shown, the report is of frames 101-112"):
        write_report(restored.request("none.html", shown=(99,)), plain)
    with pytest.raises(BadRequestError, match=r"41 frames can't be shown, .*; name 40 at most"):
        write_report(restored.request("none.html", frames=range(101, 200), shown=tuple(range(101, 142))), plain)
    assert not (restored.folder / "none.html").exists()


def test_difference_is_amplified_around_middle_grey() -> None:
    before = np.full((40, 60, 3), 0.5, np.float32)
    after = before.copy()
    after[10:20, 10:20] += 0.02
    after[30:40, 30:40] -= 0.05
    shot = make_shot("whole", before, after, {}, 8.0, Display.AS_IS)
    seen = pictures_of(shot.difference).astype(float)
    assert np.abs(seen[0:8, 40:60] - 128).max() <= 2
    assert np.abs(seen[12:18, 12:18] - 255 * (0.5 + 8 * 0.02)).max() <= 4
    assert np.abs(seen[33:38, 33:38] - 255 * (0.5 - 8 * 0.05)).max() <= 4


def test_overlay_is_opaque_where_the_matte_is_and_shows_the_smallest_speck() -> None:
    matte = np.zeros((1000, 4000), np.float32)
    matte[500, 2000] = 1.0
    seen = pictures_of(overlay_uri(matte, (255, 64, 190)))
    assert seen.shape == (320, 1280, 4)
    assert seen[..., 3].max() > 50
    assert (seen[..., 3] > 0).sum() <= 9
    assert tuple(seen[np.unravel_index(seen[..., 3].argmax(), seen.shape[:2])][:3]) == (255, 64, 190)


def test_values_beyond_the_screen_are_shown_at_its_ends() -> None:
    values = np.array([[[-1, 0, 0.5], [1, 7, np.inf], [-np.inf, np.nan, 0.18]]], np.float32)
    assert screen_values(values, Display.AS_IS).tolist() == [[[0, 0, 128], [255, 255, 255], [0, 0, 46]]]
    assert screen_values(values, Display.LINEAR)[0, 2, 2] == 118  # sRGB of 18 % grey


def test_detail_stands_around_the_largest_change_within_the_picture() -> None:
    before = np.zeros((400, 800, 3), np.float32)
    after = before.copy()
    after[2:12, 780:790] = 1
    area = area_of_largest_change(before, after, None)
    assert area is not None
    assert (area.top, area.left, area.height, area.width) == (0, 600, 100, 200)
    matte = np.zeros((400, 800), np.float32)
    matte[300:310, 100:110] = 1
    after[300:310, 100:110] = 0.5
    area = area_of_largest_change(before, after, matte)
    assert area is not None
    assert abs(area.top + 50 - 305) < 30
    assert abs(area.left + 100 - 105) < 55
    middle = area_of_largest_change(before, before, matte)
    assert middle is not None
    assert (middle.top, middle.left) == (150, 300)
    assert area_of_largest_change(before[:64, :96], after[:64, :96], None) is None


def test_chart_keeps_every_extreme_of_a_long_clip() -> None:
    values = np.zeros(100_000)
    values[77_777], values[12_345] = 1.0, -1.0
    chart = make_chart("Light", "%", {"before": values}, range(1, 100_001), (50_000,))
    path = chart.curves[0].path
    assert path.count("L") < 3100
    downs = [float(point.split()[1]) for point in path[1:].split(" L")]
    assert min(downs) == pytest.approx(240 * 0.06 / 1.12, abs=0.5)
    assert max(downs) == pytest.approx(240 * 1.06 / 1.12, abs=0.5)
    assert chart.cuts_percent == (pytest.approx(50.0, abs=0.01),)
    assert [tick.text for tick in chart.columns][-1] == "100000"


def test_single_black_frame_makes_a_report(tmp_path: Path) -> None:
    for name in ("one", "two"):
        with open_writer(tmp_path / f"{name}.0007.png", frames=[7]) as writer:
            writer.write(7, np.zeros((3, 64, 96), np.float32))
    with open_reader(tmp_path / "one.%04d.png") as reader:
        assert clip_name(reader) == "one"
    written = write_report(_request(tmp_path, "one.%04d.png", "two.%04d.png", range(7, 8)), plain)
    assert written.shown == (7,)
    assert {row.name: row.note for row in written.rows}["warp_error_dis"] == "not measured: needs at least 3 frames"
    assert "1 frame, 7 to 7" in written.output.read_text()


def test_16_bit_samples_are_compared_in_full_depth(tmp_path: Path) -> None:
    scene = moving_scene(4, 96, 64, grain=0.0)
    for name, lift in (("one", 0), ("two", 1 / 65535)):
        with open_writer(tmp_path / f"{name}.%04d.png", frames=range(4), pixel_type=PixelType(16)) as writer:
            for number, planes in enumerate(scene):
                writer.write(number, planes + np.float32(lift))
    written = write_report(_request(tmp_path, "one.%04d.png", "two.%04d.png", range(4)), plain)
    assert [file.samples for file in written.files] == ["16-bit integer"] * 2
    told = re.search(r"Mean change</span><strong>([\d.]+) levels", written.output.read_text())
    assert told is not None
    assert float(told[1]) == pytest.approx(255 / 65535, rel=0.05)


def test_floats_beyond_1_are_measured_unclipped_and_nan_leaves_the_clip_out(tmp_path: Path) -> None:
    scene = 4 * moving_scene(4, 96, 64)
    _write_exr(tmp_path / "one.%04d.exr", scene)
    _write_exr(tmp_path / "two.%04d.exr", scene * np.float32(1.5))
    written = write_report(_request(tmp_path, "one.%04d.exr", "two.%04d.exr", range(4)), plain)
    rows = {row.name: row for row in written.rows}
    assert rows["grain_kept"].after == pytest.approx(2.25, rel=1e-3)
    assert any(note.startswith("Floating-point samples are shown as stored, clipped") for note in written.notes)
    scene[2, :, 5, 5] = np.nan
    _write_exr(tmp_path / "three.%04d.exr", scene)
    request = _request(tmp_path, "one.%04d.exr", "three.%04d.exr", range(4))
    written = write_report(replace(request, display=Display.LINEAR), plain)
    assert any(note.startswith("1 of 4 frames hold values that are not finite") for note in written.notes)
    assert all(row.after is None and "NaN" in row.note for row in written.rows if row.name.startswith("flicker_std"))
    assert "<path" in written.output.read_text()
    assert "nan" not in re.findall(r'd="M[^"]*"', written.output.read_text())[0]


def test_part_that_was_rendered_is_compared_with_the_same_part_of_the_source(restored: Any, tmp_path: Path) -> None:
    with open_writer(tmp_path / "part.%04d.png", frames=range(4)) as writer:
        for number in range(4):
            writer.write(number, restored.after[3 + number])
    request = restored.request("part.html", after=str(tmp_path / "part.%04d.png"), measured=False)
    with pytest.raises(QualityError, match=r"after .*part.%04d.png has 4 frames and before .* has 12; both must be eq"):
        write_report(request, plain)
    written = write_report(
        replace(request, frames=range(104, 108), matte=str(restored.folder / "matte.%04d.png")), plain
    )
    told = re.search(r"Mean change</span><strong>([\d.]+) levels", written.output.read_text())
    assert told is not None
    change = 255 * np.abs(restored.after - restored.before)[3:7].mean()
    assert float(told[1]) == pytest.approx(change, rel=0.01)  # another part would differ by grain and flicker too


def test_clips_that_do_not_match_are_refused_by_name(restored: Any, tmp_path: Path) -> None:
    with open_writer(tmp_path / "small.%04d.png", frames=range(12)) as writer:
        for number, planes in enumerate(moving_scene(12)):
            writer.write(number, planes)
    with open_reader(tmp_path / "small.%04d.png") as small, open_reader(restored.folder / "before.%04d.png") as source:
        with pytest.raises(QualityError, match=r"matte .*small.%04d.png is 96×64 and before .* is 480×272; both must"):
            aligned_numbers(small, "matte", source, range(101, 113))
    with pytest.raises(MediaError, match=r"before.0101.png exists already; name another output"):
        write_report(restored.request("before.0101.png", overwrite=False), plain)


def test_source_is_never_overwritten_by_its_report(restored: Any) -> None:
    movie = restored.folder / "movie.mp4"
    with open_writer(movie) as writer:
        for number, planes in enumerate(restored.before):
            writer.write(number, planes)
    held = movie.read_bytes()
    request = restored.request("movie.mp4", before=str(movie), frames=range(12), overwrite=True)
    with pytest.raises(MediaError, match="is the source itself, which is never overwritten"):
        write_report(request, plain)
    assert movie.read_bytes() == held


def test_missing_frame_of_the_matte_is_found_before_anything_is_read(restored: Any, tmp_path: Path) -> None:
    for number in [*range(101, 105), *range(106, 113)]:
        (tmp_path / f"m.{number:04d}.png").write_bytes((restored.folder / f"matte.{number:04d}.png").read_bytes())
    with pytest.raises(MediaError, match=r"frame 105 of .*m\.%04d\.png is missing"):
        write_report(restored.request("gap.html", matte=str(tmp_path / "m.%04d.png")), plain)


def test_truth_folder_gives_scores_per_class(restored: Any, tmp_path: Path) -> None:
    folder = tmp_path / "truth"
    for kind in ("matte", "matte.blotch", "matte.dust"):
        (folder / kind).mkdir(parents=True)
        for index, plane in enumerate(restored.matte):
            cv2.imwrite(
                str(folder / kind / f"{index:06d}.png"), (255 * plane * (kind != "matte.dust")).astype(np.uint8)
            )
    with pytest.raises(NotFoundError, match=r"truth holds no truth.json; name a folder that 'reelmend damage --truth'"):
        write_report(restored.request("no.html", defects=str(folder)), plain)
    (folder / "truth.json").write_text(json.dumps({}))
    written = write_report(
        restored.request("scored.html", matte=str(restored.folder / "matte.%04d.png"), defects=str(folder)), plain
    )
    values = {row.name: row.after for row in written.rows}
    assert (values["matte_iou"], values["class_recall.blotch"], values["class_precision.dust"]) == (1.0, 1.0, 1.0)
    assert values["bit_identical_outside"] == 1.0
    assert [file.role for file in written.files] == ["before", "after", "matte", "true matte"]
    assert ">True defects<" in written.output.read_text()


def test_matte_takes_the_brightest_channel_as_it_is(tmp_path: Path) -> None:
    planes = np.array([[[0.0001, 0, 0, np.nan]], [[0, 0.7, -1, 0]], [[0, 0, 0, 1.2]]], np.float32)
    _write_exr(tmp_path / "m.%04d.exr", planes[None])
    with open_reader(tmp_path / "m.%04d.exr") as reader:
        np.testing.assert_array_equal(MatteFrames(reader, range(1))[0], np.array([[0.0001, 0.7, 0, 1]], np.float32))


def test_what_compression_leaves_in_a_black_matte_is_nothing(tmp_path: Path) -> None:
    with open_writer(tmp_path / "m.mp4") as writer:
        writer.write(0, np.zeros((3, 64, 96), np.float32))
    with open_reader(tmp_path / "m.mp4") as reader:
        assert not MatteFrames(reader, range(1))[0].any()


def test_digest_of_a_sequence_is_what_sha256sum_says(restored: Any, report: Report) -> None:
    command = "sha256sum before.????.png | sha256sum"
    done = subprocess.run(
        ["bash", "-c", command], cwd=restored.folder, env={"LC_ALL": "C", "PATH": "/usr/bin:/bin"},
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    record = next(file for file in report.files if file.role == "before")
    assert record.sha256 == done.stdout.split()[0]
    assert record.sha256 in report.output.read_text()
    assert record.size_bytes == sum(path.stat().st_size for path in restored.folder.glob("before.*.png"))


@pytest.mark.parametrize(
    ("before", "after", "direction", "word"),
    [
        (1.0, 2.0, Direction.HIGHER, "better"),
        (1.0, 2.0, Direction.LOWER, "worse"),
        (0.5, 1.1, Direction.ONE, "better"),
        (1.00001, 1.00002, Direction.HIGHER, "same"),
        (None, 2.0, Direction.HIGHER, ""),
        (1.0, None, Direction.LOWER, ""),
    ],
)
def test_verdict_follows_the_direction(before: float, after: float, direction: Direction, word: str) -> None:
    assert verdict(before, after, direction) == word


def test_numbers_never_round_up_to_perfection() -> None:
    assert [number_text(value) for value in (0.99999, 1.0, 26.2149, 0.00000148)] == [
        "0.99999",
        "1",
        "26.21",
        "1.48e-06",
    ]


def test_definitions_stand_in_the_table(report: Report) -> None:
    text = report.output.read_text()
    assert "<p>The peak signal-to-noise ratio of a clip in dB, from the mean squared error over all frames" in text
    assert "Range up to 100 dB (identical), higher is better." in text
    assert not re.search(r"Error\b|<p>Return|`", text.partition('<table class="measures">')[2].partition("</table>")[0])


def test_every_measure_has_a_definition_for_readers() -> None:
    for measure in MEASURES.values():
        paragraphs = definition_of(measure)
        assert len(paragraphs) >= 2, measure.name
        assert "Range" in " ".join(paragraphs), measure.name
        assert paragraphs[0][0].isupper(), measure.name


def test_unfinished_report_leaves_nothing(restored: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("reelmend.media.publishing.os.fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        write_report(restored.request("gone.html", measured=False), plain)
    assert not [path for path in restored.folder.iterdir() if "gone" in path.name]


def _request(folder: Path, before: str, after: str, frames: range) -> Any:
    from reelmend.quality.report import ReportRequest

    return ReportRequest(
        before=str(folder / before), after=str(folder / after), output=folder / "r.html", frames=frames, overwrite=True
    )


def _write_exr(pattern: Path, frames: np.ndarray) -> None:
    with open_writer(pattern, frames=range(len(frames)), pixel_type=FLOAT) as writer:
        for number, planes in enumerate(frames):
            writer.write(number, planes.astype(np.float32))
