import json
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.dialects.dialect import Action, Heard, Listen, Send, Unlisten
from sensors.dialects.hass import announcements
from sensors.dialects.home_assistant import HomeAssistant
from sensors.dialects.native import CommandPayload
from sensors.model import (
    Birth,
    BirthSeen,
    DeviceKey,
    EventSeen,
    Message,
    Metric,
    MetricType,
    Quality,
    ReadingsSeen,
    Rejected,
    SiteId,
    StateSeen,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
PREFIX = "homeassistant"
SITE = SiteId("kordai")


class Desk:
    """The hub's side: a clock that steps, and everything the dialect said."""

    def __init__(self, **how: Any) -> None:
        self.dialect = HomeAssistant({PREFIX: SITE}, **how)
        self.now = NOW
        self.messages: list[Message] = []
        self.actions: list[Action] = []

    def hear(self, topic: str, payload: object = b"", *, retained: bool = False) -> list[Message]:
        said = (
            payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else _json(payload)
        )
        assert self.dialect.claims(topic)
        return self._keep(self.dialect.decode(topic, said, retained=retained, received_at=self.now))

    def config(self, place: str, payload: object, *, retained: bool = False) -> list[Message]:
        """A config, and the pause after it."""
        return [*self.hear(f"{PREFIX}/{place}/config", payload, retained=retained), *self.wait(1)]

    def wait(self, seconds: float) -> list[Message]:
        self.now += timedelta(seconds=seconds)
        return self._keep(self.dialect.tick(self.now))

    def _keep(self, heard: Heard) -> list[Message]:
        self.messages += heard.messages
        self.actions += heard.actions
        return list(heard.messages)

    @property
    def births(self) -> list[BirthSeen]:
        return [each for each in self.messages if isinstance(each, BirthSeen)]

    @property
    def birth(self) -> Birth:
        birth = self.births[-1].birth
        assert birth is not None
        return birth

    @property
    def key(self) -> DeviceKey:
        return self.births[-1].key

    @property
    def rejected(self) -> list[str]:
        return [each.reason for each in self.messages if isinstance(each, Rejected)]

    def metric(self, name: str) -> Metric:
        return next(metric for metric in self.birth.metrics if metric.name == name)


def _json(payload: object) -> bytes:
    return json.dumps(payload).encode()


def values(messages: list[Message]) -> dict[str, Any]:
    return {
        reading.metric: reading.value
        for each in messages
        if isinstance(each, ReadingsSeen)
        for reading in each.readings
    }


def states(messages: list[Message]) -> list[bool]:
    return [each.online for each in messages if isinstance(each, StateSeen)]


PORTAL = {"identifiers": ["portal-0451"], "name": "Portal", "manufacturer": "Maker", "model": "M1", "sw_version": "2.1"}
TEMPERATURE = {
    "name": "Temperature",
    "device": PORTAL,
    "unique_id": "portal-0451_temperature",
    "device_class": "temperature",
    "state_class": "measurement",
    "unit_of_measurement": "°C",
    "state_topic": "portal/state",
    "value_template": "{{ value_json.temperature }}",
}
SHORT = {
    "name": "Temperature",
    "dev": {"ids": "portal-0451", "name": "Portal", "mf": "Maker", "mdl": "M1", "sw": "2.1"},
    "uniq_id": "portal-0451_temperature",
    "dev_cla": "temperature",
    "stat_cla": "measurement",
    "unit_of_meas": "°C",
    "~": "portal",
    "stat_t": "~/state",
    "val_tpl": "{{ value_json.temperature }}",
}
IN_DEVICE_FORM: dict[str, Any] = {
    "dev": SHORT["dev"],
    "o": {"name": "gate2mqtt", "sw": "1.0"},
    "cmps": {
        "temperature": {
            "p": "sensor",
            "name": "Temperature",
            "uniq_id": "portal-0451_temperature",
            "dev_cla": "temperature",
            "stat_cla": "measurement",
            "unit_of_meas": "°C",
            "val_tpl": "{{ value_json.temperature }}",
        }
    },
    "stat_t": "portal/state",
}


def alone(**options: object) -> dict[str, object]:
    """A sensor entity of its own device."""
    return {"device": PORTAL, "unique_id": "portal-0451_it", "state_topic": "it/state"} | options


@pytest.mark.parametrize(
    ("place", "config"),
    [("sensor/portal/temperature", TEMPERATURE), ("sensor/t", SHORT), ("device/portal", IN_DEVICE_FORM)],
)
def test_a_device_is_born_of_any_form_of_config(place: str, config: object) -> None:
    desk = Desk()
    desk.config(place, config, retained=True)
    assert desk.key.site == SITE
    assert (desk.birth.names.en, desk.birth.maker, desk.birth.model, desk.birth.firmware) == (
        "Portal",
        "Maker",
        "M1",
        "2.1",
    )
    metric = desk.metric("temperature")
    assert (metric.type, metric.unit, metric.names.en) == (MetricType.NUMBER, "Cel", "Temperature")
    assert desk.actions == [Listen("portal/state")]
    messages = desk.hear("portal/state", {"temperature": 21.5})
    assert values(messages) == {"temperature": 21.5}
    assert states(messages) == [True], "a device that names no witness is there when it speaks"
    assert desk.births[-1].retained


def test_the_entities_of_a_flood_are_introduced_together_and_none_waits_for_ever() -> None:
    desk = Desk()
    for number in range(8):
        desk.hear(f"{PREFIX}/sensor/e{number}/config", alone(unique_id=f"e{number}"), retained=True)
        assert (desk.wait(0.9) == []) is (number != 5), "a pause, or five seconds"
    desk.wait(1)
    assert [len(each.birth.metrics) for each in desk.births if each.birth] == [6, 8]
    assert all(birth.retained for birth in desk.births)


def test_a_clock_that_is_set_back_makes_nobody_wait() -> None:
    desk = Desk()
    desk.hear(f"{PREFIX}/sensor/t/config", TEMPERATURE)
    desk.wait(-3_600)
    desk.wait(1)
    assert len(desk.births) == 1


def test_the_kind_of_a_device_stands_whatever_entities_come_later_or_first_after_a_restart() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    kind = desk.birth.kind
    smoke = alone(unique_id="smoke", device_class="smoke")
    desk.config("binary_sensor/s", smoke)
    assert (kind, desk.birth.kind) == ("climate", "climate")
    after = Desk(remembered={desk.key: desk.birth})
    after.config("binary_sensor/s", smoke)
    assert after.birth.kind == "climate"


def test_mac_addresses_are_what_a_device_is_known_by_elsewhere() -> None:
    desk = Desk()
    desk.config("sensor/t", alone(device={"identifiers": ["x"], "connections": [["mac", "AA:BB:CC:00:11:22"]]}))
    assert desk.birth.identities == ("mac:aabbcc001122",)


def test_all_forms_lead_to_the_same_device_id() -> None:
    keys = set()
    for place, config in (("sensor/t", TEMPERATURE), ("sensor/x/y", SHORT), ("device/z", IN_DEVICE_FORM)):
        desk = Desk()
        desk.config(place, config)
        keys.add(desk.key)
    assert len(keys) == 1


def test_entities_of_one_device_join_into_one_birth_whatever_their_order() -> None:
    humidity = TEMPERATURE | {
        "unique_id": "portal-0451_humidity",
        "device_class": "humidity",
        "unit_of_measurement": "%",
    }
    births = []
    for first, second in ((TEMPERATURE, humidity), (humidity, TEMPERATURE)):
        desk = Desk()
        desk.config("sensor/a", first)
        desk.config("sensor/b", second)
        births.append(desk.birth)
    assert births[0] == births[1]
    assert [metric.name for metric in births[0].metrics] == ["humidity", "temperature"]


def test_a_device_known_by_a_connection_is_the_same_as_by_its_identifier() -> None:
    desk = Desk()
    mac = [["mac", "AA:BB:CC:00:11:22"]]
    desk.config("sensor/a", alone(device={"identifiers": "x", "connections": mac}))
    desk.config("sensor/b", alone(unique_id="other", device={"connections": [["mac", "aa:bb:cc:00:11:22"]]}))
    assert len({birth.key for birth in desk.births}) == 1


def test_a_device_that_claims_to_be_two_is_refused_and_never_merged() -> None:
    desk = Desk()
    desk.config("sensor/a", alone(device={"identifiers": "x"}, unique_id="a"))
    desk.config("sensor/b", alone(device={"identifiers": "y"}, unique_id="b"))
    messages = desk.config("sensor/c", alone(device={"identifiers": ["x", "y"]}, unique_id="c"))
    assert [type(each) for each in messages] == [Rejected]
    assert "claims to be" in desk.rejected[-1]


def test_an_entity_without_a_device_is_a_device() -> None:
    desk = Desk()
    desk.config("binary_sensor/garden", {"name": "Garden", "device_class": "motion", "state_topic": "g/state"})
    assert (desk.birth.kind, desk.birth.names.en) == ("motion-sensor", "Garden")
    assert [metric.type for metric in desk.birth.metrics] == [MetricType.BOOLEAN]
    assert list(values(desk.hear("g/state", "ON")).values()) == [True]


def test_the_catalogue_gives_a_smoke_detector_its_alarm() -> None:
    desk = Desk()
    smoke = alone(unique_id="0x0017880104_smoke", device_class="smoke", device={"identifiers": "zigbee_0x0017880104"})
    desk.config("binary_sensor/s", smoke)
    assert desk.birth.kind == "fire-alarm"
    assert [limit.bound for limit in desk.metric("smoke").limits] == [True]


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


def witnesses(mode: str) -> dict[str, object]:
    return alone(
        unit_of_measurement="W",
        availability_mode=mode,
        availability=[
            {"topic": "bridge"},
            {"t": "node", "pl_avail": "1", "pl_not_avail": "0", "val_tpl": "{{ value_json.up }}"},
        ],
    )


UP, DOWN = '{"up": 1}', '{"up": 0}'


@pytest.mark.parametrize(
    ("mode", "said", "expected"),
    [
        ("all", [("bridge", "online")], []),
        ("all", [("bridge", "online"), ("node", UP)], [True]),
        ("all", [("bridge", "online"), ("node", UP), ("bridge", "offline")], [True, False]),
        ("all", [("bridge", "offline")], [False]),
        ("any", [("bridge", "offline")], []),
        ("any", [("bridge", "offline"), ("node", DOWN), ("node", UP)], [False, True]),
        ("any", [("node", UP), ("bridge", "offline")], [True]),
        ("latest", [("bridge", "online"), ("node", DOWN), ("bridge", "online")], [True, False, True]),
        ("latest", [("bridge", "perhaps")], []),
    ],
)
def test_availability_is_weighed_by_its_mode(mode: str, said: list[tuple[str, str]], expected: list[bool]) -> None:
    desk = Desk()
    desk.config("sensor/it", witnesses(mode))
    assert {each.topic for each in desk.actions if isinstance(each, Listen)} == {"bridge", "node", "it/state"}
    for topic, word in said:
        desk.hear(topic, word)
    assert states(desk.messages) == expected


def test_the_single_topic_form_has_payloads_and_a_template_of_its_own() -> None:
    desk = Desk()
    desk.config(
        "sensor/it",
        alone(avty_t="lwt", pl_avail="up", pl_not_avail="down", avty_tpl="{{ value_json.state }}"),
    )
    desk.hear("lwt", {"state": "up"}, retained=True)
    desk.hear("lwt", {"state": "down"})
    assert states(desk.messages) == [True, False]
    desk.hear("lwt", "broken")
    assert "availability is not JSON" in desk.rejected[-1]


def test_a_device_is_there_as_long_as_one_of_its_entities_is() -> None:
    desk = Desk()
    for name in ("a", "b"):
        desk.config(
            f"sensor/{name}",
            alone(
                unique_id=name, state_topic=f"{name}/state", availability_topic=f"{name}/lwt", unit_of_measurement="W"
            ),
        )
    for topic in ("a/lwt", "b/lwt"):
        desk.hear(topic, "online")
    desk.hear("a/state", "5")
    (doubt,) = desk.hear("a/lwt", "offline")
    assert isinstance(doubt, ReadingsSeen)
    assert [(each.metric, each.quality) for each in doubt.readings] == [("a", Quality.BAD)]
    assert states(desk.hear("b/lwt", "offline")) == [False]


def test_a_latecomer_hears_what_a_shared_topic_said_before() -> None:
    desk = Desk()
    desk.config("sensor/a", alone(unique_id="a", availability_topic="bridge"))
    desk.hear("bridge", "online", retained=True)
    other = {"identifiers": "other-device"}
    messages = desk.config("sensor/b", alone(unique_id="b", device=other, availability_topic="bridge"))
    assert states(messages) == [True]
    assert desk.actions.count(Listen("bridge")) == 1


def test_messages_that_came_before_their_config_are_not_lost() -> None:
    desk = Desk()
    assert desk.hear("portal/state", {"temperature": 19}) == []
    desk.now += timedelta(seconds=1)
    messages = desk.config("sensor/t", TEMPERATURE, retained=True)
    (readings,) = [each for each in messages if isinstance(each, ReadingsSeen)]
    assert [(each.value, each.received_at) for each in readings.readings] == [(19, NOW)]
    assert not readings.snapshot


def test_messages_that_nobody_explains_in_time_are_refused_and_heard_no_more() -> None:
    desk = Desk()
    desk.dialect.connected(NOW, NOW)
    for _ in range(3):
        desk.hear("old/topic", "1")
    desk.wait(16)
    assert desk.rejected == ["no config announces this topic"]
    assert desk.actions == [Unlisten("old/topic")]
    assert not desk.dialect.claims("old/topic")


def test_an_empty_config_removes_the_entity_and_with_the_last_one_the_device() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    desk.config("sensor/h", TEMPERATURE | {"unique_id": "h"})
    desk.config("sensor/t", b"")
    assert [metric.name for metric in desk.birth.metrics] == ["h"]
    desk.config("sensor/h", b"")
    assert desk.births[-1].birth is None
    assert desk.actions[-1] == Unlisten("portal/state")
    assert desk.config("sensor/h", b"") == []


@pytest.mark.parametrize("rest", [{"p": "sensor"}, None])
def test_a_component_with_only_its_platform_or_left_out_is_removed(rest: object) -> None:
    desk = Desk()
    both = IN_DEVICE_FORM | {"cmps": IN_DEVICE_FORM["cmps"] | {"h": {"p": "sensor", "uniq_id": "h"}}}
    desk.config("device/portal", both)
    assert [metric.name for metric in desk.birth.metrics] == ["h", "temperature"]
    one = dict(IN_DEVICE_FORM["cmps"]) | ({"h": rest} if rest else {})
    desk.config("device/portal", IN_DEVICE_FORM | {"cmps": one})
    assert [metric.name for metric in desk.birth.metrics] == ["temperature"]
    desk.config("device/portal", b"")
    assert desk.births[-1].birth is None


def test_a_migrating_entity_keeps_its_device_and_its_value() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    desk.hear("portal/state", {"temperature": 20})
    desk.config("device/portal", IN_DEVICE_FORM)
    assert "is announced by homeassistant/sensor/t/config" in desk.rejected[-1]
    assert desk.config("sensor/t", {"migr_discvry": True}) == []
    births = len(desk.births)
    desk.config("device/portal", IN_DEVICE_FORM)
    desk.config("sensor/t", b"")
    assert len(desk.births) == births
    assert values(desk.hear("portal/state", {"temperature": 22})) == {"temperature": 22}
    desk.config("device/portal", b"")
    assert desk.births[-1].birth is None


def test_a_device_that_announces_itself_again_says_nothing_new() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    assert desk.config("sensor/t", TEMPERATURE) == []
    assert desk.config("sensor/t", TEMPERATURE | {"icon": "mdi:x"}) == []
    assert len(desk.actions) == 1


def test_a_changed_config_listens_to_the_new_topic_and_no_more_to_the_old() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    desk.config("sensor/t", TEMPERATURE | {"state_topic": "portal/new"})
    assert desk.actions == [Listen("portal/state"), Unlisten("portal/state"), Listen("portal/new")]


def test_the_hub_announces_itself_only_where_that_is_wanted() -> None:
    assert Desk().dialect.connected(NOW, NOW).actions == ()
    assert Desk().dialect.farewell(NOW) == ()
    loud = Desk(announce=True).dialect
    assert loud.connected(NOW, NOW).actions == (Send("homeassistant/status", b"online"),)
    assert loud.farewell(NOW) == (Send("homeassistant/status", b"offline"),)


def test_filters_cover_both_lengths_of_topics_and_no_more() -> None:
    dialect = HomeAssistant({"post/ha/": SITE})
    assert [each.topic for each in dialect.filters] == ["post/ha/+/+/config", "post/ha/+/+/+/config"]


COMMANDS: list[tuple[str, dict[str, object], str, object, str | None]] = [
    ("switch", {}, "set", True, "ON"),
    ("switch", {"payload_off": "0"}, "set", False, "0"),
    ("switch", {}, "set", "ON", None),
    ("switch", {}, "explode", True, None),
    ("light", {"schema": "json"}, "set", True, '{"state":"ON"}'),
    ("light", {"schema": "template"}, "set", True, None),
    ("siren", {}, "set", False, '{"state":"OFF"}'),
    ("button", {}, "press", "it", "PRESS"),
    ("button", {"payload_press": "now"}, "press", "it", "now"),
    ("button", {}, "press", "other", None),
    ("number", {}, "set", 50, "50"),
    ("number", {"min": -5, "max": 5, "step": 0.5}, "set", 2.5, "2.5"),
    ("number", {"step": 0.5}, "set", 2.7, None),
    ("number", {}, "set", 101, None),
    ("number", {}, "set", "50", None),
    ("number", {"command_template": "{{ value | float / 10 }}"}, "set", 50, "5.0"),
    ("number", {"command_template": '{"x": {{ value }}}'}, "set", 50, None),
    ("select", {"options": ["a", "b"]}, "set", "b", "b"),
    ("select", {"options": ["a", "b"]}, "set", "c", None),
    ("cover", {}, "set", "open", "OPEN"),
    ("cover", {"payload_stop": None}, "set", "stop", None),
    ("lock", {}, "set", "unlock", "UNLOCK"),
    ("text", {}, "set", "anything", None),
    ("alarm_control_panel", {}, "set", "disarm", None),
]


@pytest.mark.parametrize(("platform", "options", "verb", "value", "payload"), COMMANDS)
def test_only_what_an_entity_declared_can_be_said_to_it(
    platform: str, options: dict[str, object], verb: str, value: Any, payload: str | None
) -> None:
    desk = Desk()
    desk.config(f"{platform}/it", alone(command_topic="it/set", retain=True, **options))
    arguments = {"button": value} if verb == "press" else {"it": value}
    said = desk.dialect.command(desk.key, CommandPayload("c1", verb, arguments))
    if payload is None:
        assert isinstance(said, str)
    else:
        assert said == (Send("it/set", payload.encode()),), "never retained, whatever the config says"


def test_a_covers_position_is_told_in_its_own_scale() -> None:
    desk = Desk()
    desk.config("cover/it", alone(set_position_topic="it/pos", position_open=0, position_closed=200))
    assert desk.dialect.command(desk.key, CommandPayload("c", "set", {"it-position": 25})) == (Send("it/pos", b"150"),)
    assert isinstance(desk.dialect.command(desk.key, CommandPayload("c", "set", {"it-position": 101})), str)


@pytest.mark.parametrize("topic", ["shekara/v1/kordai/barrier-1/cmd", "spBv1.0/g/NCMD/e", "$SYS/x", "a/+/b", "a/#", ""])
def test_no_config_can_make_the_hub_speak_or_listen_where_it_must_not(topic: str) -> None:
    desk = Desk()
    desk.config("switch/it", alone(command_topic=topic))
    assert isinstance(desk.dialect.command(desk.key, CommandPayload("c", "set", {"it": True})), str)
    desk.config("sensor/other", alone(unique_id="other", state_topic=topic))
    desk.config("sensor/third", alone(unique_id="third", availability_topic=topic))
    assert [each.topic for each in desk.actions if isinstance(each, Listen)] == ["it/state"]


@pytest.mark.parametrize(
    ("place", "payload", "reason"),
    [
        ("sensor/a b", b"{}", "discovery topic"),
        ("sensor/t", b"{", "truncated"),
        ("sensor/t", b"[]", "JSON object"),
        ("sensor/t", b"\xff", ""),
        ("sensor/t", _json({"state_topic": 5}), "$.state_topic"),
        ("sensor/t", _json({"state_topic": "x" * 501}), "$.state_topic"),
        ("sensor/t", _json({"migrate_discovery": "yes"}), "migrate_discovery"),
        ("sensor/t", _json({"availability_mode": "most", "state_topic": "a"}), "availability_mode"),
        ("device/d", _json({"cmps": {}, "o": {"name": "x"}}), "device and components"),
        ("device/d", _json({"cmps": {}, "dev": {"ids": "x"}}), "origin"),
        ("device/d", _json({"cmps": {"a": {"uniq_id": "a"}}, "dev": {"ids": "x"}, "o": {"name": "x"}}), "no platform"),
        (
            "device/d",
            _json({"cmps": {"a": {"p": "sensor", "stat_t": "x"}}, "dev": {"ids": "x"}, "o": {"name": "x"}}),
            "unique_id",
        ),
        (
            "device/d",
            _json({"cmps": {str(n): {} for n in range(257)}, "dev": {"ids": "x"}, "o": {"name": "x"}}),
            "over 256",
        ),
        ("device/d", b"[" * 100_000, ""),
    ],
)
def test_a_config_that_is_none_is_refused_with_its_reason(place: str, payload: bytes, reason: str) -> None:
    desk = Desk()
    messages = desk.config(place, payload)
    assert [type(each) for each in messages] == [Rejected]
    assert reason in desk.rejected[0]


def test_a_config_that_cannot_be_read_leaves_the_entity_as_it_was() -> None:
    desk = Desk()
    desk.config("sensor/t", TEMPERATURE)
    desk.config("sensor/t", b"{")
    desk.config("sensor/t", TEMPERATURE | {"expire_after": "soon"})
    assert len(desk.rejected) == 2
    assert values(desk.hear("portal/state", {"temperature": 1})) == {"temperature": 1}


def test_devices_entities_topics_and_their_users_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, bound in (("MAX_DEVICES", 3), ("MAX_ENTITIES", 6), ("MAX_TOPICS", 4), ("MAX_ENTITIES_OF_TOPIC", 3)):
        monkeypatch.setattr(announcements, name, bound)
    desk = Desk()
    for number in range(40):
        topic = "shared" if number < 5 else f"t{number}"
        device = {"identifiers": f"device-{number % 3 if number < 20 else number}"}
        desk.config(f"sensor/e{number}", alone(unique_id=f"e{number}", state_topic=topic, device=device))
    reasons = " ".join(desk.rejected)
    for words in ("over 3 devices", "over 6 entities", "over 3 entities of one topic"):
        assert words in reasons
    assert len([each for each in desk.actions if isinstance(each, Listen)]) <= 4
    assert len({birth.key for birth in desk.births}) == 3


def test_the_bytes_of_all_configs_together_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(announcements, "MAX_BYTES", 2_000)
    desk = Desk()
    for _ in range(2):
        for number in range(6):
            desk.config(f"select/e{number}", alone(unique_id=f"e{number}", options=["x" * 200] * 3))
        assert len(desk.birth.metrics) == 2
        assert "bytes of configs" in desk.rejected[-1]
        for number in range(6):
            desk.config(f"select/e{number}", b"")
    assert desk.dialect._announced._bytes == 0


def test_a_birth_holds_no_more_metrics_than_a_birth_may() -> None:
    desk = Desk()
    for number in range(300):
        desk.config(f"sensor/e{number}", alone(unique_id=f"e{number}"))
    assert len(desk.birth.metrics) == 255
    assert "over 255 metrics" in desk.rejected[-1]


def test_one_bad_message_for_many_entities_is_one_complaint() -> None:
    desk = Desk()
    for number in range(50):
        desk.config(f"sensor/e{number}", alone(unique_id=f"e{number}", unit_of_measurement="W"))
    assert [type(each) for each in desk.hear("it/state", "bad")] == [Rejected]


def test_entities_whose_ids_read_alike_keep_metrics_of_their_own() -> None:
    desk = Desk()
    for number, unique in enumerate(("relay.1", "relay 1", "RELAY-1", "Реле")):
        desk.config(f"switch/e{number}", alone(unique_id=unique))
    assert len({metric.name for metric in desk.birth.metrics}) == 4


def one_of_four(number: int) -> dict[str, object]:
    """A config of a device with four entities on one topic."""
    device = number // 4
    return alone(unique_id=f"e{number % 4}", device={"ids": f"d{device}"}, state_topic=f"d{device}/state")


def calls_of_a_flood(configs: int) -> int:
    """Function calls, Python's and C's, that it takes to hear so many retained configs and introduce their devices."""
    said = [
        (
            f"{PREFIX}/sensor/e{number}/config",
            _json(one_of_four(number)),
        )
        for number in range(configs)
    ]
    desk, calls = Desk(), 0

    def count(_frame: object, event: str, _argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        for topic, payload in said:
            desk.dialect.decode(topic, payload, retained=True, received_at=NOW)
        heard = desk.dialect.tick(NOW + timedelta(seconds=1))
    finally:
        sys.setprofile(None)
    assert len(heard.messages) == configs // 4
    return calls


def test_a_flood_of_twice_as_many_configs_costs_twice_as_much_and_no_more() -> None:
    calls_of_a_flood(40)
    assert calls_of_a_flood(1_600) < 2.1 * calls_of_a_flood(800)


def test_ten_thousand_retained_configs_are_heard_at_once() -> None:
    desk = Desk()
    for number in range(10_000):
        config = _json(one_of_four(number))
        heard = desk.dialect.decode(f"{PREFIX}/sensor/e{number}/config", config, retained=True, received_at=NOW)
        assert heard.messages == ()
    births = [each for _ in range(3) for each in desk.wait(1)]
    assert len(births) == 2_500
    assert all(isinstance(each, BirthSeen) and each.birth and len(each.birth.metrics) == 4 for each in births)
    assert len(desk.actions) == 2_500


KEYS = st.sampled_from(
    [
        "stat_t",
        "avty_t",
        "avty",
        "val_tpl",
        "dev",
        "uniq_id",
        "cmps",
        "o",
        "p",
        "~",
        "exp_aft",
        "off_dly",
        "migr_discvry",
        "unit_of_meas",
    ]
)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.sampled_from(["~/a", "a", "b", "{{ value }}", "sensor", "online", "ON", ""]),
)
JSON = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=5), max_leaves=12
)
CONFIGS = st.dictionaries(KEYS, JSON, max_size=8).map(lambda said: json.dumps(said).encode())
MEANT = st.builds(
    lambda base, topic, name, extra: json.dumps(base | {"stat_t": topic, "uniq_id": name} | extra).encode(),
    st.sampled_from([SHORT, alone(), {"avty_t": "a"}, IN_DEVICE_FORM]),
    st.sampled_from(["a", "b", "a/config"]),
    st.sampled_from(["x", "y", 3]),
    st.sampled_from([{}, {"exp_aft": 1}, {"off_dly": 0}, {"avty": [{"t": "b"}]}, {"dev": {"cns": [["mac", "1"]]}}]),
)
TOPICS = st.sampled_from(
    [
        *(
            f"homeassistant/{place}/config"
            for place in ("sensor/a", "sensor/b", "binary_sensor/a", "switch/n/a", "device/a", "event/e")
        ),
        "a",
        "b",
        "a/config",
        "homeassistant/config",
        "homeassistant/a/b/c/d/config",
    ]
)
PAYLOADS = st.one_of(
    st.just(b""), CONFIGS, MEANT, st.binary(max_size=40), st.sampled_from([b"ON", b"online", b"offline", b"1.5"])
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(TOPICS, PAYLOADS, st.booleans(), st.floats(0, 20)), max_size=30))
def test_no_sequence_of_bytes_can_raise_or_leave_anything_behind(
    said: list[tuple[str, bytes, bool, float]],
) -> None:
    desk = Desk()
    for topic, payload, retained, pause_s in said:
        if desk.dialect.claims(topic):
            desk.hear(topic, payload, retained=retained)
        desk.wait(pause_s)
        for birth in desk.births[-1:]:
            desk.dialect.command(birth.key, CommandPayload("c", "set", {"x": True}))
    desk.wait(5)
    known = desk.dialect._announced
    wanted = {each.topic for each in desk.actions if isinstance(each, Listen)}
    assert set(known.ears) <= wanted
    for source in list(known._sources):
        desk.hear(source, b"")
    assert not [each for each in desk.wait(5) if not isinstance(each, Rejected)]
    assert (known.devices, known.ears, known._owners, known._known_by, known._sources) == ({}, {}, {}, {}, {})
    listening: set[str] = set()
    for action in desk.actions:
        (listening.add if isinstance(action, Listen) else listening.discard)(action.topic)
    assert listening == set()
