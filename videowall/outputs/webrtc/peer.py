"""One viewer over WebRTC: a peer connection that sends the wall and nothing else, from configured addresses only."""

from collections.abc import Coroutine
from typing import Final

from aioice.candidate import Candidate
from aiortc import RTCConfiguration, RTCPeerConnection, RTCRtpSender, RTCSessionDescription
from aiortc.exceptions import InvalidAccessError, InvalidStateError, OperationError

from sensors.clock import Clock
from sensors.errors import WireError
from videowall.encoding.broadcast import Broadcast
from videowall.outputs.webrtc.track import WallTrack

_OVER: Final = frozenset({"closed", "failed"})


class Peer:
    """One connection and its subscription. Both end with `close`. Nothing is taken in from the viewer."""

    def __init__(self, broadcast: Broadcast, addresses: tuple[str, ...], clock: Clock) -> None:
        self.begun_s = clock.monotonic_s()
        self._broadcast = broadcast
        self._addresses = addresses
        self._frames = broadcast.subscribe()
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))

    @property
    def is_connected(self) -> bool:
        """Whether pictures flow."""
        return self._connection.connectionState == "connected"

    @property
    def is_over(self) -> bool:
        """Whether the peer has gone."""
        return self._connection.connectionState in _OVER

    async def answer(self, offer: str) -> str:
        """The session description that answers an offer, with our candidates in it.

        Raises:
            WireError: the offer cannot be answered.
        """
        connection = self._connection
        wanted = [
            codec for codec in RTCRtpSender.getCapabilities("video").codecs if codec.name.lower() in {"h264", "rtx"}
        ]
        transceiver = connection.addTransceiver(WallTrack(self._frames), direction="sendonly")
        transceiver.setCodecPreferences(wanted)
        # The library offers no hook for a peer that has lost a picture, and tells nobody but its own encoder.
        transceiver.sender._send_keyframe = self._broadcast.ask_for_key  # type: ignore[method-assign]  # noqa: SLF001 - as said
        try:
            await connection.setRemoteDescription(RTCSessionDescription(offer, "offer"))
            for other in connection.getTransceivers():
                self._confine(other.sender)
                if other is not transceiver:
                    # Else what a viewer says is taken in, decoded, and kept for somebody who would play it.
                    other.direction = "inactive"
            await connection.setLocalDescription(await connection.createAnswer())
        except (
            OperationError,
            InvalidAccessError,
            InvalidStateError,
            ValueError,
            LookupError,
            TypeError,
            AttributeError,
            AssertionError,
        ) as error:
            raise WireError("cannot be answered", subject="WHEP offer", mend="Use a browser with H.264") from error
        return connection.localDescription.sdp

    async def close(self) -> None:
        """End the connection."""
        self._frames.close()
        await self._connection.close()

    def _confine(self, sender: RTCRtpSender) -> None:
        """Gather candidates of our own addresses instead of every interface's. The library has no setting for it."""
        ice = sender.transport.transport.iceGatherer._connection  # noqa: SLF001 - the library has no setting for it
        gather, ours = ice.get_component_candidates, list(self._addresses)

        def gather_ours(
            component: int, addresses: list[str], timeout: int = 5
        ) -> Coroutine[None, None, list[Candidate]]:
            del addresses
            return gather(component, ours, timeout)

        ice.get_component_candidates = gather_ours  # type: ignore[method-assign]  # see above
