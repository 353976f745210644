"""The engine from Python: sends each frame's pixels at most once, and returns frames as planar float32."""

from __future__ import annotations

import contextlib
import itertools
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum
from queue import SimpleQueue

import grpc

import reelmend
from reelmend.addresses import default_address, parse_address
from reelmend.client.errors import error_of
from reelmend.clips import RememberedClip
from reelmend.errors import DeadlineError, IntegrityError, ModelError, UnavailableError
from reelmend.frames import FrameForm, FrameFormat, Planes
from reelmend.parameters import Value
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from reelmend.shared_memory import MappedSegment

DEFAULT_TIMEOUT_S = 60.0
INFO_TIMEOUT_S = 10.0
# How much longer than the engine the client waits: an engine that lives says itself that the time is over.
GRACE_S = 0.5


class Route(IntEnum):
    """How pixels travel; numbered as on the wire."""

    IN_STREAM = 1
    SHARED_MEMORY = 2


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """Who answers: see GetServerInfoResponse in the contract."""

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


class EngineClient:
    """A connection to one engine. Thread-safe: each thread that renders gets a stream of its own, kept for reuse.

    `route` None: shared memory, or in-stream chunks when the engine's segments can't be opened here.
    """

    def __init__(
        self, address: str | None = None, route: Route | None = None, timeout_s: float = DEFAULT_TIMEOUT_S
    ) -> None:
        self.address = str(parse_address(address) if address else default_address())
        self._route = route or Route.SHARED_MEMORY
        self._may_change_route = route is None
        self._timeout_s = timeout_s
        self._channel = grpc.insecure_channel(
            self.address,
            options=[
                ("grpc.max_receive_message_length", convert.MAX_MESSAGE_BYTES),
                ("grpc.enable_http_proxy", 0),
                ("grpc.initial_reconnect_backoff_ms", 100),
            ],
        )
        self._stub = pb_grpc.EngineServiceStub(self._channel)
        self._free: list[_Stream] = []
        self._lock = threading.Lock()
        self._request_ids = itertools.count(1)
        self._is_of_our_version = False

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        with self._lock:
            streams, self._free = self._free, []
        for stream in streams:
            stream.close()
        self._channel.close()

    def info(self) -> ServerInfo:
        """Return who answers. Raises UnavailableError, or ModelError when it speaks another API version."""
        try:
            answer = self._stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=INFO_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_of(error, self.address) from None
        info = ServerInfo(**{field.name: getattr(answer, field.name) for field in answer.DESCRIPTOR.fields})
        if info.api_version != reelmend.API_VERSION:
            raise ModelError(
                f"the engine {info.engine_version} at {self.address} speaks API {info.api_version}, this client "
                f"speaks {reelmend.API_VERSION}; update the older of the two"
            )
        return info

    def models(self, task: str = "") -> list[pb.ModelInfo]:
        """Return what the engine can render with."""
        try:
            return list(self._stub.ListModels(pb.ListModelsRequest(task=task), timeout=INFO_TIMEOUT_S).models)
        except grpc.RpcError as error:
            raise error_of(error, self.address) from None

    def render(
        self,
        clip: RememberedClip,
        frame: int,
        effect: str,
        radius_frames: int,
        parameters: Mapping[str, Value] | None = None,
        *,
        model: str = "",
        output: str = "result",
    ) -> Planes:
        """Return one output frame as (C, H, W) float32.

        `radius_frames` says how much of the clip to describe: at least the effect's own radius. Raises ReelmendError.
        """
        window = clip.window(frame, radius_frames)
        source = pb.ClipWindow(
            clip="Source",
            first_frame=clip.first_frame,
            last_frame=clip.last_frame,
            frames=[convert.ref_to_message(ref) for ref in window],
        )
        start = pb.RenderStart(
            request_id=next(self._request_ids),
            effect=effect,
            model=model,
            parameters=convert.parameters_to_messages(parameters or {}),
            clips=[source],
            outputs=[pb.OutputRequest(output=output, time_frames=frame)],
            deadline_ms=int(1000 * self._timeout_s),
        )
        try:
            return self._render(start, clip)
        except UnmappableError:
            if not self._may_change_route:
                raise
            self._route = Route.IN_STREAM
            return self._render(start, clip)

    def _render(self, start: pb.RenderStart, clip: RememberedClip) -> Planes:
        start.route = pb.PixelRoute.Name(self._route)  # type: ignore[assignment]
        if not self._is_of_our_version:
            self.info()
            self._is_of_our_version = True
        with self._lock:
            stream = self._free.pop() if self._free else _Stream(self._stub)
        timer = threading.Timer(self._timeout_s + GRACE_S, stream.expire)
        timer.daemon = True
        timer.start()
        try:
            planes = stream.render(start, clip)
        except grpc.RpcError as error:
            stream.close()
            if stream.expired:
                raise DeadlineError(
                    f"the engine at {self.address} gave no answer within {self._timeout_s:g} s; look at its log"
                ) from None
            raise error_of(error, self.address) from None
        except BaseException:
            stream.close()
            raise
        finally:
            timer.cancel()
        with self._lock:
            self._free.append(stream)
        return planes


class UnmappableError(UnavailableError):
    """The engine's shared memory can't be opened on this side: another machine, or another container."""


class _Stream:
    """One Render stream with the segments that it has mapped."""

    def __init__(self, stub: pb_grpc.EngineServiceStub) -> None:
        self._outbox: SimpleQueue[pb.RenderRequest | None] = SimpleQueue()
        self._call = stub.Render(iter(self._outbox.get, None))
        self._segments: dict[str, MappedSegment] = {}
        self.expired = False

    def expire(self) -> None:
        """Give up waiting, from another thread."""
        self.expired = True
        self.close()

    def close(self) -> None:
        self._outbox.put(None)
        self._call.cancel()

    def render(self, start: pb.RenderStart, clip: RememberedClip) -> Planes:
        self._outbox.put(pb.RenderRequest(start=start))
        for index, needed in enumerate(self._next("needed").needed.frames):
            self._send(start.request_id, index, needed, clip)
        output = self._next("output").output
        planes = self._result(output, clip)
        self._next("done")
        return planes

    def _next(self, kind: str) -> pb.RenderResponse:
        response: pb.RenderResponse | None = next(self._call, None)
        if response is None or response.WhichOneof("message") != kind:
            got = response.WhichOneof("message") if response is not None else "the end of the stream"
            raise IntegrityError(f"the engine answered {got} where {kind} was due; is it of this version?")
        return response

    def _send(self, request_id: int, index: int, needed: pb.NeededFrame, clip: RememberedClip) -> None:
        form = FrameForm(needed.form)
        planes = clip.pixels(needed.frame, form)
        if needed.HasField("slot"):
            self._planes_at(needed.slot, FrameFormat.of(planes))[...] = planes
            filled = pb.PixelsInSlot(request_id=request_id, needed_index=index)
            self._outbox.put(pb.RenderRequest(pixels_in_slot=filled))
            return
        for chunk in convert.chunks_of(planes, request_id, index):
            self._outbox.put(pb.RenderRequest(chunk=chunk))

    def _result(self, output: pb.OutputFrame, clip: RememberedClip) -> Planes:
        if output.identical_to_source:
            return clip.planes(int(output.time_frames)).copy()
        form = convert.format_from_message(output.format)
        if output.HasField("slot"):
            return self._planes_at(output.slot, form).copy()
        assembly = convert.PixelAssembly(form)
        while not assembly.complete:
            assembly.add(self._next("chunk").chunk)
        return assembly.planes

    def _planes_at(self, slot: pb.Slot, form: FrameFormat) -> Planes:
        if slot.segment not in self._segments:
            with contextlib.suppress(UnavailableError):
                self._segments[slot.segment] = MappedSegment(slot.segment)
        if slot.segment not in self._segments:
            raise UnmappableError("the engine's shared memory can't be opened here; use the in-stream route")
        return self._segments[slot.segment].planes(form, slot.offset_bytes)
