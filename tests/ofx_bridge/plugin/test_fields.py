"""Interlaced material: each field is a picture of its own, mended among the fields of its own parity."""

from __future__ import annotations

import functools

import numpy as np
import pytest

from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene, with_flicker
from support.engines import RunningEngine
from support.nodes import interleaved, node, planar

from .conftest import Stage
from .raw_host import OK, Picture, RawHost

COUNT, RADIUS = 12, 3
WIDTH, HEIGHT = 53, 37  # an odd number of lines
PROGRESSIVE, LOWER_FIRST = 1, 2


@functools.cache
def _renderer() -> Renderer:
    return Renderer(ModelStore.default())


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    """Both fields flicker, each in its own way."""
    scene = moving_scene(COUNT, width=WIDTH, height=HEIGHT)
    woven = scene.copy()
    for first_line, seed in ((0, 5), (1, 6)):
        woven[:, :, first_line::2] = with_flicker(scene[:, :, first_line::2], seed=seed)
    return woven


def _lines(parity: str, height: int = HEIGHT) -> slice:
    """Return the lines of a field, counted from the top: the bottom line is a lower one."""
    bottom_is_even = (height - 1) % 2
    return slice(bottom_is_even if parity == "lower" else 1 - bottom_is_even, None, 2)


def _clip_mended(frames: np.ndarray) -> np.ndarray:
    clip = ArrayClip(np.ascontiguousarray(frames))
    mended = dict(render_clip(_renderer(), "deflicker", {"radius": RADIUS}, clip, range(COUNT)))
    return np.stack([mended[frame] for frame in range(COUNT)])


@pytest.fixture(scope="module")
def by_field(frames: np.ndarray) -> np.ndarray:
    """The clip whose fields were taken apart, mended one by one, and woven again."""
    woven = np.empty_like(frames)
    for parity in ("lower", "upper"):
        woven[:, :, _lines(parity)] = _clip_mended(frames[:, :, _lines(parity)])
    return woven


@pytest.mark.parametrize("order", ["lower", "upper"])
def test_each_field_is_mended_by_its_own_parity(
    frames: np.ndarray, by_field: np.ndarray, shared_engine: RunningEngine, order: str
) -> None:
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}, field_order=order) as effect:
        for frame in (0, 5, COUNT - 1):
            assert np.array_equal(planar(effect.render(frame)), by_field[frame])
        assert (effect.messages, effect.violations) == ([], [])


def test_interlaced_playback_costs_two_images_a_frame(
    frames: np.ndarray, by_field: np.ndarray, shared_engine: RunningEngine
) -> None:
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}, field_order="upper") as effect:
        effect.reset_fetches()
        for frame, picture in effect.render_frames():
            assert np.array_equal(planar(picture), by_field[frame])
        assert effect.fetches["Source"].asked == 2 * COUNT - 1


def test_progressive_frames_are_mended_whole(frames: np.ndarray, shared_engine: RunningEngine) -> None:
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}) as effect:
        assert np.array_equal(planar(effect.render(5)), _clip_mended(frames)[5])


def test_user_may_know_better_than_the_clip(
    frames: np.ndarray, by_field: np.ndarray, shared_engine: RunningEngine
) -> None:
    whole = _clip_mended(frames)[5]
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}) as effect:
        effect.set("fieldOrder", "Lower field first")
        assert np.array_equal(planar(effect.render(5)), by_field[5])
    with node(frames, shared_engine.address, parameters={"radius": RADIUS}, field_order="lower") as effect:
        effect.set("fieldOrder", "Progressive")
        assert np.array_equal(planar(effect.render(5)), whole)


class Shot:
    """A raw host over interlaced material."""

    def __init__(self, stage: Stage, frames: np.ndarray, address: str, order: str | None = "OfxFieldLower") -> None:
        self.host = RawHost(
            lambda frame: Picture(interleaved(frames[int(frame)])) if 0 <= frame < COUNT else None,
            frame_range=(0.0, COUNT - 1.0),
        )
        self.plugin = stage.started(self.host)
        self.host.values |= {"engineAddress": address, "radius": RADIUS}
        if order is not None:
            self.host.set_source_property("OfxImageClipPropFieldOrder", order)

    def render(self, time: float, field: str, says: str = "OfxFieldBoth") -> np.ndarray:
        output = Picture(np.full((HEIGHT, WIDTH, 4), -7, np.float32), says={"OfxImagePropField": says})
        assert self.plugin.render(time, output, field=field) == OK, self.host.shows
        return output.pixels


@pytest.mark.parametrize("parity", ["lower", "upper"])
def test_host_that_wants_one_field_gets_its_lines_and_no_other(
    stage: Stage, frames: np.ndarray, by_field: np.ndarray, shared_engine: RunningEngine, parity: str
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    rendered = shot.render(5, f"OfxField{parity.capitalize()}")
    assert np.array_equal(planar(rendered)[:, _lines(parity)], by_field[5][:, _lines(parity)])
    other = "upper" if parity == "lower" else "lower"
    assert np.all(rendered[_lines(other)] == -7)


def test_second_field_comes_half_a_frame_later_and_belongs_to_the_same_frame(
    stage: Stage, frames: np.ndarray, by_field: np.ndarray, shared_engine: RunningEngine
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    rendered = shot.render(5.5, "OfxFieldUpper")
    assert np.array_equal(planar(rendered)[:, _lines("upper")], by_field[5][:, _lines("upper")])
    status, answers = shot.plugin.act("OfxImageEffectActionGetFramesNeeded", {"OfxPropTime": [5.5]})
    assert status == OK
    assert shot.host.read(answers, "OfxImageClipPropFrameRange_Source") == [2.0, 8.0]


def test_output_that_holds_both_fields_is_believed_where_the_clip_says_nothing(
    stage: Stage, frames: np.ndarray, by_field: np.ndarray, shared_engine: RunningEngine
) -> None:
    shot = Shot(stage, frames, shared_engine.address, order=None)
    assert np.array_equal(planar(shot.render(5, "OfxFieldBoth")), by_field[5])
    assert np.array_equal(planar(shot.render(5, "OfxFieldBoth", says="OfxFieldNone")), _clip_mended(frames)[5])


def test_host_that_hands_out_fields_as_images_has_them_mended_whole(
    stage: Stage, frames: np.ndarray, shared_engine: RunningEngine
) -> None:
    shot = Shot(stage, frames, shared_engine.address)
    assert np.array_equal(planar(shot.render(5, "OfxFieldLower", says="OfxFieldLower")), _clip_mended(frames)[5])


def test_frame_of_one_line_has_one_field(shared_engine: RunningEngine) -> None:
    line = with_flicker(moving_scene(COUNT, width=64, height=64))[:, :, 30:31]
    with node(line, shared_engine.address, parameters={"radius": RADIUS}, field_order="lower") as effect:
        assert np.array_equal(planar(effect.render(5)), _clip_mended(line)[5])
        assert effect.violations == []
