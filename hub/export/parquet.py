"""Tables as Apache Parquet, zstd, with typed columns and UTC times to the microsecond. Needs the extra `parquet`.

Numbers are 64-bit floats: whole numbers beyond 2^53 lose their last digits here, and only here.
"""

from collections.abc import Iterator
from itertools import islice
from types import ModuleType

from hub.export.selection import Cell, Kind, Table
from sensors.errors import ConfigError

MEDIA_TYPE = "application/vnd.apache.parquet"
_PAGES_IN_GROUP = 10
_REPEATED = ("site", "device", "metric", "unit", "quality")


class _Sink:
    """Where the library writes to: bytes wait here until they are taken."""

    closed = False

    def __init__(self) -> None:
        self._waiting = bytearray()
        self._taken = 0

    def write(self, content: bytes) -> int:
        self._waiting += content
        return len(content)

    def tell(self) -> int:
        return self._taken + len(self._waiting)

    def flush(self) -> None:
        """Nothing is held back."""

    def close(self) -> None:
        self.closed = True

    def take(self) -> bytes:
        """What was written since the last time."""
        content = bytes(self._waiting)
        self._taken += len(content)
        self._waiting.clear()
        return content


def require_parquet() -> None:
    """Fail early.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    _load()


def write_parquet(table: Table) -> Iterator[bytes]:
    """The file, a row group at a time.

    Raises:
        ConfigError: pyarrow is not installed.
    """
    arrow, parquet = _load()
    types = {
        Kind.TEXT: arrow.string(),
        Kind.TIME: arrow.timestamp("us", tz="UTC"),
        Kind.INTEGER: arrow.int64(),
        Kind.NUMBER: arrow.float64(),
        Kind.BOOLEAN: arrow.bool_(),
    }
    schema = arrow.schema([(column.name, types[column.kind]) for column in table.columns])
    floats = [index for index, column in enumerate(table.columns) if column.kind is Kind.NUMBER]
    sink = _Sink()
    repeated = [name for name in _REPEATED if name in schema.names]
    with parquet.ParquetWriter(
        arrow.PythonFile(sink, mode="w"), schema, compression="zstd", use_dictionary=repeated
    ) as writer:
        while rows := [row for page in islice(table.pages, _PAGES_IN_GROUP) for row in page]:
            columns: list[list[Cell]] = [list(cells) for cells in zip(*rows, strict=True)]
            for index in floats:
                columns[index] = [None if cell is None else float(cell) for cell in columns[index]]  # type: ignore[arg-type] # a column of numbers
            arrays = [arrow.array(cells, field.type) for cells, field in zip(columns, schema, strict=True)]
            writer.write_table(arrow.Table.from_arrays(arrays, schema=schema))
            yield sink.take()
    yield sink.take()


def _load() -> tuple[ModuleType, ModuleType]:
    try:
        # Half a second and a hundred megabytes: only for those who ask for it.
        import pyarrow as pa  # noqa: PLC0415 - see above
        from pyarrow import parquet  # noqa: PLC0415 - see above
    except ImportError as error:
        raise ConfigError(
            "needs pyarrow, which is not installed", subject="Parquet", mend="Install shekara[parquet], or export CSV"
        ) from error
    return pa, parquet
