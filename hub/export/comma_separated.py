"""Tables as CSV by RFC 4180: CRLF, quotes where needed, UTF-8, one header. Times are UTC, ISO 8601, ending in Z.

Spreadsheets run a cell that begins with = + - or @ as a formula: a text that does is written after an apostrophe.
"""

import csv
import io
from collections.abc import Iterator
from datetime import datetime

from hub.export.selection import Cell, Table

MEDIA_TYPE = "text/csv; charset=utf-8; header=present"
_RISKY = ("=", "+", "-", "@", "\t", "\r", "\n")


def write_csv(table: Table) -> Iterator[bytes]:
    """The file, a page at a time."""
    page = io.StringIO(newline="")
    rows = csv.writer(page, lineterminator="\r\n")
    rows.writerow(column.name for column in table.columns)
    yield page.getvalue().encode()
    for cells in table.pages:
        page.seek(0)
        page.truncate()
        rows.writerows([_shown(cell) for cell in row] for row in cells)
        yield page.getvalue().encode()


def _shown(cell: Cell) -> object:
    match cell:
        case bool():
            return "true" if cell else "false"
        case str():
            return f"'{cell}" if cell.startswith(_RISKY) else cell
        case datetime():
            return shown_time(cell)
    return cell


def shown_time(at: datetime) -> str:
    """A time as exports write it."""
    return at.isoformat(timespec="microseconds").replace("+00:00", "Z")
