"""What Frigate says of itself, of its cameras, and of what they saw."""

from datetime import timedelta

import pytest

from sensors.dialects.frigate import Frigate
from sensors.model import (
    BirthSeen,
    EventSeen,
    MetricType,
    Quality,
    ReadingsSeen,
    Rejected,
    StateSeen,
)
from tests.sensors.frigate_desk import GATE, NOW, SITE, START, STATS, Desk, change, events, values


def test_frigate_is_a_device_with_a_state() -> None:
    desk = Desk()
    birth, state = desk.hear("available", "online", retained=True)
    assert isinstance(birth, BirthSeen)
    assert isinstance(state, StateSeen)
    assert birth.birth is not None
    assert (birth.birth.kind, birth.key.site, state.key, state.online, state.retained) == (
        "video-analyser",
        SITE,
        birth.key,
        True,
        True,
    )


def test_statistics_are_metrics_of_frigate_and_of_each_camera() -> None:
    desk = Desk()
    messages = desk.hear("stats", STATS)
    said = {
        (str(reading.key.device), str(reading.metric)): reading.value
        for each in messages
        if isinstance(each, ReadingsSeen)
        for reading in each.readings
    }
    assert said["cam-1", "frigate-camera-fps"] == 5.0
    yard = desk.births["yard"]
    assert said[yard.key.device, "skipped-fps"] == 0.5
    itself = desk.births["Frigate frigate"]
    assert said[itself.key.device, "inference-coral"] == 8.9
    assert itself.birth is not None
    assert itself.birth.firmware == "0.16.1"
    assert {metric.name: (metric.unit, metric.type) for metric in itself.birth.metrics} == {
        "detection-fps": ("Hz", MetricType.NUMBER),
        "inference-coral": ("ms", MetricType.NUMBER),
        "uptime": ("s", MetricType.NUMBER),
    }


def test_older_statistics_have_the_cameras_beside_the_rest() -> None:
    desk = Desk()
    desk.hear("stats", {"yard": {"camera_fps": 5, "pid": 1}, "detection_fps": 1, "detectors": {}, "service": {}})
    assert "yard" in desk.births


def test_a_camera_of_the_table_is_the_sites_own_and_is_never_introduced_by_frigate() -> None:
    desk = Desk()
    for below, payload in (("gate/motion", "ON"), ("gate/person", "2"), ("events", change("new")), ("stats", STATS)):
        desk.hear(below, payload)
    of_gate = [each for each in desk.messages if not isinstance(each, Rejected) and each.key == GATE]
    assert {type(each) for each in of_gate} == {ReadingsSeen, EventSeen}
    assert values(of_gate).keys() >= {"frigate-motion", "frigate-person-count", "frigate-camera-fps"}
    assert all(name.startswith("frigate-") for name in values(of_gate))


def test_a_camera_that_nobody_placed_is_an_analysis_without_a_picture() -> None:
    desk = Desk()
    desk.hear("yard/motion", "ON")
    desk.hear("available", "online")
    birth = desk.births["yard"].birth
    assert birth is not None
    assert (birth.kind, birth.streams) == ("camera-analysis", ())
    assert birth.via == desk.births["Frigate frigate"].key.device, "it goes with Frigate"


def test_what_a_camera_once_declared_outlives_a_restart() -> None:
    desk = Desk()
    for below, said in (("motion", "ON"), ("person", "1")):
        desk.hear(f"yard/{below}", said)
    born = desk.births["yard"]
    assert born.birth is not None
    after = Desk()
    after.dialect = Frigate("frigate", SITE, remembered={born.key: born.birth})
    after.hear("yard/motion", "OFF")
    assert after.births["yard"].birth == born.birth


def test_the_same_name_under_two_prefixes_is_two_devices() -> None:
    keys = set()
    for prefix in ("frigate", "posts/frigate"):
        dialect = Frigate(prefix, SITE)
        for message in dialect.decode(f"{prefix}/yard/motion", b"ON", retained=False, received_at=NOW).messages:
            keys |= {message.key} if isinstance(message, BirthSeen) else set()
    assert len(keys) == 2


@pytest.mark.parametrize(
    ("below", "payload", "metric", "value"),
    [
        ("motion", "OFF", "motion", False),
        ("person", "0", "person-count", 0),
        ("all/active", "3", "all-active-count", 3),
        ("status/record", "disabled", "status-record", "disabled"),
        ("detect/state", "OFF", "detect-on", False),
        ("recordings/state", "ON", "recordings-on", True),
        ("review_status", "ALERT", "review-status", "alert"),
        ("audio/dBFS", "-31.5", "sound-dbfs", -31.5),
        ("audio/scream", "ON", "sound-scream", True),
    ],
)
def test_what_is_said_below_a_camera_is_a_metric(below: str, payload: str, metric: str, value: object) -> None:
    desk = Desk()
    assert values(desk.hear(f"gate/{below}", payload)) == {f"frigate-{metric}": value}


@pytest.mark.parametrize(
    "below", ["gate/ptz", "gate/audio/transcription", "gate/person/snapshot", "onConnect", "gate/zoom/set"]
)
def test_what_is_of_no_use_is_passed_over(below: str) -> None:
    assert Desk().hear(below, "anything") == []


def test_pictures_are_not_subscribed_to() -> None:
    topics = [each.topic for each in Desk().dialect.filters]
    assert not any(topic.endswith("#") for topic in topics)
    assert "frigate/+/+/+" not in topics


def test_a_status_that_flaps_is_offline_only_once_it_lasts() -> None:
    desk = Desk()
    desk.hear("yard/status/detect", "online")
    for _ in range(5):
        assert values(desk.hear("yard/status/detect", "offline")) == {}
        assert desk.wait(10) == []
        desk.hear("yard/status/detect", "online")
    desk.hear("yard/status/detect", "offline")
    assert desk.wait(29) == []
    desk.hear("yard/status/detect", "offline")
    assert values(desk.wait(2)) == {"status-detect": "offline"}
    assert desk.wait(100) == []
    birth = desk.births["yard"].birth
    assert birth is not None
    assert [limit.bound for metric in birth.metrics for limit in metric.limits] == ["offline"]


def test_an_object_is_said_once_when_seen_and_once_when_gone() -> None:
    desk = Desk()
    said: list[tuple[str, str, str]] = []
    said += events(desk.hear("events", change("new")))
    said += events(desk.hear("events", change("update", top_score=0.97)))
    said += events(desk.hear("events", change("update", entered_zones=["fence"])))
    said += events(desk.hear("events", change("update", entered_zones=["fence"])))
    said += events(
        desk.hear("events", change("end", end_time=START + 60, entered_zones=["fence"], sub_label=["Bob", 0.8]))
    )
    id_ = "1764000000.475377-mxklsc"
    assert said == [
        (id_, "object-seen", "person 0.96"),
        (f"{id_} fence", "zone-entered", "person 0.96 in fence"),
        (f"{id_} end", "object-gone", "person (Bob) 0.96"),
    ]
    assert not desk.dialect._zones


def test_an_events_time_is_frigates_own() -> None:
    desk = Desk()
    (seen,) = desk.hear("events", change("new"))
    (gone,) = desk.hear("events", change("end", end_time=START + 1.5))
    assert isinstance(seen, EventSeen)
    assert isinstance(gone, EventSeen)
    assert seen.happened_at == NOW - timedelta(seconds=5)
    assert gone.happened_at == NOW - timedelta(seconds=3.5)
    assert seen.received_at == NOW


def test_an_event_repeated_has_the_same_id() -> None:
    """What was told is forgotten with time: the id makes a repeat recognisable to the hub."""
    first, second = Desk(), Desk()
    assert events(first.hear("events", change("new"))) == events(second.hear("events", change("update")))


def test_a_false_positive_and_the_memory_of_an_event_are_none() -> None:
    desk = Desk()
    assert desk.hear("events", change("new", false_positive=True)) == []
    assert desk.hear("events", change("new"), retained=True) == []


def test_a_review_is_news_when_it_begins_and_when_it_becomes_an_alert() -> None:
    desk = Desk()
    review = {
        "id": "1764.3-fq",
        "camera": "gate",
        "start_time": START,
        "severity": "detection",
        "data": {"objects": ["person", "car"], "zones": ["yard"]},
    }
    said = events(desk.hear("reviews", {"type": "new", "before": review, "after": review}))
    said += events(desk.hear("reviews", {"type": "update", "before": review, "after": review | {"severity": "alert"}}))
    said += events(
        desk.hear(
            "reviews", {"type": "end", "before": review, "after": review | {"severity": "alert", "end_time": START + 9}}
        )
    )
    assert list(dict.fromkeys(said)) == [
        ("1764.3-fq detection", "review-detection", "person, car in yard"),
        ("1764.3-fq alert", "review-alert", "person, car in yard"),
        ("1764.3-fq end", "review-end", "person, car in yard"),
    ]


def test_a_plate_that_was_read_is_an_event() -> None:
    desk = Desk()
    read = {
        "type": "lpr",
        "id": "1.2-a",
        "name": "van",
        "plate": "123ABC02",
        "score": 0.95,
        "camera": "gate",
        "timestamp": START,
    }
    assert events(desk.hear("tracked_object_update", read)) == [("1.2-a 123ABC02", "plate-read", "123ABC02 0.95")]
    assert desk.hear("tracked_object_update", {"type": "description", "id": "1.2-a", "description": "A car."}) == []


def test_counts_of_zones_belong_to_frigate_once_it_has_told_its_cameras() -> None:
    desk = Desk()
    assert desk.hear("fence/person", "1") == []
    desk.hear("stats", STATS)
    messages = desk.hear("fence/person", "1")
    assert values(messages) == {"fence-person-count": 1}
    assert messages[-1].key == desk.births["Frigate frigate"].key
    assert desk.hear("notifications/state", "ON") == []


def test_camera_activity_tells_cameras_and_their_motion() -> None:
    desk = Desk()
    messages = desk.hear(
        "camera_activity", {"yard": {"config": {"detect": True}, "motion": True, "objects": []}, "odd": 5}
    )
    assert values(messages) == {"motion": True}


def test_when_frigate_leaves_nothing_it_said_is_believed() -> None:
    desk = Desk()
    desk.hear("gate/person", "2")
    messages = desk.hear("available", "offline")
    doubts = [reading for each in messages if isinstance(each, ReadingsSeen) for reading in each.readings]
    assert [(each.key, each.value, each.quality) for each in doubts] == [(GATE, 2, Quality.BAD)]


def test_messages_that_came_together_are_readings_of_their_own() -> None:
    desk = Desk()
    said = [each for number in range(3) for each in desk.hear("gate/person", str(number))]
    assert [each.readings[0].sequence for each in said if isinstance(each, ReadingsSeen)] == [0, 1, 2]


def test_a_retained_value_is_a_snapshot() -> None:
    desk = Desk()
    (message,) = desk.hear("gate/detect/state", "ON", retained=True)
    assert isinstance(message, ReadingsSeen)
    assert message.snapshot
