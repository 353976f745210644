"""EngineService: who the engine is, what it can do, and the render streams."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Iterator

import grpc

import reelmend
from reelmend.effects.renderer import Renderer
from reelmend.manifest import Manifest
from reelmend.parameters import Parameter, ParameterType
from reelmend.rpc import convert
from reelmend.rpc.chunks import read_request, write_message
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.server.admission import Admission
from reelmend.server.calls import Call
from reelmend.server.errors import retry_after_ms_of, status_of
from reelmend.server.render_stream import RenderStream, Request
from reelmend.server.slot_pool import SlotPool


class Activity:
    """How many calls are under way, and since when there was none."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._calls = 0
        self._idle_since = time.monotonic()

    def __enter__(self) -> None:
        with self._lock:
            self._calls += 1

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._calls -= 1
            self._idle_since = time.monotonic()

    @property
    def idle_s(self) -> float:
        with self._lock:
            return 0.0 if self._calls else time.monotonic() - self._idle_since


class EngineService:
    """The service over one renderer."""

    def __init__(self, renderer: Renderer, address: str, most_streams: int) -> None:
        self._renderer = renderer
        self.address = address
        self.activity = Activity()
        self.admission = Admission(most_streams)
        self.slots = SlotPool(renderer.memory)
        self._started = time.monotonic()
        self._counts = threading.Lock()
        self._frames_rendered = 0
        self._bytes_received = 0
        self._bytes_sent = 0

    def GetServerInfo(  # noqa: N802
        self, _request: pb.GetServerInfoRequest, _context: grpc.ServicerContext
    ) -> pb.GetServerInfoResponse:
        choice, memory, turns = self._renderer.sessions.choice, self._renderer.memory, self._renderer.turns
        with self.activity:
            return pb.GetServerInfoResponse(
                engine_version=reelmend.__version__,
                api_version=reelmend.API_VERSION,
                process_id=os.getpid(),
                address=self.address,
                provider=choice.provider,
                memory_budget_bytes=memory.budget_bytes,
                memory_used_bytes=memory.used_bytes,
                frames_rendered=self._frames_rendered,
                uptime_s=time.monotonic() - self._started,
                bytes_received=self._bytes_received,
                bytes_sent=self._bytes_sent,
                provider_reason=choice.reason,
                threads=choice.threads,
                requests_waiting=turns.waiting,
                most_requests_waiting=turns.most_waiting,
                streams_open=len(self.admission),
                slot_bytes=self.slots.size_bytes,
            )

    def ListModels(  # noqa: N802
        self, request: pb.ListModelsRequest, context: grpc.ServicerContext
    ) -> pb.ListModelsResponse:
        with self.activity:
            try:
                manifests = [model.manifest for model in self._renderer.models.all()]
            except Exception as error:
                context.abort(*status_of(error))
            wanted = [manifest for manifest in manifests if request.task in ("", manifest.task)]
            return pb.ListModelsResponse(models=[model_message(manifest) for manifest in wanted])

    def Render(  # noqa: N802
        self, request_iterator: Iterator[Request], context: grpc.ServicerContext
    ) -> Iterator[pb.RenderResponse | bytes]:
        call = Call(context)
        with self.activity:
            try:
                with self.admission.place(call) as place:
                    stream = RenderStream(self._renderer, self.slots, request_iterator, place, self._count)
                    yield from stream.answers()
            except Exception as error:
                if call.is_active:
                    call.abort(*status_of(error), retry_after_ms_of(error))

    def end_idle_streams(self) -> None:
        """End the streams that wait for their client's next request: nothing is lost with them."""
        self.admission.end_idle(grpc.StatusCode.UNAVAILABLE, "the engine is stopping")

    def _count(self, received_bytes: int, sent_bytes: int) -> None:
        with self._counts:
            self._frames_rendered += 1
            self._bytes_received += received_bytes
            self._bytes_sent += sent_bytes


def add_to_server(service: EngineService, server: grpc.Server) -> None:
    """Serve the service. Render's messages are read and written here: protobuf would copy the pixels."""
    methods = pb.DESCRIPTOR.services_by_name["EngineService"]
    handlers = {
        "GetServerInfo": grpc.unary_unary_rpc_method_handler(
            service.GetServerInfo, pb.GetServerInfoRequest.FromString, pb.GetServerInfoResponse.SerializeToString
        ),
        "ListModels": grpc.unary_unary_rpc_method_handler(
            service.ListModels, pb.ListModelsRequest.FromString, pb.ListModelsResponse.SerializeToString
        ),
        "Render": grpc.stream_stream_rpc_method_handler(service.Render, read_request, write_message),
    }
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(methods.full_name, handlers),))


def model_message(manifest: Manifest) -> pb.ModelInfo:
    """Return a manifest as ListModels shows it."""
    temporal = pb.TemporalInfo(
        kind=pb.TEMPORAL_KIND_WINDOW if manifest.temporal.kind == "window" else pb.TEMPORAL_KIND_BLOCK,
        radius_frames=manifest.temporal.radius_frames,
        stops_at_cuts=manifest.temporal.stops_at_cuts,
        block_frames=manifest.temporal.block_frames,
        block_overlap_frames=manifest.temporal.block_overlap_frames,
    )
    return pb.ModelInfo(
        id=manifest.id,
        effect=manifest.effect,
        task=manifest.task,
        version=manifest.version,
        licence=manifest.licence,
        temporal=temporal,
        scale=manifest.spatial.scale,
        parameters=[_parameter_message(parameter) for parameter in manifest.parameters],
        input_clips=manifest.input_clips,
        outputs=manifest.outputs,
        weights_sha256=manifest.weights_sha256,
    )


def _parameter_message(parameter: Parameter) -> pb.ParameterInfo:
    default = float(parameter.default) if parameter.type is ParameterType.NUMBER else parameter.default
    return pb.ParameterInfo(
        name=parameter.name,
        label=parameter.label,
        type=f"PARAMETER_TYPE_{parameter.type.name}",
        default_value=convert.parameter_to_message(parameter.name, default),
        minimum=parameter.minimum,
        maximum=parameter.maximum,
        hint=parameter.hint,
        unit=parameter.unit,
        choices=[choice.value for choice in parameter.choices],
    )
