"""Repair by every path and in every order: the same frame, the same mattes, the same list; mask and matte alike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from reelmend.client import EngineClient, Route
from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_clip
from reelmend.effects.renderer import Renderer
from reelmend.frames import MASK, MATTE
from reelmend.inference.models import ModelStore
from reelmend.rendered import Rendered
from support.clips import ArrayClip
from support.engines import RunningEngine
from support.nodes import planar
from support.repair_engine import repair_engine
from support.repair_models import repair_renderer, write_repair
from support.repair_nodes import dirty_scene, repair_bundle, repair_node, view_label

COUNT, FIRST_FRAME, RADIUS = 9, 1001, 3
WIDTH, HEIGHT = 101, 67
NUMBERS = list(range(FIRST_FRAME, FIRST_FRAME + COUNT))
OUTPUTS = ("result", "matte", "classes", "overlay")
USES = {
    "alone": None,
    "add": "What to mend as well",
    "replace": "All there is to mend",
    "protect": "What to leave alone",
}
"""What the matte is for, and what the node calls it."""

Rendering = Callable[[str, str, Sequence[int], int], dict[int, np.ndarray]]
"""Renders an output with a matte for that use: of the frames with these numbers, in this order, on so many threads."""


@pytest.fixture(scope="module")
def frames() -> np.ndarray:
    return dirty_scene(COUNT, WIDTH, HEIGHT)


@pytest.fixture(scope="module")
def masks() -> np.ndarray:
    """(N, 1, H, W) halves: all but a margin, with a soft edge on one side and some samples that are no share."""
    made = np.ones((COUNT, 1, HEIGHT, WIDTH), np.float32)
    made[..., :6], made[..., 6:10] = 0, 0.5
    made[3, 0, 10, 50:54] = np.nan, -1, 3, np.inf
    return made


@pytest.fixture(scope="module")
def mattes() -> np.ndarray:
    """(N, 1, H, W): a spot that wanders, with a soft edge, where nothing is broken."""
    made = np.zeros((COUNT, 1, HEIGHT, WIDTH), np.float32)
    for index in range(COUNT):
        made[index, 0, 40:52, 60 + index : 80 + index] = 0.375
        made[index, 0, 42:50, 62 + index : 78 + index] = 1
    return made


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> ModelStore:
    return write_repair(tmp_path_factory.mktemp("models"))


@pytest.fixture(scope="module")
def models(store: ModelStore) -> Path:
    return store.get("repair").weights


@pytest.fixture(scope="module")
def repairing(models: Path) -> Iterator[RunningEngine]:
    with repair_engine(models) as running:
        yield running


def embedded(
    renderer: Renderer, use: str, numbers: Sequence[int], frames: np.ndarray, masks: np.ndarray, mattes: np.ndarray
) -> dict[int, Rendered]:
    told: dict[int, Rendered] = {}
    rendering = render_clip(
        renderer,
        "repair",
        parameters(use),
        ArrayClip(frames, FIRST_FRAME),
        numbers,
        outputs=OUTPUTS,
        told=told.__setitem__,
        mask=ArrayClip(masks, FIRST_FRAME),
        matte=None if use == "alone" else ArrayClip(mattes, FIRST_FRAME),
    )
    for _ in rendering:
        pass
    return told


def parameters(use: str) -> dict[str, object]:
    return {"radius": RADIUS} if use == "alone" else {"radius": RADIUS, "matte_use": use}


@pytest.fixture(scope="module")
def reference(
    store: ModelStore, frames: np.ndarray, masks: np.ndarray, mattes: np.ndarray
) -> dict[str, dict[int, Rendered]]:
    """Every frame by an engine that has never seen another one."""
    return {
        use: {
            number: embedded(repair_renderer(store), use, [number], frames, masks, mattes)[number] for number in NUMBERS
        }
        for use in USES
    }


def on_threads(render: Callable[[int], np.ndarray], numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
    with ThreadPoolExecutor(threads) as pool:
        return dict(zip(numbers, pool.map(render, numbers), strict=True))


@pytest.fixture(params=["client-shared-memory", "client-in-stream", "node-shared-memory", "node-in-stream"])
def path(
    request: pytest.FixtureRequest,
    frames: np.ndarray,
    masks: np.ndarray,
    mattes: np.ndarray,
    store: ModelStore,
    repairing: RunningEngine,
    tmp_path: Path,
) -> Iterator[Rendering]:
    kind, _, route = request.param.partition("-")
    if kind == "client":
        clip = RememberedClip(ArrayClip(frames, FIRST_FRAME))
        mask = RememberedClip(ArrayClip(masks, FIRST_FRAME), name=MASK)
        matte = RememberedClip(ArrayClip(mattes, FIRST_FRAME), name=MATTE)
        with EngineClient(repairing.address, Route[route.replace("-", "_").upper()]) as client:

            def over_the_wire(output: str, use: str, numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
                given = None if use == "alone" else matte
                values = {name: value for name, value in parameters(use).items() if isinstance(value, str | int)}
                return on_threads(
                    lambda n: client.render(
                        clip, n, "repair", RADIUS, values, output=output, mask=mask, matte=given
                    ),
                    numbers,
                    threads,
                )  # fmt: skip

            yield over_the_wire
        return
    fixed = {"radius": RADIUS, "pixelRoute": route.replace("-", " ").capitalize()}
    bundle = repair_bundle(tmp_path, store)
    with repair_node(bundle, frames, repairing.address, first_frame=FIRST_FRAME, parameters=fixed) as node:
        node.set_source(lambda frame: masks[frame - FIRST_FRAME].transpose(1, 2, 0), clip="Mask", channels=1)

        def in_the_host(output: str, use: str, numbers: Sequence[int], threads: int) -> dict[int, np.ndarray]:
            node.remove_source("Matte")
            if label := USES[use]:
                node.set("matte_use", label)
                node.set_source(lambda frame: mattes[frame - FIRST_FRAME].transpose(1, 2, 0), clip="Matte", channels=1)
            node.set("view", view_label(output))
            with node.sequence() as sequence:
                return on_threads(lambda n: planar(sequence.render(n)), numbers, threads)

        yield in_the_host
        assert (node.messages, node.violations) == ([], [])


@pytest.mark.parametrize("use", USES)
def test_every_path_gives_the_same_bits_in_order_at_random_and_on_threads(
    path: Rendering, reference: dict[str, dict[int, Rendered]], use: str
) -> None:
    at_random = np.random.default_rng(5).permutation(NUMBERS).tolist()
    for numbers, threads in ((NUMBERS, 1), (at_random, 1), (at_random, 4)):
        for number, planes in path("result", use, numbers, threads).items():
            expected = reference[use][number].planes["result"]
            assert planes.tobytes() == expected.tobytes(), f"frame {number} differs"


@pytest.mark.parametrize("output", OUTPUTS[1:])
def test_every_path_gives_the_same_mattes(
    path: Rendering, reference: dict[str, dict[int, Rendered]], output: str
) -> None:
    for number, planes in path(output, "add", NUMBERS[3:6], 1).items():
        expected = reference["add"][number].planes[output]
        assert planes.tobytes() == np.broadcast_to(expected, planes.shape).tobytes(), f"frame {number} differs"


def test_a_sequential_run_gives_the_same_as_cold_frames(
    store: ModelStore, reference: dict[str, dict[int, Rendered]],
    frames: np.ndarray, masks: np.ndarray, mattes: np.ndarray,
) -> None:  # fmt: skip
    for use in USES:
        for number, rendered in embedded(repair_renderer(store), use, NUMBERS, frames, masks, mattes).items():
            assert_same(rendered, reference[use][number])


@pytest.mark.parametrize("route", Route)
def test_several_outputs_and_the_list_come_of_one_run_over_the_wire(
    repairing: RunningEngine, reference: dict[str, dict[int, Rendered]],
    frames: np.ndarray, masks: np.ndarray, mattes: np.ndarray, route: Route,
) -> None:  # fmt: skip
    source = ArrayClip(frames, FIRST_FRAME)
    told: dict[int, Rendered] = {}
    with EngineClient(repairing.address, route) as client:
        before = client.info().frames_rendered
        played = client.render_clip(
            RememberedClip(source), NUMBERS, "repair", RADIUS, {"radius": RADIUS, "matte_use": "add"},
            outputs=OUTPUTS, told=told.__setitem__,
            mask=RememberedClip(ArrayClip(masks, FIRST_FRAME), name=MASK),
            matte=RememberedClip(ArrayClip(mattes, FIRST_FRAME), name=MATTE),
        )  # fmt: skip
        for number, planes in played:
            assert planes is told[number].planes["result"]
        assert client.info().frames_rendered - before == COUNT
    for number in NUMBERS:
        assert_same(told[number], reference["add"][number])
        assert len(told[number].detections) >= 3
        assert {found.kind for found in told[number].detections} >= {"blotch", "hair"}
    assert source.reads == dict.fromkeys(NUMBERS, 1)


def assert_same(got: Rendered, expected: Rendered) -> None:
    assert got.planes.keys() == expected.planes.keys()
    for name, planes in got.planes.items():
        assert planes.tobytes() == expected.planes[name].tobytes(), name
    assert got.detections == expected.detections
    assert (got.first_frame_used, got.last_frame_used) == (expected.first_frame_used, expected.last_frame_used)


def test_what_nobody_asks_for_is_not_listed(repairing: RunningEngine, frames: np.ndarray) -> None:
    clip = RememberedClip(ArrayClip(frames, FIRST_FRAME))
    with EngineClient(repairing.address) as client:
        assert client.rendered(clip, 1004, "repair", RADIUS, {"radius": RADIUS}).detections
        stream_told: list[object] = []
        for _ in client.render_clip(clip, [1004], "repair", RADIUS, {"radius": RADIUS}):
            stream_told.append(None)
        assert stream_told == [None]


def test_outside_of_the_matte_the_sources_bits_come_back_and_inside_they_do_not(
    reference: dict[str, dict[int, Rendered]], frames: np.ndarray
) -> None:
    for number, rendered in reference["alone"].items():
        source, result = frames[number - FIRST_FRAME], rendered.planes["result"]
        outside = np.broadcast_to(rendered.planes["matte"] == 0, source.shape)
        assert result[outside].tobytes() == source[outside].tobytes()
        assert (result[~outside] != source[~outside]).mean() > 0.9


def test_the_mask_and_the_matte_are_held_to_what_they_are_for(
    reference: dict[str, dict[int, Rendered]], masks: np.ndarray, mattes: np.ndarray
) -> None:
    for index, number in enumerate(NUMBERS):
        by_use = {use: reference[use][number].planes["matte"][0] for use in USES}
        for matte in by_use.values():
            assert (matte[masks[index, 0] == 0] == 0).all()
        drawn, share = mattes[index, 0], np.clip(np.nan_to_num(masks[index, 0]), 0, 1)
        assert np.array_equal(by_use["replace"], drawn * share)
        assert np.array_equal(by_use["add"], np.maximum(by_use["alone"], drawn * share))
        assert (by_use["protect"][drawn == 1] == 0).all()
        assert (by_use["alone"] > 0).any()
