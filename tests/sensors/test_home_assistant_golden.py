"""Configs in the forms that well-known publishers use, each with a state and what it has to amount to."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sensors.dialects.dialect import Listen
from sensors.dialects.hass.abbreviations import expand, ground
from sensors.dialects.home_assistant import HomeAssistant
from sensors.model import BirthSeen, Message, ReadingsSeen, SiteId, StateSeen

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)

ZIGBEE2MQTT = {
    "availability": [
        {"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"},
        {"topic": "zigbee2mqtt/gate/availability", "value_template": "{{ value_json.state }}"},
    ],
    "availability_mode": "all",
    "device": {
        "identifiers": ["zigbee2mqtt_0x00158d00018255df"],
        "manufacturer": "Aqara",
        "model": "Door and window sensor (MCCGQ11LM)",
        "name": "gate",
        "sw_version": "3000-0001",
        "via_device": "zigbee2mqtt_bridge_0x00124b00257b0f5e",
    },
    "device_class": "door",
    "object_id": "gate_contact",
    "origin": {"name": "Zigbee2MQTT", "sw": "2.1.0", "url": "https://www.zigbee2mqtt.io"},
    "payload_off": True,
    "payload_on": False,
    "state_topic": "zigbee2mqtt/gate",
    "unique_id": "0x00158d00018255df_contact_zigbee2mqtt",
    "value_template": "{{ value_json['contact'] }}",
}
ESPHOME = {
    "dev_cla": "temperature",
    "unit_of_meas": "°C",
    "stat_cla": "measurement",
    "name": "Cabinet Temperature",
    "stat_t": "cabinet-kordai/sensor/cabinet_temperature/state",
    "avty_t": "cabinet-kordai/status",
    "uniq_id": "a4cf12f0e1d2-sensor-5b3c9a10",
    "dev": {"ids": "a4cf12f0e1d2", "name": "cabinet-kordai", "sw": "2026.3.1", "mdl": "esp32dev", "mf": "Espressif"},
}
TASMOTA = {
    "name": "Meter Energy Power",
    "stat_t": "tele/meter_1/SENSOR",
    "avty_t": "tele/meter_1/LWT",
    "pl_avail": "Online",
    "pl_not_avail": "Offline",
    "uniq_id": "D1A2B3_ENERGY_Power",
    "dev": {"ids": ["D1A2B3"]},
    "unit_of_meas": "W",
    "dev_cla": "power",
    "frc_upd": True,
    "val_tpl": "{{value_json['ENERGY'].Power}}",
}
OPENMQTTGATEWAY = {
    "stat_t": "+/+/BTtoMQTT/A4C138000001",
    "name": "Hygrometer-tempc",
    "uniq_id": "A4C138000001-tempc",
    "dev_cla": "temperature",
    "val_tpl": "{{ value_json.tempc | is_defined }}",
    "unit_of_meas": "°C",
    "device": {"ids": ["A4C138000001"], "cns": [["mac", "A4C138000001"]], "mf": "Xiaomi", "mdl": "LYWSD03MMC"},
}
DEVICE_FORM = {
    "dev": {
        "ids": "ea334450945afc",
        "name": "Kitchen",
        "mf": "Bla",
        "mdl": "xya",
        "sw": "1.0",
        "sn": "ea3344",
        "hw": "1.0rev2",
    },
    "o": {"name": "bla2mqtt", "sw": "2.1", "url": "https://bla2mqtt.example.com/support"},
    "cmps": {
        "temperature": {
            "p": "sensor",
            "device_class": "temperature",
            "unit_of_measurement": "°C",
            "value_template": "{{ value_json.temperature }}",
            "unique_id": "temp01ae_t",
        },
        "humidity": {
            "p": "sensor",
            "device_class": "humidity",
            "unit_of_measurement": "%",
            "value_template": "{{ value_json.humidity }}",
            "unique_id": "temp01ae_h",
        },
    },
    "~": "sensorBedroom",
    "state_topic": "~/state",
    "avty": [{"t": "~/up"}],
    "qos": 2,
}

GOLDEN: list[tuple[str, dict[str, Any], list[tuple[str, str]], str, dict[str, object], list[bool]]] = [
    (
        "binary_sensor/0x00158d00018255df/contact",
        ZIGBEE2MQTT,
        [
            ("zigbee2mqtt/bridge/state", '{"state":"online"}'),
            ("zigbee2mqtt/gate/availability", '{"state":"online"}'),
            ("zigbee2mqtt/gate", '{"battery":100,"contact":false,"linkquality":84,"voltage":3005}'),
        ],
        "door-contact",
        {"contact": True},
        [True],
    ),
    (
        "sensor/cabinet-kordai/cabinet_temperature",
        ESPHOME,
        [("cabinet-kordai/status", "online"), ("cabinet-kordai/sensor/cabinet_temperature/state", "31.4")],
        "climate",
        {"sensor-5b3c9a10": 31.4},
        [True],
    ),
    (
        "sensor/D1A2B3_ENERGY_Power",
        TASMOTA,
        [
            ("tele/meter_1/LWT", "Online"),
            ("tele/meter_1/SENSOR", '{"Time":"2026-11-23T06:00:00","ENERGY":{"Power":812}}'),
        ],
        "power-meter",
        {"energy-power": 812},
        [True],
    ),
    (
        "device/0AFFD2/bla1",
        DEVICE_FORM,
        [("sensorBedroom/up", "online"), ("sensorBedroom/state", '{"temperature": 23.2, "humidity": 43.7}')],
        "climate",
        {"temp01ae-t": 23.2, "temp01ae-h": 43.7},
        [True],
    ),
]


@pytest.mark.parametrize(
    ("place", "config", "said", "kind", "expected", "online"), GOLDEN, ids=[row[0] for row in GOLDEN]
)
def test_well_known_publishers_are_understood(
    place: str,
    config: dict[str, Any],
    said: list[tuple[str, str]],
    kind: str,
    expected: dict[str, object],
    online: list[bool],
) -> None:
    dialect = HomeAssistant({"homeassistant": SiteId("kordai")})
    messages: list[Message] = []
    payload = json.dumps(config).encode()
    messages += dialect.decode(f"homeassistant/{place}/config", payload, retained=True, received_at=NOW).messages
    messages += dialect.tick(NOW + timedelta(seconds=1)).messages
    for topic, text in said:
        messages += dialect.decode(topic, text.encode(), retained=False, received_at=NOW).messages
    (birth,) = [each.birth for each in messages if isinstance(each, BirthSeen)]
    readings = [each for seen in messages if isinstance(seen, ReadingsSeen) for each in seen.readings]
    assert birth is not None
    assert birth.kind == kind
    assert {each.metric: each.value for each in readings} == expected
    assert [each.online for each in messages if isinstance(each, StateSeen)] == online


def test_a_state_topic_with_wildcards_is_not_listened_to() -> None:
    """One well-known gateway may be set to announce such topics; a wildcard would let one config hear everything."""
    dialect = HomeAssistant({"homeassistant": SiteId("kordai")})
    payload = json.dumps(OPENMQTTGATEWAY).encode()
    dialect.decode("homeassistant/sensor/x/config", payload, retained=True, received_at=NOW)
    heard = dialect.tick(NOW + timedelta(seconds=1))
    assert heard.actions == ()
    assert [each.readings[0].value for each in heard.messages if isinstance(each, ReadingsSeen)] == ["sensor x"]


def test_the_base_topic_stands_at_either_end_of_topics_and_nowhere_else() -> None:
    options = expand(
        {"stat_t": "~/state", "cmd_t": "set/~", "val_tpl": "~", "name": "~", "avty": {"t": "~/up~", "pl_avail": "~"}}
    )
    ground(options, "base")
    assert options == {
        "state_topic": "base/state",
        "command_topic": "set/base",
        "value_template": "~",
        "name": "~",
        "availability": [{"topic": "base/upbase", "payload_available": "~"}],
    }


def test_components_of_a_device_may_have_bases_of_their_own() -> None:
    dialect = HomeAssistant({"homeassistant": SiteId("kordai")})
    components = {name: {"p": "sensor", "uniq_id": name, "~": name, "stat_t": "~/state"} for name in ("a", "b")}
    payload = json.dumps(DEVICE_FORM | {"cmps": components}).encode()
    dialect.decode("homeassistant/device/x/config", payload, retained=True, received_at=NOW)
    actions = dialect.tick(NOW + timedelta(seconds=1)).actions
    topics = {action.topic for action in actions if isinstance(action, Listen)}
    assert topics == {"a/state", "b/state", "a/up", "b/up"}
