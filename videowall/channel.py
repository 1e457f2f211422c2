"""One stream of one camera inside the wall: packets in at one end, scaled pictures out at the other.

The event loop feeds it, one decoding thread at a time works on it, the composer reads the slots it fills.
"""

import threading
from collections import deque
from collections.abc import Callable

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.model import DeviceKey, StreamRole
from videowall.decoder import Decoder, OpenDecoder, PictureDecoder
from videowall.health import FROZEN_S, Facts, Probe, judge
from videowall.intake import Intake
from videowall.picture import Planes
from videowall.quality.inspector import Inspector
from videowall.quality.likeness import Reference
from videowall.quality.pace import Pace
from videowall.rtsp.assembly import AccessUnit
from videowall.rtsp.stream import CameraStream
from videowall.slot import Slot

_RATE_SAMPLES = 50


class Channel:
    """A stream with its decoder. `schedule` is called when there is something to decode."""

    def __init__(
        self,
        key: DeviceKey,
        role: StreamRole,
        clock: Clock,
        schedule: Callable[["Channel"], None],
        references: tuple[Reference, ...] = (),
        open_decoder: OpenDecoder = Decoder,
    ) -> None:
        self.key = key
        self.role = role
        self.intake = Intake()
        self.stream: CameraStream | None = None
        """Set by whoever runs the stream."""
        self.last: Planes | None = None
        """The newest decoded picture, full size."""
        self.slots: tuple[Slot, ...] = ()
        """The tiles that this stream fills now."""
        self.inspector = Inspector(references)
        self.pace = Pace()
        self.decode_errors_total = 0
        self.decoded_total = 0
        self._clock = clock
        self._schedule = schedule
        self._probe = Probe()
        self._open_decoder = open_decoder
        self._decoder: PictureDecoder | None = None
        self._codec, self._extradata = "", b""
        self._renew = False
        self._in_session = False
        self._picture_s: float | None = None
        self._times_s: deque[float] = deque(maxlen=_RATE_SAMPLES)
        self._lock = threading.Lock()
        self._scheduled = False

    def begin_session(self, codec: str, extradata: bytes) -> None:
        """A new session has begun: the decoder of that name starts anew."""
        self._codec, self._extradata = codec, extradata
        self.intake.clear()
        self._in_session = False
        self._renew = True

    def feed(self, unit: AccessUnit) -> None:
        """Queue a picture for decoding."""
        self.pace.see(unit.arrival_s, key=unit.key)
        if not self.intake.put(unit):
            return
        with self._lock:
            if self._scheduled:
                return
            self._scheduled = True
        self._schedule(self)

    def show_on(self, slots: tuple[Slot, ...]) -> None:
        """Fill these slots from now on; new ones get the newest picture at once, so no tile begins empty."""
        if self.last is not None and self._picture_s is not None:
            for slot in slots:
                if slot not in self.slots:
                    slot.offer(self.last, self._picture_s)
        self.slots = slots

    def work(self) -> bool:
        """Decode and scale one picture, in a decoding thread; True when more is waiting."""
        unit = self.intake.take(self._clock.monotonic_s())
        if unit is not None:
            self._decode(unit)
        with self._lock:
            self._scheduled = len(self.intake) > 0
            return self._scheduled

    @property
    def is_showing(self) -> bool:
        """Whether pictures of the running session have come out."""
        return self._in_session and self.stream is not None and self.stream.failure is None

    @property
    def state(self) -> PictureState:
        """What may be said of this stream's picture now."""
        now_s = self._clock.monotonic_s()
        stream = self.stream
        packet_s = stream.last_packet_s if stream else None
        return judge(
            Facts(
                failure=stream.failure if stream else None,
                packet_age_s=None if packet_s is None else now_s - packet_s,
                picture_age_s=self.picture_age_s,
                picture_in_session=self._in_session,
                errors_in_row=self._decoder.errors_in_row if self._decoder else 0,
                frozen_s=self._probe.frozen_s,
                fault=self.inspector.verdict.fault,
            )
        )

    @property
    def picture_age_s(self) -> float | None:
        """Since the packets of the newest decoded picture arrived."""
        return None if self._picture_s is None else self._clock.monotonic_s() - self._picture_s

    @property
    def trouble_age_s(self) -> float | None:
        """For how long the picture cannot be relied on: its age, or since when it is the same, or faulty."""
        age_s, now_s = self.picture_age_s, self._clock.monotonic_s()
        if age_s is None:
            return None
        frozen_s, verdict = self._probe.frozen_s, self.inspector.verdict
        still_s = frozen_s if frozen_s >= FROZEN_S else 0.0
        return max(age_s, still_s, 0.0 if verdict.fault is None else now_s - verdict.since_s)

    @property
    def frozen_share(self) -> float:
        """How near the picture is to being called frozen, 0 to 1."""
        return min(1.0, self._probe.frozen_s / FROZEN_S)

    @property
    def fps(self) -> float:
        """Pictures decoded a second, lately."""
        times = tuple(self._times_s)
        if len(times) < 2 or self._clock.monotonic_s() - times[-1] > _RATE_SAMPLES / 10:
            return 0.0
        return (len(times) - 1) / max(1e-3, times[-1] - times[0])

    @property
    def dropped_total(self) -> int:
        """Pictures dropped on the way to this wall's tiles."""
        return self.intake.dropped_total

    def _decode(self, unit: AccessUnit) -> None:
        if self._renew or self._decoder is None:
            self._renew = False
            self._decoder = self._open_decoder(self._codec, self._extradata)
            self._probe.reset(self._clock.monotonic_s())
        errors_before = self._decoder.errors_total
        planes = self._decoder.decode(unit)
        self.decode_errors_total += self._decoder.errors_total - errors_before
        if planes is None:
            return
        for slot in self.slots:
            slot.offer(planes, unit.arrival_s)
        self.last = planes
        self._picture_s = unit.arrival_s
        self._in_session = True
        self.decoded_total += 1
        self._times_s.append(unit.arrival_s)
        now_s = self._clock.monotonic_s()
        self._probe.look(planes, now_s, key=unit.key)
        self.inspector.look(planes, now_s)
