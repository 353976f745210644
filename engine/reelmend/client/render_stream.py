"""One Render stream from the client's side: sends what the engine asks for, and takes the result."""

from __future__ import annotations

import contextlib
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from queue import SimpleQueue
from typing import Any

import grpc
import numpy as np

from reelmend.client.buffers import Buffers
from reelmend.clips import RememberedClip
from reelmend.errors import IntegrityError, UnavailableError
from reelmend.frames import SOURCE, FrameForm, FrameFormat, Planes, SampleType
from reelmend.rendered import Rendered
from reelmend.rpc import convert, detections
from reelmend.rpc.chunks import Chunk, Malformed, chunk_messages, read_response, write_message
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.shared_memory import MappedSegment, Samples, dtype_of

RENDER = f"/{pb.DESCRIPTOR.services_by_name['EngineService'].full_name}/Render"
MOST_MAPPED = 96
Clips = Mapping[str, RememberedClip]
"""The clips of a request by their names."""


class UnmappableError(UnavailableError):
    """The engine's shared memory can't be opened on this side: another machine, or another container."""


class MappedSegments:
    """The engine's segments that this client has mapped, for all its streams; those longest unused are let go of."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._segments: OrderedDict[str, MappedSegment] = OrderedDict()

    def samples(self, slot: pb.Slot, form: FrameFormat, sample_type: SampleType = SampleType.FLOAT32) -> Samples:
        """Return the planes in a slot. Raises UnmappableError or IntegrityError."""
        with self._lock:
            if slot.segment not in self._segments:
                with contextlib.suppress(UnavailableError):
                    self._segments[slot.segment] = MappedSegment(slot.segment)
            if slot.segment not in self._segments:
                raise UnmappableError("the engine's shared memory can't be opened here; use the in-stream route")
            self._segments.move_to_end(slot.segment)
            while len(self._segments) > MOST_MAPPED:
                self._segments.popitem(last=False)
            return self._segments[slot.segment].samples(form, slot.offset_bytes, sample_type)


class RenderStream:
    """One stream, which takes one request after another."""

    def __init__(self, channel: grpc.Channel, segments: MappedSegments, buffers: Buffers) -> None:
        self._outbox: SimpleQueue[pb.RenderRequest | Iterator[bytes] | None] = SimpleQueue()
        method = channel.stream_stream(RENDER, request_serializer=write_message, response_deserializer=read_response)
        self._call: Any = method(self._sent())  # an iterator and a call at once, which the stubs don't know
        self._segments = segments
        self._buffers = buffers
        self.expired = False
        self.requests = 0
        self.has_answered = False

    def expire(self) -> None:
        """Give up waiting, from another thread."""
        self.expired = True
        self.close()

    def close(self) -> None:
        self._outbox.put(None)
        self._call.cancel()

    def render(self, start: pb.RenderStart, clips: Clips) -> Rendered:
        """Return what was asked for. Raises grpc.RpcError, IntegrityError, UnmappableError, or what a clip raises."""
        self.requests += 1
        self.has_answered = False
        self._outbox.put(pb.RenderRequest(start=start))
        for index, needed in enumerate(self._next("needed").needed.frames):
            self._send(start.request_id, index, needed, clips)
        planes = {
            wanted.output: self._result(wanted.output, self._next("output").output, clips[SOURCE])
            for wanted in start.outputs
        }
        done = self._next("done").done
        found = detections.from_messages(done.detections, _size_of(planes))
        left_out = done.detection_count - len(found)
        if left_out < 0:
            raise IntegrityError(f"the engine listed {len(found)} of {done.detection_count}; is it of this version?")
        return Rendered(planes, done.first_frame_used, done.last_frame_used, found, left_out)

    def _sent(self) -> Iterator[pb.RenderRequest | bytes]:
        """Yield what goes out. Chunks are made when gRPC wants the next one, so that few lie in memory at once."""
        while (item := self._outbox.get()) is not None:
            if isinstance(item, pb.RenderRequest):
                yield item
            else:
                yield from item

    def _next(self, kind: str) -> pb.RenderResponse:
        response = self._receive(kind)
        if isinstance(response, Chunk) or response.WhichOneof("message") != kind:
            got = "chunk" if isinstance(response, Chunk) else response.WhichOneof("message")
            raise IntegrityError(f"the engine answered {got} where {kind} was due; is it of this version?")
        return response

    def _receive(self, kind: str) -> pb.RenderResponse | Chunk:
        response: pb.RenderResponse | Chunk | Malformed | None = next(self._call, None)
        if response is None or isinstance(response, Malformed):
            got = response.reason if response is not None else "the end of the stream"
            raise IntegrityError(f"the engine answered {got} where {kind} was due; is it of this version?")
        self.has_answered = True
        return response

    def _send(self, request_id: int, index: int, needed: pb.NeededFrame, clips: Clips) -> None:
        if needed.clip not in clips:
            raise IntegrityError(f"the engine wants frames of a clip '{needed.clip}'; is it of this version?")
        planes = clips[needed.clip].pixels(needed.frame, FrameForm(needed.form))
        sample_type = convert.sample_type_from_message(needed.format)
        if needed.HasField("slot"):
            place = self._segments.samples(needed.slot, FrameFormat.of(planes), sample_type)
            np.copyto(place, planes, casting="same_kind")
            filled = pb.PixelsInSlot(request_id=request_id, needed_index=index)
            self._outbox.put(pb.RenderRequest(pixels_in_slot=filled))
            return
        samples = planes.astype(dtype_of(sample_type), copy=False)
        self._outbox.put(chunk_messages(samples, request_id, index))

    def _result(self, wanted: str, output: pb.OutputFrame, clip: RememberedClip) -> Planes:
        if output.output != wanted:
            raise IntegrityError(f"the engine sent '{output.output}' where '{wanted}' was due; is it of this version?")
        if output.identical_to_source:
            source = clip.planes(int(output.time_frames))
            planes = self._buffers.take(FrameFormat.of(source))
            np.copyto(planes, source)
            return planes
        form = convert.format_from_message(output.format)
        if output.HasField("slot"):
            place = self._segments.samples(output.slot, form)
            planes = self._buffers.take(form)
            np.copyto(planes, place)
            return planes
        planes = self._buffers.take(form)
        assembly = convert.PixelAssembly(form, memory=planes.reshape(-1).view(np.uint8))
        while not assembly.complete:
            chunk = self._receive("chunk")
            if not isinstance(chunk, Chunk):
                raise IntegrityError("the engine ended a result before all of it had come; is it of this version?")
            assembly.add(chunk)
        return planes


def _size_of(planes: Mapping[str, Planes]) -> tuple[int, int]:
    """Return height and width of the pictures."""
    height, width = next(iter(planes.values())).shape[1:]
    return height, width
