"""The formats of an export, each a name, a media type and a writer of chunks."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

from hub.export import comma_separated, geojson, parquet
from hub.export.selection import Selection, Subject, select
from sensors.errors import WireError


class Format(StrEnum):
    """What an export is written as."""

    CSV = "csv"
    PARQUET = "parquet"
    GEOJSON = "geojson"

    @property
    def media_type(self) -> str:
        """As HTTP calls it."""
        return {
            Format.CSV: comma_separated.MEDIA_TYPE,
            Format.PARQUET: parquet.MEDIA_TYPE,
            Format.GEOJSON: geojson.MEDIA_TYPE,
        }[self]


class What(StrEnum):
    """What is exported. Devices, with their newest values, only as GeoJSON."""

    READINGS = "readings"
    MINUTE = "1min"
    QUARTER = "15min"
    HOUR = "1h"
    DEVICES = "devices"


def export(data_dir: Path, form: Format, what: What, selection: Selection) -> Iterator[bytes]:
    """The whole file in chunks, in constant memory; from any thread, one at a time.

    Raises:
        WireError: that cannot be had in that format.
        ConfigError: the format's library is not installed.
        UnavailableError: at any chunk, the disk fails.
    """
    if what is What.DEVICES:
        if form is not Format.GEOJSON:
            raise WireError("devices are exported as GeoJSON only", subject=form.value, mend="Ask for readings")
        return geojson.write_devices(data_dir, selection)
    table = select(data_dir, Subject(what.value), selection)
    match form:
        case Format.CSV:
            return comma_separated.write_csv(table)
        case Format.PARQUET:
            parquet.require_parquet()
            return parquet.write_parquet(table)
        case Format.GEOJSON:
            return geojson.write_rows(table, data_dir)
