import json
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.dialects import frigate as dialect_module
from sensors.dialects.frigate import Frigate
from sensors.dialects.native import CommandPayload
from sensors.model import (
    BirthSeen,
    DeviceId,
    DeviceKey,
    EventSeen,
    Message,
    MetricType,
    Quality,
    ReadingsSeen,
    Rejected,
    SiteId,
    StateSeen,
)

NOW = datetime(2026, 11, 23, 6, tzinfo=UTC)
SITE = SiteId("kordai")
GATE = DeviceKey(SITE, DeviceId("cam-1"))


class Desk:
    """The hub's side: a clock that steps, and everything the dialect said."""

    def __init__(self) -> None:
        self.dialect = Frigate("frigate", SITE, {"gate": GATE})
        self.now = NOW
        self.messages: list[Message] = []

    def hear(self, below: str, payload: object, *, retained: bool = False) -> list[Message]:
        topic = f"frigate/{below}"
        assert self.dialect.claims(topic)
        said = (
            payload if isinstance(payload, bytes) else payload.encode() if isinstance(payload, str) else _json(payload)
        )
        return self._keep(self.dialect.decode(topic, said, retained=retained, received_at=self.now).messages)

    def wait(self, seconds: float) -> list[Message]:
        self.now += timedelta(seconds=seconds)
        return self._keep(self.dialect.tick(self.now).messages)

    def _keep(self, messages: tuple[Message, ...]) -> list[Message]:
        self.messages += messages
        return list(messages)

    @property
    def births(self) -> dict[str, BirthSeen]:
        return {
            each.birth.names.en: each
            for each in self.messages
            if isinstance(each, BirthSeen) and each.birth is not None
        }


def _json(payload: object) -> bytes:
    return json.dumps(payload).encode()


def values(messages: Sequence[Message]) -> dict[str, Any]:
    return {
        reading.metric: reading.value
        for each in messages
        if isinstance(each, ReadingsSeen)
        for reading in each.readings
    }


def events(messages: list[Message]) -> list[tuple[str, str, str]]:
    return [(each.id, each.kind, each.text) for each in messages if isinstance(each, EventSeen)]


def rejected(messages: list[Message]) -> list[str]:
    return [each.reason for each in messages if isinstance(each, Rejected)]


START = NOW.timestamp() - 5


def change(kind: str, **after: object) -> dict[str, object]:
    seen = {
        "id": "1764000000.475377-mxklsc",
        "camera": "gate",
        "frame_time": START + 1,
        "label": "person",
        "sub_label": None,
        "top_score": 0.958984375,
        "false_positive": False,
        "start_time": START,
        "end_time": None,
        "box": [424, 500, 536, 712],
        "current_zones": [],
        "entered_zones": [],
        "has_snapshot": False,
        "thumbnail": None,
    }
    return {"type": kind, "before": seen, "after": seen | after}


STATS = {
    "cameras": {
        "gate": {"camera_fps": 5.0, "process_fps": 5.1, "skipped_fps": 0.0, "detection_fps": 1.5, "pid": 34},
        "yard": {"camera_fps": 10.0, "process_fps": 9.5, "skipped_fps": 0.5, "detection_fps": 3.0},
    },
    "detectors": {"coral": {"inference_speed": 8.9, "detection_start": 0.0, "pid": 25}},
    "detection_fps": 4.5,
    "service": {"uptime": 100, "version": "0.16.1", "storage": {}},
}


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


def test_nothing_is_commanded_through_frigate() -> None:
    assert "no commands" in Desk().dialect.command(GATE, CommandPayload("c", "set"))


@pytest.mark.parametrize(
    ("below", "payload", "reason"),
    [
        ("available", b"perhaps", "neither online"),
        ("gate/motion", b"on", "neither ON"),
        ("gate/status/detect", b"up", "neither online"),
        ("gate/person", b"-1", "count"),
        ("gate/person", b"\xff", "utf-8"),
        ("stats", b"{", ""),
        ("stats", b"[" * 100_000, ""),
        ("stats", b"{}x", ""),
        ("events", b'{"type": "new"}', "after"),
        ("events", _json(change("moved")), "moved"),
        ("events", _json(change("new", id="x" * 65)), "$.after.id"),
        ("reviews", _json({"type": "new", "after": {"severity": "grave"}}), ""),
        (f"{'x' * 65}/motion", b"ON", "no name"),
    ],
)
def test_what_is_wrong_is_said(below: str, payload: bytes, reason: str) -> None:
    (message,) = Desk().hear(below, payload)
    assert isinstance(message, Rejected)
    assert reason in message.reason


@pytest.mark.parametrize("seconds", [1e300, -1e300, 1e12])
def test_a_time_that_is_none_is_that_of_reception(seconds: float) -> None:
    (event,) = Desk().hear("events", change("new", start_time=seconds))
    assert isinstance(event, EventSeen)
    assert event.happened_at == NOW


def test_cameras_metrics_and_objects_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect_module, "MAX_CAMERAS", 3)
    monkeypatch.setattr(dialect_module, "MAX_OBJECTS", 5)
    desk = Desk()
    for number in range(10):
        desk.hear(f"camera-{number}/motion", "ON")
        desk.hear("events", change("new", id=f"{number}", camera="camera-0"))
    assert len(desk.dialect._views) == 3
    assert len(desk.dialect._zones) == 5
    for number in range(200):
        desk.hear(f"camera-0/thing{number}", "1")
    assert "over 128 metrics" in rejected(desk.messages)[-1]
    birth = desk.births["camera-0"].birth
    assert birth is not None
    assert len(birth.metrics) == 128


def test_what_fits_is_taken_when_the_rest_does_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dialect_module, "MAX_CAMERAS", 1)
    desk = Desk()
    messages = desk.hear("stats", STATS)
    assert values(messages).keys() >= {"frigate-camera-fps", "uptime"}
    assert rejected(messages) == ["over 1 cameras"]
    assert "Frigate frigate" in desk.births


LEVELS = st.sampled_from(
    [
        "available",
        "events",
        "reviews",
        "stats",
        "gate",
        "yard",
        "motion",
        "status",
        "detect",
        "audio",
        "state",
        "active",
        "person",
        "tracked_object_update",
        "camera_activity",
        "",
        "+",
        "x" * 70,
    ]
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "after", "id", "camera", "label", "cameras", "camera_fps", "motion"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=8,
)
PAYLOADS = st.one_of(
    st.binary(max_size=30),
    st.sampled_from(
        [b"ON", b"OFF", b"online", b"offline", b"3", _json(STATS), _json(change("new")), _json(change("end"))]
    ),
    JSON.map(_json),
    st.floats().map(lambda at: _json(change("end", end_time=at, start_time=at))),
)


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.tuples(st.lists(LEVELS, min_size=1, max_size=4).map("/".join), PAYLOADS, st.booleans(), st.floats(0, 40)),
        max_size=20,
    )
)
def test_no_sequence_of_bytes_can_raise(said: list[tuple[str, bytes, bool, float]]) -> None:
    desk = Desk()
    for below, payload, retained, pause_s in said:
        desk.hear(below, payload, retained=retained)
        desk.wait(pause_s)
    for message in desk.messages:
        if isinstance(message, ReadingsSeen):
            assert message.readings
            assert all(reading.value is not None for reading in message.readings)
