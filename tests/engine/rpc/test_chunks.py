"""Chunks read and written by hand: the same bytes and the same meaning as protobuf's, whatever comes."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from reelmend.errors import IntegrityError
from reelmend.frames import FrameFormat, SampleType
from reelmend.rpc import convert
from reelmend.rpc.chunks import Chunk, Malformed, chunk_message, chunk_messages, read_request, read_response
from reelmend.rpc.v1 import engine_pb2 as pb

U64 = st.integers(0, 2**64 - 1)
U32 = st.integers(0, 2**32 - 1)


@given(request_id=U64, index=U32, offset_bytes=U64, data=st.binary(max_size=300))
def test_written_chunk_is_what_protobuf_writes(request_id: int, index: int, offset_bytes: int, data: bytes) -> None:
    chunk = pb.PixelChunk(request_id=request_id, index=index, offset_bytes=offset_bytes, data=data)
    written = chunk_message(request_id, index, offset_bytes, memoryview(data))
    assert pb.RenderRequest.FromString(written) == pb.RenderRequest(chunk=chunk)
    if data:
        assert written == pb.RenderRequest(chunk=chunk).SerializeToString()


@given(request_id=U64, index=U32, offset_bytes=U64, data=st.binary(max_size=300))
def test_read_chunk_is_what_protobuf_reads_and_points_into_the_message(
    request_id: int, index: int, offset_bytes: int, data: bytes
) -> None:
    sent = pb.PixelChunk(request_id=request_id, index=index, offset_bytes=offset_bytes, data=data)
    message = pb.RenderResponse(chunk=sent).SerializeToString()
    found = read_response(message)
    assert isinstance(found, Chunk)
    assert (found.request_id, found.index, found.offset_bytes, bytes(found.data)) == (
        request_id,
        index,
        offset_bytes,
        data,
    )
    if data:
        assert found.data.obj is message


@given(message=st.one_of(st.binary(max_size=200), st.binary(max_size=100).map(lambda tail: b"\x1a" + tail)))
def test_any_bytes_are_read_as_protobuf_reads_them(message: bytes) -> None:
    found = read_request(message)
    try:
        wanted = pb.RenderRequest.FromString(message)
    except Exception:
        assert isinstance(found, Malformed)
        return
    if isinstance(found, Chunk):
        meant = pb.PixelChunk(
            request_id=found.request_id, index=found.index, offset_bytes=found.offset_bytes, data=bytes(found.data)
        )
        # Fields that this version does not know are dropped by both.
        assert (meant.request_id, meant.index, meant.offset_bytes, meant.data) == (
            wanted.chunk.request_id,
            wanted.chunk.index,
            wanted.chunk.offset_bytes,
            wanted.chunk.data,
        )
        assert wanted.WhichOneof("message") == "chunk"
    else:
        assert found == wanted


@given(cut=st.integers(0, 60))
def test_chunk_that_is_cut_short_is_no_message(cut: int) -> None:
    message = chunk_message(7, 3, 1 << 20, memoryview(bytes(range(60))))
    assert isinstance(read_request(message[: len(message) - 1 - cut]), Malformed | pb.RenderRequest)


def test_chunk_with_fields_out_of_order_goes_through_protobuf() -> None:
    inner = b"\x22\x03abc" + b"\x08\x05"
    found = read_request(bytes((0x1A, len(inner))) + inner)
    assert isinstance(found, Chunk)
    assert (found.request_id, bytes(found.data)) == (5, b"abc")


@given(width=st.integers(1, 700), height=st.integers(1, 700), halves=st.booleans())
def test_chunks_of_a_frame_put_together_are_the_frame(width: int, height: int, halves: bool) -> None:
    sample_type = SampleType.FLOAT16 if halves else SampleType.FLOAT32
    planes = np.random.default_rng(1).random((3, height, width), dtype=np.float32)
    samples = planes.astype(np.float16) if halves else planes
    assembly = convert.PixelAssembly(FrameFormat(width, height), sample_type)
    for message in chunk_messages(samples, 1, 0):
        assert not assembly.complete
        chunk = read_request(message)
        assert isinstance(chunk, Chunk)
        assembly.add(chunk)
    assert assembly.complete
    assert assembly.planes.dtype == samples.dtype
    assert assembly.planes.tobytes() == samples.tobytes()


@pytest.mark.parametrize(
    ("offset_bytes", "size_bytes"),
    [(1, 4), (0, 0), (0, 97), (0, 3 << 20), (2**64 - 1, 4), (2**63, 96), (48, 48)],
)
def test_chunk_that_overlaps_leaves_a_gap_or_runs_over_is_refused(offset_bytes: int, size_bytes: int) -> None:
    assembly = convert.PixelAssembly(FrameFormat(4, 2))
    with pytest.raises(IntegrityError, match="expected byte 0 of 96"):
        assembly.add(Chunk(1, 0, offset_bytes, memoryview(bytes(size_bytes))))
