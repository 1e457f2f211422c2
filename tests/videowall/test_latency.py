"""How long pictures take, hop by hop."""

import asyncio

import pytest

from tests.support.fake_pictures import noise
from videowall.composing.latency import Hop, Latency, Samples, Spread
from videowall.composing.slot import TilePicture
from videowall.encoding.broadcast import Broadcast, EncodedFrame
from videowall.picture import Rect


def picture(arrival_s: float, began_s: float | None, decoded_s: float | None) -> TilePicture:
    return TilePicture(noise(4, 4, 1), Rect(0, 0, 4, 4), arrival_s, began_s, decoded_s)


def test_a_spread_is_of_the_last_samples_only() -> None:
    samples = Samples()
    assert samples.spread is None
    for _ in range(300):
        samples.add(9.0)
    for number in range(256):
        samples.add(number / 1000)
    assert samples.spread == Spread(128.0, 243.0)


def test_time_that_runs_back_counts_as_none() -> None:
    samples = Samples()
    samples.add(-1.0)
    assert samples.spread == Spread(0.0, 0.0)


def test_each_hop_ends_where_the_next_begins() -> None:
    latency = Latency()
    assert latency.summary({}) is None
    latency.note(picture(10.010, 10.0, 10.030), 10.070)
    summary = latency.summary({Hop.ENCODE: Spread(6.0, 9.0)})
    assert summary is not None
    assert summary.whole.p50_ms == pytest.approx(60.0)
    assert {hop: spread.p50_ms for hop, spread in summary.hops.items()} == {
        Hop.RECEIVE: pytest.approx(10.0),
        Hop.DECODE: pytest.approx(20.0),
        Hop.COMPOSE: pytest.approx(40.0),
        Hop.ENCODE: 6.0,
    }


def test_a_picture_decoded_for_another_tile_says_nothing_of_this_one() -> None:
    latency = Latency()
    latency.note(picture(10.0, None, None), 17.0)
    assert latency.summary({}) is None


def test_a_stream_that_does_not_tell_its_packets_has_no_time_of_receiving() -> None:
    latency = Latency()
    latency.note(picture(10.0, None, 10.02), 10.06)
    summary = latency.summary({})
    assert summary is not None
    assert set(summary.hops) == {Hop.DECODE, Hop.COMPOSE}


async def test_sending_ends_when_a_viewer_wants_the_next_frame() -> None:
    now_s = 100.0
    broadcast = Broadcast(lambda: now_s)
    with broadcast.subscribe() as viewer:
        broadcast.publish(EncodedFrame(b"", True, 0, 3600, 0, 0.0))
        await anext(viewer)
        assert broadcast.sending.spread is None
        now_s = 100.25
        broadcast.publish(EncodedFrame(b"", False, 1, 3600, 3600, 0.0))
        await asyncio.wait_for(anext(viewer), 5)
        assert broadcast.sending.spread == Spread(250.0, 250.0)
