"""Which entities of Home Assistant discovery are there, which go, and which come again."""

from datetime import timedelta

import pytest

from sensors.dialects.dialect import Listen, Send, Unlisten
from sensors.dialects.home_assistant import HomeAssistant
from sensors.model import (
    Quality,
    ReadingsSeen,
)
from tests.sensors.home_assistant_desk import IN_DEVICE_FORM, NOW, SITE, TEMPERATURE, Desk, alone, states, values


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
