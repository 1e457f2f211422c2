"""What Frigate may not do: what is wrong, what is too much, and what makes no sense."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.dialects import frigate as dialect_module
from sensors.dialects.native import CommandPayload
from sensors.model import (
    EventSeen,
    ReadingsSeen,
    Rejected,
)
from tests.sensors.frigate_desk import GATE, NOW, STATS, Desk, change, coded, rejected, values


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
        ("events", coded(change("moved")), "moved"),
        ("events", coded(change("new", id="x" * 65)), "$.after.id"),
        ("reviews", coded({"type": "new", "after": {"severity": "grave"}}), ""),
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
        [b"ON", b"OFF", b"online", b"offline", b"3", coded(STATS), coded(change("new")), coded(change("end"))]
    ),
    JSON.map(coded),
    st.floats().map(lambda at: coded(change("end", end_time=at, start_time=at))),
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
