"""The client's list of what was found: whole or cut as the engine says, and nonsense refused before anyone draws it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path

import grpc
import numpy as np
import pytest

from reelmend.client import EngineClient
from reelmend.clips import RememberedClip
from reelmend.detections import Detection
from reelmend.errors import IntegrityError
from reelmend.rpc.v1 import engine_pb2 as pb
from reelmend.rpc.v1 import engine_pb2_grpc as pb_grpc
from support.clips import ArrayClip

FRAMES = np.zeros((1, 3, 8, 8), np.float32)
SPOT = pb.Detection(
    kind="blotch", left=1, top=2, width=3, height=2, area_px=4, confidence=0.75, runs=[0, 0, 3, 1, 1, 1]
)


class Finds(pb_grpc.EngineServiceServicer):  # type: ignore[misc]
    """Gives the source back and says that this was found in it."""

    def __init__(self, listed: list[pb.Detection], count: int, outputs: list[str]) -> None:
        self.listed, self.count, self.outputs = listed, count, outputs
        self.starts: list[pb.RenderStart] = []

    def GetServerInfo(self, request: object, context: object) -> pb.GetServerInfoResponse:  # noqa: N802
        return pb.GetServerInfoResponse(engine_version="0.0.0", api_version=1)

    def Render(self, requests: Iterator[pb.RenderRequest], _context: object) -> Iterator[pb.RenderResponse]:  # noqa: N802
        for request in requests:
            start = request.start
            self.starts.append(start)
            yield pb.RenderResponse(needed=pb.FramesNeeded(request_id=start.request_id))
            for index, name in enumerate(self.outputs):
                frame = pb.OutputFrame(
                    request_id=start.request_id, output_index=index, output=name, identical_to_source=True
                )
                yield pb.RenderResponse(output=frame)
            ends = pb.RenderDone(
                request_id=start.request_id, detections=self.listed, detection_count=self.count,
                first_frame_used=-3, last_frame_used=4,
            )  # fmt: skip
            yield pb.RenderResponse(done=ends)


@contextlib.contextmanager
def finding(
    folder: Path, listed: list[pb.Detection], count: int, outputs: tuple[str, ...] = ("result",)
) -> Iterator[tuple[EngineClient, Finds]]:
    finds = Finds(listed, count, list(outputs))
    server = grpc.server(futures.ThreadPoolExecutor(2))
    pb_grpc.add_EngineServiceServicer_to_server(finds, server)
    address = f"unix:{folder}/finds.sock"
    server.add_insecure_port(address)
    server.start()
    try:
        with EngineClient(address, timeout_s=10) as client:
            yield client, finds
    finally:
        server.stop(0).wait()


def test_what_was_found_is_handed_back_with_how_much_was_left_out(tmp_path: Path) -> None:
    with finding(tmp_path, [SPOT, SPOT], 70000) as (client, finds):
        rendered = client.rendered(RememberedClip(ArrayClip(FRAMES)), 0, "repair", 0)
        assert finds.starts[-1].wants_detections
    spot = Detection("blotch", 1, 2, 3, 2, 4, 0.75, ((2, 1, 3), (3, 2, 1)))
    assert rendered.detections == (spot, spot)
    assert rendered.detections_left_out == 69998
    assert (rendered.first_frame_used, rendered.last_frame_used) == (-3, 4)
    assert rendered.planes["result"].tobytes() == FRAMES[0].tobytes()


def test_who_wants_a_picture_alone_asks_for_no_list(tmp_path: Path) -> None:
    with finding(tmp_path, [], 5) as (client, finds):
        clip = RememberedClip(ArrayClip(FRAMES))
        client.render(clip, 0, "repair", 0)
        list(client.render_clip(clip, [0], "repair", 0))
        assert not any(start.wants_detections for start in finds.starts)
        told: list[int] = []
        list(client.render_clip(clip, [0], "repair", 0, told=lambda _frame, of: told.append(of.detections_left_out)))
        assert finds.starts[-1].wants_detections
    assert told == [5]


def test_a_list_longer_than_its_count_is_refused(tmp_path: Path) -> None:
    with finding(tmp_path, [SPOT, SPOT], 1) as (client, _):
        with pytest.raises(IntegrityError, match="listed 2 of 1"):
            client.rendered(RememberedClip(ArrayClip(FRAMES)), 0, "repair", 0)


@pytest.mark.parametrize("change", [{"width": 2}, {"confidence": 2.0}, {"runs": [0]}, {"left": 7}, {"top": 7}])
def test_defects_that_can_not_be_are_refused_in_words(tmp_path: Path, change: dict[str, object]) -> None:
    wrong = pb.Detection()
    wrong.CopyFrom(SPOT)
    for name, value in change.items():
        wrong.ClearField(name)  # type: ignore[arg-type]
        getattr(wrong, name).extend(value) if name == "runs" else setattr(wrong, name, value)
    with finding(tmp_path, [wrong], 1) as (client, _):
        with pytest.raises(IntegrityError, match="what can't be"):
            client.rendered(RememberedClip(ArrayClip(FRAMES)), 0, "repair", 0)


def test_outputs_in_another_order_are_refused(tmp_path: Path) -> None:
    with finding(tmp_path, [], 0, ("matte", "result")) as (client, _):
        with pytest.raises(IntegrityError, match="'matte' where 'result' was due"):
            client.rendered(RememberedClip(ArrayClip(FRAMES)), 0, "repair", 0, outputs=("result", "matte"))
