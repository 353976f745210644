"""The weights that are shipped: small, symmetric, better than a plain mean, harmless, and the same in ONNX."""

from __future__ import annotations

import json

import numpy as np
import onnxruntime
import pytest
import torch

from reelmend_models.definitions.deflicker.trend_net import POSITIONS, REACH_FRAMES, TrendNet
from reelmend_models.export.graph import export_graph
from reelmend_models.export.recipe import GraphRecipe
from reelmend_models.training.deflicker import load_trend_net
from reelmend_models.training.deflicker.evaluate import evaluate, expected
from reelmend_models.training.deflicker.load import TRAINED_FOLDER, WEIGHTS_NAME
from reelmend_models.training.deflicker.measure import is_permissive
from reelmend_models.training.deflicker.measured_light import measured_sha256, read_measured
from reelmend_models.training.footage.files import sha256_of


@pytest.fixture(scope="module")
def net() -> TrendNet:
    return load_trend_net()


@pytest.fixture
def windows() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(4)
    paths = 0.05 * torch.randn((9, POSITIONS), generator=generator)
    present = torch.ones(9, POSITIONS)
    present[1:4, : REACH_FRAMES - 20] = 0
    present[4:6, REACH_FRAMES + 3 :] = 0
    return paths * present, present


def test_weights_are_small_and_those_that_the_metrics_speak_of(net: TrendNet) -> None:
    file = TRAINED_FOLDER / WEIGHTS_NAME
    assert sum(part.numel() for part in net.parameters()) <= 500_000
    assert file.stat().st_size <= 1_500_000
    assert json.loads((TRAINED_FOLDER / "metrics.json").read_text())["weights_sha256"] == sha256_of(file)


def test_data_manifest_names_the_measured_light_and_permissive_clips_of_the_training_split() -> None:
    data = json.loads((TRAINED_FOLDER / "data.json").read_text())
    assert data["measured_light_sha256"] == measured_sha256()
    assert all(shot["split"] == "training" for shot in data["training_shots"])
    everything = data["training_shots"] + data["validation_shots"]
    assert len(everything) == len(read_measured())
    for shot in everything:
        assert is_permissive(shot["licence"]), shot["clip"]
        assert all(len(digest) == 64 for digest in shot["sha256"].split()), shot["clip"]


def test_licences_with_conditions_are_not_permissive() -> None:
    assert is_permissive("Apache-2.0 AND BSD-3-Clause")
    for licence in ("GPL-2.0-or-later", "CC-BY-4.0 AND LGPL-3.0-only", "CC-BY-SA-4.0", "", "MIT OR GPL-2.0-only"):
        assert not is_permissive(licence)


def test_brightening_is_treated_as_darkening_and_yesterday_as_tomorrow(
    net: TrendNet, windows: tuple[torch.Tensor, torch.Tensor]
) -> None:
    paths, present = windows
    answers = net(paths, present)
    assert answers.shape == (9,)
    torch.testing.assert_close(net(-paths, present), -answers, atol=1e-6, rtol=0)
    torch.testing.assert_close(net(paths.flip(1), present.flip(1)), answers, atol=1e-6, rtol=0)


def test_a_constant_on_the_path_is_a_constant_on_the_answer(
    net: TrendNet, windows: tuple[torch.Tensor, torch.Tensor]
) -> None:
    paths, present = windows
    lifted = net((paths + 0.5) * present, present)
    torch.testing.assert_close(lifted, net(paths, present) + 0.5, atol=1e-5, rtol=0)


def test_frames_that_are_not_known_have_no_say(net: TrendNet, windows: tuple[torch.Tensor, torch.Tensor]) -> None:
    paths, present = windows
    garbage = torch.where(present > 0, paths, 3.0)
    torch.testing.assert_close(net(garbage, present), net(paths, present), atol=1e-6, rtol=0)


def test_a_single_frame_is_its_own_light(net: TrendNet) -> None:
    present = torch.zeros(1, POSITIONS)
    present[:, REACH_FRAMES] = 1
    assert net(0.3 * present, present).item() == pytest.approx(0.3, abs=1e-3)


def test_steady_light_is_left_where_it_is_within_a_thousandth(net: TrendNet) -> None:
    frames = np.arange(90.0)
    steady = np.stack([np.zeros(90), 0.002 * frames, np.minimum(0.004 * frames, 0.12)])
    assert np.abs(expected(net, steady, 30) - steady).max() < 1e-3


def test_shipped_net_beats_the_mean_of_31_frames_on_other_clips_and_harms_no_clean_one(net: TrendNet) -> None:
    shots = [shot for shot in read_measured() if shot.origin.split == "validation"][1::2]
    scores = evaluate(net, shots)
    level, cells, clean = (scores[kind]["net30"] for kind in ("level", "cells", "clean"))
    assert level.gain_db > 1.0
    assert level.flicker_ratio < 0.8
    assert level.drift_ratio < 1.0
    assert cells.flicker_ratio < 0.8
    assert clean.error < 0.0015


def test_exported_graph_gives_the_same_bits_on_any_number_of_threads_and_as_torch_for_any_batch(
    net: TrendNet, windows: tuple[torch.Tensor, torch.Tensor]
) -> None:
    paths, present = windows
    example = {"paths": paths, "present": present}
    recipe = GraphRecipe("trend", net, example, dict.fromkeys(example, (0,)), example, ("light",))
    graph = export_graph(recipe)
    answers = []
    for threads in (1, 2):
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        session = onnxruntime.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        whole = session.run(None, {"paths": paths.numpy(), "present": present.numpy()})[0]
        one = session.run(None, {"paths": paths[3:4].numpy(), "present": present[3:4].numpy()})[0]
        np.testing.assert_allclose(whole, net(paths, present).numpy(), atol=2e-6)
        np.testing.assert_allclose(one, whole[3:4], atol=2e-6)
        answers.append(whole)
    np.testing.assert_array_equal(answers[0], answers[1])
