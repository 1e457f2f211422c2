"""RTSP servers that nobody here wrote, each in a process of its own: GStreamer's, VLC's and aio-rtsp-toolkit's."""

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO, cast

import av
from av.video.stream import VideoStream

from tests.support.brokers import free_port
from tests.support.coded_film import FPS, HEIGHT, WIDTH, draw
from tests.support.waiting import eventually

_ROOT = Path(__file__).parents[2]
_PEERS = _ROOT / "tests" / "peers"
_NOBODY = 65_534
FILM_FRAMES = 250
_VLC_STARTS = 3


class GStreamerServer:
    """Begun and ended as often as a test likes, on one port. `sessions` is how many it holds, as it says itself."""

    def __init__(self, method: str = "") -> None:
        self.port = free_port()
        self.sessions = 0
        self._method = method
        self._process: subprocess.Popen[str] | None = None
        self._reader: threading.Thread | None = None

    def url(self, path: str) -> str:
        return f"rtsp://127.0.0.1:{self.port}/{path}"

    def start(self) -> None:
        command = ["/usr/bin/python3", str(_PEERS / "gstreamer_server.py"), str(self.port)]
        self._process = subprocess.Popen(
            [*command, *([self._method] if self._method else [])], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        ready = threading.Event()
        self._reader = threading.Thread(target=self._read, args=(self._process.stdout, ready), name="gstreamer")
        self._reader.start()
        assert ready.wait(60)

    def stop(self) -> None:
        assert self._process is not None
        assert self._reader is not None
        self._process.kill()
        self._process.wait(60)
        self._reader.join(60)
        self.sessions = 0

    def _read(self, lines: IO[str], ready: threading.Event) -> None:
        with lines:
            for line in lines:
                said = json.loads(line)
                self.sessions = said.get("sessions", self.sessions)
                if "port" in said:
                    ready.set()


@contextmanager
def gstreamer(method: str = "") -> Iterator[GStreamerServer]:
    server = GStreamerServer(method)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@contextmanager
def vlc(film: Path) -> Iterator[str]:
    """The address at which VLC sends a film again and again. It refuses to be root, so it is nobody then.

    Now and then it begins without its film and answers every DESCRIBE with 500 for good: then it is begun anew.
    """
    identity = _NOBODY if os.getuid() == 0 else None
    for _ in range(_VLC_STARTS):
        port = free_port()
        output = f"#rtp{{sdp=rtsp://127.0.0.1:{port}/film}}"
        command = ["cvlc", "--intf", "dummy", "--no-audio", "--loop", str(film), "--sout", output, "--sout-keep"]
        with _running(command, {"HOME": str(film.parent)}, identity):
            _await_listener(port)
            if _comes_true(partial(_describes, port, "film"), within_s=30):
                yield f"rtsp://127.0.0.1:{port}/film"
                return
    message = f"VLC did not serve its film in {_VLC_STARTS} starts"
    raise AssertionError(message)


@contextmanager
def toolkit(folder: Path) -> Iterator[str]:
    """The address under which aio-rtsp-toolkit serves the films of a folder. It borrows our PyAV."""
    port = free_port()
    program = _ROOT / ".venv-peers" / "bin" / "rtsp-server"
    packages = Path(av.__file__).parents[1]
    command = [str(program), "-d", str(folder), "-H", "127.0.0.1", "-p", str(port), "-cp", str(free_port())]
    with _running(command, {"PYTHONPATH": str(packages)}):
        _await_listener(port)
        yield f"rtsp://127.0.0.1:{port}"


@contextmanager
def _running(command: list[str], environ: dict[str, str], user: int | None = None) -> Iterator[None]:
    process = subprocess.Popen(
        command,
        env={**os.environ, **environ},
        user=user,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.kill()
        process.wait(60)


def _describes(port: int, path: str) -> bool:
    """Whether a server says what a stream of it is."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as connection:
            connection.sendall(f"DESCRIBE rtsp://127.0.0.1:{port}/{path} RTSP/1.0\r\nCSeq: 1\r\n\r\n".encode())
            return connection.recv(4096).startswith(b"RTSP/1.0 200 ")
    except OSError:
        return False


def _comes_true(condition: Callable[[], bool], within_s: float) -> bool:
    try:
        eventually(condition, within_s=within_s)
    except AssertionError:
        return False
    return True


def _await_listener(port: int) -> None:
    def answers() -> bool:
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", port)) == 0

    eventually(answers, within_s=30, what="the server's port")


def write_film(path: Path, encoder: str) -> None:
    """A film whose frames carry their numbers in stamps: `coded_film`'s."""
    with av.open(str(path), "w") as container:
        stream = cast("VideoStream", container.add_stream(encoder, rate=FPS))
        stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, "yuv420p"
        stream.gop_size = FPS // 2
        stream.codec_context.thread_count = 1
        stream.codec_context.options = {"preset": "ultrafast", "tune": "zerolatency"}
        for index in range(FILM_FRAMES):
            frame = av.VideoFrame.from_numpy_buffer(draw(index), format="yuv420p")
            frame.pts = index
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
