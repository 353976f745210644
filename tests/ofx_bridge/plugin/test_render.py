"""Frames through the node and a real engine."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

from support.clips import moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import interleaved, node, planar

from .conftest import Stage
from .raw_host import OK, Picture, RawHost, RawPlugin

COUNT, RADIUS = 12, 3


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return with_flicker(moving_scene(COUNT, width=53, height=37))


@pytest.fixture(scope="module")
def reference(frames: np.ndarray, shared_engine: RunningEngine) -> np.ndarray:
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}) as effect:
        return np.stack([planar(effect.render(frame)) for frame in range(COUNT)])


def test_node_takes_out_flicker(shared_engine: RunningEngine) -> None:
    def jumps(clip: np.ndarray) -> float:
        return float(np.std(np.diff(np.log(clip.mean(axis=(1, 2, 3))))))

    clip = with_flicker(moving_scene(31))
    with node(clip, shared_engine.address) as effect:
        steady = np.stack([planar(picture) for _frame, picture in effect.render_frames()])
        assert (effect.messages, effect.violations) == ([], [])
    assert jumps(steady) < 0.2 * jumps(clip)


@pytest.mark.parametrize("settings", [{"rows": "top-down"}, {"row_padding_bytes": 12}])
@pytest.mark.parametrize("route", [1, 2], ids=["shared memory", "in stream"])
def test_memory_layout_and_route_change_no_bit(
    frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine, settings: dict[str, object], route: int
) -> None:
    parameters = {"radius": RADIUS, "pixelRoute": route}
    with node(frames, shared_engine.address, parameters=parameters, **settings) as effect:
        for frame in (0, 5, COUNT - 1):
            assert np.array_equal(planar(effect.render(frame)), reference[frame])
        assert effect.violations == []


def test_rgb_gives_the_same_bits_as_rgba(
    frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine
) -> None:
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}, components="RGB") as effect:
        effect.set_source(np.ascontiguousarray(frames.transpose(0, 2, 3, 1)))
        rendered = effect.render(5)
        assert rendered.shape[2] == 3
        assert np.array_equal(planar(rendered), reference[5])


def test_order_and_threads_change_no_bit(
    frames: np.ndarray, reference: np.ndarray, shared_engine: RunningEngine
) -> None:
    with (
        node(frames, shared_engine.address, parameters={"radius": RADIUS}) as effect,
        effect.sequence() as sequence,
        ThreadPoolExecutor(4) as pool,
    ):
        order = np.random.default_rng(3).permutation(COUNT).tolist()
        for frame, picture in zip(order, pool.map(sequence.render, order), strict=True):
            assert np.array_equal(planar(picture), reference[frame])


def test_alpha_comes_through_bit_for_bit(frames: np.ndarray, shared_engine: RunningEngine) -> None:
    alpha = np.random.default_rng(2).standard_normal((COUNT, 37, 53)).astype(np.float32)
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}) as effect:

        def picture(frame: int) -> np.ndarray:
            pixels = interleaved(frames[frame])
            pixels[:, :, 3] = alpha[frame]
            return pixels

        effect.set_source(picture, premultiplied=False)
        rendered = effect.render(4)
        assert rendered[:, :, 3].tobytes() == alpha[4].tobytes()
        assert not np.array_equal(rendered[:, :, :3], picture(4)[:, :, :3])


def test_gain_view_shows_mid_grey_where_nothing_is_applied(frames: np.ndarray, shared_engine: RunningEngine) -> None:
    with node(frames, shared_engine.address, parameters={"view": "Applied gain", "strength": 0.0}) as effect:
        shown = effect.render(4)
        assert np.allclose(shown[:, :, :3], 0.5, atol=1e-4)
        assert np.all(shown[:, :, 3] == 1)


class Shot:
    """A raw host over the frames, which counts what it is asked for."""

    def __init__(self, frames: np.ndarray, stage: Stage, address: str, **options: object) -> None:
        self.frames = frames
        self.host = RawHost(self.picture, frame_range=(0.0, COUNT - 1.0), **options)  # type: ignore[arg-type]
        self.plugin: RawPlugin = stage.started(self.host)
        self.host.values |= {"engineAddress": address, "radius": RADIUS}

    def picture(self, frame: float) -> Picture | None:
        return Picture(interleaved(self.frames[int(frame)])) if 0 <= frame < COUNT else None

    def render(self, frame: float, **options: object) -> np.ndarray:
        output = Picture(np.full((37, 53, 4), -7, np.float32))
        assert self.plugin.render(frame, output, **options) == OK, self.host.shows  # type: ignore[arg-type]
        return output.pixels

    def act(self, action: str, **arguments: object) -> None:
        assert self.plugin.act(action, {name: [value] for name, value in arguments.items()})[0] == OK


@pytest.fixture
def shot(frames: np.ndarray, stage: Stage, shared_engine: RunningEngine) -> Shot:
    return Shot(frames, stage, shared_engine.address)


@pytest.mark.parametrize(
    "action",
    [
        "OfxImageEffectActionBeginSequenceRender",
        "OfxImageEffectActionEndSequenceRender",
        "OfxActionPurgeCaches",
        "OfxActionInstanceChanged",
    ],
)
def test_what_was_remembered_of_frames_is_forgotten(shot: Shot, action: str) -> None:
    shot.act("OfxImageEffectActionBeginSequenceRender", OfxPropIsInteractive=0)
    shot.render(5)
    shot.host.asked_frames.clear()
    shot.render(5)
    assert set(shot.host.asked_frames) == {5}
    shot.act(action, OfxPropIsInteractive=0, OfxPropChangeReason="OfxChangeUserEdited")
    shot.host.asked_frames.clear()
    shot.render(5)
    assert set(shot.host.asked_frames) == set(range(5 - RADIUS, 5 + RADIUS + 1))


@pytest.mark.parametrize("interactive", [None, 1])
def test_nothing_is_remembered_while_the_user_may_be_editing(shot: Shot, interactive: int | None) -> None:
    if interactive is not None:
        shot.act("OfxImageEffectActionBeginSequenceRender", OfxPropIsInteractive=interactive)
    for _ in range(2):
        shot.host.asked_frames.clear()
        shot.render(5)
        assert set(shot.host.asked_frames) == set(range(5 - RADIUS, 5 + RADIUS + 1))


def test_edit_above_the_node_in_mid_sequence_is_seen_at_the_rendered_frame(shot: Shot, frames: np.ndarray) -> None:
    shot.act("OfxImageEffectActionBeginSequenceRender", OfxPropIsInteractive=0)
    before = shot.render(5)
    shot.frames = frames * np.float32(0.5)
    after = shot.render(5)
    assert not np.array_equal(after, before)
    shot.act("OfxImageEffectActionEndSequenceRender", OfxPropIsInteractive=0)
    assert np.array_equal(after, shot.render(5))


def test_host_that_keeps_no_data_for_an_instance_is_served(
    frames: np.ndarray, reference: np.ndarray, stage: Stage, shared_engine: RunningEngine
) -> None:
    shot = Shot(frames, stage, shared_engine.address, unknown_properties={"OfxPropInstanceData"})
    shot.act("OfxImageEffectActionBeginSequenceRender", OfxPropIsInteractive=0)
    assert np.array_equal(planar(shot.render(5)), reference[5])
    assert {function for function, _handle, _text in shot.host.shows} <= {"clearPersistentMessage"}


def test_edited_neighbour_changes_the_result(shot: Shot, frames: np.ndarray) -> None:
    before = shot.render(5)
    shot.frames = frames.copy()
    shot.frames[6] *= 1.3
    assert not np.array_equal(shot.render(5), before)


def test_host_without_frame_range_finds_the_clip_ends_by_asking(
    frames: np.ndarray, reference: np.ndarray, stage: Stage, shared_engine: RunningEngine
) -> None:
    shot = Shot(frames, stage, shared_engine.address)
    shot.host.unknown_properties.add("OfxImageEffectPropFrameRange")
    for frame in (0, 1, 6, COUNT - 1):
        assert np.array_equal(planar(shot.render(frame)), reference[frame])


def test_times_between_frames_show_the_nearest_frame(shot: Shot, reference: np.ndarray) -> None:
    assert np.array_equal(planar(shot.render(4.6)), reference[5])
    assert set(shot.host.asked_frames) == set(range(5 - RADIUS, 5 + RADIUS + 1))


def test_render_window_is_honoured(shot: Shot, reference: np.ndarray) -> None:
    rendered = shot.render(5, window=(10, 4, 20, 9))
    inside = np.zeros((37, 53), bool)
    inside[37 - 9 : 37 - 4, 10:20] = True
    assert np.all(rendered[~inside] == -7)
    assert np.array_equal(rendered[inside][:, :3], planar_rows(reference[5])[inside])


def planar_rows(planes: np.ndarray) -> np.ndarray:
    """Return (3, H, W) planes as (H, W, 3)."""
    return planes.transpose(1, 2, 0)


def test_output_of_other_bounds_shows_the_result_in_its_place(shot: Shot, reference: np.ndarray) -> None:
    output = Picture(np.full((40, 60, 4), -7, np.float32), origin=(-3, -1))
    assert shot.plugin.render(5, output) == OK
    top, left = 40 - 1 - 37, 3
    assert np.array_equal(output.pixels[top : top + 37, left : left + 53, :3], planar_rows(reference[5]))
    output.pixels[top : top + 37, left : left + 53] = 0
    assert not output.pixels.any()


def test_source_away_from_the_origin_gives_the_same_result(
    frames: np.ndarray, reference: np.ndarray, shot: Shot
) -> None:
    shot.host.pictures = lambda frame: Picture(interleaved(frames[int(frame)]), origin=(-100, 7))
    output = Picture(np.full((37, 53, 4), -7, np.float32), origin=(-100, 7))
    assert shot.plugin.render(5, output) == OK
    assert np.array_equal(planar(output.pixels), reference[5])


def test_rgb_source_into_rgba_output_is_opaque(frames: np.ndarray, reference: np.ndarray, shot: Shot) -> None:
    shot.host.pictures = lambda frame: Picture(np.ascontiguousarray(planar_rows(frames[int(frame)])))
    rendered = shot.render(5)
    assert np.array_equal(planar(rendered), reference[5])
    assert np.all(rendered[:, :, 3] == 1)


def test_parameter_that_the_host_would_not_take_has_its_default(
    frames: np.ndarray, stage: Stage, shared_engine: RunningEngine
) -> None:
    shot = Shot(frames, stage, shared_engine.address, unknown_parameter_types={"OfxParamTypeDouble"})
    assert "strength" not in shot.host.defined
    with node(frames, shared_engine.address, parameters={"radius": RADIUS, "strength": 1.0}) as effect:
        assert np.array_equal(planar(shot.render(5)), planar(effect.render(5)))


def test_value_that_an_expression_put_out_of_range_is_brought_back(shot: Shot, reference: np.ndarray) -> None:
    shot.host.values["strength"] = 7.0
    assert np.array_equal(planar(shot.render(5)), reference[5])


def test_one_pixel_is_a_picture(shot: Shot) -> None:
    shot.host.pictures = lambda frame: Picture(np.full((1, 1, 4), 0.5 + 0.01 * frame, np.float32))
    output = Picture(np.full((1, 1, 4), -7, np.float32))
    assert shot.plugin.render(5, output) == OK
    assert 0 < output.pixels[0, 0, 0] < 1
    assert output.pixels[0, 0, 3] == np.float32(0.55)
