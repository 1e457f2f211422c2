"""Clients of the simulated cameras: FFmpeg, and one that says exactly what a test wants."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Self

import av
from av.container import InputContainer

from sensors.model import StreamRole
from sensors.rtsp.messages import Interleaved, Parser, Request, Response, encode_request
from sensors.stamp import Stamp, read
from tests.support.camera_stand import OPEN, Stand


@contextmanager
def opened(url: str, transport: str = "tcp") -> Iterator[InputContainer]:
    options = {"rtsp_transport": transport, "probesize": "32768", "analyzeduration": "0"}
    with av.open(url, options=options, timeout=15) as container:
        yield container


def stamps(container: InputContainer, count: int) -> list[Stamp | None]:
    found: list[Stamp | None] = []
    for frame in container.decode(video=0):
        luma = frame.to_ndarray(format="gray")
        height, width = luma.shape
        found.append(read(lambda x, y, luma=luma, w=width, h=height: float(luma[int(y * h), int(x * w)])))  # type: ignore[misc]  # defaults bind the loop's variables
        if len(found) == count:
            break
    return found


def stamps_until(container: InputContainer, different: int) -> list[Stamp | None]:
    """The first ten stamps in a row with so many different ones; a client still holds older frames."""
    found: list[Stamp | None] = []
    for _ in range(20):
        found = stamps(container, 10)
        if len(set(found)) == different:
            break
    return found


class Client:
    """A client that says exactly what a test wants."""

    def __init__(self, stand: Stand, camera: str = OPEN, role: StreamRole = StreamRole.SUB) -> None:
        self.url = stand.url(camera, role)
        self._number = 0
        self._parser = Parser()
        self._inbox: list[Request | Response | Interleaved] = []
        self.socket = socket.create_connection(("127.0.0.1", stand.server.port), timeout=15)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.socket.close()

    def ask(self, method: str, url: str | None = None, **headers: str) -> Response:
        """Send a request and wait for its response; packets in between are skipped."""
        self._number += 1
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        self.socket.sendall(encode_request(Request(method, url or self.url, {"CSeq": str(self._number), **named})))
        while not isinstance(message := self.next(), Response):
            pass
        assert message.headers["cseq"] == str(self._number)
        return message

    def next(self) -> Request | Response | Interleaved:
        """The next message; EOFError at the end of the connection."""
        while not self._inbox:
            data = self.socket.recv(65_536)
            if not data:
                raise EOFError
            self._inbox += self._parser.feed(data)
        return self._inbox.pop(0)

    def play(self) -> str:
        """Set up over this connection and play; the session's id."""
        answer = self.ask("SETUP", f"{self.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        session = answer.headers["session"].partition(";")[0]
        assert self.ask("PLAY", Session=session).status == 200
        return session

    def ends(self) -> bool:
        """Read to the end of the connection."""
        try:
            while True:
                self.next()
        except (EOFError, ConnectionError):
            return True
