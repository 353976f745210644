"""One Render stream: reads the client's messages, asks for what is lacking, answers with frames."""

from __future__ import annotations

import contextlib
import math
import secrets
from collections.abc import Callable, Iterator

import numpy as np

from reelmend.buffer.companions import AuxiliaryClip
from reelmend.buffer.pool import PlanesPool
from reelmend.effects.effect import Need
from reelmend.effects.renderer import Job, Render, Renderer
from reelmend.errors import BadRequestError, CancelledError, CapacityError
from reelmend.frames import SOURCE, FrameForm, FrameFormat, FrameRef, Planes, SampleType
from reelmend.rpc import convert, detections
from reelmend.rpc.chunks import Chunk, Malformed, chunk_messages
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.server.admission import Place
from reelmend.server.clock import Clock
from reelmend.server.slot_pool import KEPT_FROM_BYTES, SlotPool
from reelmend.server.slots import Slot, SlotLease
from reelmend.shared_memory import Bytes, Samples

Request = pb.RenderRequest | Chunk | Malformed
Answers = Iterator[pb.RenderResponse | bytes]
"""Messages, or chunks that are bytes already."""

MOST_CLIENT_ID_BYTES = 64
Counted = Callable[[int, int], None]


class RenderStream:
    """The state of one stream: its client, its slots, and the one request in flight.

    `on_frame` hears, for each request, how many bytes of pixels came from the client and went to it.
    """

    def __init__(
        self, renderer: Renderer, pool: SlotPool, requests: Iterator[Request], place: Place, on_frame: Counted
    ) -> None:
        self._renderer = renderer
        self._pool = pool
        self._requests = requests
        self._place = place
        self._on_frame = on_frame
        self._client = ""
        self._lease: SlotLease | None = None

    def answers(self) -> Answers:
        """Yield the answers to every request of the stream."""
        is_broken = True
        try:
            for request in self._requests:
                start = _start_of(request)
                with self._place.busy():
                    yield from self._answer(start)
            is_broken = False
        finally:
            if self._lease is not None:
                self._lease.close(is_broken=is_broken)

    def _answer(self, start: pb.RenderStart) -> Answers:
        clock = Clock(start.deadline_ms, self._place.call)
        with clock.guarding():
            lease = self._lease_for(start.client_id)
            lease.start_request()
            self._pool.admit(self._client, (frame.digest for clip in start.clips for frame in clip.frames))
            render = self._renderer.begin(job_from_message(start), self._client, clock.check)
            request = _Request(start, clock, render, lease, self._renderer.pool, self._requests)
            try:
                yield from request.answers()
                self._on_frame(request.received_bytes, request.sent_bytes)
                yield request.done()
            finally:
                render.release()

    def _lease_for(self, client_id: str) -> SlotLease:
        """Return the stream's lease; the first request says whose it is."""
        if self._lease is None:
            if len(client_id.encode()) > MOST_CLIENT_ID_BYTES:
                raise BadRequestError(f"client_id has {len(client_id.encode())} bytes; 64 are possible")
            # A name that no client can have: without one, the stream stands for itself.
            self._client = client_id or f"stream {secrets.token_hex(8)}"
            self._client_id = client_id
            self._lease = SlotLease(self._pool, self._client)
        elif client_id != self._client_id:
            raise BadRequestError("client_id changed within a stream; open a stream for each client")
        return self._lease


class _Request:
    """One request of a stream, from what it needs to its timings."""

    def __init__(
        self,
        start: pb.RenderStart,
        clock: Clock,
        render: Render,
        lease: SlotLease,
        pool: PlanesPool,
        requests: Iterator[Request],
    ) -> None:
        self._start = start
        self._clock = clock
        self._render = render
        self._lease = lease
        self._pool = pool
        self._requests = requests
        self._by_slots = start.route == pb.PIXEL_ROUTE_SHARED_MEMORY
        self.received_bytes = 0
        self.sent_bytes = 0

    def answers(self) -> Answers:
        needed = self._render.needed
        slots = [self._slot_for(need) if self._by_slots else None for need in needed]
        yield pb.RenderResponse(needed=_needed_message(self._start.request_id, needed, slots))
        whole = next((index for index, need in enumerate(needed) if need.form is FrameForm.FULL), 0)
        for index, need in enumerate(needed):
            if index and index == whole:
                self._render.describe(self._clock.check)  # the client packs the whole frame meanwhile
            self._render.supply(need, self._samples(index, need, slots[index]))
            self.received_bytes += need.size_bytes
        received_ms = self._clock.lap()
        results: dict[int, Slot] = {}
        rendered = self._render.finish(self._clock.check, output=lambda _, form: self._place_for(form, results))
        self._clock.lap()
        for index, wanted in enumerate(self._start.outputs):
            yield from self._output(index, wanted, rendered.planes.get(wanted.output), results)
        # These alone: the effect's way back to this object is a cycle, which would hold the result's slot.
        self._used = (rendered.first_frame_used, rendered.last_frame_used)
        self._detections = rendered.detections
        self._received_ms = received_ms

    def done(self) -> pb.RenderResponse:
        """Return the last message of a request, after its answers."""
        done = pb.RenderDone(
            request_id=self._start.request_id,
            timings=self._timings(self._received_ms),
            first_frame_used=self._used[0],
            last_frame_used=self._used[1],
            detections=detections.to_messages(self._detections) if self._start.wants_detections else (),
            detection_count=len(self._detections),
        )
        return pb.RenderResponse(done=done)

    def _slot_for(self, need: Need) -> Slot | None:
        return self._lease.slot(need.format, need.sample_type, _frame_name(need))

    def _samples(self, index: int, need: Need, slot: Slot | None) -> Samples:
        assembly: convert.PixelAssembly | None = None
        own: Slot | None = None
        while True:
            request = next(self._requests, None)
            self._clock.check()
            if request is None:
                raise CancelledError("the client ended the stream before it had sent the frames")
            if isinstance(request, Chunk):
                self._expect(index, request.request_id, request.index)
                if assembly is None:
                    own, memory = self._memory_for(need)
                    assembly = convert.PixelAssembly(need.format, need.sample_type, memory)
                assembly.add(request)
                if assembly.complete:
                    return self._kept(assembly.planes, own, need)
                continue
            kind = "no message" if isinstance(request, Malformed) else request.WhichOneof("message")
            if isinstance(request, Malformed) or kind != "pixels_in_slot" or slot is None or assembly is not None:
                raise BadRequestError(f"pixels of frame {need.ref.frame} were expected, got '{kind}'")
            self._expect(index, request.pixels_in_slot.request_id, request.pixels_in_slot.needed_index)
            return self._lease.keep(slot, _frame_name(need))

    def _memory_for(self, need: Need) -> tuple[Slot | None, Bytes]:
        """Return where a frame's chunks are put: where it will stay, or recycled memory when it is to be expanded."""
        if need.sample_type is SampleType.FLOAT32 and need.size_bytes >= KEPT_FROM_BYTES:
            own = self._lease.private_slot(need.format, _frame_name(need))
            if own is not None:
                return own, own.block.memory.bytes
        return None, self._pool.array((need.size_bytes,), np.uint8)

    def _kept(self, samples: Samples, own: Slot | None, need: Need) -> Samples:
        if own is None and need.format.size_bytes >= KEPT_FROM_BYTES and need.form is FrameForm.FULL:
            own = self._lease.private_slot(need.format, _frame_name(need))
            if own is not None:
                np.copyto(own.planes, samples)
        return samples if own is None else self._lease.keep(own, _frame_name(need))

    def _expect(self, index: int, got_request_id: int, got_index: int) -> None:
        if (self._start.request_id, index) != (got_request_id, got_index):
            raise BadRequestError(
                f"pixels {got_index} of request {got_request_id} came where {index} of request "
                f"{self._start.request_id} were due"
            )

    def _place_for(self, form: FrameFormat, results: dict[int, Slot]) -> Planes:
        """Return where an output is written: into a slot, so that nobody copies it, or into recycled memory."""
        slot = None
        if self._by_slots:
            with contextlib.suppress(CapacityError):
                slot = self._lease.slot(form)
        if slot is None:
            return self._pool.take(form)
        results[_address_of(slot.planes)] = slot
        return slot.planes

    def _output(self, index: int, wanted: pb.OutputRequest, planes: Planes | None, results: dict[int, Slot]) -> Answers:
        message = pb.OutputFrame(
            request_id=self._start.request_id,
            output_index=index,
            output=wanted.output,
            time_frames=wanted.time_frames,
            identical_to_source=planes is None,
        )
        if planes is None:
            yield pb.RenderResponse(output=message)
            return
        form = FrameFormat.of(planes)
        message.format.CopyFrom(convert.format_to_message(form))
        slot = self._slot_of(planes, form, results)
        if slot is not None:
            message.slot.CopyFrom(slot.message)
        yield pb.RenderResponse(output=message)
        self.sent_bytes += planes.nbytes
        if slot is None:
            yield from chunk_messages(planes, self._start.request_id, index)

    def _slot_of(self, planes: Planes, form: FrameFormat, results: dict[int, Slot]) -> Slot | None:
        """Return the slot that holds the result, copying it there when the effect has written it elsewhere."""
        slot = results.get(_address_of(planes))
        if slot is None and self._by_slots:
            with contextlib.suppress(CapacityError):
                slot = self._lease.slot(form)
            if slot is not None:
                slot.planes[...] = planes
        return slot

    def _timings(self, received_ms: float) -> pb.RenderTimings:
        spent_ms = self._render.spent_ms
        return pb.RenderTimings(
            queue_ms=spent_ms.get("queue", 0.0),
            receive_ms=received_ms,
            describe_ms=spent_ms.get("describe", 0.0),
            infer_ms=spent_ms.get("infer", 0.0),
            send_ms=self._clock.lap(),
            total_ms=self._clock.total_ms,
        )


def _frame_name(need: Need) -> bytes:
    """Return the digest of what crosses when it is a whole frame, else nothing."""
    return need.ref.digest if need.form is FrameForm.FULL else b""


def _address_of(planes: Samples) -> int:
    return int(planes.__array_interface__["data"][0])


def _start_of(request: Request) -> pb.RenderStart:
    if isinstance(request, Malformed):
        raise BadRequestError(f"a message can't be read: {request.reason}")
    if isinstance(request, Chunk) or request.WhichOneof("message") != "start":
        raise BadRequestError("a RenderStart must come first; got pixels that nobody asked for")
    return request.start


def job_from_message(start: pb.RenderStart) -> Job:
    """Return the job that a RenderStart describes. Raises BadRequestError or ShapeError."""
    clips = {clip.clip: clip for clip in start.clips}
    if SOURCE not in clips or len(clips) != len(start.clips):
        raise BadRequestError("each clip must be named once, and 'Source' be one of them")
    if not start.outputs:
        raise BadRequestError("no output was asked for; ask for 'result'")
    names = [output.output for output in start.outputs]
    if len(set(names)) != len(names):
        raise BadRequestError("an output was asked for twice; ask for each once")
    times = {output.time_frames for output in start.outputs}
    centre = times.pop()
    if times or not math.isfinite(centre) or centre != int(centre) or abs(centre) >= 2**53:
        raise BadRequestError("all outputs of a request must be of one whole frame number")
    source = clips.pop(SOURCE)
    return Job(
        effect=start.effect,
        model=start.model,
        frame=int(centre),
        first_frame=source.first_frame,
        last_frame=source.last_frame,
        window=_refs(source),
        parameters=convert.parameters_from_messages(start.parameters),
        outputs=tuple(names),
        auxiliary={name: AuxiliaryClip(clip.first_frame, clip.last_frame, _refs(clip)) for name, clip in clips.items()},
    )


def _refs(clip: pb.ClipWindow) -> list[FrameRef]:
    return [convert.ref_from_message(frame, clip.clip) for frame in clip.frames]


def _needed_message(request_id: int, needed: list[Need], slots: list[Slot | None]) -> pb.FramesNeeded:
    frames = [
        pb.NeededFrame(
            clip=need.ref.clip,
            frame=need.ref.frame,
            form=convert.form_to_message(need.form),
            format=convert.format_to_message(need.format, need.sample_type),
            slot=slot.message if slot is not None else None,
        )
        for need, slot in zip(needed, slots, strict=True)
    ]
    return pb.FramesNeeded(request_id=request_id, frames=frames)
