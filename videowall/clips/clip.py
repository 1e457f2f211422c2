"""Coded pictures as an MP4 file, as they came or, where something of them is masked, encoded anew without it. Pure."""

import io
from collections.abc import Iterator
from datetime import datetime
from fractions import Fraction
from itertools import pairwise
from typing import Final, cast

import av
import numpy as np
from av.container import OutputContainer
from av.video.codeccontext import VideoCodecContext
from av.video.stream import VideoStream

from sensors.errors import UnavailableError
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.composing.mask import Burner
from videowall.decoding.decoder import Decoder
from videowall.encoding.broadcast import CLOCK_RATE_HZ
from videowall.picture import Planes
from videowall.plan import Mask

CODECS: Final = frozenset({"h264", "hevc"})
_TIME_BASE: Final = Fraction(1, CLOCK_RATE_HZ)
_MOST_APART_S: Final = 1.0
"""A time stamp that says something else than the arrival by so much begins a new count."""
_SHORTEST_90K: Final = 90
_START_CODES: Final = (b"\0\0\1", b"\0\0\0\1")
_QUALITY: Final = "21"


def make_clip(codec: str, extradata: bytes, units: tuple[AccessUnit, ...], begun: datetime, title: str) -> bytes:
    """The units, which begin with a key frame, with their own time stamps; `begun` is when the first was taken.

    Raises:
        UnavailableError: there are none, or they are of a codec that cannot be put into the file.
    """
    if not units or codec not in CODECS:
        raise UnavailableError(f"no clip can be made of {codec or 'nothing'}", subject=title)
    prefix = extradata if extradata.startswith(_START_CODES) else b""
    # The file's head says how large pictures are, which the first tells most surely.
    first = Decoder(codec, extradata).decode(units[0])
    if first is None:
        raise UnavailableError("its key frame cannot be decoded", subject=title)
    buffer = io.BytesIO()
    with _open(buffer, begun, title) as container:
        stream = container.add_mux_stream(codec, time_base=_TIME_BASE, width=first.width, height=first.height)
        presented = presentation_times(units)
        decoded = decoding_times(presented)
        steps = [after - before for before, after in pairwise(decoded)]
        for number, unit in enumerate(units):
            packet = av.Packet(prefix + unit.data if number == 0 else unit.data)
            packet.stream = stream
            packet.pts, packet.dts = presented[number], decoded[number]
            packet.duration = steps[number] if number < len(steps) else _usual(steps)
            packet.time_base = _TIME_BASE
            packet.is_keyframe = unit.key
            container.mux_one(packet)
    return buffer.getvalue()


def make_masked_clip(
    codec: str, extradata: bytes, units: tuple[AccessUnit, ...], begun: datetime, title: str, masks: tuple[Mask, ...]
) -> bytes:
    """The same as H.264, decoded and encoded anew so that nothing that is masked is in it.

    Raises:
        UnavailableError: nothing of it can be decoded.
    """
    buffer = io.BytesIO()
    with _open(buffer, begun, title) as container:
        stream: VideoStream | None = None
        for pts, planes in _masked(codec, extradata, units, masks):
            even = Planes(planes.y[: planes.height & ~1, : planes.width & ~1], planes.u, planes.v)
            if stream is None:
                stream = _encoder(container, even.width, even.height)
            if (even.width, even.height) == (stream.width, stream.height):
                frame = av.VideoFrame.from_numpy_buffer(_packed(even), format="yuv420p")
                frame.pts, frame.time_base = pts, _TIME_BASE
                container.mux(stream.encode(frame))
        if stream is None:
            raise UnavailableError("nothing of it can be decoded", subject=title)
        container.mux(stream.encode(None))
    return buffer.getvalue()


def presentation_times(units: tuple[AccessUnit, ...]) -> list[int]:
    """When each is shown, in 1/90000 s from the first: by the camera's own clock, across sessions by the arrival."""
    times: list[int] = []
    offset, before = 0, units[0]
    for unit in units:
        arrived_90k = round((unit.arrival_s - units[0].arrival_s) * CLOCK_RATE_HZ)
        time = offset + _signed(unit.rtp_timestamp - units[0].rtp_timestamp)
        if abs((time - arrived_90k) / CLOCK_RATE_HZ) > _MOST_APART_S:
            after = times[-1] + _SHORTEST_90K if times else 0
            step_90k = round((unit.arrival_s - before.arrival_s) * CLOCK_RATE_HZ)
            target = max(after, (times[-1] if times else 0) + step_90k)
            offset += target - time
            time = target
        times.append(time)
        before = unit
    return times


def decoding_times(presented: list[int]) -> list[int]:
    """When each is decoded: growing, and never after it is shown, in pictures that come in decoding order."""
    ordered = sorted(presented)
    late = max(early - shown for early, shown in zip(ordered, presented, strict=True))
    times: list[int] = []
    for time in ordered:
        decoded = time - late
        times.append(decoded if not times or decoded > times[-1] else times[-1] + 1)
    return times


def _masked(
    codec: str, extradata: bytes, units: tuple[AccessUnit, ...], masks: tuple[Mask, ...]
) -> Iterator[tuple[int, Planes]]:
    decoder, burner = Decoder(codec, extradata), Burner(masks)
    # A picture comes out when it is complete, which in order of showing is one time after the other.
    times = iter(sorted(presentation_times(units)))
    for unit in units:
        planes = decoder.decode(unit)
        if planes is not None:
            yield next(times), burner.burn(planes)


def _open(buffer: io.BytesIO, begun: datetime, title: str) -> OutputContainer:
    container = av.open(buffer, "w", format="mp4")
    container.metadata["creation_time"] = begun.isoformat(timespec="milliseconds")
    container.metadata["title"] = title
    return container


def _encoder(container: OutputContainer, width: int, height: int) -> VideoStream:
    options = {"preset": "veryfast", "crf": _QUALITY, "tune": "zerolatency"}
    stream = container.add_stream("libx264", rate=25, options=options)
    stream.width, stream.height, stream.pix_fmt = width, height, "yuv420p"
    context = stream.codec_context
    if isinstance(context, VideoCodecContext):
        context.time_base = _TIME_BASE
        context.thread_count = 1
        context.gop_size = 50
    return stream


def _packed(planes: Planes) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    half = planes.height // 2, planes.width // 2
    flat = np.concatenate([planes.y.reshape(-1), *(p[: half[0], : half[1]].reshape(-1) for p in (planes.u, planes.v))])
    return cast("np.ndarray[tuple[int, int], np.dtype[np.uint8]]", flat.reshape(planes.height * 3 // 2, planes.width))


def _usual(steps: list[int]) -> int:
    return sorted(steps)[len(steps) // 2] if steps else CLOCK_RATE_HZ // 25


def _signed(ticks: int) -> int:
    """The shorter way round the 32 bits of an RTP time stamp."""
    return ((ticks + 0x8000_0000) & 0xFFFF_FFFF) - 0x8000_0000
