"""What cameras and portals say in their own ways reaches the officer like anything else."""

import json
from datetime import timedelta

import msgspec
import pytest

from hub.decisions.dialects import Dialects
from hub.decisions.records import DeviceRecord
from hub.dialects_config import N42Settings, OnvifEventsSettings, make_dialects
from sensors.catalog import CAMERA
from sensors.dialects.frigate import Frigate
from sensors.dialects.home_assistant import HomeAssistant
from sensors.dialects.n42 import N42
from sensors.dialects.onvif_events import OnvifEvents, Place
from sensors.errors import ConfigError
from sensors.identity import device_id
from sensors.model import Birth, DeviceId, DeviceKey, Names, SiteId
from sensors.secrets import Secrets
from sensors.settings import Settings
from tests.hub.quiet_center import START, QuietCenter, device, kinds
from tests.support.n42_documents import occupancy

GATE = DeviceKey(SiteId("kordai"), device_id("gate", "onvif-ej:gate"))
PORTAL = device("portal-1")
CAMERA_1 = device("cam-1")


def tamper(*, state: bool, at: str = "2026-03-01T08:00:00Z") -> bytes:
    said = {"UtcTime": at, "PropertyOperation": "Changed", "Source": {"Rule": "lid"}, "Data": {"IsTamper": state}}
    return json.dumps(said).encode()


def onvif_center() -> QuietCenter:
    places = {"gate": Place(GATE.site), "yard": Place(CAMERA_1.site, CAMERA_1.device)}
    return QuietCenter(dialects=Dialects((OnvifEvents(places), N42())))


def test_a_camera_that_is_tampered_with_is_an_alarm_that_returns() -> None:
    center = onvif_center()
    topic = "gate/onvif-ej/RuleEngine/TamperDetector/Tamper"
    center.take(center.message(topic, tamper(state=True)))
    assert [(view.key, view.limit) for view in center.alarms] == [(GATE, "tamper")]
    center.wait(1)
    center.take(center.message(topic, tamper(state=False, at="2026-03-01T08:00:01Z")))
    effects = center.wait(11)
    assert "alarm-returned" in kinds(effects)


def test_a_rule_that_is_deleted_takes_its_alarm_away() -> None:
    center = onvif_center()
    topic = "gate/onvif-ej/RuleEngine/TamperDetector/Tamper"
    center.take(center.message(topic, tamper(state=True)))
    center.take(center.message(topic, tamper(state=False).replace(b"Changed", b"Deleted")))
    assert [view for view in center.alarms if view.key == GATE and view.state == "unacknowledged"] == []
    assert "tamper--lid" not in center.state.registry.devices[GATE].metrics


def test_what_a_known_camera_says_by_its_events_is_watched_and_is_no_conflict() -> None:
    center = onvif_center()
    center.bear(CAMERA_1, Birth(kind=CAMERA, names=Names("Yard"), maker="Shekara", serial="7"))
    topic = "yard/onvif-ej/RuleEngine/TamperDetector/Tamper"
    for state, second in ((True, 0), (False, 1), (True, 2)):
        center.take(center.message(topic, tamper(state=state, at=f"2026-03-01T08:00:0{second}Z")))
    assert [(view.key, view.metric) for view in center.alarms] == [(CAMERA_1, "tamper--lid")]
    camera = center.state.registry.devices[CAMERA_1]
    assert camera.conflicts == ()
    assert camera.birth.serial == "7"
    center.take(center.message(topic, tamper(state=False).replace(b"Changed", b"Deleted")))
    assert "alarm-returned" in kinds(center.wait(11))


def test_a_line_that_is_crossed_is_logged_once() -> None:
    center = onvif_center()
    message = center.message("gate/onvif-ej/RuleEngine/LineDetector/Crossed", b'{"Data": {"ObjectId": "4"}}')
    logged = [kind for _ in range(2) for kind in kinds(center.take(message))]
    assert logged.count("event") == 1


def test_a_neutron_source_in_a_file_is_an_alarm_and_an_old_file_is_history() -> None:
    center = onvif_center()
    raw = occupancy(alarm="Neutron", started_at=START - timedelta(seconds=8))
    effects = center.take(center.message("n42/kordai/portal-1", raw))
    assert [(view.key, view.limit) for view in center.alarms] == [(PORTAL, "neutron")]
    assert len(effects.readings) == 48
    old = occupancy(alarm="Gamma", uuid="old", started_at=START - timedelta(hours=5))
    effects = center.take(center.message("n42/kordai/portal-1", old))
    assert [view.limit for view in center.alarms] == ["neutron"]
    assert "event" in kinds(effects)
    assert all(reading.historical for reading in effects.readings)


def test_a_camera_whose_clock_was_set_back_is_watched_all_the_same() -> None:
    center = onvif_center()
    topic = "gate/onvif-ej/RuleEngine/TamperDetector/Tamper"
    center.take(center.message(topic, tamper(state=False, at="2026-03-01T11:00:00Z")))
    center.take(center.message(topic, tamper(state=True, at="2026-03-01T08:00:00Z")))
    assert [(view.key, view.limit) for view in center.alarms] == [(GATE, "tamper")]


def test_a_portal_whose_clock_was_set_back_is_watched_all_the_same() -> None:
    center = onvif_center()
    ahead = occupancy(uuid="ahead", started_at=START + timedelta(hours=3))
    center.take(center.message("n42/kordai/portal-1", ahead))
    raw = occupancy(alarm="Gamma", started_at=START - timedelta(seconds=8))
    effects = center.take(center.message("n42/kordai/portal-1", raw))
    assert [(view.key, view.limit) for view in center.alarms] == [(PORTAL, "gamma")]
    again = center.take(center.message("n42/kordai/portal-1", raw))
    assert again.readings == effects.readings


def test_what_an_alarm_of_an_old_file_says_is_history_though_no_measurement_has_a_time() -> None:
    center = onvif_center()
    raw = occupancy(alarm="Gamma", started_at=START - timedelta(hours=5))
    effects = center.take(center.message("n42/kordai/portal-1", raw.replace(b"StartDateTime", b"StartedAt")))
    assert center.alarms == ()
    assert all(reading.historical for reading in effects.readings)


def settings(**sections: dict[str, object]) -> Settings:
    return Settings("test", sections, {}, Secrets())


def test_the_settings_say_which_dialects_are_heard_and_where_cameras_stand() -> None:
    assert {dialect.name for dialect in make_dialects(settings(), ())} >= {"onvif-ej", "n42"}
    off = settings(onvif_events={"enabled": False}, n42={"enabled": False})
    assert not {dialect.name for dialect in make_dialects(off, ())} & {"onvif-ej", "n42"}
    section = OnvifEventsSettings(places="E4:30:22:F3:31:AA=kordai/cam-gate, posts/a=b=sypatai-batyr,")
    assert section.placed == {
        "E4:30:22:F3:31:AA": Place(SiteId("kordai"), DeviceId("cam-gate")),
        "posts/a=b": Place(SiteId("sypatai-batyr")),
    }


@pytest.mark.parametrize("places", ["kordai", "=kordai", "x=", "x=Kordai", "x=a/b/c"])
def test_a_place_that_is_none_is_named(places: str) -> None:
    with pytest.raises(ConfigError, match="prefix=post"):
        make_dialects(settings(onvif_events={"places": places}), ())


@pytest.mark.parametrize("prefix", ["", "a/#", "+", "/a", "a/"])
def test_a_prefix_of_files_has_no_wildcards(prefix: str) -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"prefix": prefix}, N42Settings)


def test_after_a_restart_a_camera_keeps_what_it_once_declared() -> None:
    center = onvif_center()
    center.take(center.message("gate/onvif-ej/RuleEngine/TamperDetector/Tamper", tamper(state=True)))
    record = center.state.registry.devices[GATE].record()
    assert isinstance(record, DeviceRecord)
    assert record.birth is not None
    assert record.birth.kind == CAMERA
    spoken = make_dialects(settings(onvif_events={"places": "gate=kordai"}), (record,))
    after = QuietCenter(dialects=Dialects(spoken))
    after.take(after.message("gate/onvif-ej/VideoSource/MotionAlarm", tamper(state=True)))
    assert {"tamper--lid", "motion--lid"} <= set(after.state.registry.devices[GATE].metrics)


@pytest.mark.parametrize("placed", [True, False])
def test_what_frigate_asks_attention_for_is_an_alarm_until_its_review_is_over(*, placed: bool) -> None:
    cameras = {"yard": CAMERA_1} if placed else {}
    center = QuietCenter(dialects=Dialects((Frigate("frigate", CAMERA_1.site, cameras),)))
    if placed:
        center.bear(CAMERA_1, Birth(kind=CAMERA, names=Names("Yard")))
    for word in (b"DETECTION", b"ALERT"):
        center.take(center.message("frigate/yard/review_status", word))
    assert [(view.limit, view.priority) for view in center.alarms] == [("frigate-alert", "medium")]
    assert (center.alarms[0].key == CAMERA_1) is placed
    center.take(center.message("frigate/yard/review_status", b"NONE"))
    assert "alarm-returned" in kinds(center.wait(11))


def test_a_ground_sensor_that_announces_itself_as_home_assistant_has_it_is_watched_as_one() -> None:
    center = QuietCenter(dialects=Dialects((HomeAssistant({"homeassistant": CAMERA_1.site}),)))
    config = {
        "device": {"identifiers": "0x12ab", "name": "Ravine", "model": "SG-3 seismic"},
        "unique_id": "0x12ab_person",
        "state_class": "measurement",
        "state_topic": "ravine/person",
    }
    center.take(center.message("homeassistant/sensor/person/config", json.dumps(config).encode()))
    center.wait(1)
    center.take(center.message("ravine/person", b"0.93"))
    assert [(view.metric, view.limit) for view in center.alarms] == [("person", "person-near")]
