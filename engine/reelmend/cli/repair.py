"""`reelmend repair`: dirt, hairs and scratches found, shown, listed and mended."""

from __future__ import annotations

import json
from typing import Annotated

import typer

from reelmend.cli.clip_inputs import InputNames
from reelmend.cli.clip_job import ClipJob, run
from reelmend.cli.job_summary import told_lines
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.parameter_options import given_values, parameter_command
from reelmend.cli.render import (
    ClassesOption,
    DetectionsOption,
    FramesOption,
    FromListOption,
    MaskChannelOption,
    MatteBitsOption,
    MatteChannelOption,
    MatteInOption,
    MatteOption,
    MemoryOption,
    OverwriteOption,
    ProviderOption,
    RateOption,
    ServerOption,
)
from reelmend.cli.render_outputs import OutputNames
from reelmend.cli.render_steps import Step, made_step
from reelmend.documents import json_schema
from reelmend.effects.catalogue import find_effect, find_model
from reelmend.effects.common_parameters import with_common
from reelmend.effects.presets import preset_values
from reelmend.errors import BadRequestError
from reelmend.inference.models import ModelStore
from reelmend.media.mask_clip import MaskChannel
from reelmend.parameters import Value

EFFECT = "repair"
_SENSITIVITY = "_sensitivity"
RepairCommand = parameter_command(EFFECT)


def _print_schema(wanted: bool) -> None:
    if wanted:
        print(json.dumps(json_schema(), ensure_ascii=False, indent=1))
        raise typer.Exit


def repair(
    context: typer.Context,
    source: Annotated[
        str, typer.Argument(metavar="IN", help="A movie, shot.%04d.exr, shot.####.dpx, or a folder of images.")
    ],
    target: Annotated[
        str,
        typer.Argument(
            metavar="OUT",
            help=".mp4, .mov, .mkv, or out.%04d.png. Left out, with --detections or --matte: only look for defects.",
        ),
    ] = "",
    matte: MatteOption = "",
    classes: ClassesOption = "",
    matte_bits: MatteBitsOption = 0,
    detections: DetectionsOption = "",
    from_list: FromListOption = "",
    sensitivity: Annotated[
        str, typer.Option(metavar="NUMBER", help="The sensitivity of all classes at once; their own go over it.")
    ] = "",
    preset: Annotated[
        str, typer.Option(metavar="NAME", help="Values by name, the same as in the node; others go over them.")
    ] = "",
    model: Annotated[str, typer.Option(help="Which of the models for repair; the default one unless given.")] = "",
    frames: FramesOption = "",
    mask: Annotated[
        str, typer.Option(metavar="MASK", help="A movie or images as long as IN, or one image: the region to mend in.")
    ] = "",
    mask_channel: MaskChannelOption = MaskChannel.AUTO,
    matte_in: MatteInOption = "",
    matte_channel: MatteChannelOption = MaskChannel.AUTO,
    rate: RateOption = "",
    overwrite: OverwriteOption = False,
    provider: ProviderOption = "cpu",
    memory: MemoryOption = "2G",
    server: ServerOption = "",
    _schema: Annotated[
        bool,
        typer.Option(
            "--schema",
            help="Print the JSON schema of the list of detections and leave.",
            callback=_print_schema,
            is_eager=True,
        ),
    ] = False,
    as_json: JsonFlag = False,
) -> CommandResult:
    """Find dirt, hairs and scratches, and mend them alone: every other pixel keeps its bits.

    Files appear when they are whole: Ctrl-C leaves nothing half-written. The options under Parameters are those of the
    node; 'reelmend render --effect repair --set NAME=VALUE' takes the same.
    """
    if not (target or matte or classes or detections):
        raise BadRequestError("name OUT, or what to write of the defects: --detections, --matte or --classes")
    models = ModelStore.default()
    step = _step(models, model, preset, sensitivity, given_values(context))
    inputs = InputNames(source, {EFFECT: mask} if mask else {}, mask_channel, matte_in, matte_channel, from_list)
    outputs = OutputNames(target, "result", matte, classes, detections, matte_bits)
    done = run(ClipJob(inputs, outputs, (step,), frames, rate, overwrite, provider, memory, server), models)
    masked = {"mask": mask, "mask_channel": done.mask_channel} if mask else {}
    summary = {**done.summary, **masked, "notes": done.notes}
    lines = told_lines({**summary, "output": summary["output"] or "nothing mended"}, done.findings)
    return CommandResult(summary, tuple(lines), as_json, warnings=tuple(done.notes))


def _step(models: ModelStore, model: str, preset: str, sensitivity: str, given: dict[str, Value]) -> Step:
    """Return the effect with its values: the preset's, over them the common sensitivity, over all those given."""
    manifest = find_model(models, find_effect(EFFECT), model).manifest
    described = with_common(manifest)
    values = preset_values(EFFECT, preset, described) if preset else {}
    if sensitivity:
        for parameter in described:
            if parameter.name.endswith(_SENSITIVITY):
                try:
                    values[parameter.name] = parameter.parse(sensitivity)
                except BadRequestError:
                    message = f"--sensitivity can't be {sensitivity!r}; give {parameter.allowed}"
                    raise BadRequestError(message) from None
    return made_step(EFFECT, manifest, {**values, **given})
