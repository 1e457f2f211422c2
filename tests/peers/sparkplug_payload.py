"""Prints, as hexadecimal, a birth with a value of every datatype that `pysparkplug` can encode."""

from datetime import UTC, datetime

from pysparkplug import DataType, Metric, NBirth

AT = 1_772_352_000_000
VALUES = {
    DataType.INT8: -8,
    DataType.INT16: -1600,
    DataType.INT32: -320_000,
    DataType.INT64: -(2**40),
    DataType.UINT8: 200,
    DataType.UINT16: 60_000,
    DataType.UINT32: 4_000_000_000,
    DataType.UINT64: 2**63 - 1,
    DataType.FLOAT: 21.3,
    DataType.DOUBLE: -0.1,
    DataType.BOOLEAN: True,
    DataType.STRING: "шлагбаум",
    DataType.DATETIME: datetime(2026, 3, 1, 8, 0, tzinfo=UTC),
    DataType.TEXT: "text",
    DataType.UUID: "5d8e9d5c-0d9b-4b0e-9d52-3f6f1d8d5b0a",
    DataType.BYTES: b"123",
    DataType.FILE: b"12345",
    DataType.INT8_ARRAY: (-1, 2, 3),
    DataType.UINT32_ARRAY: (1, 2),
    DataType.DOUBLE_ARRAY: (1.0, 2.0, 3.0, 4.0),
    DataType.BOOLEAN_ARRAY: (True, False, True) * 4,
    DataType.STRING_ARRAY: ("a", "bc"),
    DataType.DATETIME_ARRAY: (datetime(2026, 3, 1, tzinfo=UTC),),
}


def main() -> None:
    metrics = [Metric(AT, kind.name.lower(), kind, value=value) for kind, value in VALUES.items()]
    print(NBirth(AT, 0, tuple(metrics)).encode().hex())  # noqa: T201 - what the test reads


if __name__ == "__main__":
    main()
