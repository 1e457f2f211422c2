"""Cameras that say by themselves whom they see: ONVIF events, and a Frigate that looks at them."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

import pytest

from sensors.dialects.dialect import Send
from sensors.dialects.frigate import Frigate
from sensors.dialects.onvif_events import OnvifEvents, Place
from sensors.model import DeviceId, DeviceKey, EventSeen, Message, ReadingsSeen, Rejected, Value
from simulators.cameras.vocabulary import Fault, View
from simulators.foreign.frigate import MAX_FOLLOWED, FrigateBox
from simulators.foreign.onvif import OnvifCamera
from simulators.foreign.sight import Label, Look, Sighting
from tests.support.foreign_post import NOW, SITE
from tests.support.onvif_events_reader import read_event

_CAMERA = DeviceId("cam-2")
_KEY = DeviceKey(SITE, _CAMERA)
_PREFIX = f"posts/kordai/{_CAMERA}"
_STEP_S = 0.2


def _person(right_m: float, *, id_: str = "intruder/0", speed_mps: float = 1.3) -> Sighting:
    return Sighting(id_, Label.PERSON, right_m, 20.0, speed_mps)


def _at(number: int) -> datetime:
    return NOW + timedelta(seconds=number * _STEP_S)


def _show(speaker: OnvifCamera | FrigateBox, looks: Iterable[Look]) -> list[Send]:
    """Look after look, five a second; then nobody for ten seconds."""
    said: list[Send] = []
    for number, look in enumerate([*looks, *[Look()] * 50]):
        said += speaker.see(_CAMERA, look, _at(number))
    return said


_WALK = [Look((_person(4.0 - 0.26 * step),)) for step in range(50)]
"""From the right, over the fence at -4.6 m, and on."""


def _readings(messages: Iterable[Message]) -> list[tuple[str, Value]]:
    seen = [reading for each in messages if isinstance(each, ReadingsSeen) for reading in each.readings]
    return [(reading.metric.split("--")[0], reading.value) for reading in seen]


class _OnvifCentre:
    def __init__(self) -> None:
        self.dialect = OnvifEvents({_PREFIX: Place(SITE, _CAMERA)})

    def hear(self, said: Iterable[Send]) -> list[Message]:
        heard: list[Message] = []
        for each in said:
            heard += self.dialect.decode(each.topic, each.payload, retained=False, received_at=NOW).messages
        assert not [each for each in heard if isinstance(each, Rejected)]
        assert {each.key for each in heard if not isinstance(each, Rejected)} <= {_KEY}
        return heard


def _onvif(view: View = View.PERIMETER) -> OnvifCamera:
    camera = OnvifCamera(_PREFIX, SITE, _CAMERA, view)
    camera.connected(NOW)
    return camera


def test_a_camera_begins_with_all_of_its_properties() -> None:
    camera = OnvifCamera(_PREFIX, SITE, _CAMERA, View.PERIMETER)
    assert _show(camera, _WALK) == []
    said = camera.connected(NOW)
    assert {json.loads(each.payload)["PropertyOperation"] for each in said} == {"Initialized"}
    assert dict(_readings(_OnvifCentre().hear(said))) == {
        "motion": False,
        "inside": False,
        "tamper": False,
        "scene_change": False,
        "too_dark": False,
        "too_bright": False,
        "too_blurry": False,
    }


def test_somebody_who_walks_over_the_line_is_motion_an_intrusion_and_a_crossing() -> None:
    heard = _OnvifCentre().hear(_show(_onvif(), _WALK))
    assert _readings(heard) == [("motion", True), ("inside", True), ("motion", False), ("inside", False)]
    (crossed,) = (each for each in heard if isinstance(each, EventSeen))
    assert crossed.kind == "line-crossed"
    assert crossed.happened_at == _at(next(n for n, look in enumerate(_WALK) if look.sightings[0].right_m < -4.6))


def test_who_stands_still_is_no_motion_and_animals_are_no_intrusion() -> None:
    still = _OnvifCentre().hear(_show(_onvif(), [Look((_person(4.0, speed_mps=0.0),))] * 10))
    assert _readings(still) == [("inside", True), ("inside", False)]
    herd = tuple(Sighting(f"herd/{number}", Label.ANIMAL, 4.0, 20.0, 0.8) for number in range(9))
    assert _readings(_OnvifCentre().hear(_show(_onvif(), [Look(herd)] * 10))) == [("motion", True), ("motion", False)]


def test_at_a_gate_nobody_is_an_intruder() -> None:
    assert "inside" not in dict(_readings(_OnvifCentre().hear(_show(_onvif(View.GATE), _WALK))))


@pytest.mark.parametrize(
    ("fault", "metrics"),
    [
        (Fault.COVERED, {"tamper", "too_dark"}),
        (Fault.TURNED, {"tamper", "scene_change"}),
        (Fault.BLACK, {"too_dark"}),
        (Fault.WHITE, {"too_bright"}),
        (Fault.BLURRED, {"too_blurry"}),
        (Fault.FROZEN, set()),
        (Fault.LOSSY, set()),
    ],
)
def test_what_is_done_to_a_camera_it_says_itself(fault: Fault, metrics: set[str]) -> None:
    heard = _OnvifCentre().hear(_show(_onvif(), [Look(fault=fault)] * 5))
    assert _readings(heard)[: len(metrics)] == [(metric, True) for metric, _ in _readings(heard)[: len(metrics)]]
    assert {metric for metric, _ in _readings(heard)} == metrics


def test_a_covered_camera_sees_nobody() -> None:
    covered = [look._replace(fault=Fault.COVERED) for look in _WALK]
    assert "inside" not in dict(_readings(_OnvifCentre().hear(_show(_onvif(), covered))))


async def test_the_parser_of_home_assistants_integration_reads_every_event() -> None:
    camera = OnvifCamera(_PREFIX, SITE, _CAMERA, View.PERIMETER)
    said = [*camera.connected(NOW), *_show(camera, [*_WALK, *[Look(fault=Fault.COVERED)] * 5])]
    read = [await read_event(each) for each in said]
    assert any(entity.name == "Line Detector Crossed" for entity in read)
    assert {(entity.name, entity.value) for entity in read if isinstance(entity.value, bool)} == {
        ("Cell Motion Detection", False),
        ("Cell Motion Detection", True),
        ("Field Detection", False),
        ("Field Detection", True),
        ("Tamper Detection", False),
        ("Tamper Detection", True),
        ("Global Scene Change", False),
        ("Image Too Dark", False),
        ("Image Too Dark", True),
        ("Image Too Bright", False),
        ("Image Too Blurry", False),
    }


class _FrigateCentre:
    def __init__(self) -> None:
        self.dialect = Frigate("frigate", SITE, {str(_CAMERA): _KEY}, offline_delay_s=0.0)

    def hear(self, said: Iterable[Send]) -> list[Message]:
        heard: list[Message] = []
        for each in said:
            heard += self.dialect.decode(each.topic, each.payload, retained=False, received_at=NOW).messages
            heard += self.dialect.tick(NOW + timedelta(seconds=1)).messages
        assert not [each for each in heard if isinstance(each, Rejected)]
        return heard


def _box(view: View = View.PERIMETER) -> FrigateBox:
    box = FrigateBox("frigate", SITE, {_CAMERA: view})
    box.connected(NOW)
    return box


def _below(said: Iterable[Send], leaf: str) -> list[str]:
    return [each.payload.decode() for each in said if each.topic == f"frigate/{_CAMERA}/{leaf}"]


def test_somebody_is_followed_counted_reviewed_and_gone() -> None:
    said = _show(_box(), _WALK)
    heard = _FrigateCentre().hear(said)
    assert list({each.id: each.kind for each in heard if isinstance(each, EventSeen)}.values()) == [
        "object-seen",
        "review-alert",
        "zone-entered",
        "object-gone",
        "review-end",
    ]
    assert _below(said, "person") == ["1", "0"]
    assert _below(said, "motion") == ["ON", "OFF"]
    assert _below(said, "review_status") == ["ALERT", "NONE"]
    assert ("frigate-review-status", "alert") in _readings(heard)


def test_a_car_at_a_gate_is_a_detection_and_no_alert() -> None:
    car = Sighting("car/0", Label.VEHICLE, 1.0, 25.0, 5.0)
    said = _show(_box(View.GATE), [Look((car,))] * 10)
    assert _below(said, "review_status") == ["DETECTION", "NONE"]
    assert _below(said, "car") == ["1", "0"]


def test_a_detection_becomes_an_alert_when_a_person_joins_it() -> None:
    cow = Sighting("herd/0", Label.ANIMAL, 3.0, 30.0, 0.8)
    said = _show(_box(), [*[Look((cow,))] * 5, *[Look((cow, _person(4.0)))] * 5])
    assert _below(said, "review_status") == ["DETECTION", "ALERT", "NONE"]
    kinds = [each.kind for each in _FrigateCentre().hear(said) if isinstance(each, EventSeen)]
    assert kinds.count("object-seen") == 2
    assert kinds.index("review-detection") < kinds.index("review-alert")


def test_a_camera_that_frigate_gets_no_picture_of_is_offline_there_and_shows_nobody() -> None:
    dead = [look._replace(fault=Fault.STALLED) for look in _WALK]
    said = _show(_box(), dead)
    assert _below(said, "status/detect") == ["offline", "online"]
    assert _below(said, "person") == []
    assert ("frigate-status-detect", "offline") in _readings(_FrigateCentre().hear(said))


def test_frigate_is_there_until_its_will_says_otherwise_and_tells_its_statistics() -> None:
    box, centre = _box(), _FrigateCentre()
    will = box.will(NOW)
    assert (will.topic, will.payload, will.retained) == ("frigate/available", b"offline", True)
    standing = list(box.connected(NOW))
    assert standing[0].payload == b"online"
    stats = box.see(_CAMERA, Look(), NOW)
    heard = centre.hear([*standing, *stats])
    assert {"frigate-camera-fps", "frigate-motion", "frigate-detect-on"} <= {name for name, _ in _readings(heard)}
    assert box.see(_CAMERA, Look(), NOW + timedelta(seconds=59)) == ()
    assert len(box.see(_CAMERA, Look(), NOW + timedelta(seconds=60))) == 1


def test_only_so_many_objects_are_followed() -> None:
    crowd = tuple(_person(1.0, id_=f"person/{number}") for number in range(MAX_FOLLOWED + 10))
    assert _below(_show(_box(), [Look(crowd)]), "person")[0] == str(MAX_FOLLOWED)


def test_events_have_what_frigates_own_have() -> None:
    said = _show(_box(), _WALK)
    events: list[dict[str, Any]] = [json.loads(each.payload) for each in said if each.topic == "frigate/events"]
    assert events[0]["type"] == "new"
    assert events[-1]["type"] == "end"
    assert len({event["after"]["id"] for event in events}) == 1
    assert events[-1]["after"]["end_time"] is not None
    for event in events:
        left, top, right, bottom = event["after"]["box"]
        assert 0 <= left < right <= 1280
        assert 0 <= top < bottom <= 720
