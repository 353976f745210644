"""Copies a movie's sound beside its new pictures, packet by packet, without decoding it."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

from reelmend.media.pyav import load_av


class AudioCopy:
    """The sound tracks of `source` on their way into `output`, where `start_s` of the source's clock becomes 0.

    What sounds earlier is left out, but for the last `lead_s` seconds before it.
    """

    def __init__(self, source: Path, output: Any, start_s: Fraction, lead_s: Fraction = Fraction(0)) -> None:
        av = load_av()
        self._input = av.open(str(source.absolute()))
        self._output = output
        self._start_s = start_s
        self._lead_s = lead_s
        self._streams: dict[int, Any] = {}
        self.notes: list[str] = []
        """What was left behind, one sentence each."""
        for stream in self._input.streams.audio:
            self._add(stream)
        if self._input.streams.subtitles:
            self.notes.append("subtitles are not carried over")
        chosen = [stream for stream in self._input.streams.audio if stream.index in self._streams]
        self._packets: Iterator[Any] = self._input.demux(chosen) if chosen else iter(())
        self._ahead: Any | None = None

    def copy_until(self, time_s: Fraction) -> None:
        """Copy everything that sounds before a time of the new movie."""
        while (packet := self._ahead or next(self._packets, None)) is not None:
            self._ahead = None
            if packet.pts is None or packet.size == 0:
                continue
            sounds_s = packet.pts * packet.time_base - self._start_s
            if sounds_s >= time_s:
                self._ahead = packet
                return
            if sounds_s >= -self._lead_s:
                self._mux(packet)

    def close(self) -> None:
        self._packets = iter(())
        self._ahead = None
        self._input.close()

    def _add(self, stream: Any) -> None:
        try:
            self._streams[stream.index] = self._output.add_stream_from_template(stream)
        except (ValueError, load_av().FFmpegError):
            self.notes.append(
                f"the sound ({stream.codec_context.name}) can't be stored in this kind of movie: left out"
            )

    def _mux(self, packet: Any) -> None:
        shift = round(self._start_s / packet.time_base)
        packet.pts -= shift
        if packet.dts is not None:
            packet.dts -= shift
        packet.stream = self._streams[packet.stream.index]
        self._output.mux(packet)
