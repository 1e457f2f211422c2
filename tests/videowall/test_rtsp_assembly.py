"""Packets into whole pictures, without a network."""

import struct

from hypothesis import given
from hypothesis import strategies as st

from sensors.rtsp.rtp import RtpPacket, parse_rtp
from videowall.capture.rtsp.assembly import AccessUnit, Assembler
from videowall.capture.rtsp.packing import PACKINGS
from videowall.capture.rtsp.sequencing import Sequencer

START = b"\0\0\0\1"
SPS, PPS = b"\x67\x42\x00\x1f", b"\x68\xce\x3c\x80"
IDR, SLICE, SECOND_SLICE = b"\x65\x88" + bytes(40), b"\x41\x9a" + bytes(30), b"\x41\x1a" + bytes(30)


def rtp(sequence: int, payload: bytes, *, marker: bool = False, timestamp: int = 0) -> RtpPacket:
    head = struct.pack(">BBHII", 0x80, 96 | marker << 7, sequence & 0xFFFF, timestamp, 1)
    packet = parse_rtp(head + payload)
    assert packet is not None
    return packet


class Chain:
    """A sequencer that holds nothing, and the assembler behind it."""

    def __init__(self, codec: str, sets: tuple[bytes, ...] = ()) -> None:
        self.sequencer = Sequencer(0.0)
        self.assembler = Assembler(PACKINGS[codec], sets)

    def feed(self, packet: RtpPacket) -> list[AccessUnit]:
        ready = self.sequencer.feed(packet, 1.0)
        return [unit for sequenced in ready for unit in self.assembler.feed(sequenced)]


def feed(chain: Chain, *packets: RtpPacket) -> list[AccessUnit]:
    return [unit for packet in packets for unit in chain.feed(packet)]


def aggregate(*units: bytes) -> bytes:
    return b"\x78" + b"".join(struct.pack(">H", len(unit)) + unit for unit in units)


def fragments(unit: bytes, parts: int) -> list[bytes]:
    size = -(-(len(unit) - 1) // parts)
    bodies = [unit[1 + place : 1 + place + size] for place in range(0, len(unit) - 1, size)]
    flags = [0x80, *([0] * (len(bodies) - 2)), 0x40]
    head = bytes((unit[0] & 0xE0 | 28,))
    return [head + bytes((flag | unit[0] & 0x1F,)) + body for flag, body in zip(flags, bodies, strict=True)]


def h264(*sets: bytes) -> Chain:
    return Chain("H264", sets)


def test_single_aggregated_and_fragmented_units_make_one_picture_at_the_marker() -> None:
    first, middle, last = fragments(IDR, 3)
    units = feed(h264(), rtp(0, aggregate(SPS, PPS)), rtp(1, first), rtp(2, middle), rtp(3, last, marker=True))
    assert [unit.data for unit in units] == [START + SPS + START + PPS + START + IDR]
    assert units[0].key
    assert units[0].gap


def test_parameter_sets_of_the_description_go_before_a_key_frame_that_brings_none() -> None:
    units = feed(h264(SPS, PPS), rtp(7, IDR, marker=True), rtp(8, SLICE, marker=True, timestamp=3600))
    assert units[0].data == START + SPS + START + PPS + START + IDR
    assert units[1].data == START + SLICE
    assert [unit.gap for unit in units] == [True, False]


def test_a_missing_marker_ends_the_picture_when_the_next_begins() -> None:
    units = feed(h264(), rtp(0, IDR), rtp(1, SLICE, timestamp=3600, marker=True))
    assert [unit.rtp_timestamp for unit in units] == [0, 3600]


def test_several_slices_are_one_picture() -> None:
    units = feed(h264(), rtp(0, SLICE), rtp(1, SECOND_SLICE, marker=True))
    assert len(units) == 1
    assert not units[0].key


def test_a_picture_that_lost_a_part_is_never_given_out_and_the_next_says_so() -> None:
    first, _, last = fragments(IDR, 3)
    chain = h264()
    assert not feed(chain, rtp(10, first), rtp(12, last, marker=True))
    (unit,) = feed(chain, rtp(13, SLICE, marker=True, timestamp=3600))
    assert unit.gap
    assert (chain.sequencer.lost_total, chain.assembler.damaged_total) == (1, 1)


def test_a_picture_that_lost_its_first_slice_is_not_given_out() -> None:
    chain = h264()
    feed(chain, rtp(0, IDR, marker=True))
    assert not feed(chain, rtp(2, SECOND_SLICE, marker=True, timestamp=3600))


def test_loss_between_pictures_is_a_gap_and_late_packets_are_ignored() -> None:
    chain = h264()
    feed(chain, rtp(65_535, IDR, marker=True))
    (unit,) = feed(chain, rtp(1, SLICE, marker=True, timestamp=7200))
    assert unit.gap
    assert chain.sequencer.lost_total == 1
    assert not feed(chain, rtp(0, SLICE, marker=True, timestamp=3600))


def test_h265_units_and_fragments() -> None:
    vps, sps, idr = b"\x40\x01\x0c", b"\x42\x01\x01", b"\x26\x01\xaf" + bytes(20)
    head = bytes((idr[0] & 0x81 | 49 << 1, idr[1]))
    first, last = head + b"\x93" + idr[2:10], head + b"\x53" + idr[10:]
    sets = b"\x60\x01" + b"".join(struct.pack(">H", len(unit)) + unit for unit in (vps, sps))
    units = feed(Chain("H265"), rtp(0, sets), rtp(1, first), rtp(2, last, marker=True))
    assert [unit.data for unit in units] == [START + vps + START + sps + START + idr]
    assert units[0].key


@given(
    codec=st.sampled_from(sorted(PACKINGS)),
    packets=st.lists(
        st.tuples(st.integers(0, 40), st.integers(0, 3), st.booleans(), st.binary(max_size=60)), max_size=40
    ),
)
def test_garbage_is_counted_and_nothing_escapes(codec: str, packets: list[tuple[int, int, bool, bytes]]) -> None:
    chain = Chain(codec)
    for sequence, timestamp, marker, payload in packets:
        for unit in chain.feed(rtp(sequence, payload, marker=marker, timestamp=timestamp)):
            assert unit.data.startswith(START)


@given(data=st.binary(max_size=80))
def test_any_datagram_is_a_packet_or_none(data: bytes) -> None:
    packet = parse_rtp(data)
    if packet is not None:
        h264().feed(packet)
