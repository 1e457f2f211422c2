import json
from datetime import UTC, datetime, timedelta, timezone

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.dialects import native
from sensors.model import (
    AckSeen,
    Birth,
    BirthSeen,
    Condition,
    DeviceId,
    DeviceKey,
    EventSeen,
    Limit,
    Message,
    Metric,
    MetricType,
    Names,
    Position,
    Priority,
    Quality,
    ReadingsSeen,
    Rejected,
    SiteId,
    StateSeen,
    Stream,
    StreamRole,
)
from sensors.topics import Leaf, topic

KEY = DeviceKey(SiteId("kordai"), DeviceId("fence-1"))
NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
SPEAKING = [Leaf.BIRTH, Leaf.STATE, Leaf.DATA, Leaf.EVENT, Leaf.ACK]


def decode(leaf: Leaf, payload: bytes, *, retained: bool = False) -> Message | None:
    return native.decode(topic(KEY, leaf), payload, retained=retained, received_at=NOW)


def rejected(leaf: Leaf, payload: bytes) -> str:
    message = decode(leaf, payload)
    assert isinstance(message, Rejected), message
    return message.reason


def test_who_says_it_is_known_where_that_is_not_the_device() -> None:
    named = decode(Leaf.DATA, native.encode_data(NOW, 1, {"picture": "live"}, observer="main"))
    assert isinstance(named, ReadingsSeen)
    assert [(reading.observer, reading.value) for reading in named.readings] == [("main", "live")]
    unnamed = native.encode_data(NOW, 1, {"picture": "live"})
    assert b"observer" not in unnamed
    seen = decode(Leaf.DATA, unnamed)
    assert isinstance(seen, ReadingsSeen)
    assert [reading.observer for reading in seen.readings] == [""]
    past = native.encode_backlog([native.Sample(NOW, 1, {"picture": "live"}, observer="main")])
    late = decode(Leaf.DATA, past)
    assert isinstance(late, ReadingsSeen)
    assert [(reading.observer, reading.historical) for reading in late.readings] == [("main", True)]


@pytest.mark.parametrize("observer", ['"Main"', '""', '"a/b"', '"main\\n"', "7", "null", '"' + "a" * 64 + '"'])
def test_whoever_says_it_names_itself_by_an_id(observer: str) -> None:
    said = f'{{"at":"2026-11-23T06:00:00Z","seq":1,"values":{{"picture":"live"}},"observer":{observer}}}'
    assert "observer" in rejected(Leaf.DATA, said.encode())


@given(st.sampled_from(list(Leaf)), st.binary(max_size=300), st.booleans())
def test_no_bytes_make_it_raise(leaf: Leaf, payload: bytes, retained: bool) -> None:  # noqa: FBT001 - given by hypothesis
    message = decode(leaf, payload, retained=retained)
    assert message is None or isinstance(message, Message)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(
                [
                    "at",
                    "seq",
                    "values",
                    "quality",
                    "observer",
                    "historical",
                    "samples",
                    "kind",
                    "names",
                    "metrics",
                    "online",
                    "since",
                ]
            )
            | st.text(max_size=5),
            inner,
            max_size=5,
        )
    ),
    max_leaves=20,
)


@given(st.sampled_from(SPEAKING), JSON)
def test_no_json_makes_it_raise(leaf: Leaf, document: object) -> None:
    message = decode(leaf, json.dumps(document).encode())
    assert isinstance(message, Message)


@given(st.text(max_size=60), st.binary(max_size=20))
def test_no_topic_makes_it_raise(name: str, payload: bytes) -> None:
    native.decode(name, payload, retained=False, received_at=NOW)


def test_no_depth_of_nesting_makes_it_raise() -> None:
    for opening, closing in ((b"[", b"]"), (b'{"values":', b"}")):
        payload = opening * 20_000 + closing * 20_000
        for leaf in SPEAKING:
            assert isinstance(decode(leaf, payload), Rejected)
        assert isinstance(native.decode_command(payload), str)


NUMBERS = st.integers(-(2**63) + 1, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
VALUES = st.booleans() | NUMBERS | st.text(max_size=20)
IDENTS = st.from_regex(r"[a-z0-9][a-z0-9_-]{0,10}", fullmatch=True)
MOMENTS = st.datetimes(datetime(1990, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - hypothesis adds the zone


@given(MOMENTS, st.integers(0, 2**53 - 1), st.dictionaries(IDENTS, VALUES, max_size=5), st.data())
def test_samples_come_back_as_they_were_sent(
    at: datetime, sequence: int, values: dict[str, bool | int | float | str], data: st.DataObject
) -> None:
    quality = {name: data.draw(st.sampled_from(Quality)) for name in values}
    message = decode(Leaf.DATA, native.encode_data(at, sequence, values, quality))
    assert isinstance(message, ReadingsSeen)
    assert {reading.metric: reading.value for reading in message.readings} == values
    assert {type(reading.value) for reading in message.readings} == {type(value) for value in values.values()}
    for reading in message.readings:
        assert (reading.key, reading.captured_at, reading.received_at) == (KEY, at, NOW)
        assert (reading.sequence, reading.historical, reading.quality) == (sequence, False, quality[reading.metric])


@given(st.lists(st.builds(native.Sample, MOMENTS, st.integers(0, 9), st.dictionaries(IDENTS, NUMBERS, max_size=3))))
def test_a_backlog_comes_back_in_order_and_historical(samples: list[native.Sample]) -> None:
    message = decode(Leaf.DATA, native.encode_backlog(samples))
    assert isinstance(message, ReadingsSeen)
    assert [reading.captured_at for reading in message.readings] == [each.at for each in samples for _ in each.values]
    assert all(reading.historical for reading in message.readings)


BIRTH = Birth(
    kind="camera",
    names=Names(en="Entry", ru="Въезд", kk="Кіру"),
    site_names=Names(en="Kordai"),
    position=Position(43.0, 74.7, 90.0),
    metrics=(
        Metric(
            "tilt",
            MetricType.NUMBER,
            unit="deg",
            limits=(Limit("high", Condition.ABOVE, 5, Priority.HIGH, Names(en="Tilted"), deadband=0.5),),
        ),
    ),
    streams=(Stream(StreamRole.MAIN, "rtsp://10.0.0.1/main", "h264", 1280, 720, 25),),
    covers=("fence-1",),
    via="gateway",
)


def test_a_birth_comes_back_as_it_was_sent() -> None:
    message = decode(Leaf.BIRTH, native.encode_birth(BIRTH), retained=True)
    assert message == BirthSeen(KEY, BIRTH, NOW, retained=True)


def test_an_empty_birth_means_that_the_device_is_gone() -> None:
    assert decode(Leaf.BIRTH, b"") == BirthSeen(KEY, None, NOW, retained=False)


@given(MOMENTS, st.booleans())
def test_states_come_back_as_they_were_sent(since: datetime, online: bool) -> None:  # noqa: FBT001 - given by hypothesis
    assert decode(Leaf.STATE, native.encode_state(online=online, since=since)) == StateSeen(
        KEY, online, since, NOW, retained=False
    )


@given(MOMENTS, st.text(max_size=50))
def test_events_acks_and_commands_come_back_as_they_were_sent(at: datetime, text: str) -> None:
    assert decode(Leaf.EVENT, native.encode_event("e1", "opened", at, text)) == EventSeen(
        KEY, "e1", "opened", text, at, NOW
    )
    assert decode(Leaf.ACK, native.encode_ack("c1", done=True, text=text)) == AckSeen(KEY, "c1", True, text, NOW)
    assert native.decode_command(native.encode_command("c1", "open", {"seconds": 5})) == native.CommandPayload(
        "c1", "open", {"seconds": 5}
    )


def test_times_of_any_zone_become_utc() -> None:
    local = datetime(2026, 11, 23, 11, 0, tzinfo=timezone(timedelta(hours=5)))
    message = decode(Leaf.STATE, native.encode_state(online=True, since=local))
    assert isinstance(message, StateSeen)
    assert (message.since, message.since.tzinfo) == (NOW, UTC)


def test_the_centres_own_topics_are_not_for_the_centre() -> None:
    assert decode(Leaf.COMMAND, b"anything") is None
    assert decode(Leaf.PLAN, b"anything") is None


def test_a_value_that_is_missing_is_no_reading() -> None:
    message = decode(Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"a":null,"b":1}}')
    assert isinstance(message, ReadingsSeen)
    assert [reading.metric for reading in message.readings] == ["b"]


@pytest.mark.parametrize(
    ("leaf", "payload", "reason"),
    [
        (Leaf.DATA, b"", "truncated"),
        (Leaf.DATA, b"{", "truncated"),
        (Leaf.DATA, b"[]", "array"),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00","seq":1,"values":{}}', "timezone"),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":-1,"values":{}}', "$.seq"),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"Wind":1}}', "name is not lower-case"),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"wind\\n":1}}', "name is not lower-case"),
        (
            Leaf.DATA,
            b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"wind":1},"quality":{"Wind":"bad"}}',
            "name is not lower-case",
        ),
        (
            Leaf.DATA,
            b'{"historical":true,"samples":[{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"":1}}]}',
            "name is not lower-case",
        ),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"wind":[1]}}', "$.values"),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{"wind":9223372036854775808}}', "64 bits"),
        (Leaf.DATA, b'{"at":"2026-11-23T06:00:00Z","seq":1,"values":{},"speed":1}', "speed"),
        (Leaf.DATA, b'{"at":"0001-01-01T00:00:00+14:00","seq":1,"values":{"wind":1}}', ""),
        (Leaf.DATA, b'{"historical":1,"samples":[]}', "$.historical"),
        (Leaf.STATE, b'{"online":"yes","since":"2026-11-23T06:00:00Z"}', "$.online"),
        (Leaf.BIRTH, b'{"kind":"camera"}', "names"),
        (Leaf.BIRTH, b'{"kind":"camera","names":{},"metrics":[{"name":"a","type":"vector"}]}', "vector"),
        (
            Leaf.BIRTH,
            b'{"kind":"fence","names":{},"metrics":[{"name":"a","type":"number","limits":[{"id":"a","condition":"above",'
            b'"bound":-1%s,"priority":"low","message":{}}]}]}' % (b"0" * 400),
            "bound",
        ),
        (Leaf.BIRTH, b"\xff\xfe", ""),
        (Leaf.EVENT, b'{"id":"","kind":"a","at":"2026-11-23T06:00:00Z"}', "$.id"),
        (Leaf.ACK, b'{"id":"x","done":1}', "$.done"),
    ],
)
def test_what_is_wrong_is_said(leaf: Leaf, payload: bytes, reason: str) -> None:
    assert reason in rejected(leaf, payload)


def test_sizes_are_bounded() -> None:
    assert "over 262144 bytes" in rejected(Leaf.DATA, b" " * (native.MAX_PAYLOAD_BYTES + 1))
    samples = [native.Sample(NOW, number, {}) for number in range(native.MAX_SAMPLES + 1)]
    assert "length" in rejected(Leaf.DATA, native.encode_backlog(samples))
    values = {f"m{number}": 1 for number in range(native.MAX_VALUES + 1)}
    assert "length" in rejected(Leaf.DATA, native.encode_data(NOW, 1, values))


@given(st.text(max_size=400), st.binary(max_size=400))
def test_a_rejection_is_short_and_printable(name: str, payload: bytes) -> None:
    shown = native.reject(name, payload, name, NOW)
    for text in (shown.topic, shown.reason, shown.payload_head):
        assert len(text) <= 200
        assert text.isprintable()
    assert shown.payload_bytes == len(payload)


def test_all_messages_are_encodable_for_a_record() -> None:
    message = decode(Leaf.BIRTH, native.encode_birth(BIRTH))
    assert msgspec.json.decode(msgspec.json.encode(message), type=BirthSeen) == message
