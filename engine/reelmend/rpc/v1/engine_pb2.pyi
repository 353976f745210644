from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TemporalKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TEMPORAL_KIND_UNSPECIFIED: _ClassVar[TemporalKind]
    TEMPORAL_KIND_WINDOW: _ClassVar[TemporalKind]
    TEMPORAL_KIND_BLOCK: _ClassVar[TemporalKind]

class ParameterType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PARAMETER_TYPE_UNSPECIFIED: _ClassVar[ParameterType]
    PARAMETER_TYPE_NUMBER: _ClassVar[ParameterType]
    PARAMETER_TYPE_INTEGER: _ClassVar[ParameterType]
    PARAMETER_TYPE_FLAG: _ClassVar[ParameterType]
    PARAMETER_TYPE_CHOICE: _ClassVar[ParameterType]
    PARAMETER_TYPE_TEXT: _ClassVar[ParameterType]

class SampleType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SAMPLE_TYPE_UNSPECIFIED: _ClassVar[SampleType]
    SAMPLE_TYPE_FLOAT32: _ClassVar[SampleType]
    SAMPLE_TYPE_FLOAT16: _ClassVar[SampleType]

class PixelRoute(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    PIXEL_ROUTE_UNSPECIFIED: _ClassVar[PixelRoute]
    PIXEL_ROUTE_IN_STREAM: _ClassVar[PixelRoute]
    PIXEL_ROUTE_SHARED_MEMORY: _ClassVar[PixelRoute]

class FrameForm(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    FRAME_FORM_UNSPECIFIED: _ClassVar[FrameForm]
    FRAME_FORM_FULL: _ClassVar[FrameForm]
    FRAME_FORM_PROXY: _ClassVar[FrameForm]
TEMPORAL_KIND_UNSPECIFIED: TemporalKind
TEMPORAL_KIND_WINDOW: TemporalKind
TEMPORAL_KIND_BLOCK: TemporalKind
PARAMETER_TYPE_UNSPECIFIED: ParameterType
PARAMETER_TYPE_NUMBER: ParameterType
PARAMETER_TYPE_INTEGER: ParameterType
PARAMETER_TYPE_FLAG: ParameterType
PARAMETER_TYPE_CHOICE: ParameterType
PARAMETER_TYPE_TEXT: ParameterType
SAMPLE_TYPE_UNSPECIFIED: SampleType
SAMPLE_TYPE_FLOAT32: SampleType
SAMPLE_TYPE_FLOAT16: SampleType
PIXEL_ROUTE_UNSPECIFIED: PixelRoute
PIXEL_ROUTE_IN_STREAM: PixelRoute
PIXEL_ROUTE_SHARED_MEMORY: PixelRoute
FRAME_FORM_UNSPECIFIED: FrameForm
FRAME_FORM_FULL: FrameForm
FRAME_FORM_PROXY: FrameForm

class GetServerInfoRequest(_message.Message):
    __slots__ = ()
    def __init__(self) -> None: ...

class GetServerInfoResponse(_message.Message):
    __slots__ = ("engine_version", "api_version", "process_id", "address", "provider", "memory_budget_bytes", "memory_used_bytes", "frames_rendered", "uptime_s", "bytes_received", "bytes_sent", "provider_reason", "threads", "requests_waiting", "most_requests_waiting", "streams_open", "slot_bytes")
    ENGINE_VERSION_FIELD_NUMBER: _ClassVar[int]
    API_VERSION_FIELD_NUMBER: _ClassVar[int]
    PROCESS_ID_FIELD_NUMBER: _ClassVar[int]
    ADDRESS_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_FIELD_NUMBER: _ClassVar[int]
    MEMORY_BUDGET_BYTES_FIELD_NUMBER: _ClassVar[int]
    MEMORY_USED_BYTES_FIELD_NUMBER: _ClassVar[int]
    FRAMES_RENDERED_FIELD_NUMBER: _ClassVar[int]
    UPTIME_S_FIELD_NUMBER: _ClassVar[int]
    BYTES_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    BYTES_SENT_FIELD_NUMBER: _ClassVar[int]
    PROVIDER_REASON_FIELD_NUMBER: _ClassVar[int]
    THREADS_FIELD_NUMBER: _ClassVar[int]
    REQUESTS_WAITING_FIELD_NUMBER: _ClassVar[int]
    MOST_REQUESTS_WAITING_FIELD_NUMBER: _ClassVar[int]
    STREAMS_OPEN_FIELD_NUMBER: _ClassVar[int]
    SLOT_BYTES_FIELD_NUMBER: _ClassVar[int]
    engine_version: str
    api_version: int
    process_id: int
    address: str
    provider: str
    memory_budget_bytes: int
    memory_used_bytes: int
    frames_rendered: int
    uptime_s: float
    bytes_received: int
    bytes_sent: int
    provider_reason: str
    threads: int
    requests_waiting: int
    most_requests_waiting: int
    streams_open: int
    slot_bytes: int
    def __init__(self, engine_version: _Optional[str] = ..., api_version: _Optional[int] = ..., process_id: _Optional[int] = ..., address: _Optional[str] = ..., provider: _Optional[str] = ..., memory_budget_bytes: _Optional[int] = ..., memory_used_bytes: _Optional[int] = ..., frames_rendered: _Optional[int] = ..., uptime_s: _Optional[float] = ..., bytes_received: _Optional[int] = ..., bytes_sent: _Optional[int] = ..., provider_reason: _Optional[str] = ..., threads: _Optional[int] = ..., requests_waiting: _Optional[int] = ..., most_requests_waiting: _Optional[int] = ..., streams_open: _Optional[int] = ..., slot_bytes: _Optional[int] = ...) -> None: ...

class ListModelsRequest(_message.Message):
    __slots__ = ("task",)
    TASK_FIELD_NUMBER: _ClassVar[int]
    task: str
    def __init__(self, task: _Optional[str] = ...) -> None: ...

class ListModelsResponse(_message.Message):
    __slots__ = ("models",)
    MODELS_FIELD_NUMBER: _ClassVar[int]
    models: _containers.RepeatedCompositeFieldContainer[ModelInfo]
    def __init__(self, models: _Optional[_Iterable[_Union[ModelInfo, _Mapping]]] = ...) -> None: ...

class TemporalInfo(_message.Message):
    __slots__ = ("kind", "radius_frames", "stops_at_cuts", "block_frames", "block_overlap_frames")
    KIND_FIELD_NUMBER: _ClassVar[int]
    RADIUS_FRAMES_FIELD_NUMBER: _ClassVar[int]
    STOPS_AT_CUTS_FIELD_NUMBER: _ClassVar[int]
    BLOCK_FRAMES_FIELD_NUMBER: _ClassVar[int]
    BLOCK_OVERLAP_FRAMES_FIELD_NUMBER: _ClassVar[int]
    kind: TemporalKind
    radius_frames: int
    stops_at_cuts: bool
    block_frames: int
    block_overlap_frames: int
    def __init__(self, kind: _Optional[_Union[TemporalKind, str]] = ..., radius_frames: _Optional[int] = ..., stops_at_cuts: _Optional[bool] = ..., block_frames: _Optional[int] = ..., block_overlap_frames: _Optional[int] = ...) -> None: ...

class ModelInfo(_message.Message):
    __slots__ = ("id", "effect", "task", "version", "licence", "temporal", "scale", "parameters", "input_clips", "outputs", "weights_sha256")
    ID_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    TASK_FIELD_NUMBER: _ClassVar[int]
    VERSION_FIELD_NUMBER: _ClassVar[int]
    LICENCE_FIELD_NUMBER: _ClassVar[int]
    TEMPORAL_FIELD_NUMBER: _ClassVar[int]
    SCALE_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    INPUT_CLIPS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    WEIGHTS_SHA256_FIELD_NUMBER: _ClassVar[int]
    id: str
    effect: str
    task: str
    version: str
    licence: str
    temporal: TemporalInfo
    scale: int
    parameters: _containers.RepeatedCompositeFieldContainer[ParameterInfo]
    input_clips: _containers.RepeatedScalarFieldContainer[str]
    outputs: _containers.RepeatedScalarFieldContainer[str]
    weights_sha256: str
    def __init__(self, id: _Optional[str] = ..., effect: _Optional[str] = ..., task: _Optional[str] = ..., version: _Optional[str] = ..., licence: _Optional[str] = ..., temporal: _Optional[_Union[TemporalInfo, _Mapping]] = ..., scale: _Optional[int] = ..., parameters: _Optional[_Iterable[_Union[ParameterInfo, _Mapping]]] = ..., input_clips: _Optional[_Iterable[str]] = ..., outputs: _Optional[_Iterable[str]] = ..., weights_sha256: _Optional[str] = ...) -> None: ...

class ParameterInfo(_message.Message):
    __slots__ = ("name", "label", "type", "default_value", "minimum", "maximum", "hint", "unit", "choices")
    NAME_FIELD_NUMBER: _ClassVar[int]
    LABEL_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    DEFAULT_VALUE_FIELD_NUMBER: _ClassVar[int]
    MINIMUM_FIELD_NUMBER: _ClassVar[int]
    MAXIMUM_FIELD_NUMBER: _ClassVar[int]
    HINT_FIELD_NUMBER: _ClassVar[int]
    UNIT_FIELD_NUMBER: _ClassVar[int]
    CHOICES_FIELD_NUMBER: _ClassVar[int]
    name: str
    label: str
    type: ParameterType
    default_value: Parameter
    minimum: float
    maximum: float
    hint: str
    unit: str
    choices: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, name: _Optional[str] = ..., label: _Optional[str] = ..., type: _Optional[_Union[ParameterType, str]] = ..., default_value: _Optional[_Union[Parameter, _Mapping]] = ..., minimum: _Optional[float] = ..., maximum: _Optional[float] = ..., hint: _Optional[str] = ..., unit: _Optional[str] = ..., choices: _Optional[_Iterable[str]] = ...) -> None: ...

class Parameter(_message.Message):
    __slots__ = ("name", "number", "integer", "flag", "text")
    NAME_FIELD_NUMBER: _ClassVar[int]
    NUMBER_FIELD_NUMBER: _ClassVar[int]
    INTEGER_FIELD_NUMBER: _ClassVar[int]
    FLAG_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    name: str
    number: float
    integer: int
    flag: bool
    text: str
    def __init__(self, name: _Optional[str] = ..., number: _Optional[float] = ..., integer: _Optional[int] = ..., flag: _Optional[bool] = ..., text: _Optional[str] = ...) -> None: ...

class FrameFormat(_message.Message):
    __slots__ = ("width", "height", "channels", "sample_type")
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    CHANNELS_FIELD_NUMBER: _ClassVar[int]
    SAMPLE_TYPE_FIELD_NUMBER: _ClassVar[int]
    width: int
    height: int
    channels: int
    sample_type: SampleType
    def __init__(self, width: _Optional[int] = ..., height: _Optional[int] = ..., channels: _Optional[int] = ..., sample_type: _Optional[_Union[SampleType, str]] = ...) -> None: ...

class WindowFrame(_message.Message):
    __slots__ = ("frame", "digest", "format", "parameters")
    FRAME_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    frame: int
    digest: bytes
    format: FrameFormat
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    def __init__(self, frame: _Optional[int] = ..., digest: _Optional[bytes] = ..., format: _Optional[_Union[FrameFormat, _Mapping]] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ...) -> None: ...

class ClipWindow(_message.Message):
    __slots__ = ("clip", "first_frame", "last_frame", "frames")
    CLIP_FIELD_NUMBER: _ClassVar[int]
    FIRST_FRAME_FIELD_NUMBER: _ClassVar[int]
    LAST_FRAME_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    clip: str
    first_frame: int
    last_frame: int
    frames: _containers.RepeatedCompositeFieldContainer[WindowFrame]
    def __init__(self, clip: _Optional[str] = ..., first_frame: _Optional[int] = ..., last_frame: _Optional[int] = ..., frames: _Optional[_Iterable[_Union[WindowFrame, _Mapping]]] = ...) -> None: ...

class OutputRequest(_message.Message):
    __slots__ = ("output", "time_frames")
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TIME_FRAMES_FIELD_NUMBER: _ClassVar[int]
    output: str
    time_frames: float
    def __init__(self, output: _Optional[str] = ..., time_frames: _Optional[float] = ...) -> None: ...

class RenderStart(_message.Message):
    __slots__ = ("request_id", "effect", "model", "parameters", "clips", "outputs", "route", "deadline_ms", "client_id", "wants_detections")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    EFFECT_FIELD_NUMBER: _ClassVar[int]
    MODEL_FIELD_NUMBER: _ClassVar[int]
    PARAMETERS_FIELD_NUMBER: _ClassVar[int]
    CLIPS_FIELD_NUMBER: _ClassVar[int]
    OUTPUTS_FIELD_NUMBER: _ClassVar[int]
    ROUTE_FIELD_NUMBER: _ClassVar[int]
    DEADLINE_MS_FIELD_NUMBER: _ClassVar[int]
    CLIENT_ID_FIELD_NUMBER: _ClassVar[int]
    WANTS_DETECTIONS_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    effect: str
    model: str
    parameters: _containers.RepeatedCompositeFieldContainer[Parameter]
    clips: _containers.RepeatedCompositeFieldContainer[ClipWindow]
    outputs: _containers.RepeatedCompositeFieldContainer[OutputRequest]
    route: PixelRoute
    deadline_ms: int
    client_id: str
    wants_detections: bool
    def __init__(self, request_id: _Optional[int] = ..., effect: _Optional[str] = ..., model: _Optional[str] = ..., parameters: _Optional[_Iterable[_Union[Parameter, _Mapping]]] = ..., clips: _Optional[_Iterable[_Union[ClipWindow, _Mapping]]] = ..., outputs: _Optional[_Iterable[_Union[OutputRequest, _Mapping]]] = ..., route: _Optional[_Union[PixelRoute, str]] = ..., deadline_ms: _Optional[int] = ..., client_id: _Optional[str] = ..., wants_detections: _Optional[bool] = ...) -> None: ...

class Slot(_message.Message):
    __slots__ = ("segment", "offset_bytes", "size_bytes")
    SEGMENT_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    SIZE_BYTES_FIELD_NUMBER: _ClassVar[int]
    segment: str
    offset_bytes: int
    size_bytes: int
    def __init__(self, segment: _Optional[str] = ..., offset_bytes: _Optional[int] = ..., size_bytes: _Optional[int] = ...) -> None: ...

class NeededFrame(_message.Message):
    __slots__ = ("clip", "frame", "form", "format", "slot")
    CLIP_FIELD_NUMBER: _ClassVar[int]
    FRAME_FIELD_NUMBER: _ClassVar[int]
    FORM_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    clip: str
    frame: int
    form: FrameForm
    format: FrameFormat
    slot: Slot
    def __init__(self, clip: _Optional[str] = ..., frame: _Optional[int] = ..., form: _Optional[_Union[FrameForm, str]] = ..., format: _Optional[_Union[FrameFormat, _Mapping]] = ..., slot: _Optional[_Union[Slot, _Mapping]] = ...) -> None: ...

class FramesNeeded(_message.Message):
    __slots__ = ("request_id", "frames")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FRAMES_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    frames: _containers.RepeatedCompositeFieldContainer[NeededFrame]
    def __init__(self, request_id: _Optional[int] = ..., frames: _Optional[_Iterable[_Union[NeededFrame, _Mapping]]] = ...) -> None: ...

class PixelsInSlot(_message.Message):
    __slots__ = ("request_id", "needed_index")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    NEEDED_INDEX_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    needed_index: int
    def __init__(self, request_id: _Optional[int] = ..., needed_index: _Optional[int] = ...) -> None: ...

class PixelChunk(_message.Message):
    __slots__ = ("request_id", "index", "offset_bytes", "data")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    INDEX_FIELD_NUMBER: _ClassVar[int]
    OFFSET_BYTES_FIELD_NUMBER: _ClassVar[int]
    DATA_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    index: int
    offset_bytes: int
    data: bytes
    def __init__(self, request_id: _Optional[int] = ..., index: _Optional[int] = ..., offset_bytes: _Optional[int] = ..., data: _Optional[bytes] = ...) -> None: ...

class RenderRequest(_message.Message):
    __slots__ = ("start", "pixels_in_slot", "chunk")
    START_FIELD_NUMBER: _ClassVar[int]
    PIXELS_IN_SLOT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    start: RenderStart
    pixels_in_slot: PixelsInSlot
    chunk: PixelChunk
    def __init__(self, start: _Optional[_Union[RenderStart, _Mapping]] = ..., pixels_in_slot: _Optional[_Union[PixelsInSlot, _Mapping]] = ..., chunk: _Optional[_Union[PixelChunk, _Mapping]] = ...) -> None: ...

class OutputFrame(_message.Message):
    __slots__ = ("request_id", "output_index", "output", "time_frames", "format", "slot", "identical_to_source")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_INDEX_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    TIME_FRAMES_FIELD_NUMBER: _ClassVar[int]
    FORMAT_FIELD_NUMBER: _ClassVar[int]
    SLOT_FIELD_NUMBER: _ClassVar[int]
    IDENTICAL_TO_SOURCE_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    output_index: int
    output: str
    time_frames: float
    format: FrameFormat
    slot: Slot
    identical_to_source: bool
    def __init__(self, request_id: _Optional[int] = ..., output_index: _Optional[int] = ..., output: _Optional[str] = ..., time_frames: _Optional[float] = ..., format: _Optional[_Union[FrameFormat, _Mapping]] = ..., slot: _Optional[_Union[Slot, _Mapping]] = ..., identical_to_source: _Optional[bool] = ...) -> None: ...

class RenderTimings(_message.Message):
    __slots__ = ("queue_ms", "receive_ms", "describe_ms", "infer_ms", "send_ms", "total_ms")
    QUEUE_MS_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_MS_FIELD_NUMBER: _ClassVar[int]
    DESCRIBE_MS_FIELD_NUMBER: _ClassVar[int]
    INFER_MS_FIELD_NUMBER: _ClassVar[int]
    SEND_MS_FIELD_NUMBER: _ClassVar[int]
    TOTAL_MS_FIELD_NUMBER: _ClassVar[int]
    queue_ms: float
    receive_ms: float
    describe_ms: float
    infer_ms: float
    send_ms: float
    total_ms: float
    def __init__(self, queue_ms: _Optional[float] = ..., receive_ms: _Optional[float] = ..., describe_ms: _Optional[float] = ..., infer_ms: _Optional[float] = ..., send_ms: _Optional[float] = ..., total_ms: _Optional[float] = ...) -> None: ...

class Detection(_message.Message):
    __slots__ = ("kind", "left", "top", "width", "height", "area_px", "confidence", "runs")
    KIND_FIELD_NUMBER: _ClassVar[int]
    LEFT_FIELD_NUMBER: _ClassVar[int]
    TOP_FIELD_NUMBER: _ClassVar[int]
    WIDTH_FIELD_NUMBER: _ClassVar[int]
    HEIGHT_FIELD_NUMBER: _ClassVar[int]
    AREA_PX_FIELD_NUMBER: _ClassVar[int]
    CONFIDENCE_FIELD_NUMBER: _ClassVar[int]
    RUNS_FIELD_NUMBER: _ClassVar[int]
    kind: str
    left: int
    top: int
    width: int
    height: int
    area_px: int
    confidence: float
    runs: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, kind: _Optional[str] = ..., left: _Optional[int] = ..., top: _Optional[int] = ..., width: _Optional[int] = ..., height: _Optional[int] = ..., area_px: _Optional[int] = ..., confidence: _Optional[float] = ..., runs: _Optional[_Iterable[int]] = ...) -> None: ...

class RenderDone(_message.Message):
    __slots__ = ("request_id", "timings", "first_frame_used", "last_frame_used", "detections", "detection_count")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TIMINGS_FIELD_NUMBER: _ClassVar[int]
    FIRST_FRAME_USED_FIELD_NUMBER: _ClassVar[int]
    LAST_FRAME_USED_FIELD_NUMBER: _ClassVar[int]
    DETECTIONS_FIELD_NUMBER: _ClassVar[int]
    DETECTION_COUNT_FIELD_NUMBER: _ClassVar[int]
    request_id: int
    timings: RenderTimings
    first_frame_used: int
    last_frame_used: int
    detections: _containers.RepeatedCompositeFieldContainer[Detection]
    detection_count: int
    def __init__(self, request_id: _Optional[int] = ..., timings: _Optional[_Union[RenderTimings, _Mapping]] = ..., first_frame_used: _Optional[int] = ..., last_frame_used: _Optional[int] = ..., detections: _Optional[_Iterable[_Union[Detection, _Mapping]]] = ..., detection_count: _Optional[int] = ...) -> None: ...

class RenderResponse(_message.Message):
    __slots__ = ("needed", "output", "chunk", "done")
    NEEDED_FIELD_NUMBER: _ClassVar[int]
    OUTPUT_FIELD_NUMBER: _ClassVar[int]
    CHUNK_FIELD_NUMBER: _ClassVar[int]
    DONE_FIELD_NUMBER: _ClassVar[int]
    needed: FramesNeeded
    output: OutputFrame
    chunk: PixelChunk
    done: RenderDone
    def __init__(self, needed: _Optional[_Union[FramesNeeded, _Mapping]] = ..., output: _Optional[_Union[OutputFrame, _Mapping]] = ..., chunk: _Optional[_Union[PixelChunk, _Mapping]] = ..., done: _Optional[_Union[RenderDone, _Mapping]] = ...) -> None: ...
