"""Sessions: the provider that was asked for, or an error in words."""

from __future__ import annotations

import contextlib
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from reelmend.errors import ModelError, NotFoundError, ProviderError, ShapeError
from reelmend.inference.models import Model, ModelFolder, ModelStore
from reelmend.inference.session import CPU, OrtSession, Replicas, SessionPool, check_provider, choose_provider

DEFLICKER = ModelStore.default().get("deflicker")


@pytest.mark.parametrize("in_use", [[], [CPU], ["TensorrtExecutionProvider", "CUDAExecutionProvider"]])
def test_a_session_on_another_provider_than_asked_is_never_used(in_use: list[str]) -> None:
    with pytest.raises(ProviderError, match="CUDAExecutionProvider was asked for, but ONNX Runtime fell back"):
        check_provider("CUDAExecutionProvider", in_use)


def test_onnxruntime_that_falls_back_in_silence_is_caught() -> None:
    path = DEFLICKER.weights_of(DEFLICKER.manifest.stage("describe"))
    with pytest.raises(ProviderError, match=r"fell back to CPUExecutionProvider; .* ask for --provider cpu"):
        OrtSession(path, "CUDAExecutionProvider")


def test_auto_takes_what_is_there() -> None:
    assert choose_provider("auto").provider in (CPU, "CUDAExecutionProvider")


def test_sessions_are_loaded_once() -> None:
    pool = SessionPool("cpu")
    assert pool.session(DEFLICKER, "describe", 1) is pool.session(DEFLICKER, "describe", 1)


def test_a_machine_for_several_graphs_loads_as_many_copies_as_run_at_once() -> None:
    path, loaded, inside = DEFLICKER.weights_of(DEFLICKER.manifest.stage("describe")), [], threading.Barrier(2)

    class Meeting(OrtSession):
        """Ends its first run only when another run is under way."""

        def run(self, *arguments: Any) -> list[Any]:
            with contextlib.suppress(threading.BrokenBarrierError):
                inside.wait(5)
            return super().run(*arguments)

    def load() -> OrtSession:
        loaded.append(Meeting(path, CPU, 1))
        return loaded[-1]

    session = Replicas(load(), 2, load)
    proxy = np.random.default_rng(1).random((3, 18, 32), dtype=np.float32)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(session.run, {"proxy": proxy}, ["tones"]) for _ in range(2)]
        first, second = (run.result()[0] for run in runs)
    assert not inside.broken, "both ran at the same time"
    assert len(loaded) == 2
    assert first.tobytes() == second.tobytes()


def test_loading_one_model_keeps_nobody_from_another(monkeypatch: pytest.MonkeyPatch) -> None:
    pool, release = SessionPool("cpu"), threading.Event()
    ready = pool.session(DEFLICKER, "describe", 1)
    monkeypatch.setattr(pool, "_load", lambda *_: release.wait(10))
    slow = threading.Thread(target=pool.session, args=(DEFLICKER, "correct"))
    slow.start()
    try:
        assert pool.session(DEFLICKER, "describe", 1) is ready
    finally:
        release.set()
        slow.join()


def test_results_are_written_where_they_are_wanted() -> None:
    session = SessionPool("cpu").session(DEFLICKER, "describe", threads=1)
    inputs, target = {"proxy": np.full((3, 18, 32), 0.25, np.float32)}, np.zeros((18, 32), np.float32)
    grid, tones = session.run(inputs, ["grid", "tones"], {"grid": target})
    assert grid is target
    assert np.allclose(target, 0.25, atol=1e-6)
    assert tones.shape == (16,)
    target.flags.writeable = False
    with pytest.raises(ShapeError, match="output 'grid' can't be written into an array that is read-only"):
        session.run(inputs, ["grid"], {"grid": target})


def test_a_graph_gives_what_it_is_asked_for() -> None:
    session = SessionPool("cpu").session(DEFLICKER, "describe", threads=1)
    (grid,) = session.run({"proxy": np.full((3, 18, 32), 0.5, np.float32)}, ["grid"])
    assert grid.shape == (18, 32)
    assert np.allclose(grid, 0.5, atol=1e-6)


def test_broken_weights_are_named(tmp_path: Path) -> None:
    (tmp_path / "broken.onnx").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"broken\.onnx can't be loaded by ONNX Runtime"):
        OrtSession(tmp_path / "broken.onnx", CPU)


def test_missing_and_changed_weights_are_told_apart(tmp_path: Path) -> None:
    model = Model(DEFLICKER.manifest, tmp_path)
    stage = model.manifest.stage("describe")
    with pytest.raises(NotFoundError, match="weights of 'deflicker' not found at"):
        model.weights_of(stage)
    (tmp_path / stage.file).write_bytes(b"other bytes")
    with pytest.raises(ModelError, match=r"have sha256 .* the manifest says"):
        model.weights_of(stage)


def test_broken_manifest_is_named_with_its_place(tmp_path: Path) -> None:
    (tmp_path / "bad.toml").write_text('schema_version = 1\nid = "bad"\n')
    with pytest.raises(ModelError, match=r"bad\.toml: version: Field required"):
        ModelStore([ModelFolder(tmp_path, tmp_path)]).get("bad")
    with pytest.raises(NotFoundError, match="no model 'other'; there is bad"):
        ModelStore([ModelFolder(tmp_path, tmp_path)]).get("other")
