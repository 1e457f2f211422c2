from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.storage.line_protocol import encode_line
from sensors.model import MetricName, Quality, Reading, Value
from tests.hub.forwarding_bench import KEY, START, measured


@pytest.mark.parametrize(
    ("value", "unit", "line"),
    [
        (21.5, "Cel", 'reading,device=weather-1,metric=air,site=kordai v=21.5,delay=0.25,q=0.0,unit="Cel"'),
        (3, "{vehicle}", 'reading,device=weather-1,metric=air,site=kordai v=3.0,delay=0.25,q=0.0,unit="{vehicle}"'),
        (True, "", "reading_switch,device=weather-1,metric=air,site=kordai v=1.0,delay=0.25,q=0.0"),
        (5, "", "reading,device=weather-1,metric=air,site=kordai v=5.0,delay=0.25,q=0.0"),
        ('a "b"\\\n', "", r'reading_text,device=weather-1,metric=air,site=kordai s="a \"b\"\\�",delay=0.25,q=0.0'),
    ],
)
def test_a_reading_is_one_escaped_line(value: Value, unit: str, line: str) -> None:
    assert encode_line(measured(0, value, unit=unit)) == f"{line} {round(START.timestamp())}000000000"


def test_what_may_be_told_otherwise_when_it_is_sent_again_is_no_part_of_a_points_identity() -> None:
    first = measured(7)
    again = msgspec.structs.replace(
        first,
        unit="K",
        quality=Quality.UNCERTAIN,
        received_at=first.received_at + timedelta(days=1),
        historical=True,
    )
    ((head, _, at), (other_head, fields, other_at)) = (encode_line(each).split(" ") for each in (first, again))
    assert (head, at) == (other_head, other_at)
    assert fields == 'v=0.875,delay=86400.25,q=1.0,unit="K",historical=true'


@given(
    st.text(max_size=24),
    st.text(max_size=24),
    st.text(max_size=50) | st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(2**63), 2**63),
)
def test_no_text_breaks_out_of_its_line(metric: str, unit: str, value: Value) -> None:
    line = encode_line(measured(0, value, metric, unit))
    assert len(line.splitlines()) == 1
    tags = line.replace("\\,", "").replace("\\ ", "").replace("\\=", "").split(" ", 1)[0]
    assert tags.count(",") == tags.count("=") == 3


@given(st.datetimes(datetime(1700, 1, 1), datetime(2262, 1, 1)), st.integers(0, 2**53))  # noqa: DTZ001 - the zone follows
def test_microseconds_are_kept_exactly_and_sequences_tell_readings_of_one_apart(at: datetime, sequence: int) -> None:
    at = at.replace(tzinfo=UTC)
    readings = [
        Reading(KEY, MetricName("air"), 1.0, "", Quality.GOOD, at, at, sequence + step, historical=False)
        for step in range(0, 1000, 37)
    ]
    times = [int(encode_line(each).rpartition(" ")[2]) for each in readings]
    exact_us = (at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert {time // 1000 for time in times} == {exact_us}
    assert len(set(times)) == len(times)
