"""What our own client does not read, through FFmpeg's demuxers: other codecs, HTTP, HLS, multicast, films.

Each stream is read in a thread of its own, because FFmpeg waits where nobody can call it back. Every wait has a bound,
what it hands over is bounded, and a thread that hangs for all that is left alone: it keeps neither the node from ending
nor, since there is never a second one for the same stream, memory from being bounded.
"""

import asyncio
import contextlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

import av
from av.codec.context import CodecContext
from av.container import InputContainer
from av.video.stream import VideoStream
from msgspec import Struct

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.rtsp.authentication import Credentials
from videowall.capture.rtsp.assembly import MAX_UNIT_BYTES, AccessUnit
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.player import Listener
from videowall.picture import MOST_PIXELS

OPEN_TIMEOUT_S = 6.0
READ_TIMEOUT_S = 2.5
_CLOSE_S = 0.5
_PENDING = 64
_MAX_EXTRADATA_BYTES = 100_000
"""Parameter sets are a hundredth of that."""
_LAG_S = 2.0
"""A film whose times jump by more than this goes on from where it is."""
_CODECS = frozenset({"h264", "hevc", "mjpeg", "mpeg4", "mpeg2video", "mpeg1video", "h263", "vp8", "vp9", "av1"})
_ANNEX_B = {"h264": "h264_mp4toannexb", "hevc": "hevc_mp4toannexb"}
_PROTOCOLS = {
    "rtsp": "rtsp,rtp,udp,tcp",
    "rtsps": "rtsps,rtsp,rtp,udp,tcp,tls,crypto",
    "http": "http,tcp",
    "https": "https,http,tls,tcp,crypto",
    "film": "file",
}
"""What a source may make FFmpeg open, so that a playlist of a camera names no file of this machine."""
_FORMATS = "rtsp,sdp,rtp,mpjpeg,mjpeg,hls,mpegts,mpeg,mov,mp4,matroska,webm,flv,avi,h264,hevc,m4v"
_PACED = ("hls", "film")
"""Sources that give pictures faster than they were taken."""
SCHEMES = frozenset(_PROTOCOLS)
FFMPEG = "ffmpeg"


class Place(Struct, frozen=True):
    """What FFmpeg is told to open. Its repr shows no password."""

    scheme: str
    target: str
    protocols: str

    def __repr__(self) -> str:
        return f"Place({self.scheme})"


def find_place(url: str, credentials: Credentials | None, films: Path | None) -> Place:
    """Where a URL leads. film:NAME is a file of the films' folder, played over and over.

    Raises:
        StreamError: it is of no kind that may be opened, or leads out of the folder.
    """
    try:
        parts = urlsplit(url)
        scheme, host, port = parts.scheme, parts.hostname, parts.port
    except ValueError:
        parts, scheme, host, port = urlsplit(""), "", None, None
    if scheme == "film":
        return Place(scheme, str(_film(parts.path, films)), _PROTOCOLS[scheme])
    if scheme not in _PROTOCOLS or not host or parts.username or not (url.isascii() and url.isprintable()):
        raise StreamError(
            "not an address that can be opened",
            PictureState.NOT_FOUND,
            mend="Correct the stream's URL in the camera's birth; credentials belong in the secrets file",
        )
    netloc = (f"[{host}]" if ":" in host else host) + (f":{port}" if port else "")
    if credentials is not None:
        netloc = f"{quote(credentials.user, safe='')}:{quote(credentials.password, safe='')}@{netloc}"
    return Place(scheme, parts._replace(netloc=netloc).geturl(), _PROTOCOLS[scheme])


class Demuxer:
    """One attempt at one stream, as `videowall.capture.rtsp.player.Player` is one. Belongs to an event loop."""

    def __init__(self, place: Place, clock: Clock, listener: Listener) -> None:
        self._place = place
        self._clock = clock
        self._listener = listener
        self._loop = asyncio.get_running_loop()
        self._playing: asyncio.Future[None] = self._loop.create_future()
        self._ended: asyncio.Future[StreamError] = self._loop.create_future()
        self._outcomes: set[asyncio.Future[Any]] = {self._playing, self._ended}
        self._stop = threading.Event()
        self._room = threading.BoundedSemaphore(_PENDING)
        self._thread = threading.Thread(target=self._run, name=f"demux {place.scheme}", daemon=True)

    carrier = FFMPEG
    """How packets come, beside the ways that our own client knows."""

    @property
    def is_reading(self) -> bool:
        """Whether the thread still runs; after `close` it may, for as long as FFmpeg hangs."""
        return self._thread.is_alive()

    async def open(self) -> None:
        """Start reading and wait for the first picture.

        Raises:
            StreamError: none came in time, or nothing there can be read.
        """
        try:
            self._thread.start()
        except RuntimeError as error:
            raise StreamError("this machine has no thread left to read in", PictureState.REFUSED) from error
        limit_s = OPEN_TIMEOUT_S + READ_TIMEOUT_S
        await asyncio.wait(self._outcomes, timeout=limit_s, return_when=asyncio.FIRST_COMPLETED)
        if self._ended.done():
            raise self._ended.result()
        if not self._playing.done():
            raise StreamError(f"no picture after {limit_s:g} s", PictureState.NO_PACKETS)

    async def watch(self) -> None:
        """Hand out pictures until the stream ends.

        Raises:
            StreamError: always, with the reason.
        """
        await asyncio.wait({self._ended})
        raise self._ended.result()

    async def close(self) -> None:
        """Stop reading; a thread that does not stop soon is left to its time-outs."""
        self._stop.set()
        if self._thread.ident is not None:
            # Where there is no thread left to wait in, it is not waited for.
            with contextlib.suppress(RuntimeError):
                await asyncio.to_thread(self._thread.join, _CLOSE_S)

    def _run(self) -> None:
        # What nobody expected ends the thread, is said by it, and ends the stream all the same.
        error = StreamError("what is there cannot be read", PictureState.CANNOT_DECODE)
        try:
            self._read()
            error = StreamError("the stream has ended", PictureState.NO_PACKETS)
        except StreamError as raised:
            error = raised
        except (av.FFmpegError, OSError, ValueError, RuntimeError) as raised:
            # FFmpeg's own texts may hold the password.
            error = StreamError(f"FFmpeg: {type(raised).__name__}", _state_of(raised))
        finally:
            self._post(lambda: self._ended.set_result(error), needs_room=False)

    def _read(self) -> None:
        place = self._place
        options = {
            "protocol_whitelist": place.protocols,
            "format_whitelist": _FORMATS,
            "max_redirects": "0",
            "rtsp_flags": "prefer_tcp",
            "allowed_media_types": "video",
            "analyzeduration": "2000000",
            "probesize": "1000000",
            # For the decoders by which FFmpeg looks at the first pictures, here where no child could be ended for it.
            "max_pixels": str(MOST_PIXELS),
        }
        with av.open(place.target, "r", options=options, timeout=(OPEN_TIMEOUT_S, READ_TIMEOUT_S)) as container:
            if not container.streams.video:
                raise StreamError("no video in it", PictureState.CANNOT_DECODE)
            stream = container.streams.video[0]
            codec = _codec_of(stream)
            if codec not in _CODECS:
                raise StreamError(f"video of a kind that is not shown: {codec[:20]}", PictureState.CANNOT_DECODE)
            extradata = bytes(stream.codec_context.extradata or b"")
            if len(extradata) > _MAX_EXTRADATA_BYTES:
                raise StreamError("its description is too large", PictureState.CANNOT_DECODE)
            self._post(lambda: self._listener.begin(codec, extradata))
            is_paced = place.scheme in _PACED or container.format.name in _PACED
            pace = _Pace(self._clock, self._stop) if is_paced else None
            for coded in self._packets(container, stream):
                if pace is not None:
                    pace.wait(coded.at_s)
                if self._stop.is_set():
                    return
                unit = AccessUnit(coded.data, coded.key, coded.gap, coded.ticks, self._clock.monotonic_s())
                self._post(lambda unit=unit: self._give(unit))  # type: ignore[misc]  # the default binds the loop's variable

    def _packets(self, container: InputContainer, stream: VideoStream) -> Iterator["_Coded"]:
        """The packets of a stream, of a film without end. Those that are too large for a picture are left out."""
        name = _ANNEX_B.get(stream.codec_context.name, "")
        extradata = bytes(stream.codec_context.extradata or b"")
        # Only the length-prefixed form of files begins with a version 1.
        filtering = av.BitStreamFilterContext(name, stream) if name and extradata[:1] == b"\1" else None
        gap = is_new = True
        while is_new:
            is_new = False
            for packet in container.demux(stream):
                if not packet.size:
                    continue
                ticks, base = packet.dts if packet.dts is not None else packet.pts, packet.time_base
                at_s = float(ticks * base) if ticks is not None and base is not None else None
                gap = gap or packet.is_corrupt
                if packet.size > MAX_UNIT_BYTES:
                    gap = True
                    self._post(self._lose)
                    continue
                # The filter empties what it is given.
                for piece in filtering.filter(packet) if filtering is not None else (packet,):
                    yield _Coded(bytes(piece), piece.is_keyframe, gap, (ticks or 0) & 0xFFFF_FFFF, at_s)
                    gap, is_new = False, True
            if self._place.scheme != "film":
                return
            container.seek(0)
            if filtering is not None:
                filtering.flush()
            gap = True

    def _lose(self) -> None:
        self._listener.hear(0, 1)

    def _give(self, unit: AccessUnit) -> None:
        if not self._playing.done():
            self._playing.set_result(None)
        self._listener.hear(len(unit.data), 0)
        self._listener.give(unit)

    def _post(self, work: Callable[[], object], *, needs_room: bool = True) -> None:
        """Have the event loop do something; waits while it is behind, and gives up with the stream."""

        def run() -> None:
            if needs_room:
                self._room.release()
            if not self._stop.is_set():
                work()

        while needs_room and not self._room.acquire(timeout=0.25):
            if self._stop.is_set():
                return
        with contextlib.suppress(RuntimeError):
            # The loop has been closed: nobody listens any more.
            self._loop.call_soon_threadsafe(run)


class _Coded(NamedTuple):
    data: bytes
    key: bool
    gap: bool
    ticks: int
    at_s: float | None


class _Pace:
    """Lets pictures go at the pace of their own times."""

    def __init__(self, clock: Clock, stop: threading.Event) -> None:
        self._clock = clock
        self._stop = stop
        self._zero_s: float | None = None

    def wait(self, at_s: float | None) -> None:
        """Wait until a picture of this time is due."""
        if at_s is None:
            return
        now_s = self._clock.monotonic_s()
        wait_s = 0.0 if self._zero_s is None else self._zero_s + at_s - now_s
        if self._zero_s is None or abs(wait_s) > _LAG_S:
            self._zero_s, wait_s = now_s - at_s, 0.0
        if wait_s > 0:
            self._stop.wait(wait_s)


def _film(name: str, films: Path | None) -> Path:
    if films is None or not name.isprintable():
        raise StreamError("no folder of films is set", PictureState.NOT_FOUND, mend="Set [wall] films")
    try:
        folder = films.resolve()
        path = (folder / name.lstrip("/")).resolve()
        is_there = path.is_relative_to(folder) and path.is_file()
    except (OSError, RuntimeError, ValueError) as error:
        # A name too long for a file, or links that lead to each other.
        raise StreamError("no such film in the folder", PictureState.NOT_FOUND) from error
    if not is_there:
        raise StreamError("no such film in the folder", PictureState.NOT_FOUND)
    return path


def _codec_of(stream: VideoStream) -> str:
    """Its name; there is no context where FFmpeg has no decoder for it."""
    context: CodecContext | None = stream.codec_context
    return context.name if context is not None else "unknown"


def _state_of(error: Exception) -> PictureState:
    match error:
        case av.error.HTTPUnauthorizedError() | av.error.HTTPForbiddenError():
            return PictureState.BAD_CREDENTIALS
        case av.error.HTTPNotFoundError() | FileNotFoundError():
            return PictureState.NOT_FOUND
        case av.error.HTTPServerError() | av.error.HTTPTooManyRequestsError():
            return PictureState.NO_FREE_SESSION
        case av.error.ExitError() | av.error.EOFError() | TimeoutError():
            return PictureState.NO_PACKETS
        case av.error.InvalidDataError():
            return PictureState.CANNOT_DECODE
        case _:
            return PictureState.REFUSED
