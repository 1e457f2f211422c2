"""What a camera can be told to send: codecs, rates, long groups of pictures, sound; judged by FFmpeg."""

import itertools
from collections.abc import Iterator
from typing import NamedTuple

import av
import numpy as np
import pytest

from sensors.model import StreamRole
from sensors.rtsp.messages import Interleaved, encode_interleaved
from sensors.rtsp.rtp import parse_rtp
from sensors.stamp import Stamp
from simulators.cameras.camera import Camera
from simulators.cameras.drawing.film import LOOP_FRAMES, Shot
from simulators.cameras.formats import Format
from simulators.cameras.vocabulary import Audio, Authentication, Codec, Lighting, Terrain, View
from tests.support.camera_stand import PASSWORD, Stand, camera_key
from tests.support.rtsp_clients import Client, opened, stamps

pytestmark = pytest.mark.alone

_LIMIT_S = 6


class _Sort(NamedTuple):
    number: int
    sub: Format
    audio: Audio = Audio.NONE
    authentication: Authentication = Authentication.NONE


_SORTS = {
    "hevc": _Sort(1, Format(640, 360, 300_000, Codec.H265)),
    "slow": _Sort(2, Format(480, 272, 100_000, Codec.H264, fps=8, key_every=8), Audio.G711),
    "smart": _Sort(3, Format(640, 360, 200_000, Codec.H264, fps=25, key_every=200), Audio.AAC),
    "locked": _Sort(4, Format(320, 180, 100_000, Codec.H265, fps=5, key_every=5), Audio.AAC, Authentication.DIGEST),
}


@pytest.fixture(scope="module")
def stand() -> Iterator[Stand]:
    cameras = [
        Camera(
            camera_key(name),
            Shot(sort.number, View.YARD, Terrain.PLAIN, 1, Lighting.DAY, 0, 0),
            sort.authentication,
            PASSWORD,
            {StreamRole.SUB: sort.sub},
            sort.audio,
        )
        for name, sort in _SORTS.items()
    ]
    with Stand(cameras, _LIMIT_S) as stand:
        stand.draw_all({})  # a film that is not whole yet repeats what it has: its numbers do not follow each other
        yield stand


@pytest.mark.parametrize("transport", ["tcp", "udp"])
@pytest.mark.parametrize("name", _SORTS)
def test_ffmpeg_finds_what_the_camera_was_told_to_send(stand: Stand, name: str, transport: str) -> None:
    sort = _SORTS[name]
    credentials = None if sort.authentication is Authentication.NONE else PASSWORD
    with opened(stand.url(name, credentials=credentials), transport) as container:
        video = container.streams.video[0].codec_context
        assert video.name == {Codec.H264: "h264", Codec.H265: "hevc"}[sort.sub.codec]
        found = stamps(container, 6)
        assert (video.width, video.height) == (sort.sub.width, sort.sub.height)
        assert len(container.streams.audio) == (sort.audio is not Audio.NONE)
    assert {stamp.camera for stamp in found if stamp is not None} == {sort.number}
    numbers = [stamp.frame for stamp in found if isinstance(stamp, Stamp)]
    steps = {(after - before) % LOOP_FRAMES for before, after in itertools.pairwise(numbers)}
    assert steps <= {25 // sort.sub.fps, -(-25 // sort.sub.fps)}


@pytest.mark.parametrize(("name", "codec", "rate"), [("slow", "pcm_alaw", 8000), ("smart", "aac", 16_000)])
def test_sound_is_there_beside_the_picture_and_silent(stand: Stand, name: str, codec: str, rate: int) -> None:
    heard_s = 0.0
    with opened(stand.url(name)) as container:
        audio = container.streams.audio[0].codec_context
        assert (audio.name, audio.sample_rate) == (codec, rate)
        seen: set[str] = set()
        for packet in container.demux():
            for frame in packet.decode():
                seen.add(packet.stream.type)
                if isinstance(frame, av.AudioFrame):
                    heard_s += frame.samples / rate
                    assert np.abs(frame.to_ndarray()).max() <= 8
            if heard_s > 0.5 and len(seen) == 2:
                break


def test_a_camera_without_a_microphone_has_no_second_track(stand: Stand) -> None:
    with Client(stand, "hevc") as client:
        assert b"m=audio" not in client.ask("DESCRIBE").body
        transport = "RTP/AVP/TCP;unicast;interleaved=2-3"
        assert client.ask("SETUP", f"{client.url}/trackID=1", Transport=transport).status == 404
        assert client.ask("SETUP", f"{client.url}/trackID=7", Transport=transport).status == 404


def test_both_tracks_play_in_one_session_each_with_its_own_report(stand: Stand) -> None:
    with Client(stand, "slow") as client:
        video = client.ask("SETUP", f"{client.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=4-5")
        session = video.headers["session"].partition(";")[0]
        sound = "RTP/AVP/TCP;unicast;interleaved=6-7"
        assert client.ask("SETUP", f"{client.url}/trackID=1", Transport=sound).status == 459
        again = client.ask("SETUP", f"{client.url}/trackID=1", Transport=sound, Session=session)
        assert again.status == 200
        assert client.ask("SETUP", f"{client.url}/trackID=1", Transport=sound, Session=session).status == 459
        assert client.ask("PLAY", Session=session).status == 200
        channels: set[int] = set()
        while channels != {4, 5, 6, 7}:
            message = client.next()
            assert isinstance(message, Interleaved)
            channels.add(message.channel)


def test_a_smart_codec_sends_few_key_frames(stand: Stand) -> None:
    receiver_report = encode_interleaved(1, b"\x80\xc9\x00\x01\x00\x00\x00\x01")
    with Client(stand, "smart") as client:
        client.play()
        keys: list[int] = []
        ends = 0
        while ends < 60:
            message = client.next()
            assert isinstance(message, Interleaved)
            packet = parse_rtp(message.payload) if message.channel == 0 else None
            if packet is not None:
                ends += packet.marker
                client.socket.sendall(receiver_report)  # is a sign of life too
                # Parameter sets come before a key frame.
                keys += [packet.timestamp] * (packet.payload[0] & 0x1F == 24)
    gaps_s = [(after - before) % 2**32 / 90_000 for before, after in itertools.pairwise(keys)]
    assert all(gap_s > 2.5 for gap_s in gaps_s), "key frames come by the second"


def test_a_session_whose_client_falls_silent_is_over(stand: Stand) -> None:
    with Client(stand, "hevc") as silent, Client(stand, "hevc") as talking:
        answer = silent.ask("SETUP", f"{silent.url}/trackID=0", Transport="RTP/AVP/TCP;unicast;interleaved=0-1")
        assert answer.headers["session"].endswith(f";timeout={_LIMIT_S}")
        session = talking.play()
        silent.ask("PLAY", Session=answer.headers["session"].partition(";")[0])
        finished = False
        while not finished:
            assert talking.ask("GET_PARAMETER", Session=session).status == 200
            try:
                silent.next()
            except (EOFError, ConnectionError):
                finished = True
        assert isinstance(talking.next(), Interleaved)


@pytest.mark.parametrize("transport", ["tcp", "udp"])
def test_a_wrong_password_is_wrong_over_both_transports(stand: Stand, transport: str) -> None:
    wrong = stand.url("locked", credentials=PASSWORD).replace("viewer:", "viewer:not")
    with pytest.raises(av.error.HTTPUnauthorizedError), opened(wrong, transport):
        pass
