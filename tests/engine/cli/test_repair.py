import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelmend.cli.parameter_options import parameters_of
from reelmend.documents import json_schema
from reelmend.effects.presets import presets_of
from reelmend.frames import content_digest
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from support.engines import engine
from support.repair_command import dirty_scene
from support.repair_models import write_repair

Run = Callable[..., subprocess.CompletedProcess[str]]
FLOAT = PixelType(32, is_float=True)
COUNT = 10


@pytest.fixture(scope="module")
def dirty() -> np.ndarray:
    return dirty_scene(COUNT)


@pytest.fixture
def shot(dirty: np.ndarray, tmp_path: Path) -> Path:
    """Frames 101 to 110 as `shot/shot.####.exr`."""
    (tmp_path / "shot").mkdir()
    write_clip(tmp_path / "shot" / "shot.%04d.exr", dirty, 101)
    return tmp_path / "shot"


def write_clip(name: Path, frames: np.ndarray, first: int, pixel_type: PixelType = FLOAT) -> None:
    with open_writer(name, frames=range(first, first + len(frames)), pixel_type=pixel_type) as writer:
        for index, planes in enumerate(frames):
            writer.write(first + index, planes)


@pytest.fixture
def setting(environment: dict[str, str], tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment of a `reelmend` that has the small model."""
    models = tmp_path_factory.mktemp("models")
    write_repair(models)
    return {**environment, "REELMEND_MODELS": str(models), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.fixture
def alone(setting: dict[str, str], tmp_path: Path) -> Run:
    """Run `reelmend …` with the small model in the test's folder, as a process of its own."""

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "support.repair_command", *arguments],
            cwd=tmp_path, env=setting, capture_output=True, text=True, timeout=240, check=False,
        )  # fmt: skip

    return run


@pytest.fixture
def small(small_reelmend: Run) -> Run:
    return small_reelmend


def pixels(folder: Path, name: str) -> dict[int, np.ndarray]:
    with open_reader(folder / name) as reader:
        return {frame: reader.read(frame) for frame in range(reader.first_frame, reader.last_frame + 1)}


def assert_same_bits(first: dict[int, np.ndarray], second: dict[int, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for frame, planes in first.items():
        assert planes.tobytes() == second[frame].tobytes(), f"frame {frame} differs"


def document(folder: Path, name: str = "list.json") -> dict[str, Any]:
    read: dict[str, Any] = json.loads((folder / name).read_text(encoding="utf-8"))
    return read


def found_in(read: dict[str, Any]) -> list[dict[str, Any]]:
    return [detection for frame in read["frames"] for detection in frame["detections"]]


def save(folder: Path, read: dict[str, Any], name: str = "edited.json") -> None:
    (folder / name).write_text(json.dumps(read, indent=2), encoding="utf-8")


def test_defects_are_counted_and_everything_else_keeps_its_bits(
    shot: Path, dirty: np.ndarray, small: Run, tmp_path: Path
) -> None:
    done = small("repair", "shot", "out.%04d.exr", "--matte", "matte.%04d.png")
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("out.%04d.exr: 10 frames of 96×64 in ")
    assert lines[1].startswith("found ")
    assert "in 10 of 10 frames" in lines[1]
    assert lines[2:] == ["wrote matte.%04d.png"]
    mattes, mended = pixels(tmp_path, "matte.%04d.png"), pixels(tmp_path, "out.%04d.exr")
    for index, source in enumerate(dirty):
        outside = mattes[101 + index][0] == 0
        assert 0 < outside.sum() < outside.size
        assert (mended[101 + index][:, outside].view(np.uint32) == source[:, outside].view(np.uint32)).all()
        assert (mended[101 + index] != source).any()


def test_matte_and_classes_are_what_the_outputs_of_these_names_are(shot: Path, small: Run, tmp_path: Path) -> None:
    beside = small(
        "repair", "shot", "out.%04d.exr", "--matte", "matte.%04d.exr", "--classes", "classes.%04d.exr",
        "--matte-bits", "32",
    )  # fmt: skip
    assert beside.returncode == 0, beside.stderr
    for output in ("matte", "classes"):
        alone = small("render", "shot", f"only_{output}.%04d.exr", "--effect", "repair", "--output", output)
        assert alone.returncode == 0, alone.stderr
        assert_same_bits(pixels(tmp_path, f"{output}.%04d.exr"), pixels(tmp_path, f"only_{output}.%04d.exr"))
    classes, mattes = pixels(tmp_path, "classes.%04d.exr"), pixels(tmp_path, "matte.%04d.exr")
    for frame, planes in classes.items():
        np.testing.assert_array_equal(planes.max(axis=0), mattes[frame][0])


@pytest.mark.parametrize(
    ("name", "bits", "stored", "step"),
    [
        ("m.%04d.png", 0, PixelType(16), 1 / 65535),
        ("m.%04d.png", 8, PixelType(8), 1 / 255),
        ("m.####.tif", 0, PixelType(16), 1 / 65535),
        ("m.%04d.dpx", 0, PixelType(10), 1 / 1023),
        ("m.%04d.exr", 0, PixelType(16, is_float=True), 1 / 2048),
        ("m.mov", 0, PixelType(10), None),
        ("m.mp4", 0, PixelType(8), None),
    ],
)
def test_matte_goes_into_every_kind_of_file(
    name: str, bits: int, stored: PixelType, step: float | None, shot: Path, small: Run, tmp_path: Path
) -> None:
    depth = ("--matte-bits", str(bits)) if bits else ()
    done = small("repair", "shot", "--matte", name, *depth, "--frames", "103-106")
    assert done.returncode == 0, done.stderr
    exact = small("repair", "shot", "--matte", "exact.%04d.exr", "--matte-bits", "32", "--frames", "103-106")
    assert exact.returncode == 0, exact.stderr
    mattes = list(pixels(tmp_path, "exact.%04d.exr").values())
    with open_reader(tmp_path / name) as reader:
        assert (reader.pixel_type, reader.last_frame - reader.first_frame) == (stored, 3)
        written = [reader.read(reader.first_frame + index) for index in range(4)]
    assert ("compressed" in done.stderr) == (step is None)
    for matte, got in zip(mattes, written, strict=True):
        np.testing.assert_allclose(got, matte, atol=0.3 if step is None else step / 2 + 1e-7)
        if step is not None:
            assert ((got == 0) == (matte == 0)).all()


def test_matte_takes_neither_alpha_nor_colour_from_the_source_but_its_time(
    dirty: np.ndarray, small: Run, tmp_path: Path
) -> None:
    import OpenImageIO as oiio  # noqa: N813

    for frame, planes in enumerate(dirty, 1):
        spec = oiio.ImageSpec(96, 64, 4, "half")
        spec.attribute("FramesPerSecond", oiio.TypeRational, (25, 1))
        spec.attribute("oiio:ColorSpace", "ACEScg")
        spec.attribute("artist", "somebody")
        image = oiio.ImageOutput.create(str(tmp_path / f"in.{frame}.exr"))
        assert image.open(str(tmp_path / f"in.{frame}.exr"), spec)
        image.write_image(np.concatenate([planes, np.ones((1, 64, 96), np.float32)]).transpose(1, 2, 0).copy())
        image.close()
    done = small("repair", "in.%d.exr", "out.%d.exr", "--matte", "m.%d.exr", "--frames", "4-5")
    assert done.returncode == 0, done.stderr
    matte = oiio.ImageInput.open(str(tmp_path / "m.4.exr")).spec()
    assert matte.nchannels == 3
    assert matte.getattribute("artist") is None
    assert matte.getattribute("FramesPerSecond") is not None
    assert oiio.ImageInput.open(str(tmp_path / "out.4.exr")).spec().nchannels == 4


def test_matte_of_a_movie_keeps_its_times_and_not_its_sound(media: type, small: Run, tmp_path: Path) -> None:
    import av

    media.movie(tmp_path / "in.mp4", 10, sound="aac")
    done = small("repair", "in.mp4", "out.mov", "--matte", "m.mov", "--frames", "2-6")
    assert done.returncode == 0, done.stderr
    with av.open(str(tmp_path / "m.mov")) as matte, av.open(str(tmp_path / "out.mov")) as picture:
        assert [stream.type for stream in matte.streams] == ["video"]
        assert sorted(stream.type for stream in picture.streams) == ["audio", "video"]
        times = [[float(frame.time) for frame in clip.decode(video=0)] for clip in (matte, picture)]
    assert len(times[0]) == 5
    assert times[0] == times[1]


def test_document_names_source_model_parameters_and_every_frame(
    shot: Path, dirty: np.ndarray, small: Run, tmp_path: Path
) -> None:
    done = small("repair", "shot", "out.%04d.exr", "--detections", "list.json", "--no-hairs", "--dilate", "2", "--json")
    assert done.returncode == 0, done.stderr
    told, read = json.loads(done.stdout), document(tmp_path)
    assert read["source"] == {
        "name": "shot.%04d.exr", "width": 96, "height": 64, "first_frame": 101, "last_frame": 110, "frame_rate": "24",
    }  # fmt: skip
    assert (read["document"], read["version"], read["before"]) == ("reelmend detections", 1, [])
    assert (read["repair"]["model"], len(read["repair"]["weights_sha256"])) == ("repair", 64)
    values = read["repair"]["parameters"]
    assert (values["hairs"], values["dilate"], values["radius"]) == (False, 2, 6)
    assert [frame["frame"] for frame in read["frames"]] == list(range(101, 111))
    assert [frame["digest"] for frame in read["frames"]] == [content_digest(planes).hex() for planes in dirty]
    kinds = [detection["class"] for detection in found_in(read)]
    assert read["summary"]["detections"] == told["detections"] == {k: kinds.count(k) for k in told["detections"]}
    assert kinds.count("hair") == 0
    assert kinds.count("blotch") > 0
    assert read["summary"]["changed_ppm"] == told["changed_ppm"] > 0
    for detection in found_in(read):
        assert detection["area_px"] == sum(count for _, _, count in detection["runs"])


def test_changed_share_counts_the_pixels_that_differ(shot: Path, dirty: np.ndarray, small: Run, tmp_path: Path) -> None:
    told = json.loads(small("repair", "shot", "out.%04d.exr", "--json").stdout)
    mended = np.stack(list(pixels(tmp_path, "out.%04d.exr").values()))
    share = (mended.view(np.uint32) != dirty.view(np.uint32)).any(axis=1).mean()
    assert told["changed_ppm"] == pytest.approx(1e6 * share, abs=0.001)


def test_unedited_list_gives_the_very_same_bits(shot: Path, small: Run, tmp_path: Path) -> None:
    outputs = ("--classes", "classes.%04d.exr", "--matte-bits", "32")
    first = small(
        "repair", "shot", "out.%04d.exr", "--matte", "m.%04d.exr", "--detections", "list.json", *outputs,
        "--dilate", "2", "--feather", "2.5", "--sensitivity", "0.6", "--strength", "0.9", "--radius", "4",
        "--minimum-size", "2", "--protect-motion", "0.5",
    )  # fmt: skip
    assert first.returncode == 0, first.stderr
    assert {detection["class"] for detection in found_in(document(tmp_path))} == {"blotch", "hair", "scratch"}
    again = small(
        "repair", "shot", "again.%04d.exr", "--matte", "m2.%04d.exr", "--classes", "c2.%04d.exr", "--matte-bits", "32",
        "--from-list", "list.json", "--detections", "list2.json",
    )  # fmt: skip
    assert (again.returncode, again.stderr) == (0, "")
    for one, two in (("out", "again"), ("m", "m2"), ("classes", "c2")):
        assert_same_bits(pixels(tmp_path, f"{one}.%04d.exr"), pixels(tmp_path, f"{two}.%04d.exr"))
    third = small("repair", "shot", "third.%04d.exr", "--from-list", "list2.json")
    assert third.returncode == 0, third.stderr
    assert_same_bits(pixels(tmp_path, "out.%04d.exr"), pixels(tmp_path, "third.%04d.exr"))


def test_list_made_by_only_looking_mends_as_mending_at_once_does(shot: Path, small: Run, tmp_path: Path) -> None:
    looked = small("repair", "shot", "--detections", "list.json")
    assert looked.returncode == 0, looked.stderr
    assert looked.stdout.startswith("nothing mended: 10 frames of 96×64")
    assert "changed" not in looked.stdout
    assert "changed_ppm" not in document(tmp_path)["summary"]
    assert small("repair", "shot", "listed.%04d.exr", "--from-list", "list.json").returncode == 0
    assert small("repair", "shot", "out.%04d.exr").returncode == 0
    assert_same_bits(pixels(tmp_path, "out.%04d.exr"), pixels(tmp_path, "listed.%04d.exr"))


def test_deleted_entries_are_left_alone(shot: Path, dirty: np.ndarray, small: Run, tmp_path: Path) -> None:
    assert small("repair", "shot", "--detections", "list.json").returncode == 0
    read = document(tmp_path)
    kept = next(d for d in read["frames"][4]["detections"] if d["class"] == "blotch")
    for frame in read["frames"]:
        frame["detections"] = [kept] if frame["frame"] == 105 else []
    save(tmp_path, read)
    done = small("repair", "shot", "out.%04d.exr", "--from-list", "edited.json", "--json")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["detections"] == {"blotch": 1, "hair": 0, "scratch": 0}
    mended = pixels(tmp_path, "out.%04d.exr")
    for index, source in enumerate(dirty):
        changed = (mended[101 + index] != source).any(axis=0)
        if index != 4:
            assert not changed.any()
            continue
        rows, columns = np.nonzero(changed)
        box, reach = kept["box"], 3  # dilated by 1 and feathered by 1
        reached = (rows.min(), rows.max() + 1, columns.min(), columns.max() + 1)
        assert box["top"] - reach <= reached[0] < reached[1] <= box["top"] + box["height"] + reach
        assert box["left"] - reach <= reached[2] < reached[3] <= box["left"] + box["width"] + reach


def test_box_without_runs_is_mended_as_a_whole(shot: Path, small: Run, tmp_path: Path) -> None:
    read = {
        "document": "reelmend detections", "version": 1,
        "frames": [
            {
                "frame": 104,
                "detections": [{"class": "hair", "box": {"left": 20, "top": 30, "width": 7, "height": 4}}],
            }
        ],
    }  # fmt: skip
    save(tmp_path, read)
    done = small(
        "repair", "shot", "--from-list", "edited.json", "--classes", "c.%04d.exr", "--dilate", "0", "--feather", "0"
    )
    assert done.returncode == 0, done.stderr
    assert "9 of 10 frames are not in edited.json and stay as they are" in done.stderr
    classes = pixels(tmp_path, "c.%04d.exr")
    expected = np.zeros((3, 64, 96), np.float32)
    expected[1, 30:34, 20:27] = 1
    np.testing.assert_array_equal(classes[104], expected)
    assert not classes[103].any()


def test_changed_class_goes_where_it_says(shot: Path, small: Run, tmp_path: Path) -> None:
    assert small("repair", "shot", "--detections", "list.json", "--frames", "105").returncode == 0
    read = document(tmp_path)
    for detection in found_in(read):
        detection["class"] = "scratch"
    save(tmp_path, read)
    done = small("repair", "shot", "--from-list", "edited.json", "--classes", "c.%04d.exr", "--frames", "105")
    assert done.returncode == 0, done.stderr
    classes = pixels(tmp_path, "c.%04d.exr")[105]
    assert classes[2].any()
    assert not classes[:2].any()


def test_values_on_the_command_line_go_over_those_of_the_list(shot: Path, small: Run, tmp_path: Path) -> None:
    assert small("repair", "shot", "--detections", "list.json", "--dilate", "0", "--feather", "0").returncode == 0
    told = json.loads(
        small("repair", "shot", "o.%04d.exr", "--from-list", "list.json", "--feather", "3", "--json").stdout
    )
    assert (told["parameters"]["dilate"], told["parameters"]["feather"]) == (0, 3.0)
    assert told["parameters"]["matte_use"] == "classes"


def test_list_of_another_clip_is_refused_in_words(shot: Path, dirty: np.ndarray, small: Run, tmp_path: Path) -> None:
    assert small("repair", "shot", "--detections", "list.json").returncode == 0
    other = dirty.copy()
    other[6, 0, 0, 0] += 0.25
    write_clip(tmp_path / "other.%04d.exr", other, 101)
    done = small("repair", "other.%04d.exr", "out.mov", "--from-list", "list.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: list.json was made for other pictures: its frame 107 is ")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("*out*"))


def edited(read: dict[str, Any], change: str) -> dict[str, Any]:
    frame = read["frames"][2]
    detection = frame["detections"][0]
    match change:
        case "class":
            detection["class"] = "dust"
        case "field":
            detection["clas"] = detection.pop("class")
        case "box outside":
            detection["box"] |= {"left": 95, "width": 4}
        case "runs outside":
            detection["box"] = {"left": 0, "top": 0, "width": 1, "height": 1}
        case "text":
            detection["box"]["top"] = "12"
        case "negative":
            detection["box"]["width"] = -3
        case "frame":
            frame["frame"] = 180
        case "twice":
            frame["frame"] = 102
        case "digest":
            frame["digest"] = "beef"
        case "version":
            read["version"] = 7
        case "size":
            read["source"]["width"] = 1920
        case "parameter":
            read["repair"]["parameters"]["colour"] = 1
        case "value":
            read["repair"]["parameters"]["dilate"] = 200
        case "effect":
            read["repair"]["effect"] = "deflicker"
        case "other":
            read["document"] = "shopping"
        case "frames":
            del read["frames"]
    return read


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("class", "frame 103, detection 1, class can't be 'dust'; give 'blotch', 'hair' or 'scratch'"),
        ("field", "frame 103, detection 1, class is missing; add it"),
        ("box outside", "its box reaches to column 9"),
        ("runs outside", 'lies outside of its box; take "runs" out to have the whole box mended'),
        ("text", "frame 103, detection 1, box.top can't be '12': input should be a valid integer"),
        ("negative", "frame 103, detection 1, box.width can't be -3: input should be greater than or equal to 1"),
        ("frame", "frame 180 is not in shot/shot.%04d.exr, which has frames 101 to 110; take the entry out"),
        ("twice", "frame 102 is listed twice; put its detections into one entry"),
        ("digest", "frame 103, digest can't be 'beef'"),
        ("version", "edited.json is of version 7 of the document, this is reelmend for version 1"),
        ("size", "was made for pictures of 1920×64, shot/shot.%04d.exr has 96×64"),
        ("parameter", "effect 'repair' has no parameter 'colour'; take it out of \"repair\""),
        ("value", "edited.json: parameter 'dilate' can't be 200; give a whole number from 0 to 64 px"),
        ("effect", "is a list of the effect 'deflicker', not of 'repair'"),
        ("other", 'is no list of detections, which begins with "document": "reelmend detections"'),
        ("frames", "'frames' is missing"),
    ],
)
def test_wrong_edit_is_one_line_that_says_what_and_where(
    change: str, words: str, shot: Path, small: Run, tmp_path: Path
) -> None:
    assert small("repair", "shot", "--detections", "list.json", "--frames", "101-104").returncode == 0
    save(tmp_path, edited(document(tmp_path), change))
    done = small("repair", "shot", "out.%04d.exr", "--from-list", "edited.json")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr
    assert done.stderr.startswith("error: edited.json")
    assert done.stderr.count("\n") == 1
    assert not list(tmp_path.glob("out*"))


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["shot"], 2, "name OUT, or what to write of the defects: --detections, --matte or --classes"),
        (["shot", "o.mov", "--feather", "99"], 2, "--feather can't be 99.0; give a number from 0 to 64 px"),
        (["shot", "o.mov", "--sensitivity", "high"], 2, "--sensitivity can't be 'high'; give a number from 0 to 1"),
        (["shot", "o.mov", "--matte-use", "both"], 2, "--matte-use can't be 'both'; give one of replace, add"),
        (["shot", "o.mov", "--matte", "o.mov"], 2, "OUT and --matte are both "),
        (["shot", "o.%04d.png", "--matte", "o.####.png"], 2, "OUT and --matte are both "),
        (["shot", "--matte", "m.####.png", "--matte-in", "m.%04d.png"], 2, "--matte and --matte-in are both "),
        (["shot", "--matte", "m.mov", "--matte-bits", "8"], 2, "--matte-bits is for images; m.mov has 10"),
        (["shot", "--matte", "m.%04d.png", "--matte-bits", "12"], 2, "--matte-bits 12 is no depth of .png files"),
        (["shot", "o.mov", "--from-list", "gone.json"], 1, "gone.json does not exist; write it with: reelmend repair"),
        (["shot", "o.mov", "--detections", "no/l.json"], 1, "folder no does not exist; create it with: mkdir -p 'no'"),
        (["shot", "o.mov", "--detections", "shot"], 1, "shot is a folder; name a file in it"),
        (["shot", "o.mov", "--preset", "loud"], 2, "effect 'repair' has no preset 'loud'"),
        (["shot", "--matte", "m.gif"], 1, "m.gif ends in '.gif', which reelmend doesn't write"),
        (["shot", "o.mov", "--matte-in", "a.png", "--from-list", "b"], 2, "--from-list is itself the matte"),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_and_leave_nothing(
    arguments: list[str], code: int, message: str, shot: Path, small: Run, tmp_path: Path
) -> None:
    done = small("repair", *arguments)
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert (done.returncode, done.stdout) == (code, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["shot"]


def test_files_that_exist_are_replaced_only_when_told(shot: Path, small: Run, tmp_path: Path) -> None:
    (tmp_path / "list.json").write_text("precious")
    refused = small("repair", "shot", "out.mov", "--detections", "list.json", "--frames", "101-103")
    assert "list.json exists already" in refused.stderr
    assert (tmp_path / "list.json").read_text() == "precious"
    assert not (tmp_path / "out.mov").exists()
    done = small("repair", "shot", "out.mov", "--detections", "list.json", "--frames", "101-103", "--overwrite")
    assert done.returncode == 0, done.stderr
    assert len(document(tmp_path)["frames"]) == 3


def test_frames_left_out_by_one_run_are_added_by_the_next(shot: Path, small: Run, tmp_path: Path) -> None:
    for part in ("101-104", "105-110"):
        done = small("repair", "shot", "out.%04d.exr", "--matte", "m.%04d.png", "--frames", part)
        assert done.returncode == 0, done.stderr
    assert small("repair", "shot", "whole.%04d.exr", "--matte", "w.%04d.png").returncode == 0
    assert_same_bits(pixels(tmp_path, "out.%04d.exr"), pixels(tmp_path, "whole.%04d.exr"))
    assert_same_bits(pixels(tmp_path, "m.%04d.png"), pixels(tmp_path, "w.%04d.png"))


@pytest.mark.parametrize(
    ("command", "number", "code", "word"),
    [
        (("repair",), signal.SIGINT, 130, "interrupted\n"),
        (("repair",), signal.SIGTERM, 143, "terminated\n"),
        (("render", "--chain", "deflicker,repair"), signal.SIGINT, 130, "interrupted\n"),
    ],
)
def test_stopped_repair_leaves_no_half_written_file(
    command: tuple[str, ...], number: int, code: int, word: str, setting: dict[str, str], tmp_path: Path
) -> None:
    write_clip(tmp_path / "in.%04d.png", dirty_scene(60, 320, 240), 1, PixelType(8))
    process = subprocess.Popen(
        [
            sys.executable, "-m", "support.repair_command", *command, "in.%04d.png", "out.mov", "--matte", "m.mov",
            "--detections", "list.json",
        ],
        cwd=tmp_path, env=setting, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while len(list(tmp_path.glob(".*.part-*"))) < 3 and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.005)
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (stdout, stderr, process.returncode) == ("", word, code)
    assert not [path.name for path in tmp_path.iterdir() if not path.name.startswith("in.")]


def test_names_may_be_of_any_script(dirty: np.ndarray, alone: Run, tmp_path: Path) -> None:
    folder = tmp_path / "Пылинки и 映画 ä"
    folder.mkdir()
    write_clip(folder / "кадр %03d.exr", dirty[:5], 1)
    place = folder.name
    done = alone(
        "repair", f"{place}/кадр %03d.exr", f"{place}/готово %03d.exr", "--matte", f"{place}/маска %03d.png",
        "--detections", f"{place}/список – é.json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    read = document(folder, "список – é.json")
    assert read["source"]["name"] == "кадр %03d.exr"
    again = alone("repair", f"{place}/кадр %03d.exr", "noch einmal.%03d.exr", "--from-list", f"{place}/список – é.json")
    assert again.returncode == 0, again.stderr
    assert_same_bits(pixels(folder, "готово %03d.exr"), pixels(tmp_path, "noch einmal.%03d.exr"))


def test_schema_is_printed_and_names_every_field(small: Run) -> None:
    done = small("repair", "--schema")
    assert (done.returncode, json.loads(done.stdout)) == (0, json_schema())


def test_help_lists_the_parameters_of_the_manifest(small: Run) -> None:
    told = small("repair", "--help").stdout
    for option in ("--blotch-sensitivity", "--no-hairs", "--protect-motion", "--matte-use", "--from-list"):
        assert option in told
    listed = json.loads(small("models", "--json").stdout)
    assert "repair" in {model["id"] for model in listed["models"]}


def test_matte_of_a_file_replaces_what_would_be_found(shot: Path, small: Run, tmp_path: Path) -> None:
    matte = np.zeros((3, 64, 96), np.float32)
    matte[:, 10:20, 30:45] = 1
    with open_writer(tmp_path / "drawn.png", frames=[0]) as writer:
        writer.write(0, matte)
    done = small(
        "repair", "shot", "out.%04d.exr", "--matte-in", "drawn.png", "--matte", "m.%04d.png", "--dilate", "0",
        "--feather", "0",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for got in pixels(tmp_path, "m.%04d.png").values():
        np.testing.assert_array_equal(got, matte)


def test_matte_may_be_written_and_fed_back(shot: Path, small: Run, tmp_path: Path) -> None:
    assert small("repair", "shot", "--matte", "m.%04d.exr", "--matte-bits", "32").returncode == 0
    done = small(
        "render", "shot", "out.%04d.exr", "--effect", "repair", "--matte-in", "m.%04d.exr", "--set",
        "matte_use=protect", "--matte", "rest.%04d.exr", "--matte-bits", "32",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for matte in pixels(tmp_path, "rest.%04d.exr").values():
        assert not (matte >= 0.5).any()


def test_guide_names_every_parameter_of_the_shipped_model() -> None:
    guide = (Path(__file__).parents[3] / "docs" / "repair.md").read_text(encoding="utf-8")
    described = parameters_of("repair")
    assert len(described) > 10
    for parameter in described:
        assert f"`{parameter.name}`" in guide, f"docs/repair.md does not say what {parameter.name} does"
    for preset in presets_of("repair")[1:]:
        assert f"| `{preset.name}` |" in guide, f"docs/repair.md does not say what the preset {preset.name} is for"


def test_server_gives_the_same_bits_mattes_and_list(shot: Path, reelmend_here: Run, tmp_path: Path) -> None:
    beside = {}
    with engine() as running:
        for name, where in {"here": (), "there": ("--server", running.address)}.items():
            done = reelmend_here(
                "repair", "shot", f"{name}.%04d.exr", "--matte", f"{name}_m.%04d.png", "--detections", f"{name}.json",
                "--frames", "103-107", "--json", *where,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            beside[name] = json.loads(done.stdout)
        listed = reelmend_here(
            "repair", "shot", "listed.%04d.exr", "--from-list", "here.json", "--frames", "103-107", "--server",
            running.address,
        )  # fmt: skip
        assert (listed.returncode, listed.stderr) == (0, "")
    assert sum(beside["here"]["detections"].values()) > 0
    assert beside["here"]["detections"] == beside["there"]["detections"]
    assert document(tmp_path, "here.json") == document(tmp_path, "there.json")
    assert_same_bits(pixels(tmp_path, "here.%04d.exr"), pixels(tmp_path, "there.%04d.exr"))
    assert_same_bits(pixels(tmp_path, "here.%04d.exr"), pixels(tmp_path, "listed.%04d.exr"))
    assert_same_bits(pixels(tmp_path, "here_m.%04d.png"), pixels(tmp_path, "there_m.%04d.png"))
