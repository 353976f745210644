"""The effect "model": cached stages give the bits of the whole model; pads, tiles, halves, mattes, colour."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelmend.clips import RememberedClip
from reelmend.colour import Transfer, from_linear, to_linear
from reelmend.effects.clip import render_clip, render_frame
from reelmend.effects.renderer import Job, Renderer
from reelmend.errors import BadRequestError, ModelError, NotFoundError
from reelmend.frames import FrameForm, Planes
from reelmend.inference.models import Model, ModelStore
from reelmend.inference.session import Array, Session, SessionPool
from support.clips import ArrayClip, moving_scene
from support.window_models import ENCODE, MERGE, Graph, masked_stores, number, two_stage_store, write_model

FRAMES = moving_scene(7, width=40, height=30)


class CountingPool(SessionPool):
    """A session pool that counts the runs of each stage."""

    def __init__(self) -> None:
        super().__init__()
        self.runs: Counter[str] = Counter()

    def session(self, model: Model, stage_name: str, threads: int = 0) -> Session:
        return CountingSession(super().session(model, stage_name, threads), stage_name, self.runs)


class CountingSession:
    def __init__(self, session: Session, stage: str, runs: Counter[str]) -> None:
        self.inputs = session.inputs
        self._session, self._stage, self._runs = session, stage, runs

    def run(
        self, inputs: Mapping[str, Array], outputs: Sequence[str], into: Mapping[str, Array] | None = None
    ) -> list[Array]:
        self._runs[self._stage] += 1
        return self._session.run(inputs, outputs, into)


def counting_renderer(store: ModelStore) -> tuple[Renderer, Counter[str]]:
    renderer, pool = Renderer(store), CountingPool()
    renderer.sessions = pool
    return renderer, pool.runs


def rendered(
    store: ModelStore, model: str, frames: np.ndarray = FRAMES, output: str = "result", **parameters: object
) -> list[Planes]:
    clip, renderer = ArrayClip(frames), Renderer(store)
    wanted = range(len(frames))
    return [p for _, p in render_clip(renderer, "model", parameters, clip, wanted, model=model, output=output)]


def naive_two_stages(store: ModelStore, frame: int, gain: float = 1.0) -> Planes:
    """Run both graphs for the whole window anew, on plain arrays."""
    model, pool = store.get("two-stages"), SessionPool()
    encode, merge = (pool.session(model, stage) for stage in ("encode", "merge"))
    features = []
    for neighbour in (frame - 1, frame, frame + 1):
        planes = FRAMES[min(max(neighbour, 0), len(FRAMES) - 1)]
        features += encode.run({"frame": planes, "gain": np.asarray(gain, np.float32)}, ["features"])
    own = np.array([0 <= n < len(FRAMES) for n in (frame - 1, frame, frame + 1)], np.float32)
    inputs = {"frame": FRAMES[frame], "weights": own}
    inputs |= dict(zip(("features_m1", "features", "features_p1"), features, strict=True))
    return merge.run(inputs, ["result"])[0]


def test_stages_cached_by_content_give_the_bits_of_the_whole_model(tmp_path: Path) -> None:
    store = two_stage_store(tmp_path)
    for frame, planes in enumerate(rendered(store, "two-stages", gain=1.5)):
        assert planes.tobytes() == naive_two_stages(store, frame, 1.5).tobytes()


def test_each_frame_is_encoded_once_in_sequence(tmp_path: Path) -> None:
    renderer, runs = counting_renderer(two_stage_store(tmp_path))
    list(render_clip(renderer, "model", {}, ArrayClip(FRAMES), range(7), model="two-stages"))
    assert runs == {"encode": 7, "merge": 7}


def test_eight_threads_that_ask_at_once_encode_each_frame_once(tmp_path: Path) -> None:
    store = two_stage_store(tmp_path)
    renderer, runs = counting_renderer(store)
    clip, barrier, results = RememberedClip(ArrayClip(FRAMES)), threading.Barrier(8), []

    def ask() -> None:
        barrier.wait()
        results.append(render_frame(renderer, "model", {}, clip, 3, 1, "two-stages").tobytes())

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert set(results) == {naive_two_stages(store, 3).tobytes()}
    assert runs["encode"] == 3


def test_only_parameters_that_a_stage_reads_make_it_run_again(tmp_path: Path) -> None:
    store = two_stage_store(tmp_path)
    renderer, runs = counting_renderer(store)
    clip = RememberedClip(ArrayClip(FRAMES))
    render_frame(renderer, "model", {}, clip, 3, 1, "two-stages")
    render_frame(renderer, "model", {"stop_at_cuts": True}, clip, 3, 1, "two-stages")
    assert runs["encode"] == 3
    other = render_frame(renderer, "model", {"gain": 2.0}, clip, 3, 1, "two-stages")
    assert runs["encode"] == 6
    assert other.tobytes() == naive_two_stages(store, 3, 2.0).tobytes()


def test_next_frame_in_sequence_needs_one_frame_that_is_new(tmp_path: Path) -> None:
    renderer = Renderer(two_stage_store(tmp_path))
    clip = RememberedClip(ArrayClip(FRAMES))
    render_frame(renderer, "model", {}, clip, 3, 1, "two-stages")
    window = clip.window(4, 1)
    render = renderer.begin(Job("model", 4, 0, 6, window, {}, "two-stages"))
    assert [(need.ref.frame, need.form) for need in render.needed] == [(5, FrameForm.FULL)]


UNSHUFFLED = Graph(
    "unshuffled",
    "window",
    "(float[1, 3, H, W] frame) => (float[1, 3, H, W] result)",
    """
    packed = SpaceToDepth <blocksize = 8> (frame)
    doubled = Add (packed, packed)
    result = DepthToSpace <blocksize = 8> (doubled)
    """,
)


@pytest.mark.parametrize("size", [(40, 24), (33, 17), (1, 1), (3, 9)])
def test_frames_are_padded_to_the_models_multiple_and_cropped_again(tmp_path: Path, size: tuple[int, int]) -> None:
    store = write_model(tmp_path, "unshuffled", [UNSHUFFLED], spatial={"multiple": 8})
    frames = np.random.default_rng(2).random((2, 3, size[1], size[0]), dtype=np.float32)
    for source, planes in zip(frames, rendered(store, "unshuffled", frames), strict=True):
        assert planes.tobytes() == (source + source).tobytes()


BLUR = Graph(
    "blur",
    "frame",
    "(float[1, 3, H, W] frame) => (float[1, 2, H, W] soft)",
    ENCODE.body.split("zero =")[0] + "soft = Conv <pads = [1, 1, 1, 1]> (frame, kernel)",
)
SHARPEN = Graph(
    "sharpen",
    "window",
    "(float[3, H, W] frame, float[1, 2, H, W] soft) => (float[3, H, W] result)",
    """
    axes = Constant <value: tensor = int64[2] {0, 1}> ()
    grey = ReduceMean <keepdims = 0> (soft, axes)
    result = Sub (frame, grey)
    """,
)


def test_tiles_give_the_whole_frames_result(tmp_path: Path) -> None:
    frames = moving_scene(2, width=50, height=37)
    whole = rendered(write_model(tmp_path, "whole", [BLUR, SHARPEN]), "whole", frames)
    spatial = {"tile_pixels": 16, "overlap_pixels": 4, "multiple": 2}
    store = write_model(tmp_path, "tiled", [BLUR, SHARPEN], spatial=spatial)
    tiled = rendered(store, "tiled", frames)
    assert np.allclose(np.stack(tiled)[..., 1:36, 1:49], np.stack(whole)[..., 1:36, 1:49], atol=1e-6)
    assert [planes.tobytes() for planes in rendered(store, "tiled", frames)] == [planes.tobytes() for planes in tiled]


def test_halves_enter_where_the_graph_takes_halves(tmp_path: Path) -> None:
    half = Graph(
        "half",
        "window",
        "(float16[T, 3, H, W] frames, float16[T] weights) => (float16[3, H, W] result)",
        """
        axes = Constant <value: tensor = int64[3] {1, 2, 3}> ()
        axis = Constant <value: tensor = int64[1] {0}> ()
        say = Unsqueeze (weights, axes)
        said = Mul (frames, say)
        result = ReduceSum <keepdims = 0> (said, axis)
        """,
    )
    store = write_model(tmp_path, "half", [half])
    halves = FRAMES.astype(np.float16)
    for frame, planes in enumerate(rendered(store, "half")):
        expected = halves[max(0, frame - 1) : frame + 2].astype(np.float32).sum(axis=0)
        assert planes.dtype == np.float32
        assert np.allclose(planes, expected, atol=2e-3)


def test_frames_joined_along_channels_and_offsets_are_fed(tmp_path: Path) -> None:
    joined = Graph(
        "joined",
        "window",
        "(float[1, 9, H, W] frames, float[T] offsets) => (float[3, H, W] result)",
        """
        shape = Constant <value: tensor = int64[5] {1, 3, 3, 0, 0}> ()
        rows = Shape <start = 2, end = 3> (frames)
        columns = Shape <start = 3, end = 4> (frames)
        three = Constant <value: tensor = int64[2] {3, 3}> ()
        full = Concat <axis = 0> (three, rows, columns)
        apart = Reshape (frames, full)
        axes = Constant <value: tensor = int64[3] {1, 2, 3}> ()
        axis = Constant <value: tensor = int64[1] {0}> ()
        say = Unsqueeze (offsets, axes)
        said = Mul (apart, say)
        result = ReduceSum <keepdims = 0> (said, axis)
        """,
        layouts={"frames": "NCHW"},
    )
    store = write_model(tmp_path, "joined", [joined])
    planes = rendered(store, "joined")[3]
    assert np.allclose(planes, FRAMES[4] - FRAMES[2], atol=1e-6)


MEND = Graph(
    "mend",
    "window",
    "(float[3, H, W] frame, float[3, H, W] frame_m1, float[3, H, W] frame_p1)"
    " => (float[3, H, W] fill, float[1, H, W] matte)",
    """
    axis = Constant <value: tensor = int64[1] {0}> ()
    half = Constant <value: tensor = float {0.5}> ()
    limit = Constant <value: tensor = float {0.3}> ()
    both = Add (frame_m1, frame_p1)
    fill = Mul (both, half)
    off = Sub (frame, fill)
    far = Abs (off)
    farthest = ReduceMax (far, axis)
    dirty = Greater (farthest, limit)
    whole = Cast <to = 1> (dirty)
    soft = Constant <value: tensor = float {0.75}> ()
    matte = Mul (whole, soft)
    """,
)


def dirty_frames() -> np.ndarray:
    frames = moving_scene(3, width=24, height=16, grain=0)
    frames[1, :, 4:7, 9:12] = 1.4
    frames[1, 0, 0, 0] = -0.0
    return frames


def test_repairs_touch_nothing_where_the_matte_is_nought(tmp_path: Path) -> None:
    store = write_model(tmp_path, "mend", [MEND], outputs=["result", "matte", "fill"])
    frames = dirty_frames()
    result, matte, fill = (rendered(store, "mend", frames, output)[1] for output in ("result", "matte", "fill"))
    assert matte.shape == (1, 16, 24)
    assert 9 <= (matte > 0).sum() < 40
    untouched = np.broadcast_to(matte == 0, result.shape)
    assert result[untouched].tobytes() == frames[1][untouched].tobytes()
    expected = frames[1] * (1 - matte) + fill * matte
    assert np.allclose(result[~untouched], expected[~untouched], atol=1e-6)


def test_strength_scales_the_repair_and_none_of_it_is_the_source(tmp_path: Path) -> None:
    store = write_model(tmp_path, "mend", [MEND], parameters=[number("strength", 1.0, 1.0)])
    frames = dirty_frames()
    none, half, full = (rendered(store, "mend", frames, strength=strength)[1] for strength in (0.0, 0.5, 1.0))
    assert none.tobytes() == frames[1].tobytes()
    assert np.allclose(half, (frames[1] + full) / 2, atol=1e-6)
    assert not np.array_equal(full, frames[1])


def test_strength_mixes_results_that_come_whole(tmp_path: Path) -> None:
    store = write_model(
        tmp_path, "unshuffled", [UNSHUFFLED], spatial={"multiple": 8}, parameters=[number("strength", 1.0, 1.0)]
    )
    assert np.allclose(rendered(store, "unshuffled", strength=0.25)[2], 1.25 * FRAMES[2], atol=1e-6)


BRIGHTEN = Graph(
    "brighten",
    "window",
    "(float[3, H, W] frame) => (float[3, H, W] result)",
    """
    limit = Constant <value: tensor = float {0.5}> ()
    more = Constant <value: tensor = float {1.1}> ()
    bright = Greater (frame, limit)
    lifted = Mul (frame, more)
    result = Where (bright, lifted, frame)
    """,
)


def test_samples_are_given_as_the_model_takes_them_and_come_back_as_they_were(tmp_path: Path) -> None:
    store = write_model(tmp_path, "brighten", [BRIGHTEN], colour={"transfer": "video"})
    linear = to_linear(Transfer.VIDEO, FRAMES)
    result = np.stack(rendered(store, "brighten", linear, input_transfer="linear"))
    untouched = from_linear(Transfer.VIDEO, linear) <= 0.5
    assert 0.1 < untouched.mean() < 0.98
    assert result[untouched].tobytes() == linear[untouched].tobytes()
    coded = from_linear(Transfer.VIDEO, result[~untouched])
    assert np.allclose(coded, 1.1 * from_linear(Transfer.VIDEO, linear[~untouched]), atol=1e-4)
    as_is = np.stack(rendered(store, "brighten", linear, input_transfer="as_is"))
    assert not np.array_equal(result, as_is)
    assert np.stack(rendered(store, "brighten", linear)).tobytes() == as_is.tobytes(), "auto: nobody said otherwise"


def test_features_of_one_transfer_are_not_those_of_another(tmp_path: Path) -> None:
    store = two_stage_store(tmp_path, colour={"transfer": "video"})
    renderer, runs = counting_renderer(store)
    clip = RememberedClip(ArrayClip(FRAMES))
    for transfer in ("linear", "as_is", "linear"):
        render_frame(renderer, "model", {"input_transfer": transfer}, clip, 3, 1, "two-stages")
    assert runs["encode"] == 6


def test_window_ends_at_cuts_when_that_is_wanted(tmp_path: Path) -> None:
    store = two_stage_store(tmp_path)
    other = moving_scene(3, width=40, height=30, seed=9) * np.float32(0.3)
    together = np.concatenate([FRAMES[:3], other])
    apart = [p for scene in (FRAMES[:3], other) for p in rendered(store, "two-stages", scene, stop_at_cuts=True)]
    stopped = rendered(store, "two-stages", together, stop_at_cuts=True)
    assert [planes.tobytes() for planes in stopped] == [planes.tobytes() for planes in apart]
    across = rendered(store, "two-stages", together)
    assert across[2].tobytes() != apart[2].tobytes()


def test_a_stage_may_read_proxies_and_another_its_parameters_and_features(tmp_path: Path) -> None:
    describe = Graph(
        "describe",
        "frame",
        "(float[3, H, W] proxy) => (float[K] level)",
        """
        axes = Constant <value: tensor = int64[2] {1, 2}> ()
        level = ReduceMean <keepdims = 0> (proxy, axes)
        """,
        reads="proxy",
    )
    steady = Graph(
        "steady",
        "window",
        "(float[3, H, W] frame, float[T, K] level) => (float[3, H, W] result)",
        """
        axis = Constant <value: tensor = int64[1] {0}> ()
        axes = Constant <value: tensor = int64[2] {1, 2}> ()
        mean = ReduceMean <keepdims = 0> (level, axis)
        spread = Unsqueeze (mean, axes)
        result = Add (frame, spread)
        """,
    )
    store = write_model(tmp_path, "steady", [describe, steady])
    frames = moving_scene(3, width=640, height=360)
    planes = rendered(store, "steady", frames)[1]
    expected = frames[1] + frames.mean(axis=(0, 2, 3))[:, None, None]
    assert np.allclose(planes, expected, atol=1e-5)
    renderer, clip = Renderer(store), RememberedClip(ArrayClip(frames))
    render = renderer.begin(Job("model", 1, 0, 2, clip.window(1, 1), {}, "steady"))
    forms = {(need.ref.frame, need.form) for need in render.needed}
    assert forms == {(n, FrameForm.PROXY) for n in range(3)} | {(1, FrameForm.FULL)}


def test_larger_results_are_cropped_at_their_own_scale(tmp_path: Path) -> None:
    twice = Graph(
        "twice",
        "window",
        "(float[1, 3, H, W] frame) => (float[1, 3, A, B] result)",
        """
        scales = Constant <value: tensor = float[4] {1.0, 1.0, 2.0, 2.0}> ()
        result = Resize <mode = "nearest", coordinate_transformation_mode = "asymmetric", nearest_mode = "floor">
            (frame, , scales)
        """,
        layouts={"result": "NCHW"},
    )
    store = write_model(tmp_path, "twice", [twice], spatial={"multiple": 4, "scale": 2})
    frames = moving_scene(1, width=21, height=10)
    (planes,) = rendered(store, "twice", frames)
    assert planes.tobytes() == frames[0].repeat(2, axis=1).repeat(2, axis=2).tobytes()


def test_non_finite_samples_are_refused_where_the_manifest_says_so(tmp_path: Path) -> None:
    store = write_model(tmp_path, "brighten", [BRIGHTEN], colour={"non_finite": "refused"})
    frames = FRAMES.copy()
    frames[2, 1, 5, 5] = np.nan
    with pytest.raises(BadRequestError, match="frame 2 holds NaN or infinite samples, which model 'brighten'"):
        rendered(store, "brighten", frames)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"parameters": []}, "nothing feeds input 'gain' of stage 'encode'; the effect 'model' knows frame"),
        ({"temporal": {"kind": "block"}}, "works on blocks of frames"),
        ({"outputs": ["result", "depth"]}, "no stage puts out 'depth'"),
        ({"temporal": {"radius_frames": 0}}, "input 'features_m1' of stage 'merge' lies outside the window"),
    ],
)
def test_models_that_can_not_be_fed_are_refused_in_words(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ModelError, match=message):
        rendered(two_stage_store(tmp_path, **changes), "two-stages")


def test_the_effect_without_a_model_says_which_there_are(tmp_path: Path) -> None:
    with pytest.raises(NotFoundError, match=r"name one with --model or in the node's menu\. There is two-stages"):
        rendered(two_stage_store(tmp_path), "")


def test_layouts_that_disagree_are_named(tmp_path: Path) -> None:
    wrong = Graph("merge", "window", MERGE.signature, MERGE.body, layouts={"features_m1": "HWC"})
    store = write_model(tmp_path, "wrong", [ENCODE, wrong], parameters=[number("gain", 1.0)])
    with pytest.raises(ModelError, match="input 'features_m1' of stage 'merge' has layout HWC, but is fed with CHW"):
        rendered(store, "wrong")


MASKS = np.random.default_rng(8).random((7, 1, 30, 40), np.float32)
MASKS[:, :, :10], MASKS[:, :, 20:] = 0, 1


def masked(
    store: ModelStore, model: str, masks: np.ndarray | None = MASKS, output: str = "result", frame: int = 3
) -> Planes:
    mask = None if masks is None else ArrayClip(masks)
    clip = ArrayClip(FRAMES)
    return next(render_clip(Renderer(store), "model", {}, clip, [frame], model=model, output=output, mask=mask))[1]


@pytest.mark.parametrize("spatial", [{}, {"multiple": 16}])
def test_graphs_read_the_masks_of_the_frames_that_they_name(tmp_path: Path, spatial: dict[str, int]) -> None:
    store = masked_stores(tmp_path, spatial=spatial)
    level = np.mean([(FRAMES[n] * MASKS[n]).sum() / MASKS[n].sum() for n in (2, 3, 4)])
    if not spatial:
        np.testing.assert_allclose(masked(store, "measured"), FRAMES[3] + (MASKS[2] + MASKS[3]) * level, rtol=1e-4)
    lifted = masked(store, "measured") - FRAMES[3]
    assert not lifted[:, :10].any()
    assert lifted[:, 20:].all()


def test_masks_that_are_not_connected_are_one_everywhere(tmp_path: Path) -> None:
    store = masked_stores(tmp_path)
    everywhere = np.ones((1, 1, 30, 40), np.float32)
    assert masked(store, "measured", None).tobytes() == masked(store, "measured", everywhere).tobytes()
    assert masked(store, "kept", None).tobytes() == masked(store, "kept", everywhere).tobytes()


def test_a_mask_that_no_graph_reads_keeps_the_result_to_it(tmp_path: Path) -> None:
    kept, share = masked(masked_stores(tmp_path), "kept"), np.broadcast_to(MASKS[3], FRAMES[3].shape)
    assert kept[share == 0].tobytes() == FRAMES[3][share == 0].tobytes()
    assert kept[share == 1].tobytes() == (2 * FRAMES[3])[share == 1].tobytes()
    np.testing.assert_allclose(kept, FRAMES[3] * (1 + share), atol=1e-6)


def test_a_feature_of_a_frame_is_made_anew_under_another_mask(tmp_path: Path) -> None:
    renderer, runs = counting_renderer(masked_stores(tmp_path))
    for masks in (MASKS, MASKS[3:4], MASKS):
        list(render_clip(renderer, "model", {}, ArrayClip(FRAMES), [3], model="measured", mask=ArrayClip(masks)))
    assert runs["measure"] == 5, "frame 3 has the same mask in both"


def test_a_mask_is_refused_where_it_would_be_lost(tmp_path: Path) -> None:
    store = masked_stores(tmp_path, spatial={"scale": 2})
    with pytest.raises(ModelError, match="another size can't be kept to a mask"):
        masked(store, "kept")
