"""A short film with a stamp in every frame, really encoded and cut into RTP packets by FFmpeg's muxer."""

import base64
from enum import Enum
from fractions import Fraction
from functools import cache
from typing import NamedTuple, cast

import av
import numpy as np
from av.codec.context import Flags
from av.video.stream import VideoStream
from numpy.typing import NDArray

from sensors.stamp import Stamp, blocks

WIDTH, HEIGHT, FPS = 320, 180, 25
PAYLOAD_TYPE = 96
CAMERA = 7


class Coding(Enum):
    """Encoder and encoding name; whether the parameter sets come in the stream, or in the description alone."""

    H264 = ("libx264", "H264", True)
    H264_OUT_OF_BAND = ("libx264", "H264", False)
    H265 = ("libx265", "H265", True)
    H265_OUT_OF_BAND = ("libx265", "H265", False)
    MPEG4 = ("mpeg4", "MP4V-ES", False)
    MJPEG = ("mjpeg", "JPEG", True)

    @property
    def encoding(self) -> str:
        """As an SDP names it."""
        return self.value[1]

    @property
    def in_band(self) -> bool:
        """Whether key frames carry their parameter sets."""
        return self.value[2]


class CodedFilm(NamedTuple):
    """The description, and the RTP packets of every frame."""

    sdp: bytes
    frames: tuple[tuple[bytes, ...], ...]
    key_every: int


@cache
def film(coding: Coding, count: int = 50, key_every: int = 10, packet_bytes: int = 400) -> CodedFilm:
    """`count` frames, each with its number in its stamp; a key frame every `key_every`."""
    sink = _Sink()
    options = {"packetsize": str(packet_bytes), "payload_type": str(PAYLOAD_TYPE), "ssrc": "1", "seq": "0"}
    container = av.open(sink, "w", format="rtp", options={**options, "cname": "film"})
    encoder = coding.value[0]
    stream = cast("VideoStream", container.add_stream(encoder, rate=FPS, options=_options(encoder, coding.in_band)))
    pix_fmt = "yuvj420p" if coding is Coding.MJPEG else "yuv420p"
    stream.width, stream.height, stream.pix_fmt = WIDTH, HEIGHT, pix_fmt
    stream.bit_rate = 400_000
    stream.gop_size = key_every
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = Fraction(1, FPS)
    if not coding.in_band:
        stream.codec_context.flags |= Flags.global_header
    frames: list[tuple[bytes, ...]] = []
    for index in range(count):
        frame = av.VideoFrame.from_numpy_buffer(draw(index), format="yuv420p").reformat(format=pix_fmt)
        frame.pts, frame.time_base = index, Fraction(1, FPS)
        container.mux(stream.encode(frame))
        frames.append(sink.take())
    parameters = _parameters(coding, bytes(stream.codec_context.extradata or b""))
    container.close()
    assert all(frames)
    return CodedFilm(_describe(coding, parameters), tuple(frames), key_every)


def draw(index: int) -> NDArray[np.uint8]:
    """Frame number `index`, planar YUV 4:2:0: a texture that runs to the right under a stamp."""
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    picture = np.full((HEIGHT * 3 // 2, WIDTH), 128, np.uint8)
    picture[:HEIGHT] = 60 + ((columns + 5 * index) * 7 + rows * 3) % 120
    for block in blocks(Stamp(CAMERA, index)):
        left, top = round(block.left * WIDTH), round(block.top * HEIGHT)
        right, bottom = round((block.left + block.width) * WIDTH), round((block.top + block.height) * HEIGHT)
        picture[top:bottom, left:right] = 235 if block.white else 16
    return picture


class _Sink:
    def __init__(self) -> None:
        self._packets: list[bytes] = []

    def write(self, data: bytes) -> int:
        packet = bytes(data)
        if not 192 <= packet[1] <= 223:
            self._packets.append(packet)
        return len(packet)

    def take(self) -> tuple[bytes, ...]:
        taken = tuple(self._packets)
        self._packets.clear()
        return taken

    def close(self) -> None:
        """Nothing to close."""


def _options(encoder: str, in_band: bool) -> dict[str, str]:  # noqa: FBT001 - said by name at the one call
    if encoder == "mjpeg":
        return {"huffman": "default"}
    if encoder == "mpeg4":
        return {}
    usual = {"preset": "ultrafast", "tune": "zerolatency"}
    if encoder == "libx264":
        return {**usual, "forced-idr": "1", "sc_threshold": "0"}
    repeat = int(in_band)
    return {
        **usual,
        "x265-params": f"bframes=0:scenecut=0:pools=none:frame-threads=1:repeat-headers={repeat}:log-level=0",
    }


def _sets(coding: Coding, extradata: bytes) -> list[bytes]:
    """The parameter sets in an encoder's global header, without SEI."""
    if coding.in_band:
        return []
    units = [
        unit.strip(b"\0") for unit in extradata.replace(b"\0\0\0\1", b"\0\0\1").split(b"\0\0\1") if unit.strip(b"\0")
    ]
    if coding.encoding == "H264":
        return [unit for unit in units if unit[0] & 0x1F in {7, 8}]
    return [unit for unit in units if unit[0] >> 1 & 0x3F in {32, 33, 34}]


def _parameters(coding: Coding, extradata: bytes) -> str:
    """What the fmtp line of an SDP says."""
    if coding is Coding.MPEG4:
        return f"profile-level-id=1;config={extradata.hex()}"
    texts = [base64.b64encode(unit).decode() for unit in _sets(coding, extradata)]
    if coding.encoding == "H264":
        return ";".join(["packetization-mode=1", *([f"sprop-parameter-sets={','.join(texts)}"] if texts else [])])
    names = ("sprop-vps", "sprop-sps", "sprop-pps")
    return "; ".join(f"{name}={text}" for name, text in zip(names, texts, strict=False))


def _describe(coding: Coding, parameters: str) -> bytes:
    fmtp = f"a=fmtp:{PAYLOAD_TYPE} {parameters}\r\n" if parameters else ""
    return (
        f"v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=film\r\nc=IN IP4 0.0.0.0\r\nt=0 0\r\na=control:*\r\n"
        f"m=video 0 RTP/AVP {PAYLOAD_TYPE}\r\n"
        f"a=rtpmap:{PAYLOAD_TYPE} {coding.encoding}/90000\r\n{fmtp}a=control:trackID=0\r\n"
    ).encode()
