"""The runner: stored cells, resuming, peers that are missing or fail."""

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from reelmend.errors import BadRequestError
from reelmend.quality.bench import quality_run, results
from reelmend.quality.bench.clip_files import load_clip, make_scene, shortened, target_size
from reelmend.quality.bench.plan import Plan, Size, make_plan
from reelmend.quality.bench.results import assemble, fingerprints, summarise
from reelmend.quality.bench.store import Store
from reelmend.quality.peers import METHODS, Method, PeerError, Pixels, Restored, ffmpeg
from support.bench_material import SmallClip, SmallMaterial

SIZE = Size(frames=12, height=48)
FAST = ("input", "windowed-log-gain", "mc-median-masked")


def plan_of(material: SmallMaterial, *, methods: tuple[str, ...] = FAST, presets: tuple[str, ...] = ("spots",)) -> Plan:
    return make_plan(material, quick=True, methods=methods, presets=presets, size=SIZE)


def with_methods(plan: Plan, *methods: Method) -> Plan:
    return Plan(plan.mode, plan.size, methods, plan.presets, plan.clips)


def rows_of(pieces: list[dict], method: str, measure: str) -> list[dict]:
    return [row for p in pieces for row in p["rows"] if (row["method"], row["measure"]) == (method, measure)]


@pytest.fixture
def no_ffmpeg(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A machine without ffmpeg: nothing on PATH, and imageio-ffmpeg finds nothing."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(ffmpeg.importlib, "import_module", lambda _: (_ for _ in ()).throw(ImportError))
    caches = (ffmpeg.find_ffmpeg, ffmpeg.ffmpeg_version, ffmpeg._known_filters)
    for cache in caches:
        cache.cache_clear()
    yield
    for cache in caches:
        cache.cache_clear()


def test_every_cell_gives_its_rows_and_the_input_is_measured_as_it_is(tmp_path: Path) -> None:
    material = SmallMaterial()
    plan = plan_of(material)
    pieces = quality_run.run_cells(plan, material, Store(tmp_path, "a"))
    assert [(p["method"], p["clip"]) for p in pieces] == [(m, c) for c in ("one", "two") for m in FAST]
    assert [row["value"] for row in rows_of(pieces, "input", "bit_identical_outside")] == [1.0, 1.0]
    assert all(row["value"] == 100.0 for row in rows_of(pieces, "input", "psnr_outside"))
    assert all(row["value"] > 0.5 for row in rows_of(pieces, "mc-median-masked", "matte_recall"))


def test_a_resumed_run_does_only_what_is_missing_and_ends_with_the_same_cells(tmp_path: Path) -> None:
    material, calls = SmallMaterial(), []

    def counted(frames: Pixels) -> Restored:
        calls.append(len(frames))
        if len(calls) == 2:
            raise KeyboardInterrupt
        return Restored(frames.copy())

    plan = with_methods(plan_of(material), Method("counted", "counts", counted, lambda: "1"))
    store = Store(tmp_path, "a")
    with pytest.raises(KeyboardInterrupt):
        quality_run.run_cells(plan, material, store)
    first = store.get("cell", "spots", "one", "counted")
    assert first is not None
    assert store.get("cell", "spots", "two", "counted") is None
    pieces = quality_run.run_cells(plan, material, store)
    assert len(calls) == 3  # one, two (interrupted), two again
    assert pieces[0] == first
    assert [p["clip"] for p in pieces] == ["one", "two"]


def test_stored_cells_of_another_fingerprint_do_not_count(tmp_path: Path) -> None:
    Store(tmp_path, "old").put({"rows": []}, "cell", "spots", "one", "input")
    assert Store(tmp_path, "old").get("cell", "spots", "one", "input") is not None
    assert Store(tmp_path, "new").get("cell", "spots", "one", "input") is None


def test_a_broken_cell_file_is_run_again(tmp_path: Path) -> None:
    material = SmallMaterial()
    plan = plan_of(material, methods=("input",))
    quality_run.run_cells(plan, material, Store(tmp_path, "a"))
    broken = sorted(tmp_path.glob("cell@*.json"))[0]
    broken.write_text('{"half a')
    pieces = quality_run.run_cells(plan, material, Store(tmp_path, "a"))
    assert len(pieces) == 2
    assert json.loads(broken.read_text())["rows"]


def test_the_fingerprint_follows_the_size_and_the_methods(tmp_path: Path) -> None:
    material = SmallMaterial()
    plan = plan_of(material)
    other_size = Plan(plan.mode, Size(11, 48), plan.methods, plan.presets, plan.clips)
    fewer = with_methods(plan, METHODS["input"])
    name = ("cell", "spots", "one", "input")
    found = {fingerprints(p, material)(name) for p in (plan, other_size)}
    assert len(found) == 2
    assert fingerprints(fewer, material)(name) == fingerprints(plan, material)(name)
    assert fingerprints(plan, material)((*name[:3], "windowed-log-gain")) not in found


def test_a_changed_effect_leaves_the_peers_cells_and_not_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    material = SmallMaterial()
    plan = plan_of(material, methods=("input", "reelmend-deflicker"))
    before = fingerprints(plan, material)
    monkeypatch.setattr(results, "_OWN", ("effects/*.py",))
    after = fingerprints(plan, material)
    names = [("cell", "spots", "one", method.name) for method in plan.methods]
    assert [before(name) == after(name) for name in names] == [True, False]


@pytest.mark.usefixtures("no_ffmpeg")
def test_a_missing_peer_is_a_row_that_says_so(tmp_path: Path) -> None:
    material = SmallMaterial()
    plan = plan_of(material, methods=("input", "ffmpeg-hqdn3d"))
    pieces = quality_run.run_cells(plan, material, Store(tmp_path, "a"))
    ran = rows_of(pieces, "ffmpeg-hqdn3d", "ran")
    assert [row["value"] for row in ran] == [0.0, 0.0]
    assert "no ffmpeg was found" in ran[0]["note"]
    assert [row["value"] for row in rows_of(pieces, "input", "ran")] == [1.0, 1.0]
    told = {m["method"]: m for m in assemble(plan, material, pieces, [], "bench")["methods"]}
    assert "apt-get install ffmpeg" in told["ffmpeg-hqdn3d"]["missing"]


def test_a_failing_method_and_a_failing_scene_are_rows_and_the_rest_goes_on(tmp_path: Path) -> None:
    def fails(_frames: Pixels) -> Restored:
        raise PeerError("the filter is on strike")

    def wrong_length(frames: Pixels) -> Restored:
        return Restored(frames[:-1])

    material = SmallMaterial()
    plan = with_methods(
        plan_of(material, presets=("broken", "spots")),
        Method("fails", "", fails, lambda: ""),
        Method("wrong-length", "", wrong_length, lambda: ""),
        METHODS["input"],
    )
    pieces = quality_run.run_cells(plan, material, Store(tmp_path, "a"))
    spots = [p for p in pieces if p["preset"] == "spots"]
    assert "on strike" in rows_of(spots, "fails", "ran")[0]["note"]
    assert "equally long" in rows_of(spots, "wrong-length", "ran")[0]["note"]
    assert rows_of(spots, "input", "ran")[0]["value"] == 1.0
    broken = [p for p in pieces if p["preset"] == "broken"]
    assert len(broken) == 6
    assert "can't be drawn" in rows_of(broken, "input", "ran")[0]["note"]


def test_a_slow_method_gets_the_middle_of_the_clip_and_no_temporal_measure(tmp_path: Path) -> None:
    lengths = []

    def slow(frames: Pixels) -> Restored:
        lengths.append(len(frames))
        return Restored(frames.copy())

    material = SmallMaterial((SmallClip("one"),))
    plan = with_methods(plan_of(material), Method("slow", "", slow, lambda: "", longest_frames=3))
    pieces = quality_run.run_cells(plan, material, Store(tmp_path, "a"))
    assert lengths == [3]
    assert "middle 3 frames" in rows_of(pieces, "slow", "ran")[0]["note"]
    (flicker,) = rows_of(pieces, "slow", "flicker_residual_global")
    assert flicker["value"] is None
    assert "whole clip" in flicker["note"]
    (psnr,), (same,) = rows_of(pieces, "slow", "psnr"), rows_of(pieces, "slow", quality_run.INPUT_PSNR)
    assert psnr["value"] == same["value"] > 0


def test_a_single_frame_and_a_black_clip_are_measured_as_far_as_they_can_be(tmp_path: Path) -> None:
    class Black(SmallMaterial):
        def render(self, clip: str, width: int, height: int) -> Iterator[np.ndarray]:
            yield from np.zeros((12, height, width, 3), np.float32)

    for material, size in ((SmallMaterial(), Size(1, 48)), (Black(), SIZE)):
        plan = make_plan(material, quick=True, methods=FAST, presets=("flicker", "spots"), size=size)
        pieces = quality_run.run_cells(plan, material, Store(tmp_path / str(size.frames), "a"))
        assert [row["value"] for row in rows_of(pieces, "input", "ran")] == [1.0] * 4
        assert all("note" in row for p in pieces for row in p["rows"] if row["value"] is None)


def test_a_clip_is_made_smaller_but_never_larger(tmp_path: Path) -> None:
    material = SmallMaterial()
    assert load_clip(material, SmallClip("one"), Size(5, 24)).shape == (5, 24, 32, 3)
    assert load_clip(material, SmallClip("one"), Size(99, 999)).shape == (12, 48, 64, 3)
    assert target_size(1920, 1080, 360) == (640, 360)
    assert target_size(1001, 563, 9999) == (1000, 562)


def test_a_scene_has_8_bit_truth_and_a_matte_that_covers_every_damaged_pixel() -> None:
    scene = make_scene(SmallMaterial(), SmallClip("one"), "spots", SIZE)
    source, truth = np.asarray(scene.source), np.asarray(scene.truth)
    assert source.dtype == truth.dtype == np.uint8
    changed = (source != truth).any(axis=3)
    assert changed.any()
    assert not (changed & (np.asarray(scene.matte) == 0)).any()
    assert len(shortened(scene, 5).source) == 5
    assert shortened(scene, 12) is scene


def test_unknown_names_are_refused_with_those_that_are_there() -> None:
    with pytest.raises(BadRequestError, match="no method 'nope'; there is input"):
        make_plan(SmallMaterial(), quick=True, methods=("nope",))
    with pytest.raises(BadRequestError, match="no preset 'nope'; there is flicker, spots"):
        make_plan(SmallMaterial(), quick=True, presets=("nope",))
    with pytest.raises(BadRequestError, match="no clip 'nope'; there is one, two"):
        make_plan(SmallMaterial(), quick=False, clips=("nope",))


def test_a_mode_takes_its_own_clips_and_a_named_clip_needs_no_mode() -> None:
    material = SmallMaterial((SmallClip("one"), SmallClip("two", modes=("full",)), SmallClip("odd", modes=())))
    taken = {quick: [c.name for c in make_plan(material, quick=quick).clips] for quick in (True, False)}
    assert taken == {True: ["one"], False: ["one", "two"]}
    assert [c.name for c in make_plan(material, quick=True, clips=("odd",)).clips] == ["odd"]


def test_summaries_count_only_clips_with_a_value() -> None:
    row = {"method": "m", "preset": "p", "measure": "x"}
    values = (1.0, None, 3.0)
    (found,) = summarise([{**row, "clip": str(i), "value": value} for i, value in enumerate(values)])
    assert (found["mean"], found["clips"], found["ci_low"], found["ci_high"]) == (2.0, 2, 1.0, 3.0)
    (none,) = summarise([{**row, "clip": "a", "value": None}])
    assert (none["mean"], none["clips"], none["ci_low"]) == (None, 0, None)
