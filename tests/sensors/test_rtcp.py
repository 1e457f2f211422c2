"""RTCP packets as bytes."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sensors.rtsp.rtcp import (
    Goodbye,
    ReportBlock,
    SenderReport,
    encode_receiver_report,
    parse_receiver_report,
    parse_rtcp,
    unix_of,
)
from simulators.cameras.reports import sender_report

AT = datetime(2026, 11, 23, 6, 0, 0, 250_000, UTC)
BLOCK = ReportBlock(9, 51, -3, 65_541, 28, 0x1234_5678, 163_840)


def test_a_sender_report_of_a_camera_is_understood() -> None:
    (found,) = parse_rtcp(sender_report(0xDEAD_BEEF, AT, 3600, 10, 1000))
    assert isinstance(found, SenderReport)
    assert (found.ssrc, found.rtp_timestamp) == (0xDEAD_BEEF, 3600)
    assert found.unix_s == pytest.approx(AT.timestamp())


def test_ntp_time_goes_on_after_2036() -> None:
    late = datetime(2040, 1, 1, tzinfo=UTC).timestamp()
    seconds = int(late) + 2_208_988_800
    assert seconds >= 2**32
    assert unix_of((seconds & 0xFFFF_FFFF) << 32) == late


def test_a_receiver_report_is_a_compound_with_a_name() -> None:
    packet = encode_receiver_report(77, "wall", BLOCK)
    assert parse_receiver_report(packet) == (BLOCK,)
    assert len(packet) % 4 == 0
    assert packet[:2] == b"\x81\xc9"
    assert packet[32:34] == b"\x81\xca"
    assert b"\x01\x04wall\0" in packet
    empty = encode_receiver_report(77, "wall", None)
    assert empty[:8] == b"\x80\xc9\0\1\0\0\0\x4d"
    assert parse_receiver_report(empty) == ()


@pytest.mark.parametrize(("lost_total", "said"), [(2**30, 2**23 - 1), (-(2**30), -(2**23))])
def test_a_count_that_does_not_fit_is_the_largest_that_does(lost_total: int, said: int) -> None:
    block = ReportBlock(9, 0, lost_total, 0, 2**40, 0, 2**40)
    (found,) = parse_receiver_report(encode_receiver_report(1, "x", block))
    assert found.lost_total == said
    assert (found.jitter, found.delay_since_report) == (2**32 - 1, 2**32 - 1)


def test_goodbye_follows_in_a_compound() -> None:
    leave = bytes.fromhex("82cb0002 00000007 00000008".replace(" ", ""))
    found = parse_rtcp(sender_report(7, AT, 0, 0, 0) + leave)
    assert found[1:] == (Goodbye((7, 8)),)


@given(st.binary(max_size=120))
def test_no_bytes_make_rtcp_raise(data: bytes) -> None:
    for each in (data, b"\x81\xc8\0\6" + data, b"\x9f\xcb\0\2" + data, b"\x81\xc9\0\7" + data):
        assert len(parse_rtcp(each)) <= 16
        parse_receiver_report(each)
