"""Real streams, mangled by chance, through everything between the socket and the decoder: nothing escapes or grows."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensors.rtsp.rtp import parse_rtp
from tests.support.coded_film import PAYLOAD_TYPE, Coding, film
from videowall.capture.rtsp.assembly import MAX_UNIT_BYTES, AccessUnit, Assembler
from videowall.capture.rtsp.conversation import Session
from videowall.capture.rtsp.description import VideoTrack, find_video
from videowall.capture.rtsp.failure import StreamError
from videowall.capture.rtsp.packing import PACKINGS
from videowall.capture.rtsp.player import _Reception
from videowall.capture.rtsp.sequencing import MAX_HELD_BYTES, MAX_HELD_PACKETS, Sequencer

START = b"\0\0\0\1"
CODINGS = [Coding.H264, Coding.H265]


class Heard:
    """A listener that keeps everything."""

    def __init__(self) -> None:
        self.units: list[AccessUnit] = []
        self.lost = 0

    def begin(self, codec: str, extradata: bytes = b"") -> None:
        raise AssertionError((codec, extradata))

    def hear(self, received_bytes: int, lost: int) -> None:
        assert received_bytes >= 0
        assert lost >= 0
        self.lost += lost

    def give(self, unit: AccessUnit) -> None:
        self.units.append(unit)


def session(coding: Coding) -> Session:
    track = find_video(film(coding).sdp, "rtsp://camera/")
    assert isinstance(track, VideoTrack)
    return Session(track, "1", 60.0)


MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["flip", "cut", "lose", "twice", "swap", "control", "noise"]),
        st.integers(0, 400),
        st.integers(0, 2**32 - 1),
        st.binary(max_size=40),
    ),
    max_size=25,
)


def mangle(packets: list[bytes], mutations: list[tuple[str, int, int, bytes]]) -> list[tuple[int, bytes]]:
    sent = [(0, packet) for packet in packets]
    for what, place, number, noise in mutations:
        at = place % len(sent)
        channel, data = sent[at]
        match what:
            case "flip" if data:
                spot = number % len(data)
                sent[at] = (channel, data[:spot] + bytes((data[spot] ^ (1 + number % 255),)) + data[spot + 1 :])
            case "cut":
                sent[at] = (channel, data[: number % (len(data) + 1)])
            case "lose" if len(sent) > 1:
                del sent[at]
            case "twice":
                sent.insert(at, sent[at])
            case "swap":
                other = number % len(sent)
                sent[at], sent[other] = sent[other], sent[at]
            case "control":
                sent.insert(at, (1, bytes((0x81, 200 + number % 5)) + noise))
            case _:
                sent.insert(at, (0, b"\x80" + bytes((PAYLOAD_TYPE,)) + noise))
    return sent


@pytest.mark.parametrize("hold_s", [0.0, 0.06])
@pytest.mark.parametrize("coding", CODINGS)
@settings(max_examples=40, deadline=None)
@given(mutations=MUTATIONS)
def test_a_mangled_stream_gives_only_whole_units(
    coding: Coding, hold_s: float, mutations: list[tuple[str, int, int, bytes]]
) -> None:
    heard = Heard()
    reception = _Reception(session(coding), hold_s, 1, 0.0, heard)
    packets = [packet for frame in film(coding).frames[:12] for packet in frame]
    now_s = 0.0
    for channel, data in mangle(packets, mutations):
        now_s += 0.002
        reception.take(channel, data, now_s)
        reception.report(now_s)
        assert len(reception._sequencer._held) <= MAX_HELD_PACKETS
        assert reception._sequencer._held_bytes <= MAX_HELD_BYTES
        assert len(reception._assembler._data) <= MAX_UNIT_BYTES + 64
    try:
        reception.look(now_s + 1, is_datagrams=hold_s > 0)
    except StreamError as error:
        assert "ended" in error.text  # noqa: PT017 - a goodbye among the noise is the one thing that may be said
    assert all(unit.data.startswith(START) for unit in heard.units)
    if not mutations:
        assert len(heard.units) == 12


@pytest.mark.parametrize("encoding", sorted(PACKINGS))
def test_a_picture_without_end_stays_within_its_bound(encoding: str) -> None:
    chain, order = Assembler(PACKINGS[encoding]), Sequencer(0.0)
    begin, on = (b"\x7c\x85\x88", b"\x7c\x05") if encoding == "H264" else (b"\x62\x01\x93\xaf", b"\x62\x01\x13")
    for number in range(200):
        payload = (begin if number == 0 else on) + bytes(60_000)
        packet = parse_rtp(struct.pack(">BBHII", 0x80, 96, number, 5, 1) + payload)
        assert packet is not None
        for sequenced in order.feed(packet, 0.0):
            assert list(chain.feed(sequenced)) == []
        assert len(chain._data) <= MAX_UNIT_BYTES + 64


@settings(max_examples=200, deadline=None)
@given(
    lines=st.lists(
        st.one_of(
            st.sampled_from(
                ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H265/90000", "a=rtpmap:96 h264/0", "a=control:*", "m=video"]
            ),
            st.text(max_size=40).map(lambda text: f"a=fmtp:96 sprop-vps={text};sprop-parameter-sets={text},{text}"),
            st.text(max_size=40).map(lambda text: f"a=control:{text}"),
            st.text(max_size=40),
        ),
        max_size=30,
    )
)
def test_no_description_makes_anything_escape(lines: list[str]) -> None:
    track = find_video("\r\n".join(lines).encode("utf-8", "surrogatepass"), "rtsp://camera/live")
    if track is not None:
        assert track.encoding in PACKINGS
        assert track.clock_rate_hz > 0
        assert 0 <= track.payload_type <= 999
        assert len(track.parameter_sets) <= 16
