"""What a microphone that hears nothing sends: silence, encoded once and repeated."""

from functools import lru_cache
from typing import cast

import av
import numpy as np
from av.audio.stream import AudioStream
from msgspec import Struct

from simulators.cameras.encoder import PacketSink
from simulators.cameras.vocabulary import Audio

_LEAD = 4
"""The encoder's first packets hold its own beginning."""


class Silence(Struct, frozen=True):
    """One packet of silence, how many ticks of `clock_hz` it lasts, and what the session description says of it."""

    packet: bytes
    ticks: int
    clock_hz: int
    payload_type: int
    description: tuple[str, ...]

    @property
    def lasts_s(self) -> float:
        """How long one packet lasts."""
        return self.ticks / self.clock_hz


@lru_cache(maxsize=len(Audio))
def silence(audio: Audio) -> Silence | None:
    """The silence of a camera with this kind of audio, or None when it has no audio."""
    match audio:
        case Audio.NONE:
            return None
        case Audio.G711:
            packet, _ = _encoded("pcm_alaw", 8000, 320, 8)
            return Silence(packet, 320, 8000, 8, ("a=rtpmap:8 PCMA/8000",))
        case Audio.AAC:
            packet, configuration = _encoded("aac", 16_000, 1024, 97)
            parameters = "streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3"
            description = (
                "a=rtpmap:97 mpeg4-generic/16000/1",
                f"a=fmtp:97 {parameters};config={configuration.hex()}",
            )
            return Silence(packet, 1024, 16_000, 97, description)


def _encoded(codec: str, rate: int, samples: int, payload_type: int) -> tuple[bytes, bytes]:
    """A packet, and the decoder's configuration."""
    sink = PacketSink()
    options = {"payload_type": str(payload_type), "ssrc": "1", "seq": "0", "packetsize": "1428"}
    with av.open(sink, "w", format="rtp", options=options) as container:
        stream = cast("AudioStream", container.add_stream(codec, rate=rate, layout="mono"))
        name = stream.codec_context.format.name
        quiet = np.zeros((1, samples), np.int16 if name == "s16" else np.float32)
        packets: list[bytes] = []
        while len(packets) <= _LEAD:
            frame = av.AudioFrame.from_ndarray(quiet, format=name, layout="mono")
            frame.sample_rate = rate
            container.mux(stream.encode(frame))
            packets += sink.take()
        return packets[-1], bytes(stream.codec_context.extradata or b"")
