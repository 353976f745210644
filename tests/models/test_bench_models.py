"""The speed bench's models: the same bytes each time, heavy enough, and one of them the other in stages."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import onnx
import pytest

from reelmend.clips import RememberedClip
from reelmend.effects.clip import render_frame
from reelmend.effects.renderer import Renderer
from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.quality.bench.speed.model_cases import HEAVY, TWO_STAGES, WHOLE
from reelmend_models import bench_models
from support.clips import ArrayClip, moving_scene


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bench-models")
    bench_models.build(folder)
    return folder


def test_models_are_the_same_bytes_at_every_call(folder: Path, tmp_path: Path) -> None:
    bench_models.build(tmp_path)
    names = sorted(path.name for path in folder.iterdir())
    assert names == sorted(path.name for path in tmp_path.iterdir())
    assert all((folder / name).read_bytes() == (tmp_path / name).read_bytes() for name in names)


def test_a_second_call_leaves_files_alone(folder: Path) -> None:
    before = {path: path.stat().st_mtime_ns for path in folder.iterdir()}
    bench_models.build(folder)
    assert {path: path.stat().st_mtime_ns for path in folder.iterdir()} == before


def test_the_arithmetic_that_is_told_is_that_of_the_graphs_convolutions(folder: Path) -> None:
    found = {model.id: model for model in bench_models.build(folder)}
    assert found[HEAVY].gflop_per_megapixel == pytest.approx(_gflop(folder / "bench_heavy_heavy.onnx"))
    assert found[WHOLE].gflop_per_megapixel == pytest.approx(_gflop(folder / "bench_whole_whole.onnx"))
    stages = [_gflop(folder / f"bench_two_stages_{stage}.onnx") for stage in ("encode", "merge")]
    assert found[TWO_STAGES].gflop_per_new_megapixel == pytest.approx(sum(stages))
    assert found[TWO_STAGES].gflop_per_megapixel == pytest.approx(5 * stages[0] + stages[1])
    assert found[HEAVY].gflop_per_megapixel >= 15.0


def test_two_cached_stages_and_one_graph_give_the_same_bits(folder: Path) -> None:
    renderer = Renderer(ModelStore([ModelFolder(folder, folder)]))
    clip = ArrayClip(moving_scene(8))
    for frame in range(8):
        staged, whole = (
            render_frame(renderer, "model", {}, RememberedClip(clip), frame, 2, model) for model in (TWO_STAGES, WHOLE)
        )
        assert staged.tobytes() == whole.tobytes()
        assert not np.array_equal(staged, clip.read(frame))


def _gflop(path: Path) -> float:
    """Return the GFLOP per megapixel of a graph: every convolution but the first works on patches of 4 × 4 pixels."""
    graph = onnx.load(str(path)).graph
    shapes = {tensor.name: list(tensor.dims) for tensor in graph.initializer}
    weights = [shapes[node.input[1]] for node in graph.node if node.op_type == "Conv"]
    assert all(len(a) == len(b) == 4 for a, b in pairwise(weights))
    return sum(2.0 * a * b * h * w for a, b, h, w in weights) / 16 / 1000
