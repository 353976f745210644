import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest

from reelmend.cli.analyze import clip_name
from reelmend.media import open_writer
from support.clips import Frames, moving_scene
from support.flickering import flickering_scene

Run = Callable[..., subprocess.CompletedProcess[str]]


def write(path: Path, clip: Frames, first: int = 0) -> None:
    with open_writer(path, frames=range(first, first + len(clip))) as writer:
        for index, planes in enumerate(clip):
            writer.write(first + index, np.clip(planes, 0, 1))


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    write(tmp_path / "reel.mp4", flickering_scene("global", 30))
    return tmp_path / "reel.mp4"


@pytest.fixture
def sequence(tmp_path: Path) -> Path:
    """Two shots, 1001 to 1030, the second of them of repeated and black frames."""
    (tmp_path / "scan").mkdir()
    clip = np.concatenate([flickering_scene("bands", 16), flickering_scene("bands", 14, seed=9)])
    clip[20], clip[25] = clip[19], 0.0
    write(tmp_path / "scan" / "shot.%04d.png", clip, 1001)
    return tmp_path / "scan"


def visible(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_movie_is_described_for_people(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("analyze", "reel.mp4")
    assert (done.returncode, done.stderr) == (0, "")
    assert visible(tmp_path) == {"reel.mp4", "reel-analysis.json", "reel-analysis.png"}
    for told in ("30 (0–29) of 96×64", "global", "std of log luma", "wrote reel-analysis.png", "strength"):
        assert told in done.stdout
    assert "\nreelmend render reel.mp4 OUT --effect deflicker --set strength=1 " in done.stdout
    assert cv2.imread(str(tmp_path / "reel-analysis.png")) is not None


def test_recommended_command_runs(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    told = json.loads(reelmend("analyze", "reel.mp4", "--json", "--plot", "none").stdout)
    advised = told["recommendation"]["command"].replace("OUT", "steady.mp4").split()
    done = reelmend(*advised[1:])
    assert done.returncode == 0, done.stderr
    after = json.loads(reelmend("analyze", "steady.mp4", "--json", "--plot", "none").stdout)
    quick = "frame_to_frame_percent"
    assert after["flicker"]["overall"][quick] < 0.4 * told["flicker"]["overall"][quick]


def test_sequence_is_told_by_its_own_numbers(sequence: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("analyze", "scan", "--output", "found", "--plot", "svg", "--json")
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("\n") == 1
    told = json.loads(done.stdout)
    assert (told["cuts"], told["duplicates"], told["black_frames"]) == ([1017], [1021], [1026])
    assert told["flicker"]["type"] == "bands"
    assert [shot["first_frame"] for shot in told["shots"]] == [1001, 1017]
    assert told["files"] == {"json": "found/shot-analysis.json", "plot": "found/shot-analysis.svg"}
    assert visible(tmp_path / "found") == {"shot-analysis.json", "shot-analysis.svg"}


def test_file_holds_what_is_printed_and_a_value_a_frame(sequence: Path, reelmend: Run, tmp_path: Path) -> None:
    told = json.loads(reelmend("analyze", "scan/shot.####.png", "--json", "--plot", "none").stdout)
    kept = json.loads((tmp_path / "shot-analysis.json").read_text())
    series = kept.pop("series")
    assert (len(series["mean_luma"]), len(series["log_exposure"])) == (30, 30)
    assert kept == {name: value for name, value in told.items() if name not in ("files", "seconds")}


def test_frames_limit_what_is_looked_at(sequence: Path, reelmend: Run) -> None:
    told = json.loads(reelmend("analyze", "scan", "--frames", "1002-1014", "--json", "--plot", "none").stdout)
    assert (told["first_frame"], told["last_frame"], told["cuts"]) == (1002, 1014, [])


def test_same_clip_gives_the_same_files(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    for folder in ("one", "two"):
        assert reelmend("analyze", "reel.mp4", "-o", folder).returncode == 0
    for name in ("reel-analysis.json", "reel-analysis.png"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_steady_clip_is_left_alone(reelmend: Run, tmp_path: Path) -> None:
    write(tmp_path / "calm.mov", moving_scene(24))
    done = reelmend("analyze", "calm.mov", "--plot", "none")
    assert "leave it alone" in done.stdout
    assert "reelmend render" not in done.stdout


def test_floats_above_one_are_taken_as_light(reelmend: Run, tmp_path: Path) -> None:
    with open_writer(tmp_path / "hdr.%03d.exr", frames=range(20)) as writer:
        for index, planes in enumerate(3 * flickering_scene("global", 20)):
            writer.write(index, planes)
    told = json.loads(reelmend("analyze", "hdr.%03d.exr", "--json", "--plot", "none").stdout)
    assert told["flicker"]["type"] == "global"


def test_earlier_files_are_kept_unless_overwritten(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    (tmp_path / "reel-analysis.png").write_text("mine")
    refused = reelmend("analyze", "reel.mp4")
    assert refused.returncode == 1
    assert refused.stderr.startswith("error: reel-analysis.png exists already")
    assert refused.stderr.count("\n") == 1
    assert (tmp_path / "reel-analysis.png").read_text() == "mine"
    assert not (tmp_path / "reel-analysis.json").exists()
    assert reelmend("analyze", "reel.mp4", "--overwrite").returncode == 0


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (("nowhere.mp4",), 1, "nowhere.mp4 does not exist"),
        (("reel.mp4", "--frames", "5-90"), 2, "--frames 5-90"),
        (("reel.mp4", "--frames", "x"), 2, "--frames x is no range"),
        (("reel.mp4", "--plot", "gif"), 2, "gif"),
        (("reel.mp4", "-o", "no/such/folder"), 1, "folder no/such does not exist"),
        (("reel.mp4", "-o", "reel.mp4"), 1, "reel.mp4 is not a folder"),
        ((), 2, "CLIP"),
    ],
)
def test_mistakes_are_told_in_one_line(
    movie: Path, reelmend: Run, tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    done = reelmend("analyze", *arguments)
    assert done.returncode == code
    assert words in done.stderr
    assert (done.stdout, done.stderr.count("\n")) == ("", 1)
    assert visible(tmp_path) == {"reel.mp4"}


def test_broken_frame_is_named_and_leaves_nothing(sequence: Path, reelmend: Run, tmp_path: Path) -> None:
    (sequence / "shot.1010.png").write_bytes(b"no picture")
    done = reelmend("analyze", "scan", "-o", "found")
    assert done.returncode == 1
    assert "1010" in done.stderr
    assert visible(tmp_path) == {"scan"}


def test_too_small_frames_are_refused(reelmend: Run, tmp_path: Path) -> None:
    write(tmp_path / "tiny.%02d.png", moving_scene(4, 16, 16))
    done = reelmend("analyze", "tiny.%02d.png")
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "18 pixels" in done.stderr


def test_without_matplotlib_the_json_is_written_and_the_plot_explained(
    movie: Path, reelmend: Run, tmp_path: Path
) -> None:
    (tmp_path / "hidden" / "matplotlib").mkdir(parents=True)
    (tmp_path / "hidden" / "matplotlib" / "__init__.py").write_text("raise ImportError('not installed')")
    path = os.pathsep.join([str(tmp_path / "hidden"), os.environ.get("PYTHONPATH", "")])
    done = reelmend("analyze", "reel.mp4", extra={"PYTHONPATH": path})
    assert done.returncode == 0
    assert done.stderr == "note: the plot needs matplotlib, which is not installed: pip install matplotlib\n"
    assert visible(tmp_path) == {"reel.mp4", "reel-analysis.json", "hidden"}


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "terminated\n")]
)
def test_stopped_analysis_leaves_nothing(
    number: int, code: int, word: str, environment: dict[str, str], tmp_path: Path
) -> None:
    write(tmp_path / "long.mp4", moving_scene(200, 320, 180))
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reelmend", "analyze", "long.mp4", "-o", "found"],
        cwd=tmp_path, env={**environment, "TERM": "xterm-256color"}, stdout=subprocess.PIPE, stderr=follower, text=True,
    )  # fmt: skip
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + 60
    while b"frames/s" not in shown and time.monotonic() < deadline:
        shown += os.read(leader, 65536)
    process.send_signal(number)
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # the other end has closed
        pass
    assert process.wait(30) == code
    assert word.strip().encode() in shown
    assert b"analyze" in shown
    assert visible(tmp_path) == {"long.mp4"}


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/reel.v2.mov", "reel.v2"),
        ("a/shot.%04d.exr", "shot"),
        ("a/shot_####.png", "shot"),
        ("a/within our gates/%05d.png", "within our gates"),
        ("still.png", "still"),
    ],
)
def test_files_are_named_after_the_clip(path: str, name: str) -> None:
    assert clip_name(Path(path)) == name
