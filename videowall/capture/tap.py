"""Whoever wants a stream as the camera sends it: all access units, before anything is decoded or dropped."""

from typing import Protocol

from videowall.capture.rtsp.assembly import AccessUnit


class Tap(Protocol):
    """Called on the event loop, in the order of arrival; must neither wait nor fail."""

    def begin(self, codec: str, extradata: bytes) -> None:
        """A session has begun: "h264", "hevc" or another name of FFmpeg's, and what it needs beside the stream."""

    def take(self, unit: AccessUnit) -> None:
        """The next access unit."""
