"""What the system refuses to one camera ends that camera's attempt, and nothing beside it."""

import asyncio
import errno
import gc
import os
import resource
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from sensors.catalog import PictureState
from sensors.clock import SystemClock
from sensors.rtsp.messages import encode_interleaved
from tests.support.opened_stream import Opened, running
from tests.support.scripted_rtsp import scripted, willing
from tests.support.waiting import eventually_async
from videowall.capture.rtsp.conversation import Transport
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.link import DatagramPair, Link
from videowall.capture.rtsp.poller import Poller

STANDARD_STREAMS = 3


@contextmanager
def descriptors(free: int) -> Iterator[None]:
    """This process may open so many more files; with none, it may not either when it closes others meanwhile."""
    gc.collect()
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = [os.open("/dev/null", os.O_RDONLY) for _ in range(free + 1)]
    for each in lowest:
        os.close(each)
    # The limit is of a descriptor's number: what is open above it stays so.
    resource.setrlimit(resource.RLIMIT_NOFILE, (lowest[free] if free else STANDARD_STREAMS, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def may_open() -> int:
    opened: list[int] = []
    with suppress(OSError):
        while True:
            opened.append(os.open("/dev/null", os.O_RDONLY))
    for each in opened:
        os.close(each)
    return len(opened)


@pytest.mark.parametrize("free", [0, 1])
def test_ports_that_cannot_be_had_are_an_error_of_the_stream_and_are_given_back(free: int) -> None:
    with descriptors(free):
        with pytest.raises(StreamError, match="descriptor"):
            DatagramPair("127.0.0.1")
        assert may_open() == free


@pytest.mark.parametrize(("transport", "free"), [(Transport.TCP, 0), (Transport.UDP, 0), (Transport.UDP, 1)])
async def test_a_camera_that_finds_no_descriptor_free_says_so_and_ends_no_other(
    transport: Transport, free: int
) -> None:
    # Nobody accepts, so that no descriptor goes to the other end.
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = Opened(f"rtsp://127.0.0.1:{listener.getsockname()[1]}/a", transport=transport)
        with descriptors(free):
            async with running(client.stream):
                await eventually_async(lambda: client.stream.failure is PictureState.REFUSED)


async def test_ports_that_cannot_be_listened_to_end_the_attempt(monkeypatch: pytest.MonkeyPatch) -> None:
    async def listen(*_: object) -> None:
        raise OSError(errno.ENOBUFS, "No buffer space available")

    monkeypatch.setattr(DatagramPair, "listen", listen)
    async with scripted(willing) as server:
        assert (await Opened(server.url, transport=Transport.UDP).fails()).state is PictureState.REFUSED


@pytest.mark.parametrize("url", ["rtsp://localhost:9/a", "http://127.0.0.1:9/a"])
async def test_no_thread_left_ends_the_attempt(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    def start(_: threading.Thread) -> None:
        text = "can't start new thread"
        raise RuntimeError(text)

    client = Opened(url)
    with monkeypatch.context() as patch:
        patch.setattr(threading.Thread, "start", start)
        assert (await client.fails()).state is PictureState.REFUSED


async def test_a_film_whose_name_no_file_can_have_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    for name in ("a" * 5_000, "loop"):
        assert (await Opened(f"film:{name}", films=tmp_path).fails()).state is PictureState.NOT_FOUND


async def test_a_connection_that_may_not_be_watched_with_others_is_read_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    heard: list[bytes] = []
    ours, camera = socket.socketpair()
    with camera:
        take = partial(Link, lambda _, packet: heard.append(bytes(packet)))
        _, link = await asyncio.get_running_loop().create_connection(take, sock=ours)
        poller = Poller(SystemClock(), lambda _: 0.0)
        with monkeypatch.context() as patch:
            patch.setattr(poller._selector, "register", refuse)
            link.be_read_by(poller)
        camera.send(encode_interleaved(0, b"a picture"))
        await eventually_async(lambda: heard == [b"a picture"])
        link.end(StreamError("done", PictureState.NO_PACKETS))
