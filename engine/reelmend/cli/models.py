"""`reelmend models`: which models there are, and whether their weights are whole."""

from __future__ import annotations

from typing import Any

from rich.table import Table

from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.effects.common_parameters import with_common
from reelmend.errors import ReelmendError
from reelmend.inference.models import Model, ModelStore


def models(as_json: JsonFlag = False) -> CommandResult:
    """List the models, what they are for, their licence, and whether their weights are whole."""
    found = [describe(model) for model in ModelStore.default().all()]
    return CommandResult({"models": found}, (_table(found),) if found else ("no models found",), as_json)


def describe(model: Model) -> dict[str, Any]:
    """Return a model in words and numbers; `weights` is "whole", or says what is wrong with them."""
    manifest = model.manifest
    return {
        "id": manifest.id,
        "version": manifest.version,
        "effect": manifest.effect,
        "task": manifest.task,
        "licence": manifest.licence,
        "outputs": list(manifest.outputs),
        "parameters": {parameter.name: parameter.allowed for parameter in with_common(manifest)},
        "weights_folder": str(model.weights),
        "weights_sha256": manifest.weights_sha256,
        "weights": _weights_state(model),
    }


def _weights_state(model: Model) -> str:
    try:
        for stage in model.manifest.stages:
            model.weights_of(stage)
    except ReelmendError as error:
        return str(error)
    return "whole"


def _table(found: list[dict[str, Any]]) -> Table:
    table = Table(box=None, pad_edge=False)
    for heading in ("model", "version", "effect", "licence", "weights", "task"):
        table.add_column(heading)
    for model in found:
        table.add_row(*(str(model[key]) for key in ("id", "version", "effect", "licence", "weights", "task")))
    return table
