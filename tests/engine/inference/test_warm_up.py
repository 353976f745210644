"""Warm-up: every graph is loaded and run once, whatever axes it leaves open."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from reelmend.errors import ModelError
from reelmend.inference.models import ModelFolder, ModelStore
from reelmend.inference.session import SessionPool
from reelmend.inference.warm_up import warm_up
from reelmend_models.bench_models import build
from support.window_models import two_stage_store


def test_graphs_are_run_with_the_shapes_of_what_feeds_them(tmp_path: Path) -> None:
    for store in (ModelStore.default(), two_stage_store(tmp_path)):
        pool = SessionPool()
        warm_up(pool, store.all(), (64, 48))
        for model in store.all():
            for stage in model.manifest.stages:
                assert pool.session(model, stage.name, 1 if stage.reads == "proxy" else 0) in pool.loaded


def test_models_of_the_bench_can_be_warmed_up(tmp_path: Path) -> None:
    build(tmp_path)
    warm_up(SessionPool(), ModelStore([ModelFolder(tmp_path, tmp_path)]).all(), (64, 48))


def test_a_graph_that_can_not_run_on_its_inputs_is_named(tmp_path: Path) -> None:
    model = two_stage_store(tmp_path).get("two-stages")
    session = SessionPool().session(model, "encode")
    with pytest.raises(ModelError, match=r"two_stages_encode\.onnx can't run on frame \(5, 4, 4\), gain \(\)"):
        session.run({"frame": np.zeros((5, 4, 4), np.float32), "gain": np.asarray(1, np.float32)}, ["features"])
