"""The time that is asked about, bounded: nothing was measured beyond it, and nothing reckoned from it overflows."""

from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, NamedTuple

from msgspec import Meta

from sensors.errors import WireError

EARLIEST: Final = datetime(1900, 1, 1, tzinfo=UTC)
LATEST: Final = datetime(2200, 1, 1, tzinfo=UTC)
"""Both within what InfluxDB can be asked about: nanoseconds of 64 bits, 1677 to 2262."""
Moment = Annotated[datetime, Meta(tz=True, description=f"RFC 3339, with its zone; {EARLIEST.year} to {LATEST.year}")]
_DAY: Final = timedelta(days=1)


class Period(NamedTuple):
    """since <= time < until."""

    since: datetime
    until: datetime


def period(since: datetime | None, until: datetime | None, now: datetime) -> Period:
    """What is asked about: until now, and for a day, where nothing else is said.

    Raises:
        WireError: one of them is beyond the bounds; the text names it.
    """
    until = bounded(until, "until") or now
    return Period(bounded(since, "since") or until - _DAY, until)


def bounded(moment: datetime | None, name: str) -> datetime | None:
    """The same time, if any.

    Raises:
        WireError: it is beyond the bounds; the text names it.
    """
    if moment is not None and not EARLIEST <= moment <= LATEST:
        raise WireError(f"is not within {EARLIEST.year} to {LATEST.year}", subject=name)
    return moment
