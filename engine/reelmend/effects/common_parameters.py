"""Parameters that every effect has, whatever its model: described once, read by panel, RPC and command line."""

from __future__ import annotations

from collections.abc import Mapping

from reelmend.colour import INPUT_TRANSFERS
from reelmend.manifest import Manifest
from reelmend.parameters import Choice, Parameter, ParameterType, Value

STOP_AT_CUTS = "stop_at_cuts"
INPUT_TRANSFER = "input_transfer"

_TRANSFER_LABELS = {
    "auto": "Auto",
    "as_is": "As is",
    "linear": "Linear",
    "video": "Video",
    "cineon_log": "Cineon log",
    "acescct": "ACEScct",
}

INPUT_TRANSFER_PARAMETER = Parameter(
    name=INPUT_TRANSFER,
    label="Input transfer",
    type=ParameterType.CHOICE,
    default="auto",
    choices=tuple(Choice(value=str(value), label=_TRANSFER_LABELS[str(value)]) for value in INPUT_TRANSFERS),
    hint="How the samples stand for light. Each model is given what it was made for, and the result comes back as the "
    "source was. Auto: what the host says; when it says nothing, what the model takes. A model that adapts to any "
    "samples, such as the deflicker, gets them as they are.",
    group="colour",
)


def with_common(manifest: Manifest) -> tuple[Parameter, ...]:
    """Return a model's own parameters and the common ones; a model's own description of one of these wins."""
    own = {parameter.name for parameter in manifest.parameters}
    common = (stop_at_cuts_parameter(manifest.temporal.stops_at_cuts), INPUT_TRANSFER_PARAMETER)
    return (*manifest.parameters, *(parameter for parameter in common if parameter.name not in own))


def radius_frames_of(manifest: Manifest, values: Mapping[str, Value]) -> int:
    """Return how far the window reaches: the parameter `radius` where the model has one, else what it was made for."""
    return int(values.get("radius", manifest.temporal.radius_frames))


def stop_at_cuts_parameter(default: bool) -> Parameter:
    """Return the switch; its default is what a model was made for."""
    return Parameter(
        name=STOP_AT_CUTS,
        label="Stop at cuts",
        type=ParameterType.FLAG,
        default=default,
        hint="Whether the window ends at scene cuts. Off: frames of the next shot are looked at as well.",
        group="temporal",
    )
