"""Hardware decoders for large streams: few, each watched, each replaced by software when it fails or lies."""

import weakref
from collections.abc import Callable
from functools import partial
from typing import Final

import av
import structlog
from av.codec.context import Flags
from av.video.codeccontext import VideoCodecContext

from sensors.model import StreamRole
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.decoding.decoder import Decoder, OpenDecoder, PictureDecoder
from videowall.decoding.packet import packet_of
from videowall.decoding.thrift import Thrift
from videowall.hardware.kinds import DecoderCandidate, open_device
from videowall.hardware.likeness import LEAST_LIKENESS_DB, likeness_db
from videowall.picture import MOST_PIXELS, Planes, planes_of

_CODECS: Final = frozenset({"h264", "hevc"})
_log = structlog.get_logger(__name__)


class HardwareDecoder:
    """One stream's pictures through a device; errors are raised, not counted.

    Raises:
        FFmpegError, ValueError: the device is not there, or does not decode this.
    """

    def __init__(self, candidate: DecoderCandidate, codec: str, extradata: bytes = b"") -> None:
        context = av.CodecContext.create(codec, "r", hwaccel=open_device(candidate.device))
        if not isinstance(context, VideoCodecContext):
            message = f"{codec} is not a video codec"
            raise ValueError(message)  # noqa: TRY004 - a decoder like others that are not there
        context.flags |= Flags.low_delay
        if extradata:
            context.extradata = extradata
        context.options = {"max_pixels": str(MOST_PIXELS)}
        self._context = context

    def decode(self, unit: AccessUnit) -> Planes | None:
        """The newest picture that a unit completes, or None."""
        if unit.gap:
            self._context.flush_buffers()
        frames = self._context.decode(packet_of(unit.data))
        return planes_of(frames[-1]) if frames else None


class GuardedDecoder:
    """Hardware until its first error, or until its first key frame shows something else than software's.

    Then software goes on from the next key frame, and `on_failure` is told the reason, once.
    """

    def __init__(
        self,
        hardware: HardwareDecoder,
        open_software: Callable[[], PictureDecoder],
        on_failure: Callable[[str], None],
    ) -> None:
        self._hardware: HardwareDecoder | None = hardware
        self._software = open_software()
        self._on_failure = on_failure
        self._wants_look = True
        self._wants_key = False

    @property
    def errors_total(self) -> int:
        """See `PictureDecoder`; what the hardware did wrong is not the camera's fault."""
        return self._software.errors_total

    @property
    def errors_in_row(self) -> int:
        """See `PictureDecoder`."""
        return self._software.errors_in_row

    def decode(self, unit: AccessUnit) -> Planes | None:
        """The newest picture that a unit completes, or None."""
        hardware = self._hardware
        if hardware is not None:
            try:
                planes = hardware.decode(unit)
            except (av.FFmpegError, ValueError, OSError) as error:
                self._leave(f"it failed: {type(error).__name__}")
            else:
                if not (self._wants_look and unit.key):
                    return planes
                self._wants_look = False
                meant = self._software.decode(unit)
                if meant is None or planes is None or likeness_db(planes.y, meant.y) >= LEAST_LIKENESS_DB:
                    return planes
                self._leave("its pictures are not what was coded")
                self._wants_key = False
                return meant
        if self._wants_key and not unit.key:
            return None
        self._wants_key = False
        return self._software.decode(unit)

    def _leave(self, reason: str) -> None:
        self._hardware = None
        self._wants_key = True
        self._on_failure(reason)


class DecoderMaker:
    """Makes guarded hardware decoders for main streams, at most `most` at a time, while a candidate is believed."""

    def __init__(self, most: int) -> None:
        self.believed: DecoderCandidate | None = None
        self.failures_total = 0
        self._most = most
        self._running: weakref.WeakSet[HardwareDecoder] = weakref.WeakSet()

    def opener(self, role: StreamRole) -> OpenDecoder:
        """What opens the decoders of a stream. Small streams are cheaper in software than on their way to a device."""
        return Decoder if role is not StreamRole.MAIN else self._open

    def _open(self, codec: str, extradata: bytes, thrift: Thrift) -> PictureDecoder:
        candidate, open_software = self.believed, partial(Decoder, codec, extradata, thrift)
        if candidate is None or codec not in _CODECS or len(self._running) >= self._most:
            return open_software()
        try:
            hardware = HardwareDecoder(candidate, codec, extradata)
        except (av.FFmpegError, ValueError, OSError) as error:
            self._disbelieve(candidate, f"it does not open: {type(error).__name__}")
            return open_software()
        self._running.add(hardware)
        return GuardedDecoder(hardware, open_software, lambda reason: self._disbelieve(candidate, reason))

    def _disbelieve(self, candidate: DecoderCandidate, reason: str) -> None:
        self.failures_total += 1
        if self.believed is not None:
            _log.warning("the hardware decoder is left for software", decoder=candidate.device, reason=reason)
        self.believed = None
