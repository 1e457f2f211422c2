"""A hardware encoder as the wall uses one, and the guard that leaves it for software when it fails or lies."""

from collections.abc import Callable
from fractions import Fraction
from typing import Final

import av
import structlog
from av.video.codeccontext import VideoCodecContext

from videowall.encoding.encoder import Coded, encode_canvas
from videowall.encoding.rendition import CanvasEncoder, MakeEncoder
from videowall.hardware.kinds import EncoderCandidate, open_device
from videowall.hardware.likeness import LEAST_LIKENESS_DB, likeness_db, luma_of
from videowall.picture import Plane
from videowall.plan import Canvas

_BUFFER_S: Final = 0.5
_LOOK_EVERY: Final = 16
"""One key frame in so many is decoded and compared with what was encoded."""
_MOST_SILENT: Final = 3
_log = structlog.get_logger(__name__)


class HardwareEncoder:
    """One stream of one hardware encoder.

    Raises:
        FFmpegError, ValueError: the machine has no such hardware, or it is busy.
    """

    def __init__(self, candidate: EncoderCandidate, canvas: Canvas, bitrate_kbps: int, key_frame_s: float) -> None:
        device = open_device(candidate.device) if candidate.device else None
        context = av.CodecContext.create(candidate.name, "w", hwaccel=device)
        if not isinstance(context, VideoCodecContext):
            message = f"{candidate.name} encodes no video"
            raise ValueError(message)  # noqa: TRY004 - an encoder like others that are not there
        rate = Fraction(canvas.fps).limit_denominator(1001)
        context.width, context.height = canvas.width, canvas.height
        context.pix_fmt = "yuv420p"
        context.framerate, context.time_base = rate, 1 / rate
        context.bit_rate = bitrate_kbps * 1000
        context.gop_size = max(1, round(canvas.fps * key_frame_s))
        context.options = {
            "maxrate": str(bitrate_kbps * 1000),
            "bufsize": str(round(bitrate_kbps * 1000 * _BUFFER_S)),
            **candidate.options,
        }
        context.open()
        self._context = context

    def encode(self, buffer: Plane, index: int, encoded_at: float, *, key: bool) -> Coded | None:
        """As `videowall.encoding.encoder.Encoder.encode`."""
        return encode_canvas(self._context, buffer, index, encoded_at, key=key)


class GuardedEncoder:
    """Hardware as long as it works: an error, silence, or a key frame that shows something else ends its use.

    The picture at which that is noticed is encoded by software, as a key frame; no viewer waits for it.
    `on_failure` is told the reason, once.
    """

    def __init__(
        self, hardware: CanvasEncoder, make_software: Callable[[], CanvasEncoder], on_failure: Callable[[str], None]
    ) -> None:
        self._encoder = hardware
        self._make_software = make_software
        self._on_failure = on_failure
        self._is_hardware = True
        self._silent = 0
        self._keys = 0

    def encode(self, buffer: Plane, index: int, encoded_at: float, *, key: bool) -> Coded | None:
        """As `videowall.encoding.encoder.Encoder.encode`."""
        if not self._is_hardware:
            return self._encoder.encode(buffer, index, encoded_at, key=key)
        try:
            coded = self._encoder.encode(buffer, index, encoded_at, key=key)
            reason = self._fault_of(coded, buffer)
        except (av.FFmpegError, ValueError, OSError) as error:
            coded, reason = None, f"it failed: {type(error).__name__}"
        if reason is None:
            return coded
        self._is_hardware = False
        self._on_failure(reason)
        self._encoder = self._make_software()
        return self._encoder.encode(buffer, index, encoded_at, key=True)

    def _fault_of(self, coded: Coded | None, buffer: Plane) -> str | None:
        if coded is None:
            self._silent += 1
            return "it gives no pictures" if self._silent >= _MOST_SILENT else None
        self._silent = 0
        frame, sets = coded
        if not frame.key:
            return None
        if sets is None:
            return "its key frames lack parameter sets"
        self._keys += 1
        if self._keys % _LOOK_EVERY != 1:
            return None
        shown = luma_of(frame.data)
        height = buffer.shape[0] * 2 // 3
        if shown is None or likeness_db(shown, buffer[:height]) < LEAST_LIKENESS_DB:
            return "its pictures are not what was encoded"
        return None


class EncoderMaker:
    """Makes guarded hardware encoders while a candidate is believed, and software ones otherwise.

    `believed` is set, from any thread, once a candidate has passed its trial; a failure at run time takes it away for
    as long as the process runs.
    """

    def __init__(self, software: MakeEncoder) -> None:
        self.believed: EncoderCandidate | None = None
        self.failures_total = 0
        self._software = software

    def __call__(self, canvas: Canvas, bitrate_kbps: int, key_frame_s: float) -> CanvasEncoder:
        """An encoder for one stream."""
        candidate = self.believed
        if candidate is None:
            return self._software(canvas, bitrate_kbps, key_frame_s)
        try:
            hardware = HardwareEncoder(candidate, canvas, bitrate_kbps, key_frame_s)
        except (av.FFmpegError, ValueError, OSError) as error:
            self._disbelieve(candidate, f"it does not open: {type(error).__name__}")
            return self._software(canvas, bitrate_kbps, key_frame_s)
        return GuardedEncoder(
            hardware,
            lambda: self._software(canvas, bitrate_kbps, key_frame_s),
            lambda reason: self._disbelieve(candidate, reason),
        )

    def _disbelieve(self, candidate: EncoderCandidate, reason: str) -> None:
        self.failures_total += 1
        self.believed = None
        _log.warning("the hardware encoder is left for software", encoder=candidate.name, reason=reason)
