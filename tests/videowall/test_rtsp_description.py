"""What is understood of an SDP."""

import base64

from hypothesis import given
from hypothesis import strategies as st

from videowall.capture.rtsp.description import find_video, resolve

SETS = ",".join(base64.b64encode(unit).decode() for unit in (b"\x67\x42", b"\x68\xce"))
SDP = f"""v=0
o=- 0 0 IN IP4 127.0.0.1
s=camera
a=control:*
m=audio 0 RTP/AVP 0
a=control:trackID=0
m=video 0 RTP/AVP 96 97
a=rtpmap:97 VP8/90000
a=rtpmap:96 H264/90000
a=fmtp:96 packetization-mode=1;sprop-parameter-sets={SETS};profile-level-id=42001f
a=control:trackID=1
"""


def test_the_first_decodable_video_is_found_behind_audio() -> None:
    track = find_video(SDP.encode(), "rtsp://camera/live/")
    assert track is not None
    assert (track.payload_type, track.clock_rate_hz, track.encoding) == (96, 90_000, "H264")
    assert track.control == "rtsp://camera/live/trackID=1"
    assert track.parameter_sets == (b"\x67\x42", b"\x68\xce")


def test_no_video_that_can_be_decoded_is_none() -> None:
    assert find_video(SDP.replace("H264", "MJPG").encode(), "rtsp://camera/") is None
    assert find_video(b"", "rtsp://camera/") is None


def test_many_formats_and_many_that_nobody_offered_cost_no_more_than_their_number() -> None:
    offered, told = "1 " * 1_000_000, "a=rtpmap:9 H264/90000\n" * 100_000
    assert find_video(f"m=video 0 RTP/AVP {offered}\n{told}".encode(), "rtsp://camera/") is None


def test_controls_are_appended_and_hostile_ones_ignored() -> None:
    assert resolve("rtsp://camera/live", "trackID=1") == "rtsp://camera/live/trackID=1"
    assert resolve("rtsp://camera/live", "rtsp://camera/other") == "rtsp://camera/other"
    assert resolve("rtsp://camera/live", "*") == "rtsp://camera/live"
    assert resolve("rtsp://camera/live", "a b") == "rtsp://camera/live"


@given(
    lines=st.lists(
        st.sampled_from(
            ["m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000", "a=control:", "a=fmtp:96 sprop-sps=", "m="]
        ).flatmap(lambda head: st.text(max_size=30).map(lambda tail: head + tail))
    )
)
def test_any_text_is_a_track_or_none(lines: list[str]) -> None:
    track = find_video("\r\n".join(lines).encode("utf-8", "replace"), "rtsp://camera/live")
    assert track is None or track.packing.codec == "h264"


@given(data=st.binary(max_size=300))
def test_any_bytes_are_a_track_or_none(data: bytes) -> None:
    find_video(data, "rtsp://camera/live")
