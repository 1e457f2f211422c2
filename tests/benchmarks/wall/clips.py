"""The cameras' films: sixteen drawn scenes as H.264 High, cut into RTP packets, made once and kept on disk."""

import hashlib
import os
import struct
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple

import av
import cv2
import msgspec
from msgspec import Struct

from sensors.rtsp.rtp import parse_rtp
from simulators.cameras.drawing.film import Film, Shot
from simulators.cameras.encoder import PacketSink
from simulators.cameras.units import parameter_sets
from simulators.cameras.vocabulary import Codec, Lighting, Terrain, View
from videowall.capture.rtsp.assembly import AccessUnit, Assembler
from videowall.capture.rtsp.packing import PACKINGS
from videowall.decoding.decoder import Decoder

SCENES = 16
FPS = 25
FRAMES = 200
GOP = 50
_REVISION = "1"


class Size(NamedTuple):
    """A stream's picture and its bit rate."""

    width: int
    height: int
    bit_rate: int


SUB = Size(640, 360, 512_000)
MAIN = Size(1920, 1080, 4_000_000)
SIZES = {"sub": SUB, "main": MAIN}
DEPARTURE = struct.Struct("=HHd")
"""A frame that left: its camera, which frame of the film it is, and when, monotonic."""


class Reel(Struct, frozen=True):
    """A loop: the packets of each frame, the first a key frame; `sets` are its parameter sets."""

    frames: tuple[tuple[bytes, ...], ...]
    sets: tuple[bytes, ...]


def folder() -> Path:
    """Where films are kept between runs."""
    return Path(os.environ.get("SHEKARA_BENCH_CLIPS") or Path(tempfile.gettempdir()) / "shekara-bench-clips")


def prepare(size: Size) -> None:
    """Have all sixteen films of a size on disk."""
    missing = [scene for scene in range(SCENES) if not _path(scene, size).exists()]
    if not missing:
        return
    folder().mkdir(parents=True, exist_ok=True)
    with ProcessPoolExecutor() as pool:
        for _ in pool.map(_make, missing, [size] * len(missing)):
            pass


def load(scene: int, size: Size) -> Reel:
    """A film that `prepare` has made; the stamps in it name camera `scene` + 1."""
    return msgspec.msgpack.decode(_path(scene, size).read_bytes(), type=Reel)


def decoding_s(size: Size) -> float:
    """What decoding a picture of such a film takes here, in seconds of a processor: the mean of one group of each."""
    spent_s, pictures = 0.0, 0
    for scene in range(SCENES):
        decoder = Decoder("h264")
        units = list(_units(load(scene, size)))
        began_s = time.thread_time()
        pictures += sum(decoder.decode(unit) is not None for unit in units)
        spent_s += time.thread_time() - began_s
    return spent_s / pictures


def _units(reel: Reel) -> Iterator[AccessUnit]:
    assembler = Assembler(PACKINGS["H264"], reel.sets)
    for number, frame in enumerate(reel.frames[:GOP]):
        for packet in filter(None, map(parse_rtp, frame)):
            yield from assembler.take(packet.payload, number, 0.0, marker=packet.marker)


def _make(scene: int, size: Size) -> None:
    cv2.setNumThreads(1)
    views = list(View)
    lighting = Lighting.LAMPS if scene % 8 == 5 else Lighting.DAY
    shot = Shot(scene + 1, views[scene % len(views)], Terrain.PLAIN, scene, lighting, size.width, size.height)
    film, sink = Film(shot), PacketSink()
    container = av.open(
        sink,
        "w",
        format="rtp",
        options={"packetsize": "1428", "payload_type": "96", "ssrc": "1", "seq": "0", "cname": "camera"},
    )
    rate = str(size.bit_rate)
    options = {"preset": "veryfast", "bf": "0", "refs": "1", "profile": "high", "sc_threshold": "0", "forced-idr": "1"}
    limits = {"maxrate": rate, "bufsize": rate, "tune": "zerolatency", "x264-params": "sliced-threads=0"}
    stream = container.add_stream("libx264", rate=FPS, options={**options, **limits})
    stream.width, stream.height, stream.pix_fmt = size.width, size.height, "yuv420p"
    stream.bit_rate = size.bit_rate
    stream.gop_size = GOP
    stream.codec_context.thread_count = 1
    stream.codec_context.time_base = Fraction(1, FPS)
    frames: list[tuple[bytes, ...]] = []
    for number in range(FRAMES):
        frame = av.VideoFrame.from_numpy_buffer(film.draw(number), format="yuv420p")
        frame.pts = number
        frame.time_base = Fraction(1, FPS)
        container.mux(stream.encode(frame))
        frames.append(sink.take())
    container.close()
    made = Reel(tuple(frames), parameter_sets(frames[0], Codec.H264))
    path = _path(scene, size)
    draft = path.with_suffix(f".{os.getpid()}.part")
    draft.write_bytes(msgspec.msgpack.encode(made))
    draft.replace(path)


def _path(scene: int, size: Size) -> Path:
    code = hashlib.sha256(f"{_REVISION} {av.__version__} {GOP} {FRAMES}".encode()).hexdigest()[:8]
    return folder() / f"{code}-{scene}-{size.width}x{size.height}.film"
