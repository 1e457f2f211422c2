"""Reads points back from an InfluxDB by InfluxQL at `/query`, which 1.x, 2.x and 3 Core answer alike. No Flux.

Every question is bounded in rows, and every answer in bytes and time (`influx_connection`). A server without InfluxQL,
like VictoriaMetrics, is told by its answer's form, and refused with `UnreadableError`.
"""

import heapq
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

import msgspec
from msgspec import Struct

from hub.config import InfluxSettings
from hub.protocol import History, HistoryPoint
from hub.storage.database import from_us, to_us
from hub.storage.influx_answers import explain
from hub.storage.influx_connection import InfluxConnection
from hub.storage.influx_windows import ask_windows, make_windows
from hub.storage.influxql import identifier, text
from hub.storage.line_protocol import (
    NUMBERS,
    QUALITY_NUMBERS,
    SWITCHES,
    TEXTS,
    place_of,
    point_time_ns,
    stored_value,
    tag_value,
)
from hub.storage.rollup_points import StoredWindows, ask_rollups, make_rollups
from hub.storage.tiers import Rollup, Tier
from sensors.errors import NotFoundError, WireError
from sensors.model import DeviceKey, Quality, Reading, Value
from sensors.secrets import InfluxSecrets

SOURCE = "influx"
PAGE_ROWS = 10_000
_QUALITIES = {float(number): quality for quality, number in QUALITY_NUMBERS.items()}
_FIELDS = {NUMBERS: "v", SWITCHES: "v", TEXTS: "s"}


class UnreadableError(WireError):
    """What answers does not speak InfluxQL."""


class Point(NamedTuple):
    """One point of a metric; `unit` is empty when it has none."""

    time_ns: int
    value: Value
    quality: Quality
    delay_s: float
    unit: str
    historical: bool

    @property
    def history(self) -> HistoryPoint:
        """As history is asked for."""
        captured_us = self.time_ns // 1_000
        received_at = from_us(captured_us + round(self.delay_s * 1_000_000))
        return HistoryPoint(from_us(captured_us), received_at, self.value, self.quality, self.historical)


class Table(Struct, frozen=True):
    """Rows of one statement's answer; the first column is the time in nanoseconds."""

    columns: tuple[str, ...]
    values: tuple[tuple[Any, ...], ...]


class _Result(Struct, frozen=True):
    statement_id: int
    series: tuple[Table, ...] = ()
    error: str = ""


class _Reply(Struct, frozen=True):
    results: tuple[_Result, ...] = ()
    error: str = ""


_decoder = msgspec.json.Decoder(_Reply)


class InfluxReader:
    """One server, one bucket; from any thread."""

    def __init__(self, settings: InfluxSettings, secrets: InfluxSecrets) -> None:
        self._bucket = settings.bucket
        self._rollup_bucket = (settings.rollup_bucket or settings.bucket) if settings.forward_rollups else ""
        self._connection = InfluxConnection(settings, secrets)

    def history(self, key: DeviceKey, metric: str, since: datetime, until: datetime, limit: int) -> History:
        """Readings with since <= captured_at < until, oldest first, at most `limit`.

        Raises:
            NotFoundError: nothing of that metric was ever stored.
            BusyError: the server does not answer, or refuses us.
            WireError: its answer is not InfluxQL's.
        """
        points = tuple(islice(self.points(key, metric, since, until, min(limit + 1, PAGE_ROWS)), limit + 1))
        unit = points[-1].unit if points else self._last_unit(key, metric)
        with self._believing():
            found = tuple(point.history for point in points[:limit])
        return History(key, metric, unit, found, truncated=len(points) > limit, source=SOURCE)

    def windows(
        self, key: DeviceKey, metric: str, tier: Tier, since: datetime, until: datetime, limit: int
    ) -> list[Rollup]:
        """Summaries of numbers that the server makes of the readings it has; none for switches and texts.

        Windows with since <= start < until, oldest first.

        Raises:
            BusyError, WireError: as `history`.
        """
        tables = self.select(ask_windows(only(key, metric), tier, since, until, limit))
        with self._believing():
            return make_windows(*(table.values for table in tables))

    def rollups(
        self, key: DeviceKey, metric: str, tier: Tier, since: datetime, until: datetime, limit: int
    ) -> StoredWindows:
        """The windows that the hub has made and forwarded, with since <= start < until, oldest first.

        None where it forwards none, or forwarded none of that metric yet.

        Raises:
            BusyError, WireError: as `history`.
        """
        if not self._rollup_bucket:
            return StoredWindows([], "", None)
        tables = self.select(ask_rollups(only(key, metric), tier, since, until, limit), self._rollup_bucket)
        with self._believing():
            return make_rollups(*(table.values for table in tables))

    def points(
        self, key: DeviceKey, metric: str, since: datetime, until: datetime, page_rows: int = PAGE_ROWS
    ) -> Iterator[Point]:
        """The same without a limit, fetched page by page.

        Raises:
            BusyError, WireError: as `history`, at any page.
        """
        kinds = (self._pages(name, key, metric, since, until, page_rows) for name in _FIELDS)
        return heapq.merge(*kinds, key=lambda point: point.time_ns)

    def missing(self, readings: Sequence[Reading]) -> list[Reading]:
        """Those whose point is not there with its value; ask for few.

        Raises:
            BusyError, WireError: as `select`.
        """
        tables = self.select([_select_one(each) for each in readings])
        with self._believing():
            return [
                each
                for each, table in zip(readings, tables, strict=True)
                if not table.values or table.values[0][1] != stored_value(each.value)
            ]

    def select(self, statements: Sequence[str], bucket: str = "") -> list[Table]:
        """The answers to some SELECTs, one for each; without rows where nothing was found. "": that of readings.

        Raises:
            UnreadableError: what answers does not speak InfluxQL.
            BusyError: the server does not answer, or refuses us.
            WireError: it refuses a statement.
        """
        query = {"db": bucket or self._bucket, "epoch": "ns", "chunked": "true", "q": ";".join(statements)}
        answer = self._connection.request("GET", "/query", query)
        if answer.knows_no_such_path:
            raise UnreadableError("has no /query", subject=self._connection.url)
        if not answer.is_good:
            raise explain(answer, self._connection.url)
        columns: list[tuple[str, ...]] = [()] * len(statements)
        rows: list[list[tuple[Any, ...]]] = [[] for _ in statements]
        try:
            for line in filter(None, answer.text.split("\n")):
                reply = _decoder.decode(line)
                for result in reply.results:
                    if result.error:
                        raise WireError(result.error, subject=self._connection.url)
                    for table in result.series:
                        # VictoriaMetrics answers every question with a list of databases.
                        if table.columns[:1] != ("time",):
                            raise UnreadableError("does not answer what is asked", subject=self._connection.url)
                        columns[result.statement_id] = table.columns
                        rows[result.statement_id] += table.values
                if reply.error:
                    raise WireError(reply.error, subject=self._connection.url)
        except (msgspec.DecodeError, IndexError, RecursionError) as error:
            raise UnreadableError("does not answer as InfluxQL does", subject=self._connection.url) from error
        return [Table(names, tuple(values)) for names, values in zip(columns, rows, strict=True)]

    def close(self) -> None:
        """Let its connections go."""
        self._connection.close()

    def _pages(
        self, measurement: str, key: DeviceKey, metric: str, since: datetime, until: datetime, page_rows: int
    ) -> Iterator[Point]:
        after_ns, until_ns = to_us(since) * 1_000, to_us(until) * 1_000
        while after_ns < until_ns:
            question = (
                f"SELECT {_FIELDS[measurement]}, q, delay, unit, historical FROM {identifier(measurement)}"  # noqa: S608 - quoted
                f" WHERE {only(key, metric)} AND time >= {after_ns} AND time < {until_ns}"
                f" ORDER BY time ASC LIMIT {page_rows}"
            )
            (table,) = self.select([question])
            with self._believing():
                points = [_point(row, measurement) for row in table.values]
            if points and points[-1].time_ns < after_ns:
                raise WireError("does not give what was asked for", subject=self._connection.url)
            yield from points
            if len(points) < page_rows:
                return
            after_ns = points[-1].time_ns + 1

    def _last_unit(self, key: DeviceKey, metric: str) -> str:
        tables = self.select(
            [
                f"SELECT q, unit FROM {identifier(name)} WHERE {only(key, metric)} ORDER BY time DESC LIMIT 1"  # noqa: S608 - quoted
                for name in _FIELDS
            ]
        )
        with self._believing():
            for table in tables:
                for _, _, unit in table.values:
                    return str(unit or "")
        raise NotFoundError("no such metric was ever stored", subject=f"{key}/{metric}")

    @contextmanager
    def _believing(self) -> Iterator[None]:
        """What the server says may be anything."""
        try:
            yield
        except (LookupError, TypeError, ValueError, OverflowError) as error:
            raise WireError("holds points that are not ours", subject=self._connection.url) from error


def _point(row: Sequence[Any], measurement: str) -> Point:
    time_ns, value, quality, delay_s, unit, historical = row
    said: Value = {NUMBERS: float, SWITCHES: bool, TEXTS: str}[measurement](value)
    return Point(int(time_ns), said, _QUALITIES[quality], float(delay_s), str(unit or ""), bool(historical))


def only(key: DeviceKey, metric: str) -> str:
    """The condition that names one metric."""
    site, device, name = (text(tag_value(each)) for each in (key.site, key.device, metric))
    return f"site = {site} AND device = {device} AND metric = {name}"


def _select_one(reading: Reading) -> str:
    measurement, field = place_of(reading.value)
    at_ns = point_time_ns(to_us(reading.captured_at), reading.sequence)
    return (
        f"SELECT {field} FROM {identifier(measurement)}"  # noqa: S608 - quoted
        f" WHERE {only(reading.key, reading.metric)} AND time = {at_ns}"
    )
