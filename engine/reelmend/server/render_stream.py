"""One Render stream: reads the client's messages, asks for what is lacking, answers with frames."""

from __future__ import annotations

import contextlib
import math
import threading
import time
from collections.abc import Callable, Iterator

from reelmend.effects.effect import Need
from reelmend.effects.renderer import Job, Render, Renderer
from reelmend.errors import BadRequestError, CancelledError, DeadlineError
from reelmend.frames import FrameFormat, FrameRef, Planes
from reelmend.rpc import convert
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.server.slots import Slot, SlotLease

Answers = Iterator[pb.RenderResponse]
# How long after its deadline a client may stay silent before its stream is ended.
STALLED_S = 1.0


class RenderStream:
    """The state of one stream: its leases, and the one request in flight.

    `on_frame` hears, for each request, how many bytes of pixels the client sent; `cancel` ends the stream from another
    thread.
    """

    def __init__(
        self,
        renderer: Renderer,
        requests: Iterator[pb.RenderRequest],
        is_active: Callable[[], bool],
        on_frame: Callable[[int], None],
        cancel: Callable[[], object],
    ) -> None:
        self._renderer = renderer
        self._requests = requests
        self._is_active = is_active
        self._on_frame = on_frame
        self._cancel = cancel
        self._lease = SlotLease()
        self.is_idle = True

    def answers(self) -> Answers:
        """Yield the answers to every request of the stream."""
        try:
            for request in self._requests:
                self.is_idle = False
                if request.WhichOneof("message") != "start":
                    raise BadRequestError("a RenderStart must come first; got pixels that nobody asked for")
                yield from self._answer(request.start)
                self.is_idle = True
        finally:
            self._lease.close()

    def _answer(self, start: pb.RenderStart) -> Answers:
        clock = _Clock(start.deadline_ms, self._is_active)
        self._lease.start_request()
        render = self._renderer.begin(job_from_message(start))
        by_slots = start.route == pb.PIXEL_ROUTE_SHARED_MEMORY
        slots = [self._lease.slot(need.ref.format.in_form(need.form)) if by_slots else None for need in render.needed]
        yield pb.RenderResponse(needed=_needed_message(start.request_id, render.needed, slots))
        with clock.giving_up_on(self._cancel):
            received_bytes = self._receive(start.request_id, render, slots, clock)
        received_ms = clock.lap()
        rendered = render.finish(clock.check)
        clock.lap()
        for index, output in enumerate(start.outputs):
            planes = rendered.planes.get(output.output)
            yield from self._output(start.request_id, index, output, planes, by_slots)
        timings = pb.RenderTimings(
            receive_ms=received_ms,
            describe_ms=render.spent_ms.get("describe", 0.0),
            infer_ms=render.spent_ms.get("infer", 0.0),
            send_ms=clock.lap(),
            total_ms=clock.total_ms,
        )
        done = pb.RenderDone(
            request_id=start.request_id,
            timings=timings,
            first_frame_used=rendered.first_frame_used,
            last_frame_used=rendered.last_frame_used,
        )
        self._on_frame(received_bytes)
        yield pb.RenderResponse(done=done)

    def _receive(self, request_id: int, render: Render, slots: list[Slot | None], clock: _Clock) -> int:
        received_bytes = 0
        for index, need in enumerate(render.needed):
            planes = self._pixels(request_id, index, need, slots[index], clock)
            render.supply(need, planes)
            received_bytes += planes.nbytes
        return received_bytes

    def _pixels(self, request_id: int, index: int, need: Need, slot: Slot | None, clock: _Clock) -> Planes:
        assembly: convert.PixelAssembly | None = None
        while True:
            request = next(self._requests, None)
            clock.check()
            if request is None:
                raise CancelledError("the client ended the stream before it had sent the frames")
            kind = request.WhichOneof("message")
            if kind == "pixels_in_slot" and slot is not None and assembly is None:
                _expect(request_id, index, request.pixels_in_slot.request_id, request.pixels_in_slot.needed_index)
                return slot.planes.copy()  # `supply` keeps what it is given, and this slot is used again
            if kind != "chunk":
                raise BadRequestError(f"pixels of frame {need.ref.frame} were expected, got '{kind}'")
            _expect(request_id, index, request.chunk.request_id, request.chunk.index)
            assembly = assembly or convert.PixelAssembly(need.ref.format.in_form(need.form))
            assembly.add(request.chunk)
            if assembly.complete:
                return assembly.planes

    def _output(
        self, request_id: int, index: int, wanted: pb.OutputRequest, planes: Planes | None, by_slots: bool
    ) -> Answers:
        message = pb.OutputFrame(
            request_id=request_id, output_index=index, output=wanted.output, time_frames=wanted.time_frames
        )
        if planes is None:
            message.identical_to_source = True
            yield pb.RenderResponse(output=message)
            return
        form = FrameFormat.of(planes)
        message.format.CopyFrom(convert.format_to_message(form))
        slot = self._lease.slot(form) if by_slots else None
        if slot is not None:
            slot.planes[...] = planes
            message.slot.CopyFrom(slot.message)
        yield pb.RenderResponse(output=message)
        if slot is None:
            for chunk in convert.chunks_of(planes, request_id, index):
                yield pb.RenderResponse(chunk=chunk)


class _Clock:
    """Time spent on a request, and the caller's patience."""

    def __init__(self, deadline_ms: int, is_active: Callable[[], bool]) -> None:
        self._started = self._lap = time.perf_counter()
        self._deadline_ms = deadline_ms
        self._is_active = is_active

    @property
    def total_ms(self) -> float:
        return 1000 * (time.perf_counter() - self._started)

    def lap(self) -> float:
        now = time.perf_counter()
        spent_ms, self._lap = 1000 * (now - self._lap), now
        return spent_ms

    @contextlib.contextmanager
    def giving_up_on(self, cancel: Callable[[], object]) -> Iterator[None]:
        """Cancel soon after the deadline: reading from a client that sends nothing has no time limit of its own.

        A client that does send hears DEADLINE_EXCEEDED from `check` first.
        """
        if not self._deadline_ms:
            yield
            return
        timer = threading.Timer(max(0.0, self._deadline_ms - self.total_ms) / 1000 + STALLED_S, cancel)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def check(self) -> None:
        if not self._is_active():
            raise CancelledError("the client cancelled the request")
        if self._deadline_ms and self.total_ms > self._deadline_ms:
            raise DeadlineError(f"the frame was not ready within {self._deadline_ms} ms; raise the timeout")


def job_from_message(start: pb.RenderStart) -> Job:
    """Return the job that a RenderStart describes. Raises BadRequestError or ShapeError."""
    if len(start.clips) != 1 or start.clips[0].clip != "Source":
        raise BadRequestError("this engine's effects read one clip, 'Source'; name just that one")
    if not start.outputs:
        raise BadRequestError("no output was asked for; ask for 'result'")
    times = {output.time_frames for output in start.outputs}
    centre = times.pop()
    if times or not math.isfinite(centre) or centre != int(centre) or abs(centre) >= 2**53:
        raise BadRequestError("all outputs of a request must be of one whole frame number")
    clip = start.clips[0]
    window: list[FrameRef] = [convert.ref_from_message(frame) for frame in clip.frames]
    return Job(
        effect=start.effect,
        model=start.model,
        frame=int(centre),
        first_frame=clip.first_frame,
        last_frame=clip.last_frame,
        window=window,
        parameters=convert.parameters_from_messages(start.parameters),
        outputs=tuple(output.output for output in start.outputs),
    )


def _needed_message(request_id: int, needed: list[Need], slots: list[Slot | None]) -> pb.FramesNeeded:
    frames = [
        pb.NeededFrame(
            clip="Source",
            frame=need.ref.frame,
            form=convert.form_to_message(need.form),
            format=convert.format_to_message(need.ref.format.in_form(need.form)),
            slot=slot.message if slot is not None else None,
        )
        for need, slot in zip(needed, slots, strict=True)
    ]
    return pb.FramesNeeded(request_id=request_id, frames=frames)


def _expect(request_id: int, index: int, got_request_id: int, got_index: int) -> None:
    if (request_id, index) != (got_request_id, got_index):
        raise BadRequestError(
            f"pixels {got_index} of request {got_request_id} came where {index} of request {request_id} were due"
        )
