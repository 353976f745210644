import hashlib
import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from reelmend_models.damage import PRESETS, damage_clip, preset
from support.clips import moving_scene

Run = Callable[..., subprocess.CompletedProcess[str]]
FLOAT = PixelType(32, is_float=True)


@pytest.fixture(scope="module")
def scene() -> np.ndarray:
    return moving_scene(10)


@pytest.fixture
def shot(scene: np.ndarray, tmp_path: Path) -> Path:
    """An EXR sequence of float samples, frames 101 to 110."""
    (tmp_path / "shot").mkdir()
    with open_writer(tmp_path / "shot" / "shot.%04d.exr", frames=range(101, 111), pixel_type=FLOAT) as writer:
        for index, planes in enumerate(scene):
            writer.write(101 + index, planes)
    return tmp_path / "shot"


def pictures(path: Path) -> dict[int, np.ndarray]:
    with open_reader(path) as reader:
        return {frame: reader.read(frame) for frame in range(reader.first_frame, reader.last_frame + 1)}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def digest_of(folder: Path) -> str:
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return hashlib.sha256(b"".join(str(f.relative_to(folder)).encode() + f.read_bytes() for f in files)).hexdigest()


@pytest.mark.parametrize("name", ["silent-1910", "vhs-1990"])
def test_command_writes_the_very_pixels_of_the_library(name: str, shot: Path, scene: np.ndarray, reelmend: Run) -> None:
    done = reelmend("damage", "shot", "out.%04d.exr", "--preset", name, "--seed", "7")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"out.%04d.exr: 10 frames of 96×64, {name} with seed 7, in ")
    expected = damage_clip((np.ascontiguousarray(f.transpose(1, 2, 0)) for f in scene), preset(name), 7)
    written = pictures(shot.parent / "out.%04d.exr")
    for frame, (pixels, _) in enumerate(expected, start=101):
        np.testing.assert_array_equal(written[frame], pixels.transpose(2, 0, 1))


@pytest.mark.parametrize("name", ["silent-1910", "vhs-1990"])
def test_part_of_a_clip_is_damaged_as_within_the_whole(name: str, shot: Path, reelmend: Run) -> None:
    reelmend("damage", "shot", "whole.%04d.exr", "--preset", name, "--seed", "7")
    done = reelmend("damage", "shot", "part.%04d.exr", "--preset", name, "--seed", "7", "--frames", "104-106")
    assert done.returncode == 0, done.stderr
    whole, part = pictures(shot.parent / "whole.%04d.exr"), pictures(shot.parent / "part.%04d.exr")
    assert sorted(part) == [104, 105, 106]
    for frame, planes in part.items():
        np.testing.assert_array_equal(planes, whole[frame])


def test_same_seed_gives_the_same_files_and_another_seed_others(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    for name, seed in (("one", "7"), ("two", "7"), ("three", "8")):
        (tmp_path / name).mkdir()
        reelmend(
            "damage", "shot", f"{name}/o.%04d.exr", "--preset", "dirt-only", "--seed", seed, "--truth", f"{name}/truth"
        )
    assert digest_of(tmp_path / "one") == digest_of(tmp_path / "two") != digest_of(tmp_path / "three")


def test_truth_says_where_pixels_are_as_they_were(shot: Path, scene: np.ndarray, reelmend: Run, tmp_path: Path) -> None:
    arguments = ("--preset", "dirt-only", "--seed", "7", "--truth", "truth", "--frames", "102-109", "--json")
    done = reelmend("damage", "shot", "out.%04d.exr", *arguments)
    told = json.loads(done.stdout)
    assert (told["preset"], told["seed"], told["truth"], told["frames"]) == ("dirt-only", 7, "truth", 8)
    assert json.loads((tmp_path / "truth" / "truth.json").read_text())["preset"] == "dirt-only"
    lines = [json.loads(line) for line in (tmp_path / "truth" / "frames.jsonl").read_text().splitlines()]
    assert [line["frame"] for line in lines] == list(range(102, 110))
    mattes, damaged = pictures(tmp_path / "truth" / "matte"), pictures(tmp_path / "out.%04d.exr")
    assert sorted(mattes) == sorted(damaged) == list(range(102, 110))
    touched = np.stack([(mattes[frame] > 0).any(axis=0) for frame in mattes])
    changed = np.stack([(damaged[frame] != scene[frame - 101]).any(axis=0) for frame in damaged])
    assert 0 < changed.mean() < 0.5
    assert not (changed & ~touched).any()


def test_list_names_every_preset_with_its_stages(reelmend: Run) -> None:
    done = reelmend("damage", "--list")
    assert [line.split()[0] for line in done.stdout.splitlines()] == list(PRESETS)
    assert "dirt-only          stain, dust, blotch, scratch, hair" in done.stdout.splitlines()
    assert json.loads(reelmend("damage", "--list", "--json").stdout)["presets"]["flicker-only"] == ["flicker"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["shot", "--preset", "dirt-only", "--seed", "1"], 2, "Missing OUT; 'reelmend damage --help' says"),
        (["shot", "o.%d.exr", "--seed", "1"], 2, "Missing --preset; "),
        (["shot", "o.%d.exr", "--preset", "dirt-only"], 2, "Missing --seed; "),
        (["shot", "o.%d.exr", "--preset", "rot", "--seed", "1"], 2, "no damage preset 'rot'; there are silent-1910,"),
        (["shot", "o.%d.exr", "--preset", "dirt-only", "--seed", "-1"], 2, "seed must be a whole number of at least 0"),
        (["shot", "o.%d.exr", "--preset", "dirt-only", "--seed", "1", "--frames", "1-2"], 2, "--frames 1-2 is not in"),
        (["gone.mp4", "o.mp4", "--preset", "dirt-only", "--seed", "1"], 1, "gone.mp4 does not exist; check the path"),
        (["shot", "shot", "--preset", "dirt-only", "--seed", "1"], 1, "shot/shot.0101.exr is the source itself"),
        (
            ["shot", "o.%d.exr", "--preset", "dirt-only", "--seed", "1", "--truth", "shot", "--overwrite"],
            1,
            "folder shot holds other files than a truth; name a folder that does not exist yet",
        ),
        (
            ["shot", "o.%d.exr", "--preset", "dirt-only", "--seed", "1", "--truth", "no/truth"],
            1,
            "folder no does not exist; create it with: mkdir -p 'no'",
        ),
    ],
)
def test_mistakes_are_one_line_that_says_what_to_do(
    arguments: list[str], code: int, message: str, shot: Path, reelmend: Run, tmp_path: Path
) -> None:
    done = reelmend("damage", *arguments)
    assert done.stderr.startswith(f"error: {message}")
    assert done.stderr.count("\n") == 1
    assert (done.returncode, done.stdout) == (code, "")
    assert names(tmp_path) == ["shot"]
    assert len(names(shot)) == 10


def test_missing_frame_is_found_before_anything_is_written(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    (shot / "shot.0107.exr").unlink()
    ahead = ("--seed", "1", "--frames", "104-106")
    refused = reelmend("damage", "shot", "o.%04d.exr", "--preset", "vhs-1990", *ahead)
    assert refused.stderr.startswith("error: frame 107 of shot/shot.%04d.exr is missing")
    assert names(tmp_path) == ["shot"]
    assert reelmend("damage", "shot", "o.%04d.exr", "--preset", "dirt-only", *ahead).returncode == 0


def test_earlier_truth_is_replaced_only_when_allowed(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    def run(seed: str, *more: str) -> subprocess.CompletedProcess[str]:
        arguments = ("--preset", "dirt-only", "--seed", seed, "--truth", "truth", "--frames", "101-102")
        return reelmend("damage", "shot", f"o{seed}.%04d.exr", *arguments, *more)

    assert run("1").returncode == 0
    (tmp_path / "truth" / "stale").touch()
    refused = run("2")
    assert "truth holds a truth already; name another folder, or allow it" in refused.stderr
    assert not list(tmp_path.glob("o2.*"))
    assert run("2", "--overwrite").returncode == 0
    assert json.loads((tmp_path / "truth" / "truth.json").read_text())["seed"] == 2
    assert not (tmp_path / "truth" / "stale").exists()
    assert not list(tmp_path.glob(".*"))


def test_engine_without_the_simulator_says_what_to_install(
    shot: Path, environment: dict[str, str], tmp_path: Path
) -> None:
    script = (
        "import importlib.abc, sys\n"
        "class Hidden(importlib.abc.MetaPathFinder):\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name.startswith('reelmend_models'):\n"
        "            raise ModuleNotFoundError('hidden', name=name)\n"
        "sys.meta_path.insert(0, Hidden())\n"
        "from reelmend.cli.main import main\n"
        "main(['damage', 'shot', 'o.%04d.exr', '--preset', 'dirt-only', '--seed', '1'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("error: the damage simulator needs the Python package reelmend_models, which is not")


@pytest.mark.parametrize(
    ("number", "code", "word"), [(signal.SIGINT, 130, "interrupted\n"), (signal.SIGTERM, 143, "terminated\n")]
)
def test_stopped_damage_leaves_neither_movie_nor_truth(
    number: int, code: int, word: str, environment: dict[str, str], tmp_path: Path
) -> None:
    with open_writer(tmp_path / "long.mp4") as writer:
        for index, planes in enumerate(moving_scene(40, 480, 270)):
            writer.write(index, planes)
    arguments = ["long.mp4", "out.mp4", "--preset", "silent-1910", "--seed", "1", "--truth", "truth"]
    process = subprocess.Popen(
        [sys.executable, "-m", "reelmend", "damage", *arguments],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(".truth.part-*/gain/000001.npy")) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert process.poll() is None, process.communicate()
    process.send_signal(number)
    stdout, stderr = process.communicate(timeout=60)
    assert (stdout, stderr, process.returncode) == ("", word, code)
    assert names(tmp_path) == ["long.mp4"]


def test_rate_of_a_movie_made_from_images(shot: Path, reelmend: Run, tmp_path: Path) -> None:
    made = ("--preset", "flicker-only", "--seed", "3", "--frames", "101-104")
    done = reelmend("damage", "shot", "out.mkv", *made, "--rate", "18")
    assert done.returncode == 0, done.stderr
    with open_reader(tmp_path / "out.mkv") as reader:
        assert (reader.frame_rate, reader.last_frame) == (18, 3)
    refused = reelmend("damage", "out.mkv", "again.mkv", *made[:4], "--rate", "24")
    assert (refused.returncode, refused.stderr) == (2, "error: --rate is for images; out.mkv has its own, 18\n")
    assert not (tmp_path / "again.mkv").exists()


def test_full_disk_is_one_line_and_leaves_nothing(shot: Path, environment: dict[str, str], tmp_path: Path) -> None:
    arguments = "damage shot out.mov --preset silent-1910 --seed 1 --truth truth"
    command = f"ulimit -f 4; exec {sys.executable} -m reelmend {arguments}"
    done = subprocess.run(
        ["bash", "-c", command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr.count("\n")) == (1, 1), done.stderr
    assert done.stderr == "error: cannot write the truth to truth: File too large\n"
    assert names(tmp_path) == ["shot"]
