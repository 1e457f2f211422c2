"""The wall as a WebRTC track: coded pictures pass through, the newest first."""

from fractions import Fraction
from typing import Final

import av
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av.stream import Stream

from videowall.encoding.broadcast import CLOCK_RATE_HZ, Subscription

_TIME_BASE: Final = Fraction(1, CLOCK_RATE_HZ)


class WallTrack(MediaStreamTrack):
    """What one peer's sender takes from one subscription; packets, not frames, so aiortc only packetises them."""

    kind = "video"

    def __init__(self, frames: Subscription) -> None:
        super().__init__()
        self._frames = frames

    async def recv(self) -> "av.Packet[Stream]":
        """The next coded picture.

        Raises:
            MediaStreamError: the wall has stopped, or the peer has left.
        """
        try:
            frame = await anext(self._frames)
        except StopAsyncIteration as error:
            raise MediaStreamError from error
        packet = av.Packet(frame.data)
        packet.pts = packet.dts = frame.pts_90k
        packet.time_base = _TIME_BASE
        return packet
