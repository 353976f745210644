"""One open movie that decodes forwards, and can be put back to an earlier place."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from reelmend.errors import MediaError
from reelmend.media.pyav import load_av


class MovieDecoder:
    """A movie's first real video stream. Not thread-safe. Raises MediaError when there is nothing to decode."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.container: Any = None
        self.stream: Any = None
        self._frames: Iterator[Any] = iter(())
        self.problem = ""
        self.restart()

    def restart(self) -> None:
        """Open the movie anew and stand before its first frame."""
        self.close()
        av = load_av()
        try:
            self.container = av.open(str(self.path.absolute()))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise MediaError(f"{self.path} can't be read as a movie: {reason(error)}; {self._advice()}") from None
        self.stream = self._video_stream()
        self.stream.thread_type = "AUTO"
        for other in self.container.streams:
            if other.index != self.stream.index:
                other.discard = av.stream.Discard.all
        self._frames = self._decode()

    def seek(self, timestamp: int) -> None:
        """Stand at some key at or before a time in the stream's time base, as far as the container can tell."""
        av = load_av()
        try:
            self.container.seek(timestamp, stream=self.stream)
        except av.FFmpegError:
            self.restart()
        self._frames = self._decode()

    def next_frame(self) -> Any | None:
        """Return the next decoded frame, None at the end. Packets that can't be decoded are noted in `problem`."""
        return next(self._frames, None)

    def close(self) -> None:
        if self.container is not None:
            self._frames = iter(())
            self.container.close()
            self.container = None

    def _decode(self) -> Iterator[Any]:
        av = load_av()
        packets = self.container.demux(self.stream)
        ended = False
        while not ended:
            packet = None
            try:
                packet = next(packets)
                ended = packet.size == 0 and packet.dts is None
                if packet.size or ended:  # an empty packet before the end would flush the decoder for good
                    yield from packet.decode()
            except StopIteration:
                return
            except av.FFmpegError as error:
                self.problem = reason(error)
                if packet is None:
                    return

    def _video_stream(self) -> Any:
        av = load_av()
        cover = av.stream.Disposition.attached_pic
        streams = [stream for stream in self.container.streams.video if not stream.disposition & cover]
        if not streams:
            raise MediaError(f"{self.path} holds no video; choose another file")
        stream = streams[0]
        if stream.codec_context is None:
            raise MediaError(f"{self.path}: no decoder for its video; convert it with ffmpeg first")
        if not stream.width or not stream.height:
            raise MediaError(f"{self.path} states a picture of {stream.width}×{stream.height} pixels; replace the file")
        return stream

    def _advice(self) -> str:
        if not self.path.exists():
            return "check the path"
        return "the file is empty" if self.path.stat().st_size == 0 else "it is damaged, cut short or not a movie"


def reason(error: Exception) -> str:
    """Return what FFmpeg or the system says, without error numbers and paths."""
    return str(getattr(error, "strerror", None) or error)
