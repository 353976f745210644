"""Parameters that the node reads itself: how pixels look, travel and wait. The engine never sees them."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from reelmend.parameters import Choice, Group, Parameter, ParameterType, Role

PANEL_VERSION = 2
"""Counts changes of the panel that need a migration. 1: the first panel, which stored no version."""

ANALYSIS = "analysis"
"""The group of parameters that say where in the clip to look."""
GROUPS = (
    Group(name="main", label="Main"),
    Group(name="detection", label="Detection"),
    Group(name="matte", label="Matte"),
    Group(name="local", label="Local"),
    Group(name="temporal", label="Temporal"),
    Group(name=ANALYSIS, label="Analysis", open=False),
    Group(name="colour", label="Colour"),
    Group(name="engine", label="Engine", open=False),
    Group(name="status", label="Status", open=False),
)


class EnabledBy(BaseModel):
    """A control that can be used only while another one has this value."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    parameter: str
    value: str


class NodeParameter(Parameter):
    """A control of the panel. `evaluates`: its value changes the picture. `persists`: projects keep it."""

    secret: bool = False
    read_only: bool = False
    evaluates: bool = True
    persists: bool = True
    enabled_by: EnabledBy | None = None


class Migration(BaseModel):
    """A project that stored an older panel than `before` means `to` where it says `value`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    before: int
    parameter: str
    value: str | float | int | bool
    to: str | float | int | bool


MIGRATIONS: tuple[Migration, ...] = ()
"""None so far: projects of panel 1 open as they are, their menus set to what their values say."""

DIFFERENCE_GAIN = NodeParameter(
    name="differenceGain",
    label="Difference gain",
    type=ParameterType.NUMBER,
    default=10.0,
    minimum=0.0,
    maximum=1000.0,
    display_minimum=1.0,
    display_maximum=50.0,
    hint="For the view Difference: how many times the difference is shown.",
    role=Role.DIFFERENCE_GAIN,
    animates=True,
    enabled_by=EnabledBy(parameter="view", value="difference"),
)
SPLIT_POSITION = NodeParameter(
    name="splitPosition",
    label="Split position",
    type=ParameterType.NUMBER,
    default=0.5,
    minimum=0.0,
    maximum=1.0,
    hint="For the view Split: where the source ends and the result begins. 0 is the picture's left edge, 1 its right.",
    role=Role.SPLIT_POSITION,
    animates=True,
    enabled_by=EnabledBy(parameter="view", value="split"),
)
ALPHA_OUTPUT = NodeParameter(
    name="alphaOutput",
    label="Alpha",
    type=ParameterType.CHOICE,
    default="source",
    choices=(Choice(value="source", label="Of the source"), Choice(value="matte", label="Matte")),
    hint="What the alpha channel carries. Of the source: its own. Matte: how far each pixel was mended, 0 to 1, beside "
    "the colours that View shows; the colours are then not premultiplied. Also with a strength of 0, to find without "
    "mending.",
    role=Role.ALPHA_OUTPUT,
)
WITHOUT_NEIGHBOURS = NodeParameter(
    name="withoutNeighbours",
    label="Without neighbours",
    type=ParameterType.CHOICE,
    default="fail",
    choices=(
        Choice(value="fail", label="Fail"),
        Choice(value="pass_through", label="Pass through"),
        Choice(value="frames_already_seen", label="Use frames already seen"),
    ),
    hint="What to do where the host gives no frames around this one. Fail: say so. Pass through: put out the source. "
    "Use frames already seen: look back only, at what was rendered before in this sequence; results then depend on "
    "where playback began, and the node says so.",
    group="temporal",
    role=Role.WITHOUT_NEIGHBOURS,
)
FIELD_ORDER = NodeParameter(
    name="fieldOrder",
    label="Fields",
    type=ParameterType.CHOICE,
    default="automatic",
    choices=(
        Choice(value="automatic", label="As the clip says"),
        Choice(value="progressive", label="Progressive"),
        Choice(value="lower_first", label="Lower field first"),
        Choice(value="upper_first", label="Upper field first"),
    ),
    hint="Whether a frame holds two moments, line by line. Interlaced material is mended field by field.",
    group="temporal",
    role=Role.FIELD_ORDER,
)
ENGINE_ADDRESS = NodeParameter(
    name="engineAddress",
    label="Engine address",
    type=ParameterType.TEXT,
    default="",
    hint="Where the engine listens: unix:/path or 127.0.0.1:port. Empty: this user's own engine, which the node "
    "starts when none answers.",
    group="engine",
    role=Role.ENGINE_ADDRESS,
)
DEVICE = NodeParameter(
    name="device",
    label="Device",
    type=ParameterType.CHOICE,
    default="auto",
    choices=(
        Choice(value="auto", label="Auto"),
        Choice(value="cpu", label="CPU"),
        Choice(value="cuda", label="CUDA"),
    ),
    hint="What the engine must run on. An engine that the node starts is started so; one that runs already and on "
    "something else is refused in words. Auto: whatever the engine runs on.",
    group="engine",
    role=Role.DEVICE,
)
TIMEOUT = NodeParameter(
    name="timeout",
    label="Timeout",
    type=ParameterType.NUMBER,
    default=60.0,
    minimum=1.0,
    maximum=3600.0,
    display_maximum=300.0,
    hint="How long a frame may take before the node gives up and says so.",
    unit="s",
    group="engine",
    role=Role.TIMEOUT,
)
PIXEL_ROUTE = NodeParameter(
    name="pixelRoute",
    label="Pixel route",
    type=ParameterType.CHOICE,
    default="automatic",
    choices=(
        Choice(value="automatic", label="Automatic"),
        Choice(value="shared_memory", label="Shared memory"),
        Choice(value="in_stream", label="In stream"),
    ),
    hint="How pixels reach the engine. Automatic takes shared memory, and the stream where that can't be opened.",
    group="engine",
    role=Role.PIXEL_ROUTE,
)
PRECISION = NodeParameter(
    name="precision",
    label="Precision",
    type=ParameterType.CHOICE,
    default="automatic",
    choices=(
        Choice(value="automatic", label="Automatic"),
        Choice(value="full", label="Full float"),
    ),
    hint="How exactly samples cross to the engine. Automatic lets a half float picture cross as halves, at half the "
    "bytes, and everything else as full floats; Full float always sends these. The result is the same, bit for bit.",
    group="engine",
    role=Role.PRECISION,
)
TEST_CONNECTION = NodeParameter(
    name="testConnection",
    label="Test connection",
    type=ParameterType.BUTTON,
    default="",
    hint="Asks the engine who it is, what it runs on and which models it has; starts one where none answers. Takes a "
    "few seconds at most. The answer also fills the lines under Status.",
    group="engine",
    role=Role.TEST_CONNECTION,
    evaluates=False,
    persists=False,
)


def _status(name: str, label: str, role: Role, hint: str) -> NodeParameter:
    return NodeParameter(
        name=name,
        label=label,
        type=ParameterType.TEXT,
        default="",
        hint=f"{hint} Brought up to date when a control is touched and at Test connection: effects may not change "
        "their panel while frames render.",
        group="status",
        role=role,
        read_only=True,
        evaluates=False,
        persists=False,
    )


STATUS = (
    _status("statusEngine", "Engine", Role.STATUS_ENGINE, "The engine that answered last, and where."),
    _status("statusModel", "Model", Role.STATUS_MODEL, "The model of the last frame."),
    _status("statusDevice", "Running on", Role.STATUS_DEVICE, "What the engine runs on, and why."),
    _status("statusTime", "Last frame", Role.STATUS_TIME, "How long the last frame took, and on what."),
    _status("statusError", "Last error", Role.STATUS_ERROR, "Why the last frame failed; empty when it didn't."),
)
VERSION = NodeParameter(
    name="panelVersion",
    label="Panel version",
    type=ParameterType.INTEGER,
    # Never another default: hosts that store only what differs from it must store every version that was in use.
    default=1,
    minimum=1,
    maximum=1_000_000,
    hint="The panel that this project was saved with, so that later versions of the node can open it.",
    group="status",
    role=Role.PANEL_VERSION,
    secret=True,
    evaluates=False,
)

NODE_PARAMETERS = (
    WITHOUT_NEIGHBOURS,
    FIELD_ORDER,
    ENGINE_ADDRESS,
    DEVICE,
    TIMEOUT,
    PIXEL_ROUTE,
    PRECISION,
    TEST_CONNECTION,
    *STATUS,
    VERSION,
)
