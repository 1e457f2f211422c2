"""What Home Assistant discovery may not do: commands nobody declared, floods, nonsense."""

import json
import sys
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.dialects.dialect import Listen, Send, Unlisten
from sensors.dialects.hass import announcements
from sensors.dialects.hass.templates import Spoken, Template
from sensors.dialects.native import CommandPayload
from sensors.model import (
    BirthSeen,
    Rejected,
)
from tests.sensors.home_assistant_desk import (
    IN_DEVICE_FORM,
    NOW,
    PORTAL,
    PREFIX,
    SHORT,
    TEMPERATURE,
    Desk,
    alone,
    coded,
    values,
)

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
    ("number", {"step": 5e-324}, "set", 50, None),
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


def test_a_covers_scale_without_an_end_has_no_positions() -> None:
    desk = Desk()
    scale = {"position_open": 1e308, "position_closed": -1e308}
    desk.config("cover/it", alone(set_position_topic="it/pos", position_topic="it/position", **scale))
    assert isinstance(desk.dialect.command(desk.key, CommandPayload("c", "set", {"it-position": 25})), str)
    assert [type(each) for each in desk.hear("it/position", "1e308")] == [Rejected]


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
        ("sensor/t", coded({"state_topic": 5}), "$.state_topic"),
        ("sensor/t", coded({"state_topic": "x" * 501}), "$.state_topic"),
        ("sensor/t", coded({"migrate_discovery": "yes"}), "migrate_discovery"),
        ("sensor/t", coded({"availability_mode": "most", "state_topic": "a"}), "availability_mode"),
        ("device/d", coded({"cmps": {}, "o": {"name": "x"}}), "device and components"),
        ("device/d", coded({"cmps": {}, "dev": {"ids": "x"}}), "origin"),
        (
            "device/d",
            coded({"cmps": {"a": {"uniq_id": "a"}}, "dev": {"ids": "x"}, "o": {"name": "x"}}),
            "no platform",
        ),
        (
            "device/d",
            coded({"cmps": {"a": {"p": "sensor", "stat_t": "x"}}, "dev": {"ids": "x"}, "o": {"name": "x"}}),
            "unique_id",
        ),
        (
            "device/d",
            coded({"cmps": {str(n): {} for n in range(257)}, "dev": {"ids": "x"}, "o": {"name": "x"}}),
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
            coded(one_of_four(number)),
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
        config = coded(one_of_four(number))
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
        if isinstance(action, Listen):
            listening.add(action.topic)
        elif isinstance(action, Unlisten):
            listening.discard(action.topic)
    assert listening == set()


class _Counted:
    """What is read of a payload, and how often an availability that has it was looked up."""

    def __init__(self) -> None:
        self.lookups = 0

    def __call__(self, spoken: Spoken) -> str:
        return spoken.text

    def __hash__(self) -> int:
        self.lookups += 1
        return id(self)


def test_a_device_that_is_announced_anew_costs_no_square_of_its_entities(monkeypatch: pytest.MonkeyPatch) -> None:
    def lookups(entities: int) -> int:
        monkeypatch.setattr("sensors.dialects.hass.availability.PLAIN", Template("", counted := _Counted()))
        desk = Desk()
        for label in ("first", "second"):
            components = {
                f"c{number}": {
                    "p": "sensor",
                    "uniq_id": f"u{number}",
                    "stat_t": "it/state",
                    "avty_t": f"a/{number}",
                    "name": label,
                }
                for number in range(entities)
            }
            desk.config("device/d", {"dev": PORTAL, "o": {"name": "x"}, "cmps": components})
        assert len(desk.birth.metrics) == entities
        return counted.lookups

    assert lookups(80) < 6 * lookups(20)
