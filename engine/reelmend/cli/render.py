"""`reelmend render`: an effect, or several, on a movie or an image sequence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from reelmend.cli.clip_inputs import InputNames
from reelmend.cli.clip_job import ClipJob, Done, run
from reelmend.cli.clip_options import parse_frames as parse_frames
from reelmend.cli.clip_options import parse_rate as parse_rate
from reelmend.cli.job_summary import told_lines
from reelmend.cli.output import CommandResult, JsonFlag
from reelmend.cli.render_outputs import OutputNames
from reelmend.cli.render_steps import by_effect, order_notes, parse_chain, steps_of
from reelmend.inference.models import ModelStore
from reelmend.media.mask_clip import MaskChannel

SourceArgument = Annotated[
    str, typer.Argument(metavar="IN", help="A movie, shot.%04d.exr, shot.####.dpx, or a folder of images.")
]
FramesOption = Annotated[str, typer.Option(metavar="A-B", help="Only these frames, the last one included.")]
MaskChannelOption = Annotated[
    MaskChannel, typer.Option(help="The channel that is the mask; auto: alpha where there is one, else red.")
]
MatteOption = Annotated[
    str, typer.Option(metavar="MATTE", help="Write the matte of what is mended, too: matte.%04d.png, a movie.")
]
ClassesOption = Annotated[
    str,
    typer.Option(metavar="FILES", help="Write the mattes by class, too: blotches red, hairs green, scratches blue."),
]
MatteBitsOption = Annotated[
    int, typer.Option(metavar="BITS", help="Bits of a matte's samples; 16 unless given, of DPX 10.", show_default=False)
]
DetectionsOption = Annotated[
    str, typer.Option(metavar="FILE.json", help="Write what was found, frame by frame, for archives and for editing.")
]
MatteInOption = Annotated[
    str, typer.Option(metavar="MATTE", help="A matte as long as IN, or one image; --set matte_use says what for.")
]
MatteChannelOption = Annotated[
    MaskChannel, typer.Option(help="The channel that is the matte; auto: alpha where there is one, else red.")
]
FromListOption = Annotated[
    str, typer.Option(metavar="FILE.json", help="Mend exactly what this list of detections says, which may be edited.")
]
RateOption = Annotated[str, typer.Option(metavar="FPS", help="Speed of a movie made from images: 24, 23.976…")]
OverwriteOption = Annotated[bool, typer.Option("--overwrite", help="Replace files that stand under the outputs.")]
ProviderOption = Annotated[str, typer.Option(help="Where models run: cpu, cuda, tensorrt or auto.")]
MemoryOption = Annotated[str, typer.Option(help="Memory for frames, such as 512M or 4G.")]
ServerOption = Annotated[
    str,
    typer.Option(
        metavar="ADDRESS",
        help="Let the engine that serves there do the work: unix:/path or 127.0.0.1:port. "
        "It has its own --provider and memory.",
    ),
]


def render(
    source: SourceArgument,
    target: Annotated[str, typer.Argument(metavar="OUT", help=".mp4, .mov, .mkv, or a sequence such as out.%04d.png.")],
    effect: Annotated[str, typer.Option(help="What to do; 'reelmend models' lists the effects.")] = "",
    chain: Annotated[
        str,
        typer.Option(
            metavar="A,B",
            help="Several effects, one after the other on each frame, with no file between: deflicker,repair.",
        ),
    ] = "",
    model: Annotated[
        list[str] | None,
        typer.Option(help="Which of the effect's models; its default one unless given. In a chain: EFFECT=MODEL."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", help="A parameter; may be given many times. In a chain: EFFECT.NAME=VALUE."
        ),
    ] = None,
    preset: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME",
            help="Values by name, the same as in the node; --set goes over them. In a chain: EFFECT=NAME.",
        ),
    ] = None,
    frames: FramesOption = "",
    mask: Annotated[
        list[str] | None,
        typer.Option(
            metavar="MASK",
            help="A movie or images as long as IN, or one image: where the effect works. In a chain: EFFECT=MASK, or "
            "one for all.",
        ),
    ] = None,
    mask_channel: MaskChannelOption = MaskChannel.AUTO,
    output: Annotated[str, typer.Option(help="What to write: result, or another output such as gain.")] = "result",
    matte: MatteOption = "",
    classes: ClassesOption = "",
    matte_bits: MatteBitsOption = 0,
    detections: DetectionsOption = "",
    matte_in: MatteInOption = "",
    matte_channel: MatteChannelOption = MaskChannel.AUTO,
    from_list: FromListOption = "",
    rate: RateOption = "",
    overwrite: OverwriteOption = False,
    provider: ProviderOption = "cpu",
    memory: MemoryOption = "2G",
    server: ServerOption = "",
    as_json: JsonFlag = False,
) -> CommandResult:
    """Render a clip through an effect. OUT appears when it is whole: Ctrl-C leaves nothing half-written."""
    models = ModelStore.default()
    names = parse_chain(effect, chain)
    steps = steps_of(models, names, model or (), preset or (), settings or ())
    masks = by_effect("--mask", mask or (), names, for_all=True)
    inputs = InputNames(source, masks, mask_channel, matte_in, matte_channel, from_list)
    outputs = OutputNames(target, output, matte, classes, detections, matte_bits)
    done = run(ClipJob(inputs, outputs, steps, frames, rate, overwrite, provider, memory, server), models)
    masked = {"mask": mask[0], "mask_channel": done.mask_channel} if mask and done.mask_channel else {}
    return report(done, order_notes(names), as_json, masked)


def report(done: Done, notes: Sequence[str], as_json: bool, more: dict[str, Any]) -> CommandResult:
    """Return what a render tells."""
    summary = {**done.summary, **more, "notes": [*done.notes, *notes]}
    return CommandResult(summary, tuple(told_lines(summary, done.findings)), as_json, warnings=tuple(summary["notes"]))
