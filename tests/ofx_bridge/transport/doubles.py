"""Peers that keep the contract badly, or not at all: what no real engine does."""

from __future__ import annotations

import contextlib
import socket
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from concurrent import futures
from dataclasses import dataclass, field
from pathlib import Path

import grpc
import numpy as np

from reelmend.frames import FrameForm, FrameFormat, Planes, content_digest, make_proxy
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from reelmend.server.slots import Slot, SlotLease

Requests = Iterator[pb.RenderRequest]
Answers = Iterable[pb.RenderResponse]
Answer = Callable[[pb.RenderStart, Requests, grpc.ServicerContext], Answers]


@dataclass
class Double(pb_grpc.EngineServiceServicer):  # type: ignore[misc]
    """Answers each RenderStart with `answer`, and remembers what was asked."""

    answer: Answer
    api_version: int = 1
    address: str = ""
    starts: list[pb.RenderStart] = field(default_factory=list)
    cancelled: threading.Event = field(default_factory=threading.Event)

    def GetServerInfo(self, _request: pb.GetServerInfoRequest, _context: object) -> pb.GetServerInfoResponse:  # noqa: N802
        return pb.GetServerInfoResponse(engine_version="9.9.9", api_version=self.api_version, address=self.address)

    def Render(self, requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:  # noqa: N802
        context.add_callback(self.cancelled.set)
        for request in requests:
            self.starts.append(request.start)
            yield from self.answer(request.start, requests, context)


@contextlib.contextmanager
def serving(answer: Answer, address: str = "", api_version: int = 1) -> Iterator[Double]:
    """A gRPC server with this behaviour on a socket of its own."""
    with tempfile.TemporaryDirectory(prefix="reelmend-double-") as folder:
        double = Double(answer, api_version)
        server = grpc.server(futures.ThreadPoolExecutor(8))
        pb_grpc.add_EngineServiceServicer_to_server(double, server)
        wanted = address or f"unix:{folder}/engine.sock"
        port = server.add_insecure_port(wanted)
        double.address = wanted if wanted.startswith("unix:") else f"{wanted.rpartition(':')[0]}:{port}"
        server.start()
        try:
            yield double
        finally:
            server.stop(0).wait()


def needed(start: pb.RenderStart, *frames: pb.NeededFrame) -> pb.RenderResponse:
    return pb.RenderResponse(needed=pb.FramesNeeded(request_id=start.request_id, frames=frames))


def wanted_frame(start: pb.RenderStart, index: int, form: FrameForm = FrameForm.FULL, clip: int = 0) -> pb.NeededFrame:
    named = start.clips[clip]
    pixels = convert.format_to_message(format_of(start, clip).in_form(form))
    return pb.NeededFrame(
        clip=named.clip, frame=named.frames[index].frame, form=convert.form_to_message(form), format=pixels
    )


def output(start: pb.RenderStart, **fields: object) -> pb.RenderResponse:
    frame = pb.OutputFrame(request_id=start.request_id, output="result", format=start.clips[0].frames[0].format)
    frame.MergeFrom(pb.OutputFrame(**fields))  # type: ignore[arg-type]
    return pb.RenderResponse(output=frame)


def chunk(start: pb.RenderStart, offset_bytes: int, data: bytes, index: int = 0) -> pb.RenderResponse:
    return pb.RenderResponse(
        chunk=pb.PixelChunk(request_id=start.request_id, index=index, offset_bytes=offset_bytes, data=data)
    )


def done(start: pb.RenderStart) -> pb.RenderResponse:
    return pb.RenderResponse(done=pb.RenderDone(request_id=start.request_id))


def format_of(start: pb.RenderStart, clip: int = 0) -> FrameFormat:
    wire = start.clips[clip].frames[0].format
    return FrameFormat(wire.width, wire.height, wire.channels)


def identical(start: pb.RenderStart, _requests: Requests, _context: object) -> Answers:
    """Needs nothing and gives the source back."""
    yield needed(start)
    yield output(start, identical_to_source=True)
    yield done(start)


class Negative:
    """Asks for every frame of every clip in both forms, checks each bit, and returns the middle frame negated."""

    def __init__(self) -> None:
        self.faults: list[str] = []

    def __call__(self, start: pb.RenderStart, requests: Requests, context: grpc.ServicerContext) -> Answers:
        lease = SlotLease(owner="double")
        context.add_callback(lease.close)
        by_slots = start.route == pb.PIXEL_ROUTE_SHARED_MEMORY
        wanted = [
            (clip, index, kind)
            for kind in FrameForm
            for clip in range(len(start.clips))
            for index in range(len(start.clips[clip].frames))
        ]
        forms = [format_of(start, clip).in_form(kind) for clip, _, kind in wanted]
        slots = [lease.slot(form) for form in forms] if by_slots else []
        frames = [wanted_frame(start, index, kind, clip) for clip, index, kind in wanted]
        for frame, slot in zip(frames, slots, strict=False):
            frame.slot.CopyFrom(slot.message)
        yield needed(start, *frames)
        full: dict[tuple[int, int], Planes] = {}
        for position, (clip, index, kind) in enumerate(wanted):
            planes = self._pixels(requests, slots[position] if by_slots else None, forms[position])
            if kind is FrameForm.FULL:
                full[clip, index] = planes
            self._compare(start.clips[clip], index, kind, planes, full[clip, index])
        times = [frame.frame for frame in start.clips[0].frames]
        result: Planes = -full[0, times.index(int(start.outputs[0].time_frames))]
        if by_slots:
            slot = lease.slot(format_of(start))
            slot.planes[...] = result
            yield output(start, slot=slot.message)
        else:
            yield output(start)
            for part in convert.chunks_of(result, start.request_id, 0):
                yield pb.RenderResponse(chunk=part)
        yield done(start)

    def _pixels(self, requests: Requests, slot: Slot | None, form: FrameFormat) -> Planes:
        assembly = convert.PixelAssembly(form)
        while True:
            request = next(requests)
            if slot is not None:
                if request.WhichOneof("message") != "pixels_in_slot":
                    self.faults.append("pixels came by the wrong route")
                return slot.planes.copy()
            assembly.add(request.chunk)
            if assembly.complete:
                return assembly.planes

    def _compare(self, clip: pb.ClipWindow, index: int, kind: FrameForm, planes: Planes, full: Planes) -> None:
        which = f"frame {index} of {clip.clip}"
        if kind is FrameForm.FULL and content_digest(planes) != clip.frames[index].digest:
            self.faults.append(f"{which} is not what its digest says")
        if kind is FrameForm.PROXY and planes.tobytes() != make_proxy(full).tobytes():
            self.faults.append(f"proxy of {which} differs in {int(np.sum(planes != make_proxy(full)))} samples")


@contextlib.contextmanager
def raw_peer(talk: Callable[[socket.socket], None]) -> Iterator[str]:
    """A socket whose every connection is handed to `talk`; gives its address."""
    with tempfile.TemporaryDirectory(prefix="reelmend-raw-") as folder, socket.socket(socket.AF_UNIX) as listener:
        path = Path(folder) / "engine.sock"
        listener.bind(str(path))
        listener.listen(16)

        def accept() -> None:
            with contextlib.suppress(OSError):
                while True:
                    connection, _ = listener.accept()
                    with connection, contextlib.suppress(OSError):
                        talk(connection)

        thread = threading.Thread(target=accept, daemon=True)
        thread.start()
        yield f"unix:{path}"
        listener.shutdown(socket.SHUT_RDWR)
