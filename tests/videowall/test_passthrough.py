"""Cameras' own streams as fragments: read back by FFmpeg, every frame's stamp at its time, and nothing after a loss."""

import asyncio
import io
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import pairwise

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from sensors.clock import ManualClock
from sensors.errors import WireError
from sensors.model import DeviceId, DeviceKey, Language, Names, SiteId, Stream, StreamRole
from sensors.rtsp.rtp import parse_rtp, rewrite
from sensors.stamp import Stamp
from tests.support.border_wall import stamp_of
from tests.support.coded_film import CAMERA, HEIGHT, WIDTH, Coding, film
from videowall.capture.channel import Channel
from videowall.capture.rtsp.assembly import AccessUnit, Assembler
from videowall.capture.rtsp.packing import PACKINGS
from videowall.capture.rtsp.sequencing import Sequencer
from videowall.fmp4.h265 import parse_h265_sps
from videowall.fmp4.timeline import Span, Timeline
from videowall.fmp4.track import describe
from videowall.passthrough.passthrough import Obstacle, Outlet, Passthrough, Piece, Reel
from videowall.plan import Feed, Mask

pytestmark = pytest.mark.alone

KEY = DeviceKey(SiteId("kordai"), DeviceId("cam-1"))
CODECS = {Coding.H264: "h264", Coding.H265: "hevc"}
STEP = 3600


@cache
def units_of(coding: Coding) -> tuple[AccessUnit, ...]:
    """A film's access units, 25 a second, as the wall's own RTSP client gives them."""
    sequencer, assembler = Sequencer(0.0), Assembler(PACKINGS[coding.encoding])
    units: list[AccessUnit] = []
    sequence = 0
    for index, packets in enumerate(film(coding).frames):
        for packet in packets:
            parsed = parse_rtp(rewrite(packet, sequence, (0xFFFF_0000 + STEP * index) % 2**32, 1))
            assert parsed is not None
            sequence += 1
            for sequenced in sequencer.feed(parsed, index / 25):
                units += assembler.feed(sequenced)
    return tuple(units)


def watched(coding: Coding) -> tuple[Reel, Outlet]:
    reel = Reel("test", ManualClock(datetime(2026, 1, 1, tzinfo=UTC)))
    outlet = Outlet(asyncio.Event())
    reel.outlets = (outlet,)
    reel.begin(CODECS[coding], b"")
    return reel, outlet


def taken(reel: Reel, outlet: Outlet, units: tuple[AccessUnit, ...]) -> list[Piece]:
    pieces: list[Piece] = []
    for unit in units:
        reel.take(unit)
        pieces += outlet.take()
    return pieces


def frames(pieces: list[Piece]) -> Iterator[av.VideoFrame]:
    data = pieces[0].track.init + b"".join(piece.fragment for piece in pieces)
    with av.open(io.BytesIO(data), "r") as file:
        yield from file.decode(video=0)


def luma(frame: av.VideoFrame) -> NDArray[np.uint8]:
    return frame.to_ndarray()[:HEIGHT].astype(np.uint8)


@pytest.mark.parametrize("coding", list(CODECS))
def test_every_picture_comes_out_as_it_went_in_and_at_its_time(coding: Coding) -> None:
    units = units_of(coding)
    pieces = taken(*watched(coding), units)
    assert len(pieces) == len(units) == 50
    for index, frame in enumerate(frames(pieces)):
        assert (frame.width, frame.height) == (WIDTH, HEIGHT)
        assert stamp_of(luma(frame)) == Stamp(CAMERA, index)
        assert frame.pts == index * STEP
    assert index == 49


@pytest.mark.parametrize(("coding", "start"), [(Coding.H264, "avc1."), (Coding.H265, "hvc1.1.6.L")])
def test_the_track_says_what_a_browser_must_know(coding: Coding, start: str) -> None:
    track = taken(*watched(coding), units_of(coding)[:1])[0].track
    assert track.codec.startswith(start)
    assert track.mime == f'video/mp4; codecs="{track.codec}"'
    assert (track.width, track.height) == (WIDTH, HEIGHT)
    assert start[:4].encode() in track.init


def test_after_a_loss_nothing_comes_before_the_next_key_picture() -> None:
    reel, outlet = watched(Coding.H264)
    units = units_of(Coding.H264)
    lost = AccessUnit(units[13].data, units[13].key, True, units[13].rtp_timestamp, units[13].arrival_s)
    pieces = taken(reel, outlet, (*units[:12], lost, *units[14:30]))
    stamps = [stamp_of(luma(frame)) for frame in frames(pieces)]
    assert [stamp.frame for stamp in stamps if stamp] == [*range(12), *range(20, 30)]


def test_a_slow_viewer_loses_whole_groups_and_is_told_how_many() -> None:
    reel, outlet = watched(Coding.H264)
    for unit in units_of(Coding.H264):
        reel.take(unit)
    pieces = outlet.take()
    assert pieces[0].key
    assert len(pieces) + outlet.skipped_total == 50
    assert 0 < len(pieces) <= 30
    assert pieces[-1].begin_90k == 49 * STEP


def test_a_new_session_goes_on_in_the_same_time_and_with_its_own_codec() -> None:
    reel, outlet = watched(Coding.H264)
    before = taken(reel, outlet, units_of(Coding.H264)[:5])
    reel.begin("hevc", b"")
    after = taken(reel, outlet, units_of(Coding.H265)[:5])
    assert after[0].track.codec.startswith("hvc1")
    assert after[0].begin_90k == before[-1].begin_90k + STEP
    reel.begin("mjpeg", b"")
    assert outlet.obstacle is Obstacle.CODEC
    assert taken(reel, outlet, units_of(Coding.H264)[:1]) == []


def _feed(*, masked: bool = False) -> Feed:
    corners = (Mask(((0.0, 0.0), (0.5, 0.0), (0.5, 0.5))),) if masked else ()
    streams = (Stream(StreamRole.SUB, "rtsp://camera/sub"),)
    return Feed(KEY, Names(en="Gate"), Names(en="Kordai"), streams, masks=corners)


def _obstacle(outlet: Outlet) -> Obstacle | None:
    """Read anew each time, which a type checker does not expect of an attribute."""
    return outlet.obstacle


def test_a_camera_with_masks_is_never_handed_on() -> None:
    changes: list[None] = []
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    passthrough = Passthrough(clock, lambda: changes.append(None))
    channel = Channel(KEY, StreamRole.SUB, clock, lambda _: None)
    passthrough.follow((_feed(),), (channel,), Language.EN)
    with passthrough.watch(KEY, StreamRole.SUB, asyncio.Event()) as outlet:
        assert _obstacle(outlet) is None
        assert [feed.key for feed, _ in passthrough.wanted] == [KEY]
        passthrough.follow((_feed(),), (channel,), Language.EN)
        channel.begin_session("h264", b"")
        channel.feed(units_of(Coding.H264)[0])
        assert len(outlet.take()) == 1
        passthrough.follow((_feed(), _feed(masked=True)), (channel,), Language.EN)
        assert _obstacle(outlet) is Obstacle.MASKED
        assert passthrough.wanted == ()
        for unit in units_of(Coding.H264):
            channel.feed(unit)
        assert outlet.take() == []
        passthrough.follow((), (channel,), Language.EN)
        assert _obstacle(outlet) is Obstacle.UNKNOWN
    assert passthrough.wanted == ()
    assert channel.taps == ()
    assert len(changes) == 1


def test_what_waits_for_a_slow_viewer_is_dropped_and_counted_when_a_mask_is_set() -> None:
    clock = ManualClock(datetime(2026, 1, 1, tzinfo=UTC))
    passthrough = Passthrough(clock, lambda: None)
    channel = Channel(KEY, StreamRole.SUB, clock, lambda _: None)
    passthrough.follow((_feed(),), (channel,), Language.EN)
    with passthrough.watch(KEY, StreamRole.SUB, asyncio.Event()) as outlet:
        passthrough.follow((_feed(),), (channel,), Language.EN)
        channel.begin_session("h264", b"")
        for unit in units_of(Coding.H264)[:15]:
            channel.feed(unit)
        passthrough.follow((_feed(masked=True),), (channel,), Language.EN)
        assert outlet.take() == []
        assert outlet.skipped_total == 15
        # Once the mask is gone, pictures come again from the next key picture on.
        passthrough.follow((_feed(),), (channel,), Language.EN)
        for unit in units_of(Coding.H264)[15:30]:
            channel.feed(unit)
        assert outlet.take()[0].key


def _spans(steps: list[tuple[int, float]]) -> list[Span]:
    timeline = Timeline()
    ticks, arrival_s, spans = 0, 0.0, []
    for tick, wait_s in steps:
        ticks, arrival_s = (ticks + tick) % 2**32, arrival_s + wait_s
        spans.append(timeline.place(ticks, arrival_s))
    return spans


def test_a_jittery_network_changes_no_pictures_time() -> None:
    spans = _spans([(STEP, wait) for wait in (0.0, 0.12, 0.0, 0.0, 0.04) * 20])
    assert {span.duration_90k for span in spans[1:]} == {STEP}


def test_a_pause_of_the_camera_is_covered_and_later_pictures_are_at_their_time() -> None:
    spans = _spans([(STEP, 0.04)] * 50 + [(90_000, 1.0)] + [(STEP, 0.04)] * 5)
    assert spans[50].duration_90k == 90_000
    assert {span.duration_90k for span in spans[51:]} == {STEP}


def test_pictures_in_another_order_are_shown_in_theirs() -> None:
    spans = _spans([(4 * STEP, 0.04), (-2 * STEP, 0.04), (STEP, 0.04)] * 40)
    shown = [span.begin_90k + span.shown_after_90k for span in spans[6:]]
    in_order = sorted(shown)
    assert [later - sooner for sooner, later in pairwise(in_order)] == [STEP] * (len(shown) - 1)
    assert shown != in_order


def test_time_stamps_of_another_rate_are_not_believed() -> None:
    spans = _spans([(512, 0.04)] * 200)
    assert abs((spans[-1].begin_90k - spans[100].begin_90k) / 99 - STEP) < STEP / 10


@given(st.lists(st.tuples(st.integers(-(2**31), 2**31 - 1), st.floats(0, 100)), max_size=60))
def test_whatever_a_cameras_clock_does_there_is_no_gap_and_no_overlap(steps: list[tuple[int, float]]) -> None:
    spans = _spans(steps)
    assert all(0 < span.duration_90k < 2**31 for span in spans)
    for sooner, later in pairwise(spans):
        assert later.begin_90k == sooner.begin_90k + sooner.duration_90k
        assert abs(later.shown_after_90k) < 2**31


@given(st.binary(max_size=200))
def test_arbitrary_parameter_sets_are_read_or_refused(data: bytes) -> None:
    try:
        shape = parse_h265_sps(b"\x42\x01" + data)
    except WireError:
        return
    assert shape.width > 0 < shape.height
    assert shape.codec.startswith("hvc1.")


def test_a_key_picture_without_its_parameter_sets_is_no_track() -> None:
    with pytest.raises(WireError, match="parameter sets"):
        describe("hevc", [b"\x40\x01", b"\x26\x01"])
