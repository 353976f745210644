"""An effect whose graphs PyTorch runs: the same pictures as ONNX Runtime's, and nothing remembered between frames."""

import numpy as np
import pytest

from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelStore
from reelmend.quality.bench.speed.in_process import EngineFrame
from reelmend.quality.bench.speed.pan import Pan
from reelmend.quality.bench.speed.plain_graphs import PlainFrame, plain_renderer
from reelmend_models.reference.torch_graphs import make

MEMORY_BYTES = 64 << 20


@pytest.fixture(scope="module")
def pan() -> Pan:
    return Pan(96, 64, 80)


def test_pytorch_gives_the_picture_that_onnx_runtime_gives(pan: Pan) -> None:
    ours = EngineFrame("ours", Renderer(ModelStore.default(), memory_bytes=MEMORY_BYTES), pan, "deflicker")
    plain = EngineFrame("plain", plain_renderer(make("deflicker"), MEMORY_BYTES), pan, "deflicker")
    one, other = ours.render()[1], plain.render()[1]
    assert not np.array_equal(one, pan.planes(ours._radius_frames))
    assert np.abs(one - other).max() < 1e-4


def test_a_plain_frame_is_timed_with_every_graph_of_its_window(pan: Pan) -> None:
    runs: list[str] = []

    def counted(name: str, graph):
        def run(inputs):
            runs.append(name)
            return graph(inputs)

        return run

    graphs = {name: counted(name, graph) for name, graph in make("deflicker").items()}
    frame = PlainFrame("plain", graphs, pan, "deflicker", MEMORY_BYTES)
    first = runs.count("describe")
    assert first > 30
    assert frame.take()["plain"] > 0.0
    assert runs.count("describe") == 2 * first
