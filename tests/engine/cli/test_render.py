import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import engine
from support.window_models import masked_stores, two_stage_store

Run = Callable[..., subprocess.CompletedProcess[str]]
FLOAT = PixelType(32, is_float=True)


@pytest.fixture(scope="module")
def flickering() -> np.ndarray:
    return with_flicker(moving_scene(30))


@pytest.fixture
def shot(flickering: np.ndarray, tmp_path: Path) -> Path:
    """A flickering EXR sequence of float samples, frames 101 to 130."""
    (tmp_path / "shot").mkdir()
    with open_writer(tmp_path / "shot" / "shot.%04d.exr", frames=range(101, 131), pixel_type=FLOAT) as writer:
        for index, planes in enumerate(flickering):
            writer.write(101 + index, planes)
    return tmp_path / "shot"


@pytest.fixture
def movie(flickering: np.ndarray, tmp_path: Path) -> Path:
    with open_writer(tmp_path / "in.mp4") as writer:
        for index, planes in enumerate(flickering):
            writer.write(index, planes)
    return tmp_path / "in.mp4"


def brightness(path: Path) -> np.ndarray:
    with open_reader(path) as reader:
        return np.array([reader.read(frame).mean() for frame in range(reader.first_frame, reader.last_frame + 1)])


def restlessness(levels: np.ndarray) -> float:
    return float(np.diff(np.log(levels)).std())


def test_movie_comes_out_steady(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("render", "in.mp4", "out.mp4", "--effect", "deflicker")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("out.mp4: 30 frames of 96×64 in ")
    assert done.stderr == ""
    assert restlessness(brightness(tmp_path / "out.mp4")) < 0.2 * restlessness(brightness(movie))


def test_sequence_keeps_numbers_depth_and_the_bits_of_the_engine(
    shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path
) -> None:
    done = reelmend(
        "render", "shot", "out.####.exr", "--effect", "deflicker", "--set", "strength=0.8", "--set", "radius=7"
    )
    assert done.returncode == 0, done.stderr
    expected = dict(
        render_clip(
            Renderer(ModelStore.default()), "deflicker", {"strength": 0.8, "radius": 7},
            ArrayClip(flickering, 101), range(101, 131),
        )
    )  # fmt: skip
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        assert (reader.first_frame, reader.last_frame, reader.pixel_type) == (101, 130, FLOAT)
        for frame in range(101, 131):
            np.testing.assert_array_equal(reader.read(frame), expected[frame])


def test_part_of_a_shot_has_the_bits_of_the_whole(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    reelmend("render", "shot", "whole.%04d.exr", "--effect", "deflicker")
    done = reelmend("render", "shot/shot.####.exr", "part.%04d.exr", "--effect", "deflicker", "--frames", "110-112")
    assert done.returncode == 0, done.stderr
    assert sorted(path.name for path in tmp_path.glob("part.*")) == [f"part.0{frame}.exr" for frame in (110, 111, 112)]
    with open_reader(tmp_path / "whole.%04d.exr") as whole, open_reader(tmp_path / "part.%04d.exr") as part:
        for frame in (110, 111, 112):
            np.testing.assert_array_equal(whole.read(frame), part.read(frame))


def test_strength_0_gives_the_source_back(shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path) -> None:
    assert reelmend("render", "shot", "out.%04d.exr", "--effect", "deflicker", "--set", "strength=0").returncode == 0
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        np.testing.assert_array_equal(reader.read(115), flickering[14])


def test_preset_gives_its_values_and_set_goes_over_them(movie: Path, reelmend: Run) -> None:
    done = reelmend(
        "render", "in.mp4", "out.mp4", "--effect", "deflicker", "--frames", "3", "--json",
        "--preset", "quick_light", "--set", "strength=0.5",
    )  # fmt: skip
    values = json.loads(done.stdout)["parameters"]
    assert (values["radius"], values["strength"], values["stop_at_cuts"]) == (6, 0.5, True)


def test_gain_can_be_written_instead(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("render", "shot", "gain.%04d.exr", "--effect", "deflicker", "--output", "gain", "--frames", "115")
    assert done.returncode == 0, done.stderr
    with open_reader(tmp_path / "gain.0115.exr") as reader:
        written = reader.read(115)
        shown = float(np.median(written[1] * 2))  # the picture of the gain is half of it
    with open_reader(shot) as before:
        source = before.read(115)
    reelmend("render", "shot", "out.%04d.exr", "--effect", "deflicker", "--frames", "115")
    with open_reader(tmp_path / "out.0115.exr") as after:
        applied = float(np.median(after.read(115)[1] / source[1]))
    assert shown == pytest.approx(applied, rel=0.02)


def test_nan_and_infinity_pass_through(shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path) -> None:
    strange = flickering[9].copy()
    strange[:, 5, 5], strange[0, 6, 6] = np.nan, np.inf
    with open_writer(shot / "shot.%04d.exr", frames=[110], pixel_type=FLOAT, overwrite=True) as writer:
        writer.write(110, strange)
    done = reelmend("render", "shot", "out.%04d.exr", "--effect", "deflicker", "--frames", "109-111")
    assert done.returncode == 0, done.stderr
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        assert np.isnan(reader.read(110)[:, 5, 5]).all()
        assert np.isinf(reader.read(110)[0, 6, 6])
        assert np.isfinite(reader.read(109)).all()


def test_any_window_model_of_the_store_can_be_run(
    shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path
) -> None:
    (tmp_path / "models").mkdir()
    store = two_stage_store(tmp_path / "models")
    arguments = ("render", "shot", "out.%04d.exr", "--effect", "model", "--frames", "110-112")
    found = {"REELMEND_MODELS": str(tmp_path / "models")}
    refused = reelmend(*arguments, extra=found)
    assert refused.stderr.startswith("error: effect 'model' has no model of its own; name one with --model")
    done = reelmend(*arguments, "--model", "two-stages", "--set", "gain=2", "--memory", "64M", extra=found)
    assert done.returncode == 0, done.stderr
    clip = ArrayClip(flickering, 101)
    expected = render_clip(Renderer(store), "model", {"gain": 2.0}, clip, range(110, 113), model="two-stages")
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        for frame, planes in expected:
            np.testing.assert_array_equal(reader.read(frame), planes)


def test_json_is_one_object_with_the_figures(movie: Path, reelmend: Run) -> None:
    done = reelmend("render", "in.mp4", "out.mov", "--effect", "deflicker", "--frames", "3-12", "--json")
    told = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (told["frames"], told["first_frame"], told["last_frame"]) == (10, 3, 12)
    assert (told["model"], told["provider"], told["output"]) == ("deflicker", "CPUExecutionProvider", "out.mov")
    assert told["parameters"]["strength"] == 1.0
    assert "usable cores" in told["provider_reason"]
    assert told["fps"] == pytest.approx(10 / told["seconds"], rel=0.05)
    assert set(told["timings"]) == {"read_s", "render_s", "write_s"}
    assert sum(told["timings"].values()) == pytest.approx(told["seconds"], abs=0.01)


@pytest.mark.parametrize(
    ("text", "rate"), [("25", Fraction(25)), ("23.976", Fraction(24000, 1001)), ("30000/1001", Fraction(30000, 1001))]
)
def test_rate_of_a_movie_made_from_images(text: str, rate: Fraction, shot: Path, reelmend: Run, tmp_path: Path) -> None:
    part = ("--effect", "deflicker", "--frames", "101-104", "--set", "radius=3")
    done = reelmend("render", "shot", "out.mkv", "--rate", text, *part)
    assert done.returncode == 0, done.stderr
    assert done.stderr == "note: float samples are written as they are, cut to the movie's range: no view transform\n"
    with open_reader(tmp_path / "out.mkv") as reader:
        assert (reader.frame_rate, reader.last_frame) == (rate, 3)


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["gone.mp4", "o.mp4"], 1, "gone.mp4 does not exist; check the path"),
        (["in.mp4", "o.mp4", "--effect", "bloom"], 2, "no effect 'bloom'; there is deflicker"),
        (["in.mp4", "o.mp4", "--model", "big"], 2, "no model 'big'; there is"),
        (["in.mp4", "o.mp4", "--set", "x=1"], 2, "effect 'deflicker' has no parameter 'x'; it has analysis_bottom"),
        (["in.mp4", "o.mp4", "--set", "strength"], 2, "--set strength lacks a value; write it as --set strength=VALUE"),
        (["in.mp4", "o.mp4", "--set", "strength=2"], 2, "parameter 'strength' can't be 2.0; give a number from 0 to 1"),
        (["in.mp4", "o.mp4", "--set", "radius=big"], 2, "parameter 'radius' can't be 'big'; give a whole number from"),
        (["in.mp4", "o.mp4", "--preset", "loud"], 2, "effect 'deflicker' has no preset 'loud'; it has standard"),
        (["in.mp4", "o.mp4", "--output", "matte"], 2, "effect 'deflicker' has no output 'matte'; it has result, gain"),
        (["in.mp4", "o.mp4", "--frames", "20-90"], 2, "--frames 20-90 is not in in.mp4, which has frames 0-29"),
        (["in.mp4", "o.mp4", "--frames", "20,21"], 2, "--frames 20,21 is no range; write it as 10-50, 10- or 10"),
        (["in.mp4", "o.mp4", "--rate", "30"], 2, "--rate is for images; in.mp4 has its own, 24"),
        (["in.mp4", "o.mp4", "--provider", "cuda"], 1, "provider 'cuda' is not in this ONNX Runtime"),
        (["in.mp4", "o.mp4", "--memory", "lots"], 2, "--memory 'lots' is no size"),
        (["in.mp4", "o.gif"], 1, "o.gif ends in '.gif', which reelmend doesn't write; it writes .dpx"),
        (["in.mp4", "no/o.mp4"], 1, "folder no does not exist; create it with: mkdir -p 'no'"),
        (["in.mp4", "in.mp4", "--overwrite"], 1, "in.mp4 is the source itself, which is never overwritten"),
        (["in.mp4", "o.png"], 1, "o.png can hold one frame only, but 30 are wanted; name it o.%04d.png"),
        (["in.mp4", "/proc/o.mp4"], 1, "/proc/o.mp4 can't be written: "),
        (["empty.mp4", "o.mp4"], 1, "empty.mp4 can't be read as a movie: "),
    ],
)  # fmt: skip
def test_mistakes_are_one_line_that_says_what_to_do(
    arguments: list[str], code: int, message: str, movie: Path, reelmend: Run, tmp_path: Path
) -> None:
    (tmp_path / "empty.mp4").write_bytes(b"")
    effect = [] if "--effect" in arguments else ["--effect", "deflicker"]
    done = reelmend("render", *arguments, *effect)
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert (done.returncode, done.stdout) == (code, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.mp4", "in.mp4"]


def test_gap_in_the_window_is_found_before_rendering(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    (shot / "shot.0120.exr").unlink()
    done = reelmend("render", "shot", "out.%04d.exr", "--effect", "deflicker", "--frames", "101-110")
    assert done.returncode == 1
    assert done.stderr.startswith("error: frame 120 of shot/shot.%04d.exr is missing: there is no shot.0120.exr; ")
    assert not list(tmp_path.glob("out.*"))
    short = ("--set", "radius=5", "--frames", "101-110")
    assert reelmend("render", "shot", "out.%04d.exr", "--effect", "deflicker", *short).returncode == 0


def test_truncated_movie_fails_before_anything_is_rendered(media: type, reelmend: Run, tmp_path: Path) -> None:
    media.movie(tmp_path / "in.mov", 40, codec="mjpeg", pixel_format="yuvj422p", muxing={"movflags": "faststart"})
    data = (tmp_path / "in.mov").read_bytes()
    (tmp_path / "in.mov").write_bytes(data[: len(data) // 2])
    done = reelmend("render", "in.mov", "out.mp4", "--effect", "deflicker")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "of in.mov is not there: the file is cut short after frame" in done.stderr
    advised = done.stderr.rsplit("--frames ", 1)[1].strip()
    assert not (tmp_path / "out.mp4").exists()
    short = reelmend("render", "in.mov", "out.mp4", "--effect", "deflicker", "--set", "radius=1", "--frames", "0-10")
    assert short.returncode == 0, short.stderr
    assert advised.startswith("0-")


def test_existing_output_needs_overwrite(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_bytes(b"precious")
    arguments = ("render", "in.mp4", "out.mp4", "--effect", "deflicker", "--frames", "0-3")
    refused = reelmend(*arguments)
    assert (refused.returncode, (tmp_path / "out.mp4").read_bytes()) == (1, b"precious")
    assert "out.mp4 exists already; name another output, or allow it to be replaced with --overwrite" in refused.stderr
    assert reelmend(*arguments, "--overwrite").returncode == 0
    assert len(brightness(tmp_path / "out.mp4")) == 4


def test_full_disk_is_one_line_and_leaves_nothing(movie: Path, environment: dict[str, str], tmp_path: Path) -> None:
    command = f"ulimit -f 4; exec {sys.executable} -m reelmend render in.mp4 out.mov --effect deflicker"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr == "error: out.mov can't be written: File too large; free some space or name another output\n"
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.fixture
def long_movie(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "long.mp4") as writer:
        for index, planes in enumerate(with_flicker(moving_scene(60, 480, 270))):
            writer.write(index, planes)
    return tmp_path / "long.mp4"


def start(arguments: list[str], tmp_path: Path, environment: dict[str, str], until: str) -> subprocess.Popen[str]:
    """Start a render and return when it has begun to write."""
    process = subprocess.Popen(
        [sys.executable, "-m", "reelmend", "render", *arguments, "--effect", "deflicker"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(until)) and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.01)
    return process


@pytest.mark.parametrize(
    ("number", "code", "word"),
    [
        (signal.SIGINT, 130, "interrupted\n"),
        (signal.SIGTERM, 143, "terminated\n"),
        (signal.SIGHUP, 143, "terminated\n"),
    ],
)
def test_stopped_render_leaves_no_half_written_movie(
    number: int, code: int, word: str, long_movie: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    process = start(["long.mp4", "out.mp4"], tmp_path, environment, until=".out.part-*")
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (stdout, stderr, process.returncode) == ("", word, code)
    assert [path.name for path in tmp_path.iterdir()] == ["long.mp4"]


def test_stopped_render_leaves_whole_frames_only(long_movie: Path, environment: dict[str, str], tmp_path: Path) -> None:
    process = start(["long.mp4", "out.%04d.png"], tmp_path, environment, until="out.0003.png")
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert (stderr, process.returncode) == ("interrupted\n", 130)
    assert not list(tmp_path.glob(".*"))
    with open_reader(tmp_path / "out.%04d.png") as reader:
        assert 3 <= reader.last_frame < 59
        assert reader.read(reader.last_frame).mean() > 0.1


def test_terminal_sees_a_bar_with_speed_and_time_left(movie: Path, environment: dict[str, str], tmp_path: Path) -> None:
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reelmend", "render", "in.mp4", "out.mp4", "--effect", "deflicker", "--json"],
        cwd=tmp_path, env={**environment, "TERM": "xterm-256color"}, stdout=subprocess.PIPE, stderr=follower, text=True,
    )  # fmt: skip
    os.close(follower)
    shown = b""
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # the other end has closed
        pass
    stdout, _ = process.communicate(timeout=60)
    os.close(leader)
    assert json.loads(stdout)["frames"] == 30
    text = shown.decode()
    for word in ("deflicker", "━", "30/30", "frames/s", "left", "\x1b[?25h"):
        assert word in text


@pytest.fixture
def masked_shot(shot: Path, tmp_path: Path) -> Path:
    """The shot with models that read masks, and a mask for each frame, numbered otherwise: `mask.%04d.exr`."""
    (tmp_path / "models").mkdir()
    masked_stores(tmp_path / "models")
    with open_writer(tmp_path / "mask.%04d.exr", frames=range(1, 31), pixel_type=FLOAT) as writer:
        for index, mask in enumerate(masks_of(30)):
            writer.write(1 + index, np.repeat(mask, 3, axis=0))
    return shot


def masks_of(count: int) -> np.ndarray:
    masks = np.zeros((count, 1, 64, 96), np.float32)
    for index in range(count):
        masks[index, :, 10:40, 5 + index : 50 + index] = 1
        masks[index, :, 40:50] = 0.25
    return masks


def masked_frames(flickering: np.ndarray, store: Path, masks: np.ndarray, model: str) -> dict[int, np.ndarray]:
    renderer = Renderer(ModelStore([ModelFolder(store, store)]))
    clip, mask = ArrayClip(flickering, 101), ArrayClip(masks, 101)
    return dict(render_clip(renderer, "model", {}, clip, range(101, 131), model=model, mask=mask))


def test_mask_gives_the_bits_of_the_engine_here_and_on_a_server(
    masked_shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("REELMEND_MODELS", str(tmp_path / "models"))
    here = {"REELMEND_MODELS": str(tmp_path / "models")}
    expected = masked_frames(flickering, tmp_path / "models", masks_of(30), "measured")
    with engine() as running:
        for out, where in {"here": (), "there": ("--server", running.address)}.items():
            done = reelmend(
                "render", "shot", f"{out}.####.exr", "--effect", "model", "--model", "measured",
                "--mask", "mask.####.exr", "--json", *where, extra=here,
            )  # fmt: skip
            assert done.returncode == 0, done.stderr
            assert (json.loads(done.stdout)["mask"], json.loads(done.stdout)["mask_channel"]) == (
                "mask.####.exr",
                "red",
            )
            with open_reader(tmp_path / f"{out}.%04d.exr") as reader:
                for frame, planes in expected.items():
                    assert reader.read(frame).tobytes() == planes.tobytes(), f"frame {frame} differs {out}"


def test_still_mask_is_held_for_every_frame(
    masked_shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path
) -> None:
    still = masks_of(1)
    with open_writer(tmp_path / "still.exr", frames=[0], pixel_type=FLOAT) as writer:
        writer.write(0, np.repeat(still[0], 3, axis=0))
    done = reelmend(
        "render", "shot", "out.####.exr", "--effect", "model", "--model", "kept", "--mask", "still.exr",
        extra={"REELMEND_MODELS": str(tmp_path / "models")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = masked_frames(flickering, tmp_path / "models", still, "kept")
    with open_reader(tmp_path / "out.%04d.exr") as reader:
        for frame, planes in expected.items():
            assert reader.read(frame).tobytes() == planes.tobytes(), f"frame {frame} differs"


def test_mask_is_its_alpha_unless_told_otherwise(
    masked_shot: Path, flickering: np.ndarray, reelmend: Run, tmp_path: Path
) -> None:
    mask = masks_of(1)[0]
    with open_writer(tmp_path / "cut.png", frames=[0]) as writer:
        writer.write(0, np.zeros((3, 64, 96), np.float32), (mask[0] > 0.5).astype(np.float32))
    with open_writer(tmp_path / "opaque.png", frames=[0]) as writer:
        writer.write(0, np.repeat((mask > 0.5).astype(np.float32), 3, axis=0), np.ones((64, 96), np.float32))
    written = {}
    for out, options in {"cut": (), "opaque": (), "red": ("--mask-channel", "red")}.items():
        name = "cut" if out == "cut" else "opaque"
        done = reelmend(
            "render", "shot", f"{out}.####.exr", "--effect", "model", "--model", "kept", "--frames", "105",
            "--mask", f"{name}.png", *options, extra={"REELMEND_MODELS": str(tmp_path / "models")},
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        with open_reader(tmp_path / f"{out}.0105.exr") as reader:
            written[out] = reader.read(105)
        assert ("alpha is 1 everywhere" in done.stderr) == (out == "opaque")
    source = flickering[4]
    assert written["cut"].tobytes() == np.where(mask > 0.5, source * 2, source).tobytes()
    assert written["opaque"].tobytes() == (source * 2).tobytes()
    assert written["red"].tobytes() == written["cut"].tobytes()


@pytest.mark.parametrize(
    ("made", "options", "words"),
    [
        ((30, 64, 90), (), "is 90×64 pixels, shot/shot.%04d.exr is 96×64; give it the clip's size"),
        ((7, 64, 96), (), "has 7 frames, shot/shot.%04d.exr has 30; give it as many, or a single one"),
        ((30, 64, 96), ("--mask-channel", "alpha"), "has no alpha; name another channel"),
        ((30, 64, 96), ("--model", "two-stages"), "model 'two-stages' reads no mask; leave --mask out"),
        ((0, 0, 0), (), "wrong.%04d.exr"),
    ],
)
def test_mask_that_does_not_fit_is_refused_before_anything_is_written(
    masked_shot: Path, reelmend: Run, tmp_path: Path, made: tuple[int, int, int], options: tuple[str, ...], words: str
) -> None:
    count, height, width = made
    two_stage_store(tmp_path / "models")
    if count:
        with open_writer(tmp_path / "wrong.%04d.exr", frames=range(count)) as writer:
            for frame in range(count):
                writer.write(frame, np.zeros((3, height, width), np.float32))
    done = reelmend(
        "render", "shot", "out.####.exr", "--effect", "model", "--model", "kept", "--mask", "wrong.####.exr", *options,
        extra={"REELMEND_MODELS": str(tmp_path / "models")},
    )  # fmt: skip
    assert done.returncode != 0
    assert words in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert not list(tmp_path.glob("out*"))


def test_third_output_is_written_like_any_other(masked_shot: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend(
        "render", "shot", "curve.####.exr", "--effect", "model", "--model", "measured", "--output", "curve",
        "--frames", "105", extra={"REELMEND_MODELS": str(tmp_path / "models")},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    with open_reader(tmp_path / "curve.0105.exr") as reader:
        assert reader.read(105).std() > 0


def test_server_that_does_not_answer_is_named(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("render", "shot", "out.####.exr", "--effect", "deflicker", "--server", "unix:/nowhere/engine.sock")
    assert done.returncode == 1
    assert "no engine answers at unix:/nowhere/engine.sock" in done.stderr
    assert not list(tmp_path.glob("out*"))
