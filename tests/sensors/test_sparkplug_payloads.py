"""Sparkplug B payloads: bytes written by hand from the field numbers, every datatype, properties and names."""

import gzip
import math
import re
import struct
import subprocess
import sys
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.dialects.native import MAX_PAYLOAD_BYTES
from sensors.dialects.sparkplug.commands import write_metrics
from sensors.dialects.sparkplug.declarations import MAX_METRICS, declare
from sensors.dialects.sparkplug.payload import MAX_METRICS_IN_MESSAGE, unpack
from sensors.dialects.sparkplug.properties import quality_of, scale_of
from sensors.dialects.sparkplug.sparkplug_b_pb2 import DataType as WireType
from sensors.dialects.sparkplug.sparkplug_b_pb2 import Payload
from sensors.dialects.sparkplug.times import moment, to_milliseconds
from sensors.dialects.sparkplug.topics import NodeId
from sensors.dialects.sparkplug.values import DataType, Unreadable, metric_type, read, write
from sensors.model import ID_PATTERN, MetricType, Quality
from tests.sensors.sparkplug_edge import START, Ear, Edge, Published, births, metric, readings, refusals, values

ROOT = Path(__file__).parents[2]
PEERS = ROOT / ".venv-peers" / "bin" / "python"
GENERATED = "sensors/dialects/sparkplug/sparkplug_b"


def varint(number: int) -> bytes:
    out = bytearray()
    while number > 127:
        out.append(number & 127 | 128)
        number >>= 7
    return bytes([*out, number])


def field(number: int, value: bytes | str | float) -> bytes:
    """One field as the wire has it: varints, doubles, and what has a length."""
    if isinstance(value, int):
        return varint(number << 3) + varint(value % 2**64)
    if isinstance(value, float):
        return varint(number << 3 | 1) + struct.pack("<d", value)
    raw = value.encode() if isinstance(value, str) else value
    return varint(number << 3 | 2) + varint(len(raw)) + raw


def test_bytes_written_by_hand_from_the_field_numbers_are_a_birth() -> None:
    at = to_milliseconds(START)
    unit = field(1, "engUnit") + field(2, field(1, 12) + field(8, "degC"))
    temperature = field(1, "Temperature") + field(2, 1) + field(4, 2) + field(9, unit) + field(10, 2**32 - 7)
    bd_seq = field(1, "bdSeq") + field(4, 4) + field(11, 0)
    raw = field(1, at) + field(2, bd_seq) + field(2, temperature) + field(3, 0)
    ear = Ear()
    heard = ear.hear(Published("spBv1.0/Kordai/NBIRTH/Edge-1", raw))
    (birth,) = births(heard)
    assert birth.birth is not None
    assert [(each.name, each.type, each.unit, each.names.en) for each in birth.birth.metrics] == [
        ("temperature", MetricType.NUMBER, "Cel", "Temperature")
    ]
    assert [(each.value, each.captured_at, each.quality) for each in readings(heard)] == [(-7, START, Quality.GOOD)]
    assert refusals(heard) == []


def test_what_is_encoded_here_is_the_same_bytes() -> None:
    payload = Payload(timestamp=1, seq=2, uuid="u", body=b"b")
    payload.metrics.add(
        name="n",
        alias=3,
        timestamp=4,
        datatype=10,
        is_historical=True,
        is_transient=True,
        is_null=True,
        double_value=1.5,
    )
    by_hand = field(1, "n") + b"".join(field(*pair) for pair in ((2, 3), (3, 4), (4, 10), (5, 1), (6, 1), (7, 1)))
    expected = field(1, 1) + field(2, by_hand + field(13, 1.5)) + field(3, 2) + field(4, "u") + field(5, b"b")
    assert payload.SerializeToString(deterministic=True) == expected


def test_our_datatypes_are_those_of_the_schema() -> None:
    ours = {each.name.replace("_", "").lower(): each.value for each in DataType}
    theirs = {name.lower(): number for name, number in WireType.items()}
    assert ours == {name: number for name, number in theirs.items() if number not in (0, 20, 21)}


def test_the_generated_module_is_what_the_compiler_makes_of_the_description(tmp_path: Path) -> None:
    command = [str(PEERS), "-m", "grpc_tools.protoc", "-I.", f"--python_out={tmp_path}", f"--pyi_out={tmp_path}"]
    subprocess.run([*command, f"{GENERATED}.proto"], cwd=ROOT, check=True)
    for suffix in ("_pb2.py", "_pb2.pyi"):
        assert (tmp_path / f"{GENERATED}{suffix}").read_text() == (ROOT / f"{GENERATED}{suffix}").read_text()


def test_a_hub_that_does_not_speak_sparkplug_does_not_load_protocol_buffers() -> None:
    program = "import sys, hub.main; print(sorted(name for name in sys.modules if name.startswith('google')))"
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True, capture_output=True, text=True)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("datatype", "fields", "expected"),
    [
        (DataType.INT8, {"int_value": 2**32 - 1}, -1),
        (DataType.INT8, {"int_value": 0xFF}, -1),
        (DataType.INT8, {"int_value": 0x7F}, 127),
        (DataType.INT16, {"int_value": 0x8000}, -(2**15)),
        (DataType.INT32, {"int_value": 2**32 - 5}, -5),
        (DataType.INT32, {"long_value": 2**64 - 5}, -5),
        (DataType.INT64, {"long_value": 2**64 - 1}, -1),
        (DataType.INT64, {"long_value": 2**63 - 1}, 2**63 - 1),
        (DataType.UINT8, {"int_value": 255}, 255),
        (DataType.UINT16, {"int_value": 65_535}, 65_535),
        (DataType.UINT32, {"int_value": 2**32 - 1}, 2**32 - 1),
        (DataType.UINT32, {"long_value": 2**32 - 1}, 2**32 - 1),
        (DataType.UINT64, {"long_value": 2**63 - 1}, 2**63 - 1),
        (DataType.UINT64, {"long_value": 2**64 - 1}, float(2**64 - 1)),
        (DataType.FLOAT, {"float_value": 21.3}, 21.3),
        (DataType.FLOAT, {"float_value": 3.4028234663852886e38}, 3.4028235e38),
        (DataType.DOUBLE, {"double_value": 0.1}, 0.1),
        (DataType.DOUBLE, {"float_value": 0.5}, 0.5),
        (DataType.BOOLEAN, {"boolean_value": True}, True),
        (DataType.STRING, {"string_value": "шлагбаум"}, "шлагбаум"),
        (DataType.TEXT, {"string_value": "a" * 300}, "a" * 256),
        (DataType.UUID, {"string_value": "6f1c"}, "6f1c"),
        (DataType.DATETIME, {"long_value": 1_772_352_000_123}, "2026-03-01T08:00:00.123Z"),
        (DataType.BYTES, {"bytes_value": b"12345"}, 5),
        (DataType.FILE, {"bytes_value": b"1234567"}, 7),
        (DataType.DATASET, {"dataset_value": Payload.DataSet(rows=[Payload.DataSet.Row()] * 3)}, 3),
        (DataType.TEMPLATE, {"template_value": Payload.Template(metrics=[Payload.Metric()] * 2)}, 2),
        (DataType.INT8_ARRAY, {"bytes_value": b"\x01\x02\x03"}, 3),
        (DataType.UINT16_ARRAY, {"bytes_value": b"\x01\x02\x03\x04"}, 2),
        (DataType.FLOAT_ARRAY, {"bytes_value": bytes(12)}, 3),
        (DataType.DATETIME_ARRAY, {"bytes_value": bytes(16)}, 2),
        (DataType.BOOLEAN_ARRAY, {"bytes_value": b"\x0c\x00\x00\x00\xff\xf0"}, 12),
        (DataType.STRING_ARRAY, {"bytes_value": b"ab\x00c\x00"}, 2),
    ],
)
def test_every_datatype_is_read(datatype: DataType, fields: dict[str, object], expected: object) -> None:
    found = read(Payload.Metric(**fields), datatype)  # type: ignore[arg-type]  # as the row says
    assert (found, type(found)) == (expected, type(expected))
    assert isinstance(found, {"number": int | float, "boolean": bool, "text": str}[metric_type(datatype)])


@pytest.mark.parametrize(
    ("datatype", "fields"),
    [
        (DataType.INT8, {"int_value": 300}),
        (DataType.INT32, {"long_value": 2**40}),
        (DataType.UINT8, {"int_value": 256}),
        (DataType.INT32, {"string_value": "7"}),
        (DataType.FLOAT, {"float_value": math.nan}),
        (DataType.DOUBLE, {"double_value": math.inf}),
        (DataType.DOUBLE, {"int_value": 3}),
        (DataType.BOOLEAN, {"int_value": 1}),
        (DataType.STRING, {}),
        (DataType.DATETIME, {"long_value": 0}),
        (DataType.DATETIME, {"long_value": 2**63}),
        (DataType.DATASET, {"bytes_value": b""}),
    ],
)
def test_what_is_not_of_its_datatype_is_no_value(datatype: DataType, fields: dict[str, object]) -> None:
    with pytest.raises(Unreadable):
        read(Payload.Metric(**fields), datatype)  # type: ignore[arg-type]  # as the row says


@given(st.sampled_from(sorted(DataType)[:8]), st.integers(-(2**63), 2**63 - 1))
def test_an_integer_that_may_be_written_is_read_back(datatype: DataType, value: int) -> None:
    made = Payload.Metric()
    try:
        write(made, datatype, value)
    except Unreadable:
        return
    assert read(made, datatype) == value


@given(st.integers(0, 2**64 - 1))
def test_any_time_of_the_wire_is_a_time_or_none(milliseconds: int) -> None:
    at = moment(milliseconds)
    assert at is None or to_milliseconds(at) == milliseconds


def test_a_time_is_the_metrics_own_else_its_messages_else_that_of_its_arrival() -> None:
    edge, ear = Edge(), Ear()
    ear.hear(edge.connect([metric("a", 0.0), metric("b", 0.0)]))
    edge.now = START + timedelta(seconds=5)
    own = to_milliseconds(START + timedelta(seconds=4))
    heard = ear.hear(edge.ndata(metric("a", 1.0, timestamp=own), metric("b", 2.0)))
    bare = Payload(seq=2, metrics=[metric("a", 3.0)]).SerializeToString()
    ear.now += timedelta(seconds=9)
    heard += ear.hear(Published(edge.topic("NDATA"), bare))
    assert [(each.captured_at - START).total_seconds() for each in readings(heard)] == [4, 5, 9]


def properties(*pairs: tuple[str, Payload.PropertyValue]) -> Payload.PropertySet:
    return Payload.PropertySet(keys=[key for key, _ in pairs], values=[value for _, value in pairs])


def test_properties_give_unit_range_and_quality() -> None:
    said = properties(
        ("engUnit", Payload.PropertyValue(type=12, string_value="°C")),
        ("EngLow", Payload.PropertyValue(type=3, int_value=2**32 - 40)),
        ("engHigh", Payload.PropertyValue(type=10, double_value=60.0)),
        ("Quality", Payload.PropertyValue(type=3, int_value=0)),
    )
    made = metric("t", 21.0, properties=said)
    assert scale_of(made) == ("Cel", "", -40.0, 60.0)
    assert quality_of(made) is Quality.BAD


@pytest.mark.parametrize(
    ("code", "quality"),
    [(192, Quality.GOOD), (0, Quality.BAD), (500, Quality.UNCERTAIN), (64, Quality.UNCERTAIN)],
)
def test_quality_codes(code: int, quality: Quality) -> None:
    said = properties(("quality", Payload.PropertyValue(type=3, int_value=code)))
    assert quality_of(metric("t", 1.0, properties=said)) is quality


def test_properties_that_cannot_be_believed_say_nothing() -> None:
    crooked = Payload.PropertySet(keys=["engUnit", "engLow"], values=[Payload.PropertyValue(string_value="V")])
    assert scale_of(metric("t", 1.0, properties=crooked)) == ("", "", None, None)
    upside_down = properties(
        ("engLow", Payload.PropertyValue(double_value=5.0)), ("engHigh", Payload.PropertyValue(double_value=-5.0))
    )
    assert scale_of(metric("t", 1.0, properties=upside_down)) == ("", "", None, None)
    null = properties(("Quality", Payload.PropertyValue(is_null=True)))
    assert quality_of(metric("t", 1.0, properties=null)) is Quality.GOOD


def test_a_unit_without_a_code_is_part_of_the_name() -> None:
    said = properties(("engUnit", Payload.PropertyValue(type=12, string_value="фунтов")))
    found, _ = declare([metric("Вес", 1.0, properties=said)])
    (declared,) = found.by_name.values()
    assert (declared.metric.unit, declared.metric.names.en) == ("", "Вес, фунтов")


@given(st.lists(st.text(min_size=1, max_size=80), max_size=40, unique=True))
def test_names_of_our_pattern_are_stable_and_never_one_for_two(names: list[str]) -> None:
    made = [metric(name, 1.0) for name in names]
    found, problems = declare(made)
    idents = [declared.ident for declared in found.by_name.values()]
    assert len(idents) == len(set(idents)) == len(names) - len(problems)
    again, _ = declare(made[::-1])
    assert {name: each.ident for name, each in again.by_name.items()} == {
        name: each.ident for name, each in found.by_name.items()
    }
    assert all(re.match(ID_PATTERN, ident) for ident in idents)


@pytest.mark.parametrize(
    ("names", "idents"),
    [
        (["Power/Supply 1"], ["power_supply_1"]),
        (["fuel-level"], ["fuel-level"]),
        (["A/B", "A B"], ["a_b-998d3e", "a_b-fea4c5"]),
        (["a_b", "A/B"], ["a_b", "a_b-998d3e"]),
        (["Температура"], ["metric-8aa1d0"]),
        (["Зона 2"], ["2-983af6"]),
    ],
)
def test_names_stay_readable(names: list[str], idents: list[str]) -> None:
    found, _ = declare([metric(name, 1.0) for name in names])
    assert [each.ident for each in found.by_name.values()] == idents


def test_a_birth_keeps_the_first_metrics_and_says_what_it_leaves_out() -> None:
    edge, ear = Edge(), Ear()
    many = [metric(f"m{number}", 1.0) for number in range(MAX_METRICS + 10)]
    odd = [metric("", 1.0), metric("m1", 2.0), metric("odd", 1.0, alias=1), metric("even", 1.0, alias=1)]
    odd += [metric("future", 1.0)]
    odd[-1].datatype = 99
    heard = ear.hear(edge.connect([*odd, *many]))
    (birth,) = births(heard)
    assert birth.birth is not None
    assert len(birth.birth.metrics) == MAX_METRICS - 1
    (reason,) = refusals(heard)
    for words in ("has no name", "m1 is declared twice", "even: alias 1 is taken", "future: datatype 99"):
        assert words in reason
    assert ear.hear(edge.ndata(metric(f"m{MAX_METRICS + 5}", 2.0))) == []
    ear.wait(5)
    assert ear.rebirths == []


@pytest.mark.parametrize("pack", [zlib.compress, gzip.compress])
def test_a_compressed_payload_is_inflated_within_its_limit(pack: object) -> None:
    assert callable(pack)
    inner = Payload(timestamp=5, seq=3, metrics=[metric("a", 1.0)])
    outer = Payload(uuid="SPBV1.0_COMPRESSED", body=pack(inner.SerializeToString()))
    assert unpack(outer.SerializeToString()) == inner
    bomb = Payload(uuid="SPBV1.0_COMPRESSED", body=pack(bytes(MAX_PAYLOAD_BYTES + 1)))
    assert "over" in str(unpack(bomb.SerializeToString()))
    torn = Payload(uuid="SPBV1.0_COMPRESSED", body=pack(inner.SerializeToString())[:-9])
    assert isinstance(unpack(torn.SerializeToString()), str)


def test_a_payload_of_nothing_but_metrics_is_refused_before_they_are_looked_at() -> None:
    assert "metrics in one message" in str(unpack(b"\x12\x00" * (MAX_METRICS_IN_MESSAGE + 1)))


def test_a_text_that_is_not_utf_8_is_still_a_text() -> None:
    edge, ear = Edge(), Ear()
    bad = field(1, b"na\xffme") + field(4, 12) + field(15, b"\xfe")
    raw = field(1, 5) + field(2, bad) + field(3, 0)
    heard = ear.hear(Published(edge.topic("NBIRTH"), raw))
    assert values(heard) == ["\N{REPLACEMENT CHARACTER}"]


def test_a_command_is_refused_when_a_value_does_not_fit() -> None:
    found, _ = declare([metric("Setpoint", 5, datatype=DataType.INT8)])
    assert "INT8" in str(write_metrics(NodeId("g", "e"), "d", found, {"setpoint": 300}, START))
    assert "no metric" in str(write_metrics(NodeId("g", "e"), "d", found, {"other": 3}, START))
    assert "which metrics" in str(write_metrics(NodeId("g", "e"), "d", found, {}, START))
