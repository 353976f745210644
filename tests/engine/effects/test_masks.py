"""Masks: which frame's belongs to which, what crosses of them, and what they change of a result."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmend.buffer.companions import AuxiliaryClip
from reelmend.buffer.window import Window
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip, render_frame
from reelmend.effects.composite import within
from reelmend.effects.effect import Need, Rendered, Values, Workbench
from reelmend.effects.renderer import Job, Renderer
from reelmend.errors import BadRequestError, ShapeError
from reelmend.frames import MASK, SOURCE, FrameForm, FrameFormat, FrameRef, Planes
from reelmend.inference.models import Model, ModelStore
from support.clips import ArrayClip, moving_scene

COUNT, WIDTH, HEIGHT, RADIUS = 7, 40, 30, 2
FRAMES = moving_scene(COUNT, width=WIDTH, height=HEIGHT)
MASKS = np.random.default_rng(3).random((COUNT, 1, HEIGHT, WIDTH), np.float32)
MASKS[:, :, :10], MASKS[:, :, 20:] = 0, 1


class MeasuredInside:
    """Adds the mean over the window of what the proxies are inside of their masks."""

    name = "measured"
    default_model = "deflicker"

    def is_identity(self, _values: Values) -> bool:
        return False

    def keeps_to_mask(self, bench: Workbench) -> bool:
        return float(bench.values["strength"]) < 1

    def needs(self, window: Window, bench: Workbench) -> Sequence[Need]:
        lacking = [ref for ref in window.distinct if not bench.pin(self._key(ref, bench))]
        masks = [mask for ref in lacking if (mask := bench.mask(ref)) is not None]
        return [
            *(Need.of(ref, FrameForm.PROXY) for ref in lacking),
            *(Need.of(mask, FrameForm.PROXY) for mask in masks),
            Need.of(window.centre_frame, FrameForm.FULL),
        ]

    def prepare(self, window: Window, bench: Workbench) -> None:
        bench.each(lambda ref: self._mean(ref, bench), window.distinct)

    def render(self, window: Window, _values: Values, outputs: Sequence[str], bench: Workbench) -> Rendered:
        level = np.float32(np.mean([self._mean(ref, bench) for ref in window.distinct]))
        out = bench.output("result", window.centre_frame.format)
        np.add(bench.pixels(window.centre_frame, FrameForm.FULL), level, out=out)
        return Rendered({"result": out}, window.distinct[0].frame, window.distinct[-1].frame)

    def _key(self, ref: FrameRef, bench: Workbench) -> tuple[object, ...]:
        mask = bench.mask(ref)
        return ("inside", ref.digest, None if mask is None else mask.digest)

    def _mean(self, ref: FrameRef, bench: Workbench) -> float:
        def compute() -> tuple[float, int]:
            proxy, mask = bench.pixels(ref, FrameForm.PROXY), bench.mask_planes(ref, FrameForm.PROXY)
            return float(proxy.mean() if mask is None else (proxy * mask).sum() / (3 * mask.sum())), 64

        mean: float = bench.feature(self._key(ref, bench), compute)
        return mean


class Reading(ModelStore):
    """The shipped models, said to be the test's and to read these clips."""

    clips: tuple[str, ...] = (SOURCE, MASK)

    def get(self, model_id: str) -> Model:
        model = super().get(model_id)
        changes = {"effect": "measured", "input_clips": self.clips}
        return dataclasses.replace(model, manifest=model.manifest.model_copy(update=changes))


def renderer() -> Renderer:
    return Renderer(Reading.default(), effects={"measured": MeasuredInside()})


def rendered(
    frame: int = 3, masks: np.ndarray | None = MASKS, strength: float = 1.0, using: Renderer | None = None
) -> Planes:
    clip = RememberedClip(ArrayClip(FRAMES))
    mask = None if masks is None else RememberedClip(ArrayClip(masks), name=MASK)
    values = {"radius": RADIUS, "strength": strength}
    return render_frame(using or renderer(), "measured", values, clip, frame, RADIUS, mask=mask)


def job(masks: Sequence[FrameRef], *, name: str = MASK, last_frame: int = COUNT - 1, effect: str = "measured") -> Job:
    window = RememberedClip(ArrayClip(FRAMES)).window(3, RADIUS)
    clips = {name: AuxiliaryClip(0, last_frame, masks)}
    return Job(effect, 3, 0, COUNT - 1, window, {"radius": RADIUS}, auxiliary=clips)


def refs(first: int = 1, last: int = 5, channels: int = 1, width: int = WIDTH) -> list[FrameRef]:
    form = FrameFormat(width, HEIGHT, channels)
    return [FrameRef(frame, frame.to_bytes(16, "big"), form) for frame in range(first, last + 1)]


def test_each_frame_is_measured_inside_of_its_own_mask() -> None:
    means = [(FRAMES[n] * MASKS[n]).sum() / (3 * MASKS[n].sum()) for n in range(1, 6)]
    np.testing.assert_allclose(rendered() - FRAMES[3], np.mean(means), rtol=1e-4)


def test_a_still_mask_belongs_to_every_frame() -> None:
    still = MASKS[2:3]
    assert rendered(masks=still).tobytes() == rendered(masks=np.repeat(still, COUNT, axis=0)).tobytes()
    assert rendered(masks=still).tobytes() != rendered().tobytes()


def test_a_still_mask_is_asked_for_once() -> None:
    mask = dataclasses.replace(refs(0, 0)[0], clip=MASK)
    needed = renderer().begin(job([mask], last_frame=0)).needed
    assert [need.form for need in needed if need.ref.clip == MASK] == [FrameForm.PROXY]


def test_a_result_kept_to_the_mask_is_the_source_outside_and_the_effects_inside() -> None:
    source, whole, kept = FRAMES[3], rendered(), rendered(strength=0.5)
    share = np.broadcast_to(MASKS[3], source.shape)
    assert kept[share == 0].tobytes() == source[share == 0].tobytes()
    assert kept[share == 1].tobytes() == whole[share == 1].tobytes()
    np.testing.assert_allclose(kept, source + (whole - source) * share, atol=1e-6)


def test_another_mask_of_the_same_frames_is_another_result() -> None:
    one = renderer()
    first = rendered(using=one).tobytes()
    other = rendered(masks=1 - MASKS, using=one).tobytes()
    none = rendered(masks=None, using=one).tobytes()
    assert len({first, other, none}) == 3
    assert rendered(using=one).tobytes() == first


def test_whole_masks_are_remembered() -> None:
    one = renderer()
    rendered(strength=0.5, using=one)
    clip = RememberedClip(ArrayClip(MASKS), name=MASK)
    again = dataclasses.replace(job(clip.window(3, RADIUS)), parameters={"radius": RADIUS, "strength": 0.5})
    assert one.begin(again).needed == []


def test_proxies_are_asked_for_before_whole_frames() -> None:
    needed = renderer().begin(dataclasses.replace(job(refs()), parameters={"radius": RADIUS, "strength": 0.5})).needed
    assert [need.form for need in needed] == [FrameForm.PROXY] * 10 + [FrameForm.FULL] * 2
    assert [need.ref.clip for need in needed[-2:]] == ["Source", MASK]


def test_masks_come_in_zero_to_one_whatever_the_clip_holds() -> None:
    wild = MASKS.copy()
    wild[3, 0, 0, :4] = np.nan, -3, 7, np.inf
    tame = MASKS.copy()
    tame[3, 0, 0, :4] = 0, 0, 1, 1
    source, kept = FRAMES[3], rendered(masks=wild, strength=0.5)
    assert kept[:, 0, :2].tobytes() == source[:, 0, :2].tobytes()
    assert not (kept[:, 0, 2:4] == source[:, 0, 2:4]).any()


def test_every_order_of_frames_gives_the_same_bits() -> None:
    def of(order: Sequence[int]) -> dict[int, bytes]:
        rendering = render_clip(
            renderer(), "measured", {"radius": RADIUS, "strength": 0.5}, ArrayClip(FRAMES), order, mask=ArrayClip(MASKS)
        )
        return {frame: planes.tobytes() for frame, planes in rendering}

    cold = {frame: rendered(frame, strength=0.5).tobytes() for frame in range(COUNT)}
    assert of(range(COUNT)) == cold
    assert of([6, 0, 3, 2, 5, 1, 4]) == cold


def test_a_mask_is_read_once_when_a_clip_is_played() -> None:
    masks = ArrayClip(MASKS)
    for _ in render_clip(
        renderer(), "measured", {"radius": RADIUS, "strength": 0.5}, ArrayClip(FRAMES), range(COUNT), mask=masks
    ):
        pass
    assert masks.reads == dict.fromkeys(range(COUNT), 1)


@pytest.mark.parametrize(
    ("masks", "changes", "error", "words"),
    [
        (refs(last=4), {}, BadRequestError, "lacks frame 5"),
        ([*refs(), *refs(2, 2)], {}, BadRequestError, "names a frame twice"),
        (refs(), {"name": "Matte"}, BadRequestError, "reads no clip 'Matte'; it reads Source, Mask"),
        (refs(), {"last_frame": -1}, BadRequestError, "ends at frame -1"),
        (refs(channels=3), {}, ShapeError, "has 3 planes"),
        (refs(width=41), {}, ShapeError, "41×30 pixels, the source 40×30"),
    ],
)
def test_masks_that_do_not_fit_are_refused_in_words(
    masks: Sequence[FrameRef], changes: dict[str, object], error: type[Exception], words: str
) -> None:
    with pytest.raises(error, match=words):
        renderer().begin(job(masks, **changes))  # type: ignore[arg-type]


def test_a_model_that_reads_no_mask_refuses_one() -> None:
    unmasked = renderer()
    unmasked.models.clips = (SOURCE,)  # type: ignore[attr-defined]
    with pytest.raises(BadRequestError, match=r"reads no clip 'Mask'; it reads Source$"):
        unmasked.begin(job(refs()))


samples = st.sampled_from([0.0, -0.0, 1.0, 0.3, -2.0, 1e30, float("inf"), float("-inf"), float("nan"), 1e-40])
shares = st.sampled_from([0.0, -0.0, 1.0, 0.5, 0.1, 1e-30])


@given(data=st.data(), channels=st.sampled_from([1, 3]), in_place=st.booleans())
def test_what_lies_within_a_mask_is_defined_sample_by_sample(
    data: st.DataObject, channels: int, in_place: bool
) -> None:
    def drawn(of: st.SearchStrategy[float], planes: int) -> np.ndarray:
        values = data.draw(st.lists(of, min_size=planes * 6, max_size=planes * 6))
        return np.array(values, np.float32).reshape(planes, 2, 3)

    source, result, mask = drawn(samples, channels), drawn(samples, channels), drawn(shares, 1)
    was, out = result.copy(), result if in_place else np.empty_like(source)
    with np.errstate(all="ignore"):
        within(source, result, mask, out)
        for place in np.ndindex(source.shape):
            here, there, share = source[place], was[place], mask[0][place[1:]]
            if share == 0:
                wanted = here
            elif share == 1 or here == there:
                wanted = there
            else:
                wanted = here * (1 - share) + there * share
            assert out[place].tobytes() == wanted.tobytes() or (np.isnan(out[place]) and np.isnan(wanted))


def test_a_value_may_stand_for_the_source() -> None:
    gain, mask = np.full((1, 4, 6), 0.7, np.float32), np.zeros((1, 4, 6), np.float32)
    mask[:, 1:3, 2:5] = 1
    within(np.broadcast_to(np.float32(0.5), gain.shape), gain, mask, gain)
    assert np.array_equal(gain, np.where(mask == 1, np.float32(0.7), np.float32(0.5)))
