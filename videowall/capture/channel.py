"""One stream of one camera inside the wall: packets in at one end, scaled pictures out at the other.

The event loop feeds it, one decoding thread at a time works on it, the composer reads the slots it fills.
"""

import threading
from collections import deque
from collections.abc import Callable

import structlog

from sensors.catalog import PictureState
from sensors.clock import Clock
from sensors.isolation import Isolation
from sensors.model import DeviceKey, StreamRole
from videowall.capture.backlog import Backlog
from videowall.capture.held import Held
from videowall.capture.intake import MAX_AGE_S, Intake
from videowall.capture.rtsp.assembly import AccessUnit
from videowall.capture.rtsp.stream import CameraStream
from videowall.capture.tap import Tap
from videowall.composing.mask import Burner, name_of
from videowall.composing.slot import Slot
from videowall.decoding.decoder import Decoder, OpenDecoder, PictureDecoder
from videowall.decoding.effort import Effort
from videowall.decoding.thrift import PLENTY, Saving, Thrift
from videowall.picture import Planes
from videowall.plan import Mask
from videowall.quality.health import Facts, judge
from videowall.quality.inspector import Inspector
from videowall.quality.likeness import Reference
from videowall.quality.opinion import Opinion
from videowall.quality.pace import Pace
from videowall.quality.probe import FROZEN_S
from videowall.quality.shelf import View

_log = structlog.get_logger(__name__)
_RATE_SAMPLES = 50
_SHOWN_EACH_S = 0.2
"""What is shown is older than what a tile's state is told by, by no more than that: nothing a second old is live."""
_SAMPLE_S = 0.9
"""A little less than a second, so that cameras with a key picture each second are looked at that often."""


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
        masks: tuple[Mask, ...] = (),
    ) -> None:
        self.key = key
        self.role = role
        self.masks = masks
        self.intake = Intake()
        self.stream: CameraStream | None = None
        """Set by whoever runs the stream."""
        self.last: Planes | None = None
        """The newest decoded picture, full size, its masks burned in."""
        self.slots: tuple[Slot, ...] = ()
        """The tiles that this stream fills now."""
        self.taps: tuple[Tap, ...] = ()
        """Who else gets every access unit as it comes; set on the event loop."""
        self.opinion = Opinion(references)
        self.pace = Pace()
        self.saving: Saving = PLENTY
        """What this stream does without now; set on the event loop."""
        self.goes_first = False
        """Whether its pictures are decoded before those of others; set on the event loop."""
        self.spared_total = 0
        """Pictures that were left out for it."""
        self.decoded_total = 0
        self.effort = Effort()
        self._errors = 0
        self._isolation = Isolation()
        self._clock = clock
        self._schedule = schedule
        self._burner = Burner(masks)
        self._open_decoder = open_decoder
        self._decoder: PictureDecoder | None = None
        self._codec, self._extradata = "", b""
        self._renew = False
        self._in_session = False
        self._picture_s: float | None = None
        self._shown_s = float("-inf")
        """When the newest picture arrived that slots were given."""
        self._times_s: deque[float] = deque(maxlen=_RATE_SAMPLES)
        self._lock = threading.Lock()
        self._scheduled = False
        self._rests = False
        self._held = Held()
        self._backlog = Backlog()
        self._rested_s = float("-inf")
        self._key_s = 0.0
        self._judged: AccessUnit | None = None
        self._missing = 0
        """The last picture that was looked at for good, and how many had been left out or dropped before it."""
        self._leaves_out = False
        self._thrift = Thrift.NONE
        """What the decoder does without."""

    def begin_session(self, codec: str, extradata: bytes) -> None:
        """A new session has begun: the decoder of that name starts anew."""
        self.opinion.begin(self._clock.monotonic_s())
        self._codec, self._extradata = codec, extradata
        self.intake.clear()
        self._held.clear()
        self._backlog.begin()
        self.pace.begin()
        self._times_s = deque(maxlen=_RATE_SAMPLES)
        self._in_session = False
        self._renew = True
        for tap in self.taps:
            tap.begin(codec, extradata)

    def tap(self, tap: Tap) -> None:
        """Let another have every access unit from now on, told at once of the session that runs."""
        self.taps = (*self.taps, tap)
        if self._codec:
            tap.begin(self._codec, self._extradata)

    def untap(self, tap: Tap) -> None:
        """No more of it."""
        self.taps = tuple(other for other in self.taps if other is not tap)

    def rest(self, *, rests: bool) -> None:
        """While it rests, key pictures alone are decoded, at most one a second: enough to judge by, not to show.

        What came after the last one is held, so that the newest picture is there as soon as it rests no more. To be
        called again and again: what waits is decoded then, so that many resting channels are looked at together.
        """
        if rests is self._rests:
            if rests:
                self._ask()
            return
        self._rests = rests
        if rests:
            self._held.clear()
        else:
            self.intake.catch_up(self._held.take())
            self._ask()

    def feed(self, unit: AccessUnit) -> None:
        """Queue a picture for decoding, and pass it on."""
        self.pace.see(unit.arrival_s, key=unit.key)
        for tap in self.taps:
            tap.take(unit)
        is_whole = self._backlog.come(unit)
        if self._rests:
            self._held.keep(unit)
            if is_whole:
                self._times_s.append(unit.arrival_s)
            if not self._is_sample(unit):
                return
        if self._is_left_out(unit):
            return
        if is_whole:
            self.effort.come()
        if self.intake.put(unit) and not self._rests:
            self._ask()

    def _ask(self) -> None:
        """Have what waits decoded."""
        with self._lock:
            if self._scheduled or not len(self.intake):
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
            self.effort.begin()
            with self._isolation:
                self._decode(unit)
            self.effort.end()
            if (error := self._isolation.first_failure) is not None:
                self._say(error)
        with self._lock:
            self._scheduled = len(self.intake) > 0
            return self._scheduled

    @property
    def view(self) -> View:
        """This stream as it is judged."""
        return View(self.key, self.role, name_of(self.masks))

    @property
    def is_showing(self) -> bool:
        """Whether pictures of the running session have come out."""
        return self._in_session and self.stream is not None and self.stream.failure is None

    @property
    def inspector(self) -> Inspector:
        """Who looks at this stream's pictures for good."""
        return self.opinion.inspector

    @property
    def state(self) -> PictureState:
        """What may be said of this stream's picture now."""
        return self.opinion.state(self._own_state, self._clock.monotonic_s())

    @property
    def _own_state(self) -> PictureState:
        """What this stream's picture tells itself."""
        now_s = self._clock.monotonic_s()
        stream = self.stream
        packet_s = stream.last_packet_s if stream else None
        return judge(
            Facts(
                failure=stream.failure if stream else None,
                packet_age_s=None if packet_s is None else now_s - packet_s,
                picture_age_s=self._arrived_s_ago,
                late_s=self._late_s,
                owed_s=0.0 if self._rests else self._backlog.owed_s(now_s),
                picture_in_session=self._in_session,
                errors_in_row=(self._decoder.errors_in_row if self._decoder else 0) + self._isolation.failures_in_row,
                frozen_s=self.opinion.frozen_s,
                fault=self.inspector.verdict.fault,
                # Of what comes: where losses leave few pictures whole, those are far apart, and the camera is not slow.
                period_s=self.pace.period_s if self.fps > 0 and self.saving.share >= 1 else 0.0,
            )
        )

    @property
    def picture_age_s(self) -> float | None:
        """Since the newest decoded picture arrived, and by how much it came late where that is known.

        While it rests, of the newest that was passed on.
        """
        since_s = self._arrived_s_ago
        return None if since_s is None else since_s + self._late_s

    @property
    def _arrived_s_ago(self) -> float | None:
        if self._picture_s is None:
            return None
        newest_s = max(self._picture_s, self._backlog.newest_s) if self._rests else self._picture_s
        return self._clock.monotonic_s() - newest_s

    @property
    def _late_s(self) -> float:
        return self.stream.lateness.late_s if self.stream is not None else 0.0

    @property
    def trouble_age_s(self) -> float | None:
        """For how long the picture cannot be relied on: its age, or since when it is the same, or faulty."""
        age_s, now_s = self.picture_age_s, self._clock.monotonic_s()
        if age_s is None:
            return None
        return max(age_s, self.opinion.trouble_s(now_s))

    @property
    def frozen_share(self) -> float:
        """How near the picture is to being called frozen, 0 to 1."""
        return min(1.0, self.opinion.frozen_s / FROZEN_S)

    @property
    def fps(self) -> float:
        """Pictures of this session decoded a second, lately; while it rests, those passed on."""
        times = self._times_s
        count = len(times)
        if count < 2 or self._clock.monotonic_s() - times[-1] > _RATE_SAMPLES / 10:
            return 0.0
        return (count - 1) / max(1e-3, times[-1] - times[0])

    @property
    def decode_errors_total(self) -> int:
        """Units that gave no picture because they could not be decoded, or their picture not be worked on."""
        return self._errors + self._isolation.failures_total

    @property
    def dropped_total(self) -> int:
        """Pictures dropped on the way to this wall's tiles."""
        return self.intake.dropped_total

    def _is_sample(self, unit: AccessUnit) -> bool:
        """Whether a resting channel looks at this picture."""
        if not unit.key or unit.arrival_s - self._rested_s < _SAMPLE_S:
            return False
        self._rested_s = unit.arrival_s
        return True

    def _is_left_out(self, unit: AccessUnit) -> bool:
        """Whether a picture is one that this stream does without; then so are those that follow, to the next key."""
        if unit.key:
            self._key_s = unit.arrival_s
            self._leaves_out = False
            return False
        saving = self.saving
        if saving.share < 1.0 and not self._leaves_out:
            group_s = self.pace.key_interval_s(unit.arrival_s) or 0.0
            self._leaves_out = unit.arrival_s - self._key_s >= saving.share * group_s
        self.spared_total += self._leaves_out
        return self._leaves_out

    def _judge(self, planes: Planes, unit: AccessUnit) -> None:
        """Look at a picture for good; after a rest its last key picture is decoded again, which repeats nothing."""
        if unit is self._judged:
            return
        missing = self.spared_total + self.intake.dropped_total
        self.opinion.look(
            planes,
            self._clock.monotonic_s(),
            key=unit.key,
            skipped=missing != self._missing,
            hidden=self._burner.hidden,
        )
        self._judged, self._missing = unit, missing

    def _is_shown(self, unit: AccessUnit, now_s: float) -> bool:
        """Whether slots get this picture: of old ones that others follow a few, for tiles are judged by all of them."""
        is_old = now_s - unit.arrival_s > MAX_AGE_S and len(self.intake) > 0
        if is_old and unit.arrival_s - self._shown_s < _SHOWN_EACH_S:
            return False
        self._shown_s = unit.arrival_s
        return True

    def _say(self, error: Exception) -> None:
        _log.error("a camera's picture cannot be worked on", camera=f"{self.key} {self.role}", exc_info=error)

    def _decode(self, unit: AccessUnit) -> None:
        thrift = min(self.saving.thrift, Thrift.REFERENCED)
        if self._renew or self._decoder is None:
            self._renew = False
            self.opinion.reset(self._clock.monotonic_s())
            self._decoder = None
        if self._decoder is None or (unit.key and thrift is not self._thrift):
            self._thrift = thrift
            self._decoder = self._open_decoder(self._codec, self._extradata, thrift)
        errors_before = self._decoder.errors_total
        planes = self._decoder.decode(unit)
        self._errors += self._decoder.errors_total - errors_before
        self._backlog.done(unit)
        if planes is None:
            return
        planes = self._burner.burn(planes)
        decoded_s = self._clock.monotonic_s()
        roughly = self._thrift >= Thrift.UNFILTERED
        is_shown = self._is_shown(unit, decoded_s)
        for slot in self.slots if is_shown else ():
            slot.offer(planes, unit.arrival_s, unit.began_s, decoded_s, roughly=roughly)
        self.last = planes
        self._picture_s = unit.arrival_s
        self.decoded_total += 1
        # The event loop may put another in its place meanwhile, with a new session.
        times_s = self._times_s
        if not self._rests and (not times_s or unit.arrival_s > times_s[-1]):
            times_s.append(unit.arrival_s)
        self._judge(planes, unit)
        # Only now: nobody shall call live what was not looked at.
        self._in_session = True
