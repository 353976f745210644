"""Every shipped graph computes what its torch module computed, by the case and tolerance that its manifest names."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from reelmend.inference.session import CPU, OrtSession, import_onnxruntime
from reelmend.manifest import Manifest, Stage, file_sha256, load_manifest

MODELS = Path(__file__).parents[2] / "models"
WEIGHTS = MODELS / "weights"
MANIFESTS = [load_manifest(path) for path in sorted((MODELS / "reelmend_models" / "manifests").glob("*.toml"))]
STAGES = [pytest.param(m, stage, id=f"{m.id}-{stage.name}") for m in MANIFESTS for stage in m.stages]
DTYPES = {"float32": "tensor(float)", "float16": "tensor(float16)", "int64": "tensor(int64)"}

Arrays = dict[str, npt.NDArray[np.float32]]


def test_there_are_models_to_prove() -> None:
    assert "deflicker" in [manifest.id for manifest in MANIFESTS]


@pytest.mark.parametrize("manifest", MANIFESTS, ids=lambda manifest: manifest.id)
def test_parity_case_is_the_recorded_one(manifest: Manifest) -> None:
    assert file_sha256(WEIGHTS / manifest.parity.file) == manifest.parity.sha256


@pytest.mark.parametrize(("manifest", "stage"), STAGES)
def test_graph_is_the_recorded_one_and_small(manifest: Manifest, stage: Stage) -> None:
    path = WEIGHTS / stage.file
    assert file_sha256(path) == stage.sha256
    assert path.stat().st_size < 10e6


@pytest.mark.parametrize(("manifest", "stage"), STAGES)
def test_graph_has_the_tensors_that_its_manifest_lists(manifest: Manifest, stage: Stage) -> None:
    session = import_onnxruntime().InferenceSession(str(WEIGHTS / stage.file), _quiet(), providers=[CPU])
    inputs = [*session.get_inputs(), *session.get_overridable_initializers()]
    for listed, found in ((stage.inputs, inputs), (stage.outputs, session.get_outputs())):
        described = {tensor.name: (DTYPES[tensor.dtype], len(tensor.layout)) for tensor in listed}
        assert described == {tensor.name: (tensor.type, len(tensor.shape)) for tensor in found}


@pytest.mark.parametrize(("manifest", "stage"), STAGES)
def test_graph_meets_its_parity_case_within_the_tolerance(manifest: Manifest, stage: Stage) -> None:
    inputs, expected = _case(manifest, stage)
    found = OrtSession(WEIGHTS / stage.file, CPU).run(inputs, list(expected))
    for name, array in zip(expected, found, strict=True):
        np.testing.assert_allclose(
            array, expected[name], rtol=0, atol=manifest.precision.tolerance["cpu"], err_msg=name
        )


@pytest.mark.parametrize(("manifest", "stage"), STAGES)
def test_graph_gives_the_same_bits_on_one_thread_and_on_many(manifest: Manifest, stage: Stage) -> None:
    inputs, expected = _case(manifest, stage)
    alone = OrtSession(WEIGHTS / stage.file, CPU, threads=1).run(inputs, list(expected))
    for threads in (2, 3):
        shared = OrtSession(WEIGHTS / stage.file, CPU, threads=threads).run(inputs, list(expected))
        assert [array.tobytes() for array in shared] == [array.tobytes() for array in alone]


def _case(manifest: Manifest, stage: Stage) -> tuple[Arrays, Arrays]:
    with np.load(WEIGHTS / manifest.parity.file) as case:
        inputs = {tensor.name: case[f"{stage.name}.{tensor.name}"] for tensor in stage.inputs}
        return inputs, {tensor.name: case[f"{stage.name}.{tensor.name}"] for tensor in stage.outputs}


def _quiet() -> object:
    options = import_onnxruntime().SessionOptions()
    options.log_severity_level = 3
    return options
