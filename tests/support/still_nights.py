"""Frozen cameras and quiet nights, which look alike to an encoder with few bits: what is said of each."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import product
from typing import NamedTuple, cast

import av
import cv2
import numpy as np
from av.video.codeccontext import VideoCodecContext
from numpy.typing import NDArray

from tests.support.faulty_pictures import FPS, HEIGHT, SCENES, WIDTH, seconds
from videowall.health import FROZEN_S, Probe
from videowall.picture import Plane, planes_of

LASTS_S = 14
_NIGHT = SCENES[3]
_CODECS = (("libx264", "ultrafast", "h264"), ("libx264", "veryfast", "h264"), ("libx265", "ultrafast", "hevc"))
_RATES_KBPS = (100, 400, 1500)
_KEYS_EVERY_S = (1, 2)


class Night(NamedTuple):
    """How a still scene is coded; without noise it is one picture again and again. `walks`: somebody far away does."""

    encoder: str
    preset: str
    decoder: str
    rate_kbps: int
    keys_every_s: int
    noise: float
    walks: bool = False

    @property
    def is_frozen(self) -> bool:
        return not self.noise


def nights() -> Iterator[Night]:
    """Every codec, rate and key interval, frozen and with faint or strong noise, and with somebody walking."""
    for codec, rate_kbps, every_s in product(_CODECS, _RATES_KBPS, _KEYS_EVERY_S):
        for noise, walks in ((0.0, False), (0.5, False), (2.6, False), (0.5, True)):
            yield Night(*codec, rate_kbps, every_s, noise, walks)


def frozen_after_s(night: Night) -> float | None:
    """When the picture is first called frozen, or None: never in `LASTS_S`."""
    probe = Probe()
    probe.reset(0.0)
    encoder, decoder = _encoder(night), av.CodecContext.create(night.decoder, "r")
    assert isinstance(decoder, VideoCodecContext)
    decoder.thread_count = 1
    shown = 0
    for index, luma in enumerate(_lumas(night)):
        frame = av.VideoFrame.from_numpy_buffer(luma, format="yuv420p")
        frame.pts = index
        for packet in encoder.encode(frame):
            for decoded in decoder.decode(packet):
                probe.look(planes_of(decoded), shown / FPS, key=packet.is_keyframe)
                shown += 1
                if probe.frozen_s >= FROZEN_S:
                    return shown / FPS
    return None


def _encoder(night: Night) -> VideoCodecContext:
    encoder = av.CodecContext.create(night.encoder, "w")
    assert isinstance(encoder, VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS)
    encoder.thread_count = 1
    encoder.bit_rate, encoder.gop_size = night.rate_kbps * 1000, night.keys_every_s * FPS
    rate = str(night.rate_kbps * 1000)
    encoder.options = {"preset": night.preset, "tune": "zerolatency", "maxrate": rate, "bufsize": rate}
    if night.encoder == "libx265":
        encoder.options |= {
            "x265-params": f"scenecut=0:bframes=0:repeat-headers=1:open-gop=0:pools=none:frame-threads=1:info=0"
            f":log-level=none:vbv-maxrate={night.rate_kbps}:vbv-bufsize={night.rate_kbps}:keyint={encoder.gop_size}"
        }
    else:
        encoder.options["sc_threshold"] = "0"
    return encoder


def _lumas(night: Night) -> Iterator[NDArray[np.uint8]]:
    """Whole I420 pictures."""
    chance = np.random.default_rng(11)
    base = next(seconds(_NIGHT, 1))
    smooth = cv2.GaussianBlur(base.y, (0, 0), 1.0).astype(np.float32)
    chroma = np.concatenate([base.u.reshape(-1), base.v.reshape(-1)]).reshape(HEIGHT // 2, WIDTH)
    for index in range(LASTS_S * FPS):
        noise = chance.standard_normal((HEIGHT, WIDTH), np.float32) * night.noise
        luma = cast("Plane", np.clip(smooth + noise, 16, 235).astype(np.uint8))
        if night.walks:
            left = round(index * 1.5) % (WIDTH - 9)
            luma[200:224, left : left + 9] = 40
        yield np.concatenate([luma, chroma])
