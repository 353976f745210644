"""Pixel chunks on the wire without protobuf, which copies the bytes twice: the header by hand, the pixels as they lie.

A chunk is field 3 of both RenderRequest and RenderResponse. Whatever is not laid out as every encoder lays it out goes
through protobuf, so that the two can't disagree.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from reelmend.errors import IntegrityError
from reelmend.rpc.v1 import engine_pb2 as pb

CHUNK_BYTES = 1 << 20
MAX_CHUNK_BYTES = 2 << 20

_CHUNK_FIELD = 0x1A
_DATA_FIELD = 0x22
_NUMBER_FIELDS = {0x08: 0, 0x10: 1, 0x18: 2}


@dataclass(frozen=True, slots=True)
class Chunk:
    """PixelChunk: `data` points into the message that it came in."""

    request_id: int
    index: int
    offset_bytes: int
    data: memoryview


@dataclass(frozen=True, slots=True)
class Malformed:
    """A message that is no message, and why."""

    reason: str


def read_request(message: bytes) -> pb.RenderRequest | Chunk | Malformed:
    """Return a RenderRequest, its chunk by reference. Never raises: the stream answers in its own words."""
    request: pb.RenderRequest | Chunk | Malformed = _read(message, pb.RenderRequest)
    return request


def read_response(message: bytes) -> pb.RenderResponse | Chunk | Malformed:
    """Return a RenderResponse, its chunk by reference. Never raises."""
    response: pb.RenderResponse | Chunk | Malformed = _read(message, pb.RenderResponse)
    return response


def write_message(message: pb.RenderRequest | pb.RenderResponse | bytes) -> bytes:
    """Return the bytes of a message; those of a chunk are ready."""
    return message if isinstance(message, bytes) else message.SerializeToString()


def chunk_messages(planes: npt.NDArray[Any], request_id: int, index: int) -> Iterator[bytes]:
    """Yield the pixels in messages of about 1 MiB, ready to be sent."""
    view = np.ascontiguousarray(planes).reshape(-1).view(np.uint8).data
    for offset in range(0, len(view), CHUNK_BYTES):
        yield chunk_message(request_id, index, offset, view[offset : offset + CHUNK_BYTES])


def chunk_message(request_id: int, index: int, offset_bytes: int, data: memoryview) -> bytes:
    """Return a RenderRequest or RenderResponse that holds a PixelChunk."""
    fields = zip(_NUMBER_FIELDS, (request_id, index, offset_bytes), strict=True)
    numbers = b"".join(bytes((tag,)) + _varint(value) for tag, value in fields if value)
    head = numbers + bytes((_DATA_FIELD,)) + _varint(len(data))
    return b"".join((bytes((_CHUNK_FIELD,)), _varint(len(head) + len(data)), head, data))


def _read(message: bytes, kind: Any) -> Any:
    if message[:1] == bytes((_CHUNK_FIELD,)) and (chunk := _plain_chunk(message)) is not None:
        return chunk
    try:
        parsed = kind.FromString(message)
    except Exception as error:  # protobuf's DecodeError is not the only one that its versions raise
        return Malformed(f"{len(message)} bytes that are no {kind.DESCRIPTOR.name} ({type(error).__name__})")
    if parsed.WhichOneof("message") != "chunk":
        return parsed
    chunk = parsed.chunk
    return Chunk(chunk.request_id, chunk.index, chunk.offset_bytes, memoryview(chunk.data))


def _plain_chunk(message: bytes) -> Chunk | None:
    """Return the chunk when it is the message's only field, and its own fields come once, in order, data last."""
    try:
        size_bytes, at = _read_varint(message, 1)
        if at + size_bytes != len(message):
            return None
        numbers, last = [0, 0, 0], 0
        while (tag := message[at]) in _NUMBER_FIELDS and tag > last:
            numbers[_NUMBER_FIELDS[tag]], at = _read_varint(message, at + 1)
            last = tag
        if tag != _DATA_FIELD:
            return None
        size_bytes, at = _read_varint(message, at + 1)
    except (IndexError, IntegrityError):
        return None
    if at + size_bytes != len(message) or numbers[0] >= 1 << 64 or numbers[1] >= 1 << 32 or numbers[2] >= 1 << 64:
        return None
    return Chunk(numbers[0], numbers[1], numbers[2], memoryview(message)[at:])


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place after it. Raises IndexError at the end."""
    value = 0
    for shift in range(0, 70, 7):
        byte = message[at]
        at += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, at
    raise IntegrityError("a number of more than ten bytes")


def _varint(value: int) -> bytes:
    out = bytearray()
    while value > 0x7F:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)
