"""Between the contract's messages and the engine's own types; both server and client read them here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import numpy as np

from reelmend.errors import BadRequestError, IntegrityError
from reelmend.frames import SOURCE, FrameForm, FrameFormat, FrameRef, Planes, SampleType
from reelmend.parameters import Value
from reelmend.rpc.chunks import CHUNK_BYTES, MAX_CHUNK_BYTES, Chunk
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.shared_memory import Bytes, Samples, samples_in

MAX_MESSAGE_BYTES = 4 << 20
DIGEST_BYTES = 16


def format_to_message(form: FrameFormat, sample_type: SampleType = SampleType.FLOAT32) -> pb.FrameFormat:
    name = pb.SampleType.Name(sample_type)
    return pb.FrameFormat(width=form.width, height=form.height, channels=form.channels, sample_type=name)


def format_from_message(message: pb.FrameFormat) -> FrameFormat:
    """Return the format of float32 planes. Raises ShapeError, or BadRequestError when they are of another type."""
    if sample_type_from_message(message) is not SampleType.FLOAT32:
        raise BadRequestError("float32 samples were expected here; set sample_type to SAMPLE_TYPE_FLOAT32")
    return FrameFormat(message.width, message.height, message.channels)


def sample_type_from_message(message: pb.FrameFormat) -> SampleType:
    """Return the type of the samples that cross. Raises BadRequestError for an unknown one."""
    try:
        return SampleType(message.sample_type)
    except ValueError:
        raise BadRequestError(
            f"sample_type {message.sample_type} is unknown; set SAMPLE_TYPE_FLOAT32 or SAMPLE_TYPE_FLOAT16"
        ) from None


def ref_to_message(ref: FrameRef) -> pb.WindowFrame:
    return pb.WindowFrame(frame=ref.frame, digest=ref.digest, format=format_to_message(ref.format, ref.sample_type))


def ref_from_message(message: pb.WindowFrame, clip: str = SOURCE) -> FrameRef:
    """Return the frame's name. Raises ShapeError or BadRequestError."""
    if len(message.digest) != DIGEST_BYTES:
        raise BadRequestError(f"frame {message.frame} has a digest of {len(message.digest)} bytes; it must be 16")
    if message.parameters:
        raise BadRequestError("this engine has no model with parameters for single frames of the window")
    form = FrameFormat(message.format.width, message.format.height, message.format.channels)
    return FrameRef(message.frame, message.digest, form, sample_type_from_message(message.format), clip)


def parameters_to_messages(values: Mapping[str, Value]) -> list[pb.Parameter]:
    return [parameter_to_message(name, value) for name, value in values.items()]


def parameter_to_message(name: str, value: Value) -> pb.Parameter:
    if isinstance(value, bool):
        return pb.Parameter(name=name, flag=value)
    if isinstance(value, int):
        return pb.Parameter(name=name, integer=value)
    if isinstance(value, float):
        return pb.Parameter(name=name, number=value)
    return pb.Parameter(name=name, text=value)


def parameters_from_messages(messages: Iterable[pb.Parameter]) -> dict[str, object]:
    """Return the values by name. Raises BadRequestError for one without a value, or given twice."""
    values: dict[str, object] = {}
    for message in messages:
        member = message.WhichOneof("value")
        if member is None:
            raise BadRequestError(f"parameter '{message.name}' has no value")
        if message.name in values:
            raise BadRequestError(f"parameter '{message.name}' is given twice")
        values[message.name] = getattr(message, member)
    return values


def form_to_message(form: FrameForm) -> pb.FrameForm:
    return pb.FRAME_FORM_FULL if form is FrameForm.FULL else pb.FRAME_FORM_PROXY


def chunks_of(planes: Planes, request_id: int, index: int) -> Iterator[pb.PixelChunk]:
    """Yield the pixels in chunks of about 1 MiB, as protobuf messages; `chunk_messages` copies less."""
    view = np.ascontiguousarray(planes).data.cast("B")
    for offset in range(0, len(view), CHUNK_BYTES):
        data = bytes(view[offset : offset + CHUNK_BYTES])
        yield pb.PixelChunk(request_id=request_id, index=index, offset_bytes=offset, data=data)


class PixelAssembly:
    """A frame's pixels that arrive in chunks, in order and without gaps; `memory`, when given, takes them."""

    def __init__(
        self, form: FrameFormat, sample_type: SampleType = SampleType.FLOAT32, memory: Bytes | None = None
    ) -> None:
        size_bytes = form.size_bytes // 4 * sample_type.size_bytes
        self._bytes: Bytes = np.empty(size_bytes, np.uint8) if memory is None else memory[:size_bytes]
        self._form, self._sample_type = form, sample_type
        self._filled = 0

    @property
    def complete(self) -> bool:
        return self._filled == len(self._bytes)

    def add(self, chunk: Chunk | pb.PixelChunk) -> None:
        """Take the next chunk. Raises IntegrityError when it is not the next, or too large."""
        size_bytes = len(chunk.data)
        end = self._filled + size_bytes
        if chunk.offset_bytes != self._filled or end > len(self._bytes) or not 0 < size_bytes <= MAX_CHUNK_BYTES:
            raise IntegrityError(
                f"a chunk of {size_bytes} bytes came for byte {chunk.offset_bytes}; expected byte {self._filled} "
                f"of {len(self._bytes)}, at most {MAX_CHUNK_BYTES} at once"
            )
        self._bytes[self._filled : end] = np.frombuffer(chunk.data, dtype=np.uint8)
        self._filled = end

    @property
    def planes(self) -> Samples:
        return samples_in(self._bytes, self._form, 0, self._sample_type)
