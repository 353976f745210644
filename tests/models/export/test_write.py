from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest

from reelmend.errors import ModelError
from reelmend.manifest import file_sha256, load_manifest
from reelmend_models.export.deflicker import deflicker_recipe
from reelmend_models.export.recipe import ModelRecipe
from reelmend_models.export.toml_text import to_toml
from reelmend_models.export.write import export_model


def describe_only(tolerance: float) -> ModelRecipe:
    recipe = deflicker_recipe()
    manifest = {
        **recipe.manifest,
        "stages": recipe.manifest["stages"][:1],
        "precision": {**recipe.manifest["precision"], "tolerance": {"cpu": tolerance}},
    }
    return dataclasses.replace(recipe, graphs=recipe.graphs[:1], manifest=manifest)


def test_manifest_names_what_was_written(tmp_path: Path) -> None:
    [graph] = export_model(describe_only(1e-5), tmp_path / "weights", tmp_path)
    manifest = load_manifest(tmp_path / "deflicker.toml")
    assert manifest.stages[0].sha256 == graph.sha256 == file_sha256(graph.path)
    case = tmp_path / "weights" / manifest.parity.file
    assert file_sha256(case) == manifest.parity.sha256
    with np.load(case) as arrays:
        assert set(arrays) == {f"describe.{name}" for name in ("proxy", "luma", "texture", "tones", "grid")}
    assert sorted(path.name for path in (tmp_path / "weights").iterdir()) == [
        "deflicker_describe.onnx",
        "deflicker_parity.npz",
    ]


def test_nothing_is_left_when_a_graph_fails_its_parity(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="graph 'describe'"):
        export_model(describe_only(-1.0), tmp_path / "weights", tmp_path / "manifests")
    assert not list((tmp_path / "weights").iterdir())
    assert not (tmp_path / "manifests").exists()


def test_toml_comes_back_as_it_went() -> None:
    document = {
        "name": 'with "quotes", ü and \\',
        "flag": True,
        "tiny": 2e-05,
        "range": [0.0, 1.0],
        "nothing": [],
        "table": {"deep": {"x": 1}},
        "short": [{"a": 1, "b": "two"}, {"a": 3, "b": "four"}],
        "long": [{"a": 1, "b": 2, "c": 3, "d": 4, "e": [{"f": 5}]}, {"a": 6}],
    }
    assert tomllib.loads(to_toml(document)) == document


def test_toml_refuses_what_it_has_no_place_for() -> None:
    with pytest.raises(TypeError, match="no place for NoneType"):
        to_toml({"a": None})
