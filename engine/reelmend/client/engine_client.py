"""The engine from Python: sends each frame's pixels at most once, and returns frames as planar float32."""

from __future__ import annotations

import dataclasses
import itertools
import os
import random
import secrets
import threading
import time
from collections import deque
from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from enum import IntEnum

import grpc

import reelmend
from reelmend.addresses import default_address, parse_address
from reelmend.client.buffers import Buffers
from reelmend.client.errors import error_of
from reelmend.client.render_stream import Clips, MappedSegments, RenderStream, UnmappableError
from reelmend.clips import RememberedClip
from reelmend.errors import CapacityError, DeadlineError, ModelError
from reelmend.frames import MASK, MATTE, REFERENCE, SOURCE, FrameRef, Planes, SampleType
from reelmend.parameters import Value
from reelmend.rendered import Rendered
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from reelmend.watchdog import Watchdog

DEFAULT_TIMEOUT_S = 60.0
INFO_TIMEOUT_S = 10.0
# How much longer than the engine the client waits: an engine that lives says itself that the time is over.
GRACE_S = 1.0
# HTTP/2 frames as large as a chunk: 16 KiB at a time costs twice the time.
FRAME_BYTES = (1 << 20) + 64
LOOKAHEAD_BYTES = 4 << 20

Told = Callable[[int, Rendered], None]
"""Hears of each frame, before it is yielded, all that the engine gave: pictures by name, detections, frames used."""

_deadlines = Watchdog("client-deadlines")
_LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


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

    `route` None: shared memory, or in-stream chunks when the engine's segments can't be opened here. `client_id` names
    this client in the engine's queue; clients of one name share one place in the round. `sample_type` FLOAT16 promises
    that every sample of the clips is exactly a half, so that half as many bytes may cross.
    """

    def __init__(
        self,
        address: str | None = None,
        route: Route | None = None,
        timeout_s: float = DEFAULT_TIMEOUT_S,
        *,
        client_id: str | None = None,
        sample_type: SampleType = SampleType.FLOAT32,
    ) -> None:
        self.address = str(parse_address(address) if address else default_address())
        self.client_id = f"python-{os.getpid()}-{secrets.token_hex(8)}" if client_id is None else client_id
        self._route = route or Route.SHARED_MEMORY
        self._may_change_route = route is None
        self._timeout_s = timeout_s
        self._sample_type = sample_type
        self._channel = grpc.insecure_channel(
            self.address,
            options=[
                ("grpc.max_receive_message_length", convert.MAX_MESSAGE_BYTES),
                ("grpc.enable_http_proxy", 0),
                ("grpc.initial_reconnect_backoff_ms", 100),
                ("grpc.http2.bdp_probe", 0),
                ("grpc.http2.max_frame_size", FRAME_BYTES),
                ("grpc.http2.lookahead_bytes", LOOKAHEAD_BYTES),
            ],
        )
        self._stub = pb_grpc.EngineServiceStub(self._channel)
        self._segments = MappedSegments()
        self._buffers = Buffers()
        self._free: list[RenderStream] = []
        self._lock = threading.Lock()
        self._request_ids = itertools.count(1)
        self._is_of_our_version = False

    def __enter__(self) -> EngineClient:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._drop_free_streams()
        self._channel.close()

    def info(self) -> ServerInfo:
        """Return who answers. Raises UnavailableError, or ModelError when it speaks another API version."""
        try:
            answer = self._stub.GetServerInfo(pb.GetServerInfoRequest(), timeout=INFO_TIMEOUT_S)
        except grpc.RpcError as error:
            raise error_of(error, self.address) from None
        info = ServerInfo(**{field.name: getattr(answer, field.name) for field in dataclasses.fields(ServerInfo)})
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
        mask: RememberedClip | None = None,
        matte: RememberedClip | None = None,
        reference: RememberedClip | None = None,
    ) -> Planes:
        """Return one output frame as (C, H, W) float32; everything else is as for `rendered`."""
        beside = {MASK: mask, MATTE: matte, REFERENCE: reference}
        return self._rendered(clip, frame, effect, radius_frames, parameters, model, (output,), beside).planes[output]

    def rendered(
        self,
        clip: RememberedClip,
        frame: int,
        effect: str,
        radius_frames: int,
        parameters: Mapping[str, Value] | None = None,
        *,
        model: str = "",
        outputs: Sequence[str] = ("result",),
        mask: RememberedClip | None = None,
        matte: RememberedClip | None = None,
        reference: RememberedClip | None = None,
    ) -> Rendered:
        """Return the outputs of one frame, made in one run, each as (C, H, W) float32, and what was found in it.

        `radius_frames` says how much of the clip to describe: at least the effect's own radius. `mask` and `matte`:
        clips of these names, of one plane a frame and the source's size and frame numbers; a single frame is a still.
        `reference`: a still that an effect holds the light of, as `held_frame.held_clip` makes of the clip. An engine
        that is full is asked again when it says so, within the timeout. Raises ReelmendError.
        """
        beside = {MASK: mask, MATTE: matte, REFERENCE: reference}
        return self._rendered(clip, frame, effect, radius_frames, parameters, model, outputs, beside, True)

    def render_clip(
        self,
        clip: RememberedClip,
        frames: Iterable[int],
        effect: str,
        radius_frames: int,
        parameters: Mapping[str, Value] | None = None,
        *,
        model: str = "",
        output: str = "result",
        outputs: Sequence[str] = (),
        told: Told | None = None,
        mask: RememberedClip | None = None,
        matte: RememberedClip | None = None,
        reference: RememberedClip | None = None,
        ahead: int = 1,
    ) -> Generator[tuple[int, Planes], None, None]:
        """Yield (frame number, planes) of `output` for each of `frames`, in their order.

        `outputs`: others that are made in the same run and, like what was found, handed to `told`. While one frame is
        rendered, the next `ahead` frames in that order are read and sent on streams of their own. `mask`, `matte` and
        `reference` as for `rendered`. Raises ReelmendError.
        """
        beside = {MASK: mask, MATTE: matte, REFERENCE: reference}
        wanted = tuple(dict.fromkeys((output, *outputs)))
        what = (effect, radius_frames, parameters, model, wanted, beside, told is not None)
        pending: deque[tuple[int, Future[Rendered]]] = deque()

        def next_done() -> tuple[int, Planes]:
            frame, future = pending.popleft()
            rendered = future.result()
            if told is not None:
                told(frame, rendered)
            return frame, rendered.planes[output]

        with ThreadPoolExecutor(ahead + 1, thread_name_prefix="ahead") as pool:
            try:
                for frame in frames:
                    pending.append((frame, pool.submit(self._rendered, clip, frame, *what)))
                    if len(pending) > ahead:
                        yield next_done()
                while pending:
                    yield next_done()
            finally:
                for _, future in pending:
                    future.cancel()

    def _rendered(
        self,
        clip: RememberedClip,
        frame: int,
        effect: str,
        radius_frames: int,
        parameters: Mapping[str, Value] | None,
        model: str,
        outputs: Sequence[str],
        beside: Mapping[str, RememberedClip | None],
        wants_detections: bool = False,
    ) -> Rendered:
        ends_s = time.monotonic() + self._timeout_s
        window = clip.window(frame, radius_frames)
        clips = {SOURCE: clip}
        windows = [self._clip_message(SOURCE, clip, window)]
        for name, other in beside.items():
            if other is not None:
                clips[name] = other
                windows.append(self._clip_message(name, other, other.beside(window, frame, radius_frames)))
        start = pb.RenderStart(
            request_id=next(self._request_ids),
            effect=effect,
            model=model,
            parameters=convert.parameters_to_messages(parameters or {}),
            clips=windows,
            outputs=[pb.OutputRequest(output=output, time_frames=frame) for output in outputs],
            client_id=self.client_id,
            wants_detections=wants_detections,
        )
        return self._render_within(start, clips, ends_s)

    def _clip_message(self, name: str, clip: RememberedClip, refs: Iterable[FrameRef]) -> pb.ClipWindow:
        typed = (dataclasses.replace(ref, sample_type=self._sample_type) for ref in refs)
        frames = [convert.ref_to_message(ref) for ref in typed]
        return pb.ClipWindow(clip=name, first_frame=clip.first_frame, last_frame=clip.last_frame, frames=frames)

    def _render_within(self, start: pb.RenderStart, clips: Clips, ends_s: float) -> Rendered:
        while True:
            try:
                return self._render(start, clips, ends_s)
            except UnmappableError:
                if not self._may_change_route or self._route is Route.IN_STREAM:
                    raise
                self._route = Route.IN_STREAM
            except CapacityError as full:
                # A little apart, so that clients that were refused together don't come back together.
                wait_s = random.uniform(0.8, 1.2) * (full.retry_after_ms or 0) / 1000
                if full.retry_after_ms is None or time.monotonic() + wait_s >= ends_s:
                    raise
                time.sleep(wait_s)
            except _StaleStreamError:
                self._drop_free_streams()  # the others were opened to the same engine, which may have gone

    def _render(self, start: pb.RenderStart, clips: Clips, ends_s: float) -> Rendered:
        start.route = pb.PixelRoute.Name(self._route)  # type: ignore[assignment]
        start.deadline_ms = max(1, round(1000 * (ends_s - time.monotonic())))
        if not self._is_of_our_version:
            self.info()
            self._is_of_our_version = True
        with self._lock:
            stream = self._free.pop() if self._free else RenderStream(self._channel, self._segments, self._buffers)
        try:
            with _deadlines.guarding(start.deadline_ms / 1000 + GRACE_S, stream.expire):
                rendered = stream.render(start, clips)
        except grpc.RpcError as error:
            stream.close()
            if stream.expired:
                raise DeadlineError(
                    f"the engine at {self.address} gave no answer within {self._timeout_s:g} s; look at its log"
                ) from None
            if stream.requests > 1 and not stream.has_answered and error.code() in _LOST:
                raise _StaleStreamError from None
            raise error_of(error, self.address) from None
        except BaseException:
            stream.close()
            raise
        with self._lock:
            self._free.append(stream)
        return rendered

    def _drop_free_streams(self) -> None:
        with self._lock:
            streams, self._free = self._free, []
        for stream in streams:
            stream.close()


class _StaleStreamError(Exception):
    """A stream had ended while it was idle: the engine made room for others, or was started anew."""
