"""`python -m pyopenfx` from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from pyopenfx.cli.pictures import Pattern, read_picture, write_picture

from .conftest import ANY_FORMAT, AVERAGE, LAWLESS, MISBEHAVIOUR


def run(*arguments: object, code: int = 0) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "pyopenfx", *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == code, result.stderr
    return result


@pytest.fixture
def clip(tmp_path: Path, ramp: NDArray[np.float32]) -> Path:
    path = tmp_path / "clip.npy"
    np.save(path, ramp)
    return path


def test_list_names_every_plugin(bundle_path: Path) -> None:
    assert f"{AVERAGE} 2.5  Temporal Average  (filter, general)" in run("list", bundle_path).stdout
    data = json.loads(run("list", "--json", bundle_path).stdout)
    assert [plugin["identifier"] for plugin in data[0]["plugins"]] == [AVERAGE, MISBEHAVIOUR, ANY_FORMAT, LAWLESS]


def test_list_shows_a_broken_bundle_beside_the_good_ones(bundle_path: Path, plugins_dir: Path) -> None:
    result = run("list", plugins_dir / "NoExports.ofx", bundle_path, code=1)
    assert AVERAGE in result.stdout
    assert "does not export" in result.stderr


def test_describe_lists_clips_and_parameters(bundle_path: Path) -> None:
    text = run("describe", bundle_path, "--plugin", AVERAGE).stdout
    assert "clip Source: RGBA, RGB; temporal" in text
    assert "0.0 to 4.0" in text
    data = json.loads(run("describe", bundle_path, "--plugin", AVERAGE, "--context", "general", "--json").stdout)
    assert data["context"] == "general"


def test_render_reads_and_writes_arrays(bundle_path: Path, clip: Path, ramp: NDArray[np.float32]) -> None:
    target = clip.with_name("out.npy")
    values = ("--set", "radius=0", "--set", "gain@0=0", "--set", "gain@8=4")
    result = run("render", bundle_path, clip, target, "--plugin", AVERAGE, *values, "--frames", "2-4")
    assert "3 frames" in result.stdout
    np.testing.assert_array_equal(np.load(target), ramp[2:5] * np.array([1, 1.5, 2], np.float32).reshape(3, 1, 1, 1))


def test_render_reads_and_writes_numbered_exr_exactly(
    bundle_path: Path, tmp_path: Path, ramp: NDArray[np.float32]
) -> None:
    for frame in range(3):
        write_picture(tmp_path / f"in.{frame + 7:04d}.exr", ramp[frame], "float")
    arguments = ("--plugin", AVERAGE, "--set", "radius=0", "--json")
    report = json.loads(
        run("render", bundle_path, tmp_path / "in.####.exr", tmp_path / "o.%03d.exr", *arguments).stdout
    )
    assert (report["frames"], report["violations"]) == (3, [])
    assert sorted(path.name for path in tmp_path.glob("o.*")) == ["o.007.exr", "o.008.exr", "o.009.exr"]
    np.testing.assert_array_equal(read_picture(tmp_path / "o.008.exr"), ramp[1])
    assert not list(tmp_path.glob(".*partial*"))


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--set", "gain=lots"), "'gain=lots': gain takes a number"),
        (("--set", "gain"), "write name=value"),
        (("--set", "gian=1"), "no parameter 'gian'; there are gain"),
        (("--set", "offset=1,2"), "offset takes 4 numbers separated by commas"),
        (("--set", "gain=9"), "'gain' is 9, allowed is 0 to 4"),
        (("--set", "mode=Median"), "no option 'Median', only Mean, Source"),
        (("--frames", "8-20"), "frames 8-20 are not all in the clip, which has 0-9"),
        (("--frames", "soon"), "--frames takes first-last"),
        (("--context", "paint"), "does not support OfxImageEffectContextPaint"),
    ],
)
def test_a_wrong_argument_is_one_line_that_says_what_fits(
    bundle_path: Path, clip: Path, arguments: tuple[str, ...], told: str
) -> None:
    target = clip.with_name("out.npy")
    result = run("render", bundle_path, clip, target, "--plugin", AVERAGE, *arguments, code=1)
    assert told in result.stderr
    assert result.stderr.count("\n") == 1
    assert not target.exists()


def test_a_missing_clip_or_folder_is_named(bundle_path: Path, clip: Path, tmp_path: Path) -> None:
    assert "no file matches" in run("render", bundle_path, "/nowhere/a.%d.png", clip, code=1).stderr
    target = tmp_path / "gone" / "a.%d.png"
    assert "create it first" in run("render", bundle_path, clip, target, code=1).stderr


def test_a_gap_in_the_numbers_fails_at_that_frame(bundle_path: Path, tmp_path: Path, ramp: NDArray[np.float32]) -> None:
    for frame in (0, 2):
        write_picture(tmp_path / f"in.{frame}.exr", ramp[frame], "float")
    result = run("render", bundle_path, tmp_path / "in.%d.exr", tmp_path / "o.%d.exr", "--plugin", MISBEHAVIOUR, code=1)
    assert "Render of frame 1 failed" in result.stderr


def test_a_broken_picture_is_the_reason_told(bundle_path: Path, tmp_path: Path, ramp: NDArray[np.float32]) -> None:
    write_picture(tmp_path / "in.0.exr", ramp[0], "float")
    (tmp_path / "in.1.exr").write_bytes((tmp_path / "in.0.exr").read_bytes()[:300])
    result = run("render", bundle_path, tmp_path / "in.%d.exr", tmp_path / "o.%d.exr", "--plugin", MISBEHAVIOUR, code=1)
    assert "cannot read" in result.stderr
    assert "in.1.exr" in result.stderr


def wait_until_loaded(process_id: int) -> None:
    """Return when the process has the test plug-ins in its memory, however slow the machine is."""
    deadline = time.monotonic() + 30
    while "HostTests.ofx" not in Path(f"/proc/{process_id}/maps").read_text():
        assert time.monotonic() < deadline, "the plug-in was never loaded"
        time.sleep(0.05)


def test_an_interrupted_render_leaves_no_half_written_file(bundle_path: Path, clip: Path) -> None:
    target = clip.with_name("out.npy")
    command = [sys.executable, "-m", "pyopenfx", "render", str(bundle_path), str(clip), str(target)]
    options = ["--plugin", MISBEHAVIOUR, "--set", "behaviour=wait"]
    with subprocess.Popen([*command, *options], stderr=subprocess.PIPE, text=True) as process:
        wait_until_loaded(process.pid)
        time.sleep(1.0)
        os.kill(process.pid, signal.SIGINT)
        _, errors = process.communicate(timeout=15)
    assert (process.returncode, errors) == (130, "stopped\n")
    assert not target.exists()


@pytest.mark.parametrize(
    ("text", "name"),
    [("a.%04d.png", "a.0012.png"), ("a.####.png", "a.0012.png"), ("%d.exr", "12.exr"), ("##.tif", "12.tif")],
)
def test_a_pattern_puts_the_number_where_it_says(text: str, name: str) -> None:
    assert Pattern(text).path(12) == Path(name)


def test_a_name_without_a_number_is_refused() -> None:
    with pytest.raises(ValueError, match="has no frame number"):
        Pattern("a.png")


def test_other_clips_are_named_with_their_files(
    bundle_path: Path, clip: Path, ramp: NDArray[np.float32], tmp_path: Path
) -> None:
    np.save(tmp_path / "brighter.npy", ramp + 1)
    arguments = ("render", bundle_path, clip, tmp_path / "out.npy", "--plugin", AVERAGE, "--set", "radius=0")
    run(*arguments)
    plain = np.load(tmp_path / "out.npy")
    run(*arguments, "--clip", f"Source={tmp_path / 'brighter.npy'}")
    assert np.abs(np.load(tmp_path / "out.npy") - plain).min() > 0.5
    assert "--clip takes name=FILES" in run(*arguments, "--clip", "brighter.npy", code=1).stderr
    assert "Nothing" in run(*arguments, "--clip", f"Nothing={clip}", code=1).stderr
    assert "nowhere.%04d.exr" in run(*arguments, "--clip", "Source=nowhere.%04d.exr", code=1).stderr
