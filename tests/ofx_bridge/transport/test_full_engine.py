"""An engine without room is asked again when it said that this may help, and never beyond what the host grants."""

from __future__ import annotations

from collections.abc import Iterator

import grpc
import numpy as np
import pytest

from reelmend.rpc.v1 import engine_pb2 as pb

from .conftest import Probe
from .doubles import Answer, Requests, identical, serving

FRAMES = np.zeros((3, 32, 48, 4), np.float32)


def full(times: int, hint: str | None) -> Answer:
    """Refuses so many requests in all, and then gives the source back."""
    left = times

    def answer(start: pb.RenderStart, requests: Requests, context: grpc.ServicerContext) -> Iterator[pb.RenderResponse]:
        nonlocal left
        if left > 0:
            left -= 1
            if hint is not None:
                context.set_trailing_metadata((("grpc-retry-pushback-ms", hint),))
            context.abort(grpc.StatusCode.RESOURCE_EXHAUSTED, "8 requests wait already")
        yield from identical(start, requests, context)

    return answer


def test_a_render_waits_as_long_as_the_engine_asks_and_succeeds(probe: Probe) -> None:
    with serving(full(3, "80")) as double:
        line = probe.render(double.address, FRAMES, "--last", 0)[0]
    assert line["status"] == "ok", line
    assert 240 <= line["elapsed_ms"] < 2000
    assert len(double.starts) == 4


@pytest.mark.parametrize("hint", [None, "-1", "soon", "", "99999999999"])
def test_without_a_hint_it_is_reported_at_once(probe: Probe, hint: str | None) -> None:
    with serving(full(1, hint)) as double:
        line = probe.render(double.address, FRAMES, "--last", 0)[0]
    assert (line["status"], line["code"]) == ("error", 8)
    assert "8 requests wait already" in line["message"]
    assert len(double.starts) == 1


def test_a_pause_beyond_the_timeout_is_not_begun(probe: Probe) -> None:
    with serving(full(1, "60000")) as double:
        line = probe.render(double.address, FRAMES, "--last", 0, "--timeout-ms", 3000)[0]
    assert (line["status"], line["code"]) == ("error", 8)
    assert "60000 ms" in line["message"]
    assert double.address in line["message"]
    assert line["elapsed_ms"] < 2000


def test_an_engine_that_stays_full_is_given_up_at_the_timeout(probe: Probe) -> None:
    with serving(full(1000, "50")) as double:
        line = probe.render(double.address, FRAMES, "--last", 0, "--timeout-ms", 700)[0]
    assert (line["status"], line["code"]) == ("error", 8)
    assert line["elapsed_ms"] < 1500
    assert len(double.starts) > 3


def test_an_abort_ends_the_pause_at_once(probe: Probe) -> None:
    with serving(full(1, "15000")) as double:
        line = probe.render(double.address, FRAMES, "--last", 0, "--abort-after-ms", 200)[0]
    assert (line["status"], line["code"]) == ("error", 1)
    assert line["elapsed_ms"] < 400  # 250 where the machine has time; it is shared here
    assert line["longest_silence_ms"] < 100
