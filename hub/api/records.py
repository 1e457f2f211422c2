"""What is on record: readings, the operational log, bad input, and the hub's own counters."""

from typing import Annotated

from msgspec import Meta, Struct, field

from hub.api.discretion import is_told_all, page_for_trainees
from hub.api.period import Moment, period
from hub.api.route import Call, Nothing, Route
from hub.protocol import (
    API,
    Aggregate,
    History,
    HistorySteps,
    HubStatus,
    LogEntry,
    Note,
    Page,
    RejectedView,
)
from hub.storage.history import Question
from sensors.access import Action


class HistoryQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which readings: since <= captured_at < until."""

    since: Annotated[Moment | None, Meta(description="default: a day before `until`")] = None
    until: Annotated[Moment | None, Meta(description="default: now")] = None
    limit: Annotated[int, Meta(ge=1, le=20_000)] = 1_000


class StepsQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which figures: of the steps that reach into since .. until."""

    since: Annotated[Moment | None, Meta(description="default: a day before `until`")] = None
    until: Annotated[Moment | None, Meta(description="default: now")] = None
    step_s: Annotated[
        int, Meta(ge=0, le=31_622_400, description="seconds in a step; 0 chooses one that gives some 300 steps")
    ] = field(default=0, name="step")
    aggregate: Annotated[Aggregate, Meta(description="which figure is a step's `value`")] = Aggregate.MEAN
    limit: Annotated[int, Meta(ge=1, le=20_000)] = 2_000


class LogQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """Which entries."""

    before: Annotated[
        Annotated[int, Meta(ge=0, le=2**63 - 1)] | None, Meta(description="only entries with a lower number")
    ] = None
    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


class Count(Struct, frozen=True, forbid_unknown_fields=True):
    """How many."""

    limit: Annotated[int, Meta(ge=1, le=1_000)] = 100


async def read_history(call: Call[Nothing, HistoryQuery]) -> History:
    """Read stored values of one metric, oldest first."""
    since, until = period(call.query.since, call.query.until, call.parts.clock.now())
    return await call.parts.hub.history(call.key, call.ident("metric"), since, until, call.query.limit)


async def read_history_steps(call: Call[Nothing, StepsQuery]) -> HistorySteps:
    """Read one metric over any length of time, one figure a step, oldest first."""
    query = call.query
    since, until = period(query.since, query.until, call.parts.clock.now())
    asked = Question(call.key, call.ident("metric"), since, until, query.step_s, query.aggregate, query.limit)
    return await call.parts.hub.history_steps(asked)


async def read_log(call: Call[Nothing, LogQuery]) -> Page:
    """Read the operational log, newest first."""
    page = await call.parts.hub.log(call.query.before, call.query.limit)
    return page if is_told_all(call.who, exercise=call.parts.settings.exercise) else page_for_trainees(page)


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
    Route("GET", f"{API}/devices/{{site}}/{{device}}/history/{{metric}}", Action.READ_HISTORY, read_history_steps),
    Route("GET", f"{API}/log", Action.READ_LOG, read_log),
    Route("POST", f"{API}/log", Action.WRITE_LOG, write_log, status=201),
    Route("GET", f"{API}/status", Action.READ_STATE, read_status),
    Route("GET", f"{API}/rejected", Action.READ_DIAGNOSTICS, list_rejected),
)
