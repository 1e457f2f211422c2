"""The wall published to an RTSP server: ANNOUNCE, SETUP, RECORD (RFC 2326), packets inside the connection."""

import base64
import re
import secrets
from collections import deque
from collections.abc import Mapping
from typing import Final

import av

from sensors.clock import Clock
from sensors.errors import ShekaraError
from sensors.rtsp.authentication import authorization, parse_challenge
from sensors.rtsp.messages import Parser, Request, Response, encode_interleaved, encode_request
from videowall.encoding.broadcast import EncodedFrame, ParameterSets
from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.target import Target
from videowall.outputs.targets.transport_stream import TIME_BASE
from videowall.outputs.targets.wire import Wire, connect

_PAYLOAD_TYPE: Final = 96
_PACKET_BYTES: Final = 1400
_MAX_RESPONSES: Final = 16
_RTCP: Final = range(192, 224)
_DEFAULT_TIMEOUT_S, _LEAST_TIMEOUT_S = 60, 5
_TIMEOUT: Final = re.compile(r";\s*timeout\s*=\s*(\d{1,5})")
_REFUSALS: Final = frozenset({401, 403, 404, 405, 406, 415, 451, 461})


class RtpPackets:
    """Cuts frames into RTP packets with FFmpeg's muxer, in memory: each of its writes is one packet."""

    def __init__(self) -> None:
        self._packets: list[bytes] = []
        options = {"packetsize": str(_PACKET_BYTES), "payload_type": str(_PAYLOAD_TYPE), "cname": "wall"}
        self._container = av.open(self, "w", format="rtp", options=options)
        self._stream = self._container.add_mux_stream("h264", time_base=TIME_BASE)

    def write(self, data: bytes) -> int:
        """Called by the muxer."""
        self._packets.append(bytes(data))
        return len(data)

    def close(self) -> None:
        """Nothing to close."""

    def pack(self, frame: EncodedFrame) -> list[bytes]:
        """The packets of one frame, RTCP sender reports among them."""
        packet = av.Packet(frame.data)
        packet.stream = self._stream
        packet.pts = packet.dts = frame.pts_90k
        packet.time_base = TIME_BASE
        packet.is_keyframe = frame.key
        self._container.mux_one(packet)
        packets, self._packets = self._packets, []
        return packets


class RtspPublisher:
    """A publisher of one stream. A password is offered once, and only to the server that asks."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._parser = Parser()
        self._responses: deque[Response] = deque(maxlen=_MAX_RESPONSES)
        self._wire: Wire | None = None
        self._packets = RtpPackets()
        self._sequence = 0
        self._session = ""
        self._headers: dict[str, str] = {}
        self._alive_every_s = _DEFAULT_TIMEOUT_S / 2
        self._alive_s = 0.0
        self._publishes = False

    async def open(self) -> None:
        """Connect."""
        self._wire = await connect(self._target.host, self._target.port, self._receive)

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """Announce the stream and begin to record it there.

        Raises:
            OutputError: the server does not take it.
        """
        del first
        url, track = self._target.url, f"{self._target.url}/trackID=0"
        sdp = describe(sets)
        await self._ask("ANNOUNCE", url, {"Content-Type": "application/sdp"}, sdp.encode())
        wanted = "RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"
        answer = await self._ask("SETUP", track, {"Transport": wanted})
        session = answer.headers.get("session", "")
        self._session = session.partition(";")[0].strip()
        found = _TIMEOUT.search(session)
        self._alive_every_s = max(_LEAST_TIMEOUT_S, int(found[1]) if found else _DEFAULT_TIMEOUT_S) / 2
        await self._ask("RECORD", url, {"Range": "npt=0.000-"})
        self._publishes = True
        self._alive_s = self._clock.monotonic_s()

    async def send(self, frame: EncodedFrame) -> int:
        """One frame as interleaved RTP; sender reports go beside."""
        if self._wire is None:
            raise OutputError("the connection is closed")
        data = b"".join(
            encode_interleaved(1 if packet[1] in _RTCP else 0, packet) for packet in self._packets.pack(frame)
        )
        now_s = self._clock.monotonic_s()
        if now_s - self._alive_s > self._alive_every_s:
            self._alive_s = now_s
            self._wire.write(encode_request(self._request("OPTIONS", self._target.url, {}, b"")))
        self._responses.clear()
        await self._wire.send(data)
        return len(data)

    async def close(self) -> None:
        """Take the session down."""
        if self._wire is None:
            return
        if self._publishes:
            self._wire.write(encode_request(self._request("TEARDOWN", self._target.url, {}, b"")))
        self._wire.close()

    def _receive(self, data: bytes) -> None:
        try:
            for message in self._parser.feed(data):
                if isinstance(message, Response):
                    self._responses.append(message)
        except ShekaraError as error:
            raise OutputError("the receiver does not speak RTSP") from error

    async def _ask(self, method: str, url: str, headers: Mapping[str, str], body: bytes = b"") -> Response:
        answer = await self._exchange(self._request(method, url, headers, body))
        challenge = parse_challenge(answer.headers.get("www-authenticate", "")) if answer.status == 401 else None
        credentials = self._target.credentials
        if challenge is not None and credentials is not None:
            offered = authorization(challenge, credentials, method, url, 1, secrets.token_hex(8))
            answer = await self._exchange(self._request(method, url, {**headers, "Authorization": offered}, body))
        if not 200 <= answer.status < 300:
            mend = 'Give user and password in the secrets file, [outputs."HOST:PORT"]' if answer.status == 401 else ""
            what = f"{method} was answered with {answer.status}"
            raise OutputError(what, mend=mend, refused=answer.status in _REFUSALS)
        return answer

    async def _exchange(self, request: Request) -> Response:
        if self._wire is None:
            raise OutputError("the connection is closed")
        self._responses.clear()
        self._wire.write(encode_request(request))
        await self._wire.wait(lambda: bool(self._responses))
        return self._responses.popleft()

    def _request(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> Request:
        self._sequence += 1
        fields = {"CSeq": str(self._sequence), "User-Agent": "shekara", **headers}
        if self._session:
            fields["Session"] = self._session
        return Request(method, url, fields, body)


def describe(sets: ParameterSets) -> str:
    """The session description of a wall's stream (RFC 6184, 8.2.1)."""
    texts = ",".join(base64.b64encode(unit).decode() for unit in (sets.sps, sets.pps))
    profile = sets.sps[1:4].hex()
    lines = (
        "v=0",
        "o=- 0 0 IN IP4 0.0.0.0",
        "s=wall",
        "c=IN IP4 0.0.0.0",
        "t=0 0",
        f"m=video 0 RTP/AVP {_PAYLOAD_TYPE}",
        f"a=rtpmap:{_PAYLOAD_TYPE} H264/90000",
        f"a=fmtp:{_PAYLOAD_TYPE} packetization-mode=1; sprop-parameter-sets={texts}; profile-level-id={profile}",
        "a=control:trackID=0",
    )
    return "\r\n".join(lines) + "\r\n"
