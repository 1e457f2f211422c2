"""GeoJSON (RFC 7946): one feature for each row of a table at its device's place, or one for each device.

Positions are [longitude, latitude], WGS 84. What did not say where it is has the geometry null. Of an exercise, the
collection and every feature say so: `exercise`, true.
"""

import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import msgspec

from hub.export.comma_separated import shown_time
from hub.export.selection import EXERCISE, Cell, Selection, Table, bounds_us, is_exercise, series_of
from hub.storage import operations, readings, rollups
from hub.storage.database import from_us, reading
from hub.storage.readings import QUALITIES, value_of
from hub.storage.tiers import Tier
from sensors.errors import ConfigError
from sensors.model import Birth, Position

MEDIA_TYPE = "application/geo+json"
_HEAD, _TAIL = b'{"type":"FeatureCollection",%b"features":[', b"]}\n"
_OF_EXERCISE = b'"exercise":true,'
_DEVICES = """
SELECT site, device, approval, birth FROM devices
WHERE site = coalesce(?, site) AND device = coalesce(?, device) ORDER BY site, device
"""
_NEWEST = """
SELECT value, is_boolean, quality, captured_us FROM readings
WHERE series = ? AND captured_us >= ? AND captured_us < ? ORDER BY captured_us DESC, sequence DESC LIMIT 1
"""
_SUMMARY = """
SELECT sum(count) AS count, min(minimum) AS minimum, max(maximum) AS maximum, sum(total) / sum(numbers) AS mean,
  sum(good) * 1.0 / sum(count) AS good_fraction
FROM rollups WHERE tier = ? AND series = ? AND start_s >= ? AND start_s < ? HAVING sum(count) > 0
"""


def write_rows(table: Table, data_dir: Path) -> Iterator[bytes]:
    """A feature for each row, a page at a time."""
    names = [column.name for column in table.columns]
    places = {(site, device): birth.position for site, device, _, birth in _devices(data_dir, Selection())}
    yield _head(data_dir)
    comma = b""
    for page in table.pages:
        features = (
            _feature(places.get((str(row[0]), str(row[1]))), dict(zip(names, map(_shown, row), strict=True)))
            for row in page
        )
        yield comma + b",".join(features)
        comma = b","
    yield _TAIL


def write_devices(data_dir: Path, selection: Selection) -> Iterator[bytes]:
    """A feature for each device, with the newest value of each metric within the time asked for.

    Where a time is asked for, also each metric's summary over the hours that begin within it.
    """
    yield _head(data_dir)
    comma, marked = b"", {EXERCISE: True} if is_exercise(data_dir) else {}
    for site, device, approval, birth in _devices(data_dir, selection):
        properties = {
            "site": site,
            "device": device,
            "kind": birth.kind,
            "approval": approval,
            "names": birth.names,
            "metrics": list(_metrics(data_dir, selection, site, device)),
            **marked,
        }
        yield comma + _feature(birth.position, properties)
        comma = b","
    yield _TAIL


def _head(data_dir: Path) -> bytes:
    return _HEAD % (_OF_EXERCISE if is_exercise(data_dir) else b"")


def _devices(data_dir: Path, selection: Selection) -> Iterator[tuple[str, str, str, Birth]]:
    path = data_dir / operations.FILE_NAME
    with reading(path) as connection:
        rows = connection.execute(_DEVICES, (selection.site, selection.device)).fetchall()
    for site, device, approval, birth in rows:
        try:
            said = msgspec.json.decode(birth or b"null", type=Birth | None)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise ConfigError(f"holds a birth of another version: {error}", subject=str(path)) from error
        if said is not None:
            yield site, device, approval, said


def _metrics(data_dir: Path, selection: Selection, site: str, device: str) -> Iterator[dict[str, object]]:
    wanted = msgspec.structs.replace(selection, site=site, device=device)
    summaries = dict(_summaries(data_dir, wanted)) if selection.since or selection.until else {}
    path = data_dir / readings.FILE_NAME
    for number, _, _, metric, unit in series_of(path, wanted):
        with reading(path) as connection:
            row = connection.execute(_NEWEST, (number, *bounds_us(selection))).fetchone()
        if row is None:
            continue
        value, boolean, quality, captured_us = row
        yield {
            "metric": metric,
            "unit": unit,
            "value": _shown(value_of(value, boolean)),
            "quality": QUALITIES[quality],
            "captured_at_utc": shown_time(from_us(captured_us)),
            **summaries.get((metric, unit), {}),
        }


def _summaries(data_dir: Path, selection: Selection) -> Iterator[tuple[tuple[str, str], dict[str, object]]]:
    path = data_dir / rollups.FILE_NAME
    since_us, until_us = bounds_us(selection)
    for number, _, _, metric, unit in series_of(path, selection):
        with reading(path) as connection:
            cursor = connection.execute(_SUMMARY, (Tier.HOUR, number, since_us // 1_000_000, until_us // 1_000_000))
            names = [column[0] for column in cursor.description]
            row = cursor.fetchone()
        if row is not None:
            yield (metric, unit), dict(zip(names, row, strict=True))


def _feature(position: Position | None, properties: dict[str, object]) -> bytes:
    geometry = None
    if position is not None:
        geometry = {"type": "Point", "coordinates": [position.longitude_deg, position.latitude_deg]}
    return msgspec.json.encode({"type": "Feature", "geometry": geometry, "properties": properties})


def _shown(cell: Cell) -> object:
    if isinstance(cell, datetime):
        return shown_time(cell)
    if isinstance(cell, float) and not math.isfinite(cell):
        return str(cell)
    return cell
