import json
import os
import pty
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reelmend.inference.models import ModelStore
from reelmend.media import open_reader, open_writer
from support.clips import moving_scene, with_flicker

Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def movie(tmp_path: Path) -> Path:
    with open_writer(tmp_path / "in.mp4") as writer:
        for index, planes in enumerate(with_flicker(moving_scene(12))):
            writer.write(index, planes)
    return tmp_path / "in.mp4"


@pytest.fixture
def rendered(movie: Path, reelmend: Run, tmp_path: Path) -> Path:
    """The movie, steadied, and beside it what the render said of itself."""
    done = reelmend("render", "in.mp4", "out.mp4", "--effect", "deflicker", "--set", "strength=0.9", "--json")
    assert done.returncode == 0, done.stderr
    (tmp_path / "render.json").write_text(done.stdout)
    return tmp_path / "out.mp4"


def test_report_of_a_render_tells_what_was_done_and_with_what(rendered: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("report", "in.mp4", "out.mp4", "--settings", "render.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("report.html: ")
    assert "12 frames looked at, 6 shown, in " in done.stdout
    text = (tmp_path / "report.html").read_text()
    assert "<h1>in.mp4 → out.mp4</h1>" in text
    model = ModelStore.default().get("deflicker").manifest
    for told in ("strength", "0.9", model.version, *(stage.sha256 for stage in model.stages)):
        assert told in text


def test_json_has_the_figures_of_the_page(rendered: Path, reelmend: Run, tmp_path: Path) -> None:
    done = reelmend("report", "in.mp4", "out.mp4", "-o", "r.html", "--show", "3,7", "--frames", "2-11", "--json")
    told = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert (told["output"], told["frames"], told["first_frame"], told["shown"]) == ("r.html", 10, 2, [3, 7])
    assert told["size_bytes"] == (tmp_path / "r.html").stat().st_size
    measures = {row["measure"]: row for row in told["measures"]}
    steadier = measures["flicker_std_global"]
    assert steadier["after"] < 0.5 * steadier["before"]
    assert (steadier["unit"], steadier["direction"]) == ("ln", "lower is better")
    assert (measures["psnr"]["after"], measures["psnr"]["note"]) == (None, "not measured: needs the truth")
    assert [file["role"] for file in told["files"]] == ["before", "after"]


def test_damage_repaired_is_scored_against_its_truth(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    damage = ("--preset", "dirt-only", "--seed", "4", "--truth", "truth")
    assert reelmend("damage", "in.mp4", "dirty.%04d.png", *damage).returncode == 0
    with open_writer(tmp_path / "clean.%04d.png", frames=range(12)) as writer, open_reader(movie) as reader:
        for frame in range(12):
            writer.write(frame, reader.read(frame))
    arguments = ("--truth", "in.mp4", "--defects", "truth", "--matte", "truth/matte", "--json")
    done = reelmend("report", "dirty.%04d.png", "clean.%04d.png", *arguments)
    assert done.returncode == 0, done.stderr
    values = {row["measure"]: row for row in json.loads(done.stdout)["measures"]}
    assert values["psnr_inside"]["after"] > 45 > values["psnr_inside"]["before"]
    assert values["bit_identical_outside"]["after"] == 1.0
    assert values["matte_precision"]["after"] == 1.0
    assert "class_recall.dust" in values


def test_model_may_be_named_by_hand(rendered: Path, reelmend: Run, tmp_path: Path) -> None:
    arguments = ("--model", "deflicker", "--title", "Reel <7> & more", "--no-measures")
    assert reelmend("report", "in.mp4", "out.mp4", *arguments).returncode == 0
    text = (tmp_path / "report.html").read_text()
    assert "<h1>Reel &lt;7&gt; &amp; more</h1>" in text
    assert ModelStore.default().get("deflicker").manifest.stages[0].sha256 in text
    assert "No measures were taken" in text


def test_hash_of_another_version_is_not_given(rendered: Path, reelmend: Run, tmp_path: Path) -> None:
    summary = json.loads((tmp_path / "render.json").read_text())
    (tmp_path / "old.json").write_text(json.dumps({**summary, "model_version": "0.0.1"}))
    done = reelmend("report", "in.mp4", "out.mp4", "--settings", "old.json", "--no-measures")
    assert "note: Model 'deflicker' 0.0.1 was used, " in done.stderr
    assert ModelStore.default().get("deflicker").manifest.stages[0].sha256 not in (tmp_path / "report.html").read_text()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["in.mp4", "gone.mp4"], 1, "gone.mp4 does not exist; check the path"),
        (
            ["in.mp4", "short.%d.png"],
            1,
            "after short.%d.png has 2 frames and before in.mp4 has 12; both must be",
        ),
        (["in.mp4", "in.mp4", "--truth", "small.%d.png"], 1, "truth small.%d.png is 48×32 and before in.mp4 is 96×64;"),
        (["in.mp4", "in.mp4", "--matte", "gone"], 1, "gone does not exist; check the path"),
        (["in.mp4", "in.mp4", "--defects", "gone"], 1, "gone holds no truth.json; name a folder that 'reelmend damage"),
        (["in.mp4", "in.mp4", "--frames", "5-99"], 2, "--frames 5-99 is not in in.mp4, which has frames 0-11"),
        (["in.mp4", "in.mp4", "--show", "5-7"], 2, "--show 5-7 is no list of frames; write it as 12,40,55"),
        (["in.mp4", "in.mp4", "--show", "50"], 2, "frame 50 can't be shown, the report is of frames 0-11; name others"),
        (["in.mp4", "in.mp4", "--gain", "0"], 2, "--gain 0 can't amplify a difference; give a number above 0"),
        (["in.mp4", "in.mp4", "--gain", "nan"], 2, "--gain nan can't amplify a difference"),
        (["in.mp4", "in.mp4", "--model", "big"], 2, "no model 'big'; there is"),
        (
            ["in.mp4", "in.mp4", "--settings", "gone.json"],
            1,
            "gone.json does not exist; write it with: reelmend",
        ),
        (["in.mp4", "in.mp4", "--settings", "in.mp4"], 2, "in.mp4 is not what 'reelmend render --json' prints"),
        (["in.mp4", "in.mp4", "--settings", "list.json"], 2, "list.json is not what 'reelmend render --json' prints"),
        (["in.mp4", "in.mp4", "-o", "no/r.html"], 1, "folder no does not exist; create it with: mkdir -p 'no'"),
        (["in.mp4", "in.mp4", "-o", "."], 1, ". is a folder; name a file in it"),
        (["in.mp4"], 2, "Missing argument 'AFTER'; 'reelmend report --help' says what it takes"),
    ],
)
def test_mistakes_are_one_line_that_says_what_to_do(
    arguments: list[str], code: int, message: str, movie: Path, reelmend: Run, tmp_path: Path
) -> None:
    for name, count, width, height in (("short", 2, 96, 64), ("small", 12, 48, 32)):
        with open_writer(tmp_path / f"{name}.%d.png", frames=range(count)) as writer:
            for index in range(count):
                writer.write(index, np.zeros((3, height, width), np.float32))
    (tmp_path / "list.json").write_text("[1]")
    there = sorted(path.name for path in tmp_path.iterdir())
    done = reelmend("report", *arguments)
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert (done.returncode, done.stdout) == (code, "")
    assert sorted(path.name for path in tmp_path.iterdir()) == there


def test_existing_report_needs_overwrite(movie: Path, reelmend: Run, tmp_path: Path) -> None:
    (tmp_path / "report.html").write_text("precious")
    refused = reelmend("report", "in.mp4", "in.mp4", "--no-measures")
    assert refused.returncode == 1
    assert (
        "report.html exists already; name another output, or allow it to be replaced with --overwrite" in refused.stderr
    )
    assert (tmp_path / "report.html").read_text() == "precious"
    assert reelmend("report", "in.mp4", "in.mp4", "--no-measures", "--overwrite").returncode == 0
    assert (tmp_path / "report.html").read_text().startswith("<!doctype html>")


def test_full_disk_is_one_line_and_leaves_nothing(movie: Path, environment: dict[str, str], tmp_path: Path) -> None:
    command = f"ulimit -f 8; exec {sys.executable} -m reelmend report in.mp4 in.mp4 --no-measures"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: report.html can't be written: File too large; it takes ")
    assert [path.name for path in tmp_path.iterdir()] == ["in.mp4"]


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "terminated\n")]
)
def test_stopped_report_leaves_nothing(
    number: int, code: int, word: str, environment: dict[str, str], tmp_path: Path
) -> None:
    with open_writer(tmp_path / "long.mp4") as writer:
        for index, planes in enumerate(moving_scene(60, 480, 270)):
            writer.write(index, planes)
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "reelmend", "report", "long.mp4", "long.mp4"],
        cwd=tmp_path, env={**environment, "TERM": "xterm-256color"}, stdout=subprocess.PIPE, stderr=follower, text=True,
    )  # fmt: skip
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + 60
    while b"measure" not in shown and time.monotonic() < deadline:
        shown += os.read(leader, 65536)
    process.send_signal(number)
    try:
        while part := os.read(leader, 65536):
            shown += part
    except OSError:  # the other end has closed
        pass
    process.communicate(timeout=60)
    os.close(leader)
    text = shown.decode()
    assert process.returncode == code
    assert text.replace("\r", "").endswith(word)
    for expected in ("look", "60/60", "measure", "frames/s"):
        assert expected in text
    assert [path.name for path in tmp_path.iterdir()] == ["long.mp4"]
