"""What entities of Home Assistant discovery say: readings, events, and what is neither."""

from datetime import datetime, timedelta

import pytest

from sensors.model import (
    EventSeen,
    Message,
    MetricType,
    Quality,
    ReadingsSeen,
    Rejected,
)
from tests.sensors.home_assistant_desk import PORTAL, TEMPERATURE, Desk, alone, states, values


@pytest.mark.parametrize(
    ("options", "type_", "said", "value"),
    [
        ({"state_class": "total_increasing", "unit_of_measurement": "kWh"}, MetricType.COUNTER, "12.5", 12.5),
        ({"state_class": "total", "unit_of_measurement": "kWh"}, MetricType.NUMBER, "-3", -3),
        ({"device_class": "aqi"}, MetricType.NUMBER, "17", 17),
        ({"suggested_display_precision": 1}, MetricType.NUMBER, "1.0", 1.0),
        ({"device_class": "timestamp"}, MetricType.TEXT, "2026-11-23T06:00:00Z", "2026-11-23T06:00:00Z"),
        ({"device_class": "enum", "options": ["red", "green"]}, MetricType.TEXT, "green", "green"),
        ({}, MetricType.TEXT, "any word", "any word"),
        ({"value_template": "{{ value_json.n }}"}, MetricType.TEXT, '{"n": 5}', "5"),
    ],
)
def test_a_sensor_is_a_number_a_counter_or_a_text(
    options: dict[str, object], type_: MetricType, said: str, value: object
) -> None:
    desk = Desk()
    desk.config("sensor/it", alone(**options))
    assert desk.birth.metrics[0].type is type_
    assert list(values(desk.hear("it/state", said)).values()) == [value]


@pytest.mark.parametrize(
    ("unit", "code"), [("°F", "[degF]"), ("kW", "kW"), ("µg/m³", "ug/m3"), ("lamps per door", "{lamps-per-door}")]
)
def test_units_are_ucum_codes_and_unknown_ones_stay_readable(unit: str, code: str) -> None:
    desk = Desk()
    desk.config("sensor/it", alone(unit_of_measurement=unit))
    assert desk.birth.metrics[0].unit == code


@pytest.mark.parametrize("said", ["", "None", "unknown", "unavailable"])
def test_a_state_that_is_not_known_is_no_reading(said: str) -> None:
    desk = Desk()
    desk.config("sensor/it", alone(unit_of_measurement="W"))
    assert desk.hear("it/state", said) == []


@pytest.mark.parametrize(
    ("platform", "options", "said", "reason"),
    [
        ("sensor", {"unit_of_measurement": "W"}, b"much", "not a number"),
        ("sensor", {"unit_of_measurement": "W"}, b"21,5", "not a number"),
        ("sensor", {"unit_of_measurement": "W"}, b"1_000", "not a number"),
        ("sensor", {"unit_of_measurement": "W", "value_template": "{{ value_json.a }}"}, b"{", "not JSON"),
        ("sensor", {}, b"x" * 257, "over 256"),
        ("sensor", {}, b"\xff", "UTF-8"),
        ("sensor", {"options": ["a"]}, b"b", "none of the declared"),
        ("binary_sensor", {}, b"on", "neither"),
        ("cover", {}, b"ajar", "none of the declared"),
    ],
)
def test_a_word_that_makes_no_sense_is_said(
    platform: str, options: dict[str, object], said: bytes, reason: str
) -> None:
    desk = Desk()
    desk.config(f"{platform}/it", alone(**options))
    messages = desk.hear("it/state", said)
    assert [type(each) for each in messages] == [Rejected]
    assert reason in desk.rejected[-1]


@pytest.mark.parametrize(
    ("platform", "options", "said", "read"),
    [
        (
            "binary_sensor",
            {"payload_on": True, "payload_off": False, "value_template": "{{ value_json.o }}"},
            '{"o": true}',
            True,
        ),
        ("binary_sensor", {"pl_on": 1, "pl_off": 0}, "0", False),
        ("switch", {"state_on": "1", "state_off": "0"}, "1", True),
        ("light", {"schema": "json"}, '{"state": "OFF"}', False),
        ("siren", {}, '{"state": "ON", "tone": "x"}', True),
        ("siren", {}, "OFF", False),
        ("cover", {"state_open": "up"}, "up", "open"),
        ("valve", {}, "closing", "closing"),
        ("valve", {"pos": True}, "25", 25.0),
        ("lock", {"state_jammed": "stuck"}, "stuck", "jammed"),
        ("number", {}, "7", 7),
        ("select", {"options": ["a", "b"]}, "b", "b"),
        ("text", {}, "hello", "hello"),
        ("device_tracker", {"payload_home": "here"}, "here", "home"),
        ("device_tracker", {}, "garage", "garage"),
        ("alarm_control_panel", {}, "triggered", "triggered"),
    ],
)
def test_every_platform_that_measures_is_read(
    platform: str, options: dict[str, object], said: str, read: object
) -> None:
    desk = Desk()
    desk.config(f"{platform}/it", alone(**options))
    assert list(values(desk.hear("it/state", said)).values()) == [read]


def test_a_covers_position_is_in_per_cent_of_its_own_scale() -> None:
    desk = Desk()
    desk.config("cover/it", alone(position_topic="it/position", position_open=0, position_closed=200))
    assert desk.metric("it-position").unit == "%"
    assert values(desk.hear("it/position", "50")) == {"it-position": 75.0}


def test_an_event_entity_gives_events_and_its_memory_none() -> None:
    desk = Desk()
    desk.config("event/it", alone(event_types=["press", "hold"]))
    assert desk.hear("it/state", {"event_type": "press"}, retained=True) == []
    (event,) = desk.hear("it/state", {"event_type": "press"})
    assert isinstance(event, EventSeen)
    assert (event.kind, event.happened_at) == ("press", desk.now)
    desk.hear("it/state", {"event_type": "explode"})
    assert "no event type" in desk.rejected[-1]


def test_what_is_not_read_is_named_in_the_birth_and_not_refused() -> None:
    desk = Desk()
    desk.config("camera/door", {"device": PORTAL, "unique_id": "cam", "topic": "frames"})
    assert values(desk.messages) == {"not-read": "camera door"}
    assert desk.rejected == []
    assert desk.actions == [], "no picture is ever subscribed to"
    desk.config("camera/door", b"")
    assert desk.births[-1].birth is None


def test_a_template_that_is_not_of_the_path_language_is_shown_and_never_run() -> None:
    desk = Desk()
    desk.config("sensor/it", alone(value_template="{{ value_json.a if value_json.b else 0 }}"))
    assert "unsupported template {{ value_json.a if" in desk.rejected[-1]
    assert values(desk.messages) == {"not-read": "sensor it"}
    assert desk.actions == []


def test_a_retained_state_is_a_snapshot() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE, retained=True)
    (message,) = desk.hear("portal/state", {"temperature": 20}, retained=True)
    assert isinstance(message, ReadingsSeen)
    assert message.snapshot
    assert states([message]) == []


def identities(messages: list[Message]) -> list[tuple[datetime, int]]:
    return [
        (reading.captured_at, reading.sequence)
        for each in messages
        if isinstance(each, ReadingsSeen)
        for reading in each.readings
    ]


def test_messages_that_came_together_are_readings_of_their_own() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    said = [each for number in range(3) for each in desk.hear("portal/state", {"temperature": number})]
    assert identities(said) == [(desk.now, 0), (desk.now, 1), (desk.now, 2)]
    desk.now += timedelta(microseconds=1)
    assert identities(desk.hear("portal/state", {"temperature": 3})) == [(desk.now, 0)]


def test_after_the_clock_was_set_back_the_next_reading_is_the_newest() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    desk.hear("portal/state", {"temperature": 1})
    desk.now -= timedelta(hours=1)
    assert identities(desk.hear("portal/state", {"temperature": 2})) == [(desk.now, 1)]
    desk.now -= timedelta(seconds=1)
    assert identities(desk.hear("portal/state", {"temperature": 3})) == [(desk.now, 0)], "late, and not a clock"


def test_a_binary_sensor_switches_itself_off_after_its_delay() -> None:
    desk = Desk()
    desk.config("binary_sensor/it", alone(off_delay=30))
    desk.hear("it/state", "ON")
    desk.wait(20)
    desk.hear("it/state", "ON")
    assert desk.wait(20) == [], "the delay begins anew with each ON"
    assert values(desk.wait(11)) == {"it": False}
    assert desk.wait(100) == []


def test_a_value_expires_when_it_is_not_said_again() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE | {"expire_after": 60})
    assert desk.birth.silence_s == 60
    assert desk.wait(600) == [], "it begins expired: there is no value to doubt"
    desk.hear("portal/state", {"temperature": 20})
    desk.wait(50)
    desk.hear("portal/state", {"other": 1})
    assert desk.wait(50) == [], "any message of the topic holds it"
    (message,) = desk.wait(11)
    assert isinstance(message, ReadingsSeen)
    assert [(each.value, each.quality) for each in message.readings] == [(20, Quality.BAD)]
    assert desk.wait(600) == [], "it is said once"
    desk.hear("portal/state", {"temperature": 21})
    assert len(desk.wait(61)) == 1


def test_the_brokers_memory_does_not_expire_as_if_it_had_been_said() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE | {"expire_after": 60})
    desk.hear("portal/state", {"temperature": 20}, retained=True)
    assert desk.wait(61) == []
