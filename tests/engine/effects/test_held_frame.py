"""The light of one frame, held: what comes out has it, however light drifts and jumps, in whatever order."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable

import numpy as np
import pytest

from reelmend.buffer.companions import AuxiliaryClip
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip, render_frame
from reelmend.effects.renderer import Job, Renderer
from reelmend.errors import BadRequestError, ReelmendError, ShapeError
from reelmend.frames import REFERENCE, FrameForm, FrameRef, Planes
from reelmend.inference.models import ModelStore
from support.clips import ArrayClip, moving_scene

COUNT, WIDTH, HEIGHT, FIRST, HELD = 24, 320, 180, 101, 104
NUMBERS = range(FIRST, FIRST + COUNT)
HOLDING = {"reference": "frame", "reference_frame": HELD, "radius": 2}


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer(ModelStore.default())


def standing(count: int = COUNT) -> np.ndarray:
    """Return (N, 3, H, W) frames of a scene in which nothing moves but grain."""
    scene = moving_scene(1, WIDTH, HEIGHT, grain=0)[0] * np.float32(0.5)
    return scene + np.random.default_rng(8).normal(0, 0.004, (count, *scene.shape)).astype(np.float32)


def exposures() -> np.ndarray:
    """Return a gain for each frame: a slow drift of half a stop, jumps, and flicker over it."""
    flicker = np.random.default_rng(4).normal(0, 0.05, COUNT)
    steps = np.where(np.arange(COUNT) >= 15, 0.25, 0.0) - np.where(np.arange(COUNT) >= 20, 0.4, 0.0)
    return np.exp(np.linspace(-0.15, 0.2, COUNT) + steps + flicker).astype(np.float32)


def exposed() -> np.ndarray:
    made: np.ndarray = standing() * exposures()[:, None, None, None]
    return made


def held(renderer: Renderer, frames: np.ndarray, output: str = "result", **parameters: object) -> dict[int, Planes]:
    clip, values = ArrayClip(frames, FIRST), {**HOLDING, **parameters}
    return dict(render_clip(renderer, "deflicker", values, clip, NUMBERS, output=output))


def job(still: FrameRef | None, frame: int = FIRST + 9, **parameters: object) -> Job:
    clip = RememberedClip(ArrayClip(exposed(), FIRST))
    beside = {} if still is None else {REFERENCE: AuxiliaryClip(still.frame, still.frame, [still])}
    values = {**HOLDING, **parameters}
    return Job("deflicker", frame, FIRST, NUMBERS[-1], clip.window(frame, 2), values, auxiliary=beside)


def described(number: int = HELD) -> FrameRef:
    return RememberedClip(ArrayClip(exposed(), FIRST)).describe(number)


@pytest.mark.parametrize("local_shape", ["patches", "bands"])
@pytest.mark.parametrize("channels", ["luma", "rgb"])
def test_drifting_and_jumping_exposure_comes_out_at_the_held_frames_level(
    renderer: Renderer, channels: str, local_shape: str
) -> None:
    frames = exposed()
    level = frames[HELD - FIRST].mean()
    assert np.ptp(frames.mean(axis=(1, 2, 3))) > 0.5 * level
    for number, planes in held(renderer, frames, channels=channels, local_shape=local_shape).items():
        assert abs(planes.mean() / level - 1) < 0.005, number


def test_parts_of_the_picture_come_out_at_their_own_held_level(renderer: Renderer) -> None:
    bright = np.linspace(-0.1, 0.1, WIDTH, dtype=np.float32)
    tilt = np.random.default_rng(6).normal(0, 1, (COUNT, 1, 1, 1)).astype(np.float32)
    frames = standing() * np.exp(bright * tilt)
    parts = slice(0, WIDTH // 4), slice(-WIDTH // 4, None)
    for part in parts:
        wanted = frames[HELD - FIRST, ..., part].mean()

        def farthest(pictures: Iterable[Planes], part: slice = part, wanted: float = wanted) -> float:
            return max(abs(float(planes[..., part].mean() / wanted) - 1) for planes in pictures)

        assert farthest(held(renderer, frames).values()) < 0.1 * farthest(frames)
        assert farthest(held(renderer, frames, balance=0.0).values()) > 0.5 * farthest(frames)


def test_one_channel_that_drifts_comes_out_at_the_held_colour(renderer: Renderer) -> None:
    frames = standing()
    frames[:, 2] *= exposures()[:, None, None]
    colour = frames[HELD - FIRST].mean(axis=(1, 2))
    for planes in held(renderer, frames, channels="rgb").values():
        np.testing.assert_allclose(planes.mean(axis=(1, 2)), colour, rtol=0.005)


def test_held_frame_itself_keeps_its_bits(renderer: Renderer) -> None:
    frames = exposed()
    assert held(renderer, frames)[HELD].tobytes() == frames[HELD - FIRST].tobytes()


def test_half_the_strength_goes_half_the_way(renderer: Renderer) -> None:
    frames = exposed()
    whole, half = held(renderer, frames), held(renderer, frames, strength=0.5)
    for number in NUMBERS:
        before = np.log(frames[number - FIRST].mean())
        assert np.log(half[number].mean()) - before == pytest.approx(
            (np.log(whole[number].mean()) - before) / 2, abs=2e-3
        )


def test_every_order_gives_the_bits_of_a_cold_frame(renderer: Renderer) -> None:
    frames = exposed()
    in_order = held(renderer, frames)
    clip = RememberedClip(ArrayClip(frames, FIRST))
    for number in (NUMBERS[-1], HELD, FIRST, HELD + 7):
        cold = render_frame(Renderer(ModelStore.default()), "deflicker", HOLDING, clip, number, 2)
        assert cold.tobytes() == in_order[number].tobytes(), number


def test_neighbours_take_no_part(renderer: Renderer) -> None:
    frames = exposed()
    others = frames * np.random.default_rng(2).uniform(0.3, 1.5, (COUNT, 1, 1, 1)).astype(np.float32)
    for index in (HELD - FIRST, 12):
        others[index] = frames[index]
    assert held(renderer, others)[FIRST + 12].tobytes() == held(renderer, frames)[FIRST + 12].tobytes()


def test_another_held_frame_is_another_level(renderer: Renderer) -> None:
    frames = exposed()
    for number in (FIRST, NUMBERS[-1]):
        planes = held(renderer, frames, reference_frame=number)[FIRST + 12]
        assert planes.mean() == pytest.approx(frames[number - FIRST].mean(), rel=0.005)


def test_only_proxies_are_asked_for_and_each_once(renderer: Renderer) -> None:
    own = Renderer(ModelStore.default())
    clip = RememberedClip(ArrayClip(exposed(), FIRST))
    asked = []
    for number in (FIRST + 9, FIRST + 10):
        render = own.begin(job(described(), number))
        asked.append([(need.ref.clip, need.ref.frame, need.form) for need in render.needed])
        for need in render.needed:
            render.supply(need, clip.pixels(need.ref.frame, need.form))
        render.finish()
    proxy, full = FrameForm.PROXY, FrameForm.FULL
    first = [("Source", FIRST + 9, proxy), (REFERENCE, HELD, proxy), ("Source", FIRST + 9, full)]
    assert asked == [first, [("Source", FIRST + 10, proxy), ("Source", FIRST + 10, full)]]


def test_any_picture_of_the_sources_size_may_be_held() -> None:
    clip, graded = RememberedClip(ArrayClip(exposed(), FIRST)), standing()[0] * np.float32(1.3)
    still = RememberedClip(ArrayClip(graded[None], 7), name=REFERENCE)
    render = Renderer(ModelStore.default()).begin(job(still.describe(7)))
    for need in render.needed:
        render.supply(need, (still if need.ref.clip == REFERENCE else clip).pixels(need.ref.frame, need.form))
    assert render.finish().planes["result"].mean() == pytest.approx(graded.mean(), rel=0.005)


def test_mask_says_where_the_centre_is_measured(renderer: Renderer) -> None:
    frames, mask = standing(), np.ones((COUNT, 1, HEIGHT, WIDTH), np.float32)
    frames[..., : WIDTH // 2] *= exposures()[:, None, None, None]
    mask[..., : WIDTH // 2 + 8] = 0
    clip, values = ArrayClip(frames, FIRST), {**HOLDING, "balance": 0.0}
    masked = render_clip(renderer, "deflicker", values, clip, NUMBERS, mask=ArrayClip(mask, FIRST))
    still = frames[HELD - FIRST, ..., WIDTH // 2 :].mean()
    for number, planes in masked:
        assert planes[..., WIDTH // 2 :].mean() == pytest.approx(still, rel=0.005), number


def test_curve_is_drawn_over_a_result_that_is_the_same(renderer: Renderer) -> None:
    frames = exposed()
    result, curve = held(renderer, frames), held(renderer, frames, "curve")
    for number in NUMBERS:
        assert curve[number][:, : HEIGHT // 2].tobytes() == result[number][:, : HEIGHT // 2].tobytes()
        assert (curve[number][:, HEIGHT // 2 :] != result[number][:, HEIGHT // 2 :]).mean() > 0.1


def test_a_picture_too_far_from_the_held_one_is_left_alone(renderer: Renderer) -> None:
    frames = exposed()
    frames[12] *= 0.1
    assert held(renderer, frames)[FIRST + 12].tobytes() == frames[12].tobytes()


@pytest.mark.parametrize("number", [FIRST - 1, FIRST + COUNT])
def test_a_frame_that_the_clip_lacks_is_refused_in_words(renderer: Renderer, number: int) -> None:
    words = f"frame {number} can't be held: the clip has frames {FIRST} to {NUMBERS[-1]}; set 'reference_frame'"
    with pytest.raises(BadRequestError, match=words):
        held(renderer, exposed(), reference_frame=number)


@pytest.mark.parametrize(
    ("reference", "error", "words"),
    [
        (
            None,
            BadRequestError,
            f"the light of frame {HELD} is to be held, but no clip 'Reference' came; send that frame",
        ),
        ({"channels": 1}, ShapeError, "has 1 planes; send 3, as of the source"),
        ({"width": 319}, ShapeError, "319×180 pixels, the source 320×180"),
    ],
)
def test_what_cannot_be_held_is_refused_in_words(
    renderer: Renderer, reference: dict[str, int] | None, error: type[ReelmendError], words: str
) -> None:
    ref = None if reference is None else described()
    if ref is not None and reference is not None:
        ref = dataclasses.replace(ref, format=dataclasses.replace(ref.format, **reference))
    with pytest.raises(error, match=words):
        renderer.begin(job(ref))


def test_a_reference_that_nothing_holds_changes_nothing(renderer: Renderer) -> None:
    needed = renderer.begin(job(described(), reference="window")).needed
    assert REFERENCE not in {need.ref.clip for need in needed}
