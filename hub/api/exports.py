"""Exports: what was measured as files of any size, made while they are fetched."""

from typing import Annotated

from msgspec import Meta, Struct
from starlette.responses import Response

from hub.api.period import Moment, bounded
from hub.api.route import Call, Nothing, Route
from hub.export.formats import Format, What
from hub.export.selection import Selection
from hub.protocol import API
from sensors.access import Action
from sensors.model import Ident


class ExportQuery(Struct, frozen=True, forbid_unknown_fields=True):
    """What is exported: since <= time < until, all where nothing is said."""

    what: Annotated[What, Meta(description="readings, windows of a tier, or devices (GeoJSON only)")] = What.READINGS
    since: Moment | None = None
    until: Moment | None = None
    site: Annotated[Ident | None, Meta(description="only this site")] = None
    device: Annotated[Ident | None, Meta(description="only devices of this id")] = None
    metric: Annotated[Ident | None, Meta(description="only this metric")] = None


async def export_csv(call: Call[Nothing, ExportQuery]) -> Response:
    """Export readings or windows as CSV (RFC 4180, UTF-8, CRLF, one header)."""
    return await _answer(call, Format.CSV)


async def export_parquet(call: Call[Nothing, ExportQuery]) -> Response:
    """Export readings or windows as Apache Parquet; the hub needs its extra `parquet` for that."""
    return await _answer(call, Format.PARQUET)


async def export_geojson(call: Call[Nothing, ExportQuery]) -> Response:
    """Export readings, windows or devices as GeoJSON (RFC 7946)."""
    return await _answer(call, Format.GEOJSON)


async def _answer(call: Call[Nothing, ExportQuery], form: Format) -> Response:
    query = call.query
    since, until = bounded(query.since, "since"), bounded(query.until, "until")
    selection = Selection(since, until, query.site, query.device, query.metric)
    return await call.parts.exports.answer(form, query.what, selection)


ROUTES = (
    Route("GET", f"{API}/export.csv", Action.READ_HISTORY, export_csv, media=Format.CSV.media_type),
    Route("GET", f"{API}/export.parquet", Action.READ_HISTORY, export_parquet, media=Format.PARQUET.media_type),
    Route("GET", f"{API}/export.geojson", Action.READ_HISTORY, export_geojson, media=Format.GEOJSON.media_type),
)
