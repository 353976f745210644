import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from reelmend.inference.models import ModelStore

Run = Callable[..., subprocess.CompletedProcess[str]]


def test_models_are_listed_with_licence_and_state(reelmend: Run) -> None:
    done = reelmend("models")
    assert done.returncode == 0
    row = next(line for line in done.stdout.splitlines() if line.startswith("deflicker"))
    assert "Apache-2.0" in row
    assert "whole" in row


def test_models_as_json_name_their_parameters(reelmend: Run) -> None:
    found = json.loads(reelmend("models", "--json").stdout)["models"]
    deflicker = next(model for model in found if model["id"] == "deflicker")
    assert deflicker["parameters"]["strength"] == "a number from 0 to 1"
    assert "gain" in deflicker["outputs"]
    assert len(deflicker["weights_sha256"]) == 64


def test_changed_weights_are_noticed(reelmend: Run, tmp_path: Path) -> None:
    broken = broken_models(tmp_path / "models")
    found = json.loads(reelmend("models", "--json", extra={"REELMEND_MODELS": str(broken)}).stdout)["models"]
    assert "restore the file or export the model again" in next(m for m in found if m["id"] == "deflicker")["weights"]


def broken_models(folder: Path) -> Path:
    """Return a folder with the deflicker model, one byte of its weights changed."""
    model = ModelStore.default().get("deflicker")
    folder.mkdir()
    for stage in model.manifest.stages:
        shutil.copy(model.weights_of(stage), folder)
    manifest = next(path for path in model.weights.parent.rglob("deflicker.toml"))
    shutil.copy(manifest, folder)
    damaged = folder / model.manifest.stages[0].file
    data = bytearray(damaged.read_bytes())
    data[len(data) // 2] ^= 1
    damaged.write_bytes(data)
    return folder
