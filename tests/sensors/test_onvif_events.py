"""Messages as cameras send them: both shapes of payload, with the event topics of ONVIF's specifications."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.decisions.checking import find_lie
from sensors.dialects.onvif_events import MAX_PROPERTIES, OnvifEvents, Place
from sensors.equipment import complete
from sensors.identity import device_id
from sensors.model import (
    BirthSeen,
    DeviceId,
    DeviceKey,
    EventSeen,
    Message,
    Quality,
    ReadingsSeen,
    Rejected,
    SiteId,
)

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
THEN = "2026-11-23T05:59:58.250Z"
GATE = DeviceKey(SiteId("kordai"), device_id("posts/gate", "onvif-ej:posts/gate"))
KNOWN = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))


def gate_camera() -> OnvifEvents:
    return OnvifEvents({"posts/known": Place(KNOWN.site, KNOWN.device), "posts": Place(SiteId("kordai"))})


def flat(source: dict[str, Any], data: dict[str, Any], operation: str | None = "Changed", at: str = THEN) -> bytes:
    said = {"UtcTime": at, "PropertyOperation": operation, "Source": source, "Data": data}
    return json.dumps({name: value for name, value in said.items() if value is not None}).encode()


def listed(source: dict[str, Any], data: dict[str, Any], operation: str | None = "Changed") -> bytes:
    said = json.loads(flat(source, data, operation))
    for part in ("Source", "Data"):
        said[part] = {"SimpleItem": [{"Name": name, "Value": value} for name, value in said[part].items()]}
    return json.dumps(said).encode()


def hear(
    dialect: OnvifEvents, event: str, payload: bytes, *, prefix: str = "posts/gate", retained: bool = False
) -> tuple[Message, ...]:
    topic = f"{prefix}/onvif-ej/{event}"
    assert dialect.claims(topic)
    return dialect.decode(topic, payload, retained=retained, received_at=NOW).messages


def readings_of(messages: tuple[Message, ...]) -> dict[str, object]:
    return {
        reading.metric: reading.value
        for message in messages
        if isinstance(message, ReadingsSeen)
        for reading in message.readings
    }


@pytest.mark.parametrize("shape", [flat, listed])
@pytest.mark.parametrize(
    ("event", "source", "data", "metric", "value"),
    [
        (
            "RuleEngine/CellMotionDetector/Motion/&VS1/Detector",
            {"VideoSourceConfigurationToken": "VS1", "VideoAnalyticsConfigurationToken": "VA1", "Rule": "Detector"},
            {"IsMotion": "true"},
            "motion--vs1-detector",
            True,
        ),
        ("tns1:VideoSource/MotionAlarm/&0", {"Source": "0"}, {"State": "false"}, "motion--0", False),
        ("VideoSource/ImageTooDark/AnalyticsService/&0", {"Source": "0"}, {"State": True}, "too_dark--0", True),
        ("VideoSource/GlobalSceneChange/ImagingService", {}, {"State": "1"}, "scene_change", True),
        ("VideoSource/SignalLoss", {}, {"State": "0"}, "signal_loss", False),
        (
            "RuleEngine/TamperDetector/Tamper",
            {"VideoSource": "0", "Rule": "lid"},
            {"IsTamper": "true"},
            "tamper--0-lid",
            True,
        ),
        (
            "RuleEngine/FieldDetector/ObjectsInside",
            {"Rule": "yard"},
            {"ObjectId": "17", "IsInside": "true"},
            "inside--yard",
            True,
        ),
        (
            "Device/tns1:Trigger/tns1:Relay/&Relay-1",
            {"RelayToken": "Relay-1"},
            {"LogicalState": "active"},
            "relay--relay-1",
            True,
        ),
        (
            "Device/Trigger/DigitalInput",
            {"InputToken": "2"},
            {"LogicalState": "inactive"},
            "input--2",
            False,
        ),
        ("Device/HardwareFailure/FanFailure", {"Token": "1"}, {"Failed": "true"}, "failure--fanfailure-1", True),
        (
            "RuleEngine/CountAggregation/Counter",
            {"Rule": "in"},
            {"Count": "42"},
            "countaggregation-counter-count--in",
            42,
        ),
        ("tnsv:Vendor/Light", {}, {"Lamp": "night"}, "vendor-light-lamp", "night"),
    ],
)
def test_a_property_is_a_metric_of_the_camera(
    shape: Any, event: str, source: dict[str, Any], data: dict[str, Any], metric: str, value: object
) -> None:
    birth, said = hear(gate_camera(), event, shape(source, data))
    assert isinstance(birth, BirthSeen)
    assert birth.birth is not None
    assert (birth.key, birth.birth.kind) == (GATE, "camera")
    assert metric in {declared.name for declared in birth.birth.metrics}
    assert find_lie(birth.key, birth.birth) is None
    assert isinstance(said, ReadingsSeen)
    found = {reading.metric: reading for reading in said.readings}[metric]  # type: ignore[index]  # a name
    assert found.value == value
    assert type(found.value) is type(value)
    assert found.captured_at == NOW - timedelta(seconds=1.75)
    assert found.quality is Quality.GOOD


@pytest.mark.parametrize(
    ("data", "state"),
    [
        ({"ObjectId": "1", "IsInside": "false"}, False),
        ({"ObjectId": "0", "IsInside": "true"}, True),
        ({"ObjectId": "1", "IsInside": "0"}, False),
        ({"Level": 0, "IsInside": True}, True),
    ],
)
def test_a_state_is_not_taken_from_the_number_of_the_object_that_it_is_about(
    data: dict[str, object], *, state: bool
) -> None:
    found = readings_of(hear(gate_camera(), "RuleEngine/FieldDetector/ObjectsInside", flat({"Rule": "yard"}, data)))
    assert found == {"inside--yard": state}


def test_tampering_is_watched_by_the_catalogues_limit() -> None:
    birth, _ = hear(gate_camera(), "RuleEngine/TamperDetector/Tamper", flat({"Rule": "lid"}, {"IsTamper": "true"}))
    assert isinstance(birth, BirthSeen)
    assert birth.birth is not None
    (tamper,) = complete(birth.birth).metrics
    assert [limit.id for limit in tamper.limits] == ["tamper"]
    assert tamper.names.ru == "Вмешательство: lid"


def test_what_only_happens_is_an_event_and_its_repeat_is_recognised() -> None:
    dialect = gate_camera()
    payload = flat({"Rule": "line 1"}, {"ObjectId": "9"}, operation=None)
    _, first = hear(dialect, "RuleEngine/LineDetector/Crossed/&0", payload)
    (again,) = hear(dialect, "RuleEngine/LineDetector/Crossed/&0", payload)
    (other,) = hear(dialect, "RuleEngine/LineDetector/Crossed/&0", payload.replace(b".250", b".251"))
    assert isinstance(first, EventSeen)
    assert isinstance(other, EventSeen)
    assert first == again
    assert first.id != other.id
    assert (first.kind, first.text) == ("line-crossed", "Rule=line 1 ObjectId=9")
    assert first.happened_at == NOW - timedelta(seconds=1.75)


def test_a_birth_grows_with_what_is_new_and_is_not_said_again() -> None:
    dialect = gate_camera()
    assert len(hear(dialect, "VideoSource/MotionAlarm", flat({}, {"State": "true"}, "Initialized"))) == 2
    assert len(hear(dialect, "VideoSource/MotionAlarm", flat({}, {"State": "false"}))) == 1
    birth, _ = hear(dialect, "VideoSource/SignalLoss", flat({}, {"State": "false"}, "Initialized"))
    assert isinstance(birth, BirthSeen)
    assert birth.birth is not None
    assert [metric.name for metric in birth.birth.metrics] == ["motion", "signal_loss"]


def test_a_deleted_property_leaves_the_birth() -> None:
    dialect = gate_camera()
    hear(dialect, "RuleEngine/FieldDetector/ObjectsInside", flat({"Rule": "yard"}, {"IsInside": "true"}))
    (birth,) = hear(dialect, "RuleEngine/FieldDetector/ObjectsInside", flat({"Rule": "yard"}, {}, "Deleted"))
    assert isinstance(birth, BirthSeen)
    assert birth.birth is not None
    assert birth.birth.metrics == ()


def test_a_camera_that_introduces_itself_in_another_way_gets_no_birth_here() -> None:
    dialect = gate_camera()
    (said,) = hear(dialect, "Device/Tampering", flat({}, {"State": True}), prefix="posts/known")
    assert isinstance(said, ReadingsSeen)
    assert said.key == KNOWN
    (gone,) = hear(dialect, "Device/Tampering", flat({}, {}, "Deleted"), prefix="posts/known")
    assert isinstance(gone, ReadingsSeen)
    assert [(r.metric, r.value, r.quality) for r in gone.readings] == [("tamper", False, Quality.UNCERTAIN)]
    below = hear(dialect, "Device/Tampering", flat({}, {"State": True}), prefix="posts/known/sub")[0]
    assert isinstance(below, BirthSeen)
    assert below.key.device != KNOWN.device


def test_a_restart_takes_no_metric_away() -> None:
    before = hear(gate_camera(), "VideoSource/SignalLoss", flat({}, {"State": "true"}))[0]
    assert isinstance(before, BirthSeen)
    assert before.birth is not None
    after = OnvifEvents({"posts": Place(GATE.site)}, {GATE: before.birth})
    (said,) = hear(after, "VideoSource/SignalLoss", flat({}, {"State": "false"}))
    assert readings_of((said,)) == {"signal_loss": False}
    grown, _ = hear(after, "VideoSource/MotionAlarm", flat({}, {"State": "true"}))
    assert isinstance(grown, BirthSeen)
    assert grown.birth is not None
    assert [metric.name for metric in grown.birth.metrics] == ["signal_loss", "motion"]


def test_two_values_of_one_moment_are_two_readings_and_a_repeat_is_one() -> None:
    dialect = gate_camera()
    sequences = []
    for state in ("true", "false", "false"):
        (said,) = hear(dialect, "VideoSource/MotionAlarm", flat({}, {"State": state}))[-1:]
        assert isinstance(said, ReadingsSeen)
        sequences.append(said.readings[0].sequence)
    assert sequences == [0, 1, 1]


def test_what_is_said_by_a_clock_that_was_set_back_is_newer_and_what_comes_again_is_not() -> None:
    dialect = gate_camera()

    def number(at: str, *, state: bool, retained: bool = False) -> int:
        payload = flat({}, {"State": state}, at=at)
        said = hear(dialect, "VideoSource/MotionAlarm", payload, retained=retained)[-1]
        assert isinstance(said, ReadingsSeen)
        return said.readings[0].sequence

    assert number("2026-11-23T07:59:50Z", state=True) == 0
    assert number("2026-11-23T07:59:55Z", state=False) == 0
    assert number("2026-11-23T07:59:50Z", state=True) == 0  # delivered again
    assert number("2026-11-23T06:00:00Z", state=False, retained=True) == 0  # kept by the broker
    assert number("2026-11-23T05:59:58Z", state=True) == 1
    assert number("2026-11-23T05:59:58Z", state=False) == 2
    assert number("2026-11-23T05:59:59Z", state=True) == 0


def test_a_number_that_64_bits_do_not_hold_is_no_value_and_the_rest_stands() -> None:
    payload = flat({"Rule": "in"}, {"Count": 42, "Total": 10**400, "Low": -(10**30), "Rate": 0.5})
    found = readings_of(hear(gate_camera(), "RuleEngine/CountAggregation/Counter", payload))
    assert {name.split("-")[2]: value for name, value in found.items()} == {"count": 42, "rate": 0.5}


@pytest.mark.parametrize("at", ["yesterday", "2026-11-23", "2026-11-23T05:59:58", "2026-13-23T05:59:58Z", "", "9" * 99])
def test_a_bad_time_is_the_hubs_and_uncertain(at: str) -> None:
    _, said = hear(gate_camera(), "VideoSource/MotionAlarm", flat({}, {"State": "true"}, at=at))
    assert isinstance(said, ReadingsSeen)
    (reading,) = said.readings
    assert (reading.captured_at, reading.quality) == (NOW, Quality.UNCERTAIN)


def test_what_the_broker_kept_without_a_time_is_a_snapshot() -> None:
    payload = flat({}, {"State": "true"})
    timed = hear(gate_camera(), "VideoSource/MotionAlarm", payload, retained=True)[-1]
    untimed = hear(gate_camera(), "VideoSource/MotionAlarm", payload.replace(b"UtcTime", b"Time"), retained=True)[-1]
    assert isinstance(timed, ReadingsSeen)
    assert isinstance(untimed, ReadingsSeen)
    assert (timed.snapshot, untimed.snapshot) == (False, True)
    assert hear(gate_camera(), "VideoSource/MotionAlarm", b"", retained=True) == ()


def test_a_prefix_is_placed_by_the_operator_or_is_known_by_its_mac() -> None:
    dialect = gate_camera()
    payload = flat({}, {"State": "true"})
    placed = hear(dialect, "VideoSource/MotionAlarm", payload, prefix="posts/yard")[0]
    strange = hear(dialect, "VideoSource/MotionAlarm", payload, prefix="E4:30:22:F3:31:AA")[0]
    moved = hear(OnvifEvents({}), "VideoSource/MotionAlarm", payload, prefix="e4-30-22-f3-31-aa")[0]
    assert isinstance(placed, BirthSeen)
    assert isinstance(strange, BirthSeen)
    assert isinstance(moved, BirthSeen)
    assert placed.key.site == "kordai"
    assert placed.key.device.startswith("posts-yard-")
    assert strange.key.site == "unassigned"
    assert strange.birth is not None
    assert strange.birth.identities == ("mac:e43022f331aa",)
    assert strange.key == moved.key


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        ("posts/gate/onvif-ej/VideoSource/MotionAlarm", b"{", "truncated"),
        ("posts/gate/onvif-ej/VideoSource/MotionAlarm", b"[]", "object"),
        ("posts/gate/onvif-ej/VideoSource/MotionAlarm", b'{"Source": 7}', "Source and Data"),
        ("posts/gate/onvif-ej/VideoSource/MotionAlarm", flat({}, {"State": "perhaps"}), "holds no state"),
        ("posts/gate/onvif-ej/Vendor/Thing", flat({}, {"State": {"deep": 1}}), "holds no value"),
        ("posts/gate/onvif-ej/", flat({}, {}), "event topic"),
        ("posts//onvif-ej/VideoSource/MotionAlarm", flat({}, {}), "prefix"),
        ("/onvif-ej/VideoSource/MotionAlarm", flat({}, {}), "prefix"),
        ("a/b/c/d/e/onvif-ej/VideoSource/MotionAlarm", flat({}, {}), "prefix"),
    ],
)
def test_what_is_no_event_is_rejected_with_its_reason(topic: str, payload: bytes, reason: str) -> None:
    (said,) = gate_camera().decode(topic, payload, retained=False, received_at=NOW).messages
    assert isinstance(said, Rejected)
    assert reason in said.reason


def test_a_camera_has_so_many_properties_and_no_more() -> None:
    dialect = gate_camera()
    for number in range(MAX_PROPERTIES):
        hear(dialect, "Device/Trigger/Relay", flat({"RelayToken": str(number)}, {"LogicalState": "active"}))
    (said,) = hear(dialect, "Device/Trigger/Relay", flat({"RelayToken": "more"}, {"LogicalState": "active"}))
    assert isinstance(said, Rejected)
    assert "over 64 properties" in said.reason
    assert readings_of(
        hear(dialect, "Device/Trigger/Relay", flat({"RelayToken": "0"}, {"LogicalState": "inactive"}))
    ) == {"relay--0": False}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.just(10**400) | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
ITEMS = JSON | st.dictionaries(st.text(max_size=12), st.text(max_size=12), max_size=4)


@given(
    prefix=st.lists(st.text(max_size=8), min_size=1, max_size=6),
    event=st.lists(st.text(max_size=12), max_size=6),
    payload=st.binary(max_size=60)
    | st.fixed_dictionaries(
        {},
        optional={"UtcTime": JSON, "PropertyOperation": JSON, "Source": ITEMS, "Data": ITEMS},
    ).map(lambda said: json.dumps(said).encode()),
    retained=st.booleans(),
)
def test_no_message_can_raise_and_no_birth_lies(
    prefix: list[str], event: list[str], payload: bytes, *, retained: bool
) -> None:
    dialect = gate_camera()
    topic = "/".join((*prefix, "onvif-ej", *event))
    for message in dialect.decode(topic, payload, retained=retained, received_at=NOW).messages:
        if isinstance(message, BirthSeen):
            assert message.birth is not None
            assert find_lie(message.key, message.birth) is None
        if isinstance(message, ReadingsSeen):
            assert all(0 < len(reading.metric) <= 63 for reading in message.readings)
