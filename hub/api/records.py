"""What is on record: readings, the operational log, bad input, and the hub's own counters."""

from datetime import datetime, timedelta
from typing import Annotated

from msgspec import Meta, Struct

from hub.api.route import Call, Nothing, Route
from hub.protocol import API, History, HubStatus, LogEntry, Note, Page, RejectedView
from sensors.access import Action

_DAY = timedelta(days=1)
Moment = Annotated[datetime, Meta(tz=True)]


class HistoryQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which readings: since <= captured_at < until."""

    since: Annotated[Moment | None, Meta(description="default: a day before `until`")] = None
    until: Annotated[Moment | None, Meta(description="default: now")] = None
    limit: Annotated[int, Meta(ge=1, le=20_000)] = 1_000


class LogQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries."""

    before: Annotated[int | None, Meta(description="only entries with a lower number")] = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class Count(Struct, frozen=True, forbid_unknown_fields=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


async def read_history(call: Call[Nothing, HistoryQuery]) -> History:
    """Read stored values of one metric, oldest first."""
    until = call.query.until or call.parts.clock.now()
    since = call.query.since or until - _DAY
    return await call.parts.hub.history(call.key, call.ident("metric"), since, until, call.query.limit)


async def read_log(call: Call[Nothing, LogQuery]) -> Page:
    """Read the operational log, newest first."""
    return await call.parts.hub.log(call.query.before, call.query.limit)


async def write_log(call: Call[Note, Nothing]) -> LogEntry:
    """Write a line into the operational log."""
    return await call.parts.hub.write_note(call.who.name, call.body.text)


async def read_status(call: Call[Nothing, Nothing]) -> HubStatus:
    """Read the hub's counters and troubles."""
    return call.parts.hub.status()


async def list_rejected(call: Call[Nothing, Count]) -> tuple[RejectedView, ...]:
    """List the newest bad input, newest first."""
    return await call.parts.hub.rejected(call.query.limit)


ROUTES = (
    Route("GET", f"{API}/history/{{site}}/{{device}}/{{metric}}", Action.READ_HISTORY, read_history),
    Route("GET", f"{API}/log", Action.READ_LOG, read_log),
    Route("POST", f"{API}/log", Action.WRITE_LOG, write_log, status=201),
    Route("GET", f"{API}/status", Action.READ_STATE, read_status),
    Route("GET", f"{API}/rejected", Action.READ_DIAGNOSTICS, list_rejected),
)
