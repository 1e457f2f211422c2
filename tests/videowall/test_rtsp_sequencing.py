"""Packets into their order, and what is said of their reception."""

import random
import struct
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.rtsp.rtcp import ReportBlock, SenderReport, parse_receiver_report
from sensors.rtsp.rtp import RtpPacket
from videowall.capture.rtsp.reporting import Reporter
from videowall.capture.rtsp.sequencing import MAX_HELD_BYTES, MAX_HELD_PACKETS, Sequenced, Sequencer

HOLD_S = 0.05


def rtp(sequence: int, *, ssrc: int = 1, timestamp: int = 0, size: int = 10) -> RtpPacket:
    return RtpPacket(False, 96, sequence & 0xFFFF, timestamp & 0xFFFF_FFFF, ssrc, memoryview(bytes(size)))


def numbers(ready: list[Sequenced]) -> list[int]:
    return [each.packet.sequence for each in ready]


def test_what_overtook_waits_for_what_is_missing() -> None:
    order = Sequencer(HOLD_S)
    assert numbers(order.feed(rtp(65_534), 0.0)) == [65_534]
    assert numbers(order.feed(rtp(0), 0.01)) == []
    assert numbers(order.feed(rtp(1), 0.02)) == []
    ready = order.feed(rtp(65_535), 0.03)
    assert numbers(ready) == [65_535, 0, 1]
    assert [each.gap for each in ready] == [False] * 3
    assert (order.lost_total, order.late_total) == (0, 0)


def test_what_does_not_come_is_given_up_after_a_while_and_counted() -> None:
    order = Sequencer(HOLD_S)
    order.feed(rtp(1), 0.0)
    assert numbers(order.feed(rtp(4), 0.01)) == []
    assert numbers(order.release(0.01 + HOLD_S - 0.001)) == []
    ready = order.release(0.01 + HOLD_S)
    assert [(each.packet.sequence, each.gap, each.arrival_s) for each in ready] == [(4, True, 0.01)]
    assert order.lost_total == 2
    assert numbers(order.feed(rtp(2), 0.1)) == []
    assert numbers(order.feed(rtp(4), 0.1)) == []
    assert order.late_total == 2


def test_a_transport_that_keeps_order_waits_for_nothing() -> None:
    order = Sequencer(0.0)
    order.feed(rtp(1), 0.0)
    (ready,) = order.feed(rtp(3), 0.0)
    assert (ready.packet.sequence, ready.gap, order.lost_total) == (3, True, 1)


def test_one_stray_packet_upsets_nothing_and_a_source_that_begins_anew_is_followed() -> None:
    order = Sequencer(HOLD_S)
    order.feed(rtp(100), 0.0)
    for stray in (rtp(40_000), rtp(101, ssrc=2), rtp(60_000)):
        assert numbers(order.feed(stray, 0.0)) == []
    assert numbers(order.feed(rtp(101), 0.0)) == [101]
    assert numbers(order.feed(rtp(7, ssrc=2), 0.0)) == []
    ready = order.feed(rtp(8, ssrc=2), 0.0)
    assert [(each.packet.sequence, each.gap) for each in ready] == [(8, True)]
    assert numbers(order.feed(rtp(9, ssrc=2), 0.0)) == [9]
    order.feed(rtp(30_000, ssrc=2), 0.0)
    assert numbers(order.feed(rtp(30_001, ssrc=2), 0.0)) == [30_001]
    assert order.restarts_total == 2


def test_memory_is_bounded_in_packets_and_bytes() -> None:
    for size in (10, MAX_HELD_BYTES // 8):
        order = Sequencer(1e9)
        order.feed(rtp(0), 0.0)
        for number in range(2, 3000):
            order.feed(rtp(number, size=size), 0.0)
            assert len(order._held) <= MAX_HELD_PACKETS
            assert order._held_bytes <= MAX_HELD_BYTES
        assert order.lost_total == 1


@given(
    order=st.lists(st.integers(0, 60), min_size=1, max_size=120),
    start=st.integers(0, 0xFFFF),
    step_s=st.floats(0, 0.03),
)
def test_whatever_comes_leaves_in_order_once_and_every_gap_is_marked(
    order: list[int], start: int, step_s: float
) -> None:
    sequencer = Sequencer(HOLD_S)
    out: list[Sequenced] = []
    for index, number in enumerate(order):
        out += sequencer.feed(rtp(start + number), index * step_s)
    out += sequencer.release(1e9)
    places = [(each.packet.sequence - start) & 0xFFFF for each in out]
    assert places == sorted(set(places))
    assert {order[0]} <= set(places) <= set(order)
    assert sequencer.late_total == len(order) - len(out)
    follows = [False, *(later == before + 1 for before, later in pairwise(places))]
    assert [not each.gap for each in out] == follows
    assert sequencer.lost_total == places[-1] - places[0] + 1 - len(places)


@given(seed=st.integers(0, 2**32))
def test_neighbours_that_change_places_lose_nothing(seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 - chance
    waves = [number + chance.uniform(0, 3) for number in range(200)]
    arrivals = sorted(range(1, 200), key=lambda number: waves[number])
    sequencer = Sequencer(HOLD_S)
    out = sequencer.feed(rtp(0), 0.0)
    for index, number in enumerate(arrivals):
        out += sequencer.feed(rtp(number), index / 1000)
    assert numbers(out) == list(range(200))
    assert sequencer.lost_total == 0


def reporter(order: Sequencer) -> Reporter:
    return Reporter(order, 90_000, 77, "wall")


def block(speaker: Reporter, now_s: float) -> ReportBlock:
    (found,) = parse_receiver_report(speaker.report(now_s))
    return found


def test_a_report_says_what_was_lost_since_the_last_one_and_in_all() -> None:
    order = Sequencer(0.0)
    speaker = reporter(order)

    def receive(*sequences: int) -> None:
        for sequence in sequences:
            order.feed(rtp(sequence, ssrc=9), 0.0)
            packet = rtp(sequence, ssrc=9)
            speaker.take(packet.ssrc, packet.timestamp, 0.0)

    assert parse_receiver_report(speaker.report(0.0)) == ()
    receive(65_533, 65_534, 0, 1)
    first = block(speaker, 1.0)
    assert (first.ssrc, first.lost_total, first.highest_sequence) == (9, 1, 65_537)
    assert first.fraction_lost == 256 // 5
    receive(2, 3, 4, 5)
    second = block(speaker, 2.0)
    assert (second.lost_total, second.fraction_lost, second.highest_sequence) == (1, 0, 65_541)
    receive(5, 5, 5)
    assert block(speaker, 3.0).lost_total == -2


def test_jitter_is_as_in_rfc_3550() -> None:
    order = Sequencer(0.0)
    speaker = reporter(order)
    expected = 0.0
    for number in range(40):
        late_s = 0.005 if number % 2 else 0.0
        packet = rtp(number, timestamp=number * 3600)
        order.feed(packet, 0.0)
        speaker.take(packet.ssrc, packet.timestamp, number * 0.04 + late_s)
        expected += (450 - expected) / 16 if number else 0
    assert block(speaker, 2.0).jitter == pytest.approx(expected, abs=1)


def test_the_sender_report_is_answered_and_gives_pictures_their_time() -> None:
    order = Sequencer(0.0)
    speaker = reporter(order)
    order.feed(rtp(1, ssrc=9), 0.0)
    speaker.take(9, rtp(1, ssrc=9).timestamp, 0.0)
    assert speaker.captured_unix_s(0) is None
    ntp = (1_700_000_000 + 2_208_988_800) << 32 | 0x8000_0000
    head = struct.pack(">BBHIQIII", 0x80, 200, 6, 9, ntp, 0xFFFF_FF00, 1, 1)
    speaker.take_control(head, 10.0)
    found = block(speaker, 12.5)
    assert found.last_report == ntp >> 16 & 0xFFFF_FFFF
    assert found.delay_since_report == int(2.5 * 65_536)
    captured_s = speaker.captured_unix_s(90_000 - 0x100)
    assert captured_s == pytest.approx(1_700_000_001.5)
    speaker.take_control(struct.pack(">BBHI", 0x81, 203, 1, 8), 13.0)
    assert not speaker.said_goodbye
    speaker.take_control(struct.pack(">BBHI", 0x81, 203, 1, 9), 13.0)
    assert speaker.said_goodbye


def test_a_sender_without_a_clock_gives_no_time() -> None:
    assert SenderReport(1, 0, 5).unix_s is None
    speaker = reporter(Sequencer(0.0))
    speaker.take_control(struct.pack(">BBHIQIII", 0x80, 200, 6, 9, 0, 5, 1, 1), 10.0)
    assert speaker.captured_unix_s(5) is None
