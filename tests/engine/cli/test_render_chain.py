import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from reelmend.clips import RememberedClip
from reelmend.effects.chain import RenderedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from reelmend.media import open_reader, open_writer
from reelmend.media.interface import PixelType
from support.clips import ArrayClip, with_flicker
from support.engines import engine
from support.repair_command import dirty_scene
from support.window_models import masked_stores

Run = Callable[..., subprocess.CompletedProcess[str]]
FLOAT = PixelType(32, is_float=True)
COUNT = 12
BOTH = ("--chain", "deflicker,repair")
SHORT = ("--set", "deflicker.radius=3", "--set", "repair.radius=2")


@pytest.fixture(scope="module")
def ailing() -> np.ndarray:
    return with_flicker(dirty_scene(COUNT))


@pytest.fixture
def shot(ailing: np.ndarray, tmp_path: Path) -> Path:
    (tmp_path / "shot").mkdir()
    with open_writer(tmp_path / "shot" / "shot.%04d.exr", frames=range(101, 101 + COUNT), pixel_type=FLOAT) as writer:
        for index, planes in enumerate(ailing):
            writer.write(101 + index, planes)
    return tmp_path / "shot"


def pixels(folder: Path, name: str) -> dict[int, np.ndarray]:
    with open_reader(folder / name) as reader:
        return {frame: reader.read(frame) for frame in range(reader.first_frame, reader.last_frame + 1)}


def assert_same_bits(first: dict[int, np.ndarray], second: dict[int, np.ndarray]) -> None:
    assert first.keys() == second.keys()
    for frame, planes in first.items():
        assert planes.tobytes() == second[frame].tobytes(), f"frame {frame} differs"


@pytest.mark.parametrize("order", [("deflicker", "repair"), ("repair", "deflicker")])
def test_chain_has_the_bits_of_the_effects_one_after_the_other(
    order: tuple[str, str], shot: Path, small_reelmend: Run, tmp_path: Path
) -> None:
    done = small_reelmend(
        "render", "shot", "out.%04d.exr", "--chain", ",".join(order), *SHORT, "--matte", "m.%04d.exr",
        "--detections", "list.json", "--matte-bits", "32",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[1].startswith("found ")
    assert done.stdout.splitlines()[2:] == ["wrote m.%04d.exr", "wrote list.json"]
    own = {"deflicker": ("--set", "radius=3"), "repair": ("--set", "radius=2")}
    beside = ("--matte", "m2.%04d.exr", "--detections", "list2.json", "--matte-bits", "32")
    source = "shot"
    for index, effect in enumerate(order):
        more = beside if effect == "repair" else ()
        alone = small_reelmend("render", source, f"step{index}.%04d.exr", "--effect", effect, *own[effect], *more)
        assert alone.returncode == 0, alone.stderr
        source = f"step{index}.%04d.exr"
    assert_same_bits(pixels(tmp_path, "out.%04d.exr"), pixels(tmp_path, source))
    assert_same_bits(pixels(tmp_path, "m.%04d.exr"), pixels(tmp_path, "m2.%04d.exr"))
    chained, plain = (json.loads((tmp_path / name).read_text()) for name in ("list.json", "list2.json"))
    assert chained["frames"] == plain["frames"]
    assert [step["effect"] for step in chained["before"]] == (["deflicker"] if order[0] == "deflicker" else [])
    assert ("repair before deflicker" in done.stderr) == (order[0] == "repair")


def test_list_of_a_chain_is_mended_by_the_same_chain_and_refused_elsewhere(
    shot: Path, small_reelmend: Run, tmp_path: Path
) -> None:
    chain = ("--chain", "deflicker,repair", "--set", "deflicker.radius=3")
    first = small_reelmend("render", "shot", "out.%04d.exr", *chain, "--detections", "list.json")
    assert first.returncode == 0, first.stderr
    again = small_reelmend("render", "shot", "again.%04d.exr", *chain, "--from-list", "list.json")
    assert again.returncode == 0, again.stderr
    assert_same_bits(pixels(tmp_path, "out.%04d.exr"), pixels(tmp_path, "again.%04d.exr"))
    alone = small_reelmend("repair", "shot", "alone.%04d.exr", "--from-list", "list.json")
    assert alone.returncode == 2
    assert "list.json was made for other pictures: its frame 101 is " in alone.stderr
    assert "the clip (and the effects before) that it was made with" in alone.stderr


def test_part_of_a_chain_has_the_bits_of_the_whole(shot: Path, small_reelmend: Run, tmp_path: Path) -> None:
    chain = ("--chain", "deflicker,repair", *SHORT)
    assert small_reelmend("render", "shot", "whole.%04d.exr", *chain).returncode == 0
    assert small_reelmend("render", "shot", "part.%04d.exr", *chain, "--frames", "105-107").returncode == 0
    whole, part = pixels(tmp_path, "whole.%04d.exr"), pixels(tmp_path, "part.%04d.exr")
    assert_same_bits(part, {frame: whole[frame] for frame in (105, 106, 107)})


def test_server_renders_the_chain_with_the_same_bits(
    shot: Path, small_reelmend: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "models").mkdir()
    masked_stores(tmp_path / "models")
    monkeypatch.setenv("REELMEND_MODELS", str(tmp_path / "models"))
    chain = ("--chain", "deflicker,model", "--model", "model=measured", "--set", "deflicker.radius=3")
    assert small_reelmend("render", "shot", "here.%04d.exr", *chain).returncode == 0
    with engine() as running:
        there = small_reelmend("render", "shot", "there.%04d.exr", *chain, "--server", running.address)
        assert there.returncode == 0, there.stderr
    assert_same_bits(pixels(tmp_path, "here.%04d.exr"), pixels(tmp_path, "there.%04d.exr"))


def test_summary_tells_every_step(shot: Path, small_reelmend: Run) -> None:
    done = small_reelmend(
        "render", "shot", "out.mkv", "--chain", "deflicker, repair", *SHORT, "--set", "feather=0", "--set",
        "balance=0.5", "--preset", "deflicker=quick_light", "--json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert (told["effect"], told["model"]) == ("deflicker,repair", "repair")
    first, second = told["chain"]
    assert (first["effect"], first["parameters"]["radius"], first["parameters"]["balance"]) == ("deflicker", 3, 0.5)
    assert (second["effect"], second["parameters"]["radius"], second["parameters"]["feather"]) == ("repair", 2, 0.0)
    assert sum(told["timings"].values()) == pytest.approx(told["seconds"], abs=0.01)
    assert told["detections"]["blotch"] > 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--chain", "deflicker,"], "--chain deflicker, names no effect between two commas"),
        (["--chain", "repair,deflicker,repair"], "--chain repair,deflicker,repair names 'repair' twice; name it once"),
        (["--chain", "deflicker,bloom"], "no effect 'bloom'; there is "),
        ([*BOTH, "--effect", "repair"], "name one --effect, or several with --chain"),
        ([], "name one --effect, or several with --chain"),
        (
            ["--chain", "deflicker,repair", "--set", "radius=4"],
            "parameter 'radius' is in 'deflicker' and 'repair'; say",
        ),
        ([*BOTH, "--set", "x=4"], "no effect of the chain has a parameter 'x'"),
        ([*BOTH, "--set", "repair.x=4"], "effect 'repair' has no parameter 'x'; it has blotch"),
        (
            ["--chain", "deflicker,repair", "--set", "bloom.x=4"],
            "--set bloom.x=4 is for 'bloom', which is not rendered",
        ),
        (
            ["--chain", "deflicker,repair", "--set", "repair.radius=99"],
            "parameter 'radius' can't be 99.0; give a whole",
        ),
        (
            ["--chain", "deflicker,repair", "--preset", "loud"],
            "--preset loud must say for which effect: --preset repair=",
        ),
        ([*BOTH, "--output", "curve"], "effect 'repair' has no output 'curve'; it has result"),
        (
            ["--effect", "deflicker", "--matte", "m.mov"],
            "effect 'deflicker' has no output 'matte'; it has result, gain",
        ),
        (["--effect", "deflicker", "--detections", "d.json"], "effect 'deflicker' looks for no defects; leave --det"),
        (["--effect", "deflicker", "--matte-in", "shot"], "model 'deflicker' reads no matte; leave --matte-in out"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str], message: str, shot: Path, small_reelmend: Run, tmp_path: Path
) -> None:
    done = small_reelmend("render", "shot", "out.%04d.exr", *arguments)
    assert done.stderr.startswith(f"error: {message}")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert [path.name for path in tmp_path.iterdir()] == ["shot"]


def test_mask_is_for_the_effect_that_is_named_or_for_all(shot: Path, small_reelmend: Run, tmp_path: Path) -> None:
    mask = np.zeros((3, 64, 96), np.float32)
    mask[:, :, :48] = 1
    with open_writer(tmp_path / "left.png", frames=[0]) as writer:
        writer.write(0, mask)
    chain = ("--chain", "deflicker,repair", *SHORT, "--frames", "105-106")
    made = {}
    for name, masks in {
        "none": (),
        "one": ("--mask", "repair=left.png"),
        "all": ("--mask", "left.png"),
        "each": ("--mask", "repair=left.png", "--mask", "deflicker=left.png"),
    }.items():
        done = small_reelmend("render", "shot", f"{name}.%04d.exr", *chain, *masks)
        assert done.returncode == 0, done.stderr
        made[name] = pixels(tmp_path, f"{name}.%04d.exr")
    assert_same_bits(made["all"], made["each"])
    steady = small_reelmend(
        "render", "shot", "s.%04d.exr", "--effect", "deflicker", "--set", "radius=3", "--frames", "105-106"
    )
    assert steady.returncode == 0
    for frame, planes in pixels(tmp_path, "s.%04d.exr").items():
        np.testing.assert_array_equal(made["one"][frame][:, :, 50:], planes[:, :, 50:])
        assert (made["none"][frame][:, :, 50:] != planes[:, :, 50:]).any()
        assert (made["all"][frame] != made["one"][frame]).any()


def test_each_frame_of_each_step_is_rendered_once(ailing: np.ndarray) -> None:
    renderer = Renderer(ModelStore.default())
    source = ArrayClip(ailing)
    rendered: list[int] = []

    def steadied(frames: range):  # type: ignore[no-untyped-def]
        for frame, planes in render_clip(renderer, "deflicker", {"radius": 3}, source, frames):
            rendered.append(frame)
            yield frame, planes

    first = RenderedClip(steadied, range(COUNT), 0, COUNT - 1)
    clip = RememberedClip(first, 1 << 30, renderer.memory)
    twice = dict(render_clip(renderer, "deflicker", {"radius": 4}, clip, range(COUNT)))
    first.close()
    assert (rendered, sorted(twice)) == (list(range(COUNT)), list(range(COUNT)))
    assert set(source.reads.values()) == {1}


def test_rendered_clip_gives_any_frame_in_any_order(ailing: np.ndarray) -> None:
    begun: list[range] = []
    closed: list[int] = []

    def rendering(frames: range):  # type: ignore[no-untyped-def]
        begun.append(frames)
        try:
            for frame in frames:
                yield frame, ailing[frame]
        finally:
            closed.append(frames[0])

    clip = RenderedClip(rendering, range(2, 9), 0, COUNT - 1)
    for frame in (2, 3, 7, 4, 11, 8, 0):
        assert clip.read(frame) is not None
        np.testing.assert_array_equal(clip.read(frame), ailing[frame])
    clip.close()
    assert sorted(closed) == sorted(frames[0] for frames in begun)


def test_error_of_a_step_before_comes_through_and_leaves_nothing(
    shot: Path, small_reelmend: Run, tmp_path: Path
) -> None:
    (shot / "shot.0108.exr").write_bytes(b"no picture")
    done = small_reelmend("render", "shot", "out.mov", "--chain", "deflicker,repair", *SHORT, "--matte", "m.mov")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "shot.0108.exr can't be read as an image" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["shot"]
