import gc
import struct
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.ingest.packets import HEAD_BYTES, NOT_UTF8, WHOLE_BYTES, Packets
from hub.inputs import Moment, Received
from sensors.dialects.native import MAX_PAYLOAD_BYTES
from sensors.errors import WireError
from sensors.topics import parse_topic
from tests.hub.quiet_center import START

NOW = Moment(START, 1.0)
PINGRESP = b"\xd0\x00"


def sized(first: int, body: bytes) -> bytes:
    length, written = len(body), bytearray([first])
    while True:
        length, low = divmod(length, 128)
        written.append(low | (0x80 if length else 0))
        if not length:
            return bytes(written) + body


def publish(
    topic: bytes, payload: bytes, *, qos: int = 1, packet_id: int = 7, retained: bool = False, properties: bytes = b""
) -> bytes:
    number = struct.pack("!H", packet_id) if qos else b""
    return sized(0x30 | qos << 1 | retained, struct.pack("!H", len(topic)) + topic + number + properties + payload)


def cut(stream: bytes, step: int, *, is_v5: bool = False) -> list[Received | bytes]:
    """What comes out of a stream that comes in `step` bytes at a time, messages and other packets in order."""
    out: list[Received | bytes] = []
    packets = Packets(1, is_v5=is_v5)
    for begin in range(0, len(stream), step):
        packets.feed(stream[begin : begin + step])
        while packets.waiting:
            messages, other = packets.take(NOW)
            out += [*messages, other] if other else messages
            if not messages and not other:
                break
    return out


@given(
    st.lists(
        st.one_of(
            st.just(PINGRESP),
            st.builds(publish, st.just(b"a/b"), st.binary(max_size=300), qos=st.integers(0, 1), retained=st.booleans()),
        ),
        max_size=20,
    ),
    st.integers(1, 700),
)
def test_however_a_stream_is_broken_up_its_packets_are_the_same_and_in_order(stream: list[bytes], step: int) -> None:
    out = cut(b"".join(stream), step)
    assert len(out) == len(stream)
    for came, sent in zip(out, stream, strict=True):
        if isinstance(came, Received):
            assert sent == publish(b"a/b", came.payload, qos=came.qos, retained=came.retained)
            assert (came.topic, came.payload_bytes, came.epoch) == ("a/b", len(came.payload), 1)
            assert came.packet_id == (7 if came.qos else 0)
        else:
            assert came == sent == PINGRESP


@pytest.mark.parametrize("properties", [b"\x00", b"\x05\x02\x00\x00\x00\x07", b"\xc8\x01" + b"x" * 200])
def test_the_properties_of_version_5_are_passed_over(properties: bytes) -> None:
    (message,) = cut(publish(b"a/b", b"21.5", properties=properties), 1000, is_v5=True)
    assert isinstance(message, Received)
    assert message.payload == b"21.5"


def test_a_topic_that_is_no_text_is_named_as_that() -> None:
    (message,) = cut(publish(b"a/\xff", b""), 1000)
    assert isinstance(message, Received)
    assert message.topic == NOT_UTF8


@pytest.mark.parametrize("size", [MAX_PAYLOAD_BYTES + 1, WHOLE_BYTES, 3_000_000])
@pytest.mark.parametrize("step", [65_536, 5_000_000])
def test_a_payload_too_large_for_any_dialect_leaves_its_head_and_its_length(size: int, step: int) -> None:
    first, second, third = cut(publish(b"big", b"x" * size) + PINGRESP + publish(b"next", b"y"), step)
    assert isinstance(first, Received)
    assert isinstance(third, Received)
    assert (first.topic, first.payload, first.payload_bytes) == ("big", b"x" * HEAD_BYTES, size)
    assert (second, third.topic, third.payload) == (PINGRESP, "next", b"y")


def test_a_large_message_takes_no_memory_while_it_comes_in() -> None:
    packets = Packets(1, is_v5=False)
    stream = publish(b"big", b"x" * 4_000_000)
    for begin in range(0, len(stream), 65_536):
        packets.feed(stream[begin : begin + 65_536])
        while packets.waiting and packets.take(NOW)[0]:
            """The last one is the message."""
        assert packets._held <= WHOLE_BYTES + 65_536
    assert packets._held == 0


def test_topics_of_any_length_and_number_take_no_memory_once_they_are_read() -> None:
    packets = Packets(1, is_v5=False)
    tracemalloc.start()
    try:
        for number in range(200):
            packets.feed(publish(b"shekara/v1/%d/" % number + b"a" * 60_000, b""))
            ((message,), _) = packets.take(NOW)
            assert len(message.topic) > 60_000
            assert isinstance(parse_topic(message.topic), str)
        del message
        gc.collect()
        held, _ = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert held < 1_000_000


def test_a_message_of_quality_of_service_2_is_left_to_who_knows_it() -> None:
    packet = publish(b"a/b", b"1", qos=2)
    assert cut(packet, 1000) == [packet]


@pytest.mark.parametrize(
    "stream",
    [
        b"\x32\xff\xff\xff\xff\x01",
        b"\x32\x01a",
        b"\x32\x04\x00\x09ab",
        sized(0x90, b"x" * (WHOLE_BYTES + 1)),
    ],
)
def test_what_is_not_mqtt_is_called_that(stream: bytes) -> None:
    with pytest.raises(WireError):
        cut(stream, 1000)


@given(st.binary(max_size=200), st.booleans())
def test_no_bytes_raise_anything_else(stream: bytes, is_v5: bool) -> None:  # noqa: FBT001 - drawn
    try:
        cut(stream, 50, is_v5=is_v5)
    except WireError as error:
        assert error.text  # noqa: PT017 - it may as well be MQTT
