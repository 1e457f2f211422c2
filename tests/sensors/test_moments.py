from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.moments import parse_duration_s, parse_moment


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-11-23T11:00:00+05:00", datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("2026-11-23T06:00:00Z", datetime(2026, 11, 23, 6, tzinfo=UTC)),
        ("2026-11-23T06:00:00.123456789Z", datetime(2026, 11, 23, 6, 0, 0, 123456, tzinfo=UTC)),
        ("2026-11-23T06:00:00.5Z", datetime(2026, 11, 23, 6, 0, 0, 500000, tzinfo=UTC)),
    ],
)
def test_a_full_time_with_its_zone_is_a_moment(text: str, moment: datetime) -> None:
    assert parse_moment(text) == moment


@pytest.mark.parametrize(
    "text",
    [
        "",
        "now",
        "2026-11-23",
        "2026-11-23T06:00:00",
        "2026-11-23 06:00:00Z",
        "2026-02-30T06:00:00Z",
        "0001-01-01T00:00:00+14:00",
    ],
)
def test_what_is_half_a_time_is_none(text: str) -> None:
    assert parse_moment(text) is None


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("PT0.1S", 0.1),
        ("P1DT2H3M4.5S", 93_784.5),
        ("PT0S", 0.0),
        ("P1Y", None),
        ("-PT1S", None),
        ("PT", None),
        ("P", None),
    ],
)
def test_durations_are_days_hours_minutes_and_seconds(text: str, seconds: float | None) -> None:
    assert parse_duration_s(text) == seconds


@given(st.text(max_size=40) | st.from_regex(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?([+-]\d\d:\d\d|Z)", fullmatch=True))
def test_any_text_is_a_moment_or_none(text: str) -> None:
    moment = parse_moment(text)
    assert moment is None or moment.tzinfo is UTC
    assert parse_duration_s(text) is None or text.startswith("P")
