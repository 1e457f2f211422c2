"""Access units into pictures, through FFmpeg's decoders with one thread each."""

from collections.abc import Callable
from typing import Protocol

import av
from av.codec.context import Flags, ThreadType
from av.video.codeccontext import VideoCodecContext

from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.packet import packet_of
from videowall.decoding.thrift import Thrift
from videowall.picture import MOST_PIXELS, Planes, planes_of

_UNFILTERED = {"skip_loop_filter": "all", "flags2": "+fast"}
"""A sixth of the time for edges of blocks that scaling down hides; what is wrong grows until the next key picture."""
_REFERENCED = {"skip_frame": "noref"}


class PictureDecoder(Protocol):
    """What makes pictures of one stream's units, wherever it does so."""

    @property
    def errors_total(self) -> int:
        """Units that gave no picture because they could not be decoded."""

    @property
    def errors_in_row(self) -> int:
        """The same since the last picture."""

    def decode(self, unit: AccessUnit) -> Planes | None:
        """The newest picture that a unit completes, or None."""


OpenDecoder = Callable[[str, bytes, Thrift], PictureDecoder]
"""Given the decoder's name, what it must know beforehand, and what it shall do without."""


class Decoder:
    """One stream's decoder; used by one thread at a time. What it cannot decode it counts, and goes on."""

    def __init__(self, codec: str, extradata: bytes = b"", thrift: Thrift = Thrift.NONE) -> None:
        self.errors_total = 0
        self.errors_in_row = 0
        context = av.CodecContext.create(codec, "r")
        if not isinstance(context, VideoCodecContext):
            message = f"{codec} is not a video codec"
            raise TypeError(message)
        context.thread_count = 1
        context.thread_type = ThreadType.SLICE
        context.flags |= Flags.low_delay
        if extradata:
            context.extradata = extradata
        context.options = {"max_pixels": str(MOST_PIXELS), **_thrifty(thrift)}
        self._context = context

    def decode(self, unit: AccessUnit) -> Planes | None:
        """The newest picture that a unit completes, or None.

        After an error the concealed picture is better than none; a run of errors shows in `errors_in_row`. After a gap
        the decoder forgets all pictures, so that those which lead a key frame and refer to lost ones do not come out.
        """
        try:
            if unit.gap:
                self._context.flush_buffers()
            frames = self._context.decode(packet_of(unit.data))
            planes = planes_of(frames[-1]) if frames else None
        except (av.FFmpegError, ValueError):
            self.errors_total += 1
            self.errors_in_row += 1
            return None
        if planes is not None:
            self.errors_in_row = 0
        elif unit.key:
            # One that skips pictures does not say that it lacks what it needs for all of them.
            self.errors_in_row += 1
        return planes


def _thrifty(thrift: Thrift) -> dict[str, str]:
    filtered = {} if thrift < Thrift.UNFILTERED else _UNFILTERED
    return filtered if thrift < Thrift.REFERENCED else {**filtered, **_REFERENCED}
