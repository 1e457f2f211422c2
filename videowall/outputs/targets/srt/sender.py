"""An MPEG transport stream over SRT to one receiver that listens."""

import asyncio
import secrets
import socket
from typing import Final

from sensors.clock import Clock
from videowall.encoding.broadcast import EncodedFrame, ParameterSets
from videowall.outputs.targets.receiver import OutputError
from videowall.outputs.targets.srt.caller import Caller
from videowall.outputs.targets.srt.packets import PAYLOAD_BYTES, SEQUENCES
from videowall.outputs.targets.srt.secrecy import LEAST_LENGTH, MOST_LENGTH, Secrecy
from videowall.outputs.targets.target import Target
from videowall.outputs.targets.transport_stream import TransportStream

_KNOCK_EVERY_S: Final = 0.25
_LATENCY_MS: Final = 120
_MOST_LATENCY_MS: Final = 8000
_MAX_STREAM: Final = 512
_AT_ONCE: Final = 32
_PAUSE_S: Final = 0.001
_SEND_BUFFER_BYTES: Final = 1_048_576


class SrtSender(asyncio.DatagramProtocol):
    """Calls `srt://host:port`. Options: `streamid`, `latency` (120 ms). The secret password is the passphrase."""

    def __init__(self, target: Target, clock: Clock) -> None:
        self._target = target
        self._clock = clock
        self._begun_s = clock.monotonic_s()
        self._stream = TransportStream()
        self._caller = _make_caller(target)
        self._transport: asyncio.DatagramTransport | None = None
        self._news = asyncio.Event()
        self._failure: OutputError | None = None

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        """Called by the event loop."""
        del addr
        try:
            for answer in self._caller.receive(data, self._now_us()):
                self._put(answer)
        except OutputError as error:
            self._failure = error
        self._news.set()

    def error_received(self, exc: Exception) -> None:
        """Called by the event loop."""
        del exc
        self._failure = self._failure or OutputError("nobody listens there")
        self._news.set()

    async def open(self) -> None:
        """Call until somebody answers.

        Raises:
            OutputError: nobody listens, or the listener refuses us.
        """
        loop = asyncio.get_running_loop()
        address = (self._target.host, self._target.port)
        try:
            transport, _ = await loop.create_datagram_endpoint(lambda: self, remote_addr=address)
        except OSError as error:
            raise OutputError("the host name is not known") from error
        self._transport = transport
        raw = transport.get_extra_info("socket")
        if raw is not None:
            raw.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SEND_BUFFER_BYTES)
        while not self._caller.is_connected:
            self._check()
            self._news.clear()
            self._put(self._caller.knock(self._now_us()))
            try:
                async with asyncio.timeout(_KNOCK_EVERY_S):
                    await self._news.wait()
            except TimeoutError:
                continue

    async def begin(self, sets: ParameterSets, first: EncodedFrame) -> None:
        """The stream says by itself what it holds."""

    async def send(self, frame: EncodedFrame) -> int:
        """One frame in packets; a large one in parts, with a moment for the receiver in between."""
        data = self._stream.mux(frame)
        for number, start in enumerate(range(0, len(data), PAYLOAD_BYTES)):
            self._check()
            self._put(self._caller.send(data[start : start + PAYLOAD_BYTES], self._now_us()))
            if number % _AT_ONCE == _AT_ONCE - 1:
                await asyncio.sleep(_PAUSE_S)
        return len(data)

    async def close(self) -> None:
        """Say goodbye."""
        if self._transport is None:
            return
        farewell = self._caller.farewell(self._now_us())
        if farewell is not None:
            self._put(farewell)
        self._transport.close()

    def _check(self) -> None:
        if self._failure is not None:
            raise self._failure

    def _put(self, packet: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(packet)

    def _now_us(self) -> int:
        return round((self._clock.monotonic_s() - self._begun_s) * 1_000_000)


def _make_caller(target: Target) -> Caller:
    """A caller of the target's options.

    Raises:
        OutputError: one of them means nothing.
    """
    text = target.options.get("latency", str(_LATENCY_MS))
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_LATENCY_MS):
        raise OutputError(
            f"latency is not a number of ms up to {_MOST_LATENCY_MS}", mend="Correct it in [outputs] urls"
        )
    stream = target.options.get("streamid", "")
    if len(stream.encode()) > _MAX_STREAM:
        raise OutputError(f"streamid is over {_MAX_STREAM} bytes", mend="Correct it in [outputs] urls")
    secrecy = None
    if target.credentials is not None:
        if not LEAST_LENGTH <= len(target.credentials.password.encode()) <= MOST_LENGTH:
            what = f"the passphrase has not {LEAST_LENGTH} to {MOST_LENGTH} bytes"
            raise OutputError(what, mend='Correct it in the secrets file, [outputs."HOST:PORT"]')
        secrecy = Secrecy(target.credentials.password)
    return Caller(1 + secrets.randbelow(2**30), secrets.randbelow(SEQUENCES), int(text), stream, secrecy)
