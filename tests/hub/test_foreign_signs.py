"""What comes of a dialect's own doings, and of the broker's memory, is no sign of a device's life."""

import json
from datetime import timedelta

from hub.decisions.dialects import Dialects
from hub.protocol import Liveness
from sensors.dialects.frigate import Frigate
from sensors.dialects.home_assistant import HomeAssistant
from sensors.model import DeviceKey, Quality, SiteId
from tests.hub.quiet_center import CAMERA, QuietCenter, kinds
from tests.hub.standing_hub import CAMERA_BIRTH

CONFIG = {
    "device": {"identifiers": "portal-0451", "name": "Portal"},
    "unique_id": "temperature",
    "unit_of_measurement": "°C",
    "state_topic": "portal/state",
    "expire_after": 60,
}
TOPIC = "homeassistant/sensor/t/config"


def hass_center(**options: object) -> QuietCenter:
    center = QuietCenter(dialects=Dialects((HomeAssistant({"homeassistant": SiteId("kordai")}),)))
    center.take(center.message(TOPIC, json.dumps(CONFIG | options).encode(), retained=True))
    center.wait(1)
    return center


def portal(center: QuietCenter) -> DeviceKey:
    (key,) = center.state.registry.devices
    return key


def liveness(center: QuietCenter) -> Liveness:
    return center.state.registry.devices[portal(center)].liveness


def test_a_config_that_the_broker_remembers_tells_who_a_device_is_but_not_that_it_is_there() -> None:
    center = hass_center()
    device = center.state.registry.devices[portal(center)]
    assert device.introduced
    assert (device.liveness, device.last_seen_at) == (Liveness.UNKNOWN, None)


def test_a_value_that_expires_is_bad_and_its_device_silent() -> None:
    center = hass_center()
    center.take(center.message("portal/state", b"21.5"))
    assert liveness(center) is Liveness.ONLINE
    effects = center.wait(60)
    assert [(each.value, each.quality) for each in effects.readings] == [(21.5, Quality.BAD)]
    center.wait(1)
    assert liveness(center) is Liveness.SILENT


def test_a_device_whose_witness_says_so_is_offline_and_its_alarm_says_it() -> None:
    center = hass_center(availability_topic="portal/lwt")
    center.take(center.message("portal/lwt", b"online", retained=True))
    center.take(center.message("portal/state", b"21.5"))
    assert "device-offline" in kinds(center.take(center.message("portal/lwt", b"offline")))
    assert liveness(center) is Liveness.OFFLINE


def test_values_that_were_queued_while_the_hub_was_away_are_stored_with_the_time_they_came() -> None:
    center = QuietCenter(dialects=Dialects((HomeAssistant({"homeassistant": SiteId("kordai")}),)))
    came_at = center.clock.now()
    for value in (b"1", b"2", b"3"):
        center.take(center.message("portal/state", value))
        center.clock.advance(0.01)
    center.take(center.message(TOPIC, json.dumps(CONFIG).encode(), retained=True))
    effects = center.wait(1)
    assert [each.value for each in effects.readings] == [1, 2, 3]
    assert [each.captured_at - came_at for each in effects.readings] == [timedelta(seconds=n / 100) for n in range(3)]


def test_frigate_adds_to_a_camera_what_it_sees_and_says_nothing_else_of_it() -> None:
    center = QuietCenter(dialects=Dialects((Frigate("frigate", CAMERA.site, {"gate": CAMERA}),)))
    center.bear(CAMERA, CAMERA_BIRTH)
    center.take(center.message("frigate/gate/person", b"2"))
    center.take(center.message("frigate/gate/motion", b"ON"))
    device = center.state.registry.devices[CAMERA]
    assert device.birth == CAMERA_BIRTH
    assert device.provenance == ("mqtt", "frigate")
    assert {view.metric for view in center.state.values.views} >= {"frigate-person-count", "frigate-motion"}
    assert center.state.rejections.newest(1) == ()
