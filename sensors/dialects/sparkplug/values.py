"""The datatypes of Sparkplug B, read into our values and back.

Signed integers travel in unsigned fields as two's complement of 8 to 64 bits: how wide depends on the encoder, so
every width that can be told apart is understood. What is no scalar is counted, not kept: bytes, rows, elements.
"""

import math
import struct
from collections.abc import Callable
from datetime import datetime
from enum import IntEnum
from functools import partial

from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import EPOCH, moment, to_milliseconds
from sensors.model import MetricType, Value

MAX_TEXT = 256
_MAX_INTEGER = 2**63


class DataType(IntEnum):
    """Numbers of the specification; 20 and 21 are for properties only."""

    INT8 = 1
    INT16 = 2
    INT32 = 3
    INT64 = 4
    UINT8 = 5
    UINT16 = 6
    UINT32 = 7
    UINT64 = 8
    FLOAT = 9
    DOUBLE = 10
    BOOLEAN = 11
    STRING = 12
    DATETIME = 13
    TEXT = 14
    UUID = 15
    DATASET = 16
    BYTES = 17
    FILE = 18
    TEMPLATE = 19
    INT8_ARRAY = 22
    INT16_ARRAY = 23
    INT32_ARRAY = 24
    INT64_ARRAY = 25
    UINT8_ARRAY = 26
    UINT16_ARRAY = 27
    UINT32_ARRAY = 28
    UINT64_ARRAY = 29
    FLOAT_ARRAY = 30
    DOUBLE_ARRAY = 31
    BOOLEAN_ARRAY = 32
    STRING_ARRAY = 33
    DATETIME_ARRAY = 34


_BITS = {
    DataType.INT8: 8,
    DataType.INT16: 16,
    DataType.INT32: 32,
    DataType.INT64: 64,
    DataType.UINT8: 8,
    DataType.UINT16: 16,
    DataType.UINT32: 32,
    DataType.UINT64: 64,
}
_SIGNED = (DataType.INT8, DataType.INT16, DataType.INT32, DataType.INT64)
_FLOATS = (DataType.FLOAT, DataType.DOUBLE)
_TEXTS = (DataType.STRING, DataType.TEXT, DataType.UUID)
_ELEMENT_BYTES = {
    DataType.INT8_ARRAY: 1,
    DataType.INT16_ARRAY: 2,
    DataType.INT32_ARRAY: 4,
    DataType.INT64_ARRAY: 8,
    DataType.UINT8_ARRAY: 1,
    DataType.UINT16_ARRAY: 2,
    DataType.UINT32_ARRAY: 4,
    DataType.UINT64_ARRAY: 8,
    DataType.FLOAT_ARRAY: 4,
    DataType.DOUBLE_ARRAY: 8,
    DataType.DATETIME_ARRAY: 8,
}
_COUNTED_IN = {
    DataType.DATASET: "{row}",
    DataType.TEMPLATE: "{member}",
    DataType.BYTES: "By",
    DataType.FILE: "By",
}


class Unreadable(ValueError):  # noqa: N818 - says what a value is, and never leaves this dialect
    """A value that is not of its datatype; the text says why."""


def datatype_of(number: int) -> DataType | None:
    """The datatype of that number, if a metric can have it."""
    return DataType(number) if number in DataType._value2member_map_ else None


def metric_type(datatype: DataType) -> MetricType:
    """What the hub makes of values of a datatype."""
    if datatype is DataType.BOOLEAN:
        return MetricType.BOOLEAN
    if datatype in _TEXTS or datatype is DataType.DATETIME:
        return MetricType.TEXT
    return MetricType.NUMBER


def counted_in(datatype: DataType) -> str | None:
    """The unit in which values of a datatype are counted; None for scalars, which are kept as they are."""
    if datatype in _BITS or datatype in _FLOATS or datatype in _TEXTS:
        return None
    if datatype in (DataType.BOOLEAN, DataType.DATETIME):
        return None
    return _COUNTED_IN.get(datatype, "{element}")


def text_of(text: str | bytes) -> str:
    """A text of the wire: the decoder hands over as bytes what is not UTF-8."""
    return text if isinstance(text, str) else text.decode("utf-8", "replace")


def read(metric: Payload.Metric, datatype: DataType) -> Value:
    """The value of a metric that has one.

    Raises:
        Unreadable: it is missing, of another datatype, out of range or not finite.
    """
    field = metric.WhichOneof("value")
    if datatype in _BITS:
        return _integer(metric, field, datatype)
    fields, reader = _READERS[datatype]
    if field not in fields:
        raise Unreadable(f"{field or 'no value'} is no {datatype.name}")
    return reader(metric)


def write(metric: Payload.Metric, datatype: DataType, value: Value) -> None:
    """Set the value of a metric that is to be sent.

    Raises:
        Unreadable: the value is not of that datatype.
    """
    if datatype in _BITS:
        _write_integer(metric, datatype, value)
    elif datatype in _FLOATS and isinstance(value, int | float) and not isinstance(value, bool):
        number = _finite(float(value))
        if datatype is DataType.DOUBLE:
            metric.double_value = number
        else:
            metric.float_value = number
            _finite(metric.float_value)
    elif datatype is DataType.BOOLEAN and isinstance(value, bool):
        metric.boolean_value = value
    elif datatype in _TEXTS and isinstance(value, str):
        metric.string_value = value
    elif datatype is DataType.DATETIME and isinstance(value, str):
        metric.long_value = _parse_time(value)
    else:
        raise Unreadable(f"{type(value).__name__} is no {datatype.name}")


def _integer(metric: Payload.Metric, field: str | None, datatype: DataType) -> int | float:
    bits = _BITS[datatype]
    match field:
        case "int_value":
            raw, width = metric.int_value, 32
        case "long_value":
            raw, width = metric.long_value, 64
        case _:
            raise Unreadable(f"{field or 'no value'} is no {datatype.name}")
    if datatype not in _SIGNED:
        if raw >= 2**bits:
            raise Unreadable(f"{raw} is no {datatype.name}")
        return raw if raw < _MAX_INTEGER else float(raw)
    if raw >= 2 ** (bits - 1):
        raw -= 2**bits if raw < 2**bits else 2**width
    if not -(2 ** (bits - 1)) <= raw < 2 ** (bits - 1):
        raise Unreadable(f"{raw} is no {datatype.name}")
    return raw


def _write_integer(metric: Payload.Metric, datatype: DataType, value: Value) -> None:
    """Two's complement of the datatype's own width: every decoder understands that, few a wider one."""
    bits = _BITS[datatype]
    low, high = (-(2 ** (bits - 1)), 2 ** (bits - 1)) if datatype in _SIGNED else (0, 2**bits)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value < high:
        raise Unreadable(f"{value} is no {datatype.name}")
    if bits == 64:
        metric.long_value = value % 2**bits
    else:
        metric.int_value = value % 2**bits


def _finite(number: float) -> float:
    if not math.isfinite(number):
        raise Unreadable(f"{number} is no number")
    return number


def _shortest(single: float) -> float:
    """A 32-bit float as the decimal number that its maker meant: 21.3, and not 21.299999237060547."""
    if math.isfinite(single):
        wanted = struct.pack("<f", single)
        for digits in (6, 7, 8):
            short = float(f"{single:.{digits}g}")
            try:
                if struct.pack("<f", short) == wanted:
                    return short
            except OverflowError:  # rounded up beyond the largest 32-bit float
                continue
    return single


def _time(milliseconds: int) -> str:
    at = moment(milliseconds)
    if at is None:
        raise Unreadable(f"{milliseconds} ms is no time")
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _parse_time(text: str) -> int:
    try:
        at = datetime.fromisoformat(text)
    except ValueError as error:
        raise Unreadable(f"{text} is no time") from error
    if at.tzinfo is None or at < EPOCH:
        raise Unreadable(f"{text} has no zone, or is before 1970")
    return to_milliseconds(at)


def _float(metric: Payload.Metric) -> float:
    single = metric.WhichOneof("value") == "float_value"
    return _finite(_shortest(metric.float_value) if single else metric.double_value)


def _text(metric: Payload.Metric) -> str:
    return text_of(metric.string_value)[:MAX_TEXT]


def _elements(size: int, metric: Payload.Metric) -> int:
    return len(metric.bytes_value) // size


_FLOAT_FIELDS = ("float_value", "double_value")
_READERS: dict[DataType, tuple[tuple[str, ...], Callable[[Payload.Metric], Value]]] = {
    DataType.FLOAT: (_FLOAT_FIELDS, _float),
    DataType.DOUBLE: (_FLOAT_FIELDS, _float),
    DataType.BOOLEAN: (("boolean_value",), lambda metric: metric.boolean_value),
    **dict.fromkeys(_TEXTS, (("string_value",), _text)),
    DataType.DATETIME: (("long_value",), lambda metric: _time(metric.long_value)),
    DataType.DATASET: (("dataset_value",), lambda metric: len(metric.dataset_value.rows)),
    DataType.TEMPLATE: (("template_value",), lambda metric: len(metric.template_value.metrics)),
    DataType.BYTES: (("bytes_value",), lambda metric: len(metric.bytes_value)),
    DataType.FILE: (("bytes_value",), lambda metric: len(metric.bytes_value)),
    **{array: (("bytes_value",), partial(_elements, size)) for array, size in _ELEMENT_BYTES.items()},
    # Booleans are packed behind their number; each text is followed by a zero byte.
    DataType.BOOLEAN_ARRAY: (("bytes_value",), lambda metric: int.from_bytes(metric.bytes_value[:4], "little")),
    DataType.STRING_ARRAY: (("bytes_value",), lambda metric: metric.bytes_value.count(b"\0")),
}
"""Which fields a value of a datatype may be in, and what is kept of it; integers have rules of their own."""
