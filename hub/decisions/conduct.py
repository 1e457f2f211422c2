"""How a device speaks: is its clock right, are samples missing, late or repeated, does it say too much.

What the hub finds here are metrics of the device like any other, so that they are stored, shown and watched.
Only what needs saying is said: the clock of every device that has one, and a counter once it has counted.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.inputs import Moment
from sensors.catalog import CAMERA
from sensors.model import (
    Birth,
    Condition,
    DeviceKey,
    Limit,
    Metric,
    MetricName,
    MetricType,
    Names,
    Priority,
    Quality,
    Reading,
    ReadingsSeen,
)

REPORT_INTERVAL_S = 60.0
BURST_S = 60.0
"""How many seconds' worth of its allowance a device may send at once."""
FORGIVEN_BYTES = 1024 * 1024
"""Of messages that were read in vain, before more of them are refused unread: reading one is most of what it costs."""
FORGIVEN_BYTES_PER_S = 16 * 1024
_LEAST_READING_BYTES = 6
"""Of one more reading in a message: `"a":1,`."""
_MOST_SKIPPED = 1_000_000
"""A larger step of the sequence is a counter that began anew, not so many lost samples."""
_BUSY_PER_S = 50.0
_NO_DELAY = timedelta.max
_WRONG_CLOCK_S = 30.0


def _clock_limit(limit: str, condition: Condition, bound_s: float) -> Limit:
    return Limit(
        id=limit,
        condition=condition,
        bound=bound_s,
        priority=Priority.LOW,
        deadband=5.0,
        message=Names(
            en="The device's clock is wrong", ru="Часы устройства идут неверно", kk="Құрылғының сағаты дұрыс емес"
        ),
        cause="The device has no time server, or its clock's battery is empty.",
        procedure=Names(
            en="Check the time server of the post's equipment.",
            ru="Проверьте сервер времени оборудования поста.",
            kk="Бекет жабдығының уақыт серверін тексеріңіз.",
        ),
    )


CLOCK_SKEW = Metric(
    name="clock_skew",
    type=MetricType.NUMBER,
    unit="s",
    names=Names(en="Clock ahead by", ru="Часы спешат на", kk="Сағат озып тұр"),
    limits=(
        _clock_limit("ahead", Condition.ABOVE, _WRONG_CLOCK_S),
        _clock_limit("behind", Condition.BELOW, -_WRONG_CLOCK_S),
    ),
)
READING_RATE = Metric(
    name="reading_rate",
    type=MetricType.NUMBER,
    unit="{reading}/s",
    names=Names(en="Readings a second", ru="Показаний в секунду", kk="Секундына көрсеткіш"),
)
SKIPPED = Metric(
    name="samples_skipped_total",
    type=MetricType.COUNTER,
    unit="{sample}",
    names=Names(en="Samples skipped", ru="Пропущено отсчётов", kk="Өткізілген өлшемдер"),
)
LATE = Metric(
    name="samples_late_total",
    type=MetricType.COUNTER,
    unit="{sample}",
    names=Names(en="Samples late", ru="Опоздавших отсчётов", kk="Кешіккен өлшемдер"),
)
REPEATED = Metric(
    name="readings_repeated_total",
    type=MetricType.COUNTER,
    unit="{reading}",
    names=Names(en="Readings repeated", ru="Повторных показаний", kk="Қайталанған көрсеткіштер"),
)
REFUSED = Metric(
    name="messages_refused_total",
    type=MetricType.COUNTER,
    unit="{message}",
    names=Names(en="Messages refused", ru="Отвергнуто сообщений", kk="Қабылданбаған хабарлар"),
)
CONDUCT = (CLOCK_SKEW, READING_RATE, SKIPPED, LATE, REPEATED, REFUSED)


@dataclass(slots=True)
class Conduct:
    """One device's. Counters are since the hub started; `skipped_total` counts numbers, found later or not."""

    skipped_total: int = 0
    late_total: int = 0
    repeated_total: int = 0
    refused_total: int = 0
    newest_sequence: int = -1
    least_delay: timedelta = _NO_DELAY
    readings: int = 0
    began_s: float | None = None
    allowance: float = 0.0
    allowed_s: float = 0.0
    refused_bytes: float = 0.0
    refused_s: float = 0.0
    reached_live: datetime | None = None
    reached_in_backlog: datetime | None = None
    said: tuple[float, ...] = ()

    def admit(self, seen: ReadingsSeen, limit_per_s: float, now: Moment) -> bool:
        """Whether the device may say so much; what it says beyond that has to be refused, and counted.

        The time in which it was captured counts as well as the time of its arrival: what waited for a link or for
        the hub arrives at once, and was not too much when it was said. Captured time only counts forward, and not
        beyond now, so it can be lied about once.
        """
        self._allow(limit_per_s, now, self._advance(seen, now))
        readings = len(seen.readings)
        if readings > self.allowance:
            return False
        self.allowance -= readings
        self.readings += readings
        return True

    def owe(self, size: int, now: Moment) -> None:
        """A message of so many bytes was read in vain."""
        self.refused_bytes = self._owed_bytes(now) + size
        self.refused_s = now.monotonic_s

    def spend(self, size: int, limit_per_s: float, now: Moment) -> None:
        """A message of so many bytes said nothing that can be taken: it counts as what it could have said."""
        self._allow(limit_per_s, now)
        self.allowance = max(0.0, self.allowance - size / _LEAST_READING_BYTES)

    def owes(self, now: Moment) -> bool:
        """Whether so much was read in vain that not everything is read any more."""
        return self._owed_bytes(now) > FORGIVEN_BYTES

    def is_allowed(self, size: int, limit_per_s: float, now: Moment) -> bool:
        """Whether a message of so many bytes is surely not too much, whatever it says, and whenever it was captured."""
        self._allow(limit_per_s, now)
        return size / _LEAST_READING_BYTES <= self.allowance

    def _owed_bytes(self, now: Moment) -> float:
        return max(0.0, self.refused_bytes - (now.monotonic_s - self.refused_s) * FORGIVEN_BYTES_PER_S)

    def _allow(self, limit_per_s: float, now: Moment, advanced_s: float = 0.0) -> None:
        """Let time pass: what has passed here, or by the device's own clock."""
        if self.began_s is None:
            self.began_s = self.allowed_s = now.monotonic_s
            self.allowance = limit_per_s * BURST_S
        waited_s = max(now.monotonic_s - self.allowed_s, advanced_s)
        self.allowance = min(limit_per_s * BURST_S, self.allowance + waited_s * limit_per_s)
        self.allowed_s = now.monotonic_s

    def _advance(self, seen: ReadingsSeen, now: Moment) -> float:
        """By how many seconds a message's source time is ahead of all before it; live and backlog come side by side."""
        if not seen.readings:
            return 0.0
        last = seen.readings[-1]
        captured_at = min(last.captured_at, now.at)
        reached = self.reached_in_backlog if last.historical else self.reached_live
        if reached is not None and captured_at <= reached:
            return 0.0
        if last.historical:
            self.reached_in_backlog = captured_at
        else:
            self.reached_live = captured_at
        return (captured_at - (reached or captured_at)).total_seconds()

    def hear(self, seen: ReadingsSeen, *, numbered: bool) -> None:
        """Look at a message's samples: the clock by its live ones, the order by their numbers, if they have any."""
        previous = -1
        for reading in seen.readings:
            if reading.sequence == previous:
                continue
            previous = reading.sequence
            if not reading.historical and reading.captured_at != reading.received_at:
                self.least_delay = min(self.least_delay, reading.received_at - reading.captured_at)
            if numbered:
                self._count(reading.sequence, historical=reading.historical)

    def _count(self, sequence: int, *, historical: bool) -> None:
        step = sequence - self.newest_sequence
        if historical or 0 >= step > -_MOST_SKIPPED:
            self.late_total += 1
        elif self.newest_sequence >= 0 and 1 < step < _MOST_SKIPPED:
            self.skipped_total += step - 1
        if step > 0 or step <= -_MOST_SKIPPED:
            self.newest_sequence = sequence

    def restart(self) -> None:
        """The device has begun anew: its next number is the first."""
        self.newest_sequence = -1

    def due(self, now: Moment) -> bool:
        """Whether to say how it goes."""
        return self.began_s is not None and now.monotonic_s - self.began_s >= REPORT_INTERVAL_S

    def report(self, now: Moment) -> list[tuple[Metric, float | int]]:
        """What has changed since the last report, and begin a new window."""
        began_s = now.monotonic_s if self.began_s is None else self.began_s
        rate = self.readings / max(1.0, now.monotonic_s - began_s)
        found: list[tuple[Metric, float | int]] = []
        if self.least_delay is not _NO_DELAY:
            found.append((CLOCK_SKEW, round(-self.least_delay.total_seconds(), 1)))
        if rate >= _BUSY_PER_S:
            found.append((READING_RATE, round(rate, 1)))
        counted = (self.skipped_total, self.late_total, self.repeated_total, self.refused_total)
        before = self.said or (0, 0, 0, 0)
        metrics = (SKIPPED, LATE, REPEATED, REFUSED)
        found += [(metric, total) for metric, total, was in zip(metrics, counted, before, strict=True) if total != was]
        self.said = counted
        self.least_delay, self.readings, self.began_s = _NO_DELAY, 0, now.monotonic_s
        return found


def reading_of(key: DeviceKey, metric: Metric, value: float, now: Moment) -> Reading:
    """Something the hub found about a device, as a reading of it.

    It is numbered by the monotonic clock: what is found after wall time was set back is newer for all that.
    """
    number = int(now.monotonic_s)
    name = MetricName(metric.name)
    return Reading(key, name, value, metric.unit, Quality.GOOD, now.at, now.at, number, historical=False)


def is_numbered(birth: Birth) -> bool:
    """Whether a device counts its samples alone: what is said of a camera comes from whoever watches it."""
    return birth.kind != CAMERA
